"""Source: which series of which run a view draws, what it is called, and in which colour."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from mlanimated.draw.commands import Colour
from mlanimated.draw.palette import series as series_role
from mlanimated.errors import MlaError, did_you_mean
from mlanimated.trace import SeriesInfo, Trace
from mlanimated.views.moment import Moment

__all__ = ["Names", "Source", "colours_for", "names_of", "short_labels", "sources"]

Names = str | Sequence[str]
"""One name, or several."""

_MEANINGS = {
    "error": "error",
    "loss": "error",
    "mse": "error",
    "policy": "policy",
    "prediction": "prediction",
    "predictions": "prediction",
    "q": "value",
    "return": "reward",
    "reward": "reward",
    "score": "reward",
    "target": "target",
    "targets": "target",
    "value": "value",
    "values": "value",
}


class Source(NamedTuple):
    """A series that a view draws.

    Attributes:
        run: Name of the run.
        name: Name of the series.
        trace: The run's trace.
        info: What the trace says of the series; None where it is not recorded yet.
    """

    run: str
    name: str
    trace: Trace
    info: SeriesInfo | None

    def kind(self) -> str:
        """Return "scalar", "array", "picture", "text", or "" where nothing is recorded yet."""
        return self.info.kind if self.info is not None else ""


def names_of(names: Names) -> tuple[str, ...]:
    """Return one name or several as a tuple."""
    return (names,) if isinstance(names, str) else tuple(names)


def sources(moment: Moment, names: Names, run: str, view: str, kinds: Sequence[str] = ()) -> tuple[Source, ...]:
    """Return where each series is found.

    Args:
        moment: Any moment of the film.
        names: "series", or "run:series" for one of another run than `run`.
        run: The view's run; "" is the film's first.
        view: Name of the view, for errors.
        kinds: Kinds of series that the view can draw; empty for all.

    Raises:
        MlaError: There is no such run or series, or it is of another kind. A series that is missing from a trace which
            is still being written is none: it may come.
    """
    found: list[Source] = []
    for text in names_of(names):
        before, colon, after = text.partition(":")
        of_run, name = (before, after) if colon and before in moment.traces else (moment.run(run), text)
        trace = moment.trace(of_run)
        if name not in trace.names:
            if trace.finished:
                of_which = f" of the run {of_run!r}" if of_run else ""
                raise MlaError(f"{view}: no series{of_which} is named {name!r}.{did_you_mean(name, trace.names)}")
            found.append(Source(of_run, name, trace, None))
            continue
        info = trace.info(name)
        if kinds and info.kind not in kinds:
            raise MlaError(f"{view} draws {' or '.join(kinds)} series; {name!r} is of the kind {info.kind!r}.")
        found.append(Source(of_run, name, trace, info))
    return tuple(found)


def short_labels(names: Sequence[str]) -> tuple[str, ...]:
    """Return what tells some names apart: without the parts that all have in front or at the end.

    ``train/loss`` and ``test/loss`` are "train" and "test"; ``slow:loss`` and ``fast:loss`` are "slow" and "fast".
    """
    if len(names) < 2:
        return tuple(names)
    parts = [re.split(r"[/:]", name) for name in names]
    shortest = min(map(len, parts))
    head = 0
    while head < shortest - 1 and len({part[head] for part in parts}) == 1:
        head += 1
    tail = 0
    while tail < shortest - 1 - head and len({part[-1 - tail] for part in parts}) == 1:
        tail += 1
    short = tuple("/".join(part[head : len(part) - tail]) for part in parts)
    return short if len(set(short)) == len(short) else tuple(names)


def colours_for(names: Sequence[str], given: Sequence[Colour] = ()) -> tuple[Colour, ...]:
    """Return a colour for each series: the given ones, else the one of what it means, else the next of the series colours.

    "loss" is the colour of errors and "reward" that of rewards in every film; where two series mean the same, all are
    told apart by the series colours instead.
    """
    if given:
        return tuple(given[index % len(given)] for index in range(len(names)))
    meanings = [_MEANINGS.get(re.split(r"[/:]", name)[-1].lower()) for name in names]
    known = [meaning for meaning in meanings if meaning]
    if len(known) == len(names) == len(set(known)):
        return tuple(known)
    if len(names) == 1:
        return ("accent",)
    return tuple(series_role(index) for index in range(len(names)))
