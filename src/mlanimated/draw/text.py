"""Text: one line measured, fitted or wrapped, and numbers written so that they stand still.

One family, Roboto, in regular and bold, with DejaVu Sans for what it lacks. Text is set by plain advances, with no
kerning and no ligatures, so that its width is a sum that every painter agrees with. Sizes and widths are scene units.

Digits are tabular: all have the same advance, and so have the plus, the true minus "−" and the figure space (see
`font.FIGURE_WIDE`). A number of fixed decimals therefore never moves its own digits.
"""

from __future__ import annotations

import math
import unicodedata
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Literal

from mlanimated.draw import font
from mlanimated.draw.commands import Colour, Text

__all__ = [
    "FIGURE_SPACE",
    "MINUS",
    "Anchor",
    "FaceName",
    "advances",
    "ascent",
    "cap_height",
    "clean",
    "descent",
    "fitted",
    "font_file",
    "label",
    "number",
    "runs",
    "width",
    "wrapped",
    "x_height",
]

Anchor = Literal["start", "middle", "end"]
FaceName = Literal["regular", "bold", "fallback"]

MINUS = "−"
FIGURE_SPACE = "\u2007"
THIN_SPACE = "\u2009"
MISSING = "□"
ELLIPSIS = "…"

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def font_file(face: FaceName) -> Path:
    """Return where the font file of a face lies: "regular", "bold" or "fallback"."""
    return font.font_file(face)


class _Table(dict[str, tuple[FaceName, float]]):
    """For each clean character the face that has it and its advance as a share of the size; filled as they are met."""

    def __init__(self, wanted: FaceName) -> None:
        super().__init__()
        self._wanted: FaceName = wanted

    def __missing__(self, character: str) -> tuple[FaceName, float]:
        chosen = self._wanted if font.face(self._wanted).glyph(character) else "fallback"
        face = font.face(chosen)
        found = self[character] = (chosen, face.advance(character) / face.units_per_em)
        return found


_REGULAR, _BOLD = _Table("regular"), _Table("bold")


@lru_cache(maxsize=4096)
def _drawable(character: str) -> str:
    """Return the character itself, or what stands for it: a space, nothing, or a box."""
    kind = unicodedata.category(character)
    if kind in ("Cc", "Zl", "Zp"):
        return " "
    if kind == "Cf" or "\ufe00" <= character <= "\ufe0f":
        return ""
    if font.face("regular").glyph(character) or font.face("fallback").glyph(character):
        return character
    return MISSING


def clean(string: str) -> str:
    """Return the text as it can be drawn.

    A line break or control character becomes a space, an invisible mark (joiner, variation selector) is left out, and
    a character that no face has becomes "□". What `label` puts into a command is clean: painters need no rule of it.
    """
    if string.isascii() and string.isprintable():
        return string
    if not unicodedata.is_normalized("NFC", string):
        string = unicodedata.normalize("NFC", string)
    return "".join(map(_drawable, string))


def runs(string: str, bold: bool = False) -> tuple[tuple[FaceName, str], ...]:
    """Return the text in runs of one face each, in order: (face, substring).

    Args:
        string: Clean text.
        bold: Prefer the bold face to the regular one.
    """
    table = _BOLD if bold else _REGULAR
    if len({table[character][0] for character in string}) == 1:
        return ((table[string[0]][0], string),)
    found: list[tuple[FaceName, str]] = []
    for character in string:
        face = table[character][0]
        if found and found[-1][0] == face:
            found[-1] = (face, found[-1][1] + character)
        else:
            found.append((face, character))
    return tuple(found)


def advances(string: str, bold: bool = False) -> tuple[float, ...]:
    """Return how far each character of clean text moves the pen, for a size of 1."""
    table = _BOLD if bold else _REGULAR
    return tuple([table[character][1] for character in string])


@lru_cache(maxsize=16384)
def _measured(string: str, bold: bool) -> tuple[str, float]:
    """Return clean text and its width for a size of 1."""
    string = clean(string)
    return string, sum(advances(string, bold))


def _width(string: str, bold: bool) -> float:
    return _measured(string, bold)[1]


def width(string: str, size: float, bold: bool = False) -> float:
    """Return how wide a line of text is.

    Args:
        string: Any text; it is measured as `clean` leaves it.
        size: Size of the type.
        bold: Measure the bold face.

    Returns:
        The sum of the advances in scene units, rounded to 0.01.
    """
    return round(_width(string, bold) * size, 2)


def label(
    x: float,
    y: float,
    string: str,
    size: float = 18,
    fill: Colour = "ink",
    anchor: Anchor = "start",
    bold: bool = False,
    opacity: float = 1.0,
) -> Text:
    """Return a line of text, measured.

    Args:
        x: Where the point that `anchor` names stands.
        y: The baseline.
        string: Any text.
        size: Size of the type.
        fill: Its colour.
        anchor: "start", "middle" or "end".
        bold: Set it in the bold face.
        opacity: 0..1.
    """
    string, unit = _measured(string, bold)
    return Text(round(x, 2), round(y, 2), string, size, round(unit * size, 2), fill, anchor, bold, opacity)


@lru_cache(maxsize=4096)
def fitted(string: str, width: float, size: float, bold: bool = False) -> str:
    """Return the text, or as much of its beginning as fits into a width, with an ellipsis.

    Args:
        string: Any text.
        width: The room there is.
        size: Size of the type.
        bold: Measure the bold face.

    Returns:
        Clean text no wider than `width`; empty when not even the ellipsis fits.
    """
    string = clean(string)
    if _width(string, bold) * size <= width:
        return string
    room = width / size - _width(ELLIPSIS, bold)
    if room < 0:
        return ""
    ends = accumulate(advances(string, bold))
    return string[: sum(1 for end in ends if end <= room)].rstrip(" ,;:–-") + ELLIPSIS


@lru_cache(maxsize=4096)
def wrapped(string: str, width: float, size: float, bold: bool = False, lines: int | None = None) -> tuple[str, ...]:
    """Return the text broken between words into lines no wider than a width.

    Args:
        string: Any text; a line break in it breaks the line.
        width: The room there is.
        size: Size of the type.
        bold: Measure the bold face.
        lines: How many lines there may be; the last one then ends with an ellipsis. None for as many as it takes.

    Returns:
        Clean lines, at least one. A single word that is too wide is broken inside.
    """
    done: list[str] = []
    for paragraph in string.splitlines() or [""]:
        done.extend(_broken(clean(paragraph), width / size, bold))
    if lines is not None and len(done) > lines:
        kept = max(1, lines)
        done = [*done[: kept - 1], fitted(" ".join(done[kept - 1 :]), width, size, bold)]
    return tuple(done)


def _broken(string: str, room: float, bold: bool) -> list[str]:
    """Break one paragraph into lines of at most `room` (for a size of 1)."""
    done: list[str] = []
    line = ""
    for word in string.split(" "):
        longer = f"{line} {word}" if line else word
        if _width(longer, bold) <= room:
            line = longer
            continue
        if line:
            done.append(line)
        line = word
        while len(line) > 1 and _width(line, bold) > room:
            end = 1
            while end + 1 < len(line) and _width(line[: end + 1], bold) <= room:
                end += 1
            done.append(line[:end])
            line = line[end:]
    done.append(line)
    return done


def ascent(size: float) -> float:
    """Return how far letters with their accents rise above the baseline; a line is ascent + descent high."""
    return round(size * font.face("regular").ascent / font.face("regular").units_per_em, 2)


def descent(size: float) -> float:
    """Return how far the deepest letters reach below the baseline."""
    return round(size * font.face("regular").descent / font.face("regular").units_per_em, 2)


def cap_height(size: float) -> float:
    """Return the height of capitals and digits: text stands in the middle of y at the baseline y + cap_height / 2."""
    return round(size * font.face("regular").cap_height / font.face("regular").units_per_em, 2)


def x_height(size: float) -> float:
    """Return the height of a small x."""
    return round(size * font.face("regular").x_height / font.face("regular").units_per_em, 2)


def number(
    value: float,
    decimals: int | None = None,
    width: int | None = None,
    *,
    sign: bool = False,
    big: Literal["plain", "grouped", "short"] = "grouped",
) -> str:
    """Return a number as it is read: fixed decimals, a true minus, and nothing that moves.

    A number that changes must not shift. Give it fixed `decimals`; then text that ends at x (anchor "end") stands still
    as it is, and text that starts at x or stands around it does with a `width`: the number is filled up on the left
    with figure spaces, which are as wide as a digit and as the minus.

    Args:
        value: Any number.
        decimals: Digits after the point. None for as few as show four significant digits: for what does not move.
        width: Least number of characters, sign and point included.
        sign: Write a plus before numbers above 0.
        big: "grouped" parts thousands by thin spaces from 10,000 on, "short" writes 1.2k, 3.4M, 5.6G, "plain" neither.

    Returns:
        Such as "−0.25"; "–" for not a number, "∞" and "−∞"; "1.5×10⁻⁷" where fixed digits would not do. What rounds to
        zero has no sign.
    """
    string = _digits(float(value), decimals, sign, big)
    return string.rjust(width, FIGURE_SPACE) if width else string


@lru_cache(maxsize=16384)
def _digits(value: float, decimals: int | None, sign: bool, big: str) -> str:
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return MINUS + "∞" if value < 0 else ("+∞" if sign else "∞")
    size = abs(value)
    if big == "short" and 1e15 > size >= 1e3 - (0.5 if decimals in (None, 0) else 0.0):
        body = _short(size, 1 if decimals is None else decimals)
    elif size >= 1e15 or (decimals is None and 0 < size < 1e-4):
        mantissa, exponent = f"{size:.{3 if decimals is None else decimals}e}".split("e")
        if decimals is None:
            mantissa = mantissa.rstrip("0").rstrip(".")
        body = f"{mantissa}×10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
    else:
        places = max(0, 3 - math.floor(math.log10(size))) if decimals is None and size else decimals or 0
        body = f"{size:.{min(places, 12)}f}"
        if decimals is None and "." in body:
            body = body.rstrip("0").rstrip(".")
        if big == "grouped" and size >= 9999.5:
            whole, point, rest = body.partition(".")
            if len(whole) > 4:
                body = f"{int(whole):,}".replace(",", THIN_SPACE) + point + rest
    if not any(digit in "123456789" for digit in body):
        return body
    return (MINUS if value < 0 else "+" if sign else "") + body


def _short(size: float, decimals: int) -> str:
    """Return 1.2k for 1234; the prefix follows what rounding leaves, so that 999,999 is 1.0M and not 1000.0k."""
    for index, (unit, prefix) in enumerate(_PREFIXES):
        if size >= unit * (1 - 0.5 * 10.0 ** -(decimals + 3)):
            body = f"{size / unit:.{decimals}f}"
            if body.startswith("1000") and index:
                bigger, larger = _PREFIXES[index - 1]
                return f"{size / bigger:.{decimals}f}{larger}"
            return body + prefix
    return f"{size:.{decimals}f}"
