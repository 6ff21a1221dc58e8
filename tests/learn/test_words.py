from __future__ import annotations

import pytest

from mlanimated.learn.words import number, small


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (-17.531, 2, "−17.53"),
        (-0.001, 2, "0.00"),
        (2902.6, 1, "2902.6"),
        (12345.67, 1, "12\u2009345.7"),
        (0.0003, None, "0.0003"),
        (76.8334, None, "76.83"),
        (0.00001, None, "0.00001"),
        (1234567.0, None, "1\u2009234\u2009567"),
        (float("inf"), None, "∞"),
        (float("nan"), 2, "not a number"),
    ],
)
def test_numbers_stand_well_in_a_sentence(value: float, decimals: int | None, text: str) -> None:
    assert number(value, decimals) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.2077305, "0.2077"),
        (0.0002677, "0.0003"),
        (5.4e-6, "5 × 10⁻⁶"),
        (2e-8, "2 × 10⁻⁸"),
        (12.0, "12.0000"),
    ],
)
def test_small_numbers_are_never_all_zeros(value: float, text: str) -> None:
    assert small(value) == text
