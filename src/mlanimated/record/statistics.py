"""Statistics of weights and gradients that cost a training little: histograms of a sample, each over a range that fits.

A tensor's sample are up to `SAMPLE` of its values, evenly spaced, the same ones at each step. Its histogram has `BINS` bins of
equal width over ±range, the range being the power of two that holds the whole sample. Norms are exact and taken elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

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
    counts, reaches = histograms([sample])
    return counts[0], float(reaches[0])


def histograms(samples: Sequence[Sample]) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return the histograms of some samples, int32 (n, BINS), and their ranges, float64 (n,).

    All are counted in one pass: a model has many small tensors, and each call costs more than its numbers.
    """
    largest = np.array([np.abs(sample).max(initial=0.0) for sample in samples], np.float32)
    if not np.isfinite(largest).all():
        return histograms([sample[np.isfinite(sample)] for sample in samples])
    _, exponents = np.frexp(largest)
    # frexp's fraction is in [.5, 1): a power of two is its own range, and so one less.
    exact = np.ldexp(np.float64(1.0), exponents - 1) == largest
    reaches = np.where(largest > 0, np.ldexp(np.float64(1.0), exponents - exact), 0.0)
    scale = np.divide(BINS / 2, reaches, out=np.zeros_like(reaches), where=reaches > 0)
    # Each sample counts in bins of its own, one more than there are: the last is for values that are the range itself.
    sizes = [len(sample) for sample in samples]
    middle = np.arange(len(sizes)) * (BINS + 1) + BINS / 2
    values = np.concatenate([np.zeros(0, np.float32), *samples])
    places = (values * np.repeat(scale, sizes) + np.repeat(middle, sizes)).astype(np.int64)
    counts = np.bincount(places, minlength=(BINS + 1) * len(sizes)).reshape(-1, BINS + 1).astype(np.int32)
    counts[:, -2] += counts[:, -1]
    return counts[:, :-1], reaches
