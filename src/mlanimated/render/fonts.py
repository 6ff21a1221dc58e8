"""Fonts: the few characters that a film uses, as web fonts to carry inside a page or an SVG."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib import import_module
from io import BytesIO
from typing import Any

from mlanimated.draw.commands import Clip, Command, Group, Text
from mlanimated.draw.font import FIGURE_WIDE
from mlanimated.draw.text import FaceName, font_file, runs

__all__ = ["characters", "subset"]


def characters(commands: Iterable[Command]) -> dict[FaceName, set[str]]:
    """Return which characters commands draw from each face; faces that are not used are left out."""
    found: dict[FaceName, set[str]] = {}
    for text in _texts(commands):
        for face, part in runs(text.text, text.bold):
            found.setdefault(face, set()).update(part)
    return found


def subset(characters: Iterable[str], face: FaceName) -> bytes:
    """Return a font with some characters alone, which sets text by plain advances as `draw.text` measures it.

    Tables that could move or change a character (kerning, ligatures, hinting) are left out, and the signs are given the
    width of a digit (`draw.font.FIGURE_WIDE`). The same characters give the same bytes.

    Args:
        characters: The characters; what the face lacks is left out.
        face: "regular", "bold" or "fallback".

    Returns:
        A WOFF2 file.
    """
    return _subset("".join(sorted(set("".join(characters)))), face)


@lru_cache(maxsize=64)
def _subset(characters: str, face: FaceName) -> bytes:
    tools: Any = import_module("fontTools.subset")  # has no types
    ttlib: Any = import_module("fontTools.ttLib")
    options = tools.Options(
        drop_tables=[
            "GSUB",
            "GPOS",
            "GDEF",
            "kern",
            "morx",
            "BASE",
            "JSTF",
            "DSIG",
            "FFTM",
            "gasp",
            "hdmx",
            "VDMX",
            "LTSH",
            "MATH",
        ],
        layout_features=[],
        hinting=False,
        notdef_outline=True,
        glyph_names=False,
        legacy_kern=False,
        name_IDs=[0, 13, 14],  # copyright and licence stay with the font
        recalc_timestamp=False,
    )
    with ttlib.TTFont(font_file(face), recalcTimestamp=False) as font:
        chooser = tools.Subsetter(options)
        chooser.populate(text=characters + "0")  # the digit whose advance the signs take
        chooser.subset(font)
        names, widths = font.getBestCmap(), font["hmtx"].metrics
        for sign in FIGURE_WIDE:
            if ord(sign) in names:
                widths[names[ord(sign)]] = (widths[names[ord("0")]][0], widths[names[ord(sign)]][1])
        font.flavor = "woff2"
        written = BytesIO()
        font.save(written, reorderTables=False)
    return written.getvalue()


def _texts(commands: Iterable[Command]) -> Iterator[Text]:
    for command in commands:
        if isinstance(command, Text):
            yield command
        elif isinstance(command, (Group, Clip)):
            yield from _texts(command.children)
