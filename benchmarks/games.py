"""What the learners of games reach: the rows of tables and vectors, each with how many games and seeds, and an interval.

    scripts/bench games                      # all rows, some minutes
    scripts/bench games bandits lake         # these alone

Values of policies on boards are exact (dynamic programming over the game's own rules); games are played where that is not possible.
Intervals are 95%: of a mean by the normal distribution, of a share by Wilson. Times are processor seconds of this process.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from _boards import print_connect_four, print_tic_tac_toe
from _deep import print_catch, print_deep_q, print_policy_gradient, print_walking

import mlanimated as mla
from mlanimated.games.cart_pole import lengths
from mlanimated.games.model import model_of
from mlanimated.games.mountain_car import LONGEST, rides
from mlanimated.learn import (
    bandits,
    cross_entropy,
    discretized_q,
    dynamic_programming,
    outcome_prediction,
    temporal_difference,
)
from mlanimated.learn.outcome_tasks import Pole
from mlanimated.learn.tasks import Task, board
from mlanimated.learn.temporal_difference import Args

SEEDS = 5

GRID: dict[str, dict[str, Any]] = {
    "SARSA": {"method": "sarsa", "learning_rate": 0.3, "epsilon": 0.1, "optimism": 1, "episodes": 300},
    "expected SARSA": {"method": "expected sarsa", "learning_rate": 0.3, "epsilon": 0.1, "optimism": 1, "episodes": 300},
    "Q-learning": {"learning_rate": 0.3, "epsilon": 0.1, "optimism": 1, "episodes": 300},
    "double Q-learning": {"method": "double q-learning", "epsilon": 1, "epsilon_last": 0.6, "episodes": 300},
    "SARSA(0.5)": {
        "method": "sarsa", "learning_rate": 0.1, "epsilon": 0.1, "optimism": 2, "trace_decay": 0.5, "episodes": 400,
    },
    "Q(0.8), replacing": {"learning_rate": 0.2, "epsilon": 0.1, "optimism": 1, "trace_decay": 0.8, "episodes": 200},
    "Q(0.8), accumulating": {
        "learning_rate": 0.1, "epsilon": 0.1, "optimism": 1, "trace_decay": 0.8, "traces": "accumulating", "episodes": 300,
    },
    "Dyna": {"planning": "dyna", "epsilon": 0.1, "optimism": 1, "episodes": 40},
    "prioritized sweeping": {"planning": "prioritized sweeping", "epsilon": 0.1, "optimism": 1, "episodes": 40},
}  # fmt: skip


def trained(train: Callable[..., Any], args: Any) -> tuple[Any, float]:
    """Train into memory and return the result and the processor seconds."""
    begun = time.process_time()
    with mla.Recorder() as recorder:
        result = train(args, recorder)
    return result, time.process_time() - begun


def mean(values: Sequence[float] | np.ndarray) -> str:
    """Return a mean with its interval."""
    array = np.asarray(values, dtype=np.float64)
    half = 1.96 * float(array.std(ddof=1)) / math.sqrt(len(array))
    return f"{float(array.mean()):8.3f} ± {half:.3f}"


def share(count: int, total: int) -> str:
    """Return a share with its Wilson interval."""
    z, part = 1.96, count / total
    middle = (part + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(part * (1 - part) / total + z * z / (4 * total * total))
    return f"{count}/{total} = {100 * part:.2f}% [{100 * (middle - half):.2f}, {100 * min(1.0, middle + half):.2f}]"


def row(*cells: str) -> None:
    print(f"  {cells[0]:<22}" + "  ".join(cells[1:]), flush=True)


def print_bandits() -> None:
    for drift in (0.0, 0.01):
        print(
            f"Bandit testbed, 2000 bandits x 1000 pulls, seed 0, drift {drift:g}; mean pay, share of best arms, regret (n = 2000)"
        )
        total = 0.0
        for strategy in bandits.STRATEGIES:
            scores, seconds = trained(bandits.train, bandits.Args(strategy=strategy, drift=drift))
            total += seconds
            row(strategy, mean(scores.reward), mean(scores.optimal), mean(scores.regret), f"{seconds:5.2f} s")
        row("all together", f"{total:.2f} CPU s" + (" (to reach: 5)" if not drift else ""))


def greedy_policy(task: Task, q: np.ndarray) -> tuple[Any, np.ndarray]:
    model = model_of(board(task))
    return model, dynamic_programming.greedy(model, np.where(model.legal, q, 0.0))


def print_grid() -> None:
    world = board("grid world")
    values, seconds = trained(dynamic_programming.train, dynamic_programming.Args())
    print("Grid world, gamma 0.9 (exact; known: V*(S) = .2224, V*(G) = 1.2002)")
    row("value iteration", f"V*(S) = {values[world.start]:.4f}, V*(G) = {values[world.goal]:.4f}, {seconds:.2f} s")
    print(f"  value of the start under the greedy policy of each seed, 0 to {SEEDS - 1}")
    for name, given in GRID.items():
        found, seconds = [], 0.0
        for seed in range(SEEDS):
            q, spent = trained(temporal_difference.train, Args(task="grid world", seed=seed, **given))
            model, policy = greedy_policy("grid world", q)
            found.append(float(dynamic_programming.evaluate(model, policy, 0.9)[world.start]))
            seconds += spent / SEEDS
        best = sum(value > 0.22235 for value in found)
        row(name, f"best way {best}/{SEEDS}", " ".join(f"{value:.4f}" for value in found), f"{seconds:.2f} s each")


LAKE: dict[Task, dict[str, Any]] = {
    "lake 4x4": {"epsilon": 0.1, "optimism": 1, "episodes": 200, "longest": 100},
    "lake 8x8": {"epsilon": 0.1, "optimism": 1, "episodes": 400, "longest": 200},
    "slippery 4x4": {
        "gamma": 0.995, "learning_rate": 1, "averaging": 0.6, "epsilon": 0.3, "epsilon_last": 0.1, "optimism": 1,
        "episodes": 10_000, "longest": 100,
    },
    "slippery 8x8": {
        "gamma": 0.995, "planning": "prioritized sweeping", "planning_steps": 1, "epsilon": 0.3, "epsilon_last": 0.3,
        "optimism": 1, "episodes": 3000, "longest": 200,
    },
}  # fmt: skip


def print_lake() -> None:
    print("Frozen Lake: chance to reach the goal in 100 steps (4x4) or 200 (8x8), exact, and in 10,000 games played")
    for task, given in LAKE.items():
        game, model, longest = board(task), model_of(board(task)), given["longest"]
        gammas = (0.9,) if "slippery" not in task else (0.98, 0.99, 0.993, 0.995, 0.997, 0.999, 1.0)
        best = max(
            float(
                dynamic_programming.evaluate(model, dynamic_programming.optimal(model, gamma)[1], 1.0, longest)[
                    game.start
                ]
            )
            for gamma in gammas
        )
        row(task, f"best stationary policy {best:.4f}; shortest way {game.shortest()} steps")
        for seed in range(3 if "slippery" in task else SEEDS):
            q, seconds = trained(temporal_difference.train, Args(task=task, seed=seed, **given))
            _, policy = greedy_policy(task, q)
            exact = float(dynamic_programming.evaluate(model, policy, 1.0, longest)[game.start])
            won, steps = played(model, policy, game.start, longest)
            row(
                f"  seed {seed}",
                f"exact {exact:.4f}",
                share(won, 10_000),
                f"{steps:.1f} steps a win",
                f"{seconds:.1f} s",
            )


def played(model: Any, policy: np.ndarray, start: int, longest: int) -> tuple[int, float]:
    """Play 10,000 games; return how many were won and the mean steps of those."""
    random, games = np.random.default_rng(99), 10_000
    state, live = np.full(games, start), np.arange(games)
    steps: list[int] = []
    for step in range(1, longest + 1):
        after, reward, over, _ = model.step_many(state[live], policy[state[live]].argmax(axis=1), random)
        steps += [step] * int((reward > 0).sum())
        state[live] = after
        live = live[~over]
    return len(steps), float(np.mean(steps)) if steps else math.nan


def print_mountain_car() -> None:
    import gymnasium

    print("Mountain Car, table of 100 x 80 (to reach: 100% of 1000 games, mean at most 115; the original: 120.5)")
    env = gymnasium.make("MountainCar-v0")
    for seed in range(3):
        table, seconds = trained(discretized_q.train, discretized_q.Args(seed=seed))
        counts = []
        for number in range(1000):
            place, _ = env.reset(seed=number)
            over = False
            count = 0
            while not over:
                place = np.asarray(place, np.float64)
                place, _, terminated, truncated, _ = env.step(int(table.choose(place[:1], place[1:])[0]))
                over, count = terminated or truncated, count + 1
            counts.append(count if terminated else LONGEST + 1)
        solved = sum(count <= LONGEST for count in counts)
        starts = rides(table.choose, np.linspace(-0.6, -0.4, 5001))
        even = f"{100 * (starts <= LONGEST).mean():.2f}% of 5001 even starts, mean {starts.mean():.1f}"
        row(
            f"seed {seed}",
            share(solved, 1000),
            f"steps {mean(counts)}, most {max(counts)}",
            even,
            f"{seconds:.1f} CPU s",
        )


def print_cart_pole() -> None:
    print("CartPole-v1, supervised by the outcomes of 5000 random games: Gymnasium's seeds 0 to 499")
    for seed in range(SEEDS):
        predict, seconds = trained(outcome_prediction.train, outcome_prediction.Args(task="cart pole", seed=seed))
        held = Pole().lengths(predict, range(500))
        row(f"seed {seed}", share(int((held == 500).sum()), 500), f"mean {mean(held)}", f"{seconds:.2f} s")
    print("CartPole-v1, cross-entropy method: the last mean on Gymnasium's seeds 0 to 499")
    for seed in range(SEEDS):
        policy, seconds = trained(cross_entropy.train, cross_entropy.Args(seed=seed))
        held = lengths(lambda states, policy=policy: cross_entropy.push(policy, states), range(500))
        row(f"seed {seed}", share(int((held == 500).sum()), 500), f"mean {mean(held)}", f"{seconds:.2f} s")


ROWS = {
    "bandits": print_bandits,
    "grid": print_grid,
    "lake": print_lake,
    "mountain-car": print_mountain_car,
    "cart-pole": print_cart_pole,
    "catch": print_catch,
    "deep-q": print_deep_q,
    "policy-gradient": print_policy_gradient,
    "walking": print_walking,
    "tic-tac-toe": print_tic_tac_toe,
    "connect-four": print_connect_four,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", help=f"which rows, of {', '.join(ROWS)}; none for all")
    asked = parser.parse_args().rows
    unknown = sorted(set(asked) - set(ROWS))
    if unknown:
        parser.error(f"no rows named {', '.join(unknown)}; there are {', '.join(ROWS)}")
    for name in asked or ROWS:
        ROWS[name]()


if __name__ == "__main__":
    main()
