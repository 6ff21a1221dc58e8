"""Items: a row of values, one for each named thing, as bars and pies draw them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.commands import Colour, Rect
from mlanimated.draw.palette import series as series_role
from mlanimated.draw.text import width
from mlanimated.errors import MlaError
from mlanimated.views.cache import once
from mlanimated.views.glide import glided
from mlanimated.views.moment import Moment
from mlanimated.views.source import Names, Source, names_of, short_labels, sources
from mlanimated.views.value_format import ValueFormat

__all__ = ["Items", "bar", "item_colours", "items", "widest"]

Row = NDArray[np.float64]


@dataclass(frozen=True)
class Items:
    """Values that belong together: the elements of one array series, or several scalar series.

    Attributes:
        found: The series; one array, or scalars.
        names: What each value belongs to.
    """

    found: tuple[Source, ...]
    names: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many values there are."""
        return len(self.names)

    def recorded(self, moment: Moment) -> Row | None:
        """Return the last recorded values, not a number where there is none; None before the first."""
        return self._joined([source.trace.value(source.name, moment.step(source.run)) for source in self.found])

    def glided(self, moment: Moment) -> Row | None:
        """Return the values now, gliding between recorded ones; None before the first."""
        return self._joined(
            [
                glided(source.trace, source.name, moment.step(source.run), moment.share(source.name, source.run))
                for source in self.found
            ]
        )

    def sampled(self, most: int = 240) -> Row:
        """Return values from all over the film, at most `most` rows of them, the first and the last row among them."""
        lead = self.found[0]

        def read() -> Row:
            steps = lead.trace.steps(lead.name)
            chosen = (
                steps[np.unique(np.linspace(0, len(steps) - 1, min(most, len(steps))).astype(int))]
                if len(steps)
                else steps
            )
            rows = [
                self._joined([source.trace.value(source.name, float(step)) for source in self.found]) for step in chosen
            ]
            kept = [row for row in rows if row is not None]
            return np.stack(kept) if kept else np.zeros((0, self.count))

        key = ("items", tuple((source.run, source.name) for source in self.found), self.count, most)
        return once(lead.trace, key, read)

    def _joined(self, values: Sequence[Any]) -> Row | None:
        if all(value is None for value in values):
            return None
        parts = [
            np.atleast_1d(np.asarray(np.nan if value is None else value, dtype=np.float64)).ravel() for value in values
        ]
        row = np.concatenate(parts)
        return row if len(row) == self.count else None


def items(moment: Moment, series: Names, names: Sequence[str], run: str, view: str) -> Items | None:
    """Return the values that a view draws, or None where nothing is recorded yet.

    Args:
        moment: Any moment of the film.
        series: An array series, or several scalar series.
        names: A name for each value; empty for the names of scalar series, or 0, 1, 2, ….
        run: The view's run.
        view: Name of the view, for errors.

    Raises:
        MlaError: Unknown series, one of the wrong kind, or not as many names as values.
    """
    wanted = names_of(series)
    found = sources(moment, wanted, run, view, ("scalar", "array"))
    if not found:
        raise MlaError(f"{view} needs a series: an array, or several scalars.")
    if any(source.info is None for source in found):
        return None
    sizes = [int(np.prod(source.info.shape, dtype=int)) if source.info is not None else 0 for source in found]
    if len(found) > 1 and any(size != 1 for size in sizes):
        raise MlaError(f"{view} draws one array series or several scalar series, not several arrays.")
    count = sum(sizes)
    if names and len(names) != count:
        raise MlaError(f"{view}: {', '.join(wanted)} has {count} values, but {len(names)} names are given.")
    if not names:
        names = short_labels(wanted) if len(wanted) == count else [str(index) for index in range(count)]
    return Items(found, tuple(names))


def item_colours(count: int, given: Sequence[Colour] = (), groups: Sequence[str] = ()) -> tuple[Colour, ...]:
    """Return a colour for each item, by what it is and never by its rank.

    Args:
        count: How many items there are.
        given: Colours to use in turn; empty for the series colours.
        groups: The group of each item; items of a group then share a colour.
    """
    order = {group: index for index, group in enumerate(dict.fromkeys(groups))}
    places = [order[group] for group in groups] if groups else list(range(count))
    return tuple(given[place % len(given)] if given else series_role(place) for place in places)


def widest(found: Items, writes: ValueFormat, size: float) -> float:
    """Return the room that the numbers need in any frame of the film."""
    sample = found.sampled()
    bounds = [float(sample[np.isfinite(sample)].max(initial=0.0)), float(sample[np.isfinite(sample)].min(initial=0.0))]
    return max(writes.width(size), *(width(writes(value), size) for value in bounds))


def bar(start: float, stop: float, y: float, height: float, fill: Colour) -> Rect:
    """Return a bar between two places, whichever is the left one."""
    return Rect(min(start, stop), round(y, 2), round(abs(stop - start), 2), round(height, 2), fill, radius=3)
