"""Font: the three faces that all text is set in, and how wide each character is.

Roboto Regular and Medium (the bold of these films) come with PyPI's `font-roboto`; DejaVu Sans, for what Roboto lacks
(arrows, ∇, ✓, ▶), lies inside ziafont, which is found but not imported.

Only what measuring needs is read, straight from the tables `head`, `hhea`, `hmtx`, `cmap` and `OS/2` (the OpenType
specification, version 1.9). That takes about a millisecond where fontTools takes sixty, and every film begins with it.
"""

from __future__ import annotations

import importlib.util
import struct
from functools import cache, cached_property
from pathlib import Path

from mlanimated.errors import MlaError

__all__ = ["FACES", "FIGURE_WIDE", "Face", "face", "font_file"]

FACES = ("regular", "bold", "fallback")

FIGURE_WIDE = "+−\u2007"
"""Characters that are given the advance of a digit (they differ from it by up to 2% in the font files).

So a sign, or the figure space in its place, never moves the digits after it. Painters that place characters one by one
get this from `Face.advance`; embedded fonts get it from `render.fonts.subset`."""

_PLACES = {
    "regular": ("font_roboto", "files/Roboto-Regular.ttf", "font-roboto"),
    "bold": ("font_roboto", "files/Roboto-Medium.ttf", "font-roboto"),
    "fallback": ("ziafont", "fonts/DejaVuSans.ttf", "ziafont"),
}


class Face:
    """The measures of one font file, in font units (`units_per_em` to the size of the text).

    Args:
        data: The bytes of a TrueType or OpenType font.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        count = struct.unpack_from(">H", data, 4)[0]
        self._tables: dict[bytes, int] = {}
        for index in range(count):
            tag, _, offset, _ = struct.unpack_from(">4sIII", data, 12 + 16 * index)
            self._tables[tag] = offset
        self.units_per_em: int = struct.unpack_from(">H", data, self._tables[b"head"] + 18)[0]
        ascent, descent = struct.unpack_from(">hh", data, self._tables[b"hhea"] + 4)
        self.ascent: int = ascent
        self.descent: int = -descent
        self._metrics: int = struct.unpack_from(">H", data, self._tables[b"hhea"] + 34)[0]
        self.x_height, self.cap_height = self._heights()
        self._glyphs: dict[str, int] = {}

    def glyph(self, character: str) -> int:
        """Return the glyph number of a character; 0 when the face has none."""
        found = self._glyphs.get(character)
        if found is None:
            found = self._glyphs[character] = self._look_up(ord(character))
        return found

    def advance(self, character: str) -> int:
        """Return how far a character moves the pen, in font units; that of the missing glyph when the face has none."""
        return self._advance(self.glyph("0" if character in FIGURE_WIDE else character))

    def _advance(self, glyph: int) -> int:
        # Glyphs beyond the last metric share its advance (monospaced tails).
        return struct.unpack_from(">H", self._data, self._tables[b"hmtx"] + 4 * min(glyph, self._metrics - 1))[0]

    def _heights(self) -> tuple[int, int]:
        """Return the heights of x and H from OS/2, which holds them from its version 2 on."""
        table = self._tables[b"OS/2"]
        if struct.unpack_from(">H", self._data, table)[0] < 2:
            return round(self.units_per_em * 0.53), round(self.units_per_em * 0.71)
        return struct.unpack_from(">hh", self._data, table + 86)

    @cached_property
    def _subtables(self) -> dict[int, int]:
        """The offsets of the Unicode subtables of `cmap` by their format."""
        start = self._tables[b"cmap"]
        found: dict[int, int] = {}
        for index in range(struct.unpack_from(">H", self._data, start + 2)[0]):
            platform, encoding, offset = struct.unpack_from(">HHI", self._data, start + 4 + 8 * index)
            kind = struct.unpack_from(">H", self._data, start + offset)[0]
            if kind in (4, 12) and (platform == 0 or (platform == 3 and encoding in (1, 10))):
                found[kind] = start + offset
        return found

    @cached_property
    def _segments(self) -> list[tuple[int, int, int, int, int]]:
        """Format 4: (last code, first code, delta, offset into the glyph array or 0, where that offset stands)."""
        at = self._subtables[4]
        double = struct.unpack_from(">H", self._data, at + 6)[0]
        count = double // 2
        lasts = struct.unpack_from(f">{count}H", self._data, at + 14)
        firsts = struct.unpack_from(f">{count}H", self._data, at + 16 + double)
        deltas = struct.unpack_from(f">{count}h", self._data, at + 16 + 2 * double)
        place = at + 16 + 3 * double
        offsets = struct.unpack_from(f">{count}H", self._data, place)
        places = range(place, place + double, 2)
        return list(zip(lasts, firsts, deltas, offsets, places, strict=True))

    @cached_property
    def _ranges(self) -> list[tuple[int, int, int]]:
        """Format 12: (first code, last code, first glyph)."""
        at = self._subtables[12]
        count = struct.unpack_from(">I", self._data, at + 12)[0]
        return [struct.unpack_from(">III", self._data, at + 16 + 12 * index) for index in range(count)]

    def _look_up(self, code: int) -> int:
        if 12 in self._subtables:
            return next((glyph + code - first for first, last, glyph in self._ranges if first <= code <= last), 0)
        if 4 in self._subtables and code <= 0xFFFF:
            for last, first, delta, offset, place in self._segments:
                if code <= last:
                    if code < first:
                        return 0
                    if offset == 0:
                        return (code + delta) & 0xFFFF
                    glyph = struct.unpack_from(">H", self._data, place + offset + 2 * (code - first))[0]
                    return (glyph + delta) & 0xFFFF if glyph else 0
        return 0


@cache
def font_file(name: str) -> Path:
    """Return where the font file of a face lies.

    Args:
        name: "regular", "bold" or "fallback".

    Raises:
        MlaError: The package that brings the font is not installed.
    """
    package, inside, project = _PLACES[name]
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder, inside)
        if path.is_file():
            return path
    raise MlaError(f"The font {Path(inside).name} is missing; the package {project} brings it: pip install {project}")


@cache
def face(name: str) -> Face:
    """Return the measures of a face: "regular", "bold" or "fallback"."""
    return Face(font_file(name).read_bytes())
