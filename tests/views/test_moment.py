from __future__ import annotations

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.trace import Recorder, Trace
from mlanimated.views.moment import Moment


def recorded() -> Trace:
    with Recorder() as recorder:
        for step, value in ((0, 1.0), (10, 3.0), (20, float("nan"))):
            recorder.log({"loss": value, "weights": np.array([value, 0.0]), "note": f"at {step}"}, step=step)
    return recorder.trace


def test_value_is_recorded_and_eased_moves_between() -> None:
    moment = Moment({"": recorded()}, {"": 7.5})
    assert moment.value("loss") == 1.0
    assert moment.eased("loss") == pytest.approx(2.0)
    assert moment.eased("weights") == pytest.approx([2.0, 0.0])
    assert moment.between("loss") == (1.0, 3.0, 0.75)
    assert moment.value("note") == moment.eased("note") == "at 0"


def test_nothing_is_mixed_with_what_is_not_a_number() -> None:
    assert Moment({"": recorded()}, {"": 17.5}).eased("loss") == 3.0


def test_things_rest_before_they_move_in_a_slow_film_and_move_evenly_in_a_fast_one() -> None:
    trace = recorded()
    slow = [Moment({"": trace}, {"": step}, pace={"": 10.0}).share("loss") for step in (0.0, 4.0, 7.5, 9.7, 10.0)]
    assert slow == pytest.approx([0, 0, 0.5, 1, 0])
    fast = [Moment({"": trace}, {"": step}, pace={"": 100.0}).share("loss") for step in (2.0, 5.0, 9.0)]
    assert fast == pytest.approx([0.2, 0.5, 0.9])


def test_each_number_of_an_array_moves_for_itself() -> None:
    moved = Moment({"": recorded()}, {"": 17.5}).eased("weights")
    assert moved[0] == 3.0
    assert moved[1] == 0.0


def test_runs_by_name() -> None:
    moment = Moment({"slow": recorded(), "fast": recorded()}, {"slow": 0.0, "fast": 10.0})
    assert moment.value("loss") == 1.0
    assert moment.value("loss", "fast") == 3.0
    with pytest.raises(MlaError, match="Did you mean 'fast'"):
        moment.value("loss", "fastt")
