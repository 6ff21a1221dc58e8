"""The backward pass: a digit goes through a small network, and the gradient of the loss comes back, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping

from mlanimated.learn import backward_pass
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Trace
from mlanimated.views import BackwardPass, Clock

__all__ = ["RECIPES"]


def film(args: backward_pass.Args, traces: Mapping[str, Trace]) -> Film:
    """Return the pass there and back, before, while and after the network learns."""
    return Film(
        BackwardPass(answers=tuple(str(digit) for digit in range(10))),
        traces,
        Clock(pace="even", seconds=21),
        title=f"Backpropagation: a {args.digit} goes through, and the blame comes back",
        count=Count(word="stage"),
        alt="What each layer of a network gives out appears from left to right; then the gradient of the loss comes back.",
    )


RECIPES = (
    Recipe(
        name="backward-pass",
        chapter=4,
        summary="A picture goes through a network and the true gradient comes back through it, layer by layer.",
        seconds=14,
        arguments=backward_pass.Args,
        runs=lambda args: {"": Run(backward_pass.train, args)},
        film=film,
        quick={"first": 1, "last": 2},
        extra="torch",
    ),
)
