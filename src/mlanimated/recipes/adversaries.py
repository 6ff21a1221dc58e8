"""Two networks against each other: one that collapses onto a single heap of points, one that finds them all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from mlanimated.learn import adversarial
from mlanimated.learn.adversarial import HEAPS, WINDOW
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.recipes.shape import SQUARE, Either
from mlanimated.trace import Trace
from mlanimated.views import Clock, Dots, Field, Lines, Mark

__all__ = ["RECIPES"]


class Args(Struct, frozen=True, kw_only=True):
    """The same two networks, twice."""

    ahead: Annotated[
        int, Meta(ge=2, le=64, description="Steps of the generator for each of the discriminator, where it runs ahead.")
    ] = 10
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Steps of the discriminator where both keep step.")] = 1500
    rows: Annotated[int, Meta(ge=2, le=1000, description="How often each pair is looked at.")] = 70
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws weights, noise and points.")] = 0


def runs(args: Args) -> Mapping[str, Run]:
    """Return the pair that keeps step, and the one whose generator runs ahead for a third of the time."""

    def pair(ahead: int, steps: int) -> Run:
        return Run(adversarial.train, adversarial.Args(ahead=ahead, steps=steps, rows=args.rows, seed=args.seed))

    return {"in step": pair(1, args.steps), "ahead": pair(args.ahead, max(1, args.steps // 3))}


def film(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return both planes side by side, and in how many heaps the points of each lie."""
    field = Field(
        "field", window=WINDOW, limits=(-3.0, 3.0), strength=0.34,
        dots=(
            Dots("real", colours=("muted",), radius=3.0, opacity=0.7, names=("real",)),
            Dots("made", colours=("accent",), radius=3.4, opacity=0.9, names=("made",)),
        ),
    )  # fmt: skip
    titles = {
        "ahead": f"Generator ahead: {args.ahead} steps to 1",
        "in step": "In step: one to one",
    }
    cells = {name: field.titled(titles[name]).of(name) for name in titles}
    heaps = Lines(
        ("ahead:heaps", "in step:heaps"),
        ("ahead", "in step"),
        ("muted", "accent"),
        x="share",
        limits=(0.0, HEAPS + 0.5),
        format="{:.0f}",
        y_label="",
        x_label="",
        title=f"Heaps, of {HEAPS}",
    )
    return Film(
        Either(
            (cells["ahead"] | cells["in step"]).shared(3.4) | heaps,
            (cells["ahead"] | cells["in step"]) / heaps.shared(0.5),
            SQUARE,
        ),
        traces,
        Clock(first=0.3, seconds=14, align="progress"),
        title="A forger and a judge: mode collapse, and how to avoid it",
        captions=_told(args, traces),
        count=Count(word="step"),
        alt="Points made by a network jump from heap to heap on a ring; with a judge that keeps step they fill all eight heaps.",
    )


def _told(args: Args, traces: Mapping[str, Trace]) -> tuple[Mark, ...]:
    """Return what is said: what is what, when the pair in step has found all heaps, and the end."""
    together, ahead = traces["in step"], traces["ahead"]
    marks = [
        Mark(
            0,
            "initialize",
            "A generator makes points of noise; its judge calls blue places real and orange ones made. Real points are grey.",
        )
    ]
    for event in together.events:
        if event.name == "all" and event.step < args.steps:
            marks.append(Mark(event.step, "all heaps", f"In step: {event.text[0].lower()}{event.text[1:]}"))
    ends = {
        name: (int(trace.value("heaps", trace.last_step)), float(trace.value("good", trace.last_step)))
        for name, trace in traces.items()
    }
    most = int(ahead.series("heaps").values.max())
    told = (
        f"Ahead of its judge the generator was never in more than {most} heap{'s' if most != 1 else ''} at once;"
        f" in step it fills {ends['in step'][0]} of {HEAPS}, with {ends['in step'][1]:.0%} of its points."
    )
    marks.append(Mark(args.steps, "result", told))
    return tuple(marks)


RECIPES = (
    Recipe(
        name="mode-collapse",
        chapter=29,
        summary="Generator against discriminator: one pair collapses onto a heap, the other finds all eight.",
        seconds=32,
        arguments=Args,
        runs=runs,
        film=film,
        quick={"steps": 6, "rows": 4},
        extra="torch",
    ),
)
