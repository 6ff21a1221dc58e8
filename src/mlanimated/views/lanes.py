"""Lanes: pictures that slide between two answers, each as far as the network leans to one of them.

Lanes("probability", "pictures", truth=(0, 1, 1), names=("horse", "deer"))
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Colour, Command, Group, Image, Polyline, Rect
from mlanimated.draw.scale import Linear
from mlanimated.draw.text import cap_height, label, width
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.glide import glided
from mlanimated.views.moment import Moment
from mlanimated.views.picture import pixels_of
from mlanimated.views.scene import View
from mlanimated.views.source import sources

__all__ = ["Lanes"]

HEAD = 40.0
FOOT = 26.0
NUMBER = 52.0
"""Room for a number at the end of a lane."""


@dataclass(frozen=True)
class Lanes(View):
    """Pictures on lanes from 0 to 1: at 0 the network is sure of the first name, at 1 of the second.

    A picture that lies on its own side has a tick and a frame in the colour of what is right, the others a cross.

    Attributes:
        series: Probability of the second name, (n,), or of each class, (n, 2).
        pictures: The pictures, uint8 (n, height, width, 3), recorded once at the least.
        truth: For each picture 0 or 1.
        names: What 0 and 1 mean.
    """

    series: str
    pictures: str
    _: KW_ONLY
    truth: Sequence[int]
    names: tuple[str, str] = ("0", "1")

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the lanes and what slides on them."""
        shares = self._shares(moment, eased=True)
        told = self._shares(moment, eased=False)
        (source,) = sources(moment, self.pictures, self.run, "Lanes", ("array", "picture"))
        pictures = source.trace.value(source.name, moment.step(source.run)) if source.info else None
        if shares is None or told is None or pictures is None:
            return empty(box, "nothing recorded yet")
        count = len(shares)
        if not count == len(self.truth) == len(pictures):
            raise MlaError(
                f"Lanes: {count} probabilities, {len(pictures)} pictures and {len(self.truth)} truths; give as many of each."
            )
        row = (box.height - HEAD - FOOT) / count
        side = _side(row - 6, pictures.shape[1])
        left, right = box.x + side / 2 + 2, box.right - NUMBER - side / 2 - 2
        across = Linear(0.0, 1.0, left, right)
        drawn: list[Command] = [Group(tuple(self._ground(box, across, count, row, side)), key="ground")]
        for index, share in enumerate(shares.tolist()):
            y = box.y + HEAD + row * (index + 0.5)
            at = across(min(1.0, max(0.0, share))) if math.isfinite(share) else across(0.5)
            right_side = (told[index] > 0.5) == bool(self.truth[index])
            colour: Colour = "good" if right_side else "bad"
            frame = Rect(-side / 2 - 2, -side / 2 - 2, side + 4, side + 4, None, colour, 3.0, radius=3.0)
            image = Image(
                -side / 2,
                -side / 2,
                side,
                side,
                pixels_of(pictures[index], "grey", self.pictures),
                smooth=side % pictures.shape[1] != 0,
            )
            sliding = Group((image, frame), key=f"picture-{index}", x=round(at, 2), y=round(y, 2))
            number = label(box.right, y + cap_height(16) / 2, f"{told[index]:.2f}", 16.0, "ink", "end")
            mark = _mark(box.right - width("0.00", 16.0) - 15, y, right_side)
            drawn += [sliding, Group((number, mark), key=f"number-{index}")]
        return drawn

    def _ground(self, box: Box, across: Linear, count: int, row: float, side: float) -> list[Command]:
        """Return the lanes, the middle, and what the ends are called."""
        top, bottom = box.y + HEAD, box.bottom - FOOT
        middle = across(0.5)
        drawn: list[Command] = [
            Rect(across(0.0) - side / 2, top, middle - across(0.0) + side / 2, bottom - top, "panel", radius=6.0),
        ]
        for index in range(count):
            y = round(top + row * (index + 0.5), 2)
            drawn.append(Polyline((across(0.0), y, across(1.0), y), "faint", 2.0))
        drawn.append(Polyline((middle, top, middle, bottom), "muted", 1.25, dash=(4.0, 5.0)))
        start, stop = across(0.0) - side / 2, across(1.0) + side / 2
        drawn.append(label(start, box.y + 24, f"← {self.names[0]}", 18.0, "ink", "start", bold=True))
        drawn.append(label(stop, box.y + 24, f"{self.names[1]} →", 18.0, "ink", "end", bold=True))
        for share in (0.0, 0.5, 1.0):
            drawn.append(label(across(share), bottom + 8 + cap_height(14), f"{share:g}", 14.0, "muted", "middle"))
        return drawn

    def _shares(self, moment: Moment, *, eased: bool) -> NDArray[np.float64] | None:
        """Return the probabilities of the second name, (n,)."""
        (source,) = sources(moment, self.series, self.run, "Lanes", ("array",))
        if source.info is None:
            return None
        step = moment.step(source.run)
        value: Any = source.trace.value(source.name, step)
        if eased and value is not None:
            value = glided(source.trace, source.name, step, moment.share(source.name, source.run))
        if value is None:
            return None
        array = np.asarray(value, dtype=np.float64)
        if array.ndim == 2 and array.shape[1] == 2:
            return array[:, 1]
        if array.ndim != 1 and array.size != len(array):
            raise MlaError(f"Lanes: {self.series!r} has the shape {array.shape}; it should be (n,), or (n, 2).")
        return array.ravel()

    def describe(self, moment: Moment) -> str:
        """Return how many lie on their own side."""
        shares = self._shares(moment, eased=False)
        if shares is None:
            return ""
        right = sum((share > 0.5) == bool(truth) for share, truth in zip(shares.tolist(), self.truth, strict=True))
        return f"{right} of {len(shares)} pictures lie on their own side."


def _side(room: float, pixels: int) -> float:
    """Return the side of a picture: a whole number of units a pixel where that costs less than a quarter of the room."""
    whole = math.floor(room / pixels) * pixels
    return float(whole) if whole > 0.75 * room else max(8.0, float(math.floor(room)))


def _mark(x: float, y: float, right: bool) -> Command:
    """Return a tick, or a cross."""
    if right:
        return Polyline((x - 6, y, x - 1.5, y + 4.5, x + 6, y - 5), "good", 2.5)
    return Group(
        (
            Polyline((x - 4.5, y - 4.5, x + 4.5, y + 4.5), "bad", 2.5),
            Polyline((x - 4.5, y + 4.5, x + 4.5, y - 4.5), "bad", 2.5),
        )
    )
