"""Tables that fill by playing, against exact values, against a scalar reference, and against the rules of traces and planning."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from learning import Spy, same_after, train, values
from msgspec.structs import replace

from mlanimated.errors import MlaError
from mlanimated.games.grid_world import GridWorld
from mlanimated.games.model import Step, model_of
from mlanimated.learn.dynamic_programming import evaluate, greedy, optimal
from mlanimated.learn.eligibility import Eligibility
from mlanimated.learn.planning import Memory, Sweeping
from mlanimated.learn.tasks import board
from mlanimated.learn.temporal_difference import Args, Play
from mlanimated.learn.temporal_difference import train as learn

METHODS = ("sarsa", "expected sarsa", "q-learning", "double q-learning")

GRID: dict[str, Args] = {
    "SARSA": Args(task="grid world", method="sarsa", learning_rate=0.3, epsilon=0.1, optimism=1, episodes=300),
    "expected SARSA": Args(
        task="grid world", method="expected sarsa", learning_rate=0.3, epsilon=0.1, optimism=1, episodes=300
    ),
    "Q-learning": Args(
        task="grid world", method="q-learning", learning_rate=0.3, epsilon=0.1, optimism=1, episodes=300
    ),
    "double Q-learning": Args(task="grid world", method="double q-learning", epsilon=1, epsilon_last=0.6, episodes=150),
    "SARSA(0.5)": Args(
        task="grid world",
        method="sarsa",
        learning_rate=0.1,
        epsilon=0.1,
        optimism=2,
        trace_decay=0.5,
        episodes=400,
    ),
    "Q(0.8), replacing": Args(
        task="grid world", learning_rate=0.2, epsilon=0.1, optimism=1, trace_decay=0.8, episodes=200
    ),
    "Q(0.8), accumulating": Args(
        task="grid world",
        learning_rate=0.1,
        epsilon=0.1,
        optimism=1,
        trace_decay=0.8,
        traces="accumulating",
        episodes=300,
    ),
    "Dyna": Args(task="grid world", planning="dyna", epsilon=0.1, optimism=1, episodes=40),
    "prioritized sweeping": Args(
        task="grid world", planning="prioritized sweeping", epsilon=0.1, optimism=1, episodes=40
    ),
}


def worth(q: np.ndarray, args: Args, steps: int | None = None) -> float:
    game = board(args.task)
    model = model_of(game)
    policy = greedy(model, np.where(model.legal, q, 0.0))
    return float(evaluate(model, policy, 1.0 if steps else args.gamma, steps)[game.start])


@pytest.mark.slow
@pytest.mark.parametrize("name", GRID)
def test_every_method_finds_the_best_way_on_the_grid_world(name: str) -> None:
    args = GRID[name]
    tables: list[np.ndarray] = []
    trace, _ = train(lambda *given: tables.append(learn(*given)), args)
    assert worth(tables[0], args) == pytest.approx(0.2224, abs=5e-5)
    assert trace.events[-1].name == "result"
    assert "the best way, 16 steps" in trace.events[-1].text


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("task", "shortest"), [("lake 4x4", 6), ("lake 8x8", 14)])
def test_plain_lakes_are_crossed_by_the_shortest_way(method: Any, task: Any, shortest: int) -> None:
    args = Args(task=task, method=method, optimism=1, epsilon=0.1, episodes=400, longest=200)
    tables: list[np.ndarray] = []
    train(lambda *given: tables.append(learn(*given)), args)
    assert board(task).shortest() == shortest
    assert worth(tables[0], args) == pytest.approx(0.9 ** (shortest - 1))


@pytest.mark.slow
def test_a_slippery_lake_is_crossed_as_well_as_can_be() -> None:
    """Within a point of the best stationary policy, .740 in 100 steps, evaluated exactly."""
    args = Args(
        task="slippery 4x4",
        learning_rate=1,
        averaging=0.6,
        gamma=0.995,
        epsilon=0.3,
        epsilon_last=0.1,
        optimism=1,
        episodes=4000,
        longest=100,
    )
    tables: list[np.ndarray] = []
    train(lambda *given: tables.append(learn(*given)), args)
    assert worth(tables[0], args, 100) > 0.730


@pytest.mark.slow
def test_a_large_slippery_lake_is_crossed_as_well_as_can_be() -> None:
    """Within a point of .8936 in 200 steps, what the best stationary policy reaches."""
    args = Args(
        task="slippery 8x8",
        planning="prioritized sweeping",
        planning_steps=1,
        gamma=0.995,
        epsilon=0.3,
        epsilon_last=0.3,
        optimism=1,
        episodes=3000,
        longest=200,
    )
    tables: list[np.ndarray] = []
    train(lambda *given: tables.append(learn(*given)), args)
    assert worth(tables[0], args, 200) > 0.8836


def reference(args: Args) -> dict[tuple[int, int], float]:
    """Play one-step SARSA or Q-learning as a beginner would write it, drawing in the learner's order."""
    game, random = board(args.task), np.random.default_rng(args.seed)
    q = {(state, action): args.optimism for state in range(game.states) for action in game.legal(state)}

    def choose(state: int, epsilon: float) -> int:
        legal = game.legal(state)
        if random.random() < epsilon:
            return legal[int(random.random() * len(legal))]
        top = max(q[state, action] for action in legal)
        best = [action for action in legal if q[state, action] == top]
        return best[0] if len(best) == 1 else best[int(random.random() * len(best))]

    state, action, length, episode = game.start, -1, 0, 0
    while episode < args.episodes:
        epsilon = args.epsilon + (args.epsilon_last - args.epsilon) * episode / (args.episodes - 1)
        if action < 0:
            action = choose(state, epsilon)
        follow = game.step(state, action, random)
        length += 1
        target = follow.reward
        after = -1
        if not follow.terminated:
            after = choose(follow.state, epsilon)
            if args.method == "sarsa":
                target += args.gamma * q[follow.state, after]
            else:
                target += args.gamma * max(q[follow.state, other] for other in game.legal(follow.state))
        q[state, action] += args.learning_rate * (target - q[state, action])
        if follow.terminated or follow.truncated or length == args.longest:
            episode, length = episode + 1, 0
            state, action = (follow.state, after) if follow.truncated else (game.start, -1)
        else:
            state, action = follow.state, after
    return q


@pytest.mark.parametrize("method", ["sarsa", "q-learning"])
@pytest.mark.parametrize("task", ["grid world", "lake 4x4", "slippery 4x4"])
def test_one_step_methods_do_what_the_reference_does(method: Any, task: Any) -> None:
    args = Args(task=task, method=method, episodes=25, longest=150, seed=3)
    tables: list[np.ndarray] = []
    train(lambda *given: tables.append(learn(*given)), args)
    expected = reference(args)
    assert {pair: float(tables[0][pair]) for pair in expected} == pytest.approx(expected, abs=1e-12)
    assert np.isneginf(tables[0]).sum() == tables[0].size - len(expected)


def test_what_is_recorded_is_the_update() -> None:
    args = Args(task="lake 4x4", episodes=30, optimism=1, epsilon=0.1)
    trace, _ = train(learn, args)
    before, after, target = (values(trace, name) for name in ("before", "after", "target"))
    assert np.allclose(after, before + args.learning_rate * (target - before))
    q, state, action = values(trace, "q"), values(trace, "state").astype(int), values(trace, "action").astype(int)
    steps = np.arange(1, len(q))
    assert np.array_equal(q[steps, state, action], after)
    assert np.array_equal(q[steps - 1, state, action], before)
    changed = (q[1:] != q[:-1]).sum(axis=(1, 2))
    assert changed.max() == 1  # one cell a step, no more


def test_a_trace_replaces_or_accumulates_and_fades() -> None:
    one, two = Eligibility((2, 2), "replacing"), Eligibility((2, 2), "accumulating")
    for trace in (one, two):
        trace.visit(0, 1)
        trace.fade(0.5)
        trace.visit(0, 1)
    assert (one.values[0, 1], two.values[0, 1]) == (1.0, 1.5)
    one.cut()
    assert not one.values.any()


@pytest.mark.slow
@pytest.mark.parametrize("method", ["sarsa", "expected sarsa", "q-learning"])
@pytest.mark.parametrize("task", ["grid world", "slippery 4x4"])
def test_traces_never_cross_episodes(method: Any, task: Any) -> None:
    """After a game ends only pairs of the new game may change, although the player may be carried on to its start."""
    args = Args(task=task, method=method, trace_decay=0.95, gamma=1.0, episodes=12, longest=60, optimism=1, epsilon=0.2)
    trace, _ = train(learn, args)
    q, episode = values(trace, "q"), values(trace, "episode").astype(int)
    state, action = values(trace, "state").astype(int), values(trace, "action").astype(int)
    visited: set[tuple[int, int]] = set()
    ends = 0
    for step in range(1, len(q)):
        visited.add((state[step - 1], action[step - 1]))
        changed = set(map(tuple, np.argwhere(q[step] != q[step - 1]).tolist()))
        assert changed <= visited
        if episode[step] != episode[step - 1]:
            assert not values(trace, "eligibility")[step].any()
            visited.clear()
            ends += 1
    assert ends == 12


@pytest.mark.slow
def test_watkins_cuts_where_the_player_leaves_the_best_way() -> None:
    args = Args(task="grid world", trace_decay=0.9, episodes=8, epsilon=0.5, epsilon_last=0.5, closely=100_000)
    trace, _ = train(learn, args)
    glow = values(trace, "eligibility")
    assert (glow.max(axis=(1, 2)) == 0).sum() > 20
    kept, _ = train(learn, replace(args, method="sarsa"))
    assert (values(kept, "eligibility").max(axis=(1, 2)) == 0).sum() == 1 + 8  # the start, and each end of a game


def test_one_error_reaches_all_pairs_of_the_way() -> None:
    """SARSA(λ) by hand on three steps: each pair takes the one TD error times its own trace."""
    game = GridWorld.of("S..G", continues=False)
    play = Play(Args(method="sarsa", trace_decay=0.5, gamma=0.8, learning_rate=0.1, epsilon=0.0), game)
    q = play.tables[0]
    q[:, 2] = np.where(np.isfinite(q[:, 2]), [0.1, 0.2, 0.3, 0.4], -np.inf)  # to the right is best everywhere
    expected = {0: 0.1, 1: 0.2, 2: 0.3}
    trace: dict[int, float] = {}
    for cell in range(3):
        play.step(0.1)
        ahead = expected.get(cell + 1, 0.0)  # G has one way, back to the left, worth 0
        error = 0.8 * ahead - expected[cell]
        trace = {place: fade * 0.4 for place, fade in trace.items()} | {cell: 1.0}
        expected = {place: old + 0.1 * error * trace.get(place, 0.0) for place, old in expected.items()}
        assert {place: q[place, 2] for place in expected} == pytest.approx(expected)


def test_double_tables_do_not_overestimate() -> None:
    """Where every action is worth 0 on average, the best of one noisy table looks better than 0; two tables do not."""
    noisy = {"q-learning": 0.0, "double q-learning": 0.0}
    for method in noisy:
        random = np.random.default_rng(5)
        args = Args(task="grid world", method=method, gamma=1.0, epsilon=1.0)
        for _ in range(300):
            play = Play(args, GridWorld())
            for table in play.tables:
                table[11] = random.standard_normal(4)
            noisy[method] += play.worth(11, 0, play.tables[0], play.tables[-1]) / 300
    assert noisy["q-learning"] > 0.8
    assert abs(noisy["double q-learning"]) < 0.2


def test_sweeping_finds_exact_values() -> None:
    """With every action of a slippery lake remembered as often as it happens, sweeping is value iteration."""
    game = board("slippery 4x4")
    model = model_of(game)
    q = np.where(model.legal, 0.0, -np.inf)
    memory = Memory(0.95)
    for state in range(game.states):
        for action in game.legal(state):
            for outcome in game.outcomes(state, action):
                memory.add(state, action, Step(outcome.state, outcome.reward, outcome.terminated))
    sweeping = Sweeping(memory, q)
    for pair in memory.pairs:
        sweeping.push(pair)
    assert sweeping.sweep(100_000) > 100
    assert not sweeping.priorities
    exact, _ = optimal(model, 0.95)
    assert np.allclose(q.max(axis=1)[model.legal.any(axis=1)], exact[model.legal.any(axis=1)], atol=1e-3)


@pytest.mark.slow
def test_planning_needs_fewer_games() -> None:
    plain, _ = train(learn, GRID["Q-learning"])
    for name in ("Dyna", "prioritized sweeping"):
        planned, _ = train(learn, GRID[name])
        first = {trace: next(e.step for e in trace.events if e.name == "best way") for trace in (plain, planned)}
        assert first[planned] * 3 < first[plain]


def test_epsilon_falls() -> None:
    trace, _ = train(learn, Args(episodes=50, epsilon=0.8, epsilon_last=0.1))
    epsilon = values(trace, "epsilon")
    assert epsilon[0] == 0.8
    assert epsilon[-1] == pytest.approx(0.1)
    assert (np.diff(epsilon) <= 1e-12).all()


@pytest.mark.parametrize(
    "more",
    [
        {"method": "q-learning", "trace_decay": 0.8},
        {"method": "double q-learning"},
        {"method": "sarsa", "averaging": 0.5},
        {"planning": "dyna", "planning_steps": 3},
        {"planning": "prioritized sweeping", "planning_steps": 3},
    ],
)
def test_a_checkpoint_goes_on_exactly(more: dict[str, Any]) -> None:
    args = Args(task="slippery 4x4", episodes=20, longest=50, **more)
    whole, spy = train(learn, args, at=60)
    recorder = Spy()
    with recorder:
        learn(args, recorder, spy.state)
    same_after(Later(whole, 61), recorder.trace, 61)
    again, _ = train(learn, args)
    same_after(whole, again, 0)


class Later:
    """A trace without what was recorded before a step."""

    def __init__(self, trace: Any, step: int) -> None:
        self.names = [name for name in trace.names if trace.info(name).last_step >= step]
        self.series = trace.series


def test_planning_with_traces_is_refused() -> None:
    for more in ({"trace_decay": 0.5}, {"method": "double q-learning"}):
        with pytest.raises(MlaError, match="one table and no traces"):
            train(learn, Args(planning="dyna", **more))
