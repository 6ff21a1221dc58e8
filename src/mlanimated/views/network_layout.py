"""Where the parts of a network's picture stand. It depends on sizes and names alone, so that nothing moves during a film."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple

from mlanimated.draw.box import Box
from mlanimated.draw.text import width
from mlanimated.views.marks import overlaps

__all__ = ["Layer", "Layout", "layout", "numbers_at"]

LEAST_SPACING = 24.0
MOST_ROWS = 20
LARGEST = 54.0


class Layer(NamedTuple):
    """A column of neurons.

    Attributes:
        x: Middle of the column.
        ys: Middle of each place.
        neurons: Which neuron stands at each place; None for the dots that stand for those left out.
        radius: Of each neuron.
        hidden: How many neurons are left out.
    """

    x: float
    ys: tuple[float, ...]
    neurons: tuple[int | None, ...]
    radius: float
    hidden: int


class Layout(NamedTuple):
    """A network's picture.

    Attributes:
        layers: The columns.
        bias: Where the constant 1 stands that the bias of a single neuron multiplies; None where biases are dots.
        names: Where names stand, seen from the neurons.
        name_room: Width of a name.
        name_size: Type size of names.
        single_size: Type size of the number on a connection that is alone.
        thick: Largest width of a line among many.
        thickest: Largest width of a line that is alone.
    """

    layers: tuple[Layer, ...]
    bias: tuple[float, float] | None
    names: Literal["inside", "above", "beside"]
    name_room: float
    name_size: float
    single_size: float
    thick: float
    thickest: float


@lru_cache(maxsize=256)
def layout(
    box: Box,
    sizes: tuple[int, ...],
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    biased: bool,
    filled: bool = False,
) -> Layout:
    """Place the neurons of a network.

    Args:
        box: Room for the picture.
        sizes: Neurons of each layer.
        inputs: Names of the first layer's neurons, or none.
        outputs: Names of the last layer's neurons, or none.
        biased: The first neurons after the inputs have biases.
        filled: Neurons show their activations, so that no name can stand in them.
    """
    above = sizes[0] == 1 and sizes[-1] == 1 and bool(inputs or outputs)
    name_size = 18.0 if box.width >= 480 and max(sizes) <= 10 else 14.0
    # Widths are rounded: a little to spare, so that a name fits into its own.
    longest = max([0.0, *(width(name, name_size) + 1 for name in (*inputs, *outputs))])
    room = min(0.24 * box.width, longest)
    bias_node = biased and sizes[:2] == (1, 1)
    folded = any(_shown(size, box.height)[1] for size in sizes)
    tall = box.height - (24.0 if folded else 0.0)
    # One neuron, or one and its bias, has more height to itself than a column of them.
    part = 0.22 if max(sizes) == 1 else 0.15
    biggest = min(LARGEST, 0.075 * box.width + 6, part * tall)
    inside = above and not filled and max(sizes) == 1 and longest <= 1.8 * biggest
    head = 26.0 if above and not inside else 0.0
    top, tall = box.y + head, tall - head
    rows = [(*_shown(size, tall), size) for size in sizes]
    slots = [len(shown) + (1 if bias_node and index == 0 else 0) for index, (shown, _, _) in enumerate(rows)]
    largest = min(LARGEST, 0.075 * box.width + 6, part * tall)
    among = min([largest, *(max(6.0, 0.34 * tall / count) for count in slots if count > 1 and max(sizes) > 1)])
    radii = [round(among if count > 1 else min(largest, max(1.5 * among, 16.0)), 2) for count in slots]
    if bias_node:
        radii[0] = radii[1]
    left = radii[0] + 4 + (0.0 if above or not inputs else room + 12)
    right = radii[-1] + 4 + (0.0 if above or not outputs else room + 12)
    if above and not inside:
        room = longest
        left, right = max(left, room / 2), max(right, room / 2)
    stretch = max(1.0, box.width - left - right)
    # Few layers need not be pulled apart over the whole width.
    wide = min(stretch, (len(sizes) - 1) * max(1.15 * tall, 260.0))
    start = box.x + left + (stretch - wide) / 2
    layers: list[Layer] = []
    for index, (shown, hidden, _) in enumerate(rows):
        ys = _spread(top, tall, slots[index], radii[index])
        x = round(start + wide * index / (len(sizes) - 1), 2)
        layers.append(Layer(x, ys[: len(shown)], shown, radii[index], hidden))
    bias = (layers[0].x, _spread(top, tall, slots[0], radii[0])[-1]) if bias_node else None
    gap = wide / (len(sizes) - 1)
    single = max(15.0, min(28.0, round(gap / 17)))
    return Layout(
        tuple(layers),
        bias,
        "inside" if inside else "above" if above else "beside",
        room,
        name_size,
        single,
        thick=round(max(2.5, min(8.0, 0.32 * among)), 2),
        thickest=round(max(4.0, min(14.0, 0.26 * radii[0])), 2),
    )


@lru_cache(maxsize=256)
def numbers_at(plan: Layout, gap: int, wide: float, high: float) -> dict[tuple[int, int], tuple[float, float]]:
    """Return where the number of each connection of a gap stands, so that it lies on its own line and on no other.

    Args:
        plan: The picture.
        gap: Index of the layer that the connections start from.
        wide: Width of a number's plate.
        high: Its height.

    Returns:
        (source, target) to the plate's middle; empty when there is no room for all.
    """
    left, right = plan.layers[gap], plan.layers[gap + 1]
    ends = {
        (i, j): (y0, y1)
        for i, y0 in zip(left.neurons, left.ys, strict=True)
        for j, y1 in zip(right.neurons, right.ys, strict=True)
        if i is not None and j is not None
    }
    if len(ends) > 40 or (left.hidden or right.hidden):
        return {}
    free = (left.x + left.radius + wide / 2 + 4, right.x - right.radius - wide / 2 - 4)
    if free[0] > free[1]:
        return {}
    placed: dict[tuple[int, int], tuple[float, float]] = {}
    plates: list[Box] = []
    for pair, (y0, y1) in ends.items():
        for share in (0.5, 0.35, 0.65, 0.2, 0.8, 0.05, 0.95):
            x = free[0] + (free[1] - free[0]) * share
            y = y0 + (y1 - y0) * (x - left.x) / (right.x - left.x)
            plate = Box(x - wide / 2, y - high / 2, wide, high)
            crossed = any(
                _crosses(left.x, a, right.x, b, plate.inset(-2)) for other, (a, b) in ends.items() if other != pair
            )
            if not crossed and not any(overlaps(plate, other, 4) for other in plates):
                placed[pair] = (round(x, 2), round(y, 2))
                plates.append(plate)
                break
        else:
            return {}
    return placed


def _shown(size: int, height: float) -> tuple[tuple[int | None, ...], int]:
    """Return which neurons of a layer are drawn, top to bottom, None for the dots between, and how many are not."""
    most = max(3, min(MOST_ROWS, int(height // LEAST_SPACING)))
    if size <= most:
        return tuple(range(size)), 0
    head = most // 2
    tail = most - 1 - head
    return (*range(head), None, *range(size - tail, size)), size - head - tail


def _spread(top: float, tall: float, count: int, radius: float) -> tuple[float, ...]:
    """Return the places of a column, evenly spaced around the middle."""
    spacing = min(tall / count, max(4.2 * radius, 40.0) if count > 2 else 0.5 * tall)
    first = top + tall / 2 - spacing * (count - 1) / 2
    return tuple(round(first + spacing * index, 2) for index in range(count))


def _crosses(x0: float, y0: float, x1: float, y1: float, box: Box) -> bool:
    """Say whether a line that goes from left to right passes through a rectangle."""
    slope = (y1 - y0) / (x1 - x0)
    at_left, at_right = y0 + slope * (box.x - x0), y0 + slope * (box.right - x0)
    return min(at_left, at_right) < box.bottom and max(at_left, at_right) > box.y
