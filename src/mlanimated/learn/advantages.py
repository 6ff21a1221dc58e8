"""Advantages: how much better an action turned out than was expected, by generalized advantage estimation (Schulman et al. 2016)."""

from __future__ import annotations

import numpy as np

__all__ = ["advantages"]


def advantages(
    rewards: np.ndarray, values: np.ndarray, done: np.ndarray, discount: float, trace_decay: float
) -> np.ndarray:
    """Return how much better each action was than expected, (T, N): generalized advantage estimation, equation 16.

    Args:
        rewards: (T, N).
        values: (T + 1, N).
        done: (T, N): nothing that follows counts.
        discount: What a reward is worth one step later.
        trace_decay: λ: 0 looks one step ahead, 1 to the end.
    """
    result = np.zeros_like(rewards)
    ahead = np.zeros_like(rewards[0])
    for at in reversed(range(len(rewards))):
        goes_on = 1.0 - done[at]
        error = rewards[at] + discount * values[at + 1] * goes_on - values[at]
        ahead = error + discount * trace_decay * goes_on * ahead
        result[at] = ahead
    return result
