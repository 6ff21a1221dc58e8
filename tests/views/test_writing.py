from __future__ import annotations

from itertools import pairwise

import pytest
from drawn import BOX, at, drawn, find, outside, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Polyline, Text
from mlanimated.draw.text import width
from mlanimated.errors import MlaError
from mlanimated.views.writing import Writing

TRACE = trace_of({0: {"said": "The quoon finds a lump. ok"}, 5: {"said": "the queen"}})
WORDS = ("the", "finds", "a", "ok", "queen")
VIEW = Writing("said", words=WORDS)


def test_a_line_stands_under_each_word_that_does_not_exist_and_nowhere_else() -> None:
    commands = drawn(VIEW, TRACE, 0)
    under = find(commands, Polyline, "under")
    before = [width(part, 18) for part in ("The ", "The quoon finds a ")]
    assert [line.points[0] for line in under] == pytest.approx([14 + room for room in before], abs=0.05)
    assert [line.points[2] - line.points[0] for line in under] == pytest.approx(
        [width("quoon", 18), width("lump", 18)], abs=0.05
    )
    texts = find(commands, Text, "words")
    assert "".join(text.text for text in texts) == "The quoon finds a lump. ok"
    assert [text.text for text in texts if text.fill == "muted"] == ["quoon", "lump"]


def test_parts_of_a_line_join_as_if_it_were_whole() -> None:
    texts = find(drawn(VIEW, TRACE, 0), Text, "words")
    for text, following in pairwise(texts):
        assert following.x == pytest.approx(text.x + text.width, abs=0.02)


def test_without_words_all_exist() -> None:
    assert not find(drawn(Writing("said"), TRACE, 0), Polyline)
    assert "quoon" in Writing("said").describe(at(TRACE, 0))


def test_text_is_broken_into_lines_and_cut_off_within_the_page() -> None:
    long = trace_of({0: {"said": "the queen finds quoon a " * 40}})
    box = Box(10, 20, 220, 130)
    commands = drawn(VIEW, long, 0, box)
    assert not outside(text_boxes(commands), box)
    assert find(commands, Text, "words")[-1].text.endswith("…")
    assert all(line.points[2] <= box.right for line in find(commands, Polyline, "under"))


def test_what_it_says_is_described() -> None:
    assert VIEW.describe(at(TRACE, 0)) == "It writes: The quoon finds a lump. ok 4 of 6 words exist."
    assert VIEW.describe(at(TRACE, 7)) == "It writes: the queen 2 of 2 words exist."
    assert not find(drawn(VIEW, TRACE, 7, BOX), Polyline, "under")
    with pytest.raises(MlaError, match="14 is the least"):
        Writing("said", size=9)
