"""A Gaussian squashed by tanh: numbers between -1 and 1, drawn by chance, and how likely they were (PyTorch).

Haarnoja et al. 2018, appendix C.
"""

from __future__ import annotations

import math
from typing import Any

from mlanimated.learn.frameworks import load_torch

__all__ = ["SPREAD", "log_chance", "squash"]

SPREAD = (-5.0, 2.0)
"""Lowest and highest logarithm of the Gaussian's deviation."""


def squash(mean: Any, spread: Any, noise: Any) -> tuple[Any, Any]:
    """Return actions between -1 and 1 (n, numbers) and their log density (n,).

    Args:
        mean: Of the Gaussian, before tanh (n, numbers).
        spread: What the network says of its deviation; squashed into `SPREAD` as a logarithm.
        noise: Standard normal numbers, like `mean`.
    """
    torch = load_torch()
    low, high = SPREAD
    logarithm = low + 0.5 * (high - low) * (torch.tanh(spread) + 1.0)
    before = mean + logarithm.exp() * noise
    return torch.tanh(before), log_chance(before, logarithm, noise)


def log_chance(before: Any, logarithm: Any, noise: Any) -> Any:
    """Return the log density (n,) of tanh(before): the Gaussian's, less what tanh squeezes (in a stable form)."""
    torch = load_torch()
    squeezed = 2.0 * (math.log(2.0) - before - torch.nn.functional.softplus(-2.0 * before))
    return (-0.5 * noise.square() - logarithm - 0.5 * math.log(2.0 * math.pi) - squeezed).sum(1)
