"""Before chapter 13: the grid world. Values spread from the goal when the rules are known, and when they must be found by walking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, Struct

from mlanimated.games.grid_world import CLASSIC, GridWorld
from mlanimated.learn import dynamic_programming, temporal_difference
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Trace
from mlanimated.views import Clock, Grid, Lines

__all__ = ["RECIPES"]


class Sweeps(Struct, frozen=True, kw_only=True):
    """Dynamic programming on the grid world."""

    method: Annotated[Literal["value iteration", "policy iteration"], Meta(description="What a sweep does.")] = (
        "value iteration"
    )
    gamma: Annotated[float, Meta(gt=0, lt=1, description="What a reward is worth a step later.")] = 0.9
    sweeps: Annotated[int, Meta(ge=1, le=10_000, description="Sweeps at the most.")] = 300


def sweep(args: Sweeps) -> Mapping[str, Run]:
    """Return the sweeps over the grid world."""
    given = dynamic_programming.Args(
        task="grid world", method=args.method, gamma=args.gamma, sweeps=args.sweeps, evaluations=5, tolerance=1e-4
    )
    return {"": Run(dynamic_programming.train, given)}


def swept(args: Sweeps, traces: Mapping[str, Trace]) -> Film:
    """Return the film of the sweeps: values and arrows, beside the value of the start."""
    grid = Grid(
        CLASSIC,
        values="values",
        policy="policy",
        rewards=GridWorld().rewards,
        title="What each cell is worth, and where to go",
    )
    start = Lines("start", title="Value of the start", x_label="sweep", format="{:.4f}")
    change = Lines("change", title="Largest change of a sweep", x_label="sweep", log=True)
    return Film(
        grid.shared(1.5) | (start / change),
        traces,
        Clock(first=1.0, seconds=12),
        title=f"{args.method[0].upper()}{args.method[1:]}: values spread from the goal",
        count=Count(word="sweep"),
        alt="A grid world of ten by ten cells whose values and arrows spread from the goal, sweep by sweep.",
    )


class Walk(Struct, frozen=True, kw_only=True):
    """Temporal difference on the grid world."""

    method: Annotated[temporal_difference.Method, Meta(description="What the target is.")] = "q-learning"
    trace_decay: Annotated[float, Meta(ge=0, le=1, description="λ: how long errors reach back.")] = 0.8
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="How far a value moves towards its target.")] = 0.2
    gamma: Annotated[float, Meta(gt=0, lt=1, description="What a reward is worth a step later.")] = 0.9
    epsilon: Annotated[
        float, Meta(ge=0, le=1, description="Chance of a random move in the first game; it falls to 0.")
    ] = 0.1
    episodes: Annotated[int, Meta(ge=1, le=10_000, description="Games.")] = 120
    seed: Annotated[int, Meta(ge=0, description="Seed of play.")] = 0


def walk(args: Walk) -> Mapping[str, Run]:
    """Return the play on the grid world."""
    given = {name: getattr(args, name) for name in Walk.__struct_fields__}
    return {"": Run(temporal_difference.train, temporal_difference.Args(task="grid world", optimism=1.0, **given))}


def walked(args: Walk, traces: Mapping[str, Trace]) -> Film:
    """Return the film of the play: values, arrows and the glow of the traces, beside the length of each game."""
    glow = "eligibility" if args.trace_decay else ""
    title = "Every error reaches the cells that glow" if glow else "What each cell is worth"
    grid = Grid(
        CLASSIC, values="values", policy="q", agent="place", glow=glow, rewards=GridWorld().rewards, title=title
    )
    length = Lines(
        "length",
        x="episode",
        x_label="game",
        title="Steps of each game; the last one leaves the goal",
        log=True,
        format="{:.0f}",
    )
    names = {"sarsa": "SARSA", "expected sarsa": "Expected SARSA", "q-learning": "Q-learning"}
    name = names.get(args.method, "Double Q-learning")
    return Film(
        grid.shared(1.5) | length,
        traces,
        Clock(first=0.7, seconds=14),
        title=f"{name} finds the way by walking" + (", with traces" if glow else ""),
        count=Count(word="game", series="episode"),
        alt="A player walks on a grid world; the values of the cells and the arrows follow from what it meets.",
    )


RECIPES = (
    Recipe(
        name="value-iteration",
        chapter=13,
        summary="The rules are known: values and arrows spread over the grid world, sweep by sweep.",
        seconds=6,
        arguments=Sweeps,
        runs=sweep,
        film=swept,
    ),
    Recipe(
        name="grid-world",
        chapter=13,
        summary="The rules are unknown: SARSA or Q-learning with traces finds the best way by walking.",
        seconds=8,
        arguments=Walk,
        runs=walk,
        film=walked,
        quick={"episodes": 4},
    ),
)
