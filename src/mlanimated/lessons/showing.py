"""Showing: a film that the page itself has made, of a recording of its own; no recipe has it, and the code above is its command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlanimated.lessons.markup import element, figure, words
from mlanimated.lessons.shelf import shelf
from mlanimated.projector.film import Film
from mlanimated.projector.notebook import html

__all__ = ["Showing", "show"]


@dataclass(frozen=True)
class Showing:
    """A film of the page's own.

    Attributes:
        film: The film.
        headline: Whether it begins by itself when it comes into view. In the book it then stands at the top of its page as well.
    """

    film: Film
    headline: bool = False

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Return it for a notebook's cell, or for the page that is being built."""
        reel = self.film.reel
        if not shelf().building:
            return {"text/html": html(reel), "text/plain": reel.alt}
        made = shelf().pressed(reel)
        parts = [element(made, autoplay=self.headline), words(made.about)]
        kind = "film mla-headline" if self.headline else "film"
        return {"text/html": figure(kind, parts, data_film=made.key), "text/plain": reel.alt}


def show(film: Film, *, headline: bool = False) -> Showing:
    """Return a film of your own, which shows itself in a notebook as the book's films do: with its player and in words.

        lessons.show(mla.film(scene, recorder.trace, title="Mine"))

    Args:
        film: What `mla.film` returned.
        headline: Begin by itself when it comes into view.
    """
    return Showing(film, headline)
