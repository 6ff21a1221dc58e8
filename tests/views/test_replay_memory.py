from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Group, Mapped, Rect
from mlanimated.errors import MlaError
from mlanimated.views.replay_memory import ReplayMemory

HALF = np.array([0.0, 5.0, 10.0, *[np.nan] * 9])
ROWS = {
    0: {"memory": np.full(12, np.nan), "next": 0, "drawn": np.zeros(12), "stored": 0},
    1: {"memory": HALF, "next": 3, "drawn": np.array([1.0, 4.0, *[0.0] * 10]), "stored": 12_345},
}
VIEW = ReplayMemory(place="next", drawn="drawn", stored="stored", limits=(0, 10), meaning=("soon over", "goes on"))


def test_what_is_stored_is_coloured_and_what_is_not_is_empty() -> None:
    cells = find(drawn(VIEW, trace_of(ROWS), 1), Rect, "cells")
    assert [cell.fill for cell in cells[:4]] == [Mapped("sequential", share) for share in (0.0, 0.5, 1.0)] + ["panel"]
    assert len(cells) == 12
    assert all(BOX.x <= cell.x and cell.x + cell.width <= BOX.right for cell in cells)


def test_the_batch_is_dots_by_their_number_and_the_next_part_is_framed() -> None:
    commands = drawn(VIEW, trace_of(ROWS), 1)
    dots, cells = find(commands, Circle, "drawn"), find(commands, Rect, "cells")
    assert len(dots) == 2
    assert dots[1].radius == pytest.approx(2 * dots[0].radius, abs=0.02)
    assert cells[1].x < dots[1].x < cells[1].x + cells[1].width
    frame = next(group for group in commands if isinstance(group, Group) and group.key == "next")
    assert (frame.x, frame.y) == (cells[3].x, cells[3].y)
    assert not find(drawn(VIEW, trace_of(ROWS), 0), Circle, "drawn")


@pytest.mark.parametrize("box", [BOX, Box(0, 0, 240, 190), Box(0, 0, 500, 160)])
def test_words_have_room(box: Box) -> None:
    boxes = text_boxes(drawn(VIEW, trace_of(ROWS), 1, box))
    assert set(boxes) >= {"12 345 stored", "soon over", "goes on", "a batch"} or len(boxes) == 4
    assert not overlapping(boxes)
    assert not outside(boxes, box)


def test_words_and_mistakes() -> None:
    assert VIEW.describe(at(trace_of(ROWS), 1)).startswith("The replay memory holds 12")
    with pytest.raises(MlaError, match="'drawn' has 3 numbers"):
        drawn(VIEW, trace_of({0: {**ROWS[1], "drawn": np.ones(3)}}), 0)
