"""Results: what came of each value of a parameter: a dot for each run, moving as the runs learn, and the mean of each value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Colour, Command, Group, Polyline
from mlanimated.draw.text import cap_height, fitted, label, width
from mlanimated.errors import MlaError
from mlanimated.views.axes import Axis, Plane, empty, padded, plane, tick_size
from mlanimated.views.bands import drawn_bounds, rows_of
from mlanimated.views.legend import spread
from mlanimated.views.moment import Moment
from mlanimated.views.scene import View

__all__ = ["Place", "Results"]

WIDE = 50.0
"""From this ratio of its largest and smallest value on a parameter has a logarithmic axis."""
DOT = 5.0


@dataclass(frozen=True)
class Place:
    """Runs with one value of a parameter.

    Attributes:
        value: The parameter's value: a number, or a word.
        runs: Their names in the film.
        colour: Their colour.
        line: Which places are joined by a line: those with the same name here.
    """

    value: float | str
    runs: tuple[str, ...]
    colour: Colour = "series-1"
    line: str = ""


@dataclass(frozen=True)
class Results(View):
    """A parameter against what came of it: each run a dot, the mean of each value larger, the best one ringed.

        Results("loss", "learning_rate", (Place(0.1, ("a", "b")), Place(0.9, ("c", "d"))), goal="min")

    Attributes:
        series: The series whose last value counts.
        parameter: The parameter's name.
        places: Its values.
        goal: "min" or "max": which results are better.
        log: A logarithmic axis of the results.
        limits: Bounds of the results; None: those of all runs over the whole film.
    """

    series: str
    parameter: str
    places: tuple[Place, ...]
    goal: str = "min"
    log: bool = False
    limits: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.places:
            raise MlaError("Results needs at least one place.")
        if self.goal not in {"min", "max"}:
            raise MlaError(f"Results: goal={self.goal!r} must be 'min' or 'max'.")

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return axes, dots, means, and the ring around the best mean."""
        runs = [run for place in self.places for run in place.runs if run in moment.traces]
        low, high = drawn_bounds([rows_of(moment.trace(run), self.series) for run in runs], log=self.log)
        if not math.isfinite(low):
            return empty(box)
        y_low, y_high = self.limits or padded(low, high, log=self.log)
        name = f"{self.series} so far" + (", logarithmic" if self.log else "")
        frame, across = self._frame(box, Axis(y_low, y_high, self.log, name))
        dots: list[Command] = []
        means: list[tuple[float, float, Place, float]] = []
        for place in self.places:
            values = [self._now(moment, run) for run in place.runs if run in moment.traces]
            good = [value for value in values if math.isfinite(value) and (value > 0 or not self.log)]
            x = across[place.value]
            dots += [
                Circle(round(x, 2), self._up(frame, value), DOT, fill=place.colour, opacity=0.45, tip=f"{value:.4g}")
                for value in good
                if len(values) > 1
            ]
            if good:
                mean = sum(good) / len(good)
                means.append((x, self._up(frame, mean), place, mean if len(good) == len(values) else math.nan))
        commands: list[Command] = [frame.group, *self._words(box, frame, across)]
        commands += [Group(self._lines(means, frame, box), key="lines"), Group(tuple(dots), key="dots")]
        commands.append(Group(tuple(Circle(x, y, DOT + 2, fill=place.colour) for x, y, place, _ in means), key="means"))
        commands.append(Group(self._best(means, frame), key="best"))
        return commands

    def describe(self, moment: Moment) -> str:
        """Return which value is best now."""
        found: list[tuple[float, Place]] = []
        for place in self.places:
            values = [self._now(moment, run) for run in place.runs if run in moment.traces]
            if values and all(map(math.isfinite, values)):
                found.append((sum(values) / len(values), place))
        if not found:
            return ""
        mean, best = (min if self.goal == "min" else max)(found, key=lambda pair: pair[0])
        return f"Best {self.parameter}: {_spelt(best.value)}, with a mean {self.series} of {mean:.4g}."

    def _frame(self, box: Box, y: Axis) -> tuple[Plane, dict[float | str, float]]:
        """Return the axes, and where each value stands: by its number, or one beside the other."""
        names = {place.line for place in self.places}
        room = 8.0
        if len(names) > 1:
            room = min(0.3 * box.width, 8.0 + max(width(name, tick_size(box)) for name in names))
        values = list(dict.fromkeys(place.value for place in self.places))
        numbers = [value for value in values if isinstance(value, int | float)]
        if len(numbers) == len(values) and len(values) > 1:
            low, high = min(numbers), max(numbers)
            log = low > 0 and high / low >= WIDE
            pad = (high / low) ** 0.08 if log else 0.08 * (high - low)
            axis = Axis(low / pad, high * pad, True) if log else Axis(low - pad, high + pad)
            axis = Axis(axis.low, axis.high, axis.log, grid=False, numbers=False)
            frame = plane(box.inset(0, 0, 0, 26), axis, y, room)
            return frame, {value: frame.x(value) for value in numbers}
        frame = plane(box.inset(0, 0, 0, 26), Axis(-0.5, len(values) - 0.5, grid=False, numbers=False), y, room)
        return frame, {value: frame.x(float(index)) for index, value in enumerate(values)}

    def _words(self, box: Box, frame: Plane, across: dict[float | str, float]) -> list[Command]:
        """Return each value below the axis, as far as there is room, and the parameter's name below them."""
        size = tick_size(box)
        base = frame.box.bottom + 8 + cap_height(size)
        texts: list[Command] = []
        free = -math.inf
        for value, x in sorted(across.items(), key=lambda pair: pair[1]):
            text = _spelt(value)
            half = width(text, size) / 2
            if x - half < free:
                continue
            texts.append(Polyline((x, frame.box.bottom, x, frame.box.bottom + 4), "muted", 1.0))
            texts.append(label(x, base + 2, text, size, "muted", "middle"))
            free = x + half + 8
        name = fitted(self.parameter, frame.box.width, size)
        texts.append(label(frame.box.right, base + 24, name, size, "muted", "end"))
        return [Group(tuple(texts), key="values")]

    def _lines(self, means: Sequence[tuple[float, float, Place, float]], frame: Plane, box: Box) -> tuple[Command, ...]:
        """Return a line through the means of each name, and the name at its right end."""
        found: list[Command] = []
        ends: list[tuple[str, float]] = []
        for name in dict.fromkeys(place.line for _, _, place, _ in means):
            points = sorted((x, y) for x, y, place, _ in means if place.line == name)
            if len(points) > 1:
                flat = tuple(round(each, 2) for point in points for each in point)
                found.append(Polyline(flat, "muted", 1.5, opacity=0.6))
                ends.append((name, points[-1][1]))
        if len(ends) < 2:
            return tuple(found)
        half = cap_height(frame.size) / 2
        places = spread([y for _, y in ends], frame.size * 1.25, frame.box.y + half, frame.box.bottom - half)
        left = frame.box.right + 4
        for (name, _), y in zip(ends, places, strict=True):
            found.append(label(left, y + half, fitted(name, box.right - left, frame.size), frame.size, "muted"))
        return tuple(found)

    def _best(self, means: Sequence[tuple[float, float, Place, float]], frame: Plane) -> tuple[Command, ...]:
        """Return the ring around the best mean of runs that are all finite."""
        whole = [mean for mean in means if math.isfinite(mean[3])]
        ranked = sorted(whole, key=lambda mean: mean[3], reverse=self.goal == "max")
        if len(ranked) < 2 or ranked[0][3] == ranked[1][3]:
            return ()
        x, y, _, _ = ranked[0]
        word = "best"
        half = width(word, frame.size, bold=True) / 2
        above = y - DOT - 14 > frame.box.y + cap_height(frame.size)
        line = y - DOT - 12 if above else y + DOT + 14 + cap_height(frame.size)
        place = min(max(x, frame.box.x + half), frame.box.right - half)
        return (
            Circle(x, y, DOT + 6, stroke="accent", stroke_width=2.5),
            label(place, round(line, 2), word, frame.size, "accent", "middle", bold=True),
        )

    def _now(self, moment: Moment, run: str) -> float:
        """Return a run's value at the moment, gliding; NaN before its first."""
        steps, values = rows_of(moment.trace(run), self.series)
        step = moment.step(run)
        if not len(steps) or step < steps[0]:
            return math.nan
        return float(np.interp(step, steps, values))

    def _up(self, frame: Plane, value: float) -> float:
        return round(min(max(frame.y(value), frame.box.y), frame.box.bottom), 2)


def _spelt(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"
