"""Policy gradient on Cart Pole: actions of long games become likelier. It comes before Pong, which learns so from pixels (chapter 16)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, Struct

from mlanimated.learn import reinforce
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Trace
from mlanimated.views import Clock, HeatMap, Lines

__all__ = ["RECIPES"]


class Args(Struct, frozen=True, kw_only=True):
    """Which variant, and for how long."""

    variant: Annotated[
        Literal["plain", "baseline", "actor-critic"], Meta(description="What an action is weighed by.")
    ] = "plain"
    updates: Annotated[int, Meta(ge=1, le=10_000, description="Batches of 16 games.")] = 60
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws weights, games and actions.")] = 0


def runs(args: Args) -> Mapping[str, Run]:
    """Return the one training."""
    given = reinforce.Args(variant=args.variant, updates=args.updates, seed=args.seed)
    return {"": Run(reinforce.train, given)}


def film(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return the film: what it would do at each tilt and turning speed, and how long its games last."""
    names = {
        "plain": "REINFORCE on Cart Pole",
        "baseline": "REINFORCE with a baseline on Cart Pole",
        "actor-critic": "Actor-critic on Cart Pole",
    }
    policy = HeatMap("map", map="diverging", limits=(0, 1), square=True)
    steps = Lines("steps", x_label="update", y_label="", format="{:.0f}", limits=(0, 510))
    held = Lines("held", x_label="update", y_label="", format="{:.0f}", limits=(0, 20.4))
    return Film(
        policy.titled("Chance to push right, by tilt (→) and turning speed (↑)").shared(1.2)
        | (steps.titled("Steps of a game, mean of 16") / held.titled("Held for 500 steps, of 20 others")),
        traces,
        Clock(first=1.0, seconds=13),
        title=names[args.variant],
        count=Count(word="update"),
        alt="A map of the pushes that a policy would choose sharpens into two halves while its games grow longer.",
    )


RECIPES = (
    Recipe(
        name="cart-pole-policy-gradient",
        chapter=16,
        summary="REINFORCE: pushes of long games grow likelier, until the pole is held for 500 steps.",
        seconds=17,
        arguments=Args,
        runs=runs,
        film=film,
        quick={"updates": 3},
        extra="torch",
    ),
)
