r"""Formula: a line of TeX as paths, set by ziamath in STIX Two Math.

    formula(r"L = (w x + b - y)^2", 48, 120, 24)
    group, boxes = row(["w", r"\leftarrow", "w", "-", r"\eta", "g"], 48, 120, 24)     # boxes[4] is where η stands

Letters are as high as those of the text beside them. ziamath is imported at the first formula (about 0.1 s). A formula is kept: shown
again it costs nothing.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Colour, Group, InkOn, Mapped, Path
from mlanimated.draw.text import Anchor, cap_height
from mlanimated.errors import MlaError

__all__ = ["Measure", "formula", "measure", "row"]

EM = 100.0
"""The size at which outlines are kept; a Group scales them, so that painters read a formula once for all sizes."""

CAPITALS = 0.657
"""Height of STIX Two Math's capitals, as a share of the size (its table OS/2)."""

SPACE = 0.2
"""What is left between parts that cannot be found again in the whole, as a share of the size."""

_SHARES = {"start": 0.0, "middle": 0.5, "end": 1.0}


class Measure(NamedTuple):
    """The room that a formula takes, in scene units."""

    width: float
    height: float
    depth: float


def measure(string: str, size: float) -> Measure:
    """Return how much room a formula takes.

    Args:
        string: TeX's mathematics, with or without dollar signs.
        size: Size of the type.

    Returns:
        Its width, its height above the baseline, and its depth below.

    Raises:
        MlaError: It cannot be read.
    """
    unit = _set(_bare(string))
    return Measure(*(round(part * size / EM, 2) for part in (unit.width, unit.height, unit.depth)))


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
        string: TeX's mathematics, with or without dollar signs.
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
    unit = _set(_bare(string))
    left = x - unit.width * size / EM * _SHARES[anchor]
    outline = Path(_outline(_bare(string)), fill)
    return Group((outline,), key, round(left, 2), round(y, 2), round(size / EM, 4), opacity=opacity)


def row(
    tokens: Sequence[str],
    x: float,
    y: float,
    size: float = 18,
    fill: Colour | Sequence[Colour] = "ink",
    anchor: Anchor = "start",
    *,
    room: Sequence[float] = (),
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
        room: Least width of each part, in scene units, such as that of the value below it; the part stands in its middle.
        key: Key of the group.

    Returns:
        The group, and a box for each part: its room from left to right, from the top of the whole formula to its bottom.

    Raises:
        MlaError: A part cannot be read, or `fill` or `room` has another length than `tokens`.
    """
    parts = tuple(_bare(token) for token in tokens)
    fills: Sequence[Colour] = [fill] * len(parts) if isinstance(fill, (str, Mapped, InkOn)) else fill
    if len(fills) != len(parts) or len(room) not in (0, len(parts)):
        raise MlaError(
            f"A formula of {len(parts)} parts takes as many colours and widths, not {len(fills)} and {len(room)}."
        )
    unit = size / EM
    places = _places(parts, tuple(wide / unit for wide in room) or (0.0,) * len(parts))
    whole = _set(" ".join(parts))
    right = max((place.left + place.wide for place in places), default=0.0)
    left = round(x - right * unit * _SHARES[anchor], 2)
    drawn = tuple(
        Group((Path(place.outline, colour),), x=round(place.pushed, 2))
        for place, colour in zip(places, fills, strict=True)
    )
    top, high = round(y - whole.height * unit, 2), round((whole.height + whole.depth) * unit, 2)
    boxes = tuple(Box(round(left + each.left * unit, 2), top, round(each.wide * unit, 2), high) for each in places)
    return Group(drawn, key, left, round(y, 2), round(unit, 4)), boxes


@lru_cache(maxsize=2048)
def _outline(bare: str) -> str:
    """Return the outline of a whole formula at the size EM, in the language of `Path`."""
    return " ".join(shape.outline for shape in _set(bare).shapes)


class _Place(NamedTuple):
    """Where a part stands within the whole formula, at the size EM; its outline is moved to the right by `pushed`."""

    left: float
    wide: float
    outline: str
    pushed: float


@lru_cache(maxsize=1024)
def _places(parts: tuple[str, ...], room: tuple[float, ...]) -> tuple[_Place, ...]:
    """Return where each part stands. What it draws in the whole is found by counting: parts are drawn one after another."""
    alone = [_set(part) for part in parts]
    shapes = list(_set(" ".join(parts)).shapes)
    found_again = len(shapes) == sum(len(each.shapes) for each in alone)
    found: list[_Place] = []
    end = pushed = 0.0
    for each, least in zip(alone, room, strict=True):
        if found_again:
            mine = [shapes.pop(0) for _ in each.shapes]
            start = mine[0].left - each.shapes[0].left if mine else end
            moved = pushed
        else:
            mine, start = list(each.shapes), end + (SPACE * EM if found else 0.0)
            moved = pushed + start
        wide = max(each.width, least)
        slack = wide - each.width
        found.append(_Place(start + pushed, wide, " ".join(shape.outline for shape in mine), moved + slack / 2))
        end, pushed = start + each.width, pushed + slack
    return tuple(found)


def _bare(string: str) -> str:
    return string.strip().removeprefix("$").removesuffix("$").strip()


class _Shape(NamedTuple):
    """A glyph or a line of a formula: its outline in the language of `Path`, y down, the baseline at 0, and its left edge."""

    outline: str
    left: float


class _Set(NamedTuple):
    """A formula that is set at the size EM."""

    width: float
    height: float
    depth: float
    shapes: tuple[_Shape, ...]


@lru_cache(maxsize=2048)
def _set(bare: str) -> _Set:
    if not bare:
        return _Set(0.0, 0.0, 0.0, ())
    if reason := _unreadable(bare):
        raise MlaError(f"The formula {bare!r} cannot be read: {reason}")
    svg = ET.Element("svg")
    size = EM * cap_height(1.0) / CAPITALS
    try:
        with _plain_paths() as ziamath:
            math = ziamath.Math.fromlatex(bare, size=size)
            math.node.draw(0, 0, svg)
    except Exception as error:  # its parsers raise a dozen kinds, some of them without a word
        reason = " ".join(str(error).split()) or " ".join(re.findall("[A-Z][a-z]*", type(error).__name__)).lower()
        raise MlaError(f"The formula {bare!r} cannot be read: {reason}") from None
    unknown = re.search(r"\\[A-Za-z]+", math.mathmlstr())
    if unknown:
        raise MlaError(f"The formula {bare!r} cannot be read: {unknown[0]} is not known.")
    shapes = tuple(shape for element in svg.iter() if (shape := _shape(element)))
    box = math.node.bbox
    return _Set(float(math.node.xadvance()), max(0.0, float(box.ymax)), max(0.0, -float(box.ymin)), shapes)


def _unreadable(bare: str) -> str:
    """Return what is wrong with a formula that ziamath would set nevertheless, or nothing."""
    depth = 0
    for brace in re.findall(r"\\.|[{}]", bare):
        depth += {"{": 1, "}": -1}.get(brace, 0)
        if depth < 0:
            return "a closing brace has no opening one."
    return "an opening brace has no closing one." if depth else ""


@lru_cache(maxsize=1)
def _ziamath() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # it opens its font by a function that Python 3.11 and 3.12 deprecate
        return import_module("ziamath")


@contextmanager
def _plain_paths() -> Generator[Any]:
    """Hold ziamath to paths that stand alone, a setting that all who use it share; then the user's own."""
    ziamath = _ziamath()
    before = ziamath.config.svg2
    ziamath.config.svg2 = False
    try:
        yield ziamath
    finally:
        ziamath.config.svg2 = before


def _shape(element: ET.Element) -> _Shape | None:
    """Return what an element of the picture draws: glyphs are paths, the lines of fractions and roots rectangles."""
    if element.tag == "path":
        parts = re.findall(r"[A-Z]|-?[\d.]+(?:e-?\d+)?", element.get("d", ""))
    elif element.tag == "rect":
        x, y, wide, high = (float(element.get(name, 0)) for name in ("x", "y", "width", "height"))
        corners = (x, y), (x + wide, y), (x + wide, y + high), (x, y + high)
        parts = [str(part) for letter, corner in zip("MLLL", corners, strict=True) for part in (letter, *corner)] + [
            "Z"
        ]
    else:
        return None
    if not parts:
        return None
    rounded = [part if part.isalpha() else f"{round(float(part), 1) + 0.0:g}" for part in parts]
    numbers = [float(part) for part in parts if not part.isalpha()]
    return _Shape(" ".join(rounded), min(numbers[::2]))
