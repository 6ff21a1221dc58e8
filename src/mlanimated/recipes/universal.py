"""Universal approximation: the same curve for three, twelve and a hundred bends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from mlanimated.learn import universal_approximation
from mlanimated.learn.words import number
from mlanimated.projector.film import Film
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.recipes.shape import SQUARE, Either
from mlanimated.trace import Trace
from mlanimated.views import Clock, Curve, Lines, Mark

__all__ = ["RECIPES"]


class Args(Struct, frozen=True, kw_only=True):
    """Three widths."""

    few: Annotated[int, Meta(ge=1, le=10_000, description="Units of the first network.")] = 3
    some: Annotated[int, Meta(ge=1, le=10_000, description="Units of the second.")] = 12
    many: Annotated[int, Meta(ge=1, le=10_000, description="Units of the third.")] = 100
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Steps that each takes.")] = 1500
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1, description="Draws the first weights.")] = 0


def runs(args: Args) -> Mapping[str, Run]:
    """Return one training for each width."""
    return {
        name: Run(
            universal_approximation.train,
            universal_approximation.Args(units=units, steps=args.steps, seed=args.seed),
        )
        for name, units in (("few", args.few), ("some", args.some), ("many", args.many))
    }


def film(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return the three curves side by side over one chart of their errors."""
    units = {"few": args.few, "some": args.some, "many": args.many}
    cells = [
        Curve(
            "x", "prediction", "target", points=False, names=("", ""), labels=("network", "curve"), heights=(-1.2, 0.9),
            title=f"{units[name]} unit{'s' if units[name] != 1 else ''}",
        ).of(name)
        for name in units
    ]  # fmt: skip
    error = Lines(
        tuple(f"{name}:worst" for name in units), tuple(f"{count} units" for count in units.values()),
        ("series-3", "series-4", "accent"), log=True, y_label="", title="Off by at the most",
    )  # fmt: skip
    curves = cells[0] | cells[1] | cells[2]
    return Film(
        Either(curves.shared(1.35) / error, cells[0] / cells[1] / cells[2] / error, SQUARE),
        traces,
        Clock(first=0.3, seconds=12),
        title="One hidden layer follows any curve, if it has bends enough",
        captions=_told(args, traces),
        alt="Three networks of one hidden layer learn the same curve: with few units roughly, with many to a hair.",
    )


def _told(args: Args, traces: Mapping[str, Trace]) -> tuple[Mark, ...]:
    """Return what is said at the start and at the end."""
    start = "Each unit gives the line one place at which it may bend; training moves the places and the slopes."
    ends = [number(float(trace.value("worst", args.steps)), 2) for trace in traces.values()]
    told = (
        f"Off by at the most: {ends[0]} with {args.few} units, {ends[1]} with {args.some}, {ends[2]} with {args.many}."
    )
    return (Mark(0, "initialize", start), Mark(args.steps, "result", told))


RECIPES = (
    Recipe(
        name="universal-approximation",
        chapter=4,
        summary="One hidden layer with 3, 12 and 100 units follows a curve: each unit is one bend.",
        seconds=10,
        arguments=Args,
        runs=runs,
        film=film,
        quick={"steps": 20},
    ),
)
