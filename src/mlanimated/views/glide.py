"""Glide: values between two recorded rows, for what moves. What is not finite on one side does not move."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.ease import ease
from mlanimated.trace import Trace

__all__ = ["glided"]


def glided(trace: Trace, name: str, step: float, moved: float | None = None) -> NDArray[np.float64] | None:
    """Return a numeric series at a step between two rows, None before the first.

    Unlike `Moment.eased`, each element stands for itself: where an element is not finite before or after, it stays what
    it was until the next row, and the others glide.

    Args:
        trace: The trace.
        name: A scalar, array or picture series of it.
        step: Any step, with a fraction.
        moved: How far it has come from one row to the next, as `Moment.share` says; None for what the step says, eased.
    """
    around = trace.around(name, step)
    if around.before is None or step < around.before_step:
        return None
    before = np.asarray(around.before, dtype=np.float64)
    gap = around.after_step - around.before_step
    share = ease(min(1.0, max(0.0, (step - around.before_step) / gap))) if gap > 0 else 0.0
    share = share if moved is None else moved
    if share <= 0.0:
        return before
    after: NDArray[Any] = np.asarray(around.after, dtype=np.float64)
    known = np.isfinite(before) & np.isfinite(after)
    with np.errstate(invalid="ignore"):
        return np.where(known, before + (after - before) * share, before)
