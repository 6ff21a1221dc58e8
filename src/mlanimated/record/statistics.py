"""Statistics of weights and gradients that cost a training little: histograms of a sample, each over a range that fits.

A tensor's sample are up to `SAMPLE` of its values, evenly spaced, the same ones at each step. Its histogram has `BINS` bins of
equal width over ±range, the range being the power of two that holds the whole sample. Norms are exact and taken elsewhere.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["BINS", "SAMPLE", "histogram", "histograms", "stride"]

BINS = 40
SAMPLE = 2048

Sample = NDArray[np.float32]


def stride(size: int) -> int:
    """Return which values of a tensor of a size are its sample: each so-many-th."""
    return max(1, -(-size // SAMPLE))


def histogram(sample: Sample) -> tuple[NDArray[np.int32], float]:
    """Return how many values lie in each bin, int32 (BINS,), and the range.

    Values that are not finite are left out; nothing left gives a range of 0.
    """
    with np.errstate(invalid="ignore"):
        largest = float(np.abs(sample).max(initial=0.0))
    if not math.isfinite(largest):
        sample = sample[np.isfinite(sample)]
        largest = float(np.abs(sample).max(initial=0.0))
    if largest == 0.0:
        counts = np.zeros(BINS, np.int32)
        counts[BINS // 2] = len(sample)
        return counts, 0.0
    reach = 2.0 ** math.ceil(math.log2(largest))
    places = np.minimum(((sample / np.float32(reach) + 1) * (BINS / 2)).astype(np.int64), BINS - 1)
    return np.bincount(np.maximum(places, 0), minlength=BINS).astype(np.int32), reach


def histograms(samples: list[Sample]) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return the histograms of some samples, int32 (n, BINS), and their ranges, float64 (n,)."""
    made = [histogram(sample) for sample in samples]
    return np.stack([counts for counts, _ in made]), np.array([reach for _, reach in made])
