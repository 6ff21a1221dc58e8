"""Tiles: many small pictures in a grid: filters, feature maps, weights of units, samples of a generator.

Tiles("filters")                         # signed weights (n, height, width, channels)
Tiles("maps/0", rescale="all")           # what 16 filters give out, (16, height, width), on one scale
Tiles("samples", names=("3", "8", …))    # pictures, uint8 (n, height, width, 3)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Colour, Command, Group, Image, Pixels, Polyline, Rect
from mlanimated.draw.text import cap_height, fitted, label
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.glide import glided
from mlanimated.views.moment import Moment
from mlanimated.views.scene import View
from mlanimated.views.source import Source, sources

__all__ = ["Tiles"]

Pictures = NDArray[Any]

NAME = 22.0
"""Room for a name below a tile."""


@dataclass(frozen=True)
class Tiles(View):
    """A grid of small pictures from one array series.

    Attributes:
        series: Shape (n, height, width) or (n, height, width, channels). uint8 is shown as it is; floats are weights: 0 is the middle of
            a diverging map, or grey in three channels; floats without negative values begin at black.
        rescale: "each" stretches each tile over its own range, so that form can be seen; "all" keeps one scale for the
            whole film, so that sizes can be compared.
        most: So many tiles are shown at the most, evenly chosen.
        gap: Room between tiles.
        columns: Tiles in a row; 0 chooses what makes them largest.
        names: A name below each tile, in the order of the series.
        glide: Let floats glide between recorded rows.
        lit: Frame this tile, -1 for none.
    """

    series: str
    _: KW_ONLY
    rescale: Literal["each", "all"] = "each"
    most: int = 64
    gap: float = 6.0
    columns: int = 0
    names: Sequence[str] = ()
    glide: bool = True
    lit: int = -1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rescale not in {"each", "all"}:
            raise MlaError(f"Tiles: rescale is {self.rescale!r}; it is 'each' or 'all'.")

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the tiles with their names."""
        (source,) = sources(moment, self.series, self.run, "Tiles", ("array", "picture"))
        value = self._value(moment, source)
        if value is None or box.width < 4 or box.height < 4:
            return empty(box, "no pictures yet")
        count = len(value)
        chosen = np.unique(np.linspace(0, count - 1, min(count, self.most)).round().astype(int))
        if self.names and len(self.names) != count:
            raise MlaError(f"Tiles: {self.series!r} has {count} pictures, but {len(self.names)} names are given.")
        rows, columns = value.shape[1:3]
        foot = NAME if self.names else 0.0
        across, wide, high = _grid(box, len(chosen), columns / rows, self.gap, foot, self.columns)
        wide, high = _whole(wide, high, columns, rows)
        down = math.ceil(len(chosen) / across)
        left = box.x + (box.width - across * wide - (across - 1) * self.gap) / 2
        top = box.y + (box.height - down * (high + foot) - (down - 1) * self.gap) / 2
        pixels = self._pixels(source, value[chosen])
        drawn: list[Command] = []
        for place, (index, content) in enumerate(zip(chosen.tolist(), pixels, strict=True)):
            x = round(left + (place % across) * (wide + self.gap), 2)
            y = round(top + (place // across) * (high + foot + self.gap), 2)
            smooth = wide < columns or wide % columns != 0
            parts: list[Command] = [Image(0, 0, wide, high, content, smooth=smooth)]
            if index == self.lit:
                parts.append(Polyline((0, 0, wide, 0, wide, high, 0, high), "accent", 3.0, closed=True))
            elif content.map:
                parts.append(Rect(0, 0, wide, high, None, "faint", 1.0))
            if self.names:
                name = fitted(self.names[index], wide + self.gap - 4, 14.0)
                ink: Colour = "accent" if index == self.lit else "muted"
                parts.append(label(wide / 2, high + 6 + cap_height(14), name, 14.0, ink, "middle"))
            drawn.append(Group(tuple(parts), key=f"tile-{index}", x=x, y=y))
        return drawn

    def _value(self, moment: Moment, source: Source) -> Pictures | None:
        """Return the pictures (n, height, width) or (n, height, width, channels), gliding where they are floats."""
        if source.info is None:
            return None
        step = moment.step(source.run)
        value = source.trace.value(source.name, step)
        if value is None:
            return None
        array: Pictures = np.asarray(value)
        if self.glide and array.dtype.kind == "f":
            moved = glided(source.trace, source.name, step, moment.share(source.name, source.run))
            array = array if moved is None else moved
        if array.ndim not in {3, 4} or 0 in array.shape:
            raise MlaError(
                f"Tiles: {self.series!r} has the shape {array.shape}; it should be (n, height, width), or that with channels."
            )
        if array.ndim == 4 and array.shape[3] == 1:
            return array[..., 0]
        return array if array.ndim == 3 or array.shape[3] == 3 else array.mean(axis=3)

    def _pixels(self, source: Source, value: Pictures) -> list[Pixels]:
        """Return the content of each tile."""
        rows, columns = value.shape[1:3]
        coloured = value.ndim == 4
        if value.dtype == np.uint8:
            return [
                Pixels(columns, rows, np.ascontiguousarray(tile).tobytes(), "" if coloured else "grey")
                for tile in value
            ]
        low, high = source.trace.bounds(source.name) or (0.0, 1.0)
        signed = low < 0
        flat = np.nan_to_num(value.astype(np.float64), posinf=0.0, neginf=0.0).reshape(len(value), -1)
        if self.rescale == "each":
            reach = np.abs(flat).max(axis=1, keepdims=True)
        else:
            reach = np.full((len(value), 1), max(abs(low), abs(high)) if math.isfinite(low + high) else 1.0)
        scaled = flat / np.where(reach > 0, reach, 1.0)
        shares = 0.5 + 0.5 * scaled if signed else scaled
        content = np.rint(255 * np.clip(shares, 0, 1)).astype(np.uint8)
        name = "" if coloured else "diverging" if signed else "sequential"
        return [Pixels(columns, rows, tile.tobytes(), name) for tile in content]

    def describe(self, moment: Moment) -> str:
        """Return how many there are."""
        (source,) = sources(moment, self.series, self.run, "Tiles", ("array", "picture"))
        value = self._value(moment, source)
        return (
            "" if value is None else f"{len(value)} pictures of {value.shape[2]}x{value.shape[1]} from {self.series!r}."
        )


def _grid(box: Box, count: int, shape: float, gap: float, foot: float, columns: int) -> tuple[int, float, float]:
    """Return tiles in a row, and the width and height of a tile: the arrangement in which they are largest."""
    best = (1, 1.0, 1.0)
    for across in [columns] if columns else range(1, count + 1):
        down = math.ceil(count / across)
        wide = (box.width - (across - 1) * gap) / across
        high = (box.height - (down - 1) * gap) / down - foot
        high = min(high, wide / shape)
        if high > best[2] or across == columns:
            best = (across, max(1.0, high * shape), max(1.0, high))
    return best


def _whole(wide: float, high: float, columns: int, rows: int) -> tuple[float, float]:
    """Return a size at which each pixel is a square of whole units, where that costs less than a quarter of the room."""
    scale = min(wide / columns, high / rows)
    whole = math.floor(scale)
    return (float(whole * columns), float(whole * rows)) if whole > 0.75 * scale else (round(wide, 2), round(high, 2))
