from __future__ import annotations

import math
import re

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, flat, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Path, Text
from mlanimated.errors import MlaError
from mlanimated.trace import Trace
from mlanimated.views.pie import Pie, sector

NAMES = ("one", "two", "three", "four")


def area(d: str, steps: int = 64) -> float:
    """The area that a path encloses, its curves cut into short lines: the oracle for sectors."""
    points: list[tuple[float, float]] = []
    for letter, rest in re.findall(r"([MLCZ])([^MLCZ]*)", d):
        numbers = [float(number) for number in rest.split()]
        if letter in "ML":
            points.append((numbers[0], numbers[1]))
        elif letter == "C":
            corners = [np.array(points[-1]), *(np.array(numbers[index : index + 2]) for index in (0, 2, 4))]
            for share in np.linspace(0, 1, steps)[1:]:
                weights = [(1 - share) ** 3, 3 * share * (1 - share) ** 2, 3 * share**2 * (1 - share), share**3]
                points.append(tuple(sum(weight * corner for weight, corner in zip(weights, corners, strict=True))))
    x, y = np.array(points).T
    return float(abs((x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2))


@pytest.mark.parametrize(("begin", "end"), [(0, 0.1), (0.2, 0.9), (0.05, 0.3), (0, 0.999)])
@pytest.mark.parametrize("hole", [0.0, 0.5])
def test_sectors_have_the_area_of_their_share(begin: float, end: float, hole: float) -> None:
    whole = math.pi * 100**2 * (1 - hole**2)
    assert area(sector(100, begin, end, hole)) == pytest.approx(whole * (end - begin), rel=2e-3)


@pytest.fixture(scope="module")
def votes() -> Trace:
    return trace_of({0: {"votes": np.array([4.0, 3.0, 2.0, 1.0])}, 10: {"votes": np.array([1.0, 1.0, 1.0, 7.0])}})


def test_sectors_glide_and_shares_written_are_recorded_ones(votes: Trace) -> None:
    view = Pie("votes", NAMES)
    radius = None
    for step, shares in ((0, (0.4, 0.3, 0.2, 0.1)), (7.5, (0.25, 0.2, 0.15, 0.4)), (10, (0.1, 0.1, 0.1, 0.7))):
        found = [area(path.d) for path in find(drawn(view, votes, step), Path)]
        radius = radius or math.sqrt(sum(found) / math.pi)
        assert found == pytest.approx([math.pi * radius**2 * share for share in shares], rel=5e-3)
    told = {text.text for text in find(drawn(view, votes, 7.5), Text) if "%" in text.text}
    assert told == {"40%", "30%", "20%", "10%"}


def test_a_sector_is_the_same_thing_in_every_frame(votes: Trace) -> None:
    fills = [
        {
            keys[-1]: path.fill
            for path, _, _, keys in flat(drawn(Pie("votes", NAMES), votes, step))
            if isinstance(path, Path)
        }
        for step in (0, 3, 10)
    ]
    assert fills[0] == fills[1] == fills[2]
    assert len(set(fills[0].values())) == 4


@pytest.mark.parametrize("box", [BOX, Box(0, 0, 300, 200), Box(20, 10, 1184, 560), Box(0, 0, 360, 500)])
@pytest.mark.parametrize("seed", range(4))
def test_labels_never_overlap(box: Box, seed: int) -> None:
    draw = np.random.default_rng(seed)
    names = [f"item {'x' * int(draw.integers(0, 8))}{index}" for index in range(14)]
    trace = trace_of({step: {"v": draw.exponential(1, 14) ** 2} for step in range(3)})
    for step in (0, 0.5, 1.3, 2):
        commands = drawn(Pie("v", names, least=0.001), trace, step, box)
        boxes = text_boxes(commands)
        assert not overlapping(boxes)
        assert not outside(boxes, box)


def test_small_items_are_joined_for_the_whole_film() -> None:
    trace = trace_of({0: {"v": np.array([50.0, 49.0, 0.5, 0.5, 0.1])}, 1: {"v": np.array([60.0, 30.0, 0.5, 9.5, 0.1])}})
    for step in (0, 0.5, 1):
        keys = [
            keys[-1]
            for path, _, _, keys in flat(drawn(Pie("v", ("a", "b", "c", "d", "e")), trace, step))
            if isinstance(path, Path)
        ]
        assert keys == ["sector-a", "sector-b", "sector-d", "sector-other"]


def test_colours_are_distinct_beyond_the_eighth_item() -> None:
    values = np.zeros(12)
    values[[0, 1, 8, 9]] = 1.0
    commands = drawn(Pie("v", [str(index) for index in range(12)]), trace_of({0: {"v": values}}), 0)
    fills = [path.fill for path in find(commands, Path) if path.fill != "muted"]
    assert len(fills) == len(set(fills)) == 4


def test_a_single_share_is_a_circle() -> None:
    commands = drawn(Pie("v", ("a", "b")), trace_of({0: {"v": np.array([0.0, 3.0])}}), 0)
    assert len(find(commands, Circle)) == 1
    assert not find(commands, Path)


def test_nothing_to_share_is_said() -> None:
    trace = trace_of({0: {"v": np.zeros(3)}, 1: {"v": np.full(3, math.nan)}})
    for step in (0, 1):
        assert [text.text for text in find(drawn(Pie("v"), trace, step), Text)] == ["nothing to share yet"]


def test_describe_and_mistakes(votes: Trace) -> None:
    assert Pie("votes", NAMES).describe(at(votes, 0)) == "one has the largest share, 40%."
    with pytest.raises(MlaError, match="hole=1"):
        Pie("votes", hole=1.0)
