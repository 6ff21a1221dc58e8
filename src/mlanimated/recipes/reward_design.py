"""Reward design: the same agent under three rewards. It does what is paid for, not what was meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct, structs

from mlanimated.games.mountain_car import FLAG, LONGEST
from mlanimated.learn import discretized_q
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Trace
from mlanimated.views import Clock, Lines, Mark, MountainCar
from mlanimated.views.scene import Panel

__all__ = ["RECIPES"]

REWARDS: dict[discretized_q.Reward, tuple[str, str]] = {
    "time": ("−1 for each step", "Fewest steps"),
    "height": ("its height, at each step", "Most height"),
    "fuel": (f"−1 a push, +{discretized_q.FLAG_PAYS:.0f} at the flag", "Least fuel"),
}
"""For each reward how it is written, and what it asks for."""


class Args(Struct, frozen=True, kw_only=True):
    """The agent, which is the same three times."""

    cells: Annotated[int, Meta(ge=10, le=400, description="Parts that the position is cut into.")] = 60
    cars: Annotated[int, Meta(ge=1, le=10_000, description="Cars that share a table.")] = 250
    steps: Annotated[int, Meta(ge=100, le=1_000_000, description="Steps that each of them drives.")] = 14_000
    gamma: Annotated[float, Meta(gt=0, lt=1, description="What a reward is worth a step later.")] = 0.98
    start: Annotated[float, Meta(ge=-0.6, le=-0.4, description="Where the rides start.")] = -0.5
    seed: Annotated[int, Meta(ge=0, description="Seed of starts and random pushes.")] = 0


def runs(args: Args) -> Mapping[str, Run]:
    """Return a ride for each reward, after the same training."""
    same = discretized_q.Args(
        positions=args.cells, velocities=args.cells * 4 // 5, cars=args.cars, steps=args.steps, gamma=args.gamma,
        start=args.start, seed=args.seed,
    )  # fmt: skip
    return {kind: Run(discretized_q.ride, structs.replace(same, reward=kind)) for kind in ("height", "time", "fuel")}


def film(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return the three rides side by side, each on its hill and above the points it is paid."""
    del args
    panels: list[Panel] = []
    for kind, (paid, _) in REWARDS.items():
        car = MountainCar("x", action="action", title=f"Reward: {paid}")
        points = Lines("points", format="{:.0f}", title="Points it was paid", x_label="step")
        panels.append((car.shared(1.5) / points).of(kind))
    return Film(
        panels[0] | panels[1] | panels[2],
        traces,
        Clock(pace="even", seconds=13),
        title="The same agent under three rewards",
        captions=_told(traces),
        count=Count(word="step of the ride", words=()),
        alt="Three cars in the same valley: one reaches the flag, one stops before it, one stays below.",
    )


def _told(traces: Mapping[str, Trace]) -> tuple[Mark, ...]:
    """Return the captions: what is the same, and what each reward made of it."""
    marks = [
        Mark(
            0,
            "start",
            "Same car, same learner, same start. Only what it is paid for differs; the flag is at the right.",
            "height",
        )
    ]
    for kind, (_, asked) in REWARDS.items():
        trace = traces[kind]
        steps = trace.last_step or 0
        there = float(trace.value("x", steps)) >= FLAG
        text = trace.events[-1].text
        short = text.removeprefix("The trained car ")
        marks.append(Mark(steps - (0 if kind != "fuel" else LONGEST // 2), asked, f"{asked}: the car {short}", kind))
        if not there and kind == "time":
            marks[-1] = Mark(steps, asked, f"{asked}: {LONGEST} steps were too few for what it has learned.", kind)
    return tuple(sorted(marks, key=lambda mark: mark.step))


RECIPES = (
    Recipe(
        name="reward-design",
        chapter=14,
        summary="The same agent under three rewards: it does what is paid for, not what was meant.",
        seconds=13,
        arguments=Args,
        runs=runs,
        film=film,
        quick={"steps": 200, "cars": 20, "cells": 20},
    ),
)
