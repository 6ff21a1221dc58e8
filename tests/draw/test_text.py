"""Text: widths against fontTools, what fits, what is drawn, and how numbers are written."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from itertools import pairwise

import pytest
from fontTools.ttLib import TTFont

from mlanimated.draw import text
from mlanimated.draw.font import FACES, FIGURE_WIDE, face, font_file
from mlanimated.errors import MlaError

SAMPLE = "The loss fell from 702.6 to −7.7 (σ² ≈ 0.01), 100% – “done”."


@pytest.fixture(scope="module")
def fonts():
    return {name: TTFont(font_file(name)) for name in FACES}


@pytest.mark.parametrize("name", FACES)
def test_faces_know_each_glyph_and_advance_as_fonttools_does(fonts, name):
    font, ours = fonts[name], face(name)
    numbers, metrics = font.getReverseGlyphMap(), font["hmtx"].metrics
    for code, glyph in font.getBestCmap().items():
        assert ours.glyph(chr(code)) == numbers[glyph]
        if chr(code) not in FIGURE_WIDE:
            assert ours.advance(chr(code)) == metrics[glyph][0]
    assert ours.units_per_em == font["head"].unitsPerEm
    if font["OS/2"].version >= 2:
        assert (ours.x_height, ours.cap_height) == (font["OS/2"].sxHeight, font["OS/2"].sCapHeight)
    assert (ours.ascent, ours.descent) == (font["hhea"].ascent, -font["hhea"].descent)
    assert ours.glyph("\U0010fffd") == 0


@pytest.mark.parametrize("bold", [False, True])
def test_digits_and_what_stands_in_their_column_are_equally_wide(bold):
    widths = {text.width(character, 1000, bold) for character in "0123456789+−\u2007"}
    assert len(widths) == 1
    assert text.width("0", 2048) == 1151


def test_width_is_the_sum_of_the_advances(fonts):
    font = fonts["regular"]
    names, metrics = font.getBestCmap(), font["hmtx"].metrics
    plain = "Gradient descent, step 30: AVATAR fi"  # pairs that a kerned or ligated setting would draw narrower
    assert text.width(plain, 20) == pytest.approx(sum(metrics[names[ord(c)]][0] for c in plain) * 20 / 2048, abs=0.005)
    assert text.width("", 20) == 0.0
    assert text.width(SAMPLE, 36) == pytest.approx(2 * text.width(SAMPLE, 18), abs=0.02)
    assert text.width(SAMPLE, 18, bold=True) > text.width(SAMPLE, 18)


def test_runs_name_the_face_that_has_the_character(fonts):
    assert text.runs("a → b ✓") == (("regular", "a "), ("fallback", "→"), ("regular", " b "), ("fallback", "✓"))
    assert text.runs("∇J", bold=True) == (("fallback", "∇"), ("bold", "J"))
    for string in (SAMPLE, "→←↑↓∇✓▶×≈∂²₀θηε·√∑∈∞π…–"):
        assert "".join(part for _, part in text.runs(string)) == text.clean(string) == string
        for name, part in text.runs(string):
            assert all(ord(character) in fonts[name].getBestCmap() for character in part)


def test_clean_leaves_only_what_can_be_drawn():
    assert text.clean("one\ntwo\tthree") == "one two three"
    assert text.clean("e\u0301") == "é"
    assert text.clean("✓\ufe0f a\u200db") == "✓ ab"
    assert text.clean("😀 机") == "😀 □"  # DejaVu has the one and not the other
    assert text.label(0, 0, "机\n").text == "□ "


def test_label_carries_its_width_and_place():
    label = text.label(1.239, 2.0, "Epoch 7", 20, "muted", "end", bold=True, opacity=0.5)
    assert (label.x, label.y, label.text, label.size, label.fill) == (1.24, 2.0, "Epoch 7", 20, "muted")
    assert (label.anchor, label.bold, label.opacity) == ("end", True, 0.5)
    assert label.width == text.width("Epoch 7", 20, bold=True)


@pytest.mark.parametrize("room", [0, 5, 17, 30, 60, 100, 200, 1000])
def test_fitted_text_fits_and_is_a_beginning(room):
    string = "A long title, with a comma"
    found = text.fitted(string, room, 20)
    assert text.width(found, 20) <= room + 0.01
    if found == string:
        return
    assert found == "" or found.endswith("…")
    begun = found.removesuffix("…")
    assert string.startswith(begun)
    if found:  # no more would have fitted: the next letters and the ellipsis are too wide
        following = string[: len(begun) + 1 + (string[len(begun)] in " ,") * 2]
        assert text.width(following + "…", 20) > room


def test_wrapped_lines_fit_and_lose_nothing():
    string = "Loss fell from 702.6 to 7.7: the line has found its slope"
    lines = text.wrapped(string, 180, 18)
    assert all(text.width(line, 18) <= 180 for line in lines)
    assert " ".join(lines) == string
    assert all(text.width(f"{one} {two.split()[0]}", 18) > 180 for one, two in pairwise(lines))


def test_wrapped_breaks_what_is_too_wide_and_ends_with_an_ellipsis():
    assert "".join(text.wrapped("supercalifragilistic", 60, 18)) == "supercalifragilistic"
    assert all(text.width(line, 18) <= 60 for line in text.wrapped("supercalifragilistic", 60, 18))
    two = text.wrapped("one two three four five six seven eight", 80, 18, lines=2)
    assert len(two) == 2
    assert two[1].endswith("…")
    assert text.width(two[1], 18) <= 80
    assert text.wrapped("one\ntwo", 500, 18) == ("one", "two")
    assert text.wrapped("", 500, 18) == ("",)


def test_heights_come_from_the_font():
    assert text.cap_height(2048) == 1456
    assert text.x_height(2048) == 1082
    assert text.ascent(2048) == 1900
    assert text.descent(2048) == 500


@pytest.mark.parametrize(
    ("value", "decimals", "written"),
    [
        (0.25, 2, "0.25"),
        (-0.25, 2, "−0.25"),
        (-0.001, 2, "0.00"),  # what rounds to zero has no sign
        (-0.0, 0, "0"),
        (702.5999, None, "702.6"),
        (0.0003, None, "0.0003"),
        (1e-9, None, "1×10⁻⁹"),
        (-1.5e-7, None, "−1.5×10⁻⁷"),
        (3, None, "3"),
        (1234.5, None, "1234"),
        (9999, 0, "9999"),
        (10000, 0, "10\u2009000"),
        (-1234567.891, 2, "−1\u2009234\u2009567.89"),
        (2.5e20, 1, "2.5×10²⁰"),
        (float("nan"), 3, "–"),
        (float("inf"), 3, "∞"),
        (float("-inf"), None, "−∞"),
    ],
)
def test_numbers_are_written_as_they_are_read(value, decimals, written):
    assert text.number(value, decimals) == written


@pytest.mark.parametrize(
    ("value", "decimals", "written"),
    [(999, None, "999"), (1234, None, "1.2k"), (999_999, None, "1.0M"), (-3_450_000, 2, "−3.45M"), (5.6e9, 1, "5.6G")],
)
def test_short_numbers_take_a_prefix(value, decimals, written):
    assert text.number(value, decimals, big="short") == written


def test_a_number_that_changes_its_sign_does_not_move_its_digits():
    for size in (0.0, 0.5, 9.99):
        up, down = text.number(size, 2, 5), text.number(-size, 2, 5)
        assert text.width(up, 18) == text.width(down, 18)
        if size:
            assert text.width(up[:1], 18) == text.width(down[:1], 18)
            assert (up[0], down[0]) == ("\u2007", "−")
    assert text.number(0.5, 1, sign=True) == "+0.5"
    assert text.width("+0.5", 18) == text.width("−0.5", 18)


def test_no_hyphen_ever_stands_for_a_minus():
    for value in (-1, -0.5, -1e-9, -1e20, -12345):
        for big in ("plain", "grouped", "short"):
            written = text.number(value, big=big)
            assert "-" not in written.replace("⁻", "")
            assert all(unicodedata.category(character) != "Pd" for character in written)


def test_measuring_needs_neither_fonttools_nor_matplotlib():
    program = (
        "import sys; from mlanimated.draw.text import width; width('Loss → 0', 18);"
        "print([name for name in ('fontTools', 'matplotlib', 'PIL', 'skia') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_a_missing_font_is_one_clear_line(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    font_file.cache_clear()
    with pytest.raises(MlaError, match="pip install font-roboto"):
        font_file("bold")
    font_file.cache_clear()
