"""Deep Q-learning in worlds without a grid: a puck on ice between a green and a red place, a swimmer with eyes all around."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct, structs

from mlanimated.games.puck_world import ACTIONS as NAMES
from mlanimated.learn import watched_deep_q
from mlanimated.projector.film import Film
from mlanimated.recipes.deep_q import COUNT, marks
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.recipes.shape import Either
from mlanimated.trace import Trace
from mlanimated.views import Bars, Clock, Lines, PuckWorld, WaterWorld

__all__ = ["RECIPES"]

PUCK: dict[str, Any] = {
    "game": "puck world",
    "reward_scale": 0.1,
    "lookahead": 20,
    "memory": 32_000,
}
SWIMMER: dict[str, Any] = {
    "game": "water world",
    "reward_scale": 1.0,
    "lookahead": 10,
    "memory": 24_000,
    "epsilon_steps": 12_000,
}


class Args(Struct, frozen=True, kw_only=True):
    """How long it learns, and how."""

    steps: Annotated[int, Meta(ge=100, le=1_000_000, description="Steps of all games together.")] = 28_000
    double: Annotated[bool, Meta(description="One network chooses the action, the other says what it is worth.")] = True
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Step length of Adam.")] = 0.003
    gamma: Annotated[float, Meta(ge=0, lt=1, description="What a reward is worth one step later.")] = 0.98
    epsilon: Annotated[float, Meta(ge=0, le=1, description="Chance of a random push in the end; 1 at first.")] = 0.05
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws weights, games, actions and batches.")] = 0


class SwimmerArgs(Struct, frozen=True, kw_only=True):
    """How long it learns, and how."""

    steps: Annotated[int, Meta(ge=100, le=1_000_000, description="Steps of all games together.")] = 24_000
    double: Annotated[bool, Meta(description="One network chooses the action, the other says what it is worth.")] = True
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Step length of Adam.")] = 0.002
    gamma: Annotated[float, Meta(ge=0, lt=1, description="What a reward is worth one step later.")] = 0.97
    epsilon: Annotated[float, Meta(ge=0, le=1, description="Chance of a random stroke in the end; 1 at first.")] = 0.05
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws weights, games, actions and batches.")] = 0


def puck_runs(args: Args) -> Mapping[str, Run]:
    """Return the one training on ice."""
    return {"": Run(watched_deep_q.train, watched_deep_q.Args(**PUCK, **structs.asdict(args)))}


def swimmer_runs(args: SwimmerArgs) -> Mapping[str, Run]:
    """Return the one training in water."""
    return {"": Run(watched_deep_q.train, watched_deep_q.Args(**SWIMMER, **structs.asdict(args)))}


def puck(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return the film: the ice coloured by what it is worth to be there, the five Q-values, and the reward."""
    del args
    (trace,) = traces.values()
    world = PuckWorld("state", field="field").titled("The stronger the colour, the more it expects of being there")
    q = Bars("q", NAMES, format="{:.1f}").titled("Q: rewards to come after each push")
    score = Lines("score", x="played", format="{:.2f}", limits=(-1, 0), x_label="step").titled(
        "Reward of a step, mean of 16 games"
    )
    return Film(
        Either(world.shared(1.25) | (q / score), world.shared(1.6) / q / score),
        traces,
        Clock(pace="even", seconds=16, hold=0.5),
        title="A puck learns to stay near green and far from red",
        captions=marks(trace, "plays"),
        count=COUNT,
        alt="A puck on ice learns to glide to a green place and around a red one, while the ice is coloured by what it expects.",
    )


def swimmer(args: SwimmerArgs, traces: Mapping[str, Trace]) -> Film:
    """Return the film: the swimmer and its eyes, the five Q-values, and what it eats."""
    del args
    (trace,) = traces.values()
    world = WaterWorld("state", eyes="eyes").titled("Eat green, keep away from red; 24 eyes")
    q = Bars("q", NAMES, format="{:.2f}").titled("Q: what each stroke is worth")
    score = Lines("score", x="played", format="{:.1f}", x_label="step").titled(
        "Green less red eaten in 300 steps, mean of 12 games"
    )
    return Film(
        Either(world.shared(1.2) | (q / score), world.shared(1.6) / q / score),
        traces,
        Clock(pace="even", seconds=18, hold=0.5),
        title="A swimmer learns what to eat",
        captions=marks(trace, "swims"),
        count=COUNT,
        alt="A swimmer with eyes all around learns to swim to green balls and around red ones.",
    )


RECIPES = (
    Recipe(
        name="puck-world",
        chapter=30,
        summary="Deep Q-learning on ice: a puck between a green and a red place, what it expects of every spot.",
        seconds=16,
        arguments=Args,
        runs=puck_runs,
        film=puck,
        quick={"steps": 600},
        extra="torch",
    ),
    Recipe(
        name="water-world",
        chapter=30,
        summary="Deep Q-learning with 24 eyes: a swimmer eats green balls and learns to keep away from red ones.",
        seconds=18,
        arguments=SwimmerArgs,
        runs=swimmer_runs,
        film=swimmer,
        quick={"steps": 600},
        extra="torch",
    ),
)
