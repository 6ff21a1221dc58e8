"""A reel as pixels: what the writers of moving pictures share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.frame import Frame, Reel
from mlanimated.render.raster import Raster

__all__ = ["Painted", "Progress", "Quality", "painted"]

Progress = Callable[[int, int], None]
"""Called with the number of frames that are done and the number of all."""

Quality = Literal["draft", "good", "best"]


class Painted(NamedTuple):
    """One picture of a film.

    Attributes:
        number: Number of the frame, from 0.
        pixels: uint8 of shape (height, width, 4), blue, green, red, opaque; painted over by the next picture.
        changed: Whether it differs from the picture before; the first one always does.
    """

    number: int
    pixels: NDArray[np.uint8]
    changed: bool


def painted(reel: Reel, raster: Raster, progress: Progress | None = None, processes: int = 1) -> Iterator[Painted]:
    """Yield each picture of a reel in order; one that repeats the frame before is not painted again.

    Args:
        reel: The film.
        raster: Paints it, in the size and the theme that it was made for.
        progress: Told after each frame has been painted.
        processes: How many paint. With several, a picture may be called changed that is the same as the one before.

    Raises:
        MlaError: With several processes: the film cannot be sent to another one.
    """
    if processes > 1:
        yield from _together(reel, raster, progress, processes)
        return
    before: Frame | None = None
    pixels: NDArray[np.uint8] | None = None
    for number, frame in enumerate(reel.frames()):
        changed = pixels is None or (frame is not before and frame != before)
        if changed:
            pixels = raster.paint(frame)
        before = frame
        assert pixels is not None
        if progress is not None:
            progress(number + 1, reel.count)
        yield Painted(number, pixels, changed)


def _together(reel: Reel, raster: Raster, progress: Progress | None, processes: int) -> Iterator[Painted]:
    """Yield each picture, painted by several processes."""
    from mlanimated.render.apart import painted_apart

    for stretch in painted_apart(reel, raster, processes):
        shown = -1
        for number, place in enumerate(stretch.which, stretch.start):
            if progress is not None:
                progress(number + 1, reel.count)
            yield Painted(number, stretch.pixels[place], place != shown)
            shown = place
