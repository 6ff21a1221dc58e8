"""Sweeps against linear algebra, against walking every policy, and against published values."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.games.frozen_lake import FrozenLake
from mlanimated.games.grid_world import GridWorld
from mlanimated.games.model import model_of
from mlanimated.learn.dynamic_programming import Args, action_values, evaluate, greedy, optimal, uniform
from mlanimated.learn.dynamic_programming import train as sweep
from mlanimated.learn.tasks import board

WORLD = GridWorld()


@pytest.mark.parametrize("method", ["value iteration", "policy iteration"])
def test_the_grid_world_has_its_known_values(method: Any) -> None:
    trace, _ = train(sweep, Args(method=method))
    last = values(trace, "values")[-1]
    assert round(float(last[WORLD.start]), 4) == 0.2224
    assert round(float(last[WORLD.goal]), 4) == 1.2002
    # 16 moves avoid the cells of -1: the reward of the goal 16 steps later, again and again.
    assert last[WORLD.start] == pytest.approx(0.9**16 * last[WORLD.goal])
    assert last[WORLD.goal] == pytest.approx(1 / (1 - 0.9**17))


def walk(policy: np.ndarray, world: GridWorld) -> list[int]:
    """Return the cells on the greedy way from S to G."""
    cell, way = world.start, [world.start]
    while cell != world.goal and len(way) < 100:
        cell = world.step(cell, int(policy[cell].argmax())).state
        way.append(cell)
    return way


def test_the_best_policy_walks_around_the_bad_cells() -> None:
    trace, _ = train(sweep, Args())
    way = walk(values(trace, "policy")[-1], WORLD)
    assert len(way) - 1 == 16 == WORLD.shortest(avoiding=True)
    assert all(WORLD.rewards[cell] >= 0 for cell in way)


@pytest.mark.parametrize("task", ["grid world", "lake 4x4", "slippery 4x4", "slippery 8x8"])
@pytest.mark.parametrize("gamma", [0.5, 0.95])
def test_evaluation_solves_the_linear_equations(task: Any, gamma: float) -> None:
    """The Bellman equation of a random policy, written out state by state."""
    game = board(task)
    model = model_of(game)
    trace, _ = train(sweep, Args(task=task, method="policy evaluation", gamma=gamma, tolerance=1e-12, sweeps=5000))
    found = values(trace, "values")[-1]
    for state in range(game.states):
        actions = game.legal(state)
        worth = sum(
            outcome.probability * (outcome.reward + (0.0 if outcome.terminated else gamma * found[outcome.state]))
            for action in actions
            for outcome in game.outcomes(state, action)
        )
        assert found[state] == pytest.approx(worth / len(actions) if actions else 0.0, abs=1e-9)
    assert np.allclose(evaluate(model, uniform(model), gamma), found, atol=1e-9)


def test_no_policy_of_a_small_lake_is_better() -> None:
    """Every deterministic policy of a slippery lake of six cells, one by one."""
    game = FrozenLake.of("SF\nHF\nFG", slippery=True)
    model = model_of(game)
    best, policy = optimal(model, 0.9)
    open_cells = [cell for cell in range(game.states) if game.legal(cell)]
    worth = []
    for actions in itertools.product(range(4), repeat=len(open_cells)):
        chosen = np.zeros((game.states, 4))
        chosen[open_cells, actions] = 1.0
        worth.append(evaluate(model, chosen, 0.9))
    assert np.allclose(np.max(worth, axis=0), best, atol=1e-9)
    assert np.allclose(evaluate(model, policy, 0.9), best, atol=1e-9)


def test_a_finite_game_is_evaluated_exactly() -> None:
    """The chance to reach the goal within n steps, against playing; 20,000 games are within a point."""
    game = board("slippery 4x4")
    model = model_of(game)
    _, policy = optimal(model, 0.995)
    exact = float(evaluate(model, policy, steps=100)[game.start])
    assert exact == pytest.approx(0.740, abs=0.0005)
    random = np.random.default_rng(0)
    states, over, won = np.full(20_000, game.start), np.zeros(20_000, bool), np.zeros(20_000)
    for _ in range(100):
        live = np.flatnonzero(~over)
        after, rewards, terminated, _ = model.step_many(states[live], policy[states[live]].argmax(axis=1), random)
        states[live], over[live] = after, terminated
        won[live] += rewards
    assert won.mean() == pytest.approx(exact, abs=0.01)


def test_both_iterations_find_the_same_values_on_every_task() -> None:
    for task in ("lake 8x8", "slippery 4x4", "slippery 8x8"):
        model = model_of(board(task))
        runs = [
            values(train(sweep, Args(task=task, method=method, gamma=0.97))[0], "values")[-1]
            for method in ("value iteration", "policy iteration")
        ]
        assert np.allclose(*runs, atol=1e-7)
        assert np.allclose(runs[0], optimal(model, 0.97)[0], atol=1e-7)


def test_equal_actions_share_the_policy() -> None:
    model = model_of(WORLD)
    policy = greedy(model, action_values(model, np.zeros(WORLD.states), 0.9))
    assert policy.sum(axis=1).tolist() == (~WORLD.walls).astype(float).tolist()
    assert policy[WORLD.start].tolist() == [0.0, 0.5, 0.5, 0.0]


def test_a_few_sweeps_of_evaluation_are_enough() -> None:
    quick, _ = train(sweep, Args(method="policy iteration", evaluations=3))
    whole, _ = train(sweep, Args(method="policy iteration"))
    assert quick.last_step < whole.last_step
    assert np.allclose(values(quick, "values")[-1], values(whole, "values")[-1], atol=1e-8)
    assert quick.events[-1].name == "settled"


@pytest.mark.parametrize("method", ["value iteration", "policy iteration"])
def test_a_checkpoint_goes_on_exactly(method: Any) -> None:
    args = Args(method=method, evaluations=3)
    whole, spy = train(sweep, args, at=12)
    rest, _ = train(sweep, args, resume=spy.state)
    same_after(whole, rest, 12)


def test_an_edited_world_is_swept() -> None:
    world = WORLD.with_reward(WORLD.goal, 0.5)
    trace, _ = train(lambda *given: sweep(*given, game=world), Args())
    assert values(trace, "start")[-1] == pytest.approx(0.5 * 0.9**16 / (1 - 0.9**17))
