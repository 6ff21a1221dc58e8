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
    sizes = np.array([len(sample) for sample in samples], np.int64)
    values = np.concatenate(
        [*samples, np.zeros(1, np.float32)]
    )  # the last one so that each sample has a place to begin at
    largest = np.maximum.reduceat(np.abs(values), np.cumsum(sizes) - sizes) if len(sizes) else np.zeros(0, np.float32)
    values = values[:-1]
    which = np.repeat(np.arange(len(sizes)), sizes)
    largest[sizes == 0] = 0.0
    if not np.isfinite(largest).all():
        finite = np.isfinite(values)
        values, which = values[finite], which[finite]
        largest = np.zeros(len(sizes), np.float32)
        np.maximum.at(largest, which, np.abs(values))
    _, exponents = np.frexp(largest)
    # frexp's fraction is in [.5, 1): a power of two is its own range, and so one less.
    exact = np.ldexp(np.float64(1.0), exponents - 1) == largest
    reaches = np.where(largest > 0, np.ldexp(np.float64(1.0), exponents - exact), 0.0)
    scale = np.divide(BINS / 2, reaches, out=np.zeros_like(reaches), where=reaches > 0)
    places = (values * scale[which] + BINS / 2).astype(np.int64)
    np.clip(places, 0, BINS - 1, out=places)
    counts = np.bincount(places + BINS * which, minlength=BINS * len(sizes))
    return counts.reshape(-1, BINS).astype(np.int32), reaches
