from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Image, Rect
from mlanimated.trace import Trace
from mlanimated.views.backward_pass import BackwardPass

OUT = (np.ones((1, 2, 2)), np.arange(12.0).reshape(3, 2, 2), np.array([1.0, -2.0]))


def two_passes() -> Trace:
    rows: dict[int, dict[str, Any]] = {}
    blocks = [{"name": name, "kind": kind} for name, kind in (("input", ""), ("0", "Conv2d, ReLU"), ("3", "Linear"))]
    for begin, size in ((0, 1.0), (7, 0.1)):
        for stage in range(7):
            row: dict[str, Any] = {"pass/stage": float(stage)}
            if stage < 3:
                row[f"pass/out/{stage}"] = OUT[stage]
            elif stage == 3:
                row["pass/loss"] = size
            else:
                row[f"pass/gradient/{6 - stage}"] = size * OUT[6 - stage]
            rows[begin + stage] = row
    rows[0]["pass/blocks"] = json.dumps(blocks)
    return trace_of(rows)


TRACE = two_passes()


def test_outputs_come_from_the_left_and_gradients_from_the_right() -> None:
    view = BackwardPass()
    counts = [len(find(drawn(view, TRACE, step), Image)) for step in range(14)]
    assert counts[:7] == [1, 4, 6, 6, 8, 11, 12]
    assert counts[7:] == counts[:7], "a new pass begins with empty frames"
    assert "loss 1.000" in text_boxes(drawn(view, TRACE, 3))
    assert not any(text.startswith("loss") for text in text_boxes(drawn(view, TRACE, 2)))


def test_what_comes_now_is_framed() -> None:
    def middle(step: int) -> tuple[float, float]:
        (frame,) = (rect for rect in find(drawn(BackwardPass(), TRACE, step), Rect) if rect.stroke == "accent")
        return frame.x + frame.width / 2, frame.y + frame.height / 2

    there, back = [middle(step) for step in range(3)], [middle(step) for step in (4, 5, 6)]
    assert [x for x, _ in there] == sorted(x for x, _ in there)
    assert [x for x, _ in back] == pytest.approx([x for x, _ in reversed(there)])
    assert all(y > there[0][1] + 100 for _, y in back)


def test_colours_mean_the_same_in_each_pass() -> None:
    def shown(step: int) -> list[int]:
        return [image.pixels.data[0] for image in find(drawn(BackwardPass(), TRACE, step), Image, "block-2")[2:]]

    assert shown(6) == [191, 0], "1 and -2 of ±2"
    assert shown(13) == [134, 115], "a tenth of it"


@pytest.mark.parametrize("box", [BOX, Box(0, 0, 1184, 480), Box(20, 20, 420, 300)])
def test_words_stand_apart_and_inside(box: Box) -> None:
    for step in (0, 3, 6, 13):
        boxes = text_boxes(drawn(BackwardPass(answers=("yes", "no")), TRACE, step, box))
        assert not overlapping(boxes)
        assert not outside(boxes, box)


def test_it_says_where_it_stands() -> None:
    said = [BackwardPass().describe(at(TRACE, step)) for step in (1, 3, 6)]
    assert said[0] == "The forward pass has reached 0."
    assert said[1] == "The loss is 1.000."
    assert said[2] == "The gradient has come back to input."
