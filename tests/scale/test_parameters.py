"""Grids, ranges, and the points that follow from them."""

from __future__ import annotations

import math

import pytest

from mlanimated.errors import MlaError
from mlanimated.scale.parameters import Range, drawn, grid_of, points, ranges_of, settings_of, spelt


def test_a_grid_is_every_combination_with_every_seed() -> None:
    found = points(grid_of(["rate=.1,.2", "size=3"]), [], [0, 1])
    assert found == [{"rate": rate, "size": "3", "seed": seed} for rate in (".1", ".2") for seed in (0, 1)]


def test_what_is_the_same_is_run_once() -> None:
    assert points({"rate": [0.1, 0.10]}, [], None) == [{"rate": 0.1}]


def test_places_are_drawn_the_same_and_more_keep_the_first() -> None:
    ranges = ranges_of(["rate=1e-4..1", "share=0..1"])
    few, many = drawn(ranges, 3, 0), drawn(ranges, 300, 0)
    assert many[:3] == few
    logs = [math.log10(place["rate"]) for place in many]
    assert min(logs) >= -4
    assert max(logs) <= 0
    assert sum(logs) / len(logs) == pytest.approx(-2, abs=0.2), "even in the logarithm"
    assert sum(place["share"] for place in many) / 300 == pytest.approx(0.5, abs=0.06), "even"


def test_whole_numbers_are_drawn_whole() -> None:
    assert {type(place["size"]) for place in drawn({"size": Range(1, 9)}, 20, 0, ["size"])} == {int}


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0003, "0.0003"), (1e-05, "1e-05"), (3, "3"), (True, "true"), ("a/b c", "a-b-c"), (1e6, "1000000")],
)
def test_values_in_names(value: object, text: str) -> None:
    assert spelt(value) == text


@pytest.mark.parametrize(
    ("read", "word", "told"),
    [
        (settings_of, "rate", "write it as learning_rate=0.1"),
        (settings_of, "=3", "write it as"),
        (grid_of, "rate=1,1", "has a value twice"),
        (ranges_of, "rate=1", "write its ends"),
        (ranges_of, "rate=2..1", "write its ends"),
        (ranges_of, "rate=a..b", "write its ends"),
    ],
)
def test_mistakes(read: object, word: str, told: str) -> None:
    with pytest.raises(MlaError, match=told):
        read([word])  # type: ignore[operator]
