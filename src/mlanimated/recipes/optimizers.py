"""Chapter 2, beyond: plain descent, momentum, RMSProp and Adam on a surface, from the same place, on one clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta, Struct

from mlanimated.learn import surface_descent
from mlanimated.learn.surfaces import SURFACES
from mlanimated.projector.film import Film
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Trace
from mlanimated.views import Clock, Lines, Mark, Surface

__all__ = ["RECIPES"]

NAMES = {"sgd": "plain descent", "momentum": "momentum", "rmsprop": "RMSProp", "adam": "Adam"}


class Args(Struct, frozen=True, kw_only=True):
    """Which surface, and for how long."""

    surface: Annotated[
        Literal["ravine", "rosenbrock", "beale", "saddle"], Meta(description="The surface to walk down.")
    ] = "ravine"
    steps: Annotated[int, Meta(ge=2, le=10_000, description="Steps that each optimizer takes.")] = 120


def runs(args: Args) -> Mapping[str, Run]:
    """Return one descent for each optimizer."""
    return {
        name: Run(surface_descent.train, surface_descent.Args(surface=args.surface, optimizer=name, steps=args.steps))
        for name in ("sgd", "momentum", "rmsprop", "adam")
    }


def film(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return the map with four paths, and their heights."""
    surface = SURFACES[args.surface]
    called = tuple(NAMES[name] for name in traces)
    start = float(surface.height(*np.array(surface.start)))
    positive = all((trace.bounds("height") or (0.0, 0.0))[0] >= 0 for trace in traces.values())
    ground = Surface(
        surface.height,
        "point",
        window=surface.window,
        runs=tuple(traces),
        called=called,
        minimum=surface.minimum,
        title="Seen from above; the star marks the lowest point" if surface.minimum else "Seen from above",
    )
    heights = Lines(
        tuple(f"{name}:height" for name in traces),
        labels=called,
        log=positive,
        values=not positive,
        limits=(1e-4, 2 * start) if positive else None,
        title="Height after each step",
    )
    return Film(
        ground.shared(1.7) | heights,
        traces,
        Clock(first=0.8, seconds=13),
        title=f"Four optimizers on one surface: {args.surface}",
        captions=_told(args, traces),
        alt="Four optimizers walk down the same surface from the same place.",
    )


def _told(args: Args, traces: Mapping[str, Trace]) -> tuple[Mark, ...]:
    """Return what is said: the start, who arrives and when, and how it ends; all read from the traces."""
    surface = SURFACES[args.surface]
    marks = [
        Mark(0, "initialize", "All four start at the same place. Each turns the same slope into a step in its own way.")
    ]
    for name, trace in traces.items():
        for event in trace.events:
            if event.name in {"converged", "diverged"}:
                what = "is there" if event.name == "converged" else "diverged"
                text = f"{NAMES[name][0].upper()}{NAMES[name][1:]} {what} after {event.step} steps."
                marks.append(Mark(event.step, f"{NAMES[name]} {event.name}", text, name))
    heights = {name: float(trace.value("height", args.steps)) for name, trace in traces.items()}
    best = min(heights, key=lambda name: heights[name])
    if surface.minimum is None:
        end = f"After {args.steps} steps {NAMES[best]} is lowest. At a saddle the slope is flat, and yet there is no minimum."
    else:
        away = {
            name: float(np.hypot(*(trace.value("point", args.steps) - surface.minimum)))
            for name, trace in traces.items()
        }
        end = (
            "Left to go after "
            f"{args.steps} steps: " + ", ".join(f"{NAMES[name]} {gap:.2f}" for name, gap in away.items()) + "."
        )
    marks.append(Mark(args.steps, "result", end))
    return tuple(sorted(marks, key=lambda mark: mark.step))


RECIPES = (
    Recipe(
        name="optimizers",
        chapter=2,
        summary="Plain descent, momentum, RMSProp and Adam on a 2-D surface.",
        seconds=7,
        arguments=Args,
        runs=runs,
        film=film,
    ),
)
