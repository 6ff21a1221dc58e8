from __future__ import annotations

import numpy as np
import pytest
from drawn import outside, overlapping, text_boxes

from mlanimated.draw.box import Box
from mlanimated.views.legend import Entry, legend, legend_height, spread


def test_labels_with_room_stay_where_they_are() -> None:
    assert spread([10.0, 50.0, 30.0], 15, 0, 100) == [10.0, 50.0, 30.0]


def test_labels_are_moved_apart_around_their_middle() -> None:
    assert spread([50.0, 50.0], 20, 0, 100) == pytest.approx([40, 60])
    assert spread([50.0, 50.0, 50.0], 20, 0, 100) == pytest.approx([30, 50, 70])


@pytest.mark.parametrize("seed", range(30))
def test_spread_keeps_order_distance_and_bounds(seed: int) -> None:
    draw = np.random.default_rng(seed)
    count = int(draw.integers(1, 9))
    wanted = draw.uniform(-20, 220, count).tolist()
    placed = spread(wanted, 20, 0, 200)
    order = np.argsort(wanted, kind="stable")
    steps = np.diff(np.array(placed)[order])
    assert (steps >= 20 - 1e-9).all()
    assert min(placed) >= -1e-9
    assert max(placed) <= 200 + 1e-9


@pytest.mark.parametrize("seed", range(10))
def test_spread_moves_as_little_as_can_be(seed: int) -> None:
    # The oracle: least squares under the same order by projected sweeps (Dykstra's algorithm on neighbouring pairs).
    draw = np.random.default_rng(seed)
    wanted = np.sort(draw.uniform(80, 120, 5))
    found, corrections = wanted.copy(), np.zeros((4, 2))
    for _ in range(4000):
        for index in range(4):
            pair = found[index : index + 2] + corrections[index]
            lack = max(0.0, 20 - (pair[1] - pair[0])) / 2
            moved = pair + np.array([-lack, lack])
            corrections[index] = pair - moved
            found[index : index + 2] = moved
    assert spread(wanted.tolist(), 20, -1000, 1000) == pytest.approx(found.tolist(), abs=1e-3)


def test_without_room_all_share_it() -> None:
    assert spread([5.0, 5.0, 5.0], 100, 0, 20) == pytest.approx([0, 10, 20])
    assert spread([], 10, 0, 100) == []


def test_legend_wraps_into_its_box() -> None:
    entries = tuple(Entry(f"series number {index}", f"series-{index + 1}") for index in range(7))
    for room in (900.0, 300.0, 120.0):
        box = Box(10, 10, room, legend_height(entries, room))
        boxes = text_boxes((legend(entries, box),))
        assert len(boxes) == 7
        assert not overlapping(boxes)
        assert not outside(boxes, box)
    assert legend_height((), 100) == 0
