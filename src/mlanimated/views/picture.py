"""Picture: a recorded picture, shown crisp at a whole-number scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command, Group, Image, Pixels
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.moment import Moment
from mlanimated.views.scene import View
from mlanimated.views.source import sources

__all__ = ["Picture", "pixels_of", "placed"]


@dataclass(frozen=True)
class Picture(View):
    """A recorded picture: a game's screen, an input of a network.

    Each of its pixels is a square of a whole number of units where it fits at all, so that it stays crisp; a picture
    larger than its box is shrunk. Between two recorded pictures the earlier one is shown.

        Picture("env/frame")

    Attributes:
        series: A picture series, uint8 (height, width), (height, width, 3) or (height, width, 1 or 4), or a float array of such
            a shape, its values 0..1.
        map: Colour map of a picture without colours.
        fill: Fill the box, at any scale.
        smooth: Mix neighbouring pixels: for photographs.
    """

    series: str
    map: str = "grey"
    fill: bool = False
    smooth: bool = False

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the picture as an image in the middle of the box."""
        (source,) = sources(moment, self.series, self.run, "Picture", ("picture", "array"))
        value = source.trace.value(source.name, moment.step(source.run)) if source.info else None
        if value is None:
            return empty(box, "no picture yet")
        pixels = pixels_of(value, self.map, source.name)
        place, exact = placed(pixels.columns, pixels.rows, box, fill=self.fill)
        if place.width <= 0 or place.height <= 0:
            return ()
        if place.width * 2 < pixels.columns:
            pixels = _reduced(pixels, math.floor(pixels.columns / place.width / 2))
        image = Image(*place, pixels, smooth=self.smooth or not exact)
        return (Group((image,), key="picture"),)

    def describe(self, moment: Moment) -> str:
        """Say which step's picture is shown."""
        (source,) = sources(moment, self.series, self.run, "Picture", ("picture", "array"))
        step = moment.step(source.run)
        if source.info is None or source.trace.value(source.name, step) is None:
            return ""
        return f"The picture {source.name!r} of step {source.trace.around(source.name, step).before_step}."


def placed(columns: int, rows: int, box: Box, *, fill: bool = False) -> tuple[Box, bool]:
    """Return where a picture stands in the middle of a box, and whether its pixels are squares of whole units.

    Args:
        columns: Its width in pixels.
        rows: Its height in pixels.
        box: The room.
        fill: Use any scale.
    """
    scale = min(box.width / columns, box.height / rows)
    exact = scale >= 1.0 and not fill
    if exact:
        scale = math.floor(scale)
    width, height = columns * scale, rows * scale
    place = Box(
        round(box.x + (box.width - width) / 2),
        round(box.y + (box.height - height) / 2),
        round(width, 2),
        round(height, 2),
    )
    return place, exact or scale >= 1.0


def pixels_of(value: Any, colour_map: str, name: str) -> Pixels:
    """Return an array as the content of an image.

    Args:
        value: uint8, or floats 0..1; (height, width) or (height, width, 1, 3 or 4), the fourth channel being left out.
        colour_map: The map of a picture without colours.
        name: Name of the series, for errors.

    Raises:
        MlaError: The array is no picture.
    """
    array: NDArray[Any] = np.asarray(value)
    if array.ndim not in (2, 3) or 0 in array.shape or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise MlaError(
            f"Picture: {name!r} has the shape {array.shape}; a picture is (height, width) or (height, width, 3)."
            " HeatMap draws other arrays."
        )
    if array.dtype == np.bool_:
        array = array.astype(np.uint8) * 255
    elif array.dtype != np.uint8:
        array = np.round(np.clip(np.nan_to_num(array.astype(np.float64)), 0, 1) * 255).astype(np.uint8)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    rows, columns = array.shape[:2]
    if array.ndim == 2:
        return Pixels(columns, rows, np.ascontiguousarray(array).tobytes(), colour_map)
    return Pixels(columns, rows, np.ascontiguousarray(array[:, :, :3]).tobytes())


def _reduced(pixels: Pixels, factor: int) -> Pixels:
    """Return a picture with means of factor x factor pixels: painters do not average what they shrink."""
    factor = min(factor, pixels.rows, pixels.columns)
    if factor < 2:
        return pixels
    rows, columns = pixels.rows // factor, pixels.columns // factor
    array = np.frombuffer(pixels.data, dtype=np.uint8).reshape(pixels.rows, pixels.columns, -1)
    blocks = array[: rows * factor, : columns * factor].reshape(rows, factor, columns, factor, -1)
    small = blocks.mean(axis=(1, 3)).round().astype(np.uint8)
    return Pixels(columns, rows, small.tobytes(), pixels.map)
