from __future__ import annotations

from drawn import BOX, at, drawn, find, outside, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Group, Text
from mlanimated.views.code import Code

TEXT = "# game.py\ndef step(self, action):\n    if action:\n        return 1\n\n    return 0"
TRACE = trace_of({0: {"code": TEXT, "line": -1}, 1: {"line": 3}})


def test_lines_stand_in_order_and_moved_in() -> None:
    texts = {text.text: text for text in find(drawn(Code(), TRACE, 0), Text)}
    assert list(texts) == [line.strip() for line in TEXT.splitlines() if line]
    assert texts["def step(self, action):"].x < texts["if action:"].x < texts["return 1"].x
    assert texts["if action:"].x == texts["return 0"].x
    heights = [text.y for text in texts.values()]
    assert heights == sorted(heights)
    assert texts["# game.py"].fill == "muted"
    assert texts["def step(self, action):"].bold


def test_the_line_that_runs_is_lit() -> None:
    commands = drawn(Code(line="line"), TRACE, 1)
    band = next(part for part in commands if isinstance(part, Group) and part.key == "lit")
    line = next(text for text in find(commands, Text) if text.text == "return 1")
    assert band.y < line.y < band.y + band.children[0].height
    assert not any(isinstance(part, Group) and part.key == "lit" for part in drawn(Code(line="line"), TRACE, 0))


def test_numbers_and_room() -> None:
    for box in (BOX, Box(0, 0, 220, 130)):
        boxes = text_boxes(drawn(Code(numbers=True), TRACE, 0, box))
        assert not outside(boxes, box)
    assert "6" in text_boxes(drawn(Code(numbers=True), TRACE, 0))


def test_words() -> None:
    assert Code(line="line").describe(at(TRACE, 1)) == "The line 'return 1' runs."
    assert not Code(line="line").describe(at(TRACE, 0))
