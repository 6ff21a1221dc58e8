"""A recipe: `mla film spiral` once this package is installed."""

from __future__ import annotations

import mlanimated as mla
from mlanimated.recipes import Recipe, Run
from mlanimated_spiral import learner
from mlanimated_spiral.compass import Compass

__all__ = ["RECIPE"]


def film(args: learner.Args, traces: dict[str, mla.Trace]) -> mla.Film:
    """Return the film: the compass, and how far the point is."""
    scene = Compass().shared(1.4) | mla.views.Lines("loss", log=True).titled("Distance, squared")
    return mla.Film(scene, traces, title=f"A point spirals into the middle, {args.turn:g} radians at a time")


RECIPE = Recipe(
    name="spiral",
    chapter=2,
    summary="A point spirals into the middle (from the package mlanimated-spiral).",
    seconds=5,
    arguments=learner.Args,
    runs=lambda args: {"": Run(learner.train, args)},
    film=film,
    quick={"steps": 5},
)
