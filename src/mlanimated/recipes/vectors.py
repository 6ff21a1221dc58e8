"""Words as vectors: words find their places by the company they keep."""

from __future__ import annotations

from collections.abc import Mapping

from mlanimated.data.little_language import KINDS, vocabulary
from mlanimated.learn import word_vectors
from mlanimated.learn.word_vectors import Args
from mlanimated.projector.film import Film
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.recipes.shape import SQUARE, Either
from mlanimated.trace import Trace
from mlanimated.views import Clock, Embedding, Lines

__all__ = ["RECIPES"]

ROYAL = (("man", "king"), ("woman", "queen"), ("boy", "prince"), ("girl", "princess"))


def words(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return the words in their plane, with the steps from man to king and from woman to queen, and the loss."""
    known = vocabulary()
    kinds = {word: index for index, some in enumerate(KINDS.values()) for word in some}
    people = KINDS["people"]
    royal = [(people.index(plain), people.index(crowned)) for plain, crowned in ROYAL]
    plane = Embedding(
        "places",
        words=known,
        classes=tuple(kinds.get(word, len(KINDS)) for word in known),
        names=(*KINDS, "words that go with them"),
        colours=("series-1", "series-2", "series-3", "muted"),
        size=17.0,
        equal=False,
        title=f"{len(known)} words of {args.numbers} numbers each, seen from their widest side",
    )
    loss = Lines("loss", y_label="", title="Loss: neighbours foretold", format="{:.2f}")
    alone = Embedding(
        "people",
        words=people,
        classes=(0,) * len(people),
        arrows=royal,
        size=17.0,
        equal=False,
        title="The people alone: the way to a crown",
    )
    return Film(
        Either(plane.shared(1.6) | (alone.shared(1.7) / loss), plane.shared(2.0) / alone.shared(1.2) / loss, SQUARE),
        traces,
        Clock(first=0.3, seconds=12),
        title="Words find their places by the company they keep",
        alt="Words move in a plane until those of people, animals and food lie apart, and king lies from man as queen from woman.",
    )


RECIPES = (
    Recipe(
        name="word-vectors",
        chapter=28,
        summary="Words as vectors: king is to man as queen is to woman, learned from company alone.",
        seconds=8,
        arguments=Args,
        runs=lambda args: {"": Run(word_vectors.train, args)},
        film=words,
        quick={"steps": 6, "sentences": 50},
    ),
)
