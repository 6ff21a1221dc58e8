"""Auto: a scene for any trace, laid out from what it holds."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from mlanimated.errors import MlaError
from mlanimated.trace import SeriesInfo, Trace
from mlanimated.views.bars import Bars
from mlanimated.views.heatmap import HeatMap
from mlanimated.views.histogram import Histogram
from mlanimated.views.lines import Lines
from mlanimated.views.picture import Picture
from mlanimated.views.scene import Panel, Scene, View
from mlanimated.views.words import Words

__all__ = ["MOST", "scene_of", "views_of"]

MOST = 6
"""How many panels a scene has at most."""
TOGETHER = 5
"""How many lines share a panel at most."""

_TELLING = ("loss", "error", "return", "reward", "score", "accuracy", "acc", "length", "probability", "value", "q")
"""Words of names that say how training goes, the most telling first."""

_CHOSEN = {
    "probability",
    "probabilities",
    "p",
    "policy",
    "q",
    "prediction",
    "predictions",
    "logits",
    "values",
    "scores",
}
"""Words of names of rows of numbers of which the largest is chosen."""


class _Choice(NamedTuple):
    """A view that could be shown, and how telling it is: lower comes first."""

    rank: float
    view: View


def scene_of(trace: Trace) -> Scene:
    """Return a scene that shows what a trace holds, the most telling first.

    Scalars that are called alike ("train/loss", "test/loss"), or that stand under one name ("loss/actor", "loss/critic")
    and are of similar size, share a panel. Pictures are shown as they are, small rows of numbers as bars, tables as heat
    maps, large arrays by how their values are distributed, texts as words. There are at most six panels.

    Args:
        trace: Any trace, finished or not.

    Raises:
        MlaError: It holds nothing that can be drawn.
    """
    views = views_of(trace)
    if not views:
        raise MlaError('The trace holds no series to draw; record some with recorder.log({"loss": loss}, step=step).')
    return _laid_out(views[:MOST])


def views_of(trace: Trace) -> tuple[View, ...]:
    """Return a view for everything that a trace holds, the most telling first, as `scene_of` chooses them; none of an empty one."""
    infos = [trace.info(name) for name in trace.names]
    scalars = [info for info in infos if info.kind == "scalar" and info.rows > 0]
    choices = [*_lines(trace, scalars), *_arrays(infos), *_pictures(infos), *_texts(infos)]
    return tuple(choice.view for _, choice in sorted(enumerate(choices), key=lambda pair: (pair[1].rank, pair[0])))


def _laid_out(views: Sequence[View]) -> Scene:
    """Return views side by side and below each other, the first one largest where that is possible."""
    rows: dict[int, tuple[int, ...]] = {1: (1,), 2: (2,), 4: (2, 2), 5: (2, 3), 6: (3, 3)}
    if len(views) == 3:
        beside = Scene((views[1], views[2]), "column")
        return Scene((views[0].shared(1.4), beside))
    parts: list[Panel] = []
    begin = 0
    for count in rows[len(views)]:
        part = tuple(views[begin : begin + count])
        parts.append(Scene(part))
        begin += count
    first = parts[0]
    return first if len(parts) == 1 and isinstance(first, Scene) else Scene(tuple(parts), "column")


def _telling(names: Iterable[str]) -> float:
    """Return how telling names are, 0 the most, by the words in them."""
    words = {word for name in names for word in re.split(r"[^a-z]+", name.lower())}
    return next((index / 10 for index, word in enumerate(_TELLING) if word in words), len(_TELLING) / 10)


def _lines(trace: Trace, scalars: Sequence[SeriesInfo]) -> list[_Choice]:
    """Return line panels for scalars."""
    choices: list[_Choice] = []
    first = True
    for title, group in sorted(_grouped(scalars), key=lambda pair: _telling(info.name for info in pair[1])):
        names = tuple(info.name for info in group)
        low, high = min(info.low for info in group), max(info.high for info in group)
        still = not any(math.isfinite(info.low) and info.high > info.low for info in group)
        log = low > 0 and high / low >= 500
        smooth = 0.02 if any(_noisy(trace, info) for info in group) else 0.0
        rank = _telling(names) + (10.0 if still else 0.0)
        choices.append(_Choice(rank, Lines(names, log=log, smooth=smooth, events=first, title=title)))
        first = False
    return choices


def _grouped(scalars: Sequence[SeriesInfo]) -> list[tuple[str, list[SeriesInfo]]]:
    """Return scalars in groups that share a panel, each with a title."""
    by_end: dict[str, list[SeriesInfo]] = {}
    for info in scalars:
        by_end.setdefault(info.name.rpartition("/")[2], []).append(info)
    groups: list[tuple[str, list[SeriesInfo]]] = []
    alone: dict[str, list[SeriesInfo]] = {}
    for end, found in by_end.items():
        parts = _alike(found)
        if len(found) > 1 and all(len(part) > 1 for part in parts):
            groups += [(end, part) for part in parts]
            continue
        for info in found:
            head = info.name.rpartition("/")[0]
            alone.setdefault(head or info.name, []).append(info)
    for head, found in alone.items():
        for part in _alike(found):
            groups.append((head if len(part) > 1 else part[0].name, part))
    return groups


def _alike(found: Sequence[SeriesInfo]) -> list[list[SeriesInfo]]:
    """Part series into lots that can share an axis: their largest values differ by a factor of 20 at most."""
    lots: list[list[SeriesInfo]] = []
    for info in sorted(found, key=_size):
        last = lots[-1] if lots else None
        if last is not None and len(last) < TOGETHER and _size(info) <= 20 * max(_size(last[0]), 1e-12):
            last.append(info)
        else:
            lots.append([info])
    order = {info.name: index for index, info in enumerate(found)}
    return [sorted(lot, key=lambda info: order[info.name]) for lot in lots]


def _noisy(trace: Trace, info: SeriesInfo) -> bool:
    """Say whether a series goes up and down so much that an average reads better."""
    if info.rows < 200 or not info.high > info.low:
        return False
    values = trace.summary(info.name, info.first_step, info.last_step, 200).first
    climbed = np.abs(np.diff(values[np.isfinite(values)])).sum()
    return bool(climbed > 6 * (info.high - info.low))


def _size(info: SeriesInfo) -> float:
    """Return the largest finite value of a series, without its sign."""
    return max(abs(info.low), abs(info.high)) if math.isfinite(info.low) else 0.0


def _arrays(infos: Sequence[SeriesInfo]) -> list[_Choice]:
    """Return bars, heat maps and histograms for arrays; what changes is more telling than what stands."""
    choices: list[_Choice] = []
    for info in infos:
        if info.kind != "array" or not math.prod(info.shape):
            continue
        rank = 0.55 + _telling((info.name,)) / 10 + 0.1 * len(choices) + (5.0 if info.rows < 2 else 0.0)
        if len(info.shape) == 1 and info.shape[0] <= 12:
            # Where numbers are alternatives the largest is what counts; of weights it is one among others.
            chances = info.low >= 0.0 and info.high <= 1.0
            best = chances or bool(_CHOSEN & set(re.split(r"[^a-z]+", info.name.lower())))
            view: View = Bars(info.name, title=info.name, highlight="largest" if best else "")
        elif len(info.shape) <= 2 and max(info.shape) <= 256:
            view = HeatMap(info.name, title=_shaped(info), square=False)
        else:
            view = Histogram(info.name, title=info.name)
        choices.append(_Choice(rank, view))
    return choices


def _shaped(info: SeriesInfo) -> str:
    """Return the title of a table: its name, and what its two directions count."""
    if len(info.shape) < 2:
        return info.name
    rows, columns = info.shape
    return f"{info.name}: {rows} rows, {columns} columns"


def _pictures(infos: Sequence[SeriesInfo]) -> list[_Choice]:
    """Return pictures; the first one leads."""
    found = [info for info in infos if info.kind == "picture" and math.prod(info.shape)]
    return [_Choice(-1.0 + index * 0.9, Picture(info.name, title=info.name)) for index, info in enumerate(found)]


def _texts(infos: Sequence[SeriesInfo]) -> list[_Choice]:
    """Return texts."""
    found = [info for info in infos if info.kind == "text" and info.rows > 0]
    return [_Choice(0.8 + index * 0.3, Words(info.name, title=info.name)) for index, info in enumerate(found)]
