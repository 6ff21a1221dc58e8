"""Ages: what a network was like after no steps, after 10,000, 30,000, 100,000, … and at the end, kept in the trace of its training.

Weights are kept whole, in float16, a handful of rows for the longest training: the same start can then be played at every age, by what
had really been learned by then. `ages/layout` (text, once) names the arrays and their shapes, `ages/weights` holds them one after
the other.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, cast, final

import numpy as np

from mlanimated.errors import MlaError
from mlanimated.trace import Recorder, Trace

__all__ = ["Ages", "at_age", "known_ages", "next_age"]

FIRST = 10_000


@final
class Ages:
    """Keeps a network's weights at some ages.

    Args:
        recorder: Takes the rows.
        done: Steps done before; their ages were kept then. −1: none, not even the first.
    """

    def __init__(self, recorder: Recorder, done: int = -1) -> None:
        self._recorder = recorder
        self._done = done
        self._told = done >= 0

    def note(self, step: int, state: Mapping[str, Any], *, last: bool = False) -> None:
        """Keep the weights if it is time.

        Args:
            step: Steps done.
            state: A learner's, with its arrays under "network" (by name) or "weights" (in order); others are passed over.
            last: The training is over: keep them whatever the step.
        """
        if step <= self._done or (not last and step < next_age(self._done)):
            return
        found = state.get("network", state.get("weights"))
        if isinstance(found, list):
            found = {str(at): array for at, array in enumerate(cast("list[Any]", found))}
        if not isinstance(found, Mapping):
            return
        named = cast("Mapping[str, Any]", found)
        if not all(isinstance(array, np.ndarray) for array in named.values()):
            return
        if not self._told:
            layout = [(name, list(array.shape)) for name, array in named.items()]
            self._recorder.log({"ages/layout": json.dumps(layout)}, step=step)
            self._told = True
        flat = np.concatenate([np.ravel(array).astype(np.float16) for array in named.values()])
        self._recorder.log({"ages/weights": flat}, step=step)
        self._done = step


def next_age(step: int) -> int:
    """Return the first age after a step; they are 0, 10,000, 30,000, 100,000, 300,000 and so on."""
    if step < 0:
        return 0
    if step < FIRST:
        return FIRST
    power = 10 ** math.floor(math.log10(step) + 1e-9)
    return 3 * power if step < 3 * power else 10 * power


def known_ages(trace: Trace) -> Sequence[int]:
    """Return the steps at which a trace holds weights, ascending; none where it holds none."""
    return trace.steps("ages/weights").tolist() if "ages/weights" in trace.names else []


def at_age(trace: Trace, step: int) -> dict[str, np.ndarray]:
    """Return the arrays by name at the newest age at or before a step, float32.

    Raises:
        MlaError: The trace holds no weights, or none so early.
    """
    ages = known_ages(trace)
    if not ages or step < ages[0]:
        raise MlaError(
            "This recording holds no weights of its network at that age: mla train keeps them at 0, 10k, 30k, 100k, …"
        )
    layout = json.loads(str(trace.value("ages/layout", trace.last_step)))
    flat = np.asarray(trace.value("ages/weights", step), np.float32)
    found: dict[str, np.ndarray] = {}
    place = 0
    for name, shape in layout:
        size = math.prod(shape)
        found[name] = flat[place : place + size].reshape(shape)
        place += size
    return found
