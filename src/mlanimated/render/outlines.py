"""Outlines: paths, lines of text and pictures as Skia holds them, made once and kept.

They depend on neither theme nor size of the picture, so that all painters of a process share them. Skia is loaded by the
first of them.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import import_module
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw import font
from mlanimated.draw.commands import Pixels
from mlanimated.draw.palette import lut
from mlanimated.draw.text import FaceName, advances, font_file, runs
from mlanimated.errors import MlaError

__all__ = ["bgra", "blob", "curve", "library", "polygon"]


def bgra(pixels: Pixels, theme: str) -> NDArray[np.uint8]:
    """Return a picture as uint8 of shape (rows, columns, 4): blue, green, red, 255.

    Raises:
        MlaError: Its data has another length than its size says, or its map is unknown.
    """
    channels = 1 if pixels.map else 3
    needed = pixels.columns * pixels.rows * channels
    if len(pixels.data) != needed or not needed:
        raise MlaError(
            f"A picture of {pixels.columns}x{pixels.rows} with {channels} byte{'s' if channels > 1 else ''} a pixel "
            f"needs {needed} bytes, at least 1, and has {len(pixels.data)}."
        )
    data = np.frombuffer(pixels.data, dtype=np.uint8)
    done = np.full((pixels.rows, pixels.columns, 4), 255, dtype=np.uint8)
    if pixels.map:
        data = lut(pixels.map, theme)[data]
    done[..., :3] = data.reshape(pixels.rows, pixels.columns, 3)[..., ::-1]
    return done


@cache
def library() -> Any:
    """Return the module of Skia; it has no types.

    Raises:
        MlaError: It cannot be loaded, most often because two libraries of the system are missing.
    """
    try:
        return import_module("skia")
    except ImportError as error:
        raise MlaError(
            "Painting needs Skia with the system's libGL and libEGL: "
            f"apt-get install libgl1 libegl1 (Fedora: dnf install libglvnd-glx libglvnd-egl). It says: {error}"
        ) from None


@lru_cache(maxsize=256)
def polygon(points: tuple[float, ...], closed: bool) -> Any:
    """Return straight segments as a path of Skia's."""
    path = library().Path()
    if len(points) < 4:
        return path
    path.moveTo(points[0], points[1])
    line = path.lineTo  # one bound call a point is the fastest way into Skia
    for x, y in zip(points[2::2], points[3::2], strict=True):
        line(x, y)
    if closed:
        path.close()
    return path


@lru_cache(maxsize=4096)
def curve(d: str) -> Any:
    """Return the path that the `d` of a Path describes.

    Raises:
        MlaError: It has other letters than M, L, Q, C and Z, or a wrong count of numbers.
    """
    path = library().Path()
    moves = {
        "M": (path.moveTo, 2),
        "L": (path.lineTo, 2),
        "Q": (path.quadTo, 4),
        "C": (path.cubicTo, 6),
        "Z": (path.close, 0),
    }
    parts = d.split()
    index = 0
    try:
        while index < len(parts):
            move, count = moves[parts[index]]
            move(*map(float, parts[index + 1 : index + 1 + count]))
            index += 1 + count
    except (KeyError, ValueError, TypeError):
        raise MlaError(
            f"A path is written in absolute M, L, Q, C and Z with one space between; {' '.join(parts[index : index + 7])!r} is not."
        ) from None
    return path


@cache
def typeface(face: FaceName) -> Any:
    """Return a face as Skia holds it; the system's own fonts are never looked at."""
    return library().FontMgr.New_Custom_Empty().makeFromFile(str(font_file(face)))


@lru_cache(maxsize=256)
def sized(face: FaceName, size: float) -> Any:
    """Return a face at a size: no hinting, fractions of a pixel both ways, so that text glides and keeps its advances."""
    skia = library()
    made = skia.Font(typeface(face), size)
    made.setSubpixel(True)
    made.setLinearMetrics(True)
    made.setBaselineSnap(False)
    made.setHinting(skia.FontHinting.kNone)
    made.setEdging(skia.Font.Edging.kAntiAlias)
    return made


@lru_cache(maxsize=16384)
def blob(string: str, size: float, bold: bool) -> Any:
    """Return a line of text with each character at its place; None when there is nothing to see."""
    if size <= 0.0 or not string or string.isspace():
        return None
    skia = library()
    places = [share * size for share in accumulate(advances(string, bold), initial=0.0)]
    parts = runs(string, bold)
    if len(parts) == 1:
        return skia.TextBlob.MakeFromPosTextH(string, places[:-1], 0.0, sized(parts[0][0], size))
    builder, first = skia.TextBlobBuilder(), 0
    for face, part in parts:
        glyph = font.face(face).glyph
        here = places[first : first + len(part)]
        builder.allocRunPosH(sized(face, size), [glyph(character) for character in part], here, 0.0)
        first += len(part)
    return builder.make()
