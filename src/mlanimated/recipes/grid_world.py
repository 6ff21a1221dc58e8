"""Before chapter 13: the grid world. Values spread from the goal when the rules are known, and when they must be found by walking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, Struct, structs

from mlanimated.games.grid_world import CLASSIC, GridWorld
from mlanimated.learn import dynamic_programming, temporal_difference
from mlanimated.learn.words import number
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Trace
from mlanimated.views import Clock, Grid, Lines, Mark
from mlanimated.views.scene import Panel

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


class Plan(Struct, frozen=True, kw_only=True):
    """The same learner twice: it learns from each step once, and from what it remembers too."""

    planning: Annotated[Literal["prioritized sweeping", "dyna"], Meta(description="How remembered steps are used.")] = (
        "prioritized sweeping"
    )
    planning_steps: Annotated[int, Meta(ge=1, le=1000, description="Remembered steps after each real one.")] = 20
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="How far a value moves towards its target.")] = 0.5
    gamma: Annotated[float, Meta(gt=0, lt=1, description="What a reward is worth a step later.")] = 0.9
    epsilon: Annotated[
        float, Meta(ge=0, le=1, description="Chance of a random move in the first game; it falls to 0.")
    ] = 0.2
    episodes: Annotated[int, Meta(ge=1, le=1000, description="Games.")] = 12
    seed: Annotated[int, Meta(ge=0, description="Seed of play.")] = 0


def plan(args: Plan) -> Mapping[str, Run]:
    """Return the play without and with planning."""
    same = temporal_difference.Args(
        task="grid world", learning_rate=args.learning_rate, gamma=args.gamma, epsilon=args.epsilon,
        episodes=args.episodes, seed=args.seed, closely=20_000,
    )  # fmt: skip
    thinking = structs.replace(same, planning=args.planning, planning_steps=args.planning_steps)
    return {"once": Run(temporal_difference.train, same), "planning": Run(temporal_difference.train, thinking)}


def planned(args: Plan, traces: Mapping[str, Trace]) -> Film:
    """Return the film: both grids, that of the planner glowing where its memory and its values differ most."""
    grids: list[Panel] = []
    queue = args.planning == "prioritized sweeping"
    told = {
        "once": "Each step is learned from once",
        "planning": "Remembered steps too; the queue glows" if queue else "Remembered steps too, drawn by chance",
    }
    for name, title in told.items():
        glow = "priority" if queue and name == "planning" else ""
        grid = Grid(
            CLASSIC, values="values", policy="q", agent="place", glow=glow, limits=(-1, 1.2), numbers=False, title=title
        )
        length = Lines(
            "length",
            x="episode",
            x_label="game",
            title="Steps of each game",
            log=True,
            limits=(5, 1000),
            format="{:.0f}",
        )
        grids.append((grid.shared(2.2) / length).of(name))
    name = "prioritized sweeping" if queue else "Dyna"
    return Film(
        grids[0] | grids[1],
        traces,
        Clock(align="progress", seconds=14),
        captions=_plan_told(traces),
        title=f"Learning from memory: {name}",
        count=Count(word="game", series="episode"),
        alt="Two players on the same grid world; the values of the one that remembers spread through the whole grid at once.",
    )


def _plan_told(traces: Mapping[str, Trace]) -> tuple[Mark, ...]:
    """Return the captions: what differs, when memory has something to spread, and what came of it."""
    once, planning = (traces[name].series("length") for name in ("once", "planning"))
    found, last = int(planning.steps[0]), traces["once"].last_step
    result = (
        f"The last game takes {number(float(planning.values[-1]))} steps with what is remembered,"
        f" {number(float(once.values[-1]))} without."
    )
    return (
        Mark(
            0,
            "initialize",
            "The same learner twice; the right one goes over what it remembers after each step.",
            "once",
        ),
        Mark(
            found,
            "found",
            "The goal was found once: from there, what it is worth spreads through all it remembers.",
            "planning",
        ),
        Mark(last, "result", result, "once"),
    )


RECIPES = (
    Recipe(
        name="value-iteration",
        chapter=23,
        summary="The rules are known: values and arrows spread over the grid world, sweep by sweep.",
        seconds=8,
        arguments=Sweeps,
        runs=sweep,
        film=swept,
    ),
    Recipe(
        name="grid-world",
        chapter=23,
        summary="The rules are unknown: SARSA or Q-learning with traces finds the best way by walking.",
        seconds=7,
        arguments=Walk,
        runs=walk,
        film=walked,
        quick={"episodes": 4},
    ),
    Recipe(
        name="planning",
        chapter=23,
        summary="The same learner twice: one learns from each step once, the other from what it remembers too.",
        seconds=8,
        arguments=Plan,
        runs=plan,
        film=planned,
        quick={"episodes": 3},
    ),
)
