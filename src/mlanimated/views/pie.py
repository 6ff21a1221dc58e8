"""Pie: shares of a whole, labels around it that never cover each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Colour, Command, Group, Path, Polyline
from mlanimated.draw.palette import SERIES
from mlanimated.draw.text import Anchor, cap_height, fitted, label, width
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.items import Items, item_colours, items
from mlanimated.views.legend import spread
from mlanimated.views.moment import Moment
from mlanimated.views.scene import View
from mlanimated.views.source import Names
from mlanimated.views.value_format import written

__all__ = ["Pie", "sector"]

ELBOW = 18.0
SPACE = 8.0


class _Slice(NamedTuple):
    """A part of the pie."""

    name: str
    colour: Colour
    members: tuple[int, ...]


@dataclass(frozen=True)
class Pie(View):
    """Shares of a whole as sectors, clockwise from the top in a fixed order.

    Sectors glide between recorded steps; the shares written are recorded ones. Items that stay small in the whole film are
    joined as one, so that a sector is always the same thing.

        Pie("votes", ("yes", "no", "abstain"))

    Attributes:
        series: An array series with one value for each item, or several scalar series; values below 0 count as 0.
        names: The items' names.
        colours: Colours by item; empty for the series colours.
        most: How many sectors there are at most, the joined one not counted.
        least: An item that never has this share is joined with others.
        other: What the joined sector is called.
        format: How a share 0..1 is written; "" leaves it out.
        hole: Radius of the hole in the middle as a share of the pie's.
    """

    series: Names
    names: Sequence[str] = ()
    colours: Sequence[Colour] = ()
    most: int = 8
    least: float = 0.03
    other: str = "other"
    format: str = "{:.0%}"
    hole: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0.0 <= self.hole < 1.0:
            raise MlaError(f"Pie: hole={self.hole} is not a share of the radius, 0 to below 1.")

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return sectors and labels."""
        found = items(moment, self.series, self.names, self.run, "Pie")
        recorded = _shares(found.recorded(moment)) if found else None
        now = _shares(found.glided(moment)) if found else None
        if found is None or recorded is None or now is None:
            return empty(box, "nothing to share yet")
        size = 18.0 if box.width >= 480 and box.height >= 320 else 16.0 if box.width >= 360 else 14.0
        slices = self._slices(found)
        names = [width(part.name, size) for part in slices]
        share_width = width(written(0.999, self.format), size) if self.format else 0.0
        largest = box.height / 2 - size

        def radius_beside(room: float) -> float:
            return min(box.width / 2 - min(room, box.width * 0.3) - ELBOW - 14, largest)

        one_line = radius_beside(max(names) + share_width + SPACE)
        stacked = bool(self.format) and one_line < 0.8 * largest
        radius = max(8.0, radius_beside(max(*names, share_width)) if stacked else one_line)
        x, y = box.centre
        commands: list[Command] = []
        sides: dict[bool, list[tuple[float, float, _Slice, float]]] = {True: [], False: []}
        turn = 0.0
        for part in slices:
            share = float(now[list(part.members)].sum())
            told = float(recorded[list(part.members)].sum())
            begin, turn = turn, turn + share
            d = sector(radius, begin, turn, self.hole)
            tip = f"{part.name}: {told:.1%}"
            inside: Command = (
                Path(d, part.colour, "ground", 2.0, tip=tip)
                if share < 0.9999
                else Circle(0, 0, radius * (1 + self.hole) / 2, None, part.colour, radius * (1 - self.hole), tip=tip)
            )
            commands.append(
                Group((inside,) if share > 1e-4 else (), key=f"sector-{part.name}", x=round(x, 2), y=round(y, 2))
            )
            if share >= 0.005:
                middle = (begin + turn) * math.pi
                sides[math.sin(middle) >= 0].append((middle, told, part, share))
        for right, labels in sides.items():
            commands += self._labels(
                labels, right=right, stacked=stacked, centre=(x, y), radius=radius, size=size, box=box
            )
        return commands

    def _labels(
        self,
        labels: list[tuple[float, float, _Slice, float]],
        *,
        right: bool,
        stacked: bool,
        centre: tuple[float, float],
        radius: float,
        size: float,
        box: Box,
    ) -> list[Command]:
        """Return the labels of one side, each with a line to its sector; `stacked` puts the share below the name."""
        x, y = centre
        high = size * (2.4 if stacked else 1.3)
        wanted = [y - math.cos(middle) * (radius + ELBOW) for middle, _, _, _ in labels]
        places = spread(wanted, high, box.y + high / 2, box.bottom - high / 2)
        out = 1 if right else -1
        commands: list[Command] = []
        for (middle, told, part, share), place in zip(labels, places, strict=True):
            start = (x + math.sin(middle) * (radius + 5), y - math.cos(middle) * (radius + 5))
            # The label stands outside of the circle at its own height, wherever it was moved to.
            sideways = math.sqrt(max(0.0, (radius + ELBOW) ** 2 - (place - y) ** 2))
            bend = x + out * max(sideways, abs(start[0] - x) + 4)
            text_x = bend + out * 10
            room = (box.right - text_x) if right else (text_x - box.x)
            anchor: Anchor = "start" if right else "end"
            figure = written(told, self.format) if self.format else ""
            line = tuple(round(number, 2) for number in (*start, bend, place, bend + out * 5, place))
            base = place + cap_height(size) / 2
            texts: list[Command] = [Polyline(line, "muted", 1.0)]
            if stacked:
                texts.append(label(text_x, base - size * 0.56, fitted(part.name, room, size), size, "ink", anchor))
                texts.append(label(text_x, base + size * 0.56, figure, size, "muted", anchor))
            else:
                room -= width(figure, size) + SPACE if figure else 0.0
                name = label(text_x, base, fitted(part.name, max(0.0, room), size), size, "ink", anchor)
                if figure and right:
                    texts += [name, label(text_x + name.width + SPACE, base, figure, size, "muted")]
                elif figure:
                    shift = -width(figure, size) - SPACE
                    texts += [
                        label(text_x + shift, base, name.text, size, "ink", "end"),
                        label(text_x, base, figure, size, "muted", "end"),
                    ]
                else:
                    texts.append(name)
            opacity = round(min(1.0, (share - 0.005) / 0.01), 2)
            commands.append(Group(tuple(texts), key=f"label-{part.name}", opacity=opacity))
        return commands

    def _slices(self, found: Items) -> tuple[_Slice, ...]:
        """Return the sectors of the film: the items that are large at some time, and the rest as one."""
        rows = [share for row in found.sampled() if (share := _shares(row)) is not None]
        peak = np.max(rows, axis=0) if rows else np.ones(found.count)
        large = [int(index) for index in np.argsort(-peak, kind="stable")[: self.most] if peak[index] >= self.least]
        if found.count - len(large) == 1 and len(large) < self.most:
            large = list(range(found.count))
        kept = [
            _Slice(found.names[index], colour, (index,))
            for index, colour in zip(sorted(large), _distinct(sorted(large), self.colours), strict=True)
        ]
        rest = tuple(index for index in range(found.count) if index not in large)
        return (*kept, _Slice(self.other, "muted", rest)) if rest else tuple(kept)

    def describe(self, moment: Moment) -> str:
        """Name the largest share."""
        found = items(moment, self.series, self.names, self.run, "Pie")
        shares = _shares(found.recorded(moment)) if found else None
        if found is None or shares is None:
            return ""
        index = int(np.argmax(shares))
        return f"{found.names[index]} has the largest share, {shares[index]:.0%}."


def _distinct(large: Sequence[int], given: Sequence[Colour]) -> list[Colour]:
    """Return the colour of each item that has a sector; where two would have the same, the later takes a free one."""
    own = item_colours(max(large, default=-1) + 1, given)
    free = [colour for colour in (given or SERIES) if colour not in {own[index] for index in large}]
    taken: list[Colour] = []
    for index in large:
        taken.append(free.pop(0) if own[index] in taken and free else own[index])
    return taken


def _shares(row: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    """Return values as shares of their sum; None when there is nothing to share."""
    if row is None:
        return None
    kept = np.where(np.isfinite(row) & (row > 0), row, 0.0)
    total = kept.sum()
    return kept / total if total > 0 else None


def sector(radius: float, begin: float, end: float, hole: float = 0.0) -> str:
    """Return a sector of a circle around (0, 0) as the `d` of a Path.

    Arcs are cubic curves of an eighth of a turn at most, whose control points lie 4/3·tan(angle/4) along the tangents: off by
    less than 5·10⁻⁶ of the radius.

    Args:
        radius: Its radius.
        begin: Where it begins, in turns clockwise from the top.
        end: Where it ends.
        hole: Radius of what is left out in the middle, as a share.
    """
    outer = _arc(radius, begin, end)
    start = _point(radius, begin * math.tau)
    if hole <= 0.0:
        return f"M 0 0 L {start} {outer} Z"
    inner = radius * hole
    return f"M {start} {outer} L {_point(inner, end * math.tau)} {_arc(inner, end, begin)} Z"


def _arc(radius: float, begin: float, end: float) -> str:
    """Return an arc as curves, without its first point."""
    count = max(1, math.ceil(abs(end - begin) * 8 - 1e-9))
    step = (end - begin) * math.tau / count
    pull = 4 / 3 * math.tan(step / 4)
    parts: list[str] = []
    for index in range(count):
        a = begin * math.tau + index * step
        b = a + step
        first = (math.sin(a) + pull * math.cos(a), -math.cos(a) + pull * math.sin(a))
        second = (math.sin(b) - pull * math.cos(b), -math.cos(b) - pull * math.sin(b))
        controls = " ".join(f"{round(radius * part, 2):g}" for part in (*first, *second))
        parts.append(f"C {controls} {_point(radius, b)}")
    return " ".join(parts)


def _point(radius: float, angle: float) -> str:
    return f"{round(radius * math.sin(angle), 2):g} {round(-radius * math.cos(angle), 2):g}"
