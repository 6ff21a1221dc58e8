"""Fonts that travel: the characters that were asked for, advances as measured, and nothing that moves them."""

from __future__ import annotations

from io import BytesIO

import pytest
from fontTools.ttLib import TTFont

from mlanimated.draw.commands import Clip, Group, Rect
from mlanimated.draw.text import label, width
from mlanimated.render.fonts import characters, subset

ASKED = "AVATAR fi −0.25 +7\u2007"


@pytest.fixture(scope="module", params=["regular", "bold"])
def font(request):
    return request.param, TTFont(BytesIO(subset(ASKED, request.param)))


def test_it_has_what_was_asked_for_and_little_else(font):
    _, read = font
    assert set(map(chr, read.getBestCmap())) == {*ASKED, "0"}
    assert len(read.getGlyphOrder()) <= len({*ASKED}) + 4


def test_its_advances_are_those_that_text_measures(font):
    name, read = font
    names, metrics = read.getBestCmap(), read["hmtx"].metrics
    for character in ASKED:
        shown = metrics[names[ord(character)]][0] / read["head"].unitsPerEm
        assert round(shown * 1000, 2) == width(character, 1000, bold=name == "bold")


def test_nothing_in_it_moves_or_joins_characters(font):
    _, read = font
    assert not {"GSUB", "GPOS", "kern", "morx", "fpgm", "prep", "cvt ", "hdmx"} & set(read.keys())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["regular", "fallback"])
def test_the_same_characters_give_the_same_bytes(name):
    assert subset("cab", name) == subset(["b", "a", "ca"], name)
    subset.__globals__["_subset"].cache_clear()
    again = subset("abc", name)
    subset.__globals__["_subset"].cache_clear()
    assert subset("abc", name) == again
    assert again.startswith(b"wOF2")
    assert len(again) < 4000


def test_the_licence_stays_with_the_font(font):
    assert "Apache" in font[1]["name"].getDebugName(13)


def test_characters_are_found_in_their_faces_at_any_depth():
    commands = (
        Rect(0, 0, 1, 1, "ink"),
        Group((Clip(0, 0, 9, 9, (label(0, 0, "ab →"), label(0, 0, "B", bold=True))),)),
    )
    assert characters(commands) == {"regular": {"a", "b", " "}, "fallback": {"→"}, "bold": {"B"}}
