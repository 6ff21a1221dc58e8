"""Axes: the quiet frame of a chart. No box, thin lines, a faint grid, muted numbers that stand still.

frame = plane(box, Axis(0, 30, label="step"), Axis(0, 700))
frame.x(steps), frame.y(losses)      # coordinates
frame.group                          # grid, ticks and names: the same object for equal arguments
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command, Group, Polyline, Rect
from mlanimated.draw.scale import Linear, Log, Scale, Tick, nice, nice_log
from mlanimated.draw.text import cap_height, fitted, label, number, width

__all__ = ["Axis", "Plane", "empty", "fading_ticks", "padded", "plane", "tick_size"]

LABEL_GAP = 10.0
TICK_ROOM_X = 28.0
NAME_HEIGHT = 26.0


@dataclass(frozen=True)
class Axis:
    """One direction of a chart.

    Attributes:
        low: The number at its beginning.
        high: The number at its end.
        log: Equal ratios are equal lengths; both bounds are above 0.
        label: What it counts, with its unit; "" for nothing.
        grid: Draw a faint line across the chart at each tick.
        numbers: Write the ticks' numbers.
        whole: Ticks at whole numbers only, for what is counted.
    """

    low: float
    high: float
    log: bool = False
    label: str = ""
    grid: bool = True
    numbers: bool = True
    whole: bool = False

    def scale(self, start: float, stop: float) -> Scale:
        """Return the scale from coordinate `start` to `stop`."""
        return (Log if self.log else Linear)(self.low, self.high, start, stop)

    def ticks(self, count: int) -> tuple[Tick, ...]:
        """Return about `count` ticks."""
        found = self.scale(0.0, 1.0).ticks(max(1, count))
        return tuple(tick for tick in found if tick.value == round(tick.value)) if self.whole else found


class Plane(NamedTuple):
    """A chart's place, its two scales, and its axes as commands.

    Attributes:
        box: Where the data goes.
        x: Numbers to coordinates, left to right.
        y: Numbers to coordinates, growing upwards.
        group: Grid, baseline, numbers and names, with the key "axes".
        size: Size of the tick numbers.
    """

    box: Box
    x: Scale
    y: Scale
    group: Group
    size: float


def tick_size(box: Box) -> float:
    """Return the type size of tick numbers in a chart of this size: 16 with room, 14 without."""
    return 16.0 if box.width >= 520 and box.height >= 320 else 14.0


def padded(low: float, high: float, *, log: bool = False, zero: bool = True) -> tuple[float, float]:
    """Return bounds of an axis around values that lie between `low` and `high`.

    They are round numbers where that costs little room, else the values' own with 5% to spare. On a linear axis 0 is
    taken in when it is near, so that heights can be compared.
    """
    if log:
        return _padded_log(low, high)
    if not (math.isfinite(low) and math.isfinite(high)):
        return 0.0, 1.0
    if zero and low > 0 and low < 0.4 * high:
        low = 0.0
    elif zero and high < 0 and high > 0.4 * low:
        high = 0.0
    rounded = nice(low, high, 5)
    if high <= low:
        return rounded
    room = high - low
    start = rounded[0] if low == 0.0 or low - rounded[0] < 0.12 * room else low - 0.05 * room
    stop = rounded[1] if high == 0.0 or rounded[1] - high < 0.12 * room else high + 0.05 * room
    return (start, stop) if math.isfinite(start) and math.isfinite(stop) else rounded


def _padded_log(low: float, high: float) -> tuple[float, float]:
    """Return bounds of a logarithmic axis: powers of ten where that costs little."""
    if not (low > 0 and math.isfinite(high) and math.isfinite(low)):
        return nice_log([value for value in (low, high) if math.isfinite(value)])
    down, up = nice_log([low, high])
    if high <= low:
        return down, up
    decades = math.log10(high / low)
    pad = 10.0 ** (0.05 * decades)
    start = down if math.log10(low / down) < 0.15 * decades else low / pad
    stop = up if math.log10(up / high) < 0.15 * decades else high * pad
    return start, stop


@lru_cache(maxsize=512)
def plane(box: Box, x: Axis, y: Axis, right: float = 0.0, top: float = 0.0, under: float = 0.0) -> Plane:
    """Return the axes of a chart.

    Args:
        box: The room for the data, its numbers and its names.
        x: The axis along the bottom.
        y: The axis along the left.
        right: Room kept free at the right, for labels at the ends of lines.
        top: Room kept free at the top, for a legend.
        under: Room kept free between the name of the axis along the left and the data, for the names of events.
    """
    size = tick_size(box)
    above = (NAME_HEIGHT if y.label else cap_height(size) / 2 + 1) + top + under
    below = TICK_ROOM_X if x.numbers or x.label else 2.0
    height = max(1.0, box.height - above - below)
    # A logarithmic axis is read by its numbers: it has them nearer to each other.
    count = min(6, 1 + math.floor(height / (1.4 * size))) if y.log else round(height / 64)
    up_ticks = y.ticks(max(2, count)) if y.numbers or y.grid else ()
    widest = max((width(tick.label, size) for tick in up_ticks), default=0.0) if y.numbers else 0.0
    left = math.ceil(widest + LABEL_GAP) if widest else 1.0
    inner = Box(box.x + left, box.y + above, max(1.0, box.width - left - right), height)
    across = x.scale(inner.x, inner.right)
    up = y.scale(inner.bottom, inner.y)
    commands: list[Command] = []
    across_ticks = _thinned(x, inner, size) if x.numbers or x.grid else ()
    if x.grid:
        for tick in across_ticks:
            place = across(tick.value)
            commands.append(Polyline((place, inner.y, place, inner.bottom), "faint", 1.0))
    for tick in up_ticks:
        place = up(tick.value)
        if y.grid and abs(place - inner.bottom) > 1:
            commands.append(Polyline((inner.x, place, inner.right, place), "faint", 1.0))
        if y.numbers:
            commands.append(label(inner.x - LABEL_GAP, place + cap_height(size) / 2, tick.label, size, "muted", "end"))
    commands.append(Polyline((inner.x, inner.bottom, inner.right, inner.bottom), "muted", 1.0))
    base = inner.bottom + 8 + cap_height(size)
    free = box.right
    if x.label:
        text = fitted(x.label, inner.width * 0.5, size)
        # Beside the numbers where room is kept at the right, else in place of the last of them.
        ends = [across(tick.value) + width(tick.label, size) / 2 for tick in across_ticks] if x.numbers else []
        beside = max([inner.right, *ends]) + 10
        if beside + width(text, size) <= box.right:
            name = label(beside, base, text, size, "muted")
        else:
            name = label(inner.right, base, text, size, "muted", "end")
            free = name.x - name.width - 12
        commands.append(name)
    if x.numbers:
        for tick in across_ticks:
            text = label(
                _kept_in(across(tick.value), width(tick.label, size), box), base, tick.label, size, "muted", "middle"
            )
            if text.x + text.width / 2 <= free:
                commands.append(text)
    if y.label:
        line = fitted(y.label, box.width, size)
        commands.append(label(box.x, box.y + top + cap_height(size) + 1, line, size, "muted"))
    return Plane(inner, across, up, Group(tuple(commands), key="axes"), size)


def _kept_in(place: float, length: float, box: Box) -> float:
    """Return the middle of a text of some length near `place`, so that it does not stick out of the box."""
    return min(max(place, box.x + length / 2), box.right - length / 2)


def _thinned(axis: Axis, inner: Box, size: float) -> tuple[Tick, ...]:
    """Return ticks for the bottom whose numbers have room side by side."""
    widest = max((width(tick.label, size) for tick in axis.ticks(4)), default=0.0)
    count = max(1, round(inner.width / max(88.0, widest + 52)))
    while True:
        ticks = axis.ticks(count)
        scale = axis.scale(inner.x, inner.right)
        places = [(scale(tick.value), width(tick.label, size) / 2) for tick in ticks]
        crowded = any(b[0] - b[1] - a[0] - a[1] < 14 for a, b in pairwise(places))
        if count == 1 or not crowded:
            return ticks
        count -= 1


def fading_ticks(scale: Linear, near: float = 56.0, far: float = 110.0) -> tuple[tuple[Tick, float], ...]:
    """Return ticks of an axis that grows, each with an opacity: finer ones go softly as they crowd.

    Args:
        scale: The axis at this moment, from 0 or lower.
        near: Distance in units at which ticks are gone.
        far: Distance at which they are fully there.

    Returns:
        (tick, opacity 0..1) in ascending order; a change of the scale changes both without a jump.
    """
    length = abs(scale.stop - scale.start)
    span = scale.high - scale.low
    if not (math.isfinite(span) and span > 0 and length > 0):
        return ()
    shown: dict[float, tuple[Tick, float]] = {}
    least = near * span / length
    power = math.floor(math.log10(least))
    # By 5 and 2 in turn, so that each coarser level is among the finer ones and nothing moves sideways.
    levels = [factor * 10.0**exponent for exponent in range(power, power + 3) for factor in (1, 5)]
    for step in (level for level in levels if level > least):
        if step > span * 1.01 and shown:
            break
        opacity = min(1.0, (step * length / span - near) / (far - near))
        first, last = math.ceil(scale.low / step - 1e-9), math.floor(scale.high / step + 1e-9)
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        for index in range(first, last + 1):
            value = round(index * step, decimals)
            if value not in shown or shown[value][1] < opacity:
                shown[value] = (Tick(value, _short(value, step)), round(opacity, 2))
    return tuple(shown[value] for value in sorted(shown))


def _short(value: float, step: float) -> str:
    """Write a tick of an axis that grows, with k, M or G for large numbers."""
    size = abs(value)
    for unit, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size >= max(unit, 1e4):
            places = max(0, -math.floor(math.log10(step / unit) + 1e-9))
            return number(value / unit, places, big="plain") + prefix
    return number(value, max(0, -math.floor(math.log10(step) + 1e-9)))


def empty(box: Box, text: str = "no finite values yet") -> tuple[Command, ...]:
    """Return what a panel shows in place of data: a quiet ground and an honest line."""
    size = 16.0
    x, y = box.centre
    return (
        Rect(box.x, box.y, box.width, box.height, "panel", radius=8),
        label(x, y + cap_height(size) / 2, fitted(text, max(0.0, box.width - 16), size), size, "muted", "middle"),
    )
