"""Activation: what one number becomes in a neuron: a graph, and a point that moves on it with its input, output and slope.

Activation("relu", "input")
Activation("softmax", "scores", labels=("horse", "deer", "frog"))
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Clip, Command, Group, Polyline, Rect
from mlanimated.draw.ease import span
from mlanimated.draw.text import cap_height, fitted, label, number, width
from mlanimated.errors import MlaError, did_you_mean
from mlanimated.views.axes import Axis, Plane, empty, padded
from mlanimated.views.marks import arrow, faded, ground_for, guide, line, on_x, on_y
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import bounds_of, element, scalar, source, value, writing
from mlanimated.views.scene import View

__all__ = ["Activation"]

Numbers = NDArray[np.float64]

POINT = 9.0
SLOPE = "series-3"


def _sigmoid(x: Numbers) -> Numbers:
    """Return 1 / (1 + e⁻ˣ), without overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1.0 + small)


def _softmax(x: Numbers) -> Numbers:
    """Return positive shares that sum to 1."""
    powers = np.exp(x - np.max(x))
    return powers / powers.sum()


FUNCTIONS: dict[str, Callable[[Numbers], Numbers]] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0.0),
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
}
"""Functions of one number; "softmax" is one of several and drawn as bars."""


@dataclass(frozen=True)
class Activation(View):
    """The graph of an activation function with a moving point; for softmax, bars of scores and of the shares they become.

    Attributes:
        function: "relu", "sigmoid", "tanh", "linear" or "softmax"; or a function of an array that keeps its shape.
        x: Name of the series of the input: a scalar, or one number of an array as in "x[0]"; for softmax an array of shape (n,).
        domain: Lowest and highest input shown.
        slope: Draw the tangent at the point.
        labels: For softmax, what each of the n numbers is called.
        names: What input and output are called.
        decimals: Digits after the point.

    Raises:
        MlaError: There is no such function, or the trace has no such series.
    """

    function: str | Callable[[Any], Any]
    x: str
    _: KW_ONLY
    domain: tuple[float, float] = (-5.0, 5.0)
    slope: bool = True
    labels: tuple[str, ...] = ()
    names: tuple[str, str] = ("input", "output")
    decimals: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.function, str) and self.function not in (*FUNCTIONS, "softmax"):
            raise MlaError(
                f"There is no activation function {self.function!r}.{did_you_mean(self.function, (*FUNCTIONS, 'softmax'))}"
            )
        if not (all(map(math.isfinite, self.domain)) and self.domain[0] < self.domain[1]):
            raise MlaError(f"Activation's domain is {self.domain}; it must be (lowest, highest), two finite numbers.")

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the graph with its point, or the bars."""
        if self.function == "softmax":
            return self._bars(moment, box)
        return self._graph(moment, box)

    def describe(self, moment: Moment) -> str:
        """Return input and output."""
        name = self.function if isinstance(self.function, str) else getattr(self.function, "__name__", "the function")
        if self.function == "softmax":
            scores = self._scores(moment, eased=False)
            if not scores.size or not np.isfinite(scores).all():
                return "Nothing goes into softmax yet."
            shares = _softmax(scores)
            best = int(np.argmax(shares))
            return f"Softmax gives {self._label(best)} the largest share, {number(float(shares[best]), self.decimals)}."
        x = self._input(moment, eased=False)
        if not math.isfinite(x):
            return f"Nothing goes into {name} yet."
        y, slope = self._at(x), self._slope(x)
        return f"{name}({number(x, self.decimals)}) = {number(y, self.decimals)}, its slope there is {number(slope, self.decimals)}."

    def _input(self, moment: Moment, *, eased: bool) -> float:
        """Return the input at the moment."""
        name, index = element(self.x)
        found = source(moment, name, self.run, "Activation", "scalar", "array")
        return scalar(value(moment, found, eased=eased), index)

    def _apply(self, xs: Numbers) -> Numbers:
        """Return the outputs of some inputs."""
        function = FUNCTIONS[self.function] if isinstance(self.function, str) else self.function
        with np.errstate(all="ignore"):
            ys = np.asarray(function(xs), dtype=np.float64)
        if ys.shape != xs.shape:
            raise MlaError(
                f"Activation's function gave shape {ys.shape} for an input of shape {xs.shape}; it must keep the shape."
            )
        return ys

    def _at(self, x: float) -> float:
        return float(self._apply(np.array([x]))[0])

    def _slope(self, x: float) -> float:
        """Return the slope; at a bend the one to the left, which is 0 for relu, as the libraries have it."""
        near = 1e-5
        before, here, after = self._apply(np.array([x - near, x, x + near]))
        left, right = float(here - before) / near, float(after - here) / near
        return left if abs(left - right) > 1e-3 else (left + right) / 2

    def _graph(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return axes, graph, tangent, point, and its numbers at the axes."""
        low, high = self.domain
        xs = np.linspace(low, high, max(3, round(box.width / 2)) | 1)
        ys = self._apply(xs)
        finite = ys[np.isfinite(ys)]
        bottom, top = padded(float(finite.min()), float(finite.max()), zero=False) if finite.size else (0.0, 1.0)
        room = 0.06 * (top - bottom)
        axes = Axis(low, high, label=self.names[0], grid=False), Axis(bottom - room, top + room, label=self.names[1])
        write = writing(bottom, top, self.decimals)
        ground = ground_for(box, *axes, write.width(16, bold=True), right=16.0)
        graph = (*_zeros(ground), Clip(*ground.box.inset(-2), line(ground.x(xs), ground.y(ys), "ink", 3.5)))
        x = self._input(moment, eased=True)
        if not math.isfinite(x):
            return (ground.group, Group(graph, key="graph"))
        read = self._input(moment, eased=False)
        inside = low <= x <= high
        shown = min(max(x, low), high)
        px, py = ground.x(shown), ground.y(self._at(shown))
        plates = (
            on_x(ground, px, number(read, self.decimals), "accent"),
            on_y(ground, py, number(self._at(read), self.decimals), "accent"),
        )
        drawn: list[Command] = [faded(ground.group, [(plate.box, 1.0) for plate in plates]), Group(graph, key="graph")]
        live: list[Command] = [
            guide(px, py, px, ground.box.bottom, "accent"),
            guide(ground.box.x, py, px, py, "accent"),
        ]
        live += [plate.group for plate in plates]
        if self.slope and inside:
            live += self._tangent(ground, x, read, px, py)
        live.append(
            Circle(px, py, POINT, "accent", "ground", 2.0, tip=f"{number(read)} becomes {number(self._at(read))}")
        )
        if not inside:
            way = 1 if x > high else -1
            live += arrow(px - 10 * way, py - 22, px + 12 * way, py - 22, "accent", 3.0)
        drawn.append(Group(tuple(live), key="point"))
        return drawn

    def _tangent(self, ground: Plane, x: float, read: float, px: float, py: float) -> list[Command]:
        """Return the tangent, and its slope above it to the left, or below it to the right: there no rising graph ever is."""
        slope = self._slope(x)
        across, steep = ground.x(1.0) - ground.x(0.0), ground.y(slope) - ground.y(0.0)
        reach = min(90.0, 0.2 * ground.box.width) / (math.hypot(across, steep) or 1.0)
        ends = (px - across * reach, px + across * reach), (py - steep * reach, py + steep * reach)
        words = f"slope {number(self._slope(read), self.decimals)}"
        room = width(f"slope {number(-8.88, self.decimals)}", 16)
        # Near the top there is no room above: the words go over softly to the other side.
        above = round(span(py, ground.box.y + 22, ground.box.y + 38), 2)
        left = min(px + 18, ground.box.right - room)
        places = ((max(px - 18, ground.box.x + room + 6) - room, py - 20, above), (left, py + 32, 1 - above))
        return [
            Clip(*ground.box, line(*ends, SLOPE, 3.0)),
            *(label(x, y, words, 16, SLOPE, opacity=seen) for x, y, seen in places if seen > 0),
        ]

    def _scores(self, moment: Moment, *, eased: bool) -> Numbers:
        """Return what goes into softmax; none where nothing is recorded yet."""
        found = source(moment, self.x, self.run, "Activation", "array")
        recorded = value(moment, found, eased=eased)
        return np.zeros(0) if recorded is None else np.asarray(recorded, dtype=np.float64).ravel()

    def _label(self, index: int) -> str:
        return self.labels[index] if index < len(self.labels) else f"{index + 1}"

    def _bars(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return a row for each score: what it is called, the score as a bar from 0, and the share that it becomes."""
        read, shown = self._scores(moment, eased=False), self._scores(moment, eased=True)
        if not read.size or not np.isfinite(read).all():
            return empty(box, "nothing recorded yet")
        shares, shown_shares = _softmax(read), _softmax(shown)
        size = 18.0 if box.width >= 420 else 14.0
        write = writing(*bounds_of(source(moment, self.x, self.run, "Activation", "array")), self.decimals)
        number_room, share_room = write.width(size) + 8, writing(0.0, 1.0, self.decimals).width(size) + 8
        name_room = min(0.25 * box.width, max(width(self._label(index), size) for index in range(read.size)) + 1)
        head = 30.0
        high = min(100.0, (box.height - head) / read.size)
        bars = (box.width - name_room - number_room - share_room - 48) / 2
        left = box.x + name_room + 16
        right = left + bars + number_room + 24
        largest = max(map(abs, bounds_of(source(moment, self.x, self.run, "Activation", "array")))) or 1.0
        zero = left + bars / 2
        heads = [
            label(left, box.y + 14, fitted(self.names[0], bars, 16), 16, "muted"),
            label(right, box.y + 14, fitted(self.names[1], bars, 16), 16, "muted"),
        ]
        drawn: list[Command] = [Group(tuple(heads), key="head")]
        rows: list[Command] = []
        best = int(np.argmax(shares))
        for index in range(read.size):
            middle = box.y + head + high * (index + 0.5)
            base = middle + cap_height(size) / 2
            thick = round(min(44.0, high * 0.5), 2)
            colour = "accent" if index == best else "series-1"
            reach = bars / 2 * float(shown[index]) / largest
            rows.append(label(box.x + name_room, base, fitted(self._label(index), name_room, size), size, "ink", "end"))
            rows.append(
                Rect(
                    round(min(zero, zero + reach), 2),
                    round(middle - thick / 2, 2),
                    round(abs(reach), 2),
                    thick,
                    "muted",
                    radius=2,
                    opacity=0.7,
                )
            )
            rows.append(
                label(left + bars + number_room, base, number(float(read[index]), self.decimals), size, "ink", "end")
            )
            rows.append(
                Rect(right, round(middle - thick / 2, 2), round(bars, 2), thick, "faint", radius=3, opacity=0.6)
            )
            rows.append(
                Rect(
                    right,
                    round(middle - thick / 2, 2),
                    round(bars * float(shown_shares[index]), 2),
                    thick,
                    colour,
                    radius=3,
                )
            )
            rows.append(
                label(
                    box.right,
                    base,
                    number(float(shares[index]), self.decimals),
                    size,
                    colour if index == best else "ink",
                    "end",
                    bold=index == best,
                )
            )
        rows.append(
            Polyline(
                (round(zero, 2), box.y + head, round(zero, 2), round(box.y + head + high * read.size, 2)), "muted", 1.25
            )
        )
        drawn.append(Group(tuple(rows), key="bars"))
        return drawn


def _zeros(ground: Plane) -> list[Command]:
    """Return the lines of input 0 and output 0, where they are in the plot."""
    drawn: list[Command] = []
    x, y = ground.x(0.0), ground.y(0.0)
    if ground.box.x <= x <= ground.box.right:
        drawn.append(Polyline((x, ground.box.y, x, ground.box.bottom), "muted", 1.25))
    if ground.box.y <= y <= ground.box.bottom:
        drawn.append(Polyline((ground.box.x, y, ground.box.right, y), "muted", 1.25))
    return drawn
