"""Playing: one film on a page, with the command that makes it and what it shows in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import Any

from mlanimated.lessons.markup import command, command_line, element, figure, words
from mlanimated.lessons.shelf import shelf
from mlanimated.projector.film import Film
from mlanimated.projector.notebook import html
from mlanimated.recipes import find
from mlanimated.trace import Trace

__all__ = ["Playing", "play"]


@dataclass(frozen=True)
class Playing:
    """A film of the book, made when it is first looked at.

    Attributes:
        name: The recipe's name.
        values: Its arguments, where they differ from the defaults.
        headline: Whether it begins by itself when it comes into view.
    """

    name: str
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    headline: bool = False

    @property
    def command(self) -> str:
        """The command that makes it."""
        return command(self.name, self.values)

    @cached_property
    def used(self) -> dict[str, Any]:
        """The arguments that it is made with here: the quick ones where a quick book is built."""
        return shelf().values(find(self.name), self.values)

    @cached_property
    def runs(self) -> Mapping[str, Trace]:
        """The recordings that it shows, by name, the leading one first."""
        return shelf().runs(self.name, self.used)[2]

    @property
    def trace(self) -> Trace:
        """The leading recording."""
        return next(iter(self.runs.values()))

    @cached_property
    def film(self) -> Film:
        """The film itself, to save, to lay out anew, to take apart."""
        return shelf().film(self.name, self.used)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Return it for a notebook's cell, or for the page that is being built."""
        if not shelf().building:
            line = f"<p><code>{escape(self.command)}</code></p>"
            return {"text/html": html(self.film.reel) + line, "text/plain": self.film.reel.alt}
        made = shelf().made(self.name, self.used)
        parts = [
            element(made, name=self.name, autoplay=self.headline),
            command_line(self.name, self.values),
            words(made.about),
        ]
        told = {"data_film": made.key, "data_recipe": self.name}
        return {"text/html": figure("film", parts, **told), "text/plain": str(made.about["alt"])}


def play(name: str, /, *, headline: bool = False, **arguments: Any) -> Playing:
    """Return a film of a recipe, which shows itself in a notebook.

        lessons.play("gradient-descent", learning_rate=0.3)

    Args:
        name: The recipe's name; `mla list` shows them.
        headline: Begin by itself when it comes into view.
        **arguments: The recipe's own.

    Raises:
        MlaError: An unknown recipe.
    """
    find(name)
    return Playing(name, arguments, headline)
