"""Chapter 15: deep Q-learning on Cart Pole and Catch. The same start at every age, what the network says, the memory it learns from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from mlanimated.learn import watched_deep_q
from mlanimated.learn.words import number
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.recipes.shape import Either
from mlanimated.trace import Trace
from mlanimated.views import Bars, CartPole, CatchBoard, Clock, Lines, Mark, Network, ReplayMemory
from mlanimated.views.scene import Panel

__all__ = ["RECIPES"]

COUNT = Count(word="step played", series="played")
STATE = ("place", "speed", "tilt", "turning")


class Args(Struct, frozen=True, kw_only=True):
    """How long it learns, and how."""

    steps: Annotated[int, Meta(ge=100, le=1_000_000, description="Steps of all games together.")] = 16_000
    double: Annotated[bool, Meta(description="One network chooses the action, the other says what it is worth.")] = True
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Step length of Adam.")] = 0.001
    epsilon: Annotated[float, Meta(ge=0, le=1, description="Chance of a random push in the end; 1 at first.")] = 0.05
    memory: Annotated[int, Meta(ge=2000, le=1_000_000, description="Transitions remembered.")] = 12_000
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws weights, games, actions and batches.")] = 0


class CatchArgs(Struct, frozen=True, kw_only=True):
    """How long it learns, and how."""

    steps: Annotated[int, Meta(ge=100, le=1_000_000, description="Steps of all games together; a game has nine.")] = (
        12_000
    )
    double: Annotated[bool, Meta(description="One network chooses the action, the other says what it is worth.")] = True
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Step length of Adam.")] = 0.003
    gamma: Annotated[float, Meta(ge=0, le=1, description="What a reward is worth one step later.")] = 0.9
    epsilon: Annotated[float, Meta(ge=0, le=1, description="Chance of a random move in the end; 1 at first.")] = 0.1
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws weights, games, actions and batches.")] = 0


def runs(args: Args) -> Mapping[str, Run]:
    """Return the one training."""
    given = {name: getattr(args, name) for name in Args.__struct_fields__}
    return {"": Run(watched_deep_q.train, watched_deep_q.Args(game="cart pole", **given))}


def catch_runs(args: CatchArgs) -> Mapping[str, Run]:
    """Return the one training."""
    given = {name: getattr(args, name) for name in CatchArgs.__struct_fields__}
    return {"": Run(watched_deep_q.train, watched_deep_q.Args(**watched_deep_q.CATCH, **given))}


def pole(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return the film: the cart at the left, state, network and the two Q-values at the right, the memory below."""
    del args
    (trace,) = traces.values()
    memory, score = beside("Steps held, mean of 20 games", 510)
    cart = CartPole("state", action="action").titled("Always the better push, from the same start")
    network = Network(
        (4, 64, 64, 2),
        ("weights/0", "weights/1", "weights/2"),
        activations=("input", "hidden/0", "hidden/1", "q"),
        inputs=STATE,
        outputs=("left", "right"),
        numbers=False,
    ).titled("What it sees, and what its network makes of it")
    q = Bars("q", ("push left", "push right"), format="{:.1f}").titled("Q: steps that each push is worth")
    return Film(
        Either(
            (cart.shared(1.25) / (memory | score)).shared(1.0) | (network.shared(2.1) / q),
            (cart / network.shared(1.6) / q.shared(0.5)) / (memory | score),
        ),
        traces,
        Clock(pace="even", seconds=15, hold=0.5),
        title="Deep Q-learning on Cart Pole",
        captions=marks(trace, "plays"),
        count=COUNT,
        alt="A cart balances a pole better at every age, while a network's two values of left and right grow apart.",
    )


def catch(args: CatchArgs, traces: Mapping[str, Trace]) -> Film:
    """Return the film: the game at the left, the three Q-values at the right, the memory below."""
    del args
    (trace,) = traces.values()
    memory, score = beside("Caught of 63 starts", 65)
    game = CatchBoard("state").titled("Always the best move, from the same three starts")
    q = Bars("q", ("left", "stay", "right"), format="{:.2f}", limits=(-1, 1), glide=False).titled(
        "Q: what each move is worth"
    )
    return Film(
        Either(game.shared(1.1) | (q / (memory | score)), game.shared(1.5) / q / (memory | score)),
        traces,
        Clock(pace="even", seconds=15, hold=0.5),
        title="Deep Q-learning plays Catch",
        captions=marks(trace, "plays"),
        count=COUNT,
        alt="A basket learns to be where the fruit lands; bars show what left, stay and right are worth.",
    )


def beside(title: str, most: float) -> tuple[Panel, Panel]:
    """Return the replay memory, and the curve of how well it plays."""
    memory = ReplayMemory(
        "memory",
        place="memory/next",
        drawn="memory/drawn",
        stored="memory/stored",
        meaning=("soon over", "goes on"),
    )
    score = Lines("score", x="played", format="{:.0f}", limits=(0, most), x_label="step")
    return memory.titled("Replay memory"), score.titled(title)


def marks(trace: Trace, what: str) -> tuple[Mark, ...]:
    """Return the captions: the events, and at each age how long it has learned."""
    ages = trace.series("age")
    told = [Mark(event.step, event.name, event.text) for event in trace.events]
    before = -1
    for step, age in zip(ages.steps.tolist(), ages.values.tolist(), strict=True):
        if age != before and not any(mark.step == step for mark in told):
            told.append(Mark(step, f"{number(age)} steps", f"After {number(age)} steps it {what} from the same start."))
        before = age
    return tuple(sorted(told, key=lambda mark: mark.step))


RECIPES = (
    Recipe(
        name="cart-pole-deep-q",
        chapter=15,
        summary="Deep Q-learning on Cart Pole: cart, network, two Q-values and the replay memory, at every age.",
        seconds=19,
        arguments=Args,
        runs=runs,
        film=pole,
        quick={"steps": 600},
        extra="torch",
    ),
    Recipe(
        name="catch-deep-q",
        chapter=15,
        summary="Deep Q-learning on Catch: the basket, three Q-values and the replay memory, at every age.",
        seconds=15,
        arguments=CatchArgs,
        runs=catch_runs,
        film=catch,
        quick={"steps": 600},
        extra="torch",
    ),
)
