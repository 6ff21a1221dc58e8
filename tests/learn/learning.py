from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from mlanimated.trace import Recorder


class Spy(Recorder):
    """A recorder in memory that also keeps the state offered at one step."""

    def __init__(self, at: int = -1) -> None:
        super().__init__()
        self.at = at
        self.state: Any = None

    def tick(self, step: int, state: Any = None) -> None:
        if step == self.at:
            self.state = copy.deepcopy(state())
        super().tick(step, state=state)


def train(train: Any, args: Any, at: int = -1, resume: Mapping[str, Any] | None = None) -> tuple[Any, Spy]:
    """Train into memory; return the trace and the recorder with the state of step `at`."""
    recorder = Spy(at)
    with recorder:
        train(args, recorder, resume)
    return recorder.trace, recorder


def values(trace: Any, name: str) -> np.ndarray:
    return np.asarray(trace.series(name).values)


def same_after(whole: Any, rest: Any, step: int) -> None:
    """Check that a resumed run repeats the whole one from that step on, to the last bit."""
    assert set(rest.names) == set(whole.names)
    for name in whole.names:
        one, other = whole.series(name), rest.series(name)
        kept = one.steps >= step
        assert other.steps.tolist() == one.steps[kept].tolist()
        assert np.array_equal(np.asarray(one.values)[kept], np.asarray(other.values)), name
