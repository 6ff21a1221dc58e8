"""Deep Q that is watched: rules against the games', what is drawn of the memory against counting one by one, games of 500 steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mlanimated.games.catch import Catch, State
from mlanimated.learn.watched_deep_q import CATCH, PARTS, Args, _Training, train
from mlanimated.learn.watched_games import Fruit, Pole
from mlanimated.trace import Recorder, Trace

torch: Any = pytest.importorskip("torch")

SMALL = Args(steps=640, games=8, memory=400, warm_up=100, lookahead=5, batch=16, rows=12, ages=3)


def trained(args: Args) -> tuple[Any, Trace]:
    with Recorder() as recorder:
        network = train(args, recorder)
    return network, recorder.trace


def test_catch_is_seen_as_its_pictures() -> None:
    game, rules = Fruit(), Catch()
    states = game.begin(20, np.random.default_rng(0))
    for _ in range(4):
        pictures = np.stack([rules.picture(State(*map(int, state))).ravel() for state in states])
        assert np.array_equal(game.seen(states), pictures)
        states = game.step(states, np.random.default_rng(1).integers(0, 3, 20)).states


def test_scores_count_every_start() -> None:
    """A basket that goes to where the fruit falls catches all 63; one that stays, those within reach."""
    game = Fruit()

    def follow(seen: np.ndarray) -> np.ndarray:
        board = seen.reshape(-1, 10, 10)
        fruit = board[:, :-1].sum(axis=1).argmax(axis=1)
        basket = np.array([np.flatnonzero(one[-1])[1] for one in board])
        return np.sign(fruit - basket) + 1

    assert game.score(follow) == game.best == 63
    stay = sum(abs(start.fruit - start.basket) <= 1 for start in Catch().starts)
    assert game.score(lambda seen: np.ones(len(seen), np.int64)) == stay
    assert Pole().score(lambda seen: np.zeros(len(seen), np.int64)) < 12


def test_the_memory_is_drawn_as_it_is() -> None:
    with Recorder() as recorder:
        training = _Training(SMALL, recorder, None)
        training.run()
        replay, told = training.replay, training._memory()
    left: dict[int, float] = {}
    for game in range(replay.games):
        known: float | None = None
        for back in range(1, replay.rows + 1):
            row = (replay.added - back) % replay.rows
            known = 1.0 if replay.done[row, game] else None if known is None else known + 1.0
            left[row * replay.games + game] = min(500.0, 500.0 if known is None else known)
    for part in (0, 7, PARTS - 1):
        rows = [row for row in range(replay.rows) if row * PARTS // replay.rows == part]
        counted = [left[row * replay.games + game] for row in rows for game in range(replay.games)]
        if counted:
            assert told["memory"][part] == pytest.approx(np.mean(counted))
    assert told["memory/stored"] == replay.rows * replay.games
    assert told["memory/drawn"].sum() == SMALL.batch


def test_what_is_recorded_is_what_the_network_says() -> None:
    network, trace = trained(SMALL)
    last = trace.last_step
    with torch.no_grad():
        q = network(torch.tensor(trace.value("input", last)[None]))[0][0].numpy()
    assert trace.value("q", last) == pytest.approx(q / SMALL.reward_scale, rel=1e-5)
    hidden = np.tanh(trace.value("input", last) @ trace.value("weights/0", last) + trace.value("biases/0", last))
    assert trace.value("hidden/0", last) == pytest.approx(hidden, abs=1e-5)
    assert trace.series("age").values[-1] == trace.value("played", last) >= 640
    assert len(set(trace.series("age").values.tolist())) == 3


def test_the_same_seed_gives_the_same_trace() -> None:
    first, second = trained(SMALL)[1], trained(SMALL)[1]
    for name in ("q", "memory", "weights/1"):
        assert np.array_equal(first.series(name).values, second.series(name).values, equal_nan=True)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_the_pole_is_held_and_every_fruit_caught(seed: int) -> None:
    _, trace = trained(Args(seed=seed))
    assert trace.series("score").values[-1] == 500
    _, trace = trained(Args(**CATCH, steps=12_000, learning_rate=0.003, gamma=0.9, epsilon=0.1, seed=seed))
    assert trace.series("score").values[-1] == 63
