from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Polyline, Rect, Text
from mlanimated.errors import MlaError
from mlanimated.views.confusion import Confusion

TABLE = np.array([[8, 2, 0], [0, 5, 5], [1, 1, 2]])
NAMES = ("cat", "dog", "frog")


def test_cells_are_shares_of_their_row() -> None:
    commands = drawn(Confusion(names=NAMES), trace_of({0: {"confusion": TABLE}}), 0)
    cells = find(commands, Rect, "cells")
    assert [cell.fill.at for cell in cells] == [
        round(float(share) ** 0.7, 3) for share in (TABLE / TABLE.sum(1, keepdims=True)).ravel()
    ]
    assert [text.text for text in find(commands, Text, "cells")] == ["80", "20", "50", "50", "25", "25", "50"]
    assert cells[1].tip == "20% of cat are taken for dog"
    diagonal = [(cell.x, cell.y) for cell in cells[::4]]
    assert [(frame.points[0] + 1, frame.points[1] + 1) for frame in find(commands, Polyline, "frame")] == diagonal


def test_colours_glide_and_numbers_do_not() -> None:
    trace = trace_of({0: {"confusion": TABLE}, 1: {"confusion": TABLE[::-1]}})
    before, between, after = (find(drawn(Confusion(), trace, step), Rect, "cells")[0].fill.at for step in (0, 0.75, 1))
    assert before > between > after
    assert find(drawn(Confusion(), trace, 0.75), Text, "cells")[0].text == "80"


@pytest.mark.parametrize("count", [2, 10, 30])
@pytest.mark.parametrize("box", [BOX, Box(20, 20, 420, 420), Box(0, 0, 1100, 460)])
def test_words_stand_in_the_box_and_apart(count: int, box: Box) -> None:
    names = tuple(f"automobile {index}" for index in range(count))
    table = np.random.default_rng(0).integers(1, 50, (count, count))
    boxes = text_boxes(drawn(Confusion(names=names), trace_of({0: {"confusion": table}}), 0, box))
    assert not overlapping(boxes)
    assert not outside(boxes, box)


def test_what_it_says() -> None:
    trace = trace_of({0: {"confusion": TABLE}})
    assert (
        Confusion(names=NAMES).describe(at(trace, 0))
        == "60% of a class are right on the average; 50% of dog are taken for frog."
    )
    with pytest.raises(MlaError, match="3 classes, but 2 names"):
        drawn(Confusion(names=("a", "b")), trace, 0)
    with pytest.raises(MlaError, match="as many rows as columns"):
        drawn(Confusion(), trace_of({0: {"confusion": TABLE[:2]}}), 0)
    empty = trace_of({0: {"confusion": np.zeros((2, 2))}})
    assert drawn(Confusion(), empty, 0)
