"""Histograms of samples: counted as NumPy counts them, over the power of two that holds each sample."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mlanimated.record.statistics import BINS, SAMPLE, histogram, histograms, stride

RANDOM = np.random.default_rng(0)


def test_each_sample_is_counted_as_by_numpy() -> None:
    samples = [
        (RANDOM.normal(size=size) * scale).astype(np.float32)
        for size, scale in [(2048, 0.03), (10, 1e-30), (1, 7.0), (450, 1e20), (3, 1e-44)]
    ]
    samples += [np.array([0.5, -0.5, 0.25, 0.0], np.float32), np.array([-1.0], np.float32)]
    counts, reaches = histograms(samples)
    assert counts.shape == (len(samples), BINS)
    assert counts.dtype == np.int32
    assert reaches.dtype == np.float64
    for sample, count, reach in zip(samples, counts, reaches, strict=True):
        assert math.frexp(reach)[0] == 0.5, "a power of two"
        assert reach / 2 < np.abs(sample).max() <= reach
        np.testing.assert_array_equal(count, np.histogram(sample.astype(float), BINS, (-reach, reach))[0])


def test_nothing_zeros_and_what_is_not_finite() -> None:
    bad = np.array([np.nan, 1.0, np.inf, -0.3, -np.inf], np.float32)
    counts, reaches = histograms(
        [np.zeros(5, np.float32), np.zeros(0, np.float32), bad, np.full(3, np.nan, np.float32)]
    )
    assert reaches.tolist() == [0.0, 0.0, 1.0, 0.0]
    assert counts[0, BINS // 2] == 5
    assert counts.sum(axis=1).tolist() == [5, 0, 2, 0]
    np.testing.assert_array_equal(counts[2], np.histogram([1.0, -0.3], BINS, (-1, 1))[0])
    nothing, none = histograms([])
    assert nothing.shape == (0, BINS)
    assert none.shape == (0,)
    one, reach = histogram(bad)
    np.testing.assert_array_equal(one, counts[2])
    assert reach == 1.0


@pytest.mark.parametrize("size", [1, SAMPLE, SAMPLE + 1, 10 * SAMPLE + 3])
def test_a_sample_has_no_more_values_than_it_may(size: int) -> None:
    assert len(range(0, size, stride(size))) <= SAMPLE
    assert stride(size) == 1 or len(range(0, size, stride(size))) > SAMPLE / 2
