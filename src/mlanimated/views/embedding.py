"""Embedding: things in a plane, each with its word, its digit or its picture: where a model has put them.

    Embedding("latent", words="labels")                         # a digit at each place, coloured by what it is
    Embedding("vectors", words=("king", "queen", …), classes=(0, 0, …))
    Embedding("points", pictures="thumbnails")                  # small pictures at their places

Places glide between recorded steps. Words of more than two letters stand beside a dot; where two would cover each other, the later one
fades.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Clip, Colour, Command, Group, Image, Rect
from mlanimated.draw.scale import Linear
from mlanimated.draw.text import cap_height, label, width
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.cache import once
from mlanimated.views.glide import glided
from mlanimated.views.items import item_colours
from mlanimated.views.legend import Entry, legend, legend_height
from mlanimated.views.marks import arrow, line
from mlanimated.views.moment import Moment
from mlanimated.views.picture import pixels_of
from mlanimated.views.scene import View
from mlanimated.views.source import Source, sources

__all__ = ["Embedding"]

Numbers = NDArray[np.float64]

SHORT = 2
"""Words of so many letters stand at the place itself."""
TEN: tuple[Colour, ...] = (*(f"series-{index}" for index in range(1, 9)), "ink", "muted")
MOST = 800


@dataclass(frozen=True)
class Embedding(View):
    """Things at places in a plane that a model has found.

    Attributes:
        series: An array series (n, 2).
        words: A word for each: given, or an array series (n,) of whole numbers; "" for dots.
        pictures: An array series (n, height, width) or (n, height, width, 3) with a picture for each; "" for none.
        classes: A whole number for each, which chooses the colour: given, or an array series (n,); "" takes the numbers that are
            the words, if they are.
        names: Of the classes, for a legend; empty for none.
        colours: By class; empty for eight colours, ink and grey.
        window: Lowest x, highest x, lowest y, highest y; None for what holds all places of the film.
        path: An array series (k, 2): places joined by a line with an arrow at its end; "" for none.
        arrows: Pairs of indices: an arrow from one thing to another.
        size: Type size of words, or side of the pictures, in units.
        equal: A unit is as long across as upwards.
    """

    series: str
    _: KW_ONLY
    words: str | Sequence[str] = ""
    pictures: str = ""
    classes: str | Sequence[int] = ""
    names: Sequence[str] = ()
    colours: Sequence[Colour] = ()
    window: tuple[float, float, float, float] | None = None
    path: str = ""
    arrows: Sequence[tuple[int, int]] = ()
    size: float = 16.0
    equal: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.size >= 4:
            raise MlaError(f"Embedding: size={self.size} is too small; 16 is the default.")
        if self.window is not None:
            left, right, bottom, top = self.window
            if not (left < right and bottom < top):
                raise MlaError(
                    f"Embedding's window is {self.window}; it must be (lowest x, highest x, lowest y, highest y)."
                )

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return ground, things, arrows and legend."""
        source = self._source(moment)
        step = moment.step(source.run)
        places = (
            None
            if source.info is None
            else glided(source.trace, source.name, step, moment.share(source.name, source.run))
        )
        if places is None:
            return empty(box, "no places yet")
        drawn: list[Command] = []
        entries = tuple(map(Entry, self.names, item_colours(len(self.names), self.colours or TEN)))
        if entries:
            drawn.append(legend(entries, box, "dot"))
            box = box.inset(0, legend_height(entries, box.width) + 8, 0, 0)
        inner, x, y = self._plane(source, box)
        chosen = np.unique(np.linspace(0, len(places) - 1, min(len(places), MOST)).astype(np.int64))
        at = np.column_stack((x(places[:, 0]), y(places[:, 1])))
        words = self._words(moment, len(places))
        classes = self._classes(moment, len(places))
        palette = tuple(self.colours) or TEN
        things: list[Command] = [Rect(*inner, "panel")]
        if self.path:
            things.append(Group(tuple(self._path(moment, x, y)), key="path"))
        if self.pictures:
            things += self._pictured(moment, at, chosen)
        elif words and max(map(len, words)) > SHORT:
            things += _worded(at, chosen, words, [palette[of % len(palette)] for of in classes], inner, self.size)
        else:
            things.append(Group(tuple(_marked(at, chosen, words, classes, palette, self.size)), key="marks"))
        for start, end in self.arrows:
            x0, y0, x1, y1 = (float(part) for part in (*at[start], *at[end]))
            things.append(Group(arrow(x0, y0, x1, y1, "accent", 2.5, opacity=0.9), key=f"arrow-{start}-{end}"))
        drawn.append(Group((Clip(*inner, tuple(things), radius=8.0),), key="plane"))
        return drawn

    def describe(self, moment: Moment) -> str:
        """Say how many things there are."""
        source = self._source(moment)
        value = None if source.info is None else source.trace.value(source.name, moment.step(source.run))
        return "" if value is None else f"{len(value)} places in a plane from {source.name!r}."

    def _source(self, moment: Moment) -> Source:
        (source,) = sources(moment, self.series, self.run, "Embedding", ("array",))
        if source.info is not None and (len(source.info.shape) != 2 or source.info.shape[1] != 2):
            shape = "x".join(map(str, source.info.shape))
            raise MlaError(f"Embedding: {source.name!r} is {shape}; places are n x 2.")
        return source

    def _plane(self, source: Source, box: Box) -> tuple[Box, Linear, Linear]:
        """Return the ground and its scales: the same for the whole film."""
        left, right, bottom, top = self.window or once(
            source.trace, ("embedding", source.name), lambda: _extent(source)
        )
        if self.equal:
            unit = max((right - left) / max(1.0, box.width), (top - bottom) / max(1.0, box.height))
            if self.window is None:  # what room is left shows more of the plane
                more_x, more_y = unit * box.width - (right - left), unit * box.height - (top - bottom)
                left, right, bottom, top = left - more_x / 2, right + more_x / 2, bottom - more_y / 2, top + more_y / 2
            else:
                wide, high = (right - left) / unit, (top - bottom) / unit
                box = Box(box.x + (box.width - wide) / 2, box.y + (box.height - high) / 2, wide, high)
        inner = Box(round(box.x, 2), round(box.y, 2), round(box.width, 2), round(box.height, 2))
        return inner, Linear(left, right, inner.x, inner.right), Linear(bottom, top, inner.bottom, inner.y)

    def _given(self, moment: Moment, name: str) -> Any:
        """Return the newest value of a series of labels."""
        (source,) = sources(moment, name, self.run, "Embedding", ("array",))
        return None if source.info is None else source.trace.value(source.name, moment.step(source.run))

    def _words(self, moment: Moment, count: int) -> tuple[str, ...]:
        given = self.words
        if isinstance(given, str):
            numbers = self._given(moment, given) if given else None
            given = () if numbers is None else [str(int(number)) for number in np.asarray(numbers).ravel()]
        return _checked(tuple(given), count, "words")

    def _classes(self, moment: Moment, count: int) -> tuple[int, ...]:
        given: Any = self.classes or (self.words if isinstance(self.words, str) else "")
        if isinstance(given, str):
            given = self._given(moment, given) if given else None
        if given is None:
            return (0,) * count
        return _checked(tuple(int(number) for number in np.asarray(given).ravel()), count, "classes")

    def _pictured(self, moment: Moment, at: Numbers, chosen: NDArray[np.int64]) -> list[Command]:
        """Return a small picture at each place."""
        pictures = self._given(moment, self.pictures)
        if pictures is None:
            return []
        if len(pictures) != len(at):
            raise MlaError(f"Embedding: there are {len(at)} places but {len(pictures)} pictures; give one to each.")
        drawn: list[Command] = []
        half = self.size / 2
        indices: list[int] = chosen.tolist()
        for index in indices:
            pixels = pixels_of(pictures[index], "grey", self.pictures)
            high = self.size * pixels.rows / pixels.columns
            parts = (
                Image(-half, -high / 2, self.size, high, pixels),
                Rect(-half, -high / 2, self.size, high, None, "faint"),
            )
            drawn.append(Group(parts, key=f"picture-{index}", x=float(at[index, 0]), y=float(at[index, 1])))
        return drawn

    def _path(self, moment: Moment, x: Linear, y: Linear) -> list[Command]:
        """Return a way through the plane."""
        (source,) = sources(moment, self.path, self.run, "Embedding", ("array",))
        step = moment.step(source.run)
        way = (
            None
            if source.info is None
            else glided(source.trace, source.name, step, moment.share(source.name, source.run))
        )
        if way is None or len(way) < 2:
            return []
        xs, ys = x(way[:, 0]), y(way[:, 1])
        drawn: list[Command] = list(line(xs, ys, "accent", 3.0))
        drawn += [Circle(float(px), float(py), 4.5, "accent", "ground", 1.0) for px, py in zip(xs, ys, strict=True)]
        return drawn


def _checked(given: tuple[Any, ...], count: int, what: str) -> tuple[Any, ...]:
    if given and len(given) != count:
        raise MlaError(f"Embedding: there are {count} places but {len(given)} {what}; give one to each.")
    return given


def _extent(source: Source) -> tuple[float, float, float, float]:
    """Return bounds of all places of a film, from at most 200 rows, with a little room."""
    steps = source.trace.steps(source.name)
    some = steps[np.unique(np.linspace(0, len(steps) - 1, min(200, len(steps))).astype(np.int64))]
    rows = [np.asarray(source.trace.value(source.name, float(step)), np.float64) for step in some]
    points = np.concatenate(rows)
    points = points[np.isfinite(points).all(1)]
    if not len(points):
        return -1.0, 1.0, -1.0, 1.0
    (left, bottom), (right, top) = points.min(0), points.max(0)
    room_x, room_y = (0.07 * max(float(span), 1e-6) for span in (right - left, top - bottom))
    return float(left) - room_x, float(right) + room_x, float(bottom) - room_y, float(top) + room_y


def _marked(
    at: Numbers,
    chosen: NDArray[np.int64],
    words: Sequence[str],
    classes: Sequence[int],
    palette: Sequence[Colour],
    size: float,
) -> list[Command]:
    """Return a dot, or a short word, at each place."""
    drawn: list[Command] = []
    indices: list[int] = chosen.tolist()
    for index in indices:
        x, y = (float(part) for part in at[index])
        if not (math.isfinite(x) and math.isfinite(y)):
            continue
        colour = palette[classes[index] % len(palette)]
        if words:
            drawn.append(label(x, y + cap_height(size) / 2, words[index], size, colour, "middle", bold=True))
        else:
            drawn.append(Circle(x, y, size * 0.3, colour, "ground", 1.0))
    return drawn


def _worded(
    at: Numbers, chosen: NDArray[np.int64], words: Sequence[str], colours: Sequence[Colour], inner: Box, size: float
) -> list[Command]:
    """Return dots with words beside them; a word that an earlier one covers fades as they come together."""
    drawn: list[Command] = []
    taken: list[tuple[Box, float]] = []
    indices: list[int] = chosen.tolist()
    for index in indices:
        x, y = (float(part) for part in at[index])
        if not (math.isfinite(x) and math.isfinite(y)):
            continue
        long = width(words[index], size)
        left = x + 10 if x + 10 + long <= inner.right - 6 else x - 10 - long
        line_y = min(max(y, inner.y + 0.7 * size), inner.bottom - 0.7 * size)
        box = Box(left, line_y - size * 0.5, long, size)
        seen = 1.0
        for other, of_other in taken:
            across = min(box.right, other.right) - max(box.x, other.x)
            down = min(box.bottom, other.bottom) - max(box.y, other.y)
            # Gone by the time that they touch: of two words over each other one alone can be read.
            near = min(1.0, max(0.0, (across + 8) / 8)) * min(1.0, max(0.0, (down + 6) / 6))
            seen = min(seen, 1 - near * min(1.0, of_other / 0.4))
        seen = max(0.0, seen)
        taken.append((box, seen))
        drawn.append(Circle(x, y, 4.5, colours[index], "ground", 1.0))
        if seen > 0.02:
            text = label(
                left, line_y + cap_height(size) / 2, words[index], size, colours[index], opacity=round(seen, 2)
            )
            drawn.append(text)
    return [Group(tuple(drawn), key="things")]
