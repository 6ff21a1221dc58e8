"""A window answers for its part of a trace as the rows themselves would."""

from __future__ import annotations

import math

import numpy as np
import pytest

import mlanimated as mla
from mlanimated.studio.window import Window


@pytest.fixture(scope="module")
def trace() -> mla.Trace:
    recorder = mla.Recorder()
    random = np.random.default_rng(1)
    for step in range(0, 3000, 3):
        value = math.nan if step % 300 == 0 else float(random.normal())
        recorder.log({"loss": value}, step=step)
        if 900 <= step < 1200:
            recorder.log({"weights": np.full(4, step, np.float32)}, step=step)
    for step in (5, 1000, 2900):
        recorder.event("e", "", step=step)
    return recorder.trace


@pytest.mark.parametrize(
    ("start", "stop"), [(0, 2997), (100, 200), (899.5, 1203.2), (2000, 1000), (2990, 9999), (1, 2)]
)
def test_it_knows_its_rows(trace: mla.Trace, start: float, stop: float) -> None:
    window = Window(trace, start, stop)
    low, high = min(start, stop), max(start, stop)
    rows = trace.series("loss", low, high)
    info = window.info("loss")
    assert info.rows == len(rows)
    if len(rows):
        assert (info.first_step, info.last_step) == (rows.steps[0], rows.steps[-1])
        finite = rows.values[np.isfinite(rows.values)]
        # A summary's buckets do not end where the window does, so its bounds may be a little wider, never narrower.
        assert info.low <= finite.min()
        assert info.high >= finite.max()
        whole = trace.bounds("loss")
        assert whole[0] <= info.low
        assert info.high <= whole[1]
    else:
        assert "loss" not in window.names
    assert window.steps("loss").tolist() == rows.steps.tolist()
    assert [event.step for event in window.events] == [e for e in (5, 1000, 2900) if low <= e <= high]


def test_values_do_not_look_ahead(trace: mla.Trace) -> None:
    window = Window(trace, 100, 200)
    assert window.value("loss", 1e9) == trace.value("loss", 200)
    assert window.around("loss", 1e9).before_step == 198


def test_lines_draw_the_part(trace: mla.Trace) -> None:
    from mlanimated.draw.box import Box
    from mlanimated.views import Lines, Moment

    window = Window(trace, 900, 1200).as_trace()
    drawn = str(Lines("loss").draw(Moment({"": window}, {"": 1200.0}), Box(0, 0, 640, 360)))
    assert "'1100'" in drawn or "'1050'" in drawn or "'1,100'" in drawn
    assert "'2000'" not in drawn
