"""Noise taken off doodles: an hourglass that loses what is small, a residual net, and a U-Net that hands it across."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from mlanimated.learn import denoising
from mlanimated.learn.words import number
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.recipes.shape import SQUARE, Either
from mlanimated.trace import Trace
from mlanimated.views import Clock, Lines, Mark, Tiles

__all__ = ["RECIPES"]

CALLED = {"hourglass": "Hourglass", "residual": "Residual net", "unet": "U-Net"}


class Args(Struct, frozen=True, kw_only=True):
    """The same noise for three networks."""

    noise: Annotated[float, Meta(gt=0, le=1, description="Standard deviation of the noise, pixels being 0..1.")] = 0.2
    filters: Annotated[int, Meta(ge=2, le=128, description="Of the first layer of each.")] = 10
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Batches each learns from.")] = 200
    rows: Annotated[int, Meta(ge=2, le=1000, description="How often each is tested.")] = 30
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws doodles, noise and weights.")] = 0


def runs(args: Args) -> Mapping[str, Run]:
    """Return one training for each kind of network."""
    return {
        kind: Run(
            denoising.train,
            denoising.Args(
                kind=kind, noise=args.noise, filters=args.filters, steps=args.steps, rows=args.rows, seed=args.seed
            ),
        )
        for kind in ("hourglass", "residual", "unet")
    }


def film(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return the noisy doodles, what each network makes of them, how they were, and the decibels of each."""
    columns = [Tiles("noisy", columns=1, gap=8.0, title="Goes in").of("unet")]
    columns += [Tiles("restored", columns=1, gap=8.0, title=CALLED[name]).of(name) for name in traces]
    columns.append(Tiles("clean", columns=1, gap=8.0, title="As drawn").of("unet"))
    gain = Lines(
        tuple(f"{name}:test/decibels" for name in traces), tuple(CALLED[name] for name in traces), format="{:.1f}",
        y_label="", title="Decibels: more is nearer",
    )  # fmt: skip
    pictures = columns[0] | columns[1] | columns[2] | columns[3] | columns[4]
    return Film(
        Either(pictures.shared(2.5) | gain, pictures.shared(1.6) / gain, SQUARE),
        traces,
        Clock(first=0.4, seconds=11),
        title="Noise taken off doodles, drawn, by three networks",
        captions=_told(args, traces),
        count=Count(word="batch"),
        alt="Three noisy doodles become clear in three networks, blurred in the first and sharper in the others.",
    )


def _told(args: Args, traces: Mapping[str, Trace]) -> tuple[Mark, ...]:
    """Return what is said at the start and at the end."""
    nothing = float(traces["unet"].value("noisy/decibels", 0))
    ends = {name: float(trace.value("test/decibels", args.steps)) for name, trace in traces.items()}
    told = ", ".join(f"{CALLED[name]} {number(ends[name], 1)}" for name in sorted(ends, key=lambda name: -ends[name]))
    return (
        Mark(
            0,
            "initialize",
            "The hourglass squeezes a picture small; the U-Net does too, and hands across what it saw; the residual net takes off noise.",
        ),
        Mark(
            args.steps,
            "result",
            f"Decibels on 60 doodles never seen: {told}; with all the noise {number(nothing, 1)}.",
        ),
    )


RECIPES = (
    Recipe(
        name="denoising",
        chapter=7,
        summary="An hourglass, a residual net and a U-Net take the noise off doodles.",
        seconds=22,
        arguments=Args,
        runs=runs,
        film=film,
        quick={"steps": 3, "rows": 3, "filters": 2},
        extra="torch",
    ),
)
