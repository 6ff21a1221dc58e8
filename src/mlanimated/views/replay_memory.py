"""ReplayMemory: the parts of a memory, filled in turn and written over in turn, and where a batch is drawn from.

ReplayMemory("memory", place="memory/next", drawn="memory/drawn", meaning=("soon over", "goes on"))
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Command, Group, Image, InkOn, Mapped, Pixels, Rect
from mlanimated.draw.text import cap_height, label, number, width
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import bounds_of, scalar, source, value
from mlanimated.views.scene import View

__all__ = ["ReplayMemory"]

FOOT = 30.0
WIDE = 440.0  # from here on, number and colours stand in one line
BAR = (90.0, 8.0)


@dataclass(frozen=True)
class ReplayMemory(View):
    """A replay memory as a sheet of cells, in the order in which they are written.

    Attributes:
        series: Name of an array series (parts,): what each part holds, as a colour; not a number where nothing is stored yet.
        place: Name of a series of the part that is written next; it is framed. "" for none.
        drawn: Name of an array series (parts,): how many samples of a batch come from each; dots, the larger the more. "" for none.
        stored: Name of a series of how many transitions are stored, written at the foot; "" for none.
        limits: Values at the two ends of the colours; None takes those of the whole film.
        meaning: What the colours mean: the lowest value, then the highest.

    Raises:
        MlaError: The series have different lengths.
    """

    series: str = "memory"
    _: KW_ONLY
    place: str = ""
    drawn: str = ""
    stored: str = ""
    limits: tuple[float, float] | None = None
    meaning: tuple[str, str] = ("", "")

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the cells, the frame of the one written next, the batch's dots, and the foot."""
        found = source(moment, self.series, self.run, "ReplayMemory", "array")
        recorded = value(moment, found)
        if recorded is None:
            return empty(box)
        parts = np.asarray(recorded, dtype=np.float64).ravel()
        low, high = self.limits or bounds_of(found)
        foot, sheet = FOOT, box.inset(0, 0, 0, FOOT)
        columns, size = _columns(len(parts), sheet)
        if columns * size < WIDE:  # number and colours do not fit into one line
            foot = 2 * FOOT - 8
            sheet = box.inset(0, 0, 0, foot)
            columns, size = _columns(len(parts), sheet)
        rows = math.ceil(len(parts) / columns)
        left, top = sheet.x + (sheet.width - columns * size) / 2, sheet.y + (sheet.height - rows * size) / 2
        gap = 2.0 if size >= 10 else 1.0
        places = [(left + size * (at % columns), top + size * (at // columns)) for at in range(len(parts))]
        shares = np.clip((parts - low) / ((high - low) or 1.0), 0.0, 1.0)
        side = round(size - gap, 2)
        cells = tuple(
            Rect(
                round(x, 2),
                round(y, 2),
                side,
                side,
                Mapped("sequential", round(float(share), 2)) if math.isfinite(share) else "panel",
                radius=2,
            )
            for (x, y), share in zip(places, shares.tolist(), strict=True)
        )
        commands: list[Command] = [Group(cells, key="cells")]
        commands += self._dots(moment, places, shares, side)
        following = scalar(moment.value(self.place, self.run)) if self.place else math.nan
        if math.isfinite(following) and 0 <= following < len(places):
            x, y = places[int(following)]
            frame = Rect(-1.5, -1.5, side + 3, side + 3, None, "accent", 3.0, radius=3)
            commands.append(Group((frame,), key="next", x=round(x, 2), y=round(y, 2)))
        commands.append(self._foot(moment, Box(left, box.bottom - foot, columns * size, foot)))
        return commands

    def describe(self, moment: Moment) -> str:
        """Return how many transitions are stored."""
        stored = scalar(moment.value(self.stored, self.run)) if self.stored else math.nan
        return f"The replay memory holds {number(stored, 0)} transitions." if math.isfinite(stored) else ""

    def _dots(
        self, moment: Moment, places: list[tuple[float, float]], shares: NDArray[np.float64], side: float
    ) -> list[Command]:
        """Return a dot in each part that the batch draws from."""
        recorded = moment.value(self.drawn, self.run) if self.drawn else None
        if recorded is None:
            return []
        counts = np.asarray(recorded, dtype=np.float64).ravel()
        if len(counts) != len(places):
            raise MlaError(
                f"ReplayMemory: {self.drawn!r} has {len(counts)} numbers, {self.series!r} has {len(places)} parts."
            )
        most = max(1.0, float(counts.max()))
        dots = tuple(
            Circle(
                round(x + side / 2, 2),
                round(y + side / 2, 2),
                round(side * 0.32 * math.sqrt(count / most), 2),
                InkOn(Mapped("sequential", round(float(share), 2))) if math.isfinite(share) else "ink",
            )
            for (x, y), count, share in zip(places, counts.tolist(), shares.tolist(), strict=True)
            if count > 0
        )
        return [Group(dots, key="drawn")]

    def _foot(self, moment: Moment, box: Box) -> Group:
        """Return how many are stored, and what the colours mean."""
        base = round(box.bottom - 6, 2)
        parts: list[Command] = []
        stored = scalar(moment.value(self.stored, self.run)) if self.stored else math.nan
        if math.isfinite(stored):
            above = base if box.height <= FOOT else base - 22
            parts.append(label(box.x, above, f"{number(stored, 0)} stored", 16, "ink"))
        if self.drawn:
            word = label(box.right, base - 22, "a batch", 14, "muted", "end")
            if box.height <= FOOT:
                middle = box.x + box.width * 0.4
                word = label(middle + word.width / 2, base, "a batch", 14, "muted", "end")
            dot = Circle(round(word.x - word.width - 10, 2), round(word.y - cap_height(14) / 2, 2), 4.0, "ink")
            parts += [dot, word]
        if any(self.meaning):
            low, high = self.meaning
            right = box.right - width(high, 14)
            ramp = Pixels(64, 1, bytes(at * 255 // 63 for at in range(64)), "sequential")
            bar = right - 8 - BAR[0]
            parts += [
                label(right, base, high, 14, "muted"),
                Image(round(bar, 2), round(base - cap_height(14) / 2 - BAR[1] / 2, 2), *BAR, ramp, smooth=True),
                label(bar - 8, base, low, 14, "muted", "end"),
            ]
        return Group(tuple(parts), key="foot")


def _columns(parts: int, sheet: Box) -> tuple[int, float]:
    """Return how many columns leave the largest cells, and their size; full rows are worth a tenth of it."""

    def size(columns: int) -> float:
        return min(sheet.width / columns, sheet.height / math.ceil(parts / columns))

    best = max(range(1, parts + 1), key=lambda columns: size(columns) * (1.0 if parts % columns == 0 else 0.9))
    return best, math.floor(size(best) * 2) / 2
