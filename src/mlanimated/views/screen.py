"""Screen: a console's picture, crisp and in its shape, with what is drawn over it at full resolution.

    Screen(open_console, path="object/ball", boxes=(("paddle", "object/paddle"),))

The trace holds no pictures: it names the game (`game`, a text) and its step (`at`), and the console that is passed in shows it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Clip, Command, Group, Image, Pixels, Polyline, Rect
from mlanimated.draw.text import cap_height, label, width
from mlanimated.views.axes import empty
from mlanimated.views.cache import once
from mlanimated.views.finer import finer
from mlanimated.views.moment import Moment
from mlanimated.views.scene import View
from mlanimated.views.source import sources

__all__ = ["Console", "Open", "Screen", "console_at", "heated", "screen_box"]

TAIL = 30
"""Steps of a thing's path that are drawn behind it."""
FORWARD = 4
"""A row that is so many steps ahead is said to be run to."""
JUMP = 40.0
"""Console pixels: a thing that moved further in one step was put elsewhere."""
MARK = "#8ff5ff"
"""What is drawn over a console's screen, which is dark in either theme."""
GLOW = np.array([255.0, 118.0, 64.0])
"""What shines where the heat is high; the rest of the picture is dimmed."""


class Console(Protocol):
    """Shows a game at any of its moments."""

    def picture(self, step: float) -> NDArray[np.uint8]:
        """Return the screen after so many steps, uint8 (height, width, 3)."""
        ...

    def seen(self, step: float) -> NDArray[np.uint8]:
        """Return what an agent saw then, uint8 (stack, height, width)."""
        ...


Open = Callable[[str], Console]
"""Opens the console for a game that a trace names."""


@dataclass(frozen=True)
class Screen(View):
    """A console's screen.

    Each pixel is a rectangle of whole units, about twice as wide as high, as a television showed it.

    Attributes:
        console: Opens the console for the text of `game`.
        game: A text series that names the game shown from its step on.
        at: A scalar series: the step of that game. Where the next row is the next step, the frames between are shown too.
        detail: 1 shows the console's own pixels; 2 and 4 draw so many times finer ones each way, edges rounded (`finer`).
        path: An array series of a box (x, y, width, height) in console pixels, not finite where the thing is not there; its way is
            drawn. "" for none.
        boxes: (name, series) of things that are framed, boxes as in `path`.
        crop: A box that is cut out; the rest is dimmed. None for all.
        heat: An array series (rows, columns) over the whole screen, 0 and more: shines where it is high. "" for none.
        heat_most: What shines fully; None takes the largest of the film.
    """

    console: Open
    _: KW_ONLY
    game: str = "game"
    at: str = "at"
    detail: int = 1
    path: str = ""
    boxes: Sequence[tuple[str, str]] = ()
    crop: tuple[float, float, float, float] | None = None
    heat: str = ""
    heat_most: float | None = None

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the picture and what is drawn over it."""
        found = console_at(moment, self.console, self.game, self.at, self.run, "Screen")
        if found is None:
            return empty(box, "no game yet")
        console, step = found
        picture = console.picture(step)
        rows, columns = picture.shape[:2]
        place = screen_box(columns, rows, box)
        if self.heat:
            picture = self._heated(moment, picture)
        for _ in range(int(math.log2(max(1, self.detail)))):
            picture = finer(picture)
        pixels = Pixels(picture.shape[1], picture.shape[0], np.ascontiguousarray(picture).tobytes())
        over: list[Command] = []
        if self.crop is not None:
            over += _cropped(place, self.crop, place.width / columns, place.height / rows)
        over += self._path(moment, place, columns, rows)
        over += self._boxes(moment, place, columns, rows)
        frame = Rect(*place.inset(-1), None, "faint", 2.0)
        drawn: list[Command] = [frame, Group((Image(*place, pixels),), key="screen")]
        if times := self._forward(moment):
            over += _badge(place, f"× {times}")
        if over:
            drawn.append(Group((Clip(*place, tuple(over)),), key="over"))
        return drawn

    def describe(self, moment: Moment) -> str:
        """Say which moment of the game is shown."""
        found = console_at(moment, self.console, self.game, self.at, self.run, "Screen")
        return f"The screen after {math.floor(found[1])} steps of the game." if found else ""

    def _forward(self, moment: Moment) -> int:
        """Return how many steps of the game the next row is ahead; 0 where it is near, or of another game."""
        before, after, _ = moment.between(self.at, self.run)
        run = moment.run(self.run)
        around = moment.trace(run).around(self.at, moment.step(run))
        text = [moment.trace(run).value(self.game, step) for step in (around.before_step, around.after_step)]
        gap = round(float(after) - float(before)) if text[0] == text[1] else 0
        return gap if gap >= FORWARD else 0

    def _heated(self, moment: Moment, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        (source,) = sources(moment, self.heat, self.run, "Screen", ("array",))
        value: Any = None if source.info is None else moment.eased(source.name, source.run)
        if value is None or source.info is None:
            return picture
        most = source.info.high if self.heat_most is None else self.heat_most
        return heated(picture, np.asarray(value, np.float64) / max(most, 1e-12))

    def _path(self, moment: Moment, place: Box, columns: int, rows: int) -> Iterator[Command]:
        """Yield the way that a thing came, fading with age, and a ring around where it is."""
        if not self.path:
            return
        (source,) = sources(moment, self.path, self.run, "Screen", ("array",))
        if source.info is None:
            return
        step = moment.step(source.run)
        series = source.trace.series(source.name, math.floor(step) - TAIL, step)
        unit = np.array([place.width / columns, place.height / rows])
        thick = _large(place, rows)
        spots = [np.asarray(value, np.float64)[:2] + np.asarray(value, np.float64)[2:] / 2 for value in series.values]
        steps = series.steps.tolist()
        _, after, share = moment.between(source.name, source.run)
        if spots and 0 < share < 1:  # where it is on the way to the next row
            ahead = np.asarray(after, np.float64)[:2] + np.asarray(after, np.float64)[2:] / 2
            if np.abs(ahead - spots[-1]).max() <= JUMP:
                spots.append(spots[-1] + (ahead - spots[-1]) * share)
                steps.append(steps[-1] + share)
        for index in range(1, len(spots)):
            near = steps[index] - steps[index - 1] <= 1 and np.abs(spots[index] - spots[index - 1]).max() <= JUMP
            if near:  # False too where either is not a number
                x0, y0, x1, y1 = np.round(np.concatenate([spots[index - 1] * unit, spots[index] * unit]), 2).tolist()
                fresh = max(0.0, 1 - (step - steps[index]) / TAIL)
                line = (place.x + x0, place.y + y0, place.x + x1, place.y + y1)
                yield Polyline(line, MARK, 3.0 * thick, opacity=round(0.08 + 0.8 * fresh, 2))
        if spots and np.isfinite(spots[-1]).all():
            x, y = np.round(spots[-1] * unit, 2).tolist()
            yield Circle(place.x + x, place.y + y, 11.0 * thick, None, MARK, 2.5 * thick)

    def _boxes(self, moment: Moment, place: Box, columns: int, rows: int) -> Iterator[Command]:
        """Yield a frame of four corners around each thing, its name above."""
        across, down = place.width / columns, place.height / rows
        thick = _large(place, rows)
        size = round(14 * thick)
        for name, series in self.boxes:
            (source,) = sources(moment, series, self.run, "Screen", ("array",))
            if source.info is None:
                continue
            before, after, share = moment.between(source.name, source.run)
            x, y, wide, high = _between(before, after, share)
            if not math.isfinite(x + y + wide + high):
                continue
            frame = Box(place.x + x * across, place.y + y * down, wide * across, high * down).inset(-5 * thick)
            yield from _corners(frame, thick)
            if name:
                room = width(name, size, bold=True)
                left = min(max(frame.centre[0] - room / 2, place.x + 4), place.right - room - 4)
                above = frame.y - 7 - size > place.y
                base = frame.y - 8 if above else frame.bottom + 8 + cap_height(size)
                ground = Box(round(left - 4, 2), round(base - size, 2), room + 8, size + 5.0)
                yield Rect(*ground, "#000000", radius=3, opacity=0.6)
                yield label(left, base, name, size, "#ffffff", bold=True)


def console_at(moment: Moment, opens: Open, game: str, at: str, run: str, view: str) -> tuple[Console, float] | None:
    """Return the console of the game that is shown at a moment, and the step it stands at; None before the first.

    Args:
        moment: The moment.
        opens: Opens a console.
        game: The text series that names the game.
        at: The scalar series of its steps.
        run: The view's run.
        view: Name of the view, for errors.
    """
    named, placed = sources(moment, game, run, view, ("text",))[0], sources(moment, at, run, view, ("scalar",))[0]
    if named.info is None or placed.info is None:
        return None
    text = named.trace.value(named.name, moment.step(named.run))
    if text is None:
        return None
    before, after, share = moment.between(placed.name, placed.run)
    console = once(named.trace, ("console", text), lambda: opens(text))
    return console, float(before) + (share if after == before + 1 else 0.0)


def screen_box(columns: int, rows: int, box: Box) -> Box:
    """Return where a console's screen stands at the left of a box: pixels of whole units, up to twice as wide as high."""
    down = max(1, math.floor(box.height / rows))
    while True:
        across = min(2 * down, math.floor(box.width / columns))
        if across >= down or down == 1:
            break
        down -= 1
    if across < 1 or rows > box.height:  # no room for whole units
        unit = min(box.width / (2 * columns), box.height / rows)
        wide, high = 2 * columns * unit, rows * unit
    else:
        wide, high = float(columns * across), float(rows * down)
    return Box(round(box.x), round(box.y + (box.height - high) / 2), round(wide, 2), round(high, 2))


def heated(picture: NDArray[np.uint8], heat: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return a picture that shines where the heat is 1 and is dimmed where it is 0.

    Args:
        picture: uint8 (height, width, 3).
        heat: (rows, columns), 0..1; mixed between the middles of its cells.
    """
    rows, columns = picture.shape[:2]
    spread = _stretched(np.clip(np.nan_to_num(heat), 0.0, 1.0), rows, columns)[:, :, None]
    dimmed = picture * (0.5 + 0.5 * spread)
    return np.round(dimmed + (GLOW - dimmed) * 0.65 * spread).astype(np.uint8)


def _stretched(table: NDArray[np.float64], rows: int, columns: int) -> NDArray[np.float64]:
    """Return a table stretched to another size, mixed linearly between the middles of its cells."""
    for axis, size in ((0, rows), (1, columns)):
        count = table.shape[axis]
        places = np.clip((np.arange(size) + 0.5) * count / size - 0.5, 0, count - 1)
        low = np.minimum(places.astype(np.int64), max(0, count - 2))
        high = np.minimum(low + 1, count - 1)
        share = np.expand_dims(places - low, 1 - axis)
        table = np.take(table, low, axis) * (1 - share) + np.take(table, high, axis) * share
    return table


def _between(before: Any, after: Any, share: float) -> tuple[float, float, float, float]:
    """Return a box on its way from one row to the next; where it was put elsewhere, the first."""
    first, second = np.asarray(before, np.float64), np.asarray(after, np.float64)
    if share > 0 and np.abs(second - first).max() <= JUMP:
        first = first + (second - first) * share
    x, y, wide, high = np.round(first, 3).tolist()
    return x, y, wide, high


def _badge(place: Box, text: str) -> Iterator[Command]:
    """Yield two arrowheads and a text in the upper right corner: the film runs forward."""
    room = width(text, 16, bold=True) + 44
    left, top = place.right - room - 10, place.y + 10
    yield Rect(round(left, 2), top, round(room, 2), 28.0, "#000000", None, radius=6, opacity=0.7)
    for x in (left + 10, left + 19):
        points = (x, top + 8, x + 9, top + 14, x, top + 20)
        yield Polyline(tuple(round(point, 2) for point in points), None, fill=MARK, closed=True)
    yield label(left + 34, top + 14 + cap_height(16) / 2, text, 16, "#ffffff", bold=True)


def _large(place: Box, rows: int) -> float:
    """Return how much larger than usual lines and letters are drawn: where pixels are, so are they."""
    return round(min(2.0, max(1.0, place.height / rows / 2.5)), 2)


def _corners(frame: Box, thick: float) -> Iterator[Command]:
    """Yield the four corners of a frame."""
    long = round(min(10.0 * thick, frame.width / 3, frame.height / 3), 2)
    for x, way in ((frame.x, 1), (frame.right, -1)):
        for y, down in ((frame.y, 1), (frame.bottom, -1)):
            points = (x + way * long, y, x, y, x, y + down * long)
            yield Polyline(tuple(round(point, 2) for point in points), MARK, 2.5 * thick)


def _cropped(place: Box, crop: tuple[float, float, float, float], across: float, down: float) -> Iterator[Command]:
    """Yield a veil over all but a part, and that part's frame."""
    x, y, wide, high = crop
    part = Box(place.x + x * across, place.y + y * down, wide * across, high * down)
    for veil in (
        Box(place.x, place.y, place.width, part.y - place.y),
        Box(place.x, part.bottom, place.width, place.bottom - part.bottom),
        Box(place.x, part.y, part.x - place.x, part.height),
        Box(part.right, part.y, place.right - part.right, part.height),
    ):
        if veil.width > 0 and veil.height > 0:
            yield Rect(*veil, "#000000", opacity=0.6)
    yield Rect(*part.inset(1), None, MARK, 2.5)
