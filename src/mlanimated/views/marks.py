"""Marks: the small shapes that several views share: arrows, chips with numbers, guides, a line along a function."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Colour, Command, Group, Polyline, Rect, Text
from mlanimated.draw.text import Anchor, cap_height, label, width
from mlanimated.views.axes import Axis, Plane, plane

__all__ = [
    "arrow",
    "chip",
    "chip_box",
    "faded",
    "gathered",
    "ground_for",
    "guide",
    "holds",
    "line",
    "on_x",
    "on_y",
    "overlaps",
    "shared_disc",
    "sparkle",
]


def line(
    xs: NDArray[np.float64] | Sequence[float],
    ys: NDArray[np.float64] | Sequence[float],
    stroke: Colour,
    stroke_width: float = 2.0,
    *,
    dash: tuple[float, ...] = (),
    opacity: float = 1.0,
) -> tuple[Polyline, ...]:
    """Return a line through points, broken where one of them is not finite.

    Args:
        xs: Coordinates across, shape (n,).
        ys: Coordinates down, shape (n,).
        stroke: Colour.
        stroke_width: Width.
        dash: As in `Polyline`.
        opacity: 0..1.
    """
    points = np.column_stack((np.asarray(xs, dtype=np.float64), np.asarray(ys, dtype=np.float64)))
    finite = np.isfinite(points).all(axis=1)
    breaks = np.flatnonzero(np.diff(finite)) + 1
    parts = [
        part
        for part, good in zip(np.split(points, breaks), np.split(finite, breaks), strict=True)
        if len(part) > 1 and good[0]
    ]
    return tuple(
        Polyline(tuple(np.round(part, 2).ravel().tolist()), stroke, stroke_width, dash=dash, opacity=opacity)
        for part in parts
    )


def arrow(
    x0: float, y0: float, x1: float, y1: float, colour: Colour, stroke_width: float = 3.0, *, opacity: float = 1.0
) -> tuple[Command, ...]:
    """Return an arrow from one point to another; its head shrinks with a short arrow, and none is drawn without length."""
    length = math.hypot(x1 - x0, y1 - y0)
    if not (length > 0.5 and opacity > 0.0):
        return ()
    along, across = ((x1 - x0) / length, (y1 - y0) / length), (-(y1 - y0) / length, (x1 - x0) / length)
    head = min(4.5 * stroke_width, 0.7 * length)
    half = head * 0.48
    neck = (x1 - along[0] * head * 0.9, y1 - along[1] * head * 0.9)
    back = (x1 - along[0] * head, y1 - along[1] * head)
    corners = (
        x1,
        y1,
        back[0] + across[0] * half,
        back[1] + across[1] * half,
        back[0] - across[0] * half,
        back[1] - across[1] * half,
    )
    return (
        Polyline(_rounded(x0, y0, *neck), colour, stroke_width, opacity=opacity),
        Polyline(_rounded(*corners), None, 0.0, colour, closed=True, opacity=opacity),
    )


def guide(x0: float, y0: float, x1: float, y1: float, colour: Colour = "muted", *, opacity: float = 0.8) -> Polyline:
    """Return a thin dashed line that leads the eye from a point to an axis."""
    return Polyline(_rounded(x0, y0, x1, y1), colour, 1.25, dash=(4.0, 4.0), opacity=opacity)


def chip_box(
    x: float,
    y: float,
    string: str,
    size: float = 16.0,
    anchor: Anchor = "middle",
    *,
    bold: bool = False,
    room: float = 0.0,
    pad: float = 6.0,
) -> Box:
    """Return the rectangle that `chip` fills; arguments as there."""
    wide = max(room, width(string, size, bold)) + 2 * pad
    left = x - wide / 2 if anchor == "middle" else x - wide + pad if anchor == "end" else x - pad
    high = cap_height(size) + 2 * pad
    return Box(round(left, 2), round(y - high / 2, 2), round(wide, 2), round(high, 2))


def chip(
    x: float,
    y: float,
    string: str,
    size: float = 16.0,
    anchor: Anchor = "middle",
    *,
    fill: Colour = "ink",
    ground: Colour = "ground",
    stroke: Colour | None = None,
    bold: bool = False,
    room: float = 0.0,
    pad: float = 6.0,
    opacity: float = 1.0,
) -> Group:
    """Return text on a plate that covers what lies under it.

    Args:
        x: Where the text begins, has its middle or ends, as `anchor` says.
        y: Middle of the plate.
        string: The text.
        size: Size of the type.
        anchor: "start", "middle" or "end".
        fill: Colour of the text.
        ground: Colour of the plate.
        stroke: Colour of its outline.
        bold: Bold type.
        room: Least width of the text, so that the plate keeps its size while a number changes.
        pad: Room around the text.
        opacity: 0..1, of all.
    """
    box = chip_box(x, y, string, size, anchor, bold=bold, room=room, pad=pad)
    plate = Rect(*box, fill=ground, stroke=stroke, stroke_width=1.25, radius=4.0)
    return Group(
        (plate, label(x, y + cap_height(size) / 2, string, size, fill, anchor, bold)), opacity=round(opacity, 3)
    )


def sparkle(x: float, y: float, size: float, colour: Colour, *, opacity: float = 1.0) -> Polyline:
    """Return a small filled star of four points: it marks a minimum or a best."""
    points: list[float] = []
    for corner in range(8):
        reach = size if corner % 2 == 0 else size * 0.36
        points += [x + reach * math.sin(corner * math.pi / 4), y - reach * math.cos(corner * math.pi / 4)]
    return Polyline(_rounded(*points), None, 0.0, colour, closed=True, opacity=opacity)


def shared_disc(x: float, y: float, radius: float, colours: Sequence[Colour], *, opacity: float = 1.0) -> Group:
    """Return one disc for several things at one place: a sector in the colour of each, the first one at the top."""
    sectors: list[Command] = []
    for index, colour in enumerate(colours):
        turns = np.linspace(index, index + 1, 13) / len(colours) * 2 * math.pi
        rim = np.column_stack((x + radius * np.sin(turns), y - radius * np.cos(turns)))
        points = _rounded(x, y, *rim.ravel().tolist())
        sectors.append(Polyline(points, None, 0.0, colour, closed=True, opacity=opacity))
    ring = Circle(round(x, 2), round(y, 2), radius, None, "ground", 2.0, opacity=opacity)
    return Group((*sectors, ring))


def gathered(places: Sequence[tuple[float, float]], near: float) -> list[tuple[list[int], float]]:
    """Return which places lie together, two or more: their indices in order, and how closely, 0 at a distance of `near` to 1."""
    found: list[tuple[list[int], float]] = []
    free = list(range(len(places)))
    while free:
        first = free.pop(0)
        gaps = {other: math.dist(places[first], places[other]) for other in free}
        others = [other for other, gap in gaps.items() if gap < near]
        if others:
            free = [other for other in free if other not in others]
            worst = max(gaps[other] for other in others)
            found.append(([first, *others], round(min(1.0, 1.5 * (1.0 - worst / near)), 3)))
    return found


def ground_for(box: Box, x: Axis, y: Axis, characters: float, *, right: float = 0.0, top: float = 0.0) -> Plane:
    """Return axes that leave room for `on_y`.

    Args:
        box: The room for all.
        x: The axis along the bottom.
        y: The axis along the left.
        characters: Width of the widest number that will stand on a plate at the left.
        right: As in `axes.plane`.
        top: As in `axes.plane`.
    """
    tight = plane(box, x, y, right, top)
    missing = characters + 14 - (tight.box.x - box.x)
    return plane(box.inset(math.ceil(missing), 0, 0, 0), x, y, right, top) if missing > 0 else tight


class Plate(NamedTuple):
    """A number on a plate, and the rectangle that it covers."""

    group: Group
    box: Box


def on_x(plane: Plane, x: float, string: str, fill: Colour = "ink") -> Plate:
    """Return a number on a plate over the numbers of the axis below, at a place across."""
    middle = plane.box.bottom + 8 + cap_height(plane.size) / 2
    return Plate(
        chip(x, middle, string, 16.0, fill=fill, pad=4, bold=True), chip_box(x, middle, string, 16.0, pad=4, bold=True)
    )


def on_y(plane: Plane, y: float, string: str, fill: Colour = "ink") -> Plate:
    """Return a number on a plate over the numbers of the axis to the left, at a place upwards."""
    x = plane.box.x - 10
    return Plate(
        chip(x, y, string, 16.0, "end", fill=fill, pad=4, bold=True),
        chip_box(x, y, string, 16.0, "end", pad=4, bold=True),
    )


def faded(group: Group, plates: Sequence[tuple[Box, float]], near: float = 4.0, far: float = 16.0) -> Group:
    """Return axes whose numbers make way for plates that come near: half a number is worse than none.

    Args:
        group: Commands, among them texts.
        plates: Rectangles, and the opacity of what stands on them.
        near: A text nearer than this to a plate is gone.
        far: A text further than this is fully there.
    """
    if not plates:
        return group
    kept: list[Command] = []
    for command in group.children:
        if not isinstance(command, Text):
            kept.append(command)
            continue
        left = command.x - command.width * {"start": 0.0, "middle": 0.5, "end": 1.0}[command.anchor]
        box = Box(left, command.y - cap_height(command.size), command.width, cap_height(command.size))
        seen = 1.0
        for plate, opacity in plates:
            # The plate's own margin does not count as nearness.
            gap = max(
                plate.x + 4 - box.right, box.x - plate.right + 4, plate.y + 4 - box.bottom, box.y - plate.bottom + 4
            )
            seen = min(seen, 1 - opacity * (1 - min(1.0, max(0.0, (gap - near) / (far - near)))))
        kept.append(command if seen >= 1 else replace(command, opacity=round(command.opacity * seen, 3)))
    return replace(group, children=tuple(kept))


def holds(box: Box, x: float, y: float) -> bool:
    """Say whether a point lies in a rectangle; its edge belongs to it, a point that is not finite does not."""
    return box.x - 0.5 <= x <= box.right + 0.5 and box.y - 0.5 <= y <= box.bottom + 0.5


def overlaps(first: Box, second: Box, gap: float = 0.0) -> bool:
    """Say whether two rectangles come nearer to each other than `gap`."""
    return (
        first.x < second.right + gap
        and second.x < first.right + gap
        and first.y < second.bottom + gap
        and second.y < first.bottom + gap
    )


def _rounded(*numbers: float) -> tuple[float, ...]:
    return tuple(round(number, 2) for number in numbers)
