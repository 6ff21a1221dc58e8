"""Dynamic programming: the value of every state when the rules are known, sweep by sweep (Sutton and Barto, chapter 4).

Value iteration takes the best action's value in each sweep. Policy iteration evaluates a policy, which is random at first, and then
improves it, in turn. Policy evaluation alone says what a random player gets. All sweeps are synchronous: each reads the values of
the sweep before.

Recorded at sweep n: `values` (states,), `q` (states, actions; 0 where an action is not offered), `policy` (states, actions;
chances, equal among actions that are equally good), `change` (the largest of the sweep) and `start`, the value of the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.games.model import Model, TabularGame, model_of
from mlanimated.learn.tasks import Task, board
from mlanimated.learn.words import number
from mlanimated.trace import Recorder

__all__ = ["Args", "action_values", "evaluate", "greedy", "optimal", "train", "uniform"]

Floats = NDArray[np.float64]

SETTLED = 1e-10
"""Values that change by less have settled."""
EQUAL = 1e-9
"""Actions whose values differ by less are equally good."""


class Args(Struct, frozen=True, kw_only=True):
    """Hyperparameters."""

    task: Annotated[Task, Meta(description="The game.")] = "grid world"
    method: Annotated[
        Literal["value iteration", "policy iteration", "policy evaluation"], Meta(description="What a sweep does.")
    ] = "value iteration"
    gamma: Annotated[float, Meta(ge=0, le=1, description="What a reward is worth a step later.")] = 0.9
    evaluations: Annotated[
        int, Meta(ge=0, le=100_000, description="Sweeps between two improvements of a policy; 0 until it has settled.")
    ] = 0
    sweeps: Annotated[int, Meta(ge=1, le=100_000, description="Sweeps at the most.")] = 1000
    tolerance: Annotated[float, Meta(ge=0, le=1, description="A smaller change ends the work.")] = SETTLED


def train(
    args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None, *, game: TabularGame | None = None
) -> Floats:
    """Sweep over all states until nothing changes and return their values, (states,).

    Args:
        args: The hyperparameters.
        recorder: Takes the series and events, and offers `gamma` to whoever watches.
        resume: A checkpoint of an earlier run to go on from; the hyperparameters are those of `args`.
        game: Another game than `args.task` names.

    Raises:
        Stopped: Someone who watches asked for it.
    """
    game = game or board(args.task)
    model = model_of(game)
    gamma = recorder.control("gamma", args.gamma, minimum=0.0, maximum=1.0)
    values, policy = np.zeros(game.states), uniform(model)
    first, evaluated = 0, 0  # sweeps so far, and since the last improvement
    if resume:
        values, policy = np.array(resume["values"]), np.array(resume["policy"])
        first, evaluated = int(resume["step"]), int(resume["evaluated"])
    change = float(resume["change"]) if resume else float("inf")
    improved = bool(resume["improved"]) if resume else False
    done = arrived = False

    for step in range(first, args.sweeps + 1):
        if step > first:
            q = action_values(model, values, gamma.value)
            new = _best(model, q) if args.method == "value iteration" else (policy * q).sum(axis=1)
            change = float(np.abs(new - values).max())
            arrived = bool(abs(new[game.start]) > EQUAL >= abs(values[game.start]))
            values, evaluated = new, evaluated + 1
        q = action_values(model, values, gamma.value)
        settled = change <= args.tolerance
        improved = False
        done = settled
        if args.method == "value iteration" and step:
            policy = greedy(model, q)
        elif args.method == "policy iteration" and step > first and (settled or evaluated == args.evaluations):
            better = greedy(model, q)
            improved = not np.array_equal(better, policy)
            policy, evaluated, done = better, 0, settled and not improved
        row: dict[str, Any] = {"values": values, "q": q, "policy": policy, "start": float(values[game.start])}
        if step:
            row["change"] = change
        recorder.log(row, step=step)
        if resume is None or step > first:
            _tell(args, game, step, values, change, recorder, improved=improved, done=done, arrived=arrived)
        state = {"step": step, "values": values, "policy": policy, "evaluated": evaluated, "change": change}
        state["improved"] = improved
        recorder.tick(step, state=lambda state=state: state)
        if done:
            break
    return values


def uniform(model: Model) -> Floats:
    """Return the policy that takes every legal action with the same chance, (states, actions)."""
    return model.legal / np.maximum(1, model.legal.sum(axis=1, keepdims=True))


def action_values(model: Model, values: Floats, gamma: float) -> Floats:
    """Return what each action is worth when the states are worth `values`: (states, actions), 0 where it is not legal."""
    ahead = np.where(model.terminated, 0.0, values[model.next_states])
    return (model.probabilities * (model.rewards + gamma * ahead)).sum(axis=2)


def greedy(model: Model, q: Floats) -> Floats:
    """Return the policy that takes the best actions with equal chances, (states, actions)."""
    legal = np.where(model.legal, q, -np.inf)
    best = model.legal & (legal >= legal.max(axis=1, keepdims=True) - EQUAL)
    return best.astype(np.float64) / np.maximum(1, best.sum(axis=1, keepdims=True))


def evaluate(model: Model, policy: Floats, gamma: float = 1.0, steps: int | None = None) -> Floats:
    """Return what a policy is worth from each state, (states,), exactly.

    Args:
        model: What can follow.
        policy: Chance of each action, (states, actions).
        gamma: What a reward is worth a step later.
        steps: Length of a game at the most; None for no end, with `gamma` below 1 or games that end by themselves.
    """
    if steps is not None:
        values = np.zeros(len(policy))
        for _ in range(steps):
            values = (policy * action_values(model, values, gamma)).sum(axis=1)
        return values
    follows = (model.probabilities * ~model.terminated) * policy[:, :, None]
    matrix = np.zeros((len(policy), len(policy)))
    origin = np.broadcast_to(np.arange(len(policy))[:, None, None], follows.shape)
    np.add.at(matrix, (origin, model.next_states), follows)
    rewards: Floats = (policy * model.expected_rewards()).sum(axis=1)
    return np.linalg.solve(np.eye(len(policy)) - gamma * matrix, rewards).astype(np.float64)


def optimal(model: Model, gamma: float, tolerance: float = 1e-12, sweeps: int = 100_000) -> tuple[Floats, Floats]:
    """Return the best values (states,) and the policy that reaches them (states, actions), by value iteration."""
    values = np.zeros(len(model.legal))
    for _ in range(sweeps):
        before, values = values, _best(model, action_values(model, values, gamma))
        if np.abs(values - before).max() <= tolerance:
            break
    return values, greedy(model, action_values(model, values, gamma))


def _best(model: Model, q: Floats) -> Floats:
    """Return the best legal action's value in each state; 0 where there is none."""
    return np.where(model.legal.any(axis=1), np.where(model.legal, q, -np.inf).max(axis=1), 0.0)


def _have(cells: int) -> str:
    """Return "cell has a value" or "cells have a value"."""
    return "cell has a value" if cells == 1 else "cells have a value"


def _tell(
    args: Args,
    game: TabularGame,
    step: int,
    values: Floats,
    change: float,
    recorder: Recorder,
    *,
    improved: bool,
    done: bool,
    arrived: bool,
) -> None:
    """Record what a film should dwell on."""
    reached = int((np.abs(values) > EQUAL).sum())
    start = float(values[game.start])
    seen = f"the start is worth {number(start, 4)}"
    if step == 0:
        player = "" if args.method == "value iteration" else " The policy is a coin: every move is as likely."
        recorder.event("initialize", f"All values stand at 0.{player}", step=0)
    elif done:
        what = "policy is the best there is" if args.method != "policy evaluation" else "values have settled"
        still = "nothing changes" if change <= SETTLED else f"values change by less than {number(args.tolerance)}"
        recorder.event("settled", f"After {step} sweeps {still}: the {what}, and {seen}.", step=step)
    elif step == args.sweeps:
        recorder.event("result", f"After {step} sweeps {seen}; the last one changed values by {number(change)}.", step)
    elif improved:
        recorder.event("improve", f"Sweep {step}: the policy now goes where the values are highest; {seen}.", step)
    elif arrived and step > 2:
        recorder.event(
            "start", f"Sweep {step}: the news of the goal is at the start, {step - 1} steps away; {seen}.", step
        )
    elif step == 1:
        recorder.event(
            "first sweep", f"First sweep: {reached} {_have(reached)}: a step from there is rewarded.", step=1
        )
    elif step == 2 and args.method == "value iteration":
        recorder.event("second sweep", f"Second sweep: the news moves one step on. {reached} {_have(reached)}.", 2)
