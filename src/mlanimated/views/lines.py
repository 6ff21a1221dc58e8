"""Lines: series that grow with the moment, over axes that stand still."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Clip, Colour, Command, Group, Polyline, Rect
from mlanimated.draw.scale import nice
from mlanimated.draw.text import cap_height, label, width
from mlanimated.errors import MlaError
from mlanimated.views.axes import Axis, Plane, empty, padded, plane
from mlanimated.views.cache import once
from mlanimated.views.event_marks import event_marks
from mlanimated.views.growth import DOT, End, Growth
from mlanimated.views.legend import Entry, legend, legend_height, spread
from mlanimated.views.marks import gathered, overlaps, shared_disc
from mlanimated.views.moment import Moment
from mlanimated.views.points import Head, across, head, points_of
from mlanimated.views.scene import View
from mlanimated.views.source import Names, Source, colours_for, names_of, short_labels, sources
from mlanimated.views.value_format import ValueFormat, bounds_over, value_format

__all__ = ["Lines"]

WIDTH = 2.5
THIN = 1.25
FOLLOWED = 10.0
"""Steps that axes which follow show at the least."""
LABEL_X = 20.0
TOGETHER = 4.0
"""Ends nearer than this share a dot, with a sector for each."""


class _Line(NamedTuple):
    """One series as it is drawn."""

    source: Source
    label: str
    colour: Colour


class _Ended(NamedTuple):
    """A line, where it ends now, and the value written there."""

    line: _Line
    end: End
    value: float


class _Grown(NamedTuple):
    """A line up to the moment: its values, what is drawn through (the averages, with smoothing), and its moving end."""

    values: Growth
    shown: Growth
    more: Head


@dataclass(frozen=True)
class Lines(View):
    """Scalar series as lines that grow up to the moment.

    The axes are those of the whole film, so that nothing is rescaled; the value at the end of each line is the last
    recorded one, or with smoothing the average up to it. Values that are not finite leave a gap, which is marked. A frame
    costs the same for any number of rows.

        Lines("train/loss")
        Lines(("train/loss", "test/loss"), log=True, smooth=0.02)
        Lines(("slow:loss", "fast:loss"), labels=("0.0003", "0.1"))      # two runs

    Attributes:
        series: A scalar series or several; "run:series" for one of another run.
        labels: What each line is called; empty for what tells the names apart.
        colours: Colours in turn; empty for those of what the series mean, or the series colours.
        x: "step", "time" for seconds since the start, or the name of a scalar series ("epoch") of the same run.
        log: A logarithmic axis, which says so; values of 0 and below leave a gap.
        smooth: The part of the x axis over which values are averaged (exponentially), 0 to below 0.5; the values
            themselves then stand faintly behind.
        follow: Axes that follow what has been drawn, instead of those of the whole film.
        limits: Fixed bounds of the values; what lies outside is cut off.
        values: Write the last value at the end of each line.
        format: How values are written, as for `str.format`; "" chooses decimals by the values, on a logarithmic axis
            significant digits.
        ghost: Show faintly what is to come.
        events: Mark the events of the first run by thin lines with their names.
        x_label: Name of the x axis; None for what it is.
        y_label: Name of the values; None for what the series' names share.
    """

    series: Names
    labels: Sequence[str] = ()
    colours: Sequence[Colour] = ()
    x: str = "step"
    log: bool = False
    smooth: float = 0.0
    follow: bool = False
    limits: tuple[float, float] | None = None
    values: bool = True
    format: str = ""
    ghost: bool = False
    events: bool = False
    x_label: str | None = None
    y_label: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        names = names_of(self.series)
        if not names:
            raise MlaError('Lines needs at least one series, as in Lines("train/loss").')
        if self.labels and len(self.labels) != len(names):
            raise MlaError(f"Lines has {len(names)} series but {len(self.labels)} labels; give one to each.")
        if not 0.0 <= self.smooth < 0.5:
            raise MlaError(
                f"Lines: smooth={self.smooth} is not a part of the x axis, 0 (none) to below 0.5; 0.02 is usual."
            )
        if self.limits and not self.limits[0] < self.limits[1]:
            raise MlaError(f"Lines: limits={self.limits} are not in order; write (low, high).")
        if self.limits and self.log and self.limits[0] <= 0:
            raise MlaError(f"Lines: limits={self.limits} begin at or below 0, which a logarithmic axis does not have.")

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return axes, lines, their moving ends and labels."""
        lines = self._lines(moment)
        seen = [line for line in lines if line.source.info is not None and math.isfinite(line.source.info.low)]
        low, high = self._bounds([line.source for line in seen])
        if not math.isfinite(low):
            return empty(box)
        writes = value_format([line.source for line in seen], self.format, log=self.log)
        frame, entries = self._frame(moment, box, lines, seen, (low, high), writes)
        commands: list[Command] = [frame.group]
        if entries:
            commands.append(legend(entries, box))
        if self.events:
            commands.append(event_marks(seen[0].source, frame, moment.step(seen[0].source.run), self.x))
        drawn: list[Command] = []
        ends: list[_Ended] = []
        grown = [self._growth(moment, frame, line) for line in seen]
        # One width for all: where each goes up and down so much that a thin one reads better.
        thick = THIN if all(each.shown.rough for each in grown if each) else WIDTH
        for index, (line, each) in enumerate(zip(seen, grown, strict=True)):
            if each is None:
                continue
            drawn += self._drawn(each, line, index, moment.step(line.source.run), thick)
            ended = self._ended(each, line, moment.step(line.source.run))
            if ended is not None:
                ends.append(ended)
        live = [ended for ended in ends if ended.end.open]
        drawn += [ended.end.dot(ended.line.colour) for ended in live]
        for together, closely in gathered([(ended.end.x, ended.end.y) for ended in live], TOGETHER):
            first = live[together[0]].end
            colours = [live[index].line.colour for index in together]
            drawn.append(shared_disc(first.x, first.y, DOT, colours, opacity=closely))
        place = frame.box.inset(-8, 0, -8, -2)
        commands.append(Group((Clip(*place, tuple(drawn)),) if self.limits else tuple(drawn), key="lines"))
        if self.values or not entries:
            commands.append(self._tags(ends, frame, box, writes, named=len(lines) > 1 and not entries))
        return commands

    def _lines(self, moment: Moment) -> tuple[_Line, ...]:
        names = names_of(self.series)
        found = sources(moment, names, self.run, "Lines", ("scalar",))
        labels = self.labels or short_labels(names)
        return tuple(map(_Line, found, labels, colours_for(names, self.colours)))

    def _bounds(self, found: Sequence[Source]) -> tuple[float, float]:
        """Return the lowest and highest value of the film; for a logarithmic axis the lowest above 0."""
        low, high = bounds_over(found)
        if self.log and low <= 0 < high:
            floors = [_least_positive(source) for source in found]
            low = min((floor for floor in floors if math.isfinite(floor)), default=math.nan)
        elif self.log and high <= 0:
            return math.nan, math.nan
        return low, high

    def _frame(
        self,
        moment: Moment,
        box: Box,
        lines: Sequence[_Line],
        seen: Sequence[_Line],
        bounds: tuple[float, float],
        writes: ValueFormat,
    ) -> tuple[Plane, tuple[Entry, ...]]:
        """Return the axes, and the entries of a legend where lines cannot be labelled at their ends."""
        size = _label_size(box)
        named = max((width(line.label, size, bold=True) for line in lines), default=0.0) + 8 if len(lines) > 1 else 0.0
        room = LABEL_X + named + (writes.width(size) if self.values else -8.0)
        entries: tuple[Entry, ...] = ()
        if len(lines) > 1 and (room > 0.36 * box.width or len(lines) * size * 1.25 > box.height - 60):
            entries = tuple(Entry(line.label, line.colour) for line in lines)
            room = LABEL_X + writes.width(size) if self.values else 10.0
        if len(lines) == 1 and not self.values:
            room = 10.0
        x_low, x_high = self._x_bounds(moment, seen)
        y_low, y_high = self.limits or padded(*bounds, log=self.log)
        if self.follow:
            y_low, y_high = self.limits or self._seen_bounds(moment, seen, bounds)
        x_name = {"step": "step", "time": "seconds"}.get(self.x, self.x) if self.x_label is None else self.x_label
        y_name = self._shared_name() if self.y_label is None else self.y_label
        if self.log and "log" not in f"{self.title} {y_name}".lower():
            y_name = f"{y_name}, logarithmic" if y_name else "logarithmic scale"
        top = legend_height(entries, box.width) + (8.0 if entries else 0.0)
        marked = self.events and any(line.source.trace.events for line in seen)
        return plane(
            box,
            Axis(x_low, x_high, label=x_name, grid=False, whole=self.x == "step"),
            Axis(y_low, y_high, self.log, y_name),
            room,
            top,
            22.0 if marked else 0.0,
        ), entries

    def _shared_name(self) -> str:
        """Return what the names of several series share at their end: "loss" for train/loss and test/loss."""
        names = names_of(self.series)
        if len(names) == 1:
            return "" if self.title else names[0].rpartition(":")[2]
        last = {name.replace(":", "/").rpartition("/")[2] for name in names}
        return last.pop() if len(last) == 1 and not self.title else ""

    def _x_bounds(self, moment: Moment, seen: Sequence[_Line]) -> tuple[float, float]:
        """Return the bounds of the x axis over the film; with `follow` up to the moment."""
        ends: list[float] = []
        for line in seen:
            info = line.source.info
            if info is None:
                continue
            last = float(info.last_step)
            if self.follow:
                last = min(last, max(_come(moment, line.source), info.first_step + FOLLOWED))
            ends += across(line.source, np.array([float(info.first_step), last]), self.x).tolist()
        finite = [end for end in ends if math.isfinite(end)] or [0.0]
        low, high = min(finite), max(finite)
        if high <= low:
            return low - 0.5, high + 0.5
        rounded = min(nice(low, high, count)[1] for count in range(2, 11))
        return low, rounded if rounded - high < 0.015 * (high - low) else high

    def _seen_bounds(self, moment: Moment, seen: Sequence[_Line], bounds: tuple[float, float]) -> tuple[float, float]:
        """Return bounds of the values up to the moment, with a little room."""
        lows: list[float] = []
        highs: list[float] = []
        for line in seen:
            info = line.source.info
            if info is None:
                continue
            step = moment.step(line.source.run)
            part = line.source.trace.summary(line.source.name, info.first_step, step, 64)
            end = moment.eased(line.source.name, line.source.run) if step >= info.first_step else math.nan
            lows += [low for low in [*part.low.tolist(), end] if math.isfinite(low) and (low > 0 or not self.log)]
            highs += [high for high in [*part.high.tolist(), end] if math.isfinite(high) and (high > 0 or not self.log)]
        if not lows or not highs:
            return padded(*bounds, log=self.log)
        low, high = min(lows), max(highs)
        if self.log:
            pad = max(1.05, (high / low) ** 0.06)
            return low / pad, high * pad
        pad = 0.06 * (high - low) or 0.02 * (bounds[1] - bounds[0]) or 0.5
        return low - pad, high + pad

    def _growth(self, moment: Moment, frame: Plane, line: _Line) -> _Grown | None:
        """Return one line as it is drawn up to the moment; None before its first row."""
        source, info = line.source, line.source.info
        step = moment.step(source.run)
        if info is None or step < info.first_step:
            return None
        first, last = float(info.first_step), float(info.last_step)
        if self.follow:
            last = max(first, min(last, step))
        points = max(2, round(frame.box.width) * 2)
        made = points_of(source, points, self.smooth, first, last, keep=not self.follow)
        more = head(source, made, step, moment.share(source.name, source.run), log=self.log)
        values = Growth(frame, made, source, self.x, smooth=False, keep=not self.follow)
        shown = Growth(frame, made, source, self.x, smooth=True, keep=not self.follow) if self.smooth else values
        return _Grown(values, shown, more)

    def _drawn(self, grown: _Grown, line: _Line, index: int, step: float, thick: float) -> list[Command]:
        """Return the strokes of one line up to a step."""
        values, shown, more = grown
        parts: list[Command] = []
        if self.ghost:
            parts.append(Group(shown.all(line.colour, thick, 0.22), key=f"ghost-{index}"))
        if self.smooth:
            parts.append(Group(values.until(step, more, line.colour, THIN, 0.35), key=f"raw-{index}"))
        parts.append(Group(shown.until(step, more, line.colour, thick), key=f"line-{index}"))
        parts.append(Group(values.gap_marks(step), key=f"gaps-{index}"))
        return parts

    def _ended(self, grown: _Grown, line: _Line, step: float) -> _Ended | None:
        """Return where a line ends, and the value there."""
        end = grown.shown.end(step, grown.more)
        value = float(line.source.trace.value(line.source.name, step))
        # The number is that of the dot: with smoothing the average up to the last row, but never hides what is not finite.
        value = grown.more.told if self.smooth and math.isfinite(value) else value
        return None if end is None else _Ended(line, end, value)

    def _tags(self, ends: Sequence[_Ended], frame: Plane, box: Box, writes: ValueFormat, *, named: bool) -> Group:
        """Return name and value at the end of each line: right of all that is drawn, moved apart; where it left, if it has."""
        size = _label_size(box)
        names = max((width(ended.line.label, size, bold=True) for ended in ends), default=0.0) + 8 if named else 0.0
        room = names + (writes.width(size) if self.values else -8.0)
        half = cap_height(size) / 2
        low, high = frame.box.y + half, frame.box.bottom - half - 5
        here = [ended for ended in ends if not ended.end.left]
        x = frame.box.right if self.ghost else min(frame.box.right, max((each.end.x for each in here), default=0.0))
        places = spread([ended.end.rest for ended in here], size * 1.25, low, high)
        tags = [(ended, x + LABEL_X, place) for ended, place in zip(here, places, strict=True)]
        taken = [Box(left, place - half, room, 2 * half) for _, left, place in tags]
        texts: list[Command] = []
        for ended in (ended for ended in ends if ended.end.left):
            left = min(ended.end.x + 10, frame.box.right + LABEL_X)
            place = min(high, max(low, ended.end.y))
            way = -1 if ended.end.y > frame.box.centre[1] else 1
            while any(overlaps(Box(left, place - half, room, 2 * half), other, 4.0) for other in taken):
                place += way * 2.0
                if not low <= place <= high:
                    break
            taken.append(Box(left, place - half, room, 2 * half))
            tags.append((ended, left, place))
        for ended, left, place in tags:
            if left < frame.box.right:  # no grid line strikes it through
                texts.append(Rect(left - 3, place - half - 4, room + 6, 2 * half + 8, "ground", radius=3, opacity=0.85))
            if abs(place - ended.end.rest) > 0.8 * size and not ended.end.left:
                line = (ended.end.x + DOT + 1, ended.end.y, left - 4, round(place, 2))
                texts.append(Polyline(line, ended.line.colour, 1.25, opacity=0.8))
            if named:
                texts.append(label(left, place + half, ended.line.label, size, ended.line.colour, bold=True))
            if self.values:
                fill: Colour = "ink" if math.isfinite(ended.value) else "bad"
                value = "NaN" if math.isnan(ended.value) else writes(ended.value)
                texts.append(label(left + room, place + half, value, size, fill, "end"))
        return Group(tuple(texts), key="ends")

    def describe(self, moment: Moment) -> str:
        """Say where each line stands and where it began."""
        told: list[str] = []
        lines = self._lines(moment)
        writes = value_format([line.source for line in lines], self.format, log=self.log)
        for line in lines[:4]:
            source = line.source
            value = source.trace.value(source.name, moment.step(source.run)) if source.info else None
            if value is None or source.info is None:
                continue
            start = source.trace.value(source.name, source.info.first_step)
            name = line.label if len(lines) > 1 else source.name
            now = writes(float(value)) if math.isfinite(value) else "not finite"
            begun = (
                f", from {writes(float(start))}"
                if start is not None and math.isfinite(start) and writes(float(start)) != now
                else ""
            )
            told.append(f"{name} is {now}{begun}")
        return "; ".join(told) + "." if told else ""


def _come(moment: Moment, source: Source) -> float:
    """Return the step up to which a line is drawn: its end rests at the last row, then moves to the next one."""
    around = source.trace.around(source.name, moment.step(source.run))
    return around.before_step + (around.after_step - around.before_step) * moment.share(source.name, source.run)


def _label_size(box: Box) -> float:
    """Return the type size of labels and values at the ends of lines."""
    return 18.0 if box.width >= 480 and box.height >= 280 else 16.0


def _least_positive(source: Source) -> float:
    """Return about the lowest value above 0 of a series; not a number where there is none."""

    def read() -> float:
        info = source.info
        if info is None:
            return math.nan
        found = source.trace.summary(source.name, info.first_step, info.last_step, 4096)
        numbers = np.concatenate((found.low, found.high, found.first, found.last))
        numbers = numbers[np.isfinite(numbers) & (numbers > 0)]
        return float(numbers.min()) if len(numbers) else math.nan

    return once(source.trace, ("least positive", source.name), read)
