"""Indexed colour: one palette for a whole film, and the quickest way from a picture to its numbers.

Films are flat colours, edges and a few colour maps. A film of at most 255 colours keeps them all. Otherwise the colours that
fill areas are kept exactly, and the rest of the palette is shared by median cut among what remains, which are
the edges between areas. No dithering: it would flicker and swell the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST", "Indexed", "packed"]

MOST = 255
"""Colours in a palette; one number is left for "as before"."""

FLAT_SHARE = 2e-4
"""A colour that fills this share of the sampled pictures is kept exactly."""

FLAT_MOST = 160
"""So many colours are kept exactly at the most."""

KNOWN_MOST = 40_000
"""So many sampled colours get their own nearest entry; rarer ones go by the coarse table."""

WEIGHTS = np.array([0.8, 1.0, 0.6], np.float32)
"""How much a difference in red, green and blue counts: the eye is keenest in green."""


def packed(pixels: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return pictures as one number a pixel, 0xRRGGBB.

    Args:
        pixels: uint8 of shape (height, width, 4): blue, green, red, 255, contiguous.
    """
    return pixels.view(np.uint32)[..., 0] & np.uint32(0xFFFFFF)


class Indexed:
    """A palette, and for each of the 2^24 colours the number of the entry that stands for it.

    Attributes:
        palette: uint8 of shape (at most 255, 3): red, green, blue.
        exact: Whether every sampled colour has its own entry.
    """

    def __init__(self, palette: NDArray[np.uint8], *, exact: bool, known: NDArray[np.uint32]) -> None:
        """Build the table.

        Args:
            palette: uint8 of shape (n, 3), n from 1 to 255.
            exact: Whether `known` are exactly the palette's colours.
            known: Colours, 0xRRGGBB, that must get the nearest entry and not merely a near one.
        """
        self.palette = palette
        self.exact = exact
        # Thirty-two levels a channel: every colour gets the entry nearest to the middle of its cell …
        level = np.arange(4, 256, 8, dtype=np.uint32)
        cells = (level[:, None, None] << 16) | (level[None, :, None] << 8) | level[None, None, :]
        coarse = _nearest(cells.astype(np.uint32).ravel(), palette).reshape(32, 32, 32)
        table = np.broadcast_to(coarse[:, None, :, None, :, None], (32, 8, 32, 8, 32, 8)).reshape(-1)
        # … and the colours that have been seen get their own.
        table[known] = _nearest(known, palette)
        self._table = table

    @classmethod
    def of(cls, pictures: Iterable[NDArray[np.uint32]]) -> Self:
        """Choose the palette from a sample of a film's pictures, each of packed colours."""
        colours, counts = _counted(pictures)
        if len(colours) <= MOST:
            return cls(_split(colours), exact=True, known=colours)
        order = np.argsort(-counts, kind="stable")
        colours, counts = colours[order], counts[order]
        flat = min(FLAT_MOST, int(np.count_nonzero(counts >= FLAT_SHARE * counts.sum())))
        palette = np.concatenate((_split(colours[:flat]), _median_cut(colours[flat:], counts[flat:], MOST - flat)))
        return cls(palette, exact=False, known=colours[:KNOWN_MOST])

    def numbers(self, picture: NDArray[np.uint32]) -> NDArray[np.uint8]:
        """Return the entry of each pixel of a picture of packed colours."""
        return self._table.take(picture)


def _counted(pictures: Iterable[NDArray[np.uint32]]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return the distinct colours of all pictures, ascending, and how often each occurs; of a repeated part only once."""
    found: list[tuple[NDArray[np.uint32], NDArray[np.int64]]] = []
    before: NDArray[np.uint32] | None = None
    for picture in pictures:
        fresh = picture.ravel() if before is None else picture[picture != before]
        before = picture
        found.append(np.unique(fresh, return_counts=True))
    every = np.concatenate([colours for colours, _ in found])
    colours, where = np.unique(every, return_inverse=True)
    counts = np.bincount(where, np.concatenate([counts for _, counts in found]), len(colours))
    return colours.astype(np.uint32), counts.astype(np.int64)


def _split(colours: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Return packed colours as uint8 of shape (n, 3)."""
    return np.stack([colours >> 16, colours >> 8, colours], axis=-1).astype(np.uint8)


def _median_cut(colours: NDArray[np.uint32], counts: NDArray[np.int64], most: int) -> NDArray[np.uint8]:
    """Return at most `most` colours that stand for the given ones; a colour counts by the root of how often it occurs."""
    from PIL import Image

    weights = np.minimum(np.ceil(np.sqrt(counts)), 64).astype(np.int64)
    line = np.repeat(_split(colours), weights, axis=0)
    picture = Image.fromarray(line[None])
    reduced = picture.quantize(colors=most, method=Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE)
    entries = reduced.getpalette() or []
    return np.array(entries, np.uint8).reshape(-1, 3)[:most]


def _nearest(colours: NDArray[np.uint32], palette: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return for each packed colour the number of the nearest entry."""
    entries = palette.astype(np.float32) * WEIGHTS
    half_squares = (entries**2).sum(axis=1) / 2
    numbers = np.empty(len(colours), np.uint8)
    for start in range(0, len(colours), 8192):
        part = _split(colours[start : start + 8192]).astype(np.float32) * WEIGHTS
        numbers[start : start + 8192] = np.argmin(half_squares - part @ entries.T, axis=1)
    return numbers
