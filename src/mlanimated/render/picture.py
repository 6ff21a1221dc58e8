"""Picture: one moment of a film as PNG, or several side by side."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.commands import Command, Group, Rect
from mlanimated.draw.frame import Frame, Reel
from mlanimated.draw.text import ascent, label, number
from mlanimated.errors import MlaError
from mlanimated.render.atomic import replacing
from mlanimated.render.raster import paint

__all__ = ["moments", "strip", "write_png", "write_strip"]

GAP = 24.0
"""Room between the moments of a strip and around them, in scene units of the strip."""


def write_png(
    reel: Reel,
    path: str | os.PathLike[str],
    at: float | None = None,
    *,
    theme: str = "light",
    scale: float = 1.0,
) -> None:
    """Write one moment of a film as PNG, with how the film was made as JSON in its tEXt chunk "Comment".

    Args:
        reel: The film.
        path: The file to write; its folder must exist.
        at: Film time in seconds, 0 to the film's length; None for its poster.
        theme: "light" or "dark".
        scale: Pixels for a scene unit.

    Raises:
        MlaError: The time is outside the film, the theme is unknown, or the path cannot be written.
    """
    time = moment(reel, at)
    _save(paint(reel.frame(time), scale=scale, theme=theme), path, _about(reel))


def write_strip(
    reel: Reel,
    path: str | os.PathLike[str],
    times: int | Sequence[float] = 6,
    *,
    columns: int | None = None,
    theme: str = "light",
    scale: float = 1.0,
    width: float | None = None,
) -> None:
    """Write several moments of a film as one PNG, each with its time, in rows from the left.

    Args:
        reel: The film.
        path: The file to write; its folder must exist.
        times: Film times in seconds; or how many, from the first frame to the last at equal distances.
        columns: Moments in a row; None for as many as make the strip about as wide as a film.
        theme: "light" or "dark".
        scale: Pixels for a unit of the strip.
        width: Width of the strip in its units; None for the width of the film.

    Raises:
        MlaError: A time is outside the film, there is none, or the path cannot be written.
    """
    frame = strip(reel, times, columns=columns, width=width)
    _save(paint(frame, scale=scale, theme=theme), path, _about(reel))


def strip(
    reel: Reel, times: int | Sequence[float] = 6, *, columns: int | None = None, width: float | None = None
) -> Frame:
    """Return several moments of a film as one frame; see `write_strip`."""
    shown = moments(reel, times)
    across = columns if columns is not None else math.ceil(math.sqrt(len(shown)))
    if across < 1:
        raise MlaError(f"A strip has {across} columns; it needs at least 1.")
    across = min(across, len(shown))
    whole = width if width is not None else reel.width
    each = (whole - GAP * (across + 1)) / across
    if each < 16:
        raise MlaError(
            f"A strip of {across} columns does not fit into {whole:g} units; ask for fewer, or give it a width."
        )
    size = 14.0
    share, line = each / reel.width, ascent(size) + 6
    high = reel.height * share + line + GAP
    decimals = 2 if min(np.diff(shown), default=1.0) < 0.1 else 1
    children: list[Command] = []
    for index, time in enumerate(shown):
        x, y = GAP + (index % across) * (each + GAP), GAP / 2 + (index // across) * high
        picture = reel.frame(time)
        tall = picture.height * each / picture.width
        children += (
            label(x, y + ascent(size), f"{number(time, decimals)} s", size, "muted"),
            Group(picture.children, x=round(x, 2), y=round(y + line, 2), scale=each / picture.width),
            Rect(round(x, 2), round(y + line, 2), round(each, 2), round(tall, 2), stroke="faint"),
        )
    rows = math.ceil(len(shown) / across)
    return Frame(whole, math.ceil(rows * high + GAP / 2), tuple(children))


def moments(reel: Reel, times: int | Sequence[float]) -> tuple[float, ...]:
    """Return film times: those given, or a count of them from the film's beginning to its end.

    Raises:
        MlaError: One is outside the film, or there is none.
    """
    if isinstance(times, int):
        if times < 1:
            raise MlaError(f"A strip of {times} moments shows nothing; ask for at least 1.")
        return tuple(round(float(time), 4) for time in np.linspace(0.0, reel.seconds, times))
    if not len(times):
        raise MlaError("A strip needs at least one time.")
    return tuple(moment(reel, time) for time in times)


def moment(reel: Reel, at: float | None) -> float:
    """Return a film time, the poster's for None.

    Raises:
        MlaError: It is outside the film.
    """
    if at is None:
        return min(reel.seconds, max(0.0, reel.poster))
    if not 0.0 <= at <= reel.seconds:
        raise MlaError(f"The film has no moment {at:g} s; it runs from 0 to {reel.seconds:g} s.")
    return float(at)


def _about(reel: Reel) -> dict[str, str]:
    """Return what the file says of itself, under the keywords of the PNG specification where there are."""
    made = json.dumps(dict(reel.provenance)) if reel.provenance else ""
    about = {"Title": reel.title, "Description": reel.alt, "Software": "mlanimated", "Comment": made}
    return {key: value for key, value in about.items() if value}


def _save(pixels: NDArray[np.uint8], path: str | os.PathLike[str], about: Mapping[str, str]) -> None:
    """Write pixels as PNG."""
    from PIL.Image import fromarray
    from PIL.PngImagePlugin import PngInfo

    words = PngInfo()
    for key, value in about.items():
        if value.isascii():
            words.add_text(key, value)
        else:
            words.add_itxt(key, value)  # tEXt holds Latin-1 alone
    with replacing(path) as temporary:
        fromarray(np.ascontiguousarray(pixels[..., :3])).save(temporary, format="PNG", pnginfo=words)
