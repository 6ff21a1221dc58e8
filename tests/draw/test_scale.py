"""Scales: there and back, good ticks, bounds that always hold."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from mlanimated.draw import text
from mlanimated.draw.scale import Band, Linear, Log, nice, nice_log
from mlanimated.errors import MlaError

RANGES = [
    (0, 1),
    (0, 30),
    (-1, 1),
    (0.2, 0.7),
    (0, 8000),
    (0, 1e6),
    (1.2345e6, 1.2346e6),
    (0, 3e-7),
    (-5e9, 2e9),
    (702.6, 702.9),
    (-3, 17),
    (1e-9, 1e9),
    (1e20, 3e20),
]


def read(label: str) -> float:
    """Read a label back as a number."""
    label = label.replace("−", "-").replace("\u2009", "")
    for prefix, unit in {"k": "e3", "M": "e6", "G": "e9", "T": "e12"}.items():
        label = label.replace(prefix, unit)
    if "10" in label and any(character in "⁻⁰¹²³⁴⁵⁶⁷⁸⁹" for character in label):
        head, _, power = label.rpartition("10")
        exponent = int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
        return float(head.rstrip("×") or 1) * 10.0**exponent
    return float(label)


def test_linear_goes_there_and_back():
    scale = Linear(-2, 8, 500, 100)  # upwards, as an axis of y
    assert (scale(-2), scale(8), scale(3), scale(13)) == (500, 100, 300, -100)
    np.testing.assert_allclose(scale(np.array([-2, 3, np.nan, np.inf])), [500, 300, np.nan, -np.inf])
    assert scale.invert(scale(1.5)) == pytest.approx(1.5)
    assert math.isnan(scale(math.nan))
    assert scale(math.inf) == -math.inf
    assert scale(1 / 3) == round(scale(1 / 3), 2)


def test_scales_give_plain_numbers_and_compare_by_value():
    assert type(Linear(0, 1, 0, 9)(np.float64(0.5))) is float
    assert type(Log(1, 10, 0, 9)(np.float64(5))) is float
    assert Linear(0, 1, 0, 9) == Linear(0, 1, 0, 9)
    assert len({Linear(0, 1, 0, 9), Linear(0, 1, 0, 9), Log(1, 2, 0, 9), Band(3, 0, 9)}) == 3


@pytest.mark.parametrize(("low", "high"), [(-1.7e308, 1.7e308), (0.0, 1e-322), (-1e308, 0.0)])
def test_bounds_of_any_size_have_places_and_ticks(low, high):
    assert nice(low, high)[0] <= low < high <= nice(low, high)[1]
    scale = Linear(low, high, 0, 100)
    assert (scale(low), scale(low / 2 + high / 2), scale(high)) == (0, pytest.approx(50), 100)
    np.testing.assert_allclose(scale(np.array([low, low / 2 + high / 2, high])), [0, 50, 100])
    assert 2 <= len(scale.ticks()) <= 12
    assert all(low <= tick.value <= high for tick in scale.ticks())


def test_no_range_stands_in_the_middle():
    scale = Linear(4, 4, 0, 100)
    assert scale(4) == scale(99) == 50
    np.testing.assert_array_equal(scale(np.array([4.0, np.nan])), [50, np.nan])
    assert [tick.value for tick in scale.ticks()] == [4]


@pytest.mark.parametrize(("low", "high"), RANGES)
@pytest.mark.parametrize("count", [3, 5, 8])
def test_linear_ticks_are_good_numbers_within_the_bounds(low, high, count):
    ticks = Linear(low, high, 0, 100).ticks(count)
    values = [tick.value for tick in ticks]
    steps = np.diff(values)
    assert 2 <= len(ticks) <= 2 * count + 1
    assert low - 1e-8 * (high - low) <= values[0]
    assert values[-1] <= high + 1e-8 * (high - low)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-6)
    assert round(steps[0] / 10 ** math.floor(math.log10(steps[0] * 1.0001)), 4) in (1, 2, 5)


@pytest.mark.parametrize(("low", "high"), RANGES)
def test_labels_say_what_the_tick_is_and_are_all_different(low, high):
    ticks = Linear(low, high, 0, 100).ticks()
    for tick in ticks:
        assert read(tick.label) == pytest.approx(tick.value, rel=1e-6, abs=1e-12)
        assert "-" not in tick.label
    labels = [tick.label for tick in ticks]
    assert len(set(labels)) == len(labels)
    decimals = {len(label.partition(".")[2].rstrip("kMGT").partition("×")[0]) for label in labels if label != "0"}
    assert len(decimals) == 1  # as many decimals in each, so that they stand in a column


def test_labels_of_common_axes():
    def labels(low, high):
        return [tick.label for tick in Linear(low, high, 0, 1).ticks()]

    assert labels(0, 1) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert labels(-1, 1) == ["−1.0", "−0.5", "0.0", "0.5", "1.0"]
    assert labels(0, 8000) == ["0", "2000", "4000", "6000", "8000"]
    assert labels(0, 200_000) == ["0", "50k", "100k", "150k", "200k"]
    assert labels(0, 2e-6) == ["0", "0.5×10⁻⁶", "1.0×10⁻⁶", "1.5×10⁻⁶", "2.0×10⁻⁶"]


def test_log_goes_there_and_back():
    scale = Log(0.01, 100, 0, 400)
    assert [scale(value) for value in (0.01, 1, 100, 0, -5)] == pytest.approx(
        [0, 200, 400, math.nan, math.nan], nan_ok=True
    )
    np.testing.assert_allclose(scale(np.array([0.1, 10, 0, -1, np.nan])), [100, 300, np.nan, np.nan, np.nan])
    assert scale.invert(300) == pytest.approx(10)


@pytest.mark.parametrize(("low", "high"), [(1, 1000), (1e-6, 1e6), (3, 40), (3, 4), (0.1, 10), (1e-3, 700), (1, 1e12)])
def test_log_ticks_lie_within_the_bounds_and_are_few(low, high):
    ticks = Log(low, high, 0, 1).ticks()
    assert 2 <= len(ticks) <= 8
    for tick in ticks:
        assert low * 0.999 <= tick.value <= high * 1.001
        assert read(tick.label) == pytest.approx(tick.value)


def test_log_ticks_are_written_alike():
    assert [tick.label for tick in Log(1, 1000, 0, 1).ticks()] == ["1", "10", "100", "1000"]
    assert [tick.label for tick in Log(1e-6, 1e6, 0, 1).ticks()] == ["10⁻⁶", "10⁻³", "1", "10³", "10⁶"]


def test_bounds_that_are_not_finite_give_no_ticks():
    assert Linear(0, math.inf, 0, 1).ticks() == ()


@pytest.mark.parametrize("bounds", [(0, 10), (-1, 10), (1, math.inf), (math.nan, 1)])
def test_a_logarithmic_axis_without_bounds_above_0_is_one_clear_line(bounds):
    with pytest.raises(MlaError, match="above 0"):
        Log(*bounds, 0, 1)


@pytest.mark.parametrize(("low", "high"), [*RANGES, (5, 5), (-5, -5), (0, 0), (7, 3)])
def test_nice_bounds_hold_all_and_begin_and_end_at_a_tick(low, high):
    down, up = nice(low, high)
    assert down < up
    assert down <= min(low, high)
    assert up >= max(low, high)
    ticks = Linear(down, up, 0, 1).ticks()
    if low != high:
        assert ticks[0].value == pytest.approx(down, abs=1e-12 * up)
        assert ticks[-1].value == pytest.approx(up)
        assert up - down <= 2 * abs(high - low)


def test_nice_takes_what_is_not_finite_as_unknown():
    assert nice(math.nan, math.inf) == (0, 1)
    assert nice(math.nan, 3)[1] > 3 > nice(math.nan, 3)[0]
    assert nice(0.3, 0.9, zero=True) == (0, 1)
    assert nice(0, 0) == (0, 1)


def test_nice_log_takes_in_the_positive_numbers():
    assert nice_log([3, 40, 0, -1, math.nan]) == (1, 100)
    assert nice_log([10, 10]) == (10, 100)
    assert nice_log([]) == (0.1, 10)


def test_bands_fill_the_room_side_by_side():
    bands = Band(4, 100, 500, gap=0.25)
    assert bands(0) == 100
    assert bands(3) + bands.width == pytest.approx(500, abs=0.02)
    gaps = [bands(second) - bands(first) - bands.width for first, second in itertools.pairwise(range(4))]
    np.testing.assert_allclose(gaps, bands.step * 0.25, atol=0.02)
    assert bands(0.5) == pytest.approx((bands(0) + bands(1)) / 2, abs=0.01)
    assert [bands.invert(bands.centre(index)) for index in range(4)] == [0, 1, 2, 3]
    assert (bands.invert(-1e6), bands.invert(1e6)) == (0, 3)


def test_labels_of_a_falling_axis_are_equally_wide_for_either_sign():
    down, up = (Linear(-1, 1, 0, 1).ticks()[index].label for index in (0, -1))
    assert text.width(down, 14) - text.width("−", 14) == pytest.approx(text.width(up, 14), abs=0.02)


def test_log_ticks_of_a_few_decades_have_plain_numbers_as_many_as_there_is_room_for():
    assert [tick.label for tick in Log(1e-4, 20, 0, 1).ticks(6)] == ["0.0001", "0.001", "0.01", "0.1", "1", "10"]
    assert [tick.label for tick in Log(0.8, 90, 0, 1).ticks(5)] == ["1", "3", "10", "30"]
    assert len(Log(0.8, 90, 0, 1).ticks(3)) <= 3
