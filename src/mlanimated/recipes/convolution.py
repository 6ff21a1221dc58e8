"""Chapter 6: a filter slides over a picture, its products are added up; and a window that keeps the largest number."""

from __future__ import annotations

from collections.abc import Mapping

from mlanimated.learn import convolution
from mlanimated.learn.convolution import output_size
from mlanimated.projector.film import Film
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Trace
from mlanimated.views import Clock, SlidingFilter

__all__ = ["RECIPES"]


class Padded(convolution.Args, frozen=True, kw_only=True):
    """A filter of 3x3 over a picture of 3x3, zeros around it."""

    seed: convolution.Seed = 170


class Strided(convolution.Args, frozen=True, kw_only=True):
    """A filter of 2x2 over a picture of 6x6, two cells at a time."""

    picture_size: convolution.Size = 6
    filter: convolution.Filter = 2
    stride: convolution.Stride = 2
    padding: convolution.Padding = 0
    seed: convolution.Seed = 77


class Pooled(Strided, frozen=True, kw_only=True):
    """A window of 2x2 over a picture of 6x6 that keeps the largest number."""

    pool: convolution.Pool = True
    seed: convolution.Seed = 138


def film(args: convolution.Args, traces: Mapping[str, Trace]) -> Film:
    """Return the film of one filter, or of a pooling window, on its way over the picture."""
    view = SlidingFilter(filter="" if args.pool else "filter", stride=args.stride, padding=args.padding)
    side = output_size(args)
    window = f"{args.filter}x{args.filter}"
    title = (
        f"Max pooling: of each {window} the largest"
        if args.pool
        else f"Convolution: a {window} filter slides over a picture"
    )
    stride = f", {args.stride} cells at a time" if args.stride > 1 else ""
    picture = f"{args.picture_size}x{args.picture_size}"
    alt = f"A window of {window} slides over a picture of {picture}{stride} and fills an output of {side}x{side}."
    return Film(
        view,
        traces,
        Clock(seconds=min(40.0, 1.5 * side * side), pace="even"),
        title=title,
        ribbon=False,
        alt=alt,
    )


RECIPES = (
    Recipe(
        name="convolution",
        chapter=6,
        summary="A 3x3 filter slides over a 3x3 picture with zeros around it, products written out.",
        seconds=5,
        arguments=Padded,
        runs=lambda args: {"": Run(convolution.train, args)},
        film=film,
    ),
    Recipe(
        name="stride",
        chapter=6,
        summary="A 2x2 filter slides over a 6x6 picture, two cells at a time.",
        seconds=5,
        arguments=Strided,
        runs=lambda args: {"": Run(convolution.train, args)},
        film=film,
    ),
    Recipe(
        name="max-pooling",
        chapter=6,
        summary="A 2x2 window slides over a 6x6 picture and keeps the largest number of each place.",
        seconds=5,
        arguments=Pooled,
        runs=lambda args: {"": Run(convolution.train, args)},
        film=film,
    ),
)
