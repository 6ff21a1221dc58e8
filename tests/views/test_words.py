from __future__ import annotations

import pytest
from drawn import BOX, at, find, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Text
from mlanimated.errors import MlaError
from mlanimated.views.words import Words

LONG = (
    "The loss fell from 702.6 to 7.7, and from then on the line has found its slope; only its height still has to come. "
    * 3
)
TRACE = trace_of(
    {1: {"note": "one"}, 5: {"note": "five words are said here"}, 9: {"note": LONG}},
    events=[(2, "start"), (8, "first win")],
)


def said(view: Words, step: float, box: Box = BOX) -> str:
    return " ".join(text.text for text in find(view.draw(at(TRACE, step), box), Text))


def test_last_words_of_a_series() -> None:
    view = Words("note")
    assert said(view, 0.5) == ""
    assert said(view, 1) == said(view, 4.9) == "one"
    assert said(view, 5) == "five words are said here"
    assert view.describe(at(TRACE, 5)) == "five words are said here"


def test_words_of_events_and_before_the_first() -> None:
    view = Words(events=True, text="Nothing yet.")
    assert [said(view, step) for step in (0, 2, 8)] == ["Nothing yet.", "start.", "first win."]


@pytest.mark.parametrize("box", [BOX, Box(10, 10, 300, 200), Box(0, 0, 373, 60)])
@pytest.mark.parametrize("centred", [False, True])
def test_long_words_are_broken_and_fit(box: Box, centred: bool) -> None:
    commands = Words("note", centred=centred).draw(at(TRACE, 9), box)
    boxes = text_boxes(commands)
    assert len(boxes) > 1
    assert not outside(boxes, box, slack=2)
    assert not overlapping(boxes)
    sizes = {text.size for text in find(commands, Text)}
    assert len(sizes) == 1
    assert min(sizes) >= 14


def test_what_does_not_fit_is_cut_with_an_ellipsis() -> None:
    assert said(Words("note"), 9, Box(0, 0, 200, 40)).endswith("…")


def test_bad_arguments_are_one_line() -> None:
    with pytest.raises(MlaError, match="needs"):
        Words()
    with pytest.raises(MlaError, match="not both"):
        Words("note", events=True)
    with pytest.raises(MlaError, match="Did you mean"):
        Words("notes").draw(at(TRACE, 1), BOX)
