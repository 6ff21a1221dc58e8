"""Agents whose actions are numbers: the walker that ships, its ages, and what a film records of a walk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mlanimated.agents import walks
from mlanimated.agents.agent import Agent, agent
from mlanimated.agents.card import Card
from mlanimated.agents.hyperparameters import LEARNERS, arguments_of, usual_learner
from mlanimated.envs.atari import Preprocessing
from mlanimated.errors import MlaError
from mlanimated.learn.networks import Network
from mlanimated.trace import Recorder

pytest.importorskip("torch")
pytest.importorskip("safetensors")
pytest.importorskip("gymnasium")


def made(limits: tuple[tuple[float, float], ...]) -> Agent:
    heads = {"mean": len(limits), "spread": len(limits)}
    card = Card(
        name="test", game="Pendulum-v1", learner="soft-actor-critic", arguments={}, steps=1, seconds=1, cpu_seconds=1,
        machine="", command="", network="mlp", heads=heads, actions=(), preprocessing=Preprocessing(), shape=(3,),
        limits=limits,
    )  # fmt: skip
    return Agent(card, Network((3,), heads, "mlp", seed=1))


def test_actions_lie_between_their_limits_and_are_the_same_when_loaded(tmp_path: Path) -> None:
    first = made(((-2.0, 2.0),))
    seen = 100 * np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    actions = first.act(seen)
    mean = first.answers(seen)["mean"]
    assert np.allclose(actions, 2 * np.tanh(mean), atol=1e-6)
    assert actions.dtype == np.float32
    first.save(tmp_path / "it")
    second = agent(tmp_path / "it")
    assert second.card == first.card
    assert np.allclose(second.act(seen), actions, atol=0.02)  # float16
    games = second.play(2, seed=3)
    assert games.step(second.act(games.observation)).reward.shape == (2,)


def test_the_learner_is_that_of_the_actions() -> None:
    assert usual_learner("Pendulum-v1") == "soft-actor-critic"
    assert usual_learner("CartPole-v1") == usual_learner("pong") == "ppo"
    assert "soft-actor-critic" in LEARNERS
    assert arguments_of("Pendulum-v1", "soft-actor-critic", {})[1].game == "Pendulum-v1"


def test_a_walk_is_recorded_from_start_to_fall() -> None:
    pytest.importorskip("Box2D")
    pytest.importorskip("pygame")
    with Recorder() as recorder:
        score = walks.record(walks.Args(age=0, seed=3), recorder)
    trace = recorder.trace
    assert score < -50
    assert [event.name for event in trace.events] == ["fall"]
    bodies, metres = trace.series("bodies"), trace.series("metres")
    assert bodies.values.shape == (len(metres.values), 5, 3)
    assert metres.values == pytest.approx(bodies.values[:, 0, 0] - bodies.values[0, 0, 0], abs=1e-4)
    assert trace.value("score", trace.last_step) == pytest.approx(score)
    assert trace.value("age", 0) == 0
    with pytest.raises(MlaError, match="needs one of BipedalWalker"):
        walks.record(walks.Args(agent="pong"), Recorder())


def test_the_shipped_ages_begin_with_nothing_and_end_walking() -> None:
    scores = walks.ages()
    known = list(scores)
    assert known[0] == 0
    assert scores[0] < 0
    assert scores[known[-1]] > 300
    card = agent("walker").card
    assert card.measured[0].games >= 100
    assert card.measured[0].mean >= 300


@pytest.mark.slow
def test_the_walker_that_ships_walks() -> None:
    pytest.importorskip("Box2D")
    pytest.importorskip("pygame")
    assert agent("walker").evaluate(5, seed=5).mean > 250
