"""A variational autoencoder: handwritten digits find their places in a plane, and every place of the plane makes a digit."""

from __future__ import annotations

from collections.abc import Mapping

from mlanimated.learn import variational_autoencoder
from mlanimated.learn.variational_autoencoder import WINDOW, Args
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.recipes.shape import SQUARE, Either
from mlanimated.trace import Trace
from mlanimated.views import Clock, Embedding, Picture, Tiles

__all__ = ["RECIPES"]


def latent(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return where digits lie, what each place makes, and the way from one digit to another."""
    plane = Embedding(
        "latent",
        words="labels",
        window=WINDOW,
        path="walk/way",
        title="In: where digits come to lie",
    )
    made = Picture("manifold", map="sequential", fill=True, smooth=True, title="Out: what each place makes")
    walk = Tiles(
        "walk",
        columns=1,
        gap=3.0,
        rescale="all",
        title=f"From {args.walk_from} to {args.walk_to}",
    )
    return Film(
        Either(plane.shared(4.0) | made.shared(4.0) | walk, plane / (made.shared(4.0) | walk), SQUARE),
        traces,
        Clock(first=0.4, seconds=12),
        title="Two numbers are enough for a digit: a variational autoencoder",
        count=Count(word="batch"),
        alt="Handwritten digits spread over a plane by their kind, while every place of the same plane learns to make a digit.",
    )


RECIPES = (
    Recipe(
        name="latent-space",
        chapter=29,
        summary="A variational autoencoder: digits find their places in a plane, every place makes a digit.",
        seconds=18,
        arguments=Args,
        runs=lambda args: {"": Run(variational_autoencoder.train, args)},
        film=latent,
        quick={"steps": 4, "rows": 4, "units": 8},
        extra="torch",
    ),
)
