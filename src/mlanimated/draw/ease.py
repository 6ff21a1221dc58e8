"""Ease: how a share of time becomes a share of a movement.

All functions take a share 0..1 and clamp what lies outside, so that a movement neither starts early nor overshoots.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["between", "ease", "ease_in", "ease_out", "span", "there_and_back"]

Value = TypeVar("Value", float, NDArray[np.floating])


def ease(share: float) -> float:
    """Start slowly, end slowly: 3s² − 2s³ (smoothstep). A half stays a half.

    Args:
        share: Share of the time, 0..1.

    Returns:
        Share of the movement, 0..1.
    """
    share = min(1.0, max(0.0, share))
    return share * share * (3.0 - 2.0 * share)


def ease_in(share: float) -> float:
    """Start slowly, end at full speed: s³. For what leaves."""
    share = min(1.0, max(0.0, share))
    return share * share * share


def ease_out(share: float) -> float:
    """Start at full speed, end slowly: 1 − (1 − s)³. For what arrives."""
    rest = 1.0 - min(1.0, max(0.0, share))
    return 1.0 - rest * rest * rest


def there_and_back(share: float) -> float:
    """Rise from 0 to 1 and fall to 0 again, slow at all three: for a glow at an event."""
    return ease(1.0 - abs(2.0 * min(1.0, max(0.0, share)) - 1.0))


def between(low: Value, high: Value, share: float) -> Value:
    """Return what lies at the eased share of the way from `low` to `high`.

    Args:
        low: A number, or a float array.
        high: A number, or an array of the same shape.
        share: Share of the time, 0..1; exactly `low` at 0 and `high` at 1.

    Returns:
        A number or an array, as given.
    """
    mix = ease(share)
    if mix >= 1.0:
        return high
    return low + (high - low) * mix


def span(time: float, start: float, stop: float) -> float:
    """Return how far `time` has come from `start` to `stop`, 0..1, not eased; a span of no length is a switch."""
    if stop <= start:
        return 1.0 if time >= stop else 0.0
    return min(1.0, max(0.0, (time - start) / (stop - start)))
