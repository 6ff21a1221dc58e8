"""Layers: any model as a row of blocks, from what goes in to what comes out, and how strongly each is told to change.

    Layers()                              # what record.torch.watch or record.keras.Callback has recorded
    Layers(gradients="gradients/norm")    # with the backward pass: the true gradients, from the last layer to the first

A layer that has no weights of its own (an activation, a pooling, dropout, normalization) is folded into the one before it. A block is as
high as its picture or as many units as it gives out, on a logarithmic scale.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command, Group, Mapped, Polyline, Rect
from mlanimated.draw.ease import there_and_back
from mlanimated.draw.text import fitted, label, number, width
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.cache import once
from mlanimated.views.marks import arrow
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import significant
from mlanimated.views.scene import View
from mlanimated.views.source import sources

__all__ = ["Block", "Layers", "blocks_of"]

FOLDED = (
    "norm",
    "relu",
    "elu",
    "sigmoid",
    "tanh",
    "softmax",
    "activation",
    "dropout",
    "pool",
    "flatten",
    "identity",
    "silu",
    "reshape",
)
"""A layer whose class has one of these in its name, and few weights, belongs to the one before it."""
MOST = 12
"""Blocks that are drawn one by one; of a deeper model the middle is folded into one."""
NAMES = 64.0
BARS = 116.0


class Block(NamedTuple):
    """Some layers that are drawn as one.

    Attributes:
        name: Of the first of them.
        kinds: Their classes.
        shape: Of what they give out, without the batch; () where it is not known.
        parameters: How many weights they have.
        members: The names of all of them.
    """

    name: str
    kinds: tuple[str, ...]
    shape: tuple[int, ...]
    parameters: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Layers(View):
    """A model's layers, folded sensibly, with a bar for the gradient of each.

    Between two recorded steps a light runs through the blocks: forwards while the model is asked, backwards as each layer is told what it
    should have given. Bars are the lengths of the gradients (the norm of all of a block's weights), on a logarithmic scale, recorded ones.

    Attributes:
        model: Text series with the layers, as `record` writes it.
        gradients: Series (tensors,) of norms, or "" for no bars; "updates/norm" of a Keras training.
        names: Text series that says which tensors these are.
    """

    model: str = "model/layers"
    _: KW_ONLY
    gradients: str = ""
    names: str = "watch/names"

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the blocks, the arrows between them, their names, and the bars."""
        (source,) = sources(moment, self.model, self.run, "Layers", ("text",))
        if source.info is None:
            return empty(box, "no layers recorded yet")
        blocks = once(
            source.trace,
            ("layers", source.name),
            lambda: folded(blocks_of(source.trace.value(source.name, math.inf)), MOST),
        )
        foot = NAMES + (BARS if self.gradients else 0.0)
        room = Box(box.x, box.y, box.width, max(40.0, box.height - foot))
        slot = box.width / len(blocks)
        highest = max(1.0, *(_size(block) for block in blocks))
        lit = self._light(moment, len(blocks))
        drawn: list[Command] = []
        arrows: list[Command] = []
        for index, block in enumerate(blocks):
            middle = box.x + slot * (index + 0.5)
            high = room.height * (0.18 + 0.82 * _size(block) / highest) * 0.86
            wide = min(slot * 0.62, 34.0 + 10.0 * math.log10(1 + (block.shape[0] if len(block.shape) > 1 else 1)) * 3)
            top = room.y + (room.height - high) / 2
            commands = _block(middle, top, wide, high, block, lit[index])
            drawn.append(Group(tuple(commands), key=f"block-{index}", tip=_tip(block)))
            if index:
                start = middle - slot + min(slot * 0.62, wide) / 2 + 6
                arrows += arrow(
                    start, room.y + room.height / 2, middle - wide / 2 - 6, room.y + room.height / 2, "muted", 2.0
                )
        drawn.insert(0, Group(tuple(arrows), key="arrows"))
        drawn.append(Group(tuple(_words(box, room, blocks, slot)), key="names"))
        if self.gradients:
            drawn.append(Group(tuple(self._bars(moment, box, blocks, slot)), key="gradients"))
        return drawn

    def _light(self, moment: Moment, count: int) -> list[float]:
        """Return how brightly each block shines, negative while the light runs backwards: only while a step can be seen."""
        if not self.gradients:
            return [0.0] * count
        (source,) = sources(moment, self.gradients, self.run, "Layers", ("array",))
        if source.info is None or moment.rate(source.run) <= 0.0:
            return [0.0] * count
        share, told = moment.between(source.name, source.run)[2], moment.detail(source.name, source.run)
        places = np.arange(count) / max(1, count - 1)
        back = share > 0.4
        at = 1.0 - (share - 0.4) / 0.6 if back else share / 0.4
        glow = [told * there_and_back(0.5 + 0.5 * max(-1.0, min(1.0, (place - at) * 2.5))) for place in places.tolist()]
        return [-light for light in glow] if back else glow

    def _bars(self, moment: Moment, box: Box, blocks: Sequence[Block], slot: float) -> list[Command]:
        """Return a bar for each block that has weights, and the number above it."""
        norms = self._norms(moment, blocks)
        low, high = self._bounds(moment)
        base = box.bottom - 24.0
        top = box.bottom - BARS + 34.0
        drawn: list[Command] = [Polyline((box.x, base, box.right, base), "muted", 1.0)]
        words = (
            "how far each is told to change: gradients, backwards"
            if "grad" in self.gradients
            else "how far each step moves it"
        )
        drawn.append(label(box.x, box.bottom - 4, fitted(words, box.width, 14.0), 14.0, "muted"))
        if norms is None or not high > low:
            return drawn
        for index, norm in enumerate(norms.tolist()):
            if not blocks[index].parameters:
                continue
            x = box.x + slot * (index + 0.5)
            if not math.isfinite(norm):
                drawn.append(label(x, base - 8, "not a number", 14.0, "bad", "middle"))
                continue
            share = min(1.0, max(0.02, (math.log10(max(norm, 1e-12)) - low) / (high - low))) if norm > 0 else 0.0
            tall = share * (base - top)
            drawn.append(
                Rect(
                    round(x - min(20.0, slot * 0.2), 2),
                    round(base - tall, 2),
                    round(2 * min(20.0, slot * 0.2), 2),
                    round(tall, 2),
                    "error",
                    radius=3.0,
                )
            )
            text = significant(norm)
            if width(text, 14.0) <= slot - 4:
                drawn.append(label(x, base - tall - 7, text, 14.0, "ink", "middle"))
        return drawn

    def _norms(self, moment: Moment, blocks: Sequence[Block]) -> NDArray[np.float64] | None:
        """Return the gradient's length of each block, from those of its tensors."""
        series, names = sources(moment, (self.gradients, self.names), self.run, "Layers")
        value = series.trace.value(series.name, moment.step(series.run)) if series.info else None
        listed = names.trace.value(names.name, math.inf) if names.info else None
        if value is None or listed is None:
            return None
        tensors = [str(name) for name in json.loads(listed)]
        squares = np.asarray(value, np.float64) ** 2
        if len(squares) != len(tensors):
            raise MlaError(
                f"Layers: {self.gradients!r} has {len(squares)} values, {self.names!r} names {len(tensors)} tensors."
            )
        owners = [_owner(name) for name in tensors]
        return np.sqrt(
            [
                sum(square for square, owner in zip(squares.tolist(), owners, strict=True) if owner in block.members)
                for block in blocks
            ]
        )

    def _bounds(self, moment: Moment) -> tuple[float, float]:
        """Return the powers of ten between which the bars lie, in the whole film."""
        (source,) = sources(moment, self.gradients, self.run, "Layers", ("array",))

        def read() -> tuple[float, float]:
            values = np.asarray(source.trace.series(source.name).values, np.float64)
            known = values[np.isfinite(values) & (values > 0)]
            if not known.size:
                return 0.0, 0.0
            return math.floor(math.log10(float(np.quantile(known, 0.02)))) - 0.3, math.log10(float(known.max())) + 0.2

        return once(source.trace, ("gradient bounds", source.name), read)

    def describe(self, moment: Moment) -> str:
        """Return the layers, and which is told to change most."""
        (source,) = sources(moment, self.model, self.run, "Layers", ("text",))
        if source.info is None:
            return ""
        blocks = folded(blocks_of(source.trace.value(source.name, math.inf)), MOST)
        said = f"A model of {number(sum(block.parameters for block in blocks))} weights: {', '.join(block.name for block in blocks)}."
        norms = self._norms(moment, blocks) if self.gradients else None
        if norms is None or not np.isfinite(norms).any():
            return said
        return f"{said} The largest gradient is that of {blocks[int(np.nanargmax(norms))].name}."


def blocks_of(text: Any) -> tuple[Block, ...]:
    """Return the layers of a model, those without weights of their own folded into the one before.

    Args:
        text: JSON, as `record.architecture` writes it.

    Raises:
        MlaError: It is no list of layers.
    """
    try:
        layers: list[dict[str, Any]] = json.loads(str(text))
        blocks: list[Block] = []
        for layer in layers:
            kind, shape = str(layer["kind"]), tuple(int(side) for side in layer["shape"])
            small = any(part in kind.lower() for part in FOLDED)
            if small and blocks:
                last = blocks[-1]
                members, count = (*last.members, str(layer["name"])), last.parameters + int(layer["parameters"])
                blocks[-1] = Block(last.name, (*last.kinds, kind), shape or last.shape, count, members)
            else:
                blocks.append(
                    Block(str(layer["name"]), (kind,), shape, int(layer["parameters"]), (str(layer["name"]),))
                )
    except (KeyError, TypeError, ValueError) as error:
        raise MlaError(f"Layers: this text is no list of layers ({error}); record.torch.watch writes one.") from error
    if not blocks:
        raise MlaError("Layers: the model has no layers.")
    return tuple(blocks)


def folded(blocks: tuple[Block, ...], most: int) -> tuple[Block, ...]:
    """Return at most so many blocks: of a deeper model the first and the last ones, and one for all between."""
    if len(blocks) <= most:
        return blocks
    head, tail = (most - 1) // 2, most - 1 - (most - 1) // 2
    middle = blocks[head : len(blocks) - tail]
    members = tuple(member for block in middle for member in block.members)
    one = Block(f"{len(middle)} more", ("…",), middle[-1].shape, sum(block.parameters for block in middle), members)
    return (*blocks[:head], one, *blocks[-tail:])


def _owner(tensor: str) -> str:
    """Return the layer that a tensor belongs to: "3.weight" to "3", "dense/kernel" to "dense"."""
    return tensor.rpartition("/")[0].rpartition("/")[2] if "/" in tensor else tensor.rpartition(".")[0]


def _size(block: Block) -> float:
    """Return how high a block is, on a logarithmic scale."""
    if len(block.shape) >= 3:
        return math.log2(2 + block.shape[-1])
    return math.log2(2 + (block.shape[-1] if block.shape else 8)) * 0.75


def _block(middle: float, top: float, wide: float, high: float, block: Block, light: float) -> list[Command]:
    """Return a block: sheets one behind the other for feature maps, one bar of units else."""
    sheets = min(4, 1 + int(math.log2(max(1, block.shape[0])) / 2)) if len(block.shape) >= 3 else 1
    shift = min(5.0, wide * 0.08)
    drawn: list[Command] = []
    weighty = Mapped("sequential", round(min(1.0, 0.12 + 0.09 * math.log10(1 + block.parameters)), 3))
    for sheet in reversed(range(sheets)):
        x, y = middle - wide / 2 + sheet * shift, top - sheet * shift
        drawn.append(Rect(round(x, 2), round(y, 2), round(wide, 2), round(high, 2), weighty, "ground", 1.5, radius=5.0))
    if light:
        colour = "accent" if light < 0 else "prediction"
        drawn.append(
            Rect(
                round(middle - wide / 2 - 4, 2),
                round(top - 4, 2),
                round(wide + 8, 2),
                round(high + 8, 2),
                None,
                colour,
                4.0,
                radius=8.0,
                opacity=round(abs(light), 2),
            )
        )
    return drawn


def _words(box: Box, room: Box, blocks: Sequence[Block], slot: float) -> list[Command]:
    """Return name, shape and number of weights below each block."""
    drawn: list[Command] = []
    for index, block in enumerate(blocks):
        x = box.x + slot * (index + 0.5)
        shape = "×".join(map(str, block.shape)) or "–"
        weights = (
            number(block.parameters, 1 if block.parameters >= 1000 else 0, big="short")
            if block.parameters
            else "no weights"
        )
        kind = block.kinds[0].removesuffix("2d").removesuffix("1d")
        for line, (text, colour) in enumerate(((kind, "ink"), (shape, "muted"), (weights, "muted"))):
            drawn.append(label(x, room.bottom + 16 + 20 * line, fitted(text, slot - 4, 14.0), 14.0, colour, "middle"))
    return drawn


def _tip(block: Block) -> str:
    return f"{block.name}: {', '.join(block.kinds)}; {number(block.parameters)} weights"
