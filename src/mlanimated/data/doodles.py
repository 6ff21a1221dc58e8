"""Doodles: pictures of CIFAR-10's ten classes, drawn by a program, so that a network can be shown learning without a download.

    doodles = draw_doodles(6000, seed=1)
    doodles.pictures        # uint8 (6000, 32, 32, 3)

They are drawings and are named so wherever they are shown. Each is drawn in a pose, size, place, tilt and colour of its own, over a
ground with other things in it, in part behind something, with noise. Colours of objects and grounds come from the same
choice for every class, so that a colour tells nothing; mirrored, tilted and moved, an object covers no pixel for certain.

`VERSION` names the generator. It was settled before any model was trained on what it draws, and a change of what is drawn counts it up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mlanimated.data import doodle_animals as animals
from mlanimated.data import doodle_vehicles as vehicles
from mlanimated.data.doodle_pen import Colour, Pen, luminance
from mlanimated.data.images import CLASSES, Images
from mlanimated.errors import MlaError, did_you_mean
from mlanimated.render.outlines import library

__all__ = ["SIZE", "VERSION", "draw_doodles"]

VERSION = 1
SIZE = 32
NUMBERS = 256
"""Random numbers that are kept ready for a picture; a doodle takes about half as many."""
SIDE = 16
"""So many pictures are drawn side by side, and so many rows of them, before their pixels are read."""
APART = 0.25
"""Object and ground differ in lightness by so much at least, where ten tries find two colours that do."""

_DRAW: dict[str, Callable[[Pen, Colour, Colour], None]] = {
    "airplane": vehicles.airplane,
    "automobile": vehicles.automobile,
    "bird": animals.bird,
    "cat": animals.cat,
    "deer": animals.deer,
    "dog": animals.dog,
    "frog": animals.frog,
    "horse": animals.horse,
    "ship": vehicles.ship,
    "truck": vehicles.truck,
}


@lru_cache(maxsize=8)
def draw_doodles(count: int, seed: int = 0, classes: tuple[str, ...] = CLASSES) -> Images:
    """Return so many doodles; the classes take turns, so that they are equally many.

    The first ones of a larger number are the same. The last answers are kept: ask again at no cost.

    Args:
        count: How many pictures, 1 or more.
        seed: Draws everything.
        classes: Which classes, in the order of their labels.

    Returns:
        Pictures uint8 (count, 32, 32, 3) that cannot be written to, labels int64 (count,) from 0.

    Raises:
        MlaError: The number is below 1, or there is no such class.
    """
    if count < 1:
        raise MlaError(f"{count} doodles cannot be drawn; ask for 1 or more.")
    for name in classes:
        if name not in _DRAW:
            raise MlaError(f"There is no doodle of class {name!r}.{did_you_mean(name, _DRAW)}")
    labels: NDArray[np.int64] = np.arange(count) % len(classes)
    random, dust = (np.random.default_rng([VERSION, seed, stream]) for stream in (0, 1))
    pictures = np.empty((count, SIZE, SIZE, 3), np.uint8)
    for start in range(0, count, SIDE * SIDE):
        part = slice(start, min(count, start + SIDE * SIDE))
        some = [classes[index % len(classes)] for index in range(count)[part]]
        pictures[part] = _noisy(_drawn(some, random.random((len(some), NUMBERS))), dust)
    labels.setflags(write=False)
    pictures.setflags(write=False)
    return Images(pictures, labels, tuple(classes), f"doodles {VERSION}, drawn")


def _drawn(names: Sequence[str], numbers: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return drawings without noise, uint8 (n, 32, 32, 3), from random numbers (n, NUMBERS)."""
    skia = library()
    rows = -(-len(names) // SIDE)
    pixels = np.zeros((rows * SIZE, SIDE * SIZE, 4), np.uint8)
    surface = skia.Surface.MakeRasterDirect(
        skia.ImageInfo.Make(
            SIDE * SIZE, rows * SIZE, skia.ColorType.kRGBA_8888_ColorType, skia.AlphaType.kPremul_AlphaType
        ),
        pixels,
        SIDE * SIZE * 4,
    )
    canvas = surface.getCanvas()
    pen = Pen(canvas)
    half = SIZE / 2
    for index, name in enumerate(names):
        pen.take(numbers[index].tolist())
        canvas.save()
        canvas.translate((index % SIDE) * SIZE, (index // SIDE) * SIZE)
        canvas.clipRect(skia.Rect(0, 0, SIZE, SIZE))
        canvas.translate(half, half)
        canvas.scale(half, half)
        _picture(pen, name)
        canvas.restore()
    grid = pixels.reshape(rows, SIZE, SIDE, SIZE, 4)[..., :3].swapaxes(1, 2)
    return grid.reshape(rows * SIDE, SIZE, SIZE, 3)[: len(names)]


def _picture(pen: Pen, name: str) -> None:
    """Draw one doodle: ground, what stands about, the object, and now and then something before it."""
    ground = _ground(pen)
    coat = _apart(pen, ground)
    second = _apart(pen, luminance(coat))
    for _ in range(pen.pick(4)):
        _thing(pen, pen.colour(), 0.5)
    canvas = pen.canvas
    canvas.save()
    canvas.translate(pen.between(-0.22, 0.22), pen.between(-0.22, 0.22))
    canvas.rotate(pen.between(-24, 24))
    canvas.skew(pen.between(-0.18, 0.18), 0.0)
    size = pen.between(0.74, 1.1)
    canvas.scale(size * (-1 if pen.chance(0.5) else 1), size * pen.between(0.85, 1.15))
    _DRAW[name](pen, coat, second)
    canvas.restore()
    if pen.chance(0.3):
        _thing(pen, pen.colour(), 0.22)


def _ground(pen: Pen) -> float:
    """Draw what is behind all: one colour, one above another, or bands that go over into each other. Return its lightness."""
    above, below = pen.colour(), pen.colour()
    kind = pen.pick(3)
    pen.box(-1, -1, 1, 1, above)
    if kind == 1:
        level, tilt = pen.between(-0.3, 0.7), pen.between(-0.25, 0.25)
        pen.shape(((-1, level - tilt), (1, level + tilt), (1, 1), (-1, 1)), below)
    elif kind == 2:
        for index in range(1, 8):
            share = index / 7
            mixed = tuple(a + (b - a) * share for a, b in zip(above, below, strict=True))
            pen.box(-1, -1 + index / 4, 1, 1, (mixed[0], mixed[1], mixed[2]))
    return luminance(above) if kind == 0 else (luminance(above) + luminance(below)) / 2


def _apart(pen: Pen, ground: float) -> Colour:
    """Return a colour that is lighter or darker than a lightness."""
    colour = pen.colour()
    for _ in range(10):
        if abs(luminance(colour) - ground) >= APART:
            break
        colour = pen.colour()
    return colour


def _thing(pen: Pen, colour: Colour, size: float) -> None:
    """Draw something that belongs to no class: a blob, a block, a wedge or a stick."""
    x, y, reach = pen.between(-1, 1), pen.between(-1, 1), pen.between(0.3, 1.0) * size
    kind = pen.pick(4)
    if kind == 0:
        pen.oval(x, y, reach, reach * pen.between(0.3, 1.0), colour, pen.between(0, 180))
    elif kind == 1:
        pen.box(x - reach, y - reach * 0.6, x + reach, y + reach * 0.6, colour)
    elif kind == 2:
        corners = [(x + pen.between(-1.4, 1.4) * reach, y + pen.between(-1.4, 1.4) * reach) for _ in range(3)]
        pen.shape(corners, colour)
    else:
        far = (x + pen.between(-1.5, 1.5), y + pen.between(-1.5, 1.5))
        pen.line(((x, y), far), pen.between(0.03, 0.14), colour)


def _noisy(pictures: NDArray[np.uint8], dust: np.random.Generator) -> NDArray[np.uint8]:
    """Return pictures in another light each, with noise of another strength each (deviation up to 23 of 255)."""
    count = len(pictures)
    full = (SIDE * SIDE, *pictures.shape[1:])  # drawn for a full sheet always, so that more pictures begin like fewer
    level, contrast, light = dust.random((3, full[0], 1, 1, 1), dtype=np.float32)[:, :count]
    noise = dust.standard_normal(full, dtype=np.float32)[:count]
    seen = (pictures.astype(np.float32) - 128) * (0.65 + 0.45 * contrast) + 128 + 50 * (light - 0.5)
    return np.clip(np.rint(seen + noise * (3 + 20 * level)), 0, 255).astype(np.uint8)
