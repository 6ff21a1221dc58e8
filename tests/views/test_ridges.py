from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Group, Polyline
from mlanimated.errors import MlaError
from mlanimated.views.ridges import ROWS, Ridges


def rows(count: int) -> dict[int, dict[str, np.ndarray]]:
    """The second tensor moves to the right and its range doubles half way."""
    made = {}
    for step in range(count):
        wide = 1.0 if step < count / 2 else 2.0
        table = np.zeros((2, 40), np.int32)
        table[0, 20] = 7
        table[1, int((0.5 * (step / count) / wide + 1) * 20)] = 100
        made[step] = {"weights/histogram": table, "weights/range": np.array([1.0, wide])}
    return made


def peaks(commands: tuple) -> list[float]:
    crests = [line for line in find(commands, Polyline) if line.stroke_width == 1.5]
    return [crest.points[0::2][int(np.argmin(crest.points[1::2]))] for crest in crests]


def test_ridges_come_up_to_the_moment_over_one_axis() -> None:
    trace = trace_of(rows(60))
    view = Ridges(tensor=1)
    early, late = (drawn(view, trace, step) for step in (5, 59))
    ridges = [command for command in late if isinstance(command, Group) and command.key.startswith("ridge-")]
    assert len(ridges) == ROWS
    assert len(peaks(early)) < 4
    found = peaks(late)
    assert found[-1] > found[0]
    assert np.all(np.diff(found) >= -8)  # the doubled range does not tear them apart


@pytest.mark.parametrize("box", [BOX, Box(10, 10, 420, 240)])
def test_words_stand_in_the_box_and_apart(box: Box) -> None:
    trace = trace_of(rows(60))
    for step in (0, 7, 30, 59):
        boxes = text_boxes(drawn(Ridges(), trace, step, box))
        assert not overlapping(boxes)
        assert not outside(boxes, box)


def test_what_there_is_not_is_told() -> None:
    trace = trace_of(rows(4))
    with pytest.raises(MlaError, match="there are 2 tensors, so 2 is none"):
        drawn(Ridges(tensor=2), trace, 0)
    assert Ridges(tensor=1).describe(at(trace, 3)) == "The weights of tensor 1 lie within ±2."
