from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Group, Polyline, Rect
from mlanimated.errors import MlaError
from mlanimated.views.lanes import Lanes

PICTURES = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3)).astype(np.uint8)
VIEW = Lanes("p", "pictures", truth=(0, 1, 1), names=("horse", "deer"))
TRACE = trace_of({0: {"p": np.array([0.5, 0.25, 0.9]), "pictures": PICTURES}, 1: {"p": np.array([0.0, 1.0, 0.9])}})


def slides(step: float, box: Box = BOX) -> dict[str, Group]:
    return {
        command.key: command
        for command in drawn(VIEW, TRACE, step, box)
        if isinstance(command, Group) and command.key.startswith("picture-")
    }


def test_a_picture_lies_where_its_probability_says() -> None:
    start, stop = slides(0), slides(1)
    low, high = stop["picture-0"].x, stop["picture-1"].x
    for index, share in enumerate((0.5, 0.25, 0.9)):
        assert start[f"picture-{index}"].x == pytest.approx(low + share * (high - low), abs=0.1)
    assert low < slides(0.75)["picture-0"].x < start["picture-0"].x
    assert [slide.y for slide in start.values()] == sorted(slide.y for slide in start.values())


def test_right_and_wrong_are_told_by_form_and_colour() -> None:
    frames = [find([slide], Rect)[0].stroke for slide in slides(0).values()]
    assert frames == ["good", "bad", "good"]  # a half is no deer
    marks = [len(find(drawn(VIEW, TRACE, 0), Polyline, f"number-{index}")) for index in range(3)]
    assert marks == [1, 2, 1]
    assert VIEW.describe(at(TRACE, 0)) == "2 of 3 pictures lie on their own side."
    assert VIEW.describe(at(TRACE, 1)) == "3 of 3 pictures lie on their own side."


def test_two_columns_are_the_probability_of_the_second() -> None:
    both = trace_of({0: {"p": np.array([[0.2, 0.8]]), "pictures": PICTURES[:1]}})
    one = trace_of({0: {"p": np.array([0.8]), "pictures": PICTURES[:1]}})
    view = Lanes("p", "pictures", truth=(1,))
    assert drawn(view, both, 0) == drawn(view, one, 0)


@pytest.mark.parametrize("box", [BOX, Box(30, 30, 420, 300), Box(0, 0, 620, 900)])
def test_words_stand_in_the_box_and_apart(box: Box) -> None:
    boxes = text_boxes(drawn(VIEW, TRACE, 0.5, box))
    assert not overlapping(boxes)
    assert not outside(boxes, box)


def test_numbers_that_do_not_fit_are_told() -> None:
    with pytest.raises(MlaError, match="3 probabilities, 3 pictures and 2 truths"):
        drawn(Lanes("p", "pictures", truth=(0, 1)), TRACE, 0)
