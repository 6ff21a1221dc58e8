"""The cross-entropy method on CartPole: the baseline to try first (Szita and Lőrincz, 2006; Rubinstein, 1999).

A policy is five numbers: a weight for each of the four things seen, and a bias; it pushes right where their sum is above 0. No gradient:
many policies are drawn from a normal distribution, each plays a few games, and the distribution moves to the best of them.

Recorded at round n, after n moves of the distribution: `mean` (5,) and `spread` (5,) of the distribution; of the round that follows, its
`returns` (population,) sorted from the best, with `best`, `elite` (the mean of those that are kept) and `average`. The last round
is only played.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.games.cart_pole import LONGEST
from mlanimated.games.cart_pole import step as moved
from mlanimated.learn.seeding import generator, restored, saved
from mlanimated.learn.words import number
from mlanimated.trace import Recorder

__all__ = ["Args", "play", "push", "train"]

Floats = NDArray[np.float64]


class Args(Struct, frozen=True, kw_only=True):
    """Hyperparameters."""

    population: Annotated[int, Meta(ge=4, le=10_000, description="Policies that are drawn in each round.")] = 50
    elite: Annotated[int, Meta(ge=1, le=10_000, description="The best of them, which are kept.")] = 10
    games: Annotated[int, Meta(ge=1, le=100, description="Games that each policy plays.")] = 4
    rounds: Annotated[int, Meta(ge=1, le=10_000, description="Moves of the distribution.")] = 15
    spread: Annotated[float, Meta(gt=0, le=100, description="Deviation of each number at first.")] = 1.0
    noise: Annotated[float, Meta(ge=0, le=10, description="Added to the deviation; it falls to 0 half way.")] = 0.3
    seed: Annotated[int, Meta(ge=0, description="Seed of policies and games.")] = 0


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> Floats:
    """Move the distribution round by round and return its mean, a policy of five numbers.

    Args:
        args: The hyperparameters.
        recorder: Takes the series and events.
        resume: A checkpoint of an earlier run to go on from; the hyperparameters are those of `args`.

    Raises:
        Stopped: Someone who watches asked for it.
    """
    random = generator(args.seed)
    mean, spread, first = np.zeros(5), np.full(5, args.spread), 0
    if resume:
        random, first = restored(resume["random"]), int(resume["step"])
        mean, spread = np.array(resume["mean"]), np.array(resume["spread"])
    told: set[str] = set(resume["told"]) if resume else set()

    for step in range(first, args.rounds + 1):
        state = {"step": step, "mean": mean, "spread": spread, "random": saved(random), "told": sorted(told)}
        policies = mean + spread * random.standard_normal((args.population, 5))
        returns = (
            play(np.repeat(policies, args.games, axis=0), random).reshape(args.population, args.games).mean(axis=1)
        )
        order = np.argsort(-returns, kind="stable")
        kept = policies[order[: args.elite]]
        row = {"best": float(returns.max()), "elite": float(returns[order[: args.elite]].mean())}
        recorder.log(
            {"mean": mean, "spread": spread, "returns": returns[order], "average": float(returns.mean()), **row},
            step=step,
        )
        _tell(args, step, returns, row["elite"], told, recorder)
        recorder.tick(step, state=lambda state=state: state)
        if step < args.rounds:
            mean = kept.mean(axis=0)
            spread = kept.std(axis=0) + args.noise * max(0.0, 1.0 - 2.0 * step / args.rounds)
    return mean


def push(policies: Floats, states: Floats) -> NDArray[np.int64]:
    """Return what policies do, 0 left and 1 right, (n,): each (n, 5) in its own state (n, 4), or one (5,) in all of them."""
    return ((policies[..., :4] * states).sum(axis=-1) + policies[..., 4] > 0).astype(np.int64)


def play(policies: Floats, random: np.random.Generator) -> Floats:
    """Play one game of CartPole-v1 with each policy and return how many steps the pole was held, (n,), at most `LONGEST`.

    Args:
        policies: Weights of position, velocity, angle and angular velocity, and a bias: (n, 5).
        random: Draws the start of each game, each number between ±0.05.
    """
    state = random.uniform(-0.05, 0.05, (len(policies), 4))
    held = np.zeros(len(policies))
    playing = np.ones(len(policies), np.bool_)
    for _ in range(LONGEST):
        state, over = moved(state, push(policies, state))
        held += playing
        playing &= ~over
        if not playing.any():
            break
    return held


def _tell(args: Args, step: int, returns: Floats, elite: float, told: set[str], recorder: Recorder) -> None:
    """Record what a film should dwell on, each once."""
    full = int((returns >= LONGEST).sum())
    news: list[tuple[str, str]] = []
    if step == 0:
        news.append(
            (
                "initialize",
                f"{args.population} policies by chance hold the pole for {number(float(returns.mean()), 0)} steps.",
            )
        )
    if full and step:
        news.append(
            ("first full games", f"Round {step}: {full} of {args.population} policies hold it all {LONGEST} steps.")
        )
    if elite >= LONGEST and step:
        news.append(("elite", f"Round {step}: all of the best {args.elite} hold it to the end."))
    if step == args.rounds:
        share = number(100 * full / args.population, 0)
        news.append(("result", f"In the end {share}% of the policies hold the pole for all {LONGEST} steps."))
    fresh = [(name, text) for name, text in news if name not in told]
    if fresh:
        recorder.event(*fresh[-1], step=step)
    told.update(name for name, _ in news)
