from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from toys import Catch

from mlanimated.learn.overestimation import Promises
from mlanimated.trace import Recorder, Stopped
from mlanimated.trace.checkpoint import decode_state, encode_state

torch = pytest.importorskip("torch")

from mlanimated.learn import dqn  # noqa: E402
from mlanimated.learn.experience import Experience  # noqa: E402
from mlanimated.learn.networks import Network  # noqa: E402

TOY = dqn.Args(
    game="toy",
    steps=1600,
    games=16,
    batch=64,
    replay_ratio=4.0,
    memory=1000,
    warm_up=320,
    target_every=20,
    epsilon_steps=1200,
    epsilon=0.05,
    learning_rate=1e-3,
    record_every=320,
    size=36,
)


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dqn, "world_of", lambda args, seed: Catch(args.games, seed))


def changed(args: dqn.Args, **changes: Any) -> dqn.Args:
    return msgspec.structs.replace(args, **changes)


def test_the_double_target_is_the_one_worked_out_by_hand() -> None:
    """The online network prefers the second action, the target network the third: double takes the second one's value, 0.5."""
    online, target = torch.tensor([[1.0, 4.0, 3.0]]), torch.tensor([[2.0, 0.5, 7.0]])
    reward, discount = torch.tensor([10.0]), torch.tensor([0.9])
    assert dqn.goals(reward, discount, online, target, double=True).tolist() == pytest.approx([10.45])
    assert dqn.goals(reward, discount, online, target, double=False).tolist() == pytest.approx([16.3])
    assert dqn.goals(reward, 0 * discount, online, target, double=True).tolist() == [10.0]


@pytest.mark.parametrize("double", [True, False])
def test_targets_agree_with_a_plain_loop(double: bool) -> None:
    random = np.random.default_rng(0)
    online, target = random.normal(size=(2, 50, 6)).astype(np.float32)
    reward, discount = random.normal(size=50).astype(np.float32), random.choice([0.0, 0.99], 50).astype(np.float32)
    found = dqn.goals(*map(torch.from_numpy, (reward, discount, online, target)), double=double)
    for row in range(50):
        best = max(range(6), key=lambda action, row=row: (online if double else target)[row, action])
        assert found[row].item() == pytest.approx(reward[row] + discount[row] * target[row, best], rel=1e-5)


def test_the_double_target_overestimates_less() -> None:
    """Where all actions are worth 0 and both networks err independently, max is biased and double is not."""
    random = np.random.default_rng(1)
    online, target = torch.from_numpy(random.normal(size=(2, 20_000, 8)).astype(np.float32))
    none, one = torch.zeros(20_000), torch.ones(20_000)
    double, plain = (dqn.goals(none, one, online, target, double=which).mean().item() for which in (True, False))
    assert abs(double) < 4 / np.sqrt(20_000)
    assert plain == pytest.approx(1.4236, abs=0.03)  # the mean of the largest of eight normal numbers


def test_dueling_values_average_to_the_state() -> None:
    network = Network((4,), {"advantage": 3, "value": 1}, "mlp", seed=1)
    seen = torch.randn(5, 4)
    advantage, value = network(seen)
    q = dqn.values(network, seen)
    assert torch.allclose(q.mean(1), value[:, 0], atol=1e-6)
    assert torch.equal(q.argmax(1), advantage.argmax(1))


def test_a_gradient_step_is_that_of_autograd_on_the_written_out_loss() -> None:
    from mlanimated.learn.replay import Batch

    args = changed(TOY, double=True)
    random = np.random.default_rng(2)
    batch = Batch(
        random.normal(size=(9, 4)).astype(np.float32),
        random.integers(0, 2, 9),
        3 * random.normal(size=9).astype(np.float32),
        random.normal(size=(9, 4)).astype(np.float32),
        random.choice([0.0, 0.9], 9).astype(np.float32),
    )
    network, twin, target = (Network((4,), {"q": 2}, "mlp", seed=seed) for seed in (1, 1, 2))
    loss = dqn.learn(args, network, target, torch.optim.SGD(network.parameters(), 0.1), batch)
    (q,), (then,), (worth,) = (
        net(torch.from_numpy(seen))
        for net, seen in ((twin, batch.observation), (twin, batch.following), (target, batch.following))
    )
    errors = [
        q[row, batch.action[row]]
        - (batch.reward[row] + batch.discount[row] * worth[row, int(then[row].argmax())]).detach()
        for row in range(9)
    ]
    expected = sum(error**2 / 2 if abs(error) < 1 else abs(error) - 0.5 for error in errors) / 9
    assert loss == pytest.approx(float(expected.detach()), rel=1e-2)
    expected.backward()
    for own, other in zip(network.parameters(), twin.parameters(), strict=True):
        assert torch.allclose(own, other - 0.1 * other.grad, atol=2e-3)


def test_what_was_promised_is_compared_with_what_came() -> None:
    promises = Promises(2, 0.5)
    no, yes = np.zeros(2, np.bool_), np.ones(2, np.bool_)
    promises.add(np.array([8.0, 1.0]), np.array([1.0, 0.0]), no, no)
    promises.add(np.array([6.0, 1.0]), np.array([2.0, 0.0]), np.array([True, False]), no)
    assert promises.take() == {"value/estimated": 7.0, "value/realized": (2.0 + 2.0) / 2}
    assert promises.take() == {}
    for _ in range(6):
        promises.add(np.array([0.0, 4.0]), np.array([0.0, 1.0]), no, no)
    promises.add(np.array([0.0, 4.0]), np.array([0.0, 1.0]), no, yes)
    found = (
        promises.take()
    )  # stopped from outside: only where less than a twentieth is missing, five steps ahead or more
    ahead = {length: sum(0.5**later for later in range(length)) for length in (7, 6, 5)}
    second = [
        0.25 * ahead[7],
        0.5 * ahead[7],
        ahead[7],
        ahead[6],
        ahead[5],
    ]  # the rewards of its nine steps: 0, 0, then 1
    assert found["value/estimated"] == pytest.approx(
        (1.0 + 1.0 + 3 * 4.0) / (5 + 3)
    )  # the first game's three are all 0
    assert found["value/realized"] == pytest.approx(sum(second) / (5 + 3))


def test_experience_is_rebuilt_from_actions_alone() -> None:
    """Its pictures are not in the state, yet the memory draws the very same; before and after it has gone round."""
    for played in (7, 60, 133):
        random = np.random.default_rng(played)
        first = Experience(Catch(3, seed=5), 1000)
        first.replay.__init__(40, 3, (36, 36), np.uint8, stack=2)  # small, so that it goes round
        first._every = 5
        for _ in range(played):
            first.begin(random.integers(0, 3, 3))
            first.end(first.play())
        state = decode_state(encode_state(first.state()))
        assert sum(value.nbytes for value in state.values() if isinstance(value, np.ndarray)) < 1000
        second = Experience(Catch(3, seed=99), 1000)
        second.replay.__init__(40, 3, (36, 36), np.uint8, stack=2)
        second._every = 5
        assert second.load(state) == ""
        assert np.array_equal(first.world.observation, second.world.observation)
        for _ in range(50):
            ours, theirs = (one.replay.sample(20, np.random.default_rng(3), steps=3) for one in (first, second))
            assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))
            action = random.integers(0, 3, 3)
            for one in (first, second):
                one.begin(action)
                one.end(one.play())
        assert decode_state(encode_state(first.state()))["row"] == second.state()["row"]


@pytest.mark.usefixtures("toy")
class TestOnAToyOfPictures:
    @pytest.mark.parametrize("dueling", [False, True])
    def test_an_interrupted_training_ends_with_the_same_weights(self, tmp_path: Path, dueling: bool) -> None:
        args = changed(TOY, dueling=dueling)
        whole_recorder = Recorder()
        whole = dqn.train(args, whole_recorder).state()
        recorder = Recorder(tmp_path / "half.mla")

        class Interrupt(Exception):
            pass

        kept: list[Any] = []

        class Keeper:
            def offer(self, step: int, state: dict[str, Any], score: float) -> None:
                kept.append((step, encode_state(state)))
                if step >= 960:
                    raise Interrupt

        with pytest.raises(Interrupt):
            dqn.train(args, recorder, keeper=Keeper())  # type: ignore[arg-type]
        recorder.close()
        step, state = kept[-1]
        with Recorder(tmp_path / "half.mla", resume=step) as recorder:
            resumed = dqn.train(args, recorder, decode_state(state)).state()
            trace = recorder.trace
        assert all(np.array_equal(whole[name], resumed[name]) for name in whole)
        assert set(trace.names) == set(whole_recorder.trace.names)
        for name in ("loss", "fixed/q", "score", "value/estimated", "value/realized", "score/game"):
            there, here = whole_recorder.trace.series(name), trace.series(name)
            assert np.array_equal(there.steps, here.steps), name
            assert np.array_equal(there.values, here.values), name

    def test_a_wish_to_stop_leaves_a_checkpoint_in_mid_run(self) -> None:
        whole = dqn.train(TOY, Recorder()).state()
        recorder = Recorder(checkpoint_steps=500)
        dqn.train(TOY, recorder)
        checkpoint = recorder.trace.checkpoint(1200)
        assert checkpoint is not None
        assert checkpoint.step % TOY.record_every
        resumed = dqn.train(TOY, Recorder(), checkpoint.state).state()
        assert all(np.array_equal(whole[name], resumed[name]) for name in whole)
        recorder = Recorder()
        recorder.remote.stop()
        with pytest.raises(Stopped):
            dqn.train(TOY, recorder)

    def test_what_a_film_needs_is_recorded(self) -> None:
        recorder = Recorder()
        dqn.train(TOY, recorder)
        trace = recorder.trace
        assert trace.info("fixed/seen").shape == (16, 36, 36)
        assert trace.info("fixed/q").shape == (16, 3)
        assert trace.steps("value/estimated").size == trace.steps("value/realized").size > 3
        assert trace.value("updates", 1600) == (1600 - 320) * 4 // 64
        assert trace.value("epsilon", 1600) == pytest.approx(0.05)

    @pytest.mark.slow
    def test_it_learns_to_catch(self) -> None:
        """Random play catches a fifth of the fruit at the most; chance cannot bring nine of ten in 200 games."""
        network = dqn.train(changed(TOY, steps=16_000, replay_ratio=8.0, memory=10_000, epsilon_steps=6000), Recorder())
        world, caught, games = Catch(20, seed=1234), 0, 0
        while games < 200:
            with torch.no_grad():
                actions = dqn.values(network, network.prepare(world.observation)).argmax(1).numpy()
            ended = world.step(actions).games
            games += len(ended)
            caught += sum(game.score > 0 for game in ended)
        assert caught >= 0.9 * games


def test_a_machine_with_little_memory_is_told(monkeypatch: pytest.MonkeyPatch, toy: None) -> None:
    monkeypatch.setattr("mlanimated.learn.replay.free_memory", lambda: 600 * (36 * 36 + 8) * 5 // 4)
    recorder = Recorder()
    dqn.train(changed(TOY, steps=320), recorder)
    assert [event.text for event in recorder.trace.events if event.name == "smaller memory"] == [
        "Memory is free for 600 of 1,000 transitions: so many are kept."
    ]


def test_experience_of_a_real_game_is_rebuilt() -> None:
    pytest.importorskip("ale_py")
    from mlanimated.envs.atari import Atari, Preprocessing

    small = Preprocessing(height=36, width=36)
    random = np.random.default_rng(0)
    first, second = (Experience(Atari("breakout", 2, seed=seed, preprocessing=small), 1000) for seed in (1, 2))
    for one in (first, second):
        one.replay.__init__(60, 2, (36, 36), np.uint8, stack=4)
        one._every = 20
    for _ in range(150):
        first.begin(random.integers(0, 4, 2))
        first.end(first.play())
    assert second.load(decode_state(encode_state(first.state()))) == ""
    assert first.replay.done.any()
    for name in ("seen", "first", "action", "reward", "done", "cut"):
        assert np.array_equal(getattr(first.replay, name), getattr(second.replay, name)), name
    assert np.array_equal(first.world.observation, second.world.observation)


CART_POLE = dqn.Args(
    game="CartPole-v1",
    steps=100_000,
    games=16,
    batch=256,
    replay_ratio=16.0,
    memory=50_000,
    warm_up=1000,
    learning_rate=1e-3,
    final_rate=0.0,
    gamma=0.995,
    lookahead=20,
    reward_scale=0.02,
    target_every=100,
    epsilon=0.05,
    epsilon_steps=20_000,
    record_every=5000,
)


@pytest.mark.slow
def test_it_balances_a_pole() -> None:
    """Greedily, from the beginnings of 500 seeds, all 500 steps; some twenty seconds of one core to learn it."""
    pytest.importorskip("gymnasium")
    from gymnasium.envs.classic_control.cartpole import CartPoleEnv, CartPoleVectorEnv

    network = dqn.train(CART_POLE, Recorder())
    one, all_of_them = CartPoleEnv(), CartPoleVectorEnv(500)
    seen, _ = all_of_them.reset(seed=0)
    starts = [one.reset(seed=seed)[0] for seed in range(500)]
    all_of_them.state = np.stack(starts, axis=1).astype(np.float64)
    seen, up = np.stack(starts), np.ones(500, np.bool_)
    for _ in range(500):
        with torch.no_grad():
            actions = dqn.values(network, network.prepare(seen)).argmax(1).numpy()
        seen, _, fallen, _, _ = all_of_them.step(actions)
        up &= ~fallen
    assert up.sum() >= 490
