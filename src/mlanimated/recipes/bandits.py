"""Before chapter 13: a bandit with ten arms. One player's beliefs against the truth, then eight strategies on 2000 bandits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct

from mlanimated.learn import bandits
from mlanimated.learn.words import number
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Trace
from mlanimated.views import BanditArms, Clock, Lines, Mark

__all__ = ["RECIPES"]

NAMES: Mapping[bandits.Strategy, str] = {
    "random": "random",
    "greedy": "greedy",
    "epsilon-greedy": "epsilon-greedy",
    "decaying epsilon": "decaying epsilon",
    "optimistic": "optimistic",
    "gradient": "gradient",
    "thompson": "Thompson",
    "ucb": "UCB",
}


class One(Struct, frozen=True, kw_only=True):
    """One bandit, one strategy."""

    strategy: Annotated[bandits.Strategy, Meta(description="How the next arm is chosen.")] = "epsilon-greedy"
    epsilon: Annotated[float, Meta(ge=0, le=1, description="Chance of an arm at random, for epsilon-greedy.")] = 0.1
    drift: Annotated[float, Meta(ge=0, le=10, description="How far each arm wanders a pull.")] = 0.0
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Pulls.")] = 300
    seed: Annotated[int, Meta(ge=0, description="Seed of arms, noise and choices.")] = 15


def one(args: One) -> Mapping[str, Run]:
    """Return the play on one bandit."""
    given = {name: getattr(args, name) for name in ("strategy", "epsilon", "drift", "steps", "seed")}
    return {"": Run(bandits.train, bandits.Args(bandits=1, **given))}


def arms(args: One, traces: Mapping[str, Trace]) -> Film:
    """Return the film of one bandit: its arms, beside what was lost so far."""
    lost = Lines("regret", title="Lost so far by not pulling the best arm", x_label="pull")
    return Film(
        BanditArms(title="Ten arms: what they pay, and what the player believes").shared(2) | lost,
        traces,
        Clock(first=1.2, seconds=14),
        title=f"Which arm pays best? A player who is {NAMES[args.strategy]}"
        if args.strategy in {"greedy", "optimistic"}
        else f"Which arm pays best? The strategy: {NAMES[args.strategy]}",
        count=Count(word="pull"),
        alt="Ten arms of a bandit: what each pays on average, what the player believes, and how often it was pulled.",
    )


class All(Struct, frozen=True, kw_only=True):
    """All strategies on the testbed."""

    bandits: Annotated[int, Meta(ge=1, le=100_000, description="Bandits that each strategy plays.")] = 2000
    steps: Annotated[int, Meta(ge=10, le=100_000, description="Pulls on each of them.")] = 1000
    drift: Annotated[float, Meta(ge=0, le=10, description="How far each arm wanders a pull.")] = 0.0
    seed: Annotated[int, Meta(ge=0, description="Seed of arms, noise and choices.")] = 0


def everyone(args: All) -> Mapping[str, Run]:
    """Return one run for each strategy, on the same arms."""
    return {
        NAMES[strategy]: Run(
            bandits.train,
            bandits.Args(strategy=strategy, bandits=args.bandits, steps=args.steps, drift=args.drift, seed=args.seed),
        )
        for strategy in NAMES
    }


def strategies(args: All, traces: Mapping[str, Trace]) -> Film:
    """Return average pay and the share of best arms, all strategies on one clock."""
    names = tuple(traces)
    pay = Lines(
        tuple(f"{name}:reward" for name in names),
        labels=names,
        smooth=0.01,
        format="{:.2f}",
        x_label="pull",
        title=f"Average pay on {args.bandits} bandits",
    )
    best = Lines(
        tuple(f"{name}:optimal" for name in names),
        labels=names,
        smooth=0.01,
        format="{:.0%}",
        x_label="pull",
        title="Share that pulls the best arm",
    )
    return Film(
        pay | best,
        traces,
        Clock(first=0.05, seconds=13),
        title="Eight strategies, the same ten arms",
        captions=_told(args, traces),
        count=Count(word="pull"),
        alt="Average pay and share of best arms of eight bandit strategies over the pulls.",
    )


def _told(args: All, traces: Mapping[str, Trace]) -> tuple[Mark, ...]:
    """Return what is said of them, read from the traces."""

    def ahead(step: int) -> tuple[str, float]:
        """Return who was paid best on average over the tenth of all pulls that ends at a step."""
        means = {name: _mean(trace, "reward", step - _span(args) + 1, step) for name, trace in traces.items()}
        leader = max(means, key=lambda name: means[name])
        return leader, means[leader]

    third = max(2, args.steps // 5)
    early, early_pay = ahead(third)
    late, late_pay = ahead(args.steps)
    shares = {name: _mean(trace, "optimal", args.steps - 99, args.steps) for name, trace in traces.items()}
    regret = {name: float(trace.value("regret", args.steps)) for name, trace in traces.items()}
    least = min(regret, key=lambda name: regret[name])
    lost = f"lost least on the way, {number(regret[least], 0)} (random {number(regret['random'], 0)})"
    result = f"In the last {_span(args)} pulls {late} earned most, {number(late_pay, 2)} each"
    result += f", and it {lost}." if late == least else f". {least[0].upper() + least[1:]} {lost}."
    return (
        Mark(0, "initialize", "Nobody knows an arm. Each strategy must try arms to learn, and pull good ones to earn."),
        Mark(
            third,
            "a fifth",
            f"After {third} pulls {early} earns most, {number(early_pay, 2)} a pull; "
            f"greedy has settled for {number(100 * shares['greedy'], 0)}% best arms.",
        ),
        Mark(args.steps, "result", result),
    )


def _span(args: All) -> int:
    """Return how many pulls are averaged in what is said."""
    return max(5, args.steps // 10)


def _mean(trace: Trace, name: str, first: int, last: int) -> float:
    """Return the mean of a series from one pull to another."""
    return float(np.asarray(trace.series(name, max(1, first), last).values, np.float64).mean())


RECIPES = (
    Recipe(
        name="ten-arms",
        chapter=22,
        summary="A bandit with ten arms: beliefs find the truth, pull by pull.",
        seconds=6,
        arguments=One,
        runs=one,
        film=arms,
        quick={"steps": 40},
    ),
    Recipe(
        name="bandit-strategies",
        chapter=22,
        summary="Eight strategies on 2000 bandits: average pay and share of best arms on one clock.",
        seconds=14,
        arguments=All,
        runs=everyone,
        film=strategies,
        quick={"steps": 60, "bandits": 40},
    ),
)
