"""PPO: its learning on a game of pixels, its resuming bit by bit."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from mlanimated.envs.atari import Game, Step
from mlanimated.learn import ppo
from mlanimated.learn.networks import pick
from mlanimated.learn.training import Keeper, read_checkpoint
from mlanimated.trace import Recorder, Stopped

torch = pytest.importorskip("torch")


class Chase:
    """A game of pixels that is over after eight steps: a point for each step on which the block is followed to its side."""

    def __init__(self, count: int, seed: int) -> None:
        self.count, self.actions, self.shape = count, ("left", "right"), (1, 36, 36)
        self.random = np.random.default_rng(seed)
        self.turn = 0
        self.score = np.zeros(count)
        self._look()

    def _look(self) -> None:
        self.side = self.random.integers(0, 2, self.count)
        self.observation = np.zeros((self.count, *self.shape), np.uint8)
        for place, side in enumerate(self.side):
            row = self.random.integers(4, 28)
            self.observation[place, 0, row : row + 6, 6 + 18 * side : 12 + 18 * side] = 200

    def step(self, actions: np.ndarray) -> Step:
        points = (actions == self.side).astype(np.int32)
        self.score += points
        self.turn += 1
        final = self.observation
        over = self.turn % 8 == 0
        games = (
            tuple(Game(place, 0, score, np.zeros(8, np.uint8), False) for place, score in enumerate(self.score))
            if over
            else ()
        )
        self.score *= not over
        self._look()
        done, never = np.full(self.count, over), np.zeros(self.count, np.bool_)
        return Step(self.observation, points.astype(np.float32), points, done, never, final, np.ones(self.count), games)

    def state(self) -> dict[str, Any]:
        return {}

    def load(self, state: Mapping[str, Any]) -> bool:
        return not state


def test_it_learns_a_game_of_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chance is 4 of 8; the block is always in view."""
    monkeypatch.setattr(ppo, "world_of", lambda args, seed: Chase(args.games, seed))
    args = ppo.Args(steps=16 * 16 * 30, games=16, rollout=16, minibatch=64, size=36, learning_rate=2e-3)
    with Recorder() as recorder:
        ppo.train(args, recorder)
        trace = recorder.trace
    scores = trace.series("score/game").values
    assert scores[:32].mean() < 5.5
    assert scores[-32:].mean() > 7.5
    assert trace.value("learning_rate", args.steps) < trace.value("learning_rate", 16 * 16)
    assert trace.value("entropy", args.steps) < 0.5


@pytest.mark.parametrize(("last", "lowest", "highest"), [(0.5, 0.6, 0.7), (-0.5, 0.0, 0.5)])
def test_a_bonus_keeps_actions_likely_and_a_last_one_below_nothing_makes_it_decide(
    last: float, lowest: float, highest: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no action is worth more than another, it alone decides: ln 2 = 0.69 is as open as two actions can be."""

    class Idle(Chase):
        def step(self, actions: np.ndarray) -> Step:
            return super().step(actions)._replace(reward=np.zeros(self.count, np.float32))

    monkeypatch.setattr(ppo, "world_of", lambda args, seed: Idle(args.games, seed))
    args = ppo.Args(steps=16 * 16 * 24, games=16, rollout=16, minibatch=64, size=36, learning_rate=2e-3)
    args = msgspec.structs.replace(args, entropy=0.01, entropy_last=last, entropy_ends=0.3)
    with Recorder() as recorder:
        ppo.train(args, recorder)
        assert lowest < recorder.trace.value("entropy", args.steps) < highest


ARGS = ppo.Args(game="breakout", steps=4 * 16 * 5, games=4, rollout=16, minibatch=32, size=42, sticky=0.25, seed=3)


def trained(
    folder: Path, *, stop_at: int | None = None, within: bool = False, monkeypatch: Any = None, threads: int = 1
) -> dict[str, Any]:
    """Train, interrupted once at an update (or in the middle of it), and return the last weights."""
    args = msgspec.structs.replace(ARGS, threads=threads)
    keeper = Keeper(folder / "it.checkpoint", {"learner": "ppo"}, seconds=1e9)
    if stop_at is not None:

        def interrupt(step: int, score: float) -> None:
            del score
            if step == stop_at:
                raise KeyboardInterrupt

        if within:
            real, count = ppo.learn, iter(range(100))

            def learn(*given: Any, **named: Any) -> dict[str, float]:
                found = real(*given, **named)  # everything is changed, and then it is interrupted
                if next(count) == stop_at:
                    raise KeyboardInterrupt
                return found

            monkeypatch.setattr(ppo, "learn", learn)
        else:
            keeper.watch = interrupt
        with Recorder() as recorder, pytest.raises(KeyboardInterrupt):
            ppo.train(args, recorder, keeper=keeper)
        keeper.write()
        keeper.watch = None
        monkeypatch.undo() if within else None
    found = read_checkpoint(keeper.path)
    assert (found is None) == (stop_at is None)
    with Recorder() as recorder:
        network = ppo.train(args, recorder, resume=found.state if found else None, keeper=keeper)
    return network.state()


@pytest.mark.slow
def test_an_interrupted_training_ends_as_one_that_was_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ale_py")
    whole = trained(tmp_path / "whole")
    first = trained(tmp_path / "first", stop_at=0)
    third = trained(tmp_path / "third", stop_at=4 * 16 * 3)
    within = trained(tmp_path / "within", stop_at=2, within=True, monkeypatch=monkeypatch)
    for other in (first, third, within):
        assert whole.keys() == other.keys()
        assert all(np.array_equal(whole[name], other[name]) for name in whole)


@pytest.mark.parametrize("threads", [1, 3])
def test_as_many_threads_learn_as_are_asked_for(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ppo, "world_of", lambda args, seed: Chase(args.games, seed))
    learners: set[str] = set()

    def seen(*args: Any) -> Any:
        learners.add(threading.current_thread().name)
        assert torch.get_num_threads() == 1
        return pick(*args)

    monkeypatch.setattr(ppo, "pick", seen)
    with Recorder() as recorder:
        ppo.train(ppo.Args(steps=16 * 16 * 3, games=16, rollout=16, minibatch=64, size=36, threads=threads), recorder)
    assert len(learners) == threads


@pytest.mark.slow
def test_threads_that_learn_end_alike_and_are_given_back(tmp_path: Path) -> None:
    pytest.importorskip("ale_py")
    before = torch.get_num_threads()
    whole = trained(tmp_path / "whole", threads=2)
    taken_up = trained(tmp_path / "taken up", stop_at=4 * 16 * 2, threads=2)
    assert all(np.array_equal(whole[name], taken_up[name]) for name in whole)
    assert torch.get_num_threads() == before


@pytest.mark.slow
def test_another_seed_ends_elsewhere() -> None:
    pytest.importorskip("ale_py")
    args = ppo.Args(game="breakout", steps=64, games=4, rollout=16, minibatch=64, size=42)
    ends: list[dict[str, np.ndarray]] = []
    for seed in (0, 1):
        with Recorder() as recorder:
            ends.append(ppo.train(msgspec.structs.replace(args, seed=seed), recorder).state())
    assert not np.array_equal(ends[0]["policy.weight"], ends[1]["policy.weight"])


def test_who_watches_can_stop_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ppo, "world_of", lambda args, seed: Chase(args.games, seed))
    args = ppo.Args(steps=10**6, games=4, rollout=8, minibatch=32, size=36)
    with Recorder() as recorder:
        recorder.remote.stop()
        with pytest.raises(Stopped):
            ppo.train(args, recorder)


@pytest.mark.slow
def test_it_balances_a_pole() -> None:
    """Vectors too: CartPole's mean of the last hundred games is far above the 22 of random play."""
    pytest.importorskip("gymnasium")
    args = ppo.Args(
        game="CartPole-v1", steps=60_000, games=8, rollout=64, minibatch=128, learning_rate=2.5e-3, epochs=4, clip=0.2
    )
    with Recorder() as recorder:
        ppo.train(args, recorder)
        assert recorder.trace.value("score", 10**9) > 100
