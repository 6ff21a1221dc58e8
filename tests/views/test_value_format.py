from __future__ import annotations

import math

import numpy as np
import pytest
from drawn import at, trace_of

from mlanimated.draw.text import width
from mlanimated.errors import MlaError
from mlanimated.views.source import sources
from mlanimated.views.value_format import ValueFormat, value_format, written


@pytest.mark.parametrize(
    ("value", "pattern", "text"),
    [
        (1234567.0, "{:,.0f} people", "1\u2009234\u2009567 people"),
        (-0.256, "{:.2f}", "−0.26"),
        (-0.001, "{:.2f}", "0.00"),
        (0.125, "{:.1%}", "12.5%"),
        (math.nan, "{:.2f} M", "–"),
        (-math.inf, "{:.1f}", "−∞"),
        (2007.0, "{:.0f}", "2007"),
        (3.0, "well-known {:.0f}", "well-known 3"),
    ],
)
def test_patterns(value: float, pattern: str, text: str) -> None:
    assert written(value, pattern) == text


@pytest.mark.parametrize("pattern", ["{:d}", "{a}", "{0} {1}", "{", "{:.2f"])
def test_patterns_that_do_not_fit_are_errors(pattern: str) -> None:
    with pytest.raises(MlaError, match="does not fit a number"):
        written(1.5, pattern)


def test_every_value_between_the_bounds_fits_into_the_width() -> None:
    from mlanimated.draw.text import width

    for low, high in ((-1.0, 702.6), (0.0, 1.0), (-9.99, -0.01), (1e-6, 3e-5), (0.0, 14e6)):
        writes = ValueFormat(low, high)
        for value in np.linspace(low, high, 57):
            assert width(writes(float(value)), 18) <= writes.width(18) + 0.01


def test_whole_numbers_have_no_decimals() -> None:
    trace = trace_of({0: {"n": 3, "x": 3.0}, 1: {"n": 12, "x": 12.0}})
    whole, real = sources(at(trace, 0), ("n", "x"), "", "Lines")
    assert value_format((whole,))(3.0) == "3"
    assert value_format((real,))(3.0) == "3.00"
    assert value_format((whole, real))(3.0) == "3.00"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (76.83, "76.8"),
        (9.996, "10.0"),
        (1234.5, "1234"),
        (12345.6, "12\u2009346"),
        (0.996, "1.00"),
        (0.63, "0.63"),
        (0.00314, "0.0031"),
        (9.99e-5, "0.00010"),
        (2.14e-5, "2.1×10⁻⁵"),
        (-0.5, "−0.50"),
        (0.0, "0"),
        (math.nan, "–"),
        (math.inf, "∞"),
    ],
)
def test_numbers_of_a_logarithmic_axis_have_significant_digits(value: float, text: str) -> None:
    assert ValueFormat(1e-6, 100.0, log=True)(value) == text
    assert ValueFormat(1e-6, 100.0, "{:.2f}", log=True)(0.5) == "0.50", "a pattern is obeyed"


def test_room_of_a_logarithmic_axis_holds_every_number() -> None:
    writes = ValueFormat(2e-7, 300.0, log=True)
    assert all(width(writes(value), 16) <= writes.width(16) for value in np.geomspace(2e-7, 300, 500).tolist())
