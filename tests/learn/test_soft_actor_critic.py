"""Soft actor-critic: the oracles are torch's own distributions and layers, and the same training without a break."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mlanimated.envs.vectors import Vectors
from mlanimated.learn import soft_actor_critic
from mlanimated.learn.ages import at_age, known_ages
from mlanimated.learn.scores import game_of
from mlanimated.learn.seeding import generator
from mlanimated.learn.soft_actor_critic import WATCHED_SEED, Args, train
from mlanimated.learn.squashed_gaussian import SPREAD, squash
from mlanimated.learn.training import Keeper
from mlanimated.learn.twin_critics import TwinCritics
from mlanimated.trace import Recorder

torch: Any = pytest.importorskip("torch")
pytest.importorskip("gymnasium")

SMALL = Args(
    game="Pendulum-v1", steps=240, games=4, batch=32, replay_ratio=16, memory=1000, warm_up=100, units=16,
    record_every=80, device="cpu",
)  # fmt: skip


@pytest.fixture(autouse=True)
def few_ages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watch few games: each takes 200 steps."""
    monkeypatch.setattr(soft_actor_critic, "AGES", 3)


def test_the_density_is_that_of_a_squashed_gaussian() -> None:
    random = torch.Generator().manual_seed(0)
    mean, spread, noise = (3.0 * torch.randn(50, 4, generator=random, dtype=torch.float64) for _ in range(3))
    action, density = squash(mean, spread, noise / 3.0)
    low, high = SPREAD
    deviation = (low + (high - low) * (torch.tanh(spread) + 1.0) / 2.0).exp()
    d = torch.distributions
    squashed = d.TransformedDistribution(d.Normal(mean, deviation), d.TanhTransform(cache_size=0))
    inside = (action.abs() < 0.999999).all(1)  # where torch, which must undo tanh, still can
    assert inside.sum() > 10
    assert torch.allclose(density[inside], squashed.log_prob(action).sum(1)[inside], rtol=1e-5)


def test_both_critics_are_plain_networks() -> None:
    critics = TwinCritics(3, 2, 8, seed=1)
    seen, action = torch.randn(5, 3), torch.randn(5, 2).requires_grad_()
    said = critics(seen, action)
    for one in range(2):
        nn, layers = torch.nn, []
        for weight, bias in zip(critics.weights, critics.biases, strict=True):
            linear = nn.Linear(*weight.shape[1:])
            linear.weight.data, linear.bias.data = weight[one].detach().T.contiguous(), bias[one, 0].detach()
            layers += [linear, nn.LayerNorm(linear.out_features, elementwise_affine=False), nn.ReLU()]
        assert torch.allclose(nn.Sequential(*layers[:-2])(torch.cat([seen, action], 1))[:, 0], said[one], atol=1e-6)
    assert not torch.allclose(said[0], said[1])
    critics(seen, action, fixed=True).sum().backward()
    assert action.grad.abs().sum() > 0
    assert all(one.grad is None for one in critics.parameters())


def test_the_target_follows_by_a_share() -> None:
    first, second = TwinCritics(3, 2, 4, seed=1), TwinCritics(3, 2, 4, seed=2)
    before = second.state()
    second.follow(first, 0.25)
    for name, value in second.state().items():
        assert np.allclose(value, 0.75 * before[name] + 0.25 * first.state()[name])


class Broken(Exception):
    """Somebody pulled the plug."""


def test_a_training_that_was_interrupted_ends_as_if_it_had_not_been() -> None:
    kept: list[dict[str, Any]] = []

    class Kept(Keeper):
        def offer(self, step: int, state: dict[str, Any], score: float) -> None:
            kept.append(state)
            if self.about and step >= 160:
                raise Broken

    with Recorder() as recorder:
        whole = train(SMALL, recorder).state()
    with Recorder() as recorder, pytest.raises(Broken):
        train(SMALL, recorder, keeper=Kept(None, {"breaks": True}))  # pyright: ignore[reportArgumentType]
    with Recorder() as recorder:
        resumed = train(SMALL, recorder, resume=kept[-1]).state()
    assert len(whole) == len(resumed)
    for name, value in whole.items():
        assert np.array_equal(value, resumed[name]), name


def test_what_is_recorded() -> None:
    with Recorder() as recorder:
        network = train(SMALL, recorder)
        trace = recorder.trace
        for name in ("loss", "value", "entropy", "temperature", "learning_rate", "updates"):
            assert np.isfinite(trace.series(name).values).all()
        assert trace.value("updates", 240) == (240 - 100 + 4) // 4 * 2
        watched = trace.series("watch")
        last = at_age(trace, 240)
        assert len(known_ages(trace)) == 4
    assert all(np.allclose(value, network.state()[name], atol=1e-3) for name, value in last.items())
    game = game_of(watched.values[-1])
    assert game.seed == WATCHED_SEED
    assert game.score == soft_actor_critic.play_watched(network, "Pendulum-v1").score
    world = Vectors("Pendulum-v1", 1, continuous=True, seeds=[game.seed])
    for action in game.actions.reshape(-1, 1):  # the levels are all that it takes to see it again
        step = world.step(action[None])
    assert step.games[0].score == pytest.approx(game.score)


def test_a_certain_goal_is_reward_and_what_follows() -> None:
    with Recorder() as recorder:
        training = soft_actor_critic._Training(SMALL, recorder, None, "cpu")
        for _ in range(20):
            training.experience.begin(training._choose(0))
            training.experience.end(training.experience.play())
        batch = training.replay.sample(8, generator(0), steps=3, discount=0.98)
        noise = generator(5).standard_normal((8, 1), np.float32)
        training.random = generator(5)
        with torch.no_grad():
            action, density = squash(*training.policy(torch.from_numpy(batch.following)), torch.from_numpy(noise))
            worth = training.target(torch.from_numpy(batch.following), action).min(0).values
        goal = batch.reward + batch.discount * (worth - SMALL.temperature * density).numpy()
        training._improve_critics(batch)
    assert training.sums[1] == pytest.approx(goal.mean(), rel=0.02)  # the learner multiplies in bfloat16 where it can


@pytest.mark.slow
def test_a_pendulum_is_swung_up() -> None:
    args = Args(
        game="Pendulum-v1", steps=16_000, games=8, batch=128, replay_ratio=64, memory=20_000, warm_up=800, device="cpu"
    )
    with Recorder() as recorder:
        network = train(args, recorder)
    world = Vectors("Pendulum-v1", 50, seed=123, continuous=True)
    scores: list[float] = []
    with torch.no_grad():
        while len(scores) < 50:
            mean, _ = network(network.prepare(world.observation))
            scores += [game.score for game in world.step(2.0 * torch.tanh(mean).numpy()).games]
    assert np.mean(scores) > -250  # random play: about -1200; published: about -150
