"""Chapter 1: numbers that move. Countries over five decades as growing lines, ranked bars, a pie, and all on one clock."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta, Struct

from mlanimated.data.countries import Table, countries
from mlanimated.errors import MlaError
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.overtaking import in_words, overtakings
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Recorder, Trace
from mlanimated.views import Clock, Lines, Mark, Pie, RankedBars

__all__ = ["RECIPES"]

YEARS = Count(word="year", total=False, words=())
UNITS = {"gdp": (1e12, "GDP in trillions of dollars"), "population": (1e6, "Millions of people")}
"""By what the numbers of a measure are divided, and what they are then."""
REST = 0.5
"""Seconds that a film stays at each year of the table, so that its numbers can be read while they are exact."""
RESTS = 15
"""So many years a film can rest at."""
SOURCES = {"gapminder": "Gapminder", "worldbank": "World Bank"}
PACE = Clock(seconds=10, pace="even", hold=REST)
CONTINENTS = ("Asia", "Europe", "Americas", "Africa", "Oceania")
COLOURS = {name: f"series-{place}" for place, name in enumerate(CONTINENTS, 1)}
"""A continent has its colour in every panel, and so have its countries where they stand beside it."""


class Replay(Struct, frozen=True, kw_only=True):
    """Which part of the table is recorded, year by year."""

    measure: str
    names: tuple[str, ...]
    scale: float = 1.0
    by_continent: bool = False
    source: str = "gapminder"


def replay(args: Replay, recorder: Recorder, resume: object = None) -> None:
    """Record a table as if it happened: `values` (n,), one for each name, and each as a scalar; the step is the year.

    Args:
        args: What is recorded.
        recorder: Takes the series.
        resume: Not used: a table has no state.
    """
    del resume
    table = the_table(args.measure, args.source)
    if args.by_continent:
        kinds = np.array(table.continents)
        rows = np.stack([table.values[kinds == name].sum(axis=0) for name in args.names]) / args.scale
    else:
        rows = np.stack([table.of(name) for name in args.names]) / args.scale
    for column, year in enumerate(table.years.tolist()):
        each = {name: float(row[column]) for name, row in zip(args.names, rows, strict=True)}
        recorder.log({"values": rows[:, column].copy(), **each}, step=year)
        recorder.tick(year)


@lru_cache(maxsize=4)
def the_table(measure: str, source: str = "gapminder") -> Table:
    """Return a table of all countries, read once; of the World Bank's, those with a figure for each year since 1970."""
    return countries(measure, worldbank=True).complete(since=1970) if source == "worldbank" else countries(measure)


class Lives(Struct, frozen=True, kw_only=True):
    """Whose lives."""

    countries: Annotated[str, Meta(description="Up to eight countries, parted by semicolons.")] = (
        "Japan; France; Brazil; China; India; Rwanda"
    )

    @property
    def names(self) -> tuple[str, ...]:
        """The countries, each once.

        Raises:
            MlaError: There are none, or too many to tell apart.
        """
        names = tuple(dict.fromkeys(name.strip() for name in self.countries.split(";") if name.strip()))
        if not 1 <= len(names) <= 8:
            raise MlaError(f"countries has {len(names)} names; it must have one to eight, parted by semicolons.")
        return names


def lives_run(args: Lives) -> Mapping[str, Run]:
    """Return the replay of these countries."""
    return {"": Run(replay, Replay(measure="life expectancy", names=args.names))}


def growing_lines(args: Lives, traces: Mapping[str, Trace]) -> Film:
    """Return lines that grow: how long people could expect to live."""
    table = the_table("life expectancy")
    lines = Lines(args.names, format="{:.1f}", x_label="", y_label="", limits=(20.0, 85.0))
    return Film(
        lines.titled("Life expectancy at birth, in years · data: Gapminder"),
        traces,
        PACE,
        title="How long a newborn could expect to live",
        captions=(*_falls(table, args.names), *_rests(table)),
        count=YEARS,
        alt=f"Life expectancy in {', '.join(args.names)} from {table.years[0]} to {table.years[-1]}. Source: {table.source}.",
    )


def _rests(table: Table) -> tuple[Mark, ...]:
    """Return a silent mark at each year of a short table; a long one runs through."""
    return tuple(Mark(year, "") for year in table.years.tolist()) if len(table.years) <= RESTS else ()


def _falls(table: Table, names: Sequence[str]) -> tuple[Mark, ...]:
    """Return what is said: the start, the two deepest falls, and the end, as the table has them."""
    rows = np.stack([table.of(name) for name in names])
    years = table.years.tolist()
    low, high = int(np.argmin(rows[:, 0])), int(np.argmax(rows[:, 0]))
    least = f", {rows[low, 0]:.0f} in {names[low]}" if len(names) > 1 else ""
    marks = [Mark(years[0], "start", f"In {years[0]} it was {rows[high, 0]:.0f} years in {names[high]}{least}.")]
    drops = np.diff(rows, axis=1).min(axis=1)
    for index in sorted(np.argsort(drops)[:2].tolist(), key=lambda index: int(np.argmin(np.diff(rows[index])))):
        column = int(np.argmin(np.diff(rows[index]))) + 1
        if drops[index] < -2:
            fall = f"in {names[index]} it fell to {rows[index, column]:.1f} years, from {rows[index, column - 1]:.1f} five years before."
            marks.append(Mark(years[column], f"{names[index]} falls", f"{years[column]}: {fall}"))
    gained = int(np.argmax(rows[:, -1] - rows[:, 0]))
    end = f"{years[-1]}: {names[gained]} gained the most, {rows[gained, -1] - rows[gained, 0]:.0f} years of life in {years[-1] - years[0]}."
    return (*marks, Mark(years[-1], "end", end))


class Ranking(Struct, frozen=True, kw_only=True):
    """What is ranked."""

    measure: Annotated[
        Literal["gdp", "population"], Meta(description="The size of the economy, or the number of people.")
    ] = "gdp"
    top: Annotated[int, Meta(ge=3, le=20, description="How many bars there are.")] = 10
    source: Annotated[
        Literal["gapminder", "worldbank"],
        Meta(description="The table that comes with the package, or the World Bank's own to this day, when online."),
    ] = "gapminder"


def ranking_run(args: Ranking) -> Mapping[str, Run]:
    """Return the replay of every country that is ever among the largest."""
    names = the_table(args.measure, args.source).top(args.top).names
    return {
        "": Run(replay, Replay(measure=args.measure, names=names, scale=UNITS[args.measure][0], source=args.source))
    }


def ranked(args: Ranking) -> RankedBars:
    """Return the bars that slide past each other."""
    table = the_table(args.measure, args.source).top(args.top)
    kinds = tuple(dict.fromkeys(table.continents))
    return RankedBars(
        "values",
        table.names,
        top=args.top,
        format="{:.2f}" if args.measure == "gdp" else "{:,.0f}",
        clock="{:.0f}",
        groups=table.continents,
        colours=tuple(COLOURS.get(kind, f"series-{place % 8 + 1}") for place, kind in enumerate(kinds)),
        title=f"{UNITS[args.measure][1]} · data: {SOURCES[args.source]}",
    )


def ranked_film(args: Ranking, traces: Mapping[str, Trace]) -> Film:
    """Return the film of one ranking."""
    table = the_table(args.measure, args.source).top(args.top)
    title = {"gdp": "The largest economies", "population": "Where most people live"}[args.measure]
    return Film(
        ranked(args),
        traces,
        PACE,
        title=title,
        captions=(*overtakings(table), *_rests(table)),
        count=YEARS,
        alt=f"Bars of {table.measure} in {table.unit}, ranked anew in each year. Source: {table.source}.",
    )


class Shares(Struct, frozen=True, kw_only=True):
    """What is shared."""

    measure: Annotated[Literal["gdp", "population"], Meta(description="The world's economy, or its people.")] = "gdp"


def shares_run(args: Shares) -> Mapping[str, Run]:
    """Return the replay of the continents."""
    scale = UNITS[args.measure][0]
    return {"": Run(replay, Replay(measure=args.measure, names=CONTINENTS, scale=scale, by_continent=True))}


def shares_film(args: Shares, traces: Mapping[str, Trace]) -> Film:
    """Return the pie of continents, beside how much each of them grew."""
    table = the_table(args.measure)
    what = {"gdp": "economy", "population": "people"}[args.measure]
    return Film(
        Pie("values", CONTINENTS, hole=0.5).titled(f"Parts of the world’s {what}")
        | Lines(CONTINENTS, x_label="", y_label="").titled(f"{UNITS[args.measure][1]} · data: Gapminder"),
        traces,
        PACE,
        title=f"How the world’s {what} moved between continents",
        captions=(*_shifts(table, what), *_rests(table)),
        count=YEARS,
        alt=f"A pie of five continents and a line for each, {table.years[0]} to {table.years[-1]}. Source: {table.source}.",
    )


def _shifts(table: Table, what: str) -> tuple[Mark, ...]:
    """Return what is said of the shares: start, middle and end."""
    kinds = np.array(table.continents)
    rows = np.stack([table.values[kinds == name].sum(axis=0) for name in CONTINENTS])
    shares = rows / rows.sum(axis=0)
    years = table.years.tolist()
    leader = int(np.argmax(shares[:, 0]))
    gain, loss = int(np.argmax(shares[:, -1] - shares[:, 0])), int(np.argmin(shares[:, -1] - shares[:, 0]))
    whole = rows[:, -1].sum() / rows[:, 0].sum()
    half = len(years) // 2
    parts = f"{CONTINENTS[gain]} has come from {shares[gain, 0]:.0%} to {shares[gain, half]:.0%}."
    passes = [
        Mark(
            years[column],
            f"{CONTINENTS[first]} passes {CONTINENTS[second]}",
            f"{years[column]}: {in_words(CONTINENTS[first], start=True)} has passed {in_words(CONTINENTS[second])}, "
            f"with {shares[first, column]:.0%} against {shares[second, column]:.0%}.",
        )
        for first, second, column in _passes(shares)
    ]
    ends = f"{in_words(CONTINENTS[gain], start=True)} has {shares[gain, -1]:.0%}, {in_words(CONTINENTS[loss])} {shares[loss, -1]:.0%}"
    return (
        Mark(
            years[0],
            "start",
            f"In {years[0]} {in_words(CONTINENTS[leader])} had the largest part of the world’s {what}, {shares[leader, 0]:.0%}.",
        ),
        Mark(years[half], "half way", f"{years[half]}: {parts}"),
        *(mark for mark in passes if mark.step not in (years[0], years[half], years[-1])),
        Mark(years[-1], "end", f"{years[-1]}: {ends}. The whole is {whole:.1f} times what it was."),
    )


def _passes(shares: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Yield who passes whom, and the column of the first year ahead, where it stays ahead to the end."""
    for first, second in itertools.permutations(range(len(shares)), 2):
        ahead = np.flatnonzero(shares[first] <= shares[second])
        if 0 < ahead.size < shares.shape[1] and ahead.size == ahead[-1] + 1:
            yield first, second, ahead.size


class Decades(Struct, frozen=True, kw_only=True):
    """How many bars stand beside the pie and the lines."""

    top: Annotated[int, Meta(ge=3, le=12, description="How many bars there are.")] = 8


def decades_runs(args: Decades) -> Mapping[str, Run]:
    """Return the ranking, the shares and the lives, each a run of its own."""
    return {
        "ranking": ranking_run(Ranking(top=args.top))[""],
        "shares": shares_run(Shares())[""],
        "lives": lives_run(Lives(countries="; ".join(SHOWN)))[""],
    }


SHOWN = ("Japan", "France", "Brazil", "Rwanda")
"""One country of each of four continents: in the colour of its continent its line is told from the others."""


def _of_continents(names: Sequence[str]) -> tuple[str, ...]:
    """Return the colour of each country's continent."""
    table = the_table("gdp")
    return tuple(COLOURS[table.continents[table.names.index(name)]] for name in names)


def decades(args: Decades, traces: Mapping[str, Trace]) -> Film:
    """Return three films on one clock."""
    bars = ranked(Ranking(top=args.top)).of("ranking")
    pie = Pie("values", CONTINENTS, hole=0.5).of("shares").titled("Parts of the world’s economy")
    lines = (
        Lines(SHOWN, colours=_of_continents(SHOWN), format="{:.0f}", x_label="", y_label="", limits=(20.0, 85.0))
        .of("lives")
        .titled("Life expectancy in years")
    )
    return Film(
        bars.shared(1.1) | (pie / lines.shared(1.35)),
        traces,
        PACE,
        title="The largest economies, the world’s wealth and its lives on one clock",
        captions=(*overtakings(the_table("gdp").top(args.top)), *_rests(the_table("gdp"))),
        count=YEARS,
        alt="Ranked bars of economies, a pie of continents and lines of life expectancy move together from 1952 to 2007.",
    )


RECIPES = (
    Recipe(
        name="growing-lines",
        chapter=1,
        summary="Lines that grow: life expectancy in six countries, 1952 to 2007.",
        seconds=4,
        arguments=Lives,
        runs=lives_run,
        film=growing_lines,
    ),
    Recipe(
        name="countries",
        chapter=1,
        summary="Bars that overtake each other: the largest economies, 1952 to 2007.",
        seconds=5,
        arguments=Ranking,
        runs=ranking_run,
        film=ranked_film,
    ),
    Recipe(
        name="pie",
        chapter=1,
        summary="A pie that turns with time: each continent's part of the world's economy.",
        seconds=4,
        arguments=Shares,
        runs=shares_run,
        film=shares_film,
    ),
    Recipe(
        name="decades",
        chapter=1,
        summary="Bars, pie and lines on one clock: three films of the same decades, side by side.",
        seconds=6,
        arguments=Decades,
        runs=decades_runs,
        film=decades,
    ),
)
