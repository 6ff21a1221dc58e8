"""Triangle: what a model makes of things of three kinds: each is a point, and a corner is being sure.

    Triangle("probability", classes="labels", names=("deer", "dog", "horse"))

A point's distance from each side is the probability of the corner opposite (barycentric coordinates): all in the middle is knowing
nothing. Lines part the regions of the three answers. A disc is right, a ring is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Colour, Command, Group, Polyline
from mlanimated.draw.text import cap_height, fitted, label
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.glide import glided
from mlanimated.views.moment import Moment
from mlanimated.views.scene import View
from mlanimated.views.source import Source, sources

__all__ = ["Triangle"]

Numbers = NDArray[np.float64]

SIZE = 18.0
ROOM = 28.0
"""For a name above or below a corner."""
MOST = 400


@dataclass(frozen=True)
class Triangle(View):
    """Probabilities of three classes as points in a triangle.

    Attributes:
        series: An array series (n, 3), each row adding up to 1; points glide between recorded rows.
        names: What the corners are called: the top, the left and the right one.
        classes: An array series (n,) of whole numbers 0, 1 or 2: what each thing is; "" where nobody knows.
        colours: Of the three classes.
        radius: Of a point, in units.

    Raises:
        MlaError: There are not three names and colours, or the series has another shape.
    """

    series: str
    _: KW_ONLY
    names: Sequence[str]
    classes: str = ""
    colours: Sequence[Colour] = ("series-1", "series-2", "series-3")
    radius: float = 4.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.names) != 3 or len(self.colours) != 3:
            raise MlaError(
                f"Triangle has {len(self.names)} names and {len(self.colours)} colours; it has three corners."
            )

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the triangle, its names, and the points."""
        source = self._source(moment)
        step = moment.step(source.run)
        shares = (
            None
            if source.info is None
            else glided(source.trace, source.name, step, moment.share(source.name, source.run))
        )
        if shares is None or box.width < 40 or box.height < 2 * ROOM + 20:
            return empty(box, "nothing recorded yet")
        corners = _corners(box, self.radius)
        classes, read = self._classes(moment, len(shares)), self._read(source, step)
        chosen = np.unique(np.linspace(0, len(shares) - 1, min(len(shares), MOST)).astype(np.int64))
        dots: list[Command] = []
        places: list[list[float]] = (shares @ corners).tolist()
        said: list[int] = read.argmax(axis=1).tolist()
        indices: list[int] = chosen.tolist()
        for index in indices:
            x, y = places[index]
            if not (math.isfinite(x) and math.isfinite(y)):
                continue
            colour = self.colours[classes[index]] if classes is not None else "accent"
            right = classes is None or said[index] == classes[index]
            ring = Circle(round(x, 2), round(y, 2), self.radius - 0.75, None, colour, 2.0)
            dots.append(ring if not right else Circle(round(x, 2), round(y, 2), self.radius, colour, "ground", 1.0))
        return [self._ground(box, corners), Group(tuple(dots), key="dots")]

    def describe(self, moment: Moment) -> str:
        """Return how many are right, or how many lie nearest to each corner."""
        source = self._source(moment)
        step = moment.step(source.run)
        if source.info is None or source.trace.value(source.name, step) is None:
            return ""
        said = self._read(source, step).argmax(axis=1)
        classes = self._classes(moment, len(said))
        if classes is None:
            told = (f"{int((said == index).sum())} to {name}" for index, name in enumerate(self.names))
            return f"Nearest, of {len(said)}: {', '.join(told)}."
        return f"{int((said == np.array(classes)).sum())} of {len(said)} points lie nearest to their own corner."

    def _ground(self, box: Box, corners: Numbers) -> Group:
        """Return the triangle, the lines between the answers, and the names of the corners."""
        outline = tuple(np.round(corners, 2).ravel().tolist())
        middle = corners.mean(axis=0)
        drawn: list[Command] = [Polyline(outline, "faint", 1.5, fill="panel", closed=True)]
        for index in range(3):
            side = (corners[(index + 1) % 3] + corners[(index + 2) % 3]) / 2
            ends = tuple(np.round((*middle, *side), 2).tolist())
            drawn.append(Polyline(ends, "muted", 1.25, dash=(4.0, 5.0), opacity=0.8))
        (top_x, top_y), (left_x, left_y), (right_x, _) = corners.tolist()
        below = left_y + self.radius + 6 + cap_height(SIZE)
        half = box.width / 2 - 8
        words = [fitted(name, half, SIZE, bold=True) for name in self.names]
        drawn += [
            label(top_x, top_y - self.radius - 7, words[0], SIZE, self.colours[0], "middle", bold=True),
            label(left_x - self.radius, below, words[1], SIZE, self.colours[1], "start", bold=True),
            label(right_x + self.radius, below, words[2], SIZE, self.colours[2], "end", bold=True),
        ]
        return Group(tuple(drawn), key="ground")

    def _source(self, moment: Moment) -> Source:
        (source,) = sources(moment, self.series, self.run, "Triangle", ("array",))
        if source.info is not None and (len(source.info.shape) != 2 or source.info.shape[1] != 3):
            shape = "x".join(map(str, source.info.shape))
            raise MlaError(f"Triangle: {source.name!r} is {shape}; probabilities of three classes are n x 3.")
        return source

    @staticmethod
    def _read(source: Source, step: float) -> Numbers:
        """Return the last recorded probabilities: what is right is never in between."""
        return np.asarray(source.trace.value(source.name, step), np.float64)

    def _classes(self, moment: Moment, count: int) -> list[int] | None:
        if not self.classes:
            return None
        (source,) = sources(moment, self.classes, self.run, "Triangle", ("array",))
        value = source.trace.value(source.name, moment.step(source.run)) if source.info else None
        if value is None:
            return None
        classes = np.asarray(value).ravel().astype(np.int64)
        if len(classes) != count or (count and not 0 <= classes.min() <= classes.max() <= 2):
            raise MlaError(
                f"Triangle: {count} points need as many classes, each 0, 1 or 2; {self.classes!r} has others."
            )
        return classes.tolist()


def _corners(box: Box, margin: float) -> Numbers:
    """Return the top, left and right corner of the largest equal-sided triangle that leaves room for names, (3, 2)."""
    wide, high = box.width - 2 * margin, box.height - 2 * ROOM
    side = min(wide, high / math.sin(math.pi / 3))
    tall = side * math.sin(math.pi / 3)
    x, top = box.centre[0], box.y + ROOM + (high - tall) / 2
    return np.array([[x, top], [x - side / 2, top + tall], [x + side / 2, top + tall]])
