"""BackwardPass: a row of layers; what each gives out appears from left to right, the gradient comes back from right to left.

    BackwardPass()          # what learn.backward_pass.look_through has recorded of any torch model

Above, what each block gives out for one example; below, how the loss would change with each of these numbers: blue where more of it
would raise the loss, orange where it would lower it. A colour means the same in all passes of a film; how long a gradient is stands
below.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command, Group, Image, InkOn, Mapped, Pixels, Rect
from mlanimated.draw.ease import ease
from mlanimated.draw.text import cap_height, fitted, label, number
from mlanimated.views.axes import empty
from mlanimated.views.marks import arrow
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import significant
from mlanimated.views.scene import View
from mlanimated.views.source import sources

__all__ = ["BackwardPass"]

HEAD, FOOT, GAP = 30.0, 30.0, 36.0
SIDE = 92.0
"""Room at the left for what the rows are."""
MOST = 16
"""Channels of a layer that are drawn."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class BackwardPass(View):
    """One pass through a model and back.

    Attributes:
        prefix: What the names of the series begin with.
        answers: Names of the last block's numbers, such as classes; empty for none.
    """

    prefix: str = "pass"
    answers: Sequence[str] = ()

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the blocks, what has come so far, the arrows and the loss."""
        stage, share = self._stage(moment)
        names = self._blocks(moment)
        if stage is None or not names:
            return empty(box, "nothing has passed yet")
        count = len(names)
        drawn: list[Command] = []
        room = Box(box.x + SIDE, box.y + HEAD, box.width - SIDE, box.height - HEAD - FOOT)
        columns = room.columns([1.0] * count, GAP)
        above, below = (
            [rows[index] for rows in (column.rows((1.0, 1.0), 30.0) for column in columns)] for index in (0, 1)
        )
        for row, words in ((above[0], ("gives", "out")), (below[0], ("should", "change"))):
            lines = tuple(
                label(box.x, row.centre[1] + 22.0 * index, word, 16.0, "muted") for index, word in enumerate(words)
            )
            drawn.append(Group(lines, key=f"row-{words[1]}"))
        arrows: list[Command] = []
        for index, (name, kind) in enumerate(names):
            lit_out, lit_back = stage == index, stage == 2 * count - index
            out = self._value(moment, f"out/{index}") if stage >= index else None
            back = self._value(moment, f"gradient/{index}") if stage >= 2 * count - index else None
            comes = ease(share) if lit_out or lit_back else 1.0
            title = "goes in" if not index else (kind.split(",")[0] or name).removesuffix("2d").removesuffix("1d")
            head = fitted(title, columns[index].width + GAP - 8, 16.0)
            parts: list[Command] = [label(columns[index].centre[0], box.y + 16, head, 16.0, "ink", "middle", bold=True)]
            for row, name_of, value, lit in (
                (above[index], f"out/{index}", out, lit_out),
                (below[index], f"gradient/{index}", back, lit_back),
            ):
                signed = value is not None and (row is below[index] or float(np.nanmin(value)) < 0)
                answers = self.answers if index == count - 1 else ()
                parts += _cells(row, value, self._reach(moment, name_of), signed, answers, comes if lit else 1.0)
                if lit:
                    parts.append(Rect(*row.inset(-5), None, "accent", 2.5, radius=8.0))
            if back is not None:
                length = significant(float(np.linalg.norm(back)))
                text = f"length {length}"
                parts.append(label(columns[index].centre[0], box.bottom - 6, text, 14.0, "muted", "middle"))
            drawn.append(Group(tuple(parts), key=f"block-{index}"))
            if index:
                left, right = columns[index - 1].right + 6, columns[index].x - 6
                on = stage >= index
                arrows += arrow(left, above[index].centre[1], right, above[index].centre[1], _colour(lit_out, on), 2.5)
                came = stage >= 2 * count - index + 1
                glowing = stage == 2 * count - index + 1
                arrows += arrow(
                    right, below[index].centre[1], left, below[index].centre[1], _colour(glowing, came), 2.5
                )
        drawn.append(Group(tuple(arrows), key="arrows"))
        loss = self._value(moment, "loss") if stage >= count else None
        if loss is not None:
            x, y = columns[-1].centre[0], (above[-1].bottom + below[-1].y) / 2 + 6
            colour = "accent" if stage == count else "error"
            drawn.append(
                Group((label(x, y, f"loss {number(float(loss), 3)}", 18.0, colour, "middle", bold=True),), key="loss")
            )
        return drawn

    def describe(self, moment: Moment) -> str:
        """Say where the pass stands."""
        stage, _ = self._stage(moment)
        names = self._blocks(moment)
        if stage is None or not names:
            return ""
        count = len(names)
        if stage < count:
            return f"The forward pass has reached {names[stage][0]}."
        if stage == count:
            loss = self._value(moment, "loss")
            return "" if loss is None else f"The loss is {number(float(loss), 3)}."
        return f"The gradient has come back to {names[2 * count - stage][0]}."

    def _stage(self, moment: Moment) -> tuple[int | None, float]:
        """Return the stage of the pass, and how far the film has come from it to the next."""
        (source,) = sources(moment, f"{self.prefix}/stage", self.run, "BackwardPass", ("scalar",))
        step = moment.step(source.run)
        value = None if source.info is None else source.trace.value(source.name, step)
        if value is None:
            return None, 0.0
        share = (step - math.floor(step)) * 3.0
        first = step - math.floor(step) == 0.0
        return int(value), 1.0 if first else min(1.0, 0.35 + share)

    def _blocks(self, moment: Moment) -> list[tuple[str, str]]:
        (source,) = sources(moment, f"{self.prefix}/blocks", self.run, "BackwardPass", ("text",))
        text = None if source.info is None else source.trace.value(source.name, moment.step(source.run))
        return [] if text is None else [(str(block["name"]), str(block["kind"])) for block in json.loads(text)]

    def _value(self, moment: Moment, name: str) -> Numbers | None:
        (source,) = sources(moment, f"{self.prefix}/{name}", self.run, "BackwardPass", ("array", "scalar"))
        value = None if source.info is None else source.trace.value(source.name, moment.step(source.run))
        return None if value is None else np.asarray(value, np.float64)

    def _reach(self, moment: Moment, name: str) -> float:
        """Return the largest value of a series in the whole film, without its sign."""
        (source,) = sources(moment, f"{self.prefix}/{name}", self.run, "BackwardPass", ("array", "scalar"))
        bounds = None if source.info is None else source.trace.bounds(source.name)
        return max(abs(bounds[0]), abs(bounds[1])) if bounds and all(map(math.isfinite, bounds)) else 0.0


def _cells(
    box: Box, value: Numbers | None, reach: float, signed: bool, answers: Sequence[str], comes: float
) -> list[Command]:
    """Return the numbers of one block as small pictures, or as cells; an empty frame before they come."""
    if value is None:
        return [Rect(*box, None, "faint", 1.5, radius=6.0)]
    pictures = _pictures(value)[:MOST]
    names = answers if len(answers) == len(pictures) else ()
    scaled = pictures / (reach or 1.0)
    shares = np.clip(0.5 + 0.5 * scaled if signed else scaled, 0, 1)
    content = np.rint(255 * shares).astype(np.uint8)
    rows, columns = pictures.shape[1:]
    across, wide, high = _arranged(box, len(pictures), columns / rows)
    down = math.ceil(len(pictures) / across)
    left = box.x + (box.width - across * (wide + 4) + 4) / 2
    top = box.y + (box.height - down * (high + 4) + 4) / 2
    map_name = "diverging" if signed else "sequential"
    drawn: list[Command] = []
    for place, tile in enumerate(content):
        x, y = round(left + (place % across) * (wide + 4), 2), round(top + (place // across) * (high + 4), 2)
        pixels = Pixels(columns, rows, tile.tobytes(), map_name)
        drawn.append(Image(x, y, round(wide, 2), round(high, 2), pixels, opacity=round(comes, 2)))
        drawn.append(Rect(x, y, round(wide, 2), round(high, 2), None, "faint", 1.0))
        if names and min(wide, high) >= 20:
            ink = InkOn(Mapped(map_name, round(float(shares[place].mean()), 3)))
            base = y + high / 2 + cap_height(16) / 2
            drawn.append(label(x + wide / 2, base, names[place], 16.0, ink, "middle", opacity=round(comes, 2)))
    return drawn


def _pictures(value: Numbers) -> Numbers:
    """Return numbers of any shape as (n, rows, columns): channels of a picture, steps of a sequence, or units one by one."""
    flat = np.nan_to_num(value)
    if flat.ndim >= 3:
        return flat.reshape(-1, *flat.shape[-2:])
    if flat.ndim == 2:
        return flat[None]
    return flat.reshape(-1, 1, 1)


def _arranged(box: Box, count: int, shape: float) -> tuple[int, float, float]:
    """Return tiles in a row, and the width and height of a tile: units stand in one column, pictures as large as can be."""
    best = (1, 1.0, 1.0)
    for across in range(1, count + 1):
        down = math.ceil(count / across)
        wide = (box.width - 4 * (across - 1)) / across
        high = min((box.height - 4 * (down - 1)) / down, wide / shape)
        if high > best[2] + 0.5:
            best = (across, high * shape, high)
    return best


def _colour(lit: bool, on: bool) -> str:
    return "accent" if lit else "ink" if on else "faint"
