"""Numbers: what was measured, on how many, and how sure it is; and text with numbers in it, filled in when it runs."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from mlanimated.agents.agent import board_cards, cards
from mlanimated.errors import MlaError, did_you_mean
from mlanimated.lessons.markup import rows as written
from mlanimated.lessons.shelf import shelf
from mlanimated.recipes import find
from mlanimated.trace import Trace

__all__ = ["Measured", "Numbers", "mean", "numbers", "over_seeds", "say", "scores", "share", "told"]

DRAWS = 10_000
"""Samples of the bootstrap."""


@dataclass(frozen=True)
class Measured:
    """One figure.

    Attributes:
        what: What was measured.
        value: The mean, or the only value.
        count: On how many runs, games or pictures.
        of: What is counted: "seeds", "games".
        low: Lower end of the 95% interval; NaN where one run alone is all there is, as with no chance in it.
        high: Upper end.
        bar: The figure to beat, as text; "" for none.
        decimals: Decimals shown.
    """

    what: str
    value: float
    count: int = 1
    of: str = "run"
    low: float = math.nan
    high: float = math.nan
    bar: str = ""
    decimals: int = 2

    @property
    def interval(self) -> str:
        """The interval as text."""
        if math.isnan(self.low):
            return ("one seed" if self.of == "seed" else "no chance in it") if self.count == 1 else "–"
        return f"{self._text(self.low)} to {self._text(self.high)}"

    @property
    def shown(self) -> str:
        """The value as text."""
        return self._text(self.value)

    def _text(self, number: float) -> str:
        return "–" if math.isnan(number) else f"{number:,.{self.decimals}f}".replace("-", "−")


@dataclass(frozen=True)
class Numbers:
    """A table of figures."""

    rows: tuple[Measured, ...]

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Return the table for a notebook's cell or a page."""
        heads = ("Measured", "Value", "n", "95% interval", "To beat")
        cells = [(row.what, row.shown, f"{row.count:,} {row.of}", row.interval, row.bar or "–") for row in self.rows]
        table = f"<table>{written(heads, (tuple(map(escape, line)) for line in cells))}</table>"
        label = "What was measured: " + (self.rows[0].what if self.rows else "nothing")  # two tables of a page differ
        told = f'class="mla-numbers mla-rows" tabindex="0" role="region" aria-label="{escape(label)}"'
        return {
            "text/html": f"<div {told}>{table}</div>",
            "text/plain": "\n".join(" | ".join(line) for line in (heads, *cells)),
        }


@dataclass(frozen=True)
class Said:
    """Text with its numbers filled in."""

    text: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Return it as Markdown."""
        return {"text/markdown": self.text, "text/plain": self.text}


def numbers(*rows: Measured | Iterable[Measured]) -> Numbers:
    """Return a table of figures: what, how much, on how many, how sure, against what.

    Raises:
        MlaError: There is none.
    """
    found = tuple(each for row in rows for each in ((row,) if isinstance(row, Measured) else row))
    if not found:
        raise MlaError("A table of numbers needs at least one.")
    return Numbers(found)


def say(text: str) -> Said:
    """Return Markdown text; write the numbers in it as an f-string of what was just measured."""
    return Said(text)


def over_seeds(
    name: str,
    what: str,
    measure: Callable[[Mapping[str, Trace]], float],
    *,
    seeds: Sequence[int] = range(5),
    bar: str = "",
    decimals: int = 2,
    **arguments: Any,
) -> Measured:
    """Train a recipe with several seeds, measure each, and return mean and interval.

    Args:
        name: The recipe's name; it takes a seed.
        what: What is measured.
        measure: Recordings by name → the figure.
        seeds: The seeds; two alone where a quick book is built.
        bar: The figure to beat.
        decimals: Decimals shown.
        **arguments: The recipe's own.
    """
    chosen = list(seeds)[:2] if shelf().quick else list(seeds)
    found = [
        float(measure(shelf().runs(name, shelf().values(find(name), arguments, {"seed": seed}))[2])) for seed in chosen
    ]
    return mean(what, found, "seeds", bar=bar, decimals=decimals)


def mean(what: str, values: Sequence[float], of: str, *, bar: str = "", decimals: int = 2) -> Measured:
    """Return the mean of some figures and its interval, by bootstrap.

    Args:
        what: What was measured.
        values: Each of them.
        of: What is counted: "games".
        bar: The figure to beat.
        decimals: Decimals shown.

    Raises:
        MlaError: There are none.
    """
    if not values:
        raise MlaError(f"{what}: nothing was measured, so there is no mean.")
    low, high = _interval(values)
    return Measured(what, float(np.mean(values)), len(values), of, low, high, bar, decimals)


def share(what: str, hits: float, count: int, of: str, *, bar: str = "") -> Measured:
    """Return how often something happened, in percent, with Wilson's interval (1927).

    Args:
        what: What is counted.
        hits: How often it happened.
        count: Of how many.
        of: What is counted: "test pictures".
        bar: The figure to beat.

    Raises:
        MlaError: There are none, or more hits than there are.
    """
    if not 0 <= hits <= count or count < 1:
        raise MlaError(f"{hits} of {count} is no share.")
    part, wide = hits / count, 1.96**2 / count
    middle, half = part + wide / 2, 1.96 * math.sqrt(part * (1 - part) / count + wide / (4 * count))
    low, high = (middle - half) / (1 + wide), (middle + half) / (1 + wide)
    return Measured(f"{what}, %", 100 * part, count, of, 100 * low, 100 * high, bar, 1)


def told(trace: Trace, what: str, of: str, *, which: int = 0, bar: str = "") -> Measured:
    """Return a share that the last event of a recording tells, as in "It wins 197 of 200 games", with its interval.

    Args:
        trace: The recording.
        what: What is counted.
        of: What is counted: "games".
        which: The place of the share in the sentence, where it tells several.
        bar: The figure to beat.

    Raises:
        MlaError: The last event tells no such share.
    """
    text = trace.events[-1].text if trace.events else ""
    found = re.findall(r"([\d,]+) of ([\d,]+)", text)
    if which >= len(found):
        raise MlaError(f"The last event of the recording tells {len(found)} shares: {text!r}")
    hits, count = (int(number.replace(",", "")) for number in found[which])
    return share(what, hits, count, of, bar=bar)


def scores(agent: str, bar: str = "") -> tuple[Measured, ...]:
    """Return what an agent that ships was measured to reach, from its card.

    Args:
        agent: Its name.
        bar: The figure to beat, for the first row.

    Raises:
        MlaError: There is no such agent.
    """
    known = {card.name: card for card in (*cards(), *board_cards())}
    if agent not in known:
        raise MlaError(f"No agent {agent!r} ships.{did_you_mean(agent, known)}")
    rows: list[Measured] = []
    for found in known[agent].measured:
        sticky = f", each action repeated by chance {found.sticky:.0%} of the time" if found.sticky else ""
        rows.append(
            Measured(
                f"Score of a full game{sticky}",
                found.mean,
                found.games,
                "games",
                found.low,
                found.high,
                bar * (not rows),
                1,
            )
        )
    for match in known[agent].matches:
        line = f"Games lost to {match.opponent} play, moving {match.seat}"
        rows.append(share(line, match.lost, match.games, "games", bar=bar * (not rows)))
    for kept in known[agent].kept:
        how = f"with {kept.simulations} simulations a move" if kept.simulations else "by the network alone"
        rows.append(share(f"Moves that keep what the position is worth, {how}", kept.kept, kept.positions, "positions"))
    return tuple(rows)


def _interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95% interval of the mean by bootstrap; NaN for a single value."""
    if len(values) < 2:
        return math.nan, math.nan
    chance = np.random.default_rng(0)
    sample = np.asarray(values)[chance.integers(0, len(values), (DRAWS, len(values)))].mean(axis=1)
    low, high = np.quantile(sample, [0.025, 0.975])
    return float(low), float(high)
