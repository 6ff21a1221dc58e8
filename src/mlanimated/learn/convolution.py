"""Convolution: a small filter slides over a picture; at each place products are added up (chapter 6). Max pooling takes the largest.

What deep learning calls convolution is a cross-correlation: the filter is not turned around; so does `torch.nn.functional.conv2d`.

Recorded: `picture` (height, width), `filter` (size, size) unless it pools, `place` (2,), row and column of the output cell, `window`
(size, size), what the filter lies on, zeros of the padding among it; `products` (size, size), `sum`, and `output`, not a number
where nothing stands yet. Each place takes two steps: at the first the products are there, at the second their sum is in the output.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.errors import MlaError
from mlanimated.learn.seeding import generator
from mlanimated.learn.words import number
from mlanimated.trace import Recorder

__all__ = ["Args", "Filter", "Padding", "Pool", "Seed", "Size", "Stride", "output_size", "slid", "train"]

Table = NDArray[np.float64]


Size = Annotated[int, Meta(ge=2, le=8, description="Rows and columns of the picture.")]
Filter = Annotated[int, Meta(ge=1, le=4, description="Rows and columns of the filter.")]
Stride = Annotated[int, Meta(ge=1, le=4, description="Cells that it moves on by.")]
Padding = Annotated[int, Meta(ge=0, le=3, description="Rows of zeros set around the picture.")]
Pool = Annotated[bool, Meta(description="Take the largest number instead of adding up products.")]
Seed = Annotated[int, Meta(ge=0, le=2**32 - 1, description="Draws picture and filter, in whole numbers.")]


class Args(Struct, frozen=True, kw_only=True):
    """The picture, the filter, and how it slides."""

    picture_size: Size = 3
    filter: Filter = 3
    stride: Stride = 1
    padding: Padding = 1
    pool: Pool = False
    seed: Seed = 0


def output_size(args: Args) -> int:
    """Return how many rows and columns the output has.

    Raises:
        MlaError: The filter does not fit into the picture, or the padding is as wide as the filter.
    """
    left = args.picture_size + 2 * args.padding - args.filter
    if left < 0:
        raise MlaError(
            f"A filter of {args.filter}x{args.filter} does not fit into {args.picture_size}x{args.picture_size}: "
            "take a larger picture or more padding."
        )
    if args.padding and args.padding >= args.filter:
        raise MlaError(
            f"padding is {args.padding}; below the filter's {args.filter} it is, else the filter would see zeros alone."
        )
    return left // args.stride + 1


def slid(picture: Table, weights: Table | None, args: Args) -> list[tuple[Table, Table]]:
    """Return for each place, row by row, what the filter lies on and the products; both (filter, filter).

    Args:
        picture: (size, size).
        weights: The filter (filter, filter); None to pool: the products then are the numbers themselves.
        args: Stride and padding. Where it pools, the padding counts as minus infinity, as in PyTorch.
    """
    around = -np.inf if weights is None else 0.0
    padded = np.pad(picture, args.padding, constant_values=around)
    found: list[tuple[Table, Table]] = []
    for row in range(output_size(args)):
        for column in range(output_size(args)):
            top, left = row * args.stride, column * args.stride
            window = padded[top : top + args.filter, left : left + args.filter]
            found.append((window, window if weights is None else window * weights))
    return found


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> Table:
    """Record the filter's way over the picture, and return the output.

    Args:
        args: Picture, filter, and how it slides.
        recorder: Takes the series and events.
        resume: Not used: nothing is learned.
    """
    del resume
    random = generator(args.seed)
    picture = random.integers(0, 5 if not args.pool else 10, (args.picture_size, args.picture_size)).astype(np.float64)
    weights = None if args.pool else random.integers(-1, 3, (args.filter, args.filter)).astype(np.float64)
    side = output_size(args)
    output = np.full((side, side), np.nan)
    places = slid(picture, weights, args)
    fixed = {"picture": picture} | ({} if weights is None else {"filter": weights})
    row: dict[str, Any] = {}
    for index, (window, products) in enumerate(places):
        cell = divmod(index, side)
        value = float(products.max() if weights is None else products.sum())
        row = {**fixed, "place": np.array(cell), "window": window, "products": products, "sum": value}
        recorder.log({**row, "output": output.copy()}, step=2 * index)
        output[cell] = value
        recorder.log({**row, "output": output.copy()}, step=2 * index + 1)
        for name, text in _news(args, index, cell, value, side):
            recorder.event(name, text, step=2 * index + (index > 0))
        recorder.tick(2 * index)
    recorder.log({**row, "output": output.copy()}, step=2 * len(places))
    recorder.event("result", _result(args, side), step=2 * len(places))
    return output


def _news(args: Args, index: int, cell: tuple[int, int], value: float, side: int) -> list[tuple[str, str]]:
    """Return what is said at a place."""
    if index == 0:
        what = (
            "The largest number under the window"
            if args.pool
            else "The filter lies on the first corner: each number times its weight, all added up,"
        )
        zeros = " Outside of the picture there are zeros." if args.padding and not args.pool else ""
        return [("first place", f"{what} is the first number of the output, {number(value)}.{zeros}")]
    if index == 1 and side > 1:
        moved = "one column" if args.stride == 1 else f"{args.stride} columns"
        return [("moves on", f"It moves on by {moved}. What it gives stands one cell further, in the same row.")]
    if cell == (1, 0):
        moved = "one row" if args.stride == 1 else f"{args.stride} rows"
        return [
            ("next row", f"At the end of a row it goes back, {moved} further down: so does the output, by one row.")
        ]
    return []


def _result(args: Args, side: int) -> str:
    """Return the last sentence."""
    if args.pool:
        became = f"{args.picture_size}x{args.picture_size} numbers have become {side}x{side}"
        return f"{became}: of each window the largest is kept, where it was is forgotten."
    if side == args.picture_size:
        zeros = f"{args.padding} row{'s' if args.padding > 1 else ''} of zeros"
        return f"With {zeros} around it, the output is as large as the picture: {side}x{side}."
    return f"The output has {side}x{side} numbers: one for each place where the filter has lain, in the same order."
