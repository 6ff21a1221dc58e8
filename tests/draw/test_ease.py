"""Easing: ends, symmetry, and that nothing overshoots."""

from __future__ import annotations

import numpy as np
import pytest

from mlanimated.draw.ease import between, ease, ease_in, ease_out, span, there_and_back

SHARES = np.linspace(-0.5, 1.5, 201)


@pytest.mark.parametrize("curve", [ease, ease_in, ease_out])
def test_curves_rise_from_0_to_1_and_stay_within(curve):
    values = np.array([curve(float(share)) for share in SHARES])
    assert (np.diff(values) >= 0).all()
    assert curve(0.0) == 0.0
    assert curve(1.0) == 1.0
    assert values.min() == 0.0
    assert values.max() == 1.0


def test_ease_is_slow_at_both_ends_and_the_same_backwards():
    slopes = np.diff([ease(share) for share in np.linspace(0, 1, 101)]) * 100
    assert slopes[0] < 0.05
    assert slopes[-1] < 0.05
    assert slopes.max() == pytest.approx(1.5, abs=0.01)  # the derivative of 3s² − 2s³ at a half
    for share in (0.1, 0.25, 0.4):
        assert ease(share) + ease(1 - share) == pytest.approx(1)


def test_in_starts_slowly_and_out_ends_slowly():
    assert ease_in(0.5) == 0.125
    assert ease_out(0.5) == 0.875


def test_there_and_back_returns():
    assert [there_and_back(share) for share in (0.0, 0.5, 1.0)] == [0.0, 1.0, 0.0]
    assert there_and_back(0.2) == pytest.approx(there_and_back(0.8))


def test_between_gives_the_very_ends():
    assert between(0.1, 0.3, 0.0) == 0.1
    assert between(0.1, 0.3, 1.0) == 0.3
    assert between(2.0, 4.0, 0.5) == 3.0
    np.testing.assert_array_equal(between(np.zeros(3), np.full(3, 8.0), 0.5), np.full(3, 4.0))


def test_span_is_a_share_of_a_stretch_of_time():
    assert [span(time, 2, 6) for time in (0, 2, 3, 6, 9)] == [0, 0, 0.25, 1, 1]
    assert [span(time, 2, 2) for time in (1.9, 2, 3)] == [0, 1, 1]
