"""The ribbon: *initialize · adjust · repeat* at the foot of every training film, with the count and a thin progress line."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Command, Group, Rect
from mlanimated.draw.text import label, number, width
from mlanimated.errors import MlaError
from mlanimated.views.moment import Moment

__all__ = ["RIBBON_HEIGHT", "Count", "ribbon"]

RIBBON_HEIGHT = 40.0
SIZE = 16.0
WORDS = ("initialize", "adjust", "repeat")


@dataclass(frozen=True)
class Count:
    """What the ribbon counts.

    Attributes:
        word: "step", "epoch", "episode", "year"…
        run: Run whose step is counted; "" is the first.
        series: A scalar series that is counted instead of the step, such as an epoch; "" for the step.
        total: Whether "of" and the last count are added.
        words: The three words, or others, for a film that is no training; empty for none.
    """

    word: str = "step"
    run: str = ""
    series: str = ""
    total: bool = True
    words: tuple[str, ...] = WORDS


def ribbon(moment: Moment, box: Box, count: Count) -> Group:
    """Return the ribbon for a moment in a box at least `RIBBON_HEIGHT` high."""
    line = box.y + 26
    words, after = _words(moment, box.x, line, count)
    first, now, last = _numbers(moment, count)
    total = f" of {number(last, 0)}" if count.total else ""
    # The word and the line before it keep their places, however many digits the count has.
    start = box.right - max(width(number(end, 0) + total, SIZE) for end in (first, now, last))
    numbers = (
        label(start, line, f"{count.word} ", SIZE, "muted", "end"),
        label(box.right, line, number(now, 0) + total, SIZE, "muted", "end"),
    )
    left, right = after + 32, start - width(f"{count.word} ", SIZE) - 32
    done = _done(moment, count)
    track: tuple[Command, ...] = ()
    if right - left > 40:
        track = (
            Group((Rect(round(left, 2), line - 6, round(right - left, 2), 2, "faint", radius=1),), key="track"),
            Rect(round(left, 2), line - 6, round((right - left) * done, 2), 2, "accent", radius=1),
            Circle(round(left + (right - left) * done, 2), line - 5, 4, "accent"),
        )
    return Group((*words, Group(numbers, key="count"), Group(track, key="progress")), key="ribbon")


def _words(moment: Moment, x: float, line: float, count: Count) -> tuple[tuple[Command, ...], float]:
    """Return the words, the current one lit, and where they end. Each keeps its place: bold and regular share the wider room."""
    drawn: list[Command] = []
    for index, word in enumerate(count.words):
        lit = word == moment.phase
        if index:
            drawn.append(label(x + 10, line, "·", SIZE, "muted", "middle"))
            x += 20
        room = width(word, SIZE, bold=True)
        drawn.append(label(round(x + room / 2, 2), line, word, SIZE, "accent" if lit else "muted", "middle", bold=lit))
        x += room
    return (Group(tuple(drawn), key="words"),) if drawn else (), x if count.words else x - 32


def _done(moment: Moment, count: Count) -> float:
    """Return how much of the training is done, 0..1: the line stands while the film stays at an event."""
    steps = moment.trace(count.run).steps()
    first, last = float(steps[0]), float(steps[-1])
    return min(1.0, max(0.0, (moment.step(count.run) - first) / (last - first))) if last > first else 1.0


def _numbers(moment: Moment, count: Count) -> tuple[float, float, float]:
    """Return the count at the beginning, now and at the end; not a number where there is none."""
    trace = moment.trace(count.run)
    if count.series:
        info = trace.info(count.series)
        if info.kind != "scalar":
            raise MlaError(
                f"The ribbon cannot count {count.series!r}, which is of the kind {info.kind!r}: name a scalar series."
            )
        steps = (info.first_step, moment.step(count.run), info.last_step)
        first, now, last = (trace.value(count.series, step) for step in steps)
        return float(first), math.nan if now is None else float(now), float(last)
    steps = trace.steps()
    index = int(np.searchsorted(steps, moment.step(count.run), side="right")) - 1
    return float(steps[0]), float(steps[max(index, 0)]), float(steps[-1])
