"""BanditArms: what each arm of a bandit pays, what the player believes, and how often it was pulled.

BanditArms(truth="truth", estimates="estimates", counts="counts", chosen="action")
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Colour, Command, Group, Polyline, Rect
from mlanimated.draw.scale import Scale
from mlanimated.draw.text import cap_height, fitted, label, number, width
from mlanimated.errors import MlaError
from mlanimated.views.axes import Axis, empty, plane
from mlanimated.views.glide import glided
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import bounds_of, source, value
from mlanimated.views.scene import View

__all__ = ["Arms", "BanditArms", "draw_arms"]

Numbers = NDArray[np.float64]

REACH = 2.4
"""How many deviations around its mean an arm's pay is drawn."""
COUNTS = 64.0
"""Room below the arms for how often each was pulled."""
NAMES = 26.0
LEGEND = 30.0


class Arms(NamedTuple):
    """What is known at the moment, one number for each arm; None where it is not drawn.

    Attributes:
        truth: What each arm pays on average.
        estimates: What the player believes, as it moves.
        believed: What the player believes, as it is read.
        counts: How often each was pulled.
        chosen: The arm pulled last, −1 for none.
    """

    truth: Numbers | None
    estimates: Numbers | None
    believed: Numbers | None
    counts: Numbers | None
    chosen: int


@dataclass(frozen=True)
class BanditArms(View):
    """The arms of one bandit, side by side.

    The cloud of each arm is what it pays, the tick its true mean, the dot what the player estimates; below is how often it was pulled.
    The arm pulled last is lit. Estimates of arms that were never pulled are hollow.

    Attributes:
        truth: Name of the series of true means (arms,); "" for none.
        estimates: Name of the series of estimates (arms,); "" for none.
        counts: Name of the series of pulls so far (arms,); "" for none.
        chosen: Name of the series of the arm pulled last; "" for none.
        spread: Standard deviation of what an arm pays, for the clouds.
        names: A name for each arm; empty for 1, 2, 3, ….

    Raises:
        MlaError: Neither truth nor estimates are given, or series have different numbers of arms.
    """

    truth: str = "truth"
    estimates: str = "estimates"
    counts: str = "counts"
    chosen: str = "action"
    _: KW_ONLY
    spread: float = 1.0
    names: Sequence[str] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.truth or self.estimates):
            raise MlaError("BanditArms draws true means or estimates; name one of the two series.")

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the clouds, the ticks, the dots and the counts."""
        arms = self._arms(moment)
        if arms is None:
            return empty(box)
        return draw_arms(
            arms,
            box,
            self._limits(moment),
            self._most(moment),
            self.spread,
            names=self.names,
            shown=(bool(self.truth), bool(self.estimates), bool(self.counts)),
        )

    def describe(self, moment: Moment) -> str:
        """Return which arm is believed to be the best, and which is."""
        arms = self._arms(moment)
        if arms is None:
            return ""
        said: list[str] = []
        believed = arms.believed
        if believed is not None and np.isfinite(believed).any() and np.nanmax(believed) > np.nanmin(believed):
            arm = int(np.nanargmax(believed))
            said.append(f"Arm {arm + 1} is believed to be the best, with {number(float(believed[arm]), 2)}.")
        if arms.truth is not None and np.isfinite(arms.truth).any():
            arm = int(np.nanargmax(arms.truth))
            said.append(f"Arm {arm + 1} is the best, with {number(float(arms.truth[arm]), 2)}.")
        return " ".join(said)

    def _arms(self, moment: Moment) -> Arms | None:
        """Return what is known at the moment; None before anything is."""
        found: dict[str, Numbers | None] = {}
        step = moment.step(self.run)
        for what in ("truth", "estimates", "counts"):
            name = getattr(self, what)
            series = source(moment, name, self.run, "BanditArms", "array") if name else None
            shown = None
            if series is not None and series.info is not None:
                shown = glided(series.trace, name, step, moment.share(name, self.run))
            found[what] = None if shown is None else shown.ravel()
            if what == "estimates":
                read = None if series is None else value(moment, series)
                found["believed"] = None if read is None else np.asarray(read, np.float64).ravel()
        sizes = {len(part) for part in found.values() if part is not None}
        if len(sizes) > 1:
            raise MlaError(
                f"BanditArms: series have {' and '.join(map(str, sorted(sizes)))} arms; they belong together."
            )
        if found["truth"] is None and found["estimates"] is None:
            return None
        chosen = value(moment, source(moment, self.chosen, self.run, "BanditArms", "scalar")) if self.chosen else None
        arm = int(chosen) if chosen is not None and math.isfinite(chosen) else -1
        return Arms(found["truth"], found["estimates"], found["believed"], found["counts"], arm)

    def _limits(self, moment: Moment) -> tuple[float, float]:
        """Return the bounds of the rewards for the whole film."""
        low, high = math.inf, -math.inf
        for name, more in ((self.truth, REACH * self.spread), (self.estimates, 0.0)):
            found = source(moment, name, self.run, "BanditArms", "array") if name else None
            if found is not None and found.info is not None:
                bounds = bounds_of(found)
                low, high = min(low, bounds[0] - more), max(high, bounds[1] + more)
        return (low, high) if high > low else (-1.0, 1.0)

    def _most(self, moment: Moment) -> float:
        """Return the highest number of pulls of the film."""
        return (
            max(1.0, bounds_of(source(moment, self.counts, self.run, "BanditArms", "array"))[1]) if self.counts else 1.0
        )


def draw_arms(
    arms: Arms,
    box: Box,
    limits: tuple[float, float],
    most: float,
    spread: float,
    *,
    names: Sequence[str] = (),
    shown: tuple[bool, bool, bool] = (True, True, True),
) -> tuple[Command, ...]:
    """Return the commands of a bandit's arms.

    Args:
        arms: What is known of them.
        box: Where to draw.
        limits: Bounds of the rewards.
        most: The number of pulls that fills its room.
        spread: Standard deviation of what an arm pays.
        names: A name for each arm; empty for 1, 2, 3, ….
        shown: Whether there is room for true means, estimates and pulls.
    """
    known = [part for part in (arms.truth, arms.estimates) if part is not None]
    count = len(known[0])
    foot = NAMES + (COUNTS if shown[2] else 0.0)
    room = box.inset(0, LEGEND, 0, foot - 2)
    frame = plane(room, Axis(0, 1, grid=False, numbers=False), Axis(*limits, label="reward"))
    area, up = frame.box, frame.y
    column = area.width / count
    commands: list[Command] = [frame.group, _legend(area.x, box.y, box.right, *shown)]
    best = int(np.nanargmax(arms.truth)) if arms.truth is not None and np.isfinite(arms.truth).any() else -1
    for arm in range(count):
        lit = arm == arms.chosen
        parts = _arm(arm, arms, up, min(column * 0.38, 34.0), spread, lit=lit)
        name = (names[arm] if arm < len(names) else str(arm + 1)) + (" ★" if arm == best else "")
        base = area.bottom + 8 + cap_height(16)
        ink: Colour = "ink" if lit else "muted"
        parts.append(label(0, base, fitted(name, column - 2, 16), 16, ink, "middle", bold=lit))
        if shown[2] and arms.counts is not None:
            parts += _pulls(arms.counts[arm], max(1.0, most), area.bottom + NAMES + 6, COUNTS - 6, column, lit=lit)
        x = round(area.x + column * (arm + 0.5), 2)
        commands.append(Group(tuple(parts), key=f"arm-{arm}", x=x, tip=_tip(name, arm, arms)))
    return tuple(commands)


def _arm(arm: int, arms: Arms, up: Scale, half: float, spread: float, *, lit: bool) -> list[Command]:
    """Return one arm around x = 0: its cloud, its true mean, and the estimate with the distance between the two."""
    parts: list[Command] = []
    truth = math.nan if arms.truth is None else float(arms.truth[arm])
    belief = math.nan if arms.estimates is None else float(arms.estimates[arm])
    if math.isfinite(truth):
        middle = round(up(truth), 2)
        if spread > 0:
            unit = abs(up(spread) - up(0.0))
            parts.append(Group((_cloud(round(unit, 2), half),), key="cloud", y=middle))
        parts.append(Polyline((-half, middle, half, middle), "target", 3.0))
    if math.isfinite(belief):
        y = round(up(belief), 2)
        if math.isfinite(truth):
            parts.append(Polyline((0, round(up(truth), 2), 0, y), "prediction", 2.0, opacity=0.6))
        pulled = arms.counts is None or arms.counts[arm] > 0
        colour: Colour = "accent" if lit else "prediction"
        radius = 8.0 if half >= 16 else 5.0
        parts.append(
            Circle(0, y, radius, colour if pulled else "ground", None if pulled else colour, 2.0)
            if not lit
            else Circle(0, y, radius + 2, colour, "ground", 2.0)
        )
    return parts


@lru_cache(maxsize=256)
def _cloud(unit: float, half: float) -> Polyline:
    """Return the bell of a normal distribution, standing upright on both sides of x = 0; `unit` is its deviation."""
    at = np.linspace(-REACH, REACH, 41)
    wide = half * np.exp(-(at**2) / 2)
    right = np.stack([wide, at * unit], axis=1)
    left = np.stack([-wide[::-1], at[::-1] * unit], axis=1)
    return Polyline(tuple(np.round(np.concatenate([right, left]).ravel(), 2).tolist()), None, 0, "faint", closed=True)


def _pulls(pulled: float, most: float, top: float, tall: float, column: float, *, lit: bool) -> list[Command]:
    """Return the bar of one arm's pulls, with their number."""
    count = max(0.0, float(pulled)) if math.isfinite(pulled) else 0.0
    room = tall - 20
    high = round(room * min(1.0, count / most), 2)
    wide = min(column * 0.6, 40.0)
    fill: Colour = "accent" if lit else "muted"
    parts: list[Command] = [Rect(round(-wide / 2, 2), round(top, 2), round(wide, 2), max(1.0, high), fill, radius=2)]
    text = number(math.floor(count + 1e-9), 0, big="short")
    ink: Colour = "ink" if lit else "muted"
    parts.append(label(0, top + max(1.0, high) + 6 + cap_height(14), text, 14, ink, "middle"))
    return parts


@lru_cache(maxsize=32)
def _legend(x: float, y: float, right: float, truth: bool, estimates: bool, counts: bool) -> Group:
    """Return what tick, dot and bar mean, as many of them as there is room for."""
    drawn: list[Command] = []
    base = y + 6 + cap_height(16)
    middle = y + 6 + cap_height(16) / 2
    marks: tuple[tuple[bool, Command, float, str], ...] = (
        (truth, Polyline((0, middle, 24, middle), "target", 3.0), 32, "pays on average"),
        (estimates, Circle(8, middle, 7, "prediction"), 24, "estimate"),
        (counts, Rect(0, middle - 6, 12, 12, "muted", radius=2), 20, "pulls"),
    )
    for shown, mark, room, words in marks:
        end = x + room + width(words, 16)
        if shown and end <= right:
            drawn.append(Group((mark, label(room, base, words, 16, "muted")), x=round(x, 2)))
            x = end + 28
    return Group(tuple(drawn), key="legend")


def _tip(name: str, arm: int, arms: Arms) -> str:
    said = [f"arm {name}"]
    for what, values in (("pays", arms.truth), ("estimate", arms.believed), ("pulls", arms.counts)):
        if values is not None and math.isfinite(values[arm]):
            said.append(f"{what} {number(float(values[arm]), 0 if what == 'pulls' else 2)}")
    return ", ".join(said)
