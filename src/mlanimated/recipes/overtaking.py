"""Overtaking: what there is to say of a table that is ranked anew in each year, found in its numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from mlanimated.data.countries import Table
from mlanimated.views import Mark

__all__ = ["in_words", "overtakings"]

_PLACES = ("first", "second", "third", "fourth", "fifth")
_LOWER = (*_PLACES, "sixth", "seventh", "eighth", "ninth", "tenth")


def overtakings(table: Table) -> tuple[Mark, ...]:
    """Return what is said of a ranking: who leads, who rises to a place near the top that it never had, and how it ends."""
    order = np.argsort(-table.values, axis=0, kind="stable")
    ranks = np.argsort(order, axis=0)
    years = table.years.tolist()
    first, second = int(order[0, 0]), int(order[1, 0])
    times = table.values[first, 0] / table.values[second, 0]
    what = {"gdp": "economy", "population": "people"}[table.measure]
    lead = f"{in_words(table.names[first])} leads, with {times:.1f} times the {what} of {in_words(table.names[second])}"
    rises: list[Mark] = []
    # Where the first three hardly change, places further down are worth telling.
    for near in (3, len(_PLACES)):
        rises = [mark for column in range(1, len(years) - 1) for mark in _rises(table, order, ranks, column, near)]
        if len(rises) >= 3:
            break
    taken = {mark.step for mark in rises} | {years[0], years[-1]}
    rises = sorted((*rises, *_climb(table, ranks, taken)), key=lambda mark: mark.step)
    growth = table.values[:, -1] / table.values[:, 0]
    fastest = int(np.argmax(np.where(ranks[:, -1] < 10, growth, 0)))
    end = f"{years[-1]}: of these, {in_words(table.names[fastest])} grew the most since {years[0]}, {growth[fastest]:.0f} times."
    return Mark(years[0], "start", f"In {years[0]} {lead}."), *rises, Mark(years[-1], "end", end)


def _rises(table: Table, order: np.ndarray, ranks: np.ndarray, column: int, near: int) -> Iterator[Mark]:
    """Yield a mark for each country that takes one of the first `near` places which it never had before that year."""
    year = int(table.years[column])
    for index, name in enumerate(table.names):
        rank, best = int(ranks[index, column]), int(ranks[index, :column].min())
        others: list[int] = order[rank + 1 : best + 1, column].tolist()
        if rank < min(best, near) and others:
            passed = _listed([table.names[other] for other in others])
            yield Mark(
                year, f"{name} rises", f"{year}: {in_words(name, start=True)} passes {passed} and is {_PLACES[rank]}."
            )


def _climb(table: Table, ranks: np.ndarray, taken: Collection[float]) -> tuple[Mark, ...]:
    """Return a mark for the steepest climb within ten years to one of the first places; none under three places."""
    years = table.years.tolist()
    gained = np.where(ranks[:, 2:] < len(_PLACES), ranks[:, :-2] - ranks[:, 2:], 0)
    gained = np.where((ranks[:, :-2] < len(_LOWER)) & ~np.isin(years[2:], list(taken)), gained, 0)
    index, column = np.unravel_index(int(np.argmax(gained)), gained.shape)
    if gained[index, column] < 3:
        return ()
    name, year = table.names[index], years[column + 2]
    before, now = _LOWER[int(ranks[index, column])], _LOWER[int(ranks[index, column + 2])]
    text = f"{year}: {in_words(name)} has climbed from {before} place to {now} in {year - years[column]} years."
    return (Mark(year, f"{name} climbs", text),)


def in_words(name: str, *, start: bool = False) -> str:
    """Return a country's name as it stands in a sentence."""
    article = name.startswith("United ") or name.endswith("s")
    return f"{'The' if start else 'the'} {name}" if article else name


def _listed(names: Sequence[str]) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    shown = [in_words(name) for name in names]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
