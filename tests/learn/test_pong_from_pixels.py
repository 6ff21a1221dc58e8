from __future__ import annotations

import math
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from mlanimated.learn import pong_from_pixels as pong
from mlanimated.learn.optimizers import RMSProp
from mlanimated.learn.pong_diary import Diary, Rollout
from mlanimated.trace import Recorder, Stopped
from mlanimated.trace.checkpoint import decode_state, encode_state

SMALL = pong.Args(steps=600, games=2, rollout=60, hidden=16, record_every=2, threads=1)


def rollout(seed: int, steps: int = 30, games: int = 3, hidden: int = 7) -> tuple[Rollout, list[np.ndarray]]:
    random = np.random.default_rng(seed)
    weights = pong.initial(hidden, random)
    pictures = random.integers(-1, 2, (steps, games, 6400)).astype(np.float32)
    units, p_up = pong.forward(pictures.reshape(-1, 6400), weights)
    reward = random.choice([0.0, 0.0, 0.0, 1.0, -1.0], (steps, games)).astype(np.float32)
    up = random.random((steps, games)) < 0.5
    return Rollout(pictures, units.reshape(steps, games, -1), p_up.reshape(steps, games), up, reward), weights


def states(**arguments: Any) -> list[dict[str, Any]]:
    """Return what a small training offers to be kept, after each of its changes."""
    kept: list[dict[str, Any]] = []

    class Keeper:
        def offer(self, step: int, state: dict[str, Any], score: float) -> None:
            kept.append(state)

    pong.train(changed(SMALL, **arguments), Recorder(), keeper=cast("Any", Keeper()))
    return kept


def test_returns_begin_anew_at_each_point() -> None:
    """Against a plain loop that looks forward from every step to the end of its rally."""
    random = np.random.default_rng(1)
    reward = random.choice([0.0] * 9 + [1.0, -1.0], (80, 5)).astype(np.float32)
    led_to, over = pong.returns(reward, 0.9)
    for game in range(5):
        for step in range(80):
            ends = [later for later in range(step, 80) if reward[later, game]]
            assert over[step, game] == bool(ends)
            expected = 0.9 ** (ends[0] - step) * reward[ends[0], game] if ends else 0.0
            assert led_to[step, game] == pytest.approx(expected, abs=1e-6)


def test_advantages_are_standardized_over_the_steps_whose_point_has_ended() -> None:
    random = np.random.default_rng(2)
    reward = random.choice([0.0] * 9 + [1.0, -1.0], (80, 5)).astype(np.float32)
    reward[40:, 0] = 0.0
    advantage = pong.advantages(reward, 0.99)
    over = pong.returns(reward, 0.99)[1]
    assert not advantage[40:, 0].any()
    assert advantage[over].mean() == pytest.approx(0.0, abs=1e-5)
    assert advantage[over].std() == pytest.approx(1.0, abs=1e-4)
    assert not pong.advantages(np.zeros((5, 2), np.float32), 0.99).any()


@pytest.mark.parametrize(("l2", "entropy"), [(0.0, 0.0), (0.1, 0.0), (0.0, 0.3), (0.1, -0.3)])
def test_the_gradient_is_autograds(l2: float, entropy: float) -> None:
    torch = pytest.importorskip("torch")
    run, weights = rollout(3)
    advantage = pong.advantages(run.reward, 0.99)
    first, second = (torch.tensor(weight, dtype=torch.float64, requires_grad=True) for weight in weights)
    hidden = torch.relu(torch.tensor(run.pictures.reshape(-1, 6400), dtype=torch.float64) @ first)
    p_up = torch.sigmoid(hidden @ second)
    up = torch.tensor(run.up.reshape(-1))
    chance = torch.log(torch.where(up, p_up, 1.0 - p_up))
    counted = torch.tensor(advantage.reshape(-1), dtype=torch.float64)
    loss = -(counted * chance).sum() / (counted != 0).sum()
    bits = -p_up * p_up.log() - (1.0 - p_up) * (1.0 - p_up).log()
    loss = loss - entropy * (bits * (counted != 0)).sum() / (counted != 0).sum()
    loss = loss + l2 / 2 * (first.square().sum() + second.square().sum())
    loss.backward()
    for own, parameter in zip(pong.gradients(run, advantage, weights, l2, entropy), (first, second), strict=True):
        expected = parameter.grad.numpy()
        assert np.abs(own - expected).max() <= 1e-4 * np.abs(expected).max()


def test_three_changes_are_those_of_torch() -> None:
    torch = pytest.importorskip("torch")
    run, weights = rollout(4)
    gradients = pong.gradients(run, pong.advantages(run.reward, 0.99), weights)
    mirror = [torch.tensor(weight, requires_grad=True) for weight in weights]
    theirs = torch.optim.RMSprop(mirror, lr=1e-3, alpha=0.99)
    ours = RMSProp(1e-3, 0.99)
    for factor in (1.0, -0.5, 2.0):
        ours.step(weights, [factor * gradient for gradient in gradients])
        for parameter, gradient in zip(mirror, gradients, strict=True):
            parameter.grad = torch.tensor(factor * gradient)
        theirs.step()
    for own, other in zip(weights, mirror, strict=True):
        assert np.abs(own - other.detach().numpy()).max() < 1e-6


def test_the_probability_is_the_logistic_function_and_never_overflows() -> None:
    weights = [np.eye(6400, 1, dtype=np.float32), np.array([-1000.0], np.float32)]
    pictures = np.zeros((2, 6400), np.float32)
    pictures[1, 0] = 1.0
    assert pong.forward(pictures, weights)[1].tolist() == [0.5, 0.0]
    weights[1][0] = 1.7
    assert pong.forward(pictures, weights)[1][1] == pytest.approx(1 / (1 + math.exp(-1.7)), rel=1e-6)


def test_l2_shrinks_weights_of_pixels_that_never_light_up() -> None:
    run, weights = rollout(5)
    run.pictures[:, :, 0] = 0.0
    advantage = pong.advantages(run.reward, 0.99)
    plain, cleaned = (pong.gradients(run, advantage, weights, l2) for l2 in (0.0, 0.5))
    assert not plain[0][0].any()
    assert np.allclose(cleaned[0][0], 0.5 * weights[0][0])


class TestWithTheGame:
    @pytest.fixture(autouse=True)
    def _needs_ale_py(self) -> None:
        pytest.importorskip("ale_py")

    def test_the_difference_holds_what_moved_alone(self) -> None:
        """Against the screens themselves: where two of them differ below the score, every second pixel."""
        from mlanimated.envs.atari import Atari

        games = Atari("pong", 1, seed=5, preprocessing=pong.SEEN, threads=1)
        first = pong.difference(games.observation)[0].reshape(80, 80)
        assert first.min() == 0.0  # compared with an empty court, not with blackness
        assert 0 < first.sum() < 60
        for step in range(80):
            games.step(np.array([step % 2]))
            before, now = games.observation[0, :, 34:194, :].astype(int)
            moved = pong.difference(games.observation)[0].reshape(80, 80)
            assert set(np.unique(moved)) <= {-1.0, 0.0, 1.0}
            appeared = (now != 87) & (before == 87)
            assert np.array_equal(moved == 1.0, appeared[::2, ::2])
            assert np.abs(moved).sum() < 60  # no wall, no score

    def test_a_games_first_screen_is_no_flash(self) -> None:
        """Without idle frames the console's first screen is of another grey; all of it would seem to have appeared, and then gone."""
        from mlanimated.envs.atari import Atari

        seen = changed(pong.SEEN, noops=0)
        games = Atari("pong", 1, seed=5, preprocessing=seen, threads=1)
        backgrounds, most = set(), 0.0
        for _ in range(3):
            court = games.observation[0, 1, 34:194]
            backgrounds.add(int(np.bincount(court.ravel()).argmax()))
            most = max(most, np.abs(pong.difference(games.observation)).sum())
            games.step(np.array([0]))
        assert len(backgrounds) == 2
        assert most < 100

    def test_right_moves_the_paddle_up(self) -> None:
        from mlanimated.envs.atari import Atari

        games = Atari("pong", 2, seeds=[7, 7], preprocessing=pong.SEEN)
        for _ in range(40):
            games.step(np.array([pong.UP, pong.DOWN]))
        paddles = games.observation[:, 1, 34:194, 140:144] != 87
        up, down = (np.flatnonzero(paddle.any(axis=1)).mean() for paddle in paddles)
        assert up < down

    def test_the_same_seed_gives_the_same_weights(self) -> None:
        first, second = (pong.train(SMALL, Recorder()) for _ in range(2))
        assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
        other = pong.train(changed(SMALL, seed=1), Recorder())
        assert not np.array_equal(first[0], other[0])

    def test_an_interrupted_training_ends_with_the_same_weights(self, tmp_path: Path) -> None:
        whole_recorder = Recorder()
        whole = pong.train(SMALL, whole_recorder)
        recorder = Recorder(tmp_path / "half.mla")
        states: list[Any] = []

        class Interrupt(Exception):
            pass

        class Keeper:
            def offer(self, step: int, state: dict[str, Any], score: float) -> None:
                states.append(decode_state(encode_state(state)))
                if len(states) == 3:
                    raise Interrupt

        with pytest.raises(Interrupt):
            pong.train(SMALL, recorder, keeper=Keeper())  # type: ignore[arg-type]
        recorder.close()
        with Recorder(tmp_path / "half.mla", resume=states[-1]["step"]) as recorder:
            resumed = pong.train(SMALL, recorder, states[-1])
            trace = recorder.trace
        assert all(np.array_equal(a, b) for a, b in zip(whole, resumed, strict=True))
        for name in ("weights/0", "rollout/p_up", "points/steps", "pushed/change"):
            there, here = whole_recorder.trace.series(name), trace.series(name)
            assert np.array_equal(there.steps, here.steps)
            assert np.array_equal(there.values, here.values)

    def test_the_learning_rate_falls_to_nothing_in_the_second_half(self) -> None:
        """Of three changes the third has a third of the budget left, and so two thirds of the rate; of four it has all of it."""

        short, long = (
            [state["weights"][0].astype(np.float64) for state in states(steps=120 * changes, entropy_last=0.0)]
            for changes in (3, 4)
        )
        assert np.array_equal(short[1], long[1])
        moved = np.abs(long[2] - long[1]) > 1e-5
        assert moved.any()
        assert np.allclose((short[2] - short[1])[moved] / (long[2] - long[1])[moved], 2 / 3, atol=1e-2)

    def test_the_entropy_bonus_is_nothing_in_the_first_half(self) -> None:
        """Of four changes only the last has less than half of the budget left."""
        less, more = (states(steps=480, entropy_last=bonus) for bonus in (-0.5, 0.5))
        same = [np.array_equal(a["weights"][1], b["weights"][1]) for a, b in zip(less, more, strict=True)]
        assert same == [True, True, True, False]

    def test_it_stops_and_leaves_a_checkpoint(self) -> None:
        recorder = Recorder()
        recorder.remote.stop()
        with pytest.raises(Stopped):
            pong.train(SMALL, recorder)
        checkpoint = recorder.trace.checkpoint()
        assert checkpoint is not None
        assert checkpoint.state["step"] == checkpoint.step == 120

    def test_what_a_film_needs_is_recorded(self) -> None:
        recorder = Recorder()
        pong.train(changed(SMALL, steps=720, hidden=40), recorder)
        trace = recorder.trace
        assert trace.info("weights/0").shape == (40, 80, 80)
        assert trace.steps("weights/0").tolist() == [0, 240, 480, 720]
        assert trace.info("rollout/advantage").shape == (60,)
        assert trace.info("pushed/change").shape == (2, 60)
        assert trace.steps("pushed/change").tolist() == [120, 360, 600]
        assert trace.info("probe/gradient").shape == (80, 80)

    def test_its_policy_plays_full_games(self) -> None:
        from mlanimated.envs.evaluation import evaluate

        weights = pong.initial(8, np.random.default_rng(0))
        found = evaluate(pong.policy(weights), "pong", 2, seed=3, preprocessing=pong.SEEN)
        assert found.different == 2
        assert -21 <= found.mean <= -15


def test_the_probes_gradient_is_that_of_the_log_probability() -> None:
    """Against the change of log P(up) when one pixel changes a little."""
    run, weights = rollout(6)
    recorder = Recorder()
    diary = Diary(recorder, 100, 3, 30, 1, pong.forward)
    diary.write(0, run, pong.advantages(run.reward, 0.99), [], weights)
    gradient = recorder.trace.value("probe/gradient", 0).reshape(-1)
    probe = recorder.trace.value("probe/difference", 0).reshape(-1).astype(np.float64)
    exact = [weight.astype(np.float64) for weight in weights]
    for pixel in np.argsort(np.abs(gradient))[-5:]:
        up, down = probe.copy(), probe.copy()
        up[pixel] += 1e-4
        down[pixel] -= 1e-4
        change = np.diff(np.log(pong.forward(np.stack([down, up]), exact)[1]))[0] / 2e-4
        assert gradient[pixel] == pytest.approx(change, rel=1e-2)


def test_moves_that_paid_are_pushed_up() -> None:
    run, weights = rollout(8)
    advantage = pong.advantages(run.reward, 0.99)
    recorder = Recorder()
    diary = Diary(recorder, 100, 3, 30, 1, pong.forward)
    before = [weight.copy() for weight in weights]
    RMSProp(1e-4, 0.99).step(weights, pong.gradients(run, advantage, weights))
    diary.pushed(0, run, advantage, weights)
    change = recorder.trace.value("pushed/change", 90)
    p = pong.forward(run.pictures[7, 1][None], before)[1][0], pong.forward(run.pictures[7, 1][None], weights)[1][0]
    was, now = p if run.up[7, 1] else (1 - p[0], 1 - p[1])
    assert change[1, 7] == pytest.approx(math.log(now / was), abs=1e-5)
    assert (change * advantage.T).sum() > 0


def changed(args: pong.Args, **changes: Any) -> pong.Args:
    import msgspec

    return msgspec.structs.replace(args, **changes)
