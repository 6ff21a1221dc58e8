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
    moment = Moment({"": recorded()}, {"": 5.0})
    assert moment.value("loss") == 1.0
    assert moment.eased("loss") == pytest.approx(2.0)
    assert moment.eased("weights") == pytest.approx([2.0, 0.0])
    assert moment.between("loss") == (1.0, 3.0, 0.5)
    assert moment.value("note") == moment.eased("note") == "at 0"


def test_nothing_is_mixed_with_what_is_not_a_number() -> None:
    assert Moment({"": recorded()}, {"": 15.0}).eased("loss") == 3.0


def test_runs_by_name() -> None:
    moment = Moment({"slow": recorded(), "fast": recorded()}, {"slow": 0.0, "fast": 10.0})
    assert moment.value("loss") == 1.0
    assert moment.value("loss", "fast") == 3.0
    with pytest.raises(MlaError, match="Did you mean 'fast'"):
        moment.value("loss", "fastt")
