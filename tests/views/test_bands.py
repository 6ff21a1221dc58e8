"""Bands and results say what the runs' own numbers say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from drawn import flat

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Polyline, Text
from mlanimated.errors import MlaError
from mlanimated.trace import Recorder, Trace
from mlanimated.views import Band, Bands, Moment, Place, Results
from mlanimated.views.axes import Axis, plane
from mlanimated.views.bands import rows_of

BOX = Box(0, 0, 640, 400)


def everything(commands) -> list:
    return [command for command, *_ in flat(commands)]


def texts(commands) -> list[str]:
    return [command.text for command in everything(commands) if isinstance(command, Text)]


def run(values: list[float], every: int = 1) -> Trace:
    with Recorder() as recorder:
        for index, value in enumerate(values):
            recorder.log({"loss": value}, step=index * every)
    return recorder.trace


RUNS = {"a": run([4.0, 2.0, 1.0]), "b": run([4.0, 4.0, 3.0]), "c": run([5.0, math.nan, math.nan])}
VIEW = Bands("loss", (Band("slow", ("a", "b"), "series-1"), Band("lost", ("c",), "series-2")))


def at(step: float, runs: dict[str, Trace] = RUNS) -> Moment:
    return Moment(runs, dict.fromkeys(runs, step), step, 2.0)


def test_the_numbers_are_means_of_what_was_recorded() -> None:
    assert "slow" in texts(VIEW.draw(at(2), BOX))
    assert "mean loss over" not in VIEW.describe(at(2))
    assert "slow: 2" in VIEW.describe(at(2))
    assert "slow: 3" in VIEW.describe(at(1.5)), "between two rows the number stays that of the last one"
    assert "lost" not in VIEW.describe(at(2)), "what is not finite has no mean"


def test_the_band_spans_the_runs() -> None:
    (body,) = (one for one in everything(VIEW.draw(at(2), BOX)) if isinstance(one, Polyline) and one.fill == "series-1")
    ys = np.asarray(body.points).reshape(-1, 2)[:, 1]
    top, back = ys[: len(ys) // 2], ys[len(ys) // 2 :][::-1]
    assert top[0] == back[0], "both begin at 4"
    assert back[2] > top[2]
    heights = back - top
    assert heights[1] == pytest.approx(heights[2], abs=0.1), "4 and 2, then 3 and 1"


def test_a_smaller_box_loses_no_group() -> None:
    for box in (BOX, Box(0, 0, 300, 200)):
        assert {"slow", "lost"} <= set(texts(VIEW.draw(at(0), box)))


def test_long_runs_are_summarised() -> None:
    long = run(np.linspace(1, 0, 5000).tolist())
    steps, values = rows_of(long, "loss")
    assert len(steps) <= 512
    assert steps[-1] == 4999
    assert values[-1] == 0.0


def results(goal: str = "min") -> Results:
    return Results("loss", "rate", (Place(0.001, ("a",), "series-1"), Place(0.1, ("b",), "series-2")), goal)


def test_the_best_mean_is_ringed() -> None:
    for goal, colour in (("min", "series-1"), ("max", "series-2")):
        drawn = list(everything(results(goal).draw(at(2), BOX)))
        (ring,) = (one for one in drawn if isinstance(one, Circle) and one.stroke == "accent")
        dots = [one for one in drawn if isinstance(one, Circle) and one.fill == colour]
        assert any((dot.x, dot.y) == (ring.x, ring.y) for dot in dots)
    assert "Best rate: 0.001" in results().describe(at(2))
    assert "best" not in texts(results().draw(at(0), BOX)), "at the start nobody is"


def test_values_of_a_wide_range_stand_by_their_logarithm() -> None:
    runs = {**RUNS}
    view = Results(
        "loss", "rate", tuple(Place(value, (name,)) for value, name in ((0.001, "a"), (0.01, "b"), (0.1, "c")))
    )
    drawn = [one for one in everything(view.draw(at(0, runs), BOX)) if isinstance(one, Circle)]
    xs = sorted({one.x for one in drawn})
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.1)


def test_words_stand_side_by_side() -> None:
    view = Results("loss", "kind", (Place("adam", ("a",)), Place("sgd", ("b",))))
    assert {"adam", "sgd", "kind"} <= set(texts(view.draw(at(2), BOX)))
    assert plane(BOX, Axis(0, 1), Axis(0, 1)).box.width > 0


def test_mistakes() -> None:
    with pytest.raises(MlaError, match="at least one group"):
        Bands("loss", ())
    with pytest.raises(MlaError, match="must be 'min' or 'max'"):
        Results("loss", "rate", (Place(1, ("a",)),), goal="best")
    with pytest.raises(MlaError, match="at least one place"):
        Results("loss", "rate", ())
