r"""Formula: a line of TeX as paths, through matplotlib's mathtext.

    formula(r"L = (w x + b - y)^2", 48, 120, 24)
    group, boxes = row(["w", r"\leftarrow", "w", "-", r"\eta", "g"], 48, 120, 24)     # boxes[4] is where η stands

matplotlib is imported at the first formula (about 0.3 s). A formula is kept: shown again it costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Colour, Group, Path
from mlanimated.draw.text import Anchor
from mlanimated.errors import MlaError

__all__ = ["Measure", "formula", "measure", "row"]

EM = 100.0
"""The size at which paths are kept; a Group scales them, so that painters parse a formula once for all sizes."""

FONTSET = "dejavusans"


class Measure(NamedTuple):
    """The room that a formula takes, in scene units."""

    width: float
    height: float
    depth: float


def measure(string: str, size: float) -> Measure:
    """Return how much room a formula takes.

    Args:
        string: TeX as mathtext knows it, with or without dollar signs.
        size: Size of the type.

    Returns:
        Its width, its height above the baseline, and its depth below.

    Raises:
        MlaError: It cannot be read.
    """
    unit = _measured(_bare(string))
    return Measure(*(round(part * size / EM, 2) for part in unit))


def formula(
    string: str,
    x: float,
    y: float,
    size: float = 18,
    fill: Colour = "ink",
    anchor: Anchor = "start",
    *,
    opacity: float = 1.0,
    key: str = "",
) -> Group:
    """Return a formula as a group of one path.

    Args:
        string: TeX as mathtext knows it, with or without dollar signs.
        x: Where the point that `anchor` names stands.
        y: The baseline.
        size: Size of the type.
        fill: Its colour.
        anchor: "start", "middle" or "end".
        opacity: 0..1.
        key: Key of the group.

    Raises:
        MlaError: It cannot be read.
    """
    bare = _bare(string)
    left = x - _measured(bare).width * size / EM * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
    return Group((Path(_outline(bare), fill),), key, round(left, 2), round(y, 2), round(size / EM, 4), opacity=opacity)


def row(
    tokens: Sequence[str],
    x: float,
    y: float,
    size: float = 18,
    fill: Colour | Sequence[Colour] = "ink",
    anchor: Anchor = "start",
    *,
    key: str = "",
) -> tuple[Group, tuple[Box, ...]]:
    r"""Return a formula of parts, and where each part stands, so that a live value can stand under its symbol.

    The parts are set as the one formula that they make, with the spaces that this has.

    Args:
        tokens: Parts, each of which is TeX by itself, as in ["w", r"\leftarrow", "w", "-", r"\eta", "g"].
        x: Where the point that `anchor` names stands.
        y: The baseline.
        size: Size of the type.
        fill: One colour, or one for each part.
        anchor: "start", "middle" or "end".
        key: Key of the group.

    Returns:
        The group, and a box for each part: from its left to its right, from the top of the whole formula to its bottom.

    Raises:
        MlaError: A part cannot be read.
    """
    parts = tuple(_bare(token) for token in tokens)
    whole = _measured(" ".join(parts))
    unit = size / EM
    left = round(x - whole.width * unit * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor], 2)
    fills = [fill] * len(parts) if isinstance(fill, str) or not isinstance(fill, Sequence) else list(fill)
    places = _places(parts)
    drawn = tuple(
        Group((Path(_outline(part), colour),), x=round(start, 2))
        for part, colour, (start, _) in zip(parts, fills, places, strict=True)
    )
    top, high = round(y - whole.height * unit, 2), round((whole.height + whole.depth) * unit, 2)
    boxes = tuple(Box(round(left + start * unit, 2), top, round(wide * unit, 2), high) for start, wide in places)
    return Group(drawn, key, left, round(y, 2), round(unit, 4)), boxes


@lru_cache(maxsize=1024)
def _places(parts: tuple[str, ...]) -> tuple[tuple[float, float], ...]:
    """Return (left, width) of each part within the whole formula, at the size EM."""
    found: list[tuple[float, float]] = []
    for index, part in enumerate(parts):
        right = _measured(" ".join(parts[: index + 1])).width
        alone = _measured(part).width
        before = _measured(" ".join(parts[:index])).width if index else 0.0
        # What is wider in the whole than alone is an operator with space on both sides of it.
        found.append((before + max(0.0, right - before - alone) / 2, alone))
    return tuple(found)


def _bare(string: str) -> str:
    return string.strip().removeprefix("$").removesuffix("$").strip()


@lru_cache(maxsize=1)
def _matplotlib() -> tuple[Any, Any]:
    """Return mathtext's class of outlines, and the font that formulas are set in."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    return TextPath, FontProperties(family="DejaVu Sans", size=EM, math_fontfamily=FONTSET)


@lru_cache(maxsize=2048)
def _measured(bare: str) -> Measure:
    if not bare:
        return Measure(0.0, 0.0, 0.0)
    from matplotlib.textpath import text_to_path

    try:
        width, height, depth = text_to_path.get_text_width_height_descent(f"${bare}$", _matplotlib()[1], True)
    except ValueError as error:
        raise MlaError(f"The formula {bare!r} cannot be read: {str(error).strip().splitlines()[-1]}") from None
    return Measure(float(width), float(height - depth), float(depth))


@lru_cache(maxsize=2048)
def _outline(bare: str) -> str:
    """Return the outline at the size EM in the language of `Path`, y down, the baseline at 0."""
    _measured(bare)
    text_path, properties = _matplotlib()
    path = text_path((0, 0), f"${bare}$", size=EM, prop=properties)
    letters = {1: "M", 2: "L", 3: "Q", 4: "C"}
    written: list[str] = []
    rest = 0
    for (x, y), code in zip(path.vertices.tolist(), path.codes.tolist(), strict=True):
        if code == 79:
            written.append("Z")
            continue
        if rest == 0:
            written.append(letters[code])
            rest = {3: 2, 4: 3}.get(code, 1)
        rest -= 1
        written += (f"{round(x, 2) + 0.0:g}", f"{round(-y, 2) + 0.0:g}")
    return " ".join(written)
