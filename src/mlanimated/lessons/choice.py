"""Choice: a film that answers. One slider takes the reader through a few runs that differ in one argument alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

from mlanimated.errors import MlaError
from mlanimated.learn.arguments import describe
from mlanimated.lessons.markup import ROOT, command, command_line, element, figure, plain, script, words
from mlanimated.lessons.shelf import Made, shelf
from mlanimated.projector.notebook import html
from mlanimated.recipes import find
from mlanimated.trace import Trace

__all__ = ["MOST", "Choice", "choose"]

MOST = 5
"""Runs that one slider chooses among at the most: more are not compared, only looked through."""


@dataclass(frozen=True)
class Choice:
    """Runs of one recipe that differ in one argument.

    Attributes:
        name: The recipe's name.
        argument: What differs.
        among: Its values, in the slider's order.
        first: The place of the value that is shown first.
        values: The other arguments.
        headline: Whether it begins by itself when it comes into view.
    """

    name: str
    argument: str
    among: tuple[Any, ...]
    first: int
    values: Mapping[str, Any]
    headline: bool = False

    def given(self, place: int) -> dict[str, Any]:
        """Return all arguments of the run at a place of the slider, the quick ones where a quick book is built."""
        return shelf().values(find(self.name), self.values, {self.argument: self.among[place]})

    def command(self, place: int) -> str:
        """Return the command of the run at a place of the slider."""
        return command(self.name, self.asked(place))

    def asked(self, place: int) -> dict[str, Any]:
        """Return the arguments of the run at a place of the slider, as its command names them."""
        return {**self.values, self.argument: self.among[place]}

    @cached_property
    def runs(self) -> dict[Any, Mapping[str, Trace]]:
        """The recordings of each value, by run."""
        return {value: shelf().runs(self.name, self.given(place))[2] for place, value in enumerate(self.among)}

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Return it for a notebook's cell, or for the page that is being built."""
        if not shelf().building:
            return {"text/html": self._cell(), "text/plain": ", ".join(map(self.command, range(len(self.among))))}
        made = [shelf().made(self.name, self.given(place)) for place in range(len(self.among))]
        shown = made[self.first]
        told = [
            {
                "label": _label(value),
                "src": f"{ROOT}_films/{each.key}/film.mla.gz",
                "command": self.command(place),
                "arguments": self.asked(place),
                "end": _end(each),
                "words": words(each.about),
            }
            for place, (value, each) in enumerate(zip(self.among, made, strict=True))
        ]
        parts = [
            self._control(),
            element(shown, name=self.name, autoplay=self.headline),
            f'<p class="mla-end" aria-live="polite">{escape(_end(shown))}</p>',
            command_line(self.name, self.asked(self.first)),
            words(shown.about),
            script(told),
        ]
        data = {"data_film": shown.key, "data_recipe": self.name, "data_films": " ".join(each.key for each in made)}
        return {"text/html": figure("choose", parts, **data), "text/plain": str(shown.about["alt"])}

    def _control(self) -> str:
        """Return the slider with its values below it."""
        word = self.argument.replace("_", " ")
        ticks = "".join(f"<span>{escape(_label(value))}</span>" for value in self.among)
        first = escape(_label(self.among[self.first]), quote=True)
        return (
            f'<div class="mla-control"><label>{escape(word)} <output>{first}</output>'
            f'<input type="range" min="0" max="{len(self.among) - 1}" step="1" value="{self.first}" aria-valuetext="{first}">'
            f'</label><div class="mla-ticks" aria-hidden="true">{ticks}</div></div>'
        )

    def _cell(self) -> str:
        """Return the slider for a notebook, all films inside; one is shown at a time."""
        films = [shelf().film(self.name, self.given(place)) for place in range(len(self.among))]
        parts = [f"<div{' hidden' * (place != self.first)}>{html(film.reel)}</div>" for place, film in enumerate(films)]
        shown = "[...this.closest('section').querySelectorAll('.each > div')].forEach((one, at) => one.hidden = at != this.value)"
        control = self._control().replace("<input ", f'<input oninput="{shown}" ')
        return f'<section>{control}<div class="each">{"".join(parts)}</div></section>'


def choose(
    name: str,
    argument: str,
    among: Sequence[Any],
    /,
    *,
    first: int | None = None,
    headline: bool = False,
    **arguments: Any,
) -> Choice:
    """Return a film with a slider over a few values of one argument. Every run is trained before the page is shown.

        lessons.choose("gradient-descent", "learning_rate", [0.0003, 0.02, 0.1, 0.95, 1.01])

    Args:
        name: The recipe's name.
        argument: The argument that the slider sets.
        among: Two to five values of it, in order.
        first: The place of the value that is shown first; the middle one by default.
        headline: Begin by itself when it comes into view.
        **arguments: The recipe's other arguments.

    Raises:
        MlaError: An unknown recipe or argument, or too many values.
    """
    known = {each.name: each for each in describe(find(name).arguments)}
    if argument not in known:
        raise MlaError(f"{name} has no argument {argument!r}; it has {', '.join(known)}.")
    if not 2 <= len(among) <= MOST:
        raise MlaError(f"A slider chooses among 2 to {MOST} values, not {len(among)}.")
    values = tuple(known[argument].parse(value) for value in among)
    return Choice(name, argument, values, len(values) // 2 if first is None else first, arguments, headline)


def _label(value: Any) -> str:
    """Return a value as it stands on the slider."""
    return plain(value) if isinstance(value, float) else str(value)


def _end(made: Made) -> str:
    """Return what is said last of a film: how it ended."""
    captions = made.about["captions"]
    return str(captions[-1][2]) if captions else str(made.about["title"])
