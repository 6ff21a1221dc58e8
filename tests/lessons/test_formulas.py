"""Formulas of the book: each can be set, in characters that its font has."""

from __future__ import annotations

import re
import sys
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest

pytest.importorskip("latex2mathml")
pytest.importorskip("sphinx")

BOOK = Path(__file__).parents[2] / "book"
PAGES = [*BOOK.rglob("*.md"), *(BOOK.parent / "docs" / "learners").glob("*.md")]


@pytest.fixture(scope="module")
def mathml():
    sys.path.insert(0, str(BOOK))
    try:
        from extension import mathml as found
    finally:
        sys.path.remove(str(BOOK))
    return found


def formulas(path: Path) -> list[str]:
    """Return the formulas of a page, as MyST finds them: outside of code."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [
        one or other
        for one, other in re.findall(r"\$\$(.+?)\$\$|(?<![\\$\w])\$(?! )([^$\n]+?)(?<! )\$(?!\d)", text, re.DOTALL)
    ]


def words(drawn: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", drawn))


def test_there_are_formulas() -> None:
    assert sum(len(formulas(path)) for path in PAGES) > 60


@pytest.mark.parametrize("path", PAGES, ids=[path.stem for path in PAGES])
def test_each_formula_is_understood_and_has_its_characters(mathml, path: Path) -> None:
    for text in formulas(path):
        shown = words(mathml.formula(text))
        assert "\\" not in shown, f"{text}: a command that is not known is shown as it is written"
        missing = set(shown) - set(mathml.CHARACTERS) - {"\n", "\u00a0", "\u2061", "\u2009"}
        assert not missing, f"{text}: {missing}"


def test_a_function_stands_apart_from_its_argument(mathml) -> None:
    assert "<mspace" in mathml.formula(r"\ln t")
    assert mathml.formula(r"\arg\max_{a} Q(s)").count("<mspace") == 2
    assert "<mspace" not in mathml.formula(r"\max_{a} Q(s)"), "an operator, which has its own space"
    assert "<mspace" not in mathml.formula(r"\ln(1 - p)")


def test_the_font_grows_roots_and_braces(mathml) -> None:
    from fontTools.ttLib import TTFont

    found = mathml.font()
    assert len(found) < 100_000
    with TTFont(BytesIO(found)) as font:
        assert font.flavor == "woff2"
        assert "MATH" in font
        has = set(map(chr, font.getBestCmap()))
        assert "Open Font" in str(font["name"].getDebugName(13))
    used = {letter for path in PAGES for text in formulas(path) for letter in words(mathml.formula(text))}
    assert used - {"\n", "\u00a0", "\u2061", "\u2009"} <= has
    assert set("𝑥𝑄𝜂𝛾") <= has, "single letters are shown as their italics"
