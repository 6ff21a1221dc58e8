"""GIF: a film that plays anywhere, forever, in 256 colours.

One palette serves the whole film. A picture stores only the smallest rectangle that holds what changed, and within it
what did not change is transparent; a picture that repeats the one before only lengthens its delay.

The layout is that of the GIF89a specification (CompuServe, 1990) with the NETSCAPE2.0 block, which makes it loop.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.frame import Reel
from mlanimated.errors import MlaError
from mlanimated.render.atomic import replacing
from mlanimated.render.indexed import MOST, Indexed, packed
from mlanimated.render.painted import Progress, painted
from mlanimated.render.raster import Raster

__all__ = ["write_gif"]

SAMPLES = 20
"""Pictures of the film from which the palette is chosen."""

UNCHANGED = MOST
"""The number that is transparent: the picture before shows through."""

LONGEST_DELAY = 0xFFFF


def write_gif(
    reel: Reel,
    path: Path,
    *,
    theme: str = "light",
    scale: float = 1.0,
    progress: Progress | None = None,
    processes: int = 1,
) -> None:
    """Write a film as a GIF that loops.

    A delay is a whole number of hundredths of a second. A rate that does not divide 100 gives delays that differ by one, so that
    the film as a whole keeps its time; 25 and 20 frames a second are even.

    Args:
        reel: The film, at 1 to 50 frames a second: browsers slow down anything quicker.
        path: Where it goes; what stood there stays until the new one is whole.
        theme: "light" or "dark".
        scale: Pixels per scene unit.
        progress: Told how many frames are done, of how many.
        processes: How many paint; the file is the same, byte for byte.

    Raises:
        MlaError: The rate or the size is one that a GIF cannot have, or the file cannot be written.
    """
    if not 1 <= reel.fps <= 50:
        raise MlaError(f"A GIF shows 1 to 50 frames a second, not {reel.fps:g}; 25 is a good rate.")
    raster = Raster(reel.width, reel.height, scale, theme)
    if max(raster.width, raster.height) > 0xFFFF:
        raise MlaError(f"A GIF is at most 65535 pixels wide and high, not {raster.width}x{raster.height}.")
    indexed = Indexed.of(_sampled(reel, raster))
    with replacing(path) as part, part.open("wb") as file:
        _write_head(file, reel, raster, indexed)
        pending: bytes | None = None
        shown = 0
        for start, image in _images(reel, raster, indexed, progress, processes):
            if pending is not None:
                _write_image(file, pending, start - shown)
            pending, shown = image, start
        if pending is not None:
            _write_image(file, pending, _hundredths(reel, reel.count) - shown)
        file.write(b";")


def _sampled(reel: Reel, raster: Raster) -> Iterator[NDArray[np.uint32]]:
    """Yield pictures spread evenly over the film, the first and the last among them."""
    for time in np.linspace(0.0, reel.seconds, min(SAMPLES, reel.count)):
        yield packed(raster.paint(reel.frame(float(time))))


def _hundredths(reel: Reel, number: int) -> int:
    """Return when a frame appears, in hundredths of a second."""
    return round(number * 100 / reel.fps)


def _images(
    reel: Reel, raster: Raster, indexed: Indexed, progress: Progress | None, processes: int
) -> Iterator[tuple[int, bytes]]:
    """Yield for each picture that differs from the one before when it appears and the block that changes it."""
    shown: NDArray[np.uint32] | None = None
    numbers = np.empty((0, 0), np.uint8)
    for picture in painted(reel, raster, progress, processes):
        if not picture.changed:
            continue
        colours = packed(picture.pixels)
        if shown is None:
            numbers = indexed.numbers(colours)
            yield 0, _block(numbers, 0, 0)
        else:
            box = _changed_box(colours != shown)
            if box is None:
                continue
            fresh = indexed.numbers(colours[box])
            same = fresh == numbers[box]
            if same.all():
                continue
            top, left = box[0].start, box[1].start
            yield _hundredths(reel, picture.number), _block(np.where(same, np.uint8(UNCHANGED), fresh), left, top)
            numbers[box] = fresh
        shown = colours


def _changed_box(changed: NDArray[np.bool_]) -> tuple[slice, slice] | None:
    """Return rows and columns of the smallest rectangle that holds every change; None where nothing changed."""
    rows = np.flatnonzero(changed.any(axis=1))
    if not len(rows):
        return None
    columns = np.flatnonzero(changed[rows[0] : rows[-1] + 1].any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _write_head(file: BinaryIO, reel: Reel, raster: Raster, indexed: Indexed) -> None:
    """Write size, palette, the loop and what made the film."""
    palette = np.zeros((256, 3), np.uint8)
    palette[: len(indexed.palette)] = indexed.palette
    file.write(b"GIF89a" + struct.pack("<HHBBB", raster.width, raster.height, 0xF7, 0, 0) + palette.tobytes())
    file.write(b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00")
    if reel.provenance:
        comment = json.dumps(dict(reel.provenance)).encode("ascii")
        pieces = [comment[at : at + 255] for at in range(0, len(comment), 255)]
        file.write(b"!\xfe" + b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\x00")


def _block(numbers: NDArray[np.uint8], left: int, top: int) -> bytes:
    """Return one image block: where it stands and its pixels, packed by LZW."""
    from PIL import Image

    height, width = numbers.shape
    image = Image.frombuffer("P", (width, height), np.ascontiguousarray(numbers), "raw", "P", 0, 1)
    pixels = image.tobytes("gif", "P", 8, 0)
    return b"," + struct.pack("<HHHHB", left, top, width, height, 0) + b"\x08" + pixels + b"\x00"


def _write_image(file: BinaryIO, image: bytes, delay: int) -> None:
    """Write an image block with its delay in hundredths of a second; empty ones prolong it past the longest delay."""
    while True:
        now = min(delay, LONGEST_DELAY)
        file.write(b"!\xf9\x04" + struct.pack("<BHB", 0x05, now, UNCHANGED) + b"\x00" + image)
        delay -= now
        if delay <= 0:
            return
        image = _block(np.full((1, 1), UNCHANGED, np.uint8), 0, 0)
