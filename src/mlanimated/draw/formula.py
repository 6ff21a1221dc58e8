r"""Formula: a line of TeX as paths, through matplotlib's mathtext.

    formula(r"L = (w x + b - y)^2", 48, 120, 24)
    group, boxes = row(["w", r"\leftarrow", "w", "-", r"\eta", "g"], 48, 120, 24)     # boxes[4] is where η stands

matplotlib is imported at the first formula (about 0.3 s). A formula is kept: shown again it costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Colour, Group, InkOn, Mapped, Path
from mlanimated.draw.text import Anchor, font_file
from mlanimated.errors import MlaError

__all__ = ["Measure", "formula", "measure", "row"]

EM = 100.0
"""The size at which outlines are kept; a Group scales them, so that painters read a formula once for all sizes."""

FINE = 2000.0
"""The size at which matplotlib works."""

SETTINGS = {
    "mathtext.fontset": "custom",
    "mathtext.rm": "Roboto",
    "mathtext.it": "Roboto:italic",
    "mathtext.bf": "Roboto:medium",
    "mathtext.bfit": "Roboto:italic:medium",
    "mathtext.sf": "Roboto",
    "mathtext.tt": "DejaVu Sans Mono",
    "mathtext.cal": "Roboto:italic",
    "mathtext.fallback": "stixsans",
}
"""Formulas speak with the voice of the text: letters of Roboto, and STIX for the symbols that it lacks."""

_FILES = ("Roboto-Regular.ttf", "Roboto-Italic.ttf", "Roboto-Medium.ttf", "Roboto-MediumItalic.ttf")
_SHARES = {"start": 0.0, "middle": 0.5, "end": 1.0}


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
    left = x - _measured(bare).width * size / EM * _SHARES[anchor]
    return Group((Path(_outline(bare), fill),), key, round(left, 2), round(y, 2), round(size / EM, 4), opacity=opacity)


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
    whole = _measured(" ".join(parts))
    right = max((start + wide for start, wide, _ in places), default=0.0)
    left = round(x - right * unit * _SHARES[anchor], 2)
    drawn = tuple(
        Group((Path(_outline(part), colour),), x=round(inner, 2))
        for part, colour, (_, _, inner) in zip(parts, fills, places, strict=True)
    )
    top, high = round(y - whole.height * unit, 2), round((whole.height + whole.depth) * unit, 2)
    boxes = tuple(Box(round(left + start * unit, 2), top, round(wide * unit, 2), high) for start, wide, _ in places)
    return Group(drawn, key, left, round(y, 2), round(unit, 4)), boxes


@lru_cache(maxsize=1024)
def _places(parts: tuple[str, ...], room: tuple[float, ...]) -> tuple[tuple[float, float, float], ...]:
    """Return (left, width, left of the symbol itself) of each part within the whole formula, at the size EM."""
    found: list[tuple[float, float, float]] = []
    before = pushed = 0.0
    for index, part in enumerate(parts):
        after, alone = _measured(" ".join(parts[: index + 1])).width, _measured(part).width
        # What is wider in the whole than alone is an operator with space on both sides of it.
        start = before + pushed + max(0.0, after - before - alone) / 2
        wide = max(alone, room[index])
        found.append((start, wide, start + (wide - alone) / 2))
        before, pushed = after, pushed + wide - alone
    return tuple(found)


def _bare(string: str) -> str:
    return string.strip().removeprefix("$").removesuffix("$").strip()


@lru_cache(maxsize=1)
def _outliner() -> tuple[Any, Any]:
    """Return matplotlib's maker of outlines and the font that formulas are set in, after telling it of the font's files."""
    manager: Any = import_module("matplotlib.font_manager")
    folder = font_file("regular").parent
    for name in _FILES:
        manager.fontManager.addfont(folder / name)
    font = manager.FontProperties(family="Roboto", size=EM, math_fontfamily="custom")
    outliner: Any = import_module("matplotlib.textpath").TextToPath()
    outliner.FONT_SCALE = FINE  # it rounds heights to whole units of this size, and with them the baseline
    return outliner, font


def _settings() -> AbstractContextManager[None]:
    """Hold the fonts of mathtext's "custom" set, which are settings of matplotlib's, for a block; then the user's own."""
    matplotlib: Any = import_module("matplotlib")
    # How letters slant by default is named differently from one version to the next, so the version's own word is taken.
    default = {"mathtext.default": matplotlib.rcParamsDefault["mathtext.default"]}
    return matplotlib.rc_context({**SETTINGS, **default})


@lru_cache(maxsize=2048)
def _measured(bare: str) -> Measure:
    if not bare:
        return Measure(0.0, 0.0, 0.0)
    outliner, font = _outliner()
    try:
        with _settings():
            width, height, depth = outliner.get_text_width_height_descent(f"${bare}$", font, True)
    except ValueError as error:
        reason = " ".join(str(error).split()) or "it is no TeX that mathtext knows"
        raise MlaError(f"The formula {bare!r} cannot be read: {reason}") from None
    return Measure(float(width), float(height - depth), float(depth))


@lru_cache(maxsize=2048)
def _outline(bare: str) -> str:
    """Return the outline at the size EM in the language of `Path`, y down, the baseline at 0."""
    if not bare:
        return ""
    _measured(bare)
    outliner, font = _outliner()
    with _settings():
        points, codes = outliner.get_text_path(font, f"${bare}$", ismath=True)
    unit = EM / FINE
    letters = {1: "M", 2: "L", 3: "Q", 4: "C"}
    written: list[str] = []
    rest = 0
    for (x, y), code in zip(points, codes, strict=True):
        if code == 79:
            written.append("Z")
            continue
        if rest == 0:
            written.append(letters[code])
            rest = {3: 2, 4: 3}.get(code, 1)
        rest -= 1
        written += (f"{round(x * unit, 1) + 0.0:g}", f"{round(-y * unit, 1) + 0.0:g}")
    return " ".join(written)
