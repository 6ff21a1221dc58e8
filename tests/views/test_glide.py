from __future__ import annotations

import gc
import math
import weakref

import numpy as np
import pytest
from drawn import trace_of

from mlanimated.draw.ease import ease
from mlanimated.trace import Recorder
from mlanimated.views.cache import once
from mlanimated.views.glide import glided


def test_each_element_glides_for_itself() -> None:
    trace = trace_of({0: {"w": np.array([0.0, 1.0, math.nan])}, 4: {"w": np.array([8.0, math.nan, 2.0])}})
    assert glided(trace, "w", 1) == pytest.approx([8 * ease(0.25), 1.0, math.nan], nan_ok=True)
    assert glided(trace, "w", 1, 0.0) == pytest.approx([0.0, 1.0, math.nan], nan_ok=True)
    assert glided(trace, "w", 3, 0.25) == pytest.approx([2.0, 1.0, math.nan], nan_ok=True)
    assert glided(trace, "w", 9) == pytest.approx([8.0, math.nan, 2.0], nan_ok=True)


def test_nothing_before_the_first_row() -> None:
    trace = trace_of({0: {"other": 1.0}, 5: {"w": 1.0}})
    assert glided(trace, "w", 4) is None
    assert float(glided(trace, "w", 5)) == 1.0  # type: ignore[arg-type]


def test_work_is_done_once_for_a_version() -> None:
    recorder = Recorder()
    recorder.log({"x": 1.0}, step=0)
    trace = recorder.trace
    done: list[int] = []

    def work() -> int:
        done.append(1)
        return len(done)

    assert [once(trace, "key", work), once(trace, "key", work), once(trace, "other", work)] == [1, 1, 2]
    recorder.log({"x": 2.0}, step=1)
    assert recorder.trace is not None
    trace.refresh()
    assert once(trace, "key", work) == 3
    recorder.close()


def test_what_is_kept_goes_with_its_trace() -> None:
    trace = trace_of({0: {"x": 1.0}})
    once(trace, "key", lambda: 1)
    gone = weakref.ref(trace)
    del trace
    gc.collect()
    assert gone() is None
