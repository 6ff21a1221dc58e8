"""Legend: which colour is what, in rows of swatches; and labels that are moved apart until none covers another."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Colour, Command, Group, Polyline, Rect
from mlanimated.draw.text import cap_height, fitted, label, width

__all__ = ["Entry", "legend", "legend_height", "spread"]

SIZE = 16.0
LINE = 24.0
SWATCH = 22.0
BETWEEN = 24.0

Mark = Literal["line", "dot", "square"]


class Entry(NamedTuple):
    """One line of a legend: a colour and what it stands for."""

    text: str
    colour: Colour


def _rows(entries: Sequence[Entry], room: float) -> list[list[tuple[float, Entry]]]:
    """Return the entries in rows, each with its distance from the left."""
    rows: list[list[tuple[float, Entry]]] = [[]]
    x = 0.0
    for entry in entries:
        text = fitted(entry.text, max(20.0, room - SWATCH), SIZE)
        length = SWATCH + width(text, SIZE)
        if rows[-1] and x + length > room:
            rows.append([])
            x = 0.0
        rows[-1].append((x, Entry(text, entry.colour)))
        x += length + BETWEEN
    return rows


def legend_height(entries: tuple[Entry, ...], room: float) -> float:
    """Return how high the legend is in a width of `room`."""
    return LINE * len(_rows(entries, room)) if entries else 0.0


@lru_cache(maxsize=256)
def legend(entries: tuple[Entry, ...], box: Box, mark: Mark = "line") -> Group:
    """Return a legend in rows from the upper left corner of a box.

    Args:
        entries: Colours and words, in order.
        box: Where it stands; its width alone bounds it.
        mark: What the swatch looks like: as the data does.
    """
    commands: list[Command] = []
    for index, row in enumerate(_rows(entries, box.width)):
        middle = box.y + LINE * index + LINE / 2
        for offset, entry in row:
            x = box.x + offset
            if mark == "line":
                commands.append(Polyline((x, middle, x + 14, middle), entry.colour, 3.0))
            elif mark == "dot":
                commands.append(Circle(x + 7, middle, 5.5, entry.colour))
            else:
                commands.append(Rect(x, middle - 7, 14, 14, entry.colour, radius=3))
            commands.append(label(x + SWATCH, middle + cap_height(SIZE) / 2, entry.text, SIZE, "ink"))
    return Group(tuple(commands), key="legend")


def spread(wanted: Sequence[float], height: float, low: float, high: float) -> list[float]:
    """Return places as near as can be to the wanted ones, at least `height` apart and within bounds.

    Least squares under an order (pool adjacent violators; Barlow et al., 1972), then pushed into the bounds. The order is
    that of the wanted places, ties by their index. Where there is no room for all, they share it evenly.

    Args:
        wanted: The middles that the labels would like.
        height: What each takes.
        low: Least middle allowed.
        high: Largest middle allowed.
    """
    count = len(wanted)
    if not count:
        return []
    height = min(height, (high - low) / (count - 1)) if count > 1 else height
    order = sorted(range(count), key=lambda index: (wanted[index], index))
    # Less the room that those before take, "at least `height` apart" becomes "not falling".
    pools: list[tuple[float, int]] = []
    for rank, index in enumerate(order):
        total, size = wanted[index] - rank * height, 1
        while pools and pools[-1][0] / pools[-1][1] > total / size:
            before, many = pools.pop()
            total, size = total + before, size + many
        pools.append((total, size))
    flat = [total / size for total, size in pools for _ in range(size)]
    top = high - (count - 1) * height
    placed = [0.0] * count
    for rank, index in enumerate(order):
        placed[index] = min(top, max(low, flat[rank])) + rank * height
    return placed
