"""Network: neurons in layers, and what connects them, as thick as it weighs.

    Network((1, 1), ("w",), ("b",), inputs=("Celsius",), outputs=("Fahrenheit",))
    Network((7, 5, 1), ("weights/0", "weights/1"), ("biases/0", "biases/1"))

A connection's width is the size of its weight, relative to the largest of the film in its layer; positive ones are drawn through,
negative ones dashed and in another colour. What changes at the moment glows.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Colour, Command, Group, InkOn, Mapped, Polyline
from mlanimated.draw.text import cap_height, fitted, label, number, width
from mlanimated.errors import MlaError
from mlanimated.views.marks import chip, chip_box
from mlanimated.views.moment import Moment
from mlanimated.views.network_layout import Layer, Layout, layout, numbers_at
from mlanimated.views.numbers import Writing, bounds_of, changes, source, value, writing, writing_of
from mlanimated.views.scene import View
from mlanimated.views.source import Source

__all__ = ["Network"]

Numbers = NDArray[np.float64]

KEY_HEIGHT = 28.0
DASH = (9.0, 7.0)
GLOW = 0.6
"""Opacity of what changes most: seen beside the colours of weights on a light and on a dark ground."""


class Values(NamedTuple):
    """The weights of one gap, or the biases of one layer, at the moment.

    Attributes:
        shown: What is drawn; it glides between recorded values. None while there is none.
        read: What is written: recorded values alone.
        change: How much each changes now, 0..1.
        largest: The largest size of the film.
        writing: How numbers are written.
    """

    shown: Numbers | None
    read: Numbers | None
    change: Numbers | None
    largest: float
    writing: Writing


@dataclass(frozen=True)
class Network(View):
    """A fully connected network with its live weights.

    Attributes:
        sizes: How many neurons each layer has, from the inputs to the outputs.
        weights: For each pair of neighbouring layers the name of an array series of shape (in, out), or (out, in) as PyTorch
            keeps it (a square one is read as (in, out)), or of a scalar series between two single neurons.
        biases: For each layer after the first the name of an array series of shape (out,), or of a scalar series; "" for a
            layer without. Empty for none at all.
        activations: For each layer the name of a series of shape (n,) that fills its neurons; "" for a layer without.
        inputs: Names of the first layer's neurons.
        outputs: Names of the last layer's neurons.
        symbols: What weight and bias are called beside their numbers.
        decimals: Digits after the point; None chooses.
        numbers: Write weights and biases where they can be read; False writes none.

    Raises:
        MlaError: Numbers of layers, series and names do not fit each other, or a series has another shape.
    """

    sizes: tuple[int, ...]
    weights: tuple[str, ...]
    biases: tuple[str, ...] = ()
    _: KW_ONLY
    activations: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    symbols: tuple[str, str] = ("w", "b")
    decimals: int | None = None
    numbers: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.sizes) < 2 or min(self.sizes) < 1:
            raise MlaError(
                f"Network's sizes are {self.sizes}; it takes at least two layers of at least one neuron, such as (7, 5, 1)."
            )
        gaps = len(self.sizes) - 1
        for name, given, wanted in (
            ("weights", self.weights, gaps),
            ("biases", self.biases, gaps),
            ("activations", self.activations, gaps + 1),
        ):
            if len(given) != wanted and (given or name == "weights"):
                raise MlaError(f"Network of {gaps + 1} layers has {len(given)} {name}; it needs {wanted}.")
        for name, given, wanted in (("inputs", self.inputs, self.sizes[0]), ("outputs", self.outputs, self.sizes[-1])):
            if given and len(given) != wanted:
                raise MlaError(f"Network has {len(given)} names of {name}; it needs {wanted}, one a neuron.")

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return connections, biases, neurons, names and numbers."""
        keyed = box.height >= 260 and max(self.sizes) > 1
        place = box.inset(0, 0, 0, KEY_HEIGHT) if keyed else box
        plan = layout(
            place, self.sizes, self.inputs, self.outputs, bool(self.biases and self.biases[0]), any(self.activations)
        )
        drawn: list[Command] = []
        texts: list[Command] = []
        for gap in range(len(self.sizes) - 1):
            values = self._weights(moment, gap)
            drawn.append(Group(tuple(_connections(plan, gap, values)), key=f"weights-{gap}"))
            texts += self._weight_numbers(plan, gap, values)
        discs: list[Command] = []
        for gap, name in enumerate(self.biases):
            if not name:
                continue
            values = self._values(moment, name, (self.sizes[gap + 1],))
            if gap == 0 and plan.bias is not None:
                drawn.append(Group(tuple(self._bias_line(plan, plan.bias, values)), key="bias"))
                texts += self._bias_number(plan, plan.bias, values)
            else:
                discs.append(Group(tuple(_discs(plan.layers[gap + 1], values, self.symbols[1])), key=f"biases-{gap}"))
                texts += self._bias_words(plan.layers[gap + 1], values, box)
        for index, layer in enumerate(plan.layers):
            drawn.append(Group(tuple(self._neurons(moment, index, layer, box)), key=f"layer-{index}"))
        drawn += discs
        drawn.append(Group(tuple(texts), key="numbers"))
        drawn.append(Group(tuple(self._names(plan)), key="names"))
        if keyed:
            drawn.append(_key(box, bool(discs)))
        return drawn

    def describe(self, moment: Moment) -> str:
        """Return the layers and the weights that are written, or the largest one."""
        said = f"A network with layers of {', '.join(map(number, self.sizes[:-1]))} and {number(self.sizes[-1])}"
        written: list[str] = []
        for gap in range(len(self.sizes) - 1):
            values = self._weights(moment, gap)
            if values.read is None or not np.isfinite(values.read).any():
                continue
            if values.read.size == 1:
                written.append(f"{self.symbols[0]} = {values.writing.tight(float(values.read.flat[0]))}")
            else:
                flat = values.read.ravel()
                written.append(
                    f"the largest weight of layer {gap + 1} is {values.writing.tight(float(flat[np.nanargmax(np.abs(flat))]))}"
                )
        for gap, name in enumerate(self.biases):
            values = self._values(moment, name, (self.sizes[gap + 1],)) if name else None
            if values is not None and values.read is not None and values.read.size == 1:
                written.append(f"{self.symbols[1]} = {values.writing.tight(float(values.read[0]))}")
        return f"{said}: {', '.join(written)}." if written else f"{said}."

    def _weights(self, moment: Moment, gap: int) -> Values:
        """Return the weights between a layer and the next, in the shape (in, out)."""
        return self._values(moment, self.weights[gap], (self.sizes[gap], self.sizes[gap + 1]))

    def _values(self, moment: Moment, name: str, shape: tuple[int, ...]) -> Values:
        """Read one series at the moment."""
        found = source(moment, name, self.run, "Network", "scalar", "array")
        low, high = bounds_of(found)
        largest = max(abs(low), abs(high)) or 1.0
        write = writing_of(found, self.decimals)
        recorded = value(moment, found)
        if recorded is None:
            return Values(None, None, None, largest, write)
        shown = _shaped(value(moment, found, eased=True), shape, name)
        change = _shaped(changes(moment, found, largest), shape, name)
        return Values(shown, _shaped(recorded, shape, name), change, largest, write)

    def _weight_numbers(self, plan: Layout, gap: int, values: Values) -> Iterator[Command]:
        """Yield the numbers on the connections of a gap, where all of them can be read."""
        if not self.numbers or values.read is None:
            return
        single = values.read.size == 1
        size = plan.single_size if single else 14.0
        head = f"{self.symbols[0]} = " if single else ""
        room = width(head, size, bold=single) + values.writing.width(size, bold=single)
        places = numbers_at(plan, gap, chip_box(0, 0, "", size, room=room, pad=3).width, cap_height(size) + 6)
        for (source_index, target_index), (x, y) in places.items():
            written = head + values.writing(float(values.read[source_index, target_index]))
            yield chip(x, y, written, size, bold=single, room=room, pad=6 if single else 3)

    def _bias_line(self, plan: Layout, start: tuple[float, float], values: Values) -> Iterator[Command]:
        """Yield the constant 1 and the connection that carries the bias of a single neuron."""
        if values.shown is not None and values.change is not None:
            level, change = float(values.shown[0]) / values.largest, float(values.change[0])
            yield from _connection(*start, plan.layers[1].x, plan.layers[1].ys[0], level, change, plan.thickest)
        radius = round(plan.layers[0].radius * 0.6, 2)
        size = max(14.0, float(round(radius * 0.9)))
        yield Circle(*start, radius, "panel", "muted", 2.0)
        yield label(start[0], start[1] + cap_height(size) / 2, "1", size, "muted", "middle")

    def _bias_number(self, plan: Layout, start: tuple[float, float], values: Values) -> Iterator[Command]:
        """Yield the bias of a single neuron, on its connection."""
        if not self.numbers or values.read is None:
            return
        head = f"{self.symbols[1]} = "
        room = width(head, plan.single_size, bold=True) + values.writing.width(plan.single_size, bold=True)
        x, y = (start[0] + plan.layers[1].x) / 2, (start[1] + plan.layers[1].ys[0]) / 2
        yield chip(x, y, head + values.writing(float(values.read[0])), plan.single_size, bold=True, room=room)

    def _bias_words(self, layer: Layer, values: Values, box: Box) -> Iterator[Command]:
        """Yield the biases below their neurons, where there is room for all."""
        rows = list(zip(layer.neurons, layer.ys, strict=True))
        spacing = min([math.inf, *(b - a for (_, a), (_, b) in itertools.pairwise(rows))])
        if (
            not self.numbers
            or values.read is None
            or len(rows) > 3
            or layer.radius < 12
            or spacing < 2 * layer.radius + 40
        ):
            return
        for index, y in rows:
            if index is not None:
                words = f"{self.symbols[1]} = {values.writing.tight(float(values.read[index]))}"
                room = width(f"{self.symbols[1]} = ", 14) + values.writing.width(14)
                x = _kept_in(layer.x, room, box)
                yield label(x, y + layer.radius + 24, words, 14, "ink", "middle")

    def _neurons(self, moment: Moment, index: int, layer: Layer, box: Box) -> Iterator[Command]:
        """Yield the neurons of a layer, filled by their activations."""
        name = self.activations[index] if self.activations else ""
        values = self._values(moment, name, (self.sizes[index],)) if name else None
        size = round(min(24.0, layer.radius * 0.62))
        write = (
            _fitting(source(moment, name, self.run, "Network"), values.writing.decimals, size, layer.radius * 1.8)
            if name and values
            else None
        )
        for neuron, y in zip(layer.neurons, layer.ys, strict=True):
            if neuron is None:
                for offset in (-8.0, 0.0, 8.0):
                    yield Circle(layer.x, y + offset, 2.5, "muted", tip=f"{number(layer.hidden)} more neurons")
                continue
            fill: Colour = "panel"
            written = ""
            if values is not None and values.shown is not None and values.read is not None:
                level = float(values.shown[neuron]) / values.largest
                fill = Mapped("diverging", round(0.5 + 0.5 * level, 3)) if math.isfinite(level) else "panel"
                written = (write or values.writing).tight(float(values.read[neuron]))
            yield Circle(layer.x, y, layer.radius, fill, "ink", 2.0 if layer.radius >= 14 else 1.5, tip=written)
            if written and write is not None:
                ink: Colour = InkOn(fill) if isinstance(fill, Mapped) else "ink"
                yield label(layer.x, y + cap_height(size) / 2, written, size, ink, "middle")
        if layer.hidden:
            words = f"{number(self.sizes[index])} neurons"
            x = _kept_in(layer.x, width(words, 14), box)
            yield label(x, layer.ys[-1] + layer.radius + 20, words, 14, "muted", "middle")

    def _names(self, plan: Layout) -> Iterator[Command]:
        """Yield the names of inputs and outputs: beside the neurons, below a single one."""
        for layer, names, side in ((plan.layers[0], self.inputs, -1), (plan.layers[-1], self.outputs, 1)):
            for neuron, y in zip(layer.neurons, layer.ys, strict=True):
                if neuron is None or not names:
                    continue
                text = fitted(names[neuron], plan.name_room, plan.name_size)
                centre = y + cap_height(plan.name_size) / 2
                if plan.names == "inside":
                    yield label(layer.x, centre, text, plan.name_size, "ink", "middle")
                elif plan.names != "beside":
                    yield label(layer.x, y - layer.radius - 12, text, plan.name_size, "ink", "middle")
                else:
                    anchor = "end" if side < 0 else "start"
                    yield label(layer.x + side * (layer.radius + 10), centre, text, plan.name_size, "ink", anchor)


def _kept_in(x: float, room: float, box: Box) -> float:
    """Return the middle of a text near x, so that it stays inside the box."""
    return min(max(x, box.x + room / 2), box.right - room / 2)


def _fitting(found: Source, decimals: int, size: float, room: float) -> Writing | None:
    """Return how an activation is written in its neuron: with fewer decimals where there is less room, or not at all."""
    if size < 14:
        return None
    whole = found.info is not None and found.info.dtype.startswith(("int", "uint"))
    ways = (writing(*bounds_of(found), digits) for digits in range(0 if whole else decimals, -1, -1))
    return next((way for way in ways if way.width(size) <= room), None)


def _shaped(found: Any, shape: tuple[int, ...], name: str) -> Numbers:
    """Return recorded values as an array of a shape; (out, in) is turned into (in, out)."""
    array = np.asarray(found, dtype=np.float64)
    if array.size != math.prod(shape):
        raise MlaError(
            f"Network: the series {name!r} has the shape {array.shape}; the sizes of the layers need {shape}."
        )
    if len(shape) == 2 and array.shape == shape[::-1] and shape[0] != shape[1]:
        return array.T
    return array.reshape(shape)


def _connections(plan: Layout, gap: int, values: Values) -> Iterator[Command]:
    """Yield the lines between a layer and the next, the strongest last."""
    if values.shown is None or values.change is None:
        return
    left, right = plan.layers[gap], plan.layers[gap + 1]
    pairs = [
        (abs(float(values.shown[i, j])), i, j, y0, y1)
        for i, y0 in zip(left.neurons, left.ys, strict=True)
        for j, y1 in zip(right.neurons, right.ys, strict=True)
        if i is not None and j is not None
    ]
    thickest = plan.thickest if len(pairs) == 1 else plan.thick
    for _, i, j, y0, y1 in sorted(pairs):
        level = float(values.shown[i, j]) / values.largest
        yield from _connection(left.x, y0, right.x, y1, level, float(values.change[i, j]), thickest)


def _connection(
    x0: float, y0: float, x1: float, y1: float, level: float, change: float, thickest: float
) -> Iterator[Command]:
    """Yield one line: its glow, and itself. `level` is the weight relative to the largest, -1..1."""
    if not math.isfinite(level):
        yield Polyline((x0, y0, x1, y1), "bad", 1.0, dash=(2.0, 5.0), tip="not a finite number")
        return
    size = min(1.0, abs(level))
    thick = round(1.0 + (thickest - 1.0) * size, 2)
    if change > 0:
        yield Polyline(
            (x0, y0, x1, y1), "accent", round(thick + 4 + thickest * 0.6, 2), opacity=round(GLOW * change, 3)
        )
    colour = "positive" if level >= 0 else "negative"
    yield Polyline(
        (x0, y0, x1, y1),
        colour,
        thick,
        dash=() if level >= 0 else _dash(thick),
        opacity=round(0.45 + 0.55 * size**0.7, 3),
    )


def _dash(thick: float) -> tuple[float, ...]:
    """Return the dashes of a negative line; round caps lengthen each by its width."""
    return (DASH[0], round(DASH[1] + thick, 2))


def _discs(layer: Layer, values: Values, symbol: str) -> Iterator[Command]:
    """Yield a disc at the lower left of each neuron, as large as its bias: filled for a positive one, a ring for a negative one."""
    if values.shown is None or values.read is None or values.change is None:
        return
    most = max(3.5, min(9.0, layer.radius * 0.4))
    for index, row in zip(layer.neurons, layer.ys, strict=True):
        if index is None:
            continue
        level, change = float(values.shown[index]) / values.largest, float(values.change[index])
        x, y = round(layer.x - layer.radius * 0.75, 2), round(row + layer.radius * 0.75, 2)
        radius = round(2.5 + (most - 2.5) * min(1.0, abs(level)) if math.isfinite(level) else 2.5, 2)
        tip = f"{symbol} = {number(float(values.read[index]))}"
        if change > 0:
            yield Circle(x, y, radius + 5, "accent", opacity=round(GLOW * change, 3))
        if level >= 0:
            yield Circle(x, y, radius, "positive", "ground", 1.5, tip=tip)
        else:
            yield Circle(x, y, round(radius - 1, 2), "ground", "negative", 2.0, tip=tip)


def _key(box: Box, biased: bool) -> Group:
    """Return what lines and discs mean, as much of it as there is room for."""
    y = box.bottom - 8
    drawn: list[Command] = []
    x = box.x
    styles = (
        ("positive", "positive", 3.0, (), 1.0),
        ("negative", "negative", 3.0, _dash(3.0), 1.0),
        ("changing", "accent", 9.0, (), GLOW),
    )
    for words, colour, thick, dash, opacity in styles:
        if x + 40 + width(words, 14) > box.right:
            break
        drawn.append(Polyline((x + 4, y - 5, x + 30, y - 5), colour, thick, dash=dash, opacity=opacity))
        drawn.append(label(x + 40, y, words, 14, "muted"))
        x += 40 + width(words, 14) + 24
    else:
        if biased and x + 40 + width("bias", 14) <= box.right:
            drawn += [
                Circle(x + 9, y - 5, 5.5, "positive", "ground", 1.5),
                Circle(x + 24, y - 5, 4.5, "ground", "negative", 2.0),
            ]
            drawn.append(label(x + 36, y, "bias", 14, "muted"))
            x += 36 + width("bias", 14) + 24
        for words in ("thicker is larger", "thick is large"):
            if x + width(words, 14) <= box.right:
                drawn.append(label(x, y, words, 14, "muted"))
                break
    return Group(tuple(drawn), key="key")
