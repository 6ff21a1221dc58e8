from __future__ import annotations

import numpy as np
import pytest
from drawn import drawn, find, outside, overlapping, text_boxes

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Group, Text
from mlanimated.errors import MlaError
from mlanimated.learn.convolution import Args, train
from mlanimated.trace import Recorder
from mlanimated.views.sliding_filter import SlidingFilter

WIDE = Box(48, 100, 1184, 480)


def slid(args: Args):
    recorder = Recorder()
    with recorder:
        train(args, recorder)
    return recorder.trace


def place(commands, key: str) -> tuple[float, float]:
    (group,) = [command for command in commands if isinstance(command, Group) and command.key == key]
    return group.x, group.y


def test_the_window_glides_and_the_filled_cell_is_framed() -> None:
    args = Args(picture_size=6, filter=2, stride=2, padding=0)
    trace, view = slid(args), SlidingFilter(stride=2)
    first, between, second = (place(drawn(view, trace, step, WIDE), "window") for step in (0, 1.75, 2))
    assert first[1] == between[1] == second[1]
    assert first[0] < between[0] < second[0]
    cell = (second[0] - first[0]) / 2
    assert place(drawn(view, trace, 6, WIDE), "window") == pytest.approx((first[0], first[1] + 2 * cell))
    framed = [place(drawn(view, trace, 2 * index + 1, WIDE), "cell") for index in range(9)]
    for index, (x, y) in enumerate(framed):
        row, column = divmod(index, 3)
        assert (x, y) == pytest.approx((framed[0][0] + column * cell, framed[0][1] + row * cell))
    assert not [
        command for command in drawn(view, trace, 2, WIDE) if isinstance(command, Group) and command.key == "cell"
    ]


def test_the_sum_is_written_out_and_right() -> None:
    trace = slid(Args(picture_size=4, filter=2, padding=0, seed=5))
    for step in (1, 5, 9):
        terms, total = (text.text for text in find(drawn(SlidingFilter(), trace, step, WIDE), Text, "sum"))
        words = terms.replace("−", "-").replace("·", "*")
        assert eval(words) == int(total.replace("= ", "").replace("−", "-"))


def test_pooling_names_the_largest() -> None:
    trace = slid(Args(picture_size=4, filter=2, stride=2, padding=0, pool=True, seed=1))
    view = SlidingFilter(filter="", stride=2)
    words, total = (text.text for text in find(drawn(view, trace, 1, WIDE), Text, "sum"))
    numbers = [int(word) for word in words.removeprefix("largest of ").split(", ")]
    assert max(numbers) == int(total.removeprefix(" = "))
    assert sorted(numbers) == sorted(trace.value("picture", 0)[:2, :2].ravel())


@pytest.mark.parametrize("box", [WIDE, Box(20, 20, 700, 500), Box(40, 60, 500, 420)])
@pytest.mark.parametrize(
    "args",
    [Args(), Args(picture_size=6, filter=2, stride=2, padding=0), Args(picture_size=8, filter=3, padding=1, pool=True)],
)
def test_texts_stand_in_the_box_and_apart(box: Box, args: Args) -> None:
    trace = slid(args)
    view = SlidingFilter(filter="" if args.pool else "filter", stride=args.stride, padding=args.padding)
    for step in (0, 1, 7, 1e9):
        boxes = text_boxes(drawn(view, trace, step, box))
        assert not overlapping(boxes)
        assert not outside(boxes, box)


def test_what_is_no_table_is_told() -> None:
    recorder = Recorder()
    row = dict.fromkeys(("picture", "window", "filter", "products", "output"), np.zeros((2, 2)))
    recorder.log({**row, "picture": np.zeros(3), "place": np.zeros(2)}, step=0)
    with pytest.raises(MlaError, match="'picture' has the shape"):
        drawn(SlidingFilter(), recorder.trace, 0)
    recorder.close()
