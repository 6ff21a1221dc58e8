"""RankedBars: bars that slide past each other as one value overtakes another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Clip, Colour, Command, Group, Polyline, Rect
from mlanimated.draw.palette import SERIES
from mlanimated.draw.scale import Linear
from mlanimated.draw.text import MINUS, cap_height, fitted, label, width
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty, fading_ticks
from mlanimated.views.items import Items, bar, item_colours, items, widest
from mlanimated.views.legend import Entry, legend, legend_height
from mlanimated.views.moment import Moment
from mlanimated.views.scene import View
from mlanimated.views.source import Names, sources
from mlanimated.views.value_format import value_format, written

__all__ = ["RankedBars"]

SLIDE_SECONDS = 0.7
"""How long a bar takes to slide past another, in seconds of a film that runs evenly."""
SAMPLES = 25
FILL = 0.72
"""The part of its row that a bar fills."""
NEAR = 0.55
"""The distance of two bars, in rows, at which only the words of the one in front are seen."""


@dataclass(frozen=True)
class RankedBars(View):
    """Bars in order of their values, the largest on top; an overtaking is a slide.

    Places and lengths glide between recorded steps; the numbers written are recorded ones. A bar keeps its colour
    wherever it stands. What falls out of the first `top` leaves at the foot.

        RankedBars("population", countries, format="{:,.0f} M", clock="{:.0f}", groups=continents)

    Attributes:
        series: An array series with one value for each item, or several scalar series.
        names: The items' names, in the order of the array.
        top: How many bars have room.
        format: How a value is written, as for `str.format`; "" chooses decimals by the values.
        clock: How the step is written large at the lower right, as for `str.format` ("{:.0f}" for a year); "" for nothing.
        clock_series: A series to write there in place of the step: scalars, or text.
        groups: The group of each item; those of a group share a colour, and a legend says which.
        colours: Colours by item, or by group where there are groups; empty for the series colours.
        limits: Fixed bounds of the axis; None lets it grow with the longest bar.
    """

    series: Names
    names: Sequence[str] = ()
    top: int = 10
    format: str = ""
    clock: str = ""
    clock_series: str = ""
    groups: Sequence[str] = ()
    colours: Sequence[Colour] = ()
    limits: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.top < 1:
            raise MlaError(f"RankedBars has room for top={self.top} bars; it must be 1 or more.")
        if self.groups and self.names and len(self.groups) != len(self.names):
            raise MlaError(f"RankedBars has {len(self.names)} names but {len(self.groups)} groups; give one to each.")

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return axis, clock and bars."""
        found = items(moment, self.series, self.names, self.run, "RankedBars")
        recorded = found.recorded(moment) if found else None
        now = found.glided(moment) if found else None
        if found is None or recorded is None or now is None or not np.isfinite(recorded).any():
            return empty(box)
        room = min(self.top, found.count)
        entries = tuple(
            Entry(group, colour)
            for group, colour in zip(
                dict.fromkeys(self.groups), item_colours(len(set(self.groups)), self.colours), strict=True
            )
        )
        commands: list[Command] = []
        if entries:
            commands.append(legend(entries, box, "square"))
            box = box.inset(0, legend_height(entries, box.width) + 8, 0, 0)
        writes = value_format(found.found, self.format)
        row = max(1.0, (box.height - 26) / room)
        size = 18.0 if row >= 34 else 16.0 if row >= 24 else 14.0
        longest = max(width(name, size) for name in found.names)
        left = math.ceil(min(longest, box.width * 0.32)) + 12.0
        right = widest(found, writes, size) + 12
        area = Box(box.x + left, box.y + 26, max(1.0, box.width - left - right), box.height - 26)
        across = self._axis(now, area)
        commands.append(_growing(across, area))
        if self.clock or self.clock_series:
            commands.append(self._clock(moment, area.inset(0, 0, -right, 0)))
        places, later = self._places(found, moment)
        clear = _clear(places, later)
        colours = item_colours(found.count, self.colours, self.groups)
        bars: list[Command] = []
        zero = across(0.0)
        # The one that will stand higher passes in front, from the first moment to the last.
        order: list[int] = np.argsort(-later, kind="stable").tolist()
        for index in order:
            place = float(places[index])
            if not math.isfinite(now[index]) or not math.isfinite(recorded[index]) or place > room - 0.02:
                continue
            bars.append(
                Group(
                    _bar(
                        (found.names[index], writes(float(recorded[index]))),
                        (zero, across(float(now[index]))),
                        row,
                        size,
                        (box.x, area.x - 12),
                        colours[index],
                        faint=not self.colours and not self.groups and index >= len(SERIES),
                        clear=clear[index],
                    ),
                    key=f"bar-{index}",
                    y=round(area.y + place * row, 2),
                    opacity=round(min(1.0, room - place), 2),
                    tip=f"{found.names[index]}: {writes(float(recorded[index]))}",
                )
            )
        commands.append(Group((Clip(box.x, box.y, box.width, box.height, tuple(bars)),), key="bars"))
        return commands

    def _axis(self, now: NDArray[np.float64], area: Box) -> Linear:
        """Return the axis at this moment: from zero to the longest bar."""
        if self.limits:
            return Linear(*self.limits, area.x, area.right)
        finite = now[np.isfinite(now)]
        low, high = min(0.0, float(finite.min(initial=0.0))), max(0.0, float(finite.max(initial=0.0)))
        return Linear(low, high if high > low else low + 1.0, area.x, area.right)

    def _clock(self, moment: Moment, area: Box) -> Group:
        """Return the large figure at the lower right: the last recorded step or value."""
        if self.clock_series:
            (source,) = sources(moment, self.clock_series, self.run, "RankedBars", ("scalar", "text"))
            value = source.trace.value(source.name, moment.step(source.run)) if source.info else None
        else:
            (source, *_) = sources(moment, self.series, self.run, "RankedBars")
            value = source.trace.around(source.name, moment.step(source.run)).before_step
        text = value if isinstance(value, str) else "" if value is None else written(float(value), self.clock or "{:g}")
        size = min(112.0, area.width * 0.2, area.height * 0.26)
        return Group((label(area.right, area.bottom - 8, text, round(size), "faint", "end", bold=True),), key="clock")

    def _places(self, found: Items, moment: Moment) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return where each bar stands, 0 the top: its rank, averaged over a short time around the moment; and the last of those ranks.

        An average of ranks is continuous, whether values are recorded once a second or a thousand times. The time gets
        shorter towards the first and the last step, so that both show true ranks.
        """
        lead = found.found[0]
        step = moment.step(lead.run)
        info = lead.info
        if info is None:
            return np.zeros(found.count), np.zeros(found.count)
        first, last = float(info.first_step), float(info.last_step)
        even = (last - first) / max(1e-9, moment.seconds)
        half = max(0.0, min(SLIDE_SECONDS * even / 2, step - first, last - step))
        if half <= 0.0:
            ranks = _ranks(found.glided(moment), found.count)
            return ranks, ranks
        offsets = (np.arange(SAMPLES) + 0.5) / SAMPLES * 2 - 1
        weights = np.cos(offsets * math.pi / 2) ** 2
        around = [replace(moment, steps=dict.fromkeys(moment.steps, step + half * float(each))) for each in offsets]
        ranks = np.stack([_ranks(found.glided(each), found.count) for each in around])
        return np.round(np.average(ranks, axis=0, weights=weights), 3), ranks[-1]

    def describe(self, moment: Moment) -> str:
        """Name the leader and what follows."""
        found = items(moment, self.series, self.names, self.run, "RankedBars")
        recorded = found.recorded(moment) if found else None
        if found is None or recorded is None or not np.isfinite(recorded).any():
            return ""
        writes = value_format(found.found, self.format)
        order = [
            index for index in np.argsort(_ranks(recorded, found.count)).tolist() if math.isfinite(recorded[index])
        ]
        told = [f"{found.names[index]} ({writes(float(recorded[index]))})" for index in order[:3]]
        return f"{told[0]} leads{', before ' + ' and '.join(told[1:]) if len(told) > 1 else ''}."


def _ranks(row: NDArray[np.float64] | None, count: int) -> NDArray[np.float64]:
    """Return the rank of each value, 0 the largest; equal ones in the order of the array, what is missing last."""
    if row is None:
        return np.arange(count, dtype=np.float64)
    ranks = np.empty(count)
    ranks[np.argsort(np.where(np.isfinite(row), -row, np.inf), kind="stable")] = np.arange(count)
    return ranks


def _clear(places: NDArray[np.float64], later: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    """Return for each bar how free it stands, 0..1, of those that pass in front of it, and of those that it passes."""
    free = np.clip((np.abs(places[:, None] - places[None, :]) - NEAR) / (1.0 - NEAR), 0.0, 1.0)
    front = later[:, None] > later[None, :]
    behind = np.where(front, free, 1.0).min(axis=1)
    before = np.where(front.T, free, 1.0).min(axis=1)
    return tuple((round(float(a), 3), round(float(b), 3)) for a, b in zip(behind, before, strict=True))


def _bar(
    texts: tuple[str, str],
    ends: tuple[float, float],
    row: float,
    size: float,
    room: tuple[float, float],
    colour: Colour,
    *,
    faint: bool,
    clear: tuple[float, float] = (1.0, 1.0),
) -> tuple[Command, ...]:
    """Return name, bar and value of one row, y = 0 being its top.

    Args:
        texts: Name and value.
        ends: Where the bar begins and ends.
        row: Height of the row.
        size: Type size.
        room: From where to where the name may go.
        colour: Colour of the bar.
        faint: Pale, over the ground: for a colour that comes a second time.
        clear: How free it stands of those in front of it, whose words then stand in place of its own, and of those behind
            it, from which a ground of its own then parts it; 0..1.
    """
    base = round(row / 2 + cap_height(size) / 2, 2)
    thick = row * FILL
    one = bar(*ends, (row - thick) / 2, thick, colour)
    pale = (msgspec.structs.replace(one, fill="ground"), msgspec.structs.replace(one, opacity=0.55))
    bars = pale if faint else (one,)
    behind, before = clear
    halo: tuple[Command, ...] = ()
    if before < 1.0:
        gap, over = 3.0, round(1.0 - before, 3)
        top, high = round((row - thick) / 2 - gap, 2), round(thick + 2 * gap, 2)
        halo = (Rect(min(ends), top, abs(ends[1] - ends[0]) + gap, high, "ground", radius=5, opacity=over),)
    if behind < 1.0:
        bars = tuple(
            msgspec.structs.replace(each, opacity=round(each.opacity * (0.35 + 0.65 * behind), 3)) for each in bars
        )
    return (
        label(room[1], base, fitted(texts[0], room[1] - room[0], size), size, "ink", "end", opacity=behind),
        *halo,
        *bars,
        label(max(ends) + 8, base, texts[1], size, "ink", opacity=behind),
    )


def _growing(across: Linear, area: Box) -> Group:
    """Return the axis on top of ranked bars; its ticks move and fade as it grows."""
    commands: list[Command] = []
    for tick, opacity in fading_ticks(across):
        place = across(tick.value)
        commands.append(Polyline((place, area.y - 4, place, area.bottom), "faint", 1.0, opacity=opacity))
        commands.append(
            label(place, area.y - 12, tick.label.replace("-", MINUS), 14, "muted", "middle", opacity=opacity)
        )
    return Group(tuple(commands), key="axis")
