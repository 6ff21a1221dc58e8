"""Agents: what is saved is loaded, cards hold what they say, and a training can be taken up again by its name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from mlanimated.agents.agent import SHIPPED, Agent, agent, cards, names
from mlanimated.agents.card import Card
from mlanimated.agents.hyperparameters import LEARNERS, arguments_of
from mlanimated.agents.new_card import command_of
from mlanimated.agents.progress import left_of, rate_of, score_of
from mlanimated.agents.training import Training, train
from mlanimated.envs.atari import Preprocessing, games, replay
from mlanimated.errors import MlaError
from mlanimated.learn.networks import Network

SMALL: dict[str, Any] = {"steps": 512, "games": 4, "rollout": 32, "minibatch": 64, "size": 42}


def made(heads: dict[str, int]) -> Agent:
    network = Network((4, 42, 42), heads, "small", seed=1)
    network.measure(np.random.default_rng(0).integers(0, 255, (8, 4, 42, 42), np.uint8))
    card = Card(
        name="test", game="pong", learner="ppo", arguments={}, steps=1, seconds=1, cpu_seconds=1, machine="", command="",
        network="small", heads=heads, actions=("noop", "right", "left"),
        preprocessing=Preprocessing(height=42, width=42, actions=("noop", "right", "left")),
    )  # fmt: skip
    return Agent(card, network)


def test_a_saved_agent_says_the_same(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("safetensors")
    first = made({"policy": 3, "value": 1})
    first.save(tmp_path / "it")
    second = agent(tmp_path / "it")
    seen = np.random.default_rng(1).integers(0, 255, (16, 4, 42, 42), np.uint8)
    one, other = first.answers(seen), second.answers(seen)
    assert np.allclose(one["policy"], other["policy"], atol=2e-3)  # float16
    assert np.allclose(one["policy"].sum(axis=1), 1)
    assert one["value"].shape == (16, 1)
    assert second.card == first.card
    assert np.array_equal(first.network.mean, second.network.mean)


def test_damaged_weights_are_told(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("safetensors")
    made({"q": 3}).save(tmp_path / "it")
    file = tmp_path / "it.safetensors"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(MlaError, match="holds no weights"):
        agent(file)


def test_an_unknown_agent_is_told() -> None:
    with pytest.raises(MlaError, match="There is no trained agent 'nobody'"):
        agent("nobody")


def test_what_ships_is_small_and_measured() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.glob("*")) < 25e6
    for name, card in zip(names(), cards(), strict=True):
        assert card.name == name
        assert card.learner in LEARNERS
        if not card.limits:  # its actions are chosen from a list
            assert len(card.actions) == card.heads[next(iter(card.heads))]
        assert any(one.games >= 100 and one.sticky == 0 for one in card.measured), name
        for one in card.measured:
            assert one.worst <= one.low <= one.mean <= one.high <= one.best
            assert one.different > 1
        assert card.command.startswith(f"mla train {card.game}")


@pytest.mark.parametrize("card", [card for card in cards() if card.arguments], ids=lambda card: card.name)
def test_what_ships_comes_of_the_command_on_its_card(card: Card) -> None:
    """A default that changes later must not change what the command on a card means."""
    pytest.importorskip("torch")
    pytest.importorskip("ale_py")
    last = command_of(card.game, card.learner, arguments_of(card.game, card.learner, card.arguments)[1])
    assert card.command.split(" && ")[-1].split(" --start ")[0] == last


@pytest.mark.parametrize("name", names())
def test_what_ships_plays(name: str) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("ale_py")
    loaded = agent(name)
    world = loaded.play(2, seed=1)
    for _ in range(5):
        actions = loaded.act(world.observation)
        world.step(actions)
    if loaded.card.limits:
        low, high = np.transpose(loaded.card.limits)
        assert ((low <= actions) & (actions <= high)).all()
    else:
        assert set(actions.tolist()) <= set(range(len(loaded.card.actions)))


def test_arguments_are_the_game_s_own_before_the_learner_s() -> None:
    pytest.importorskip("ale_py")
    _, pong = arguments_of("Pong", "ppo", {})
    _, breakout = arguments_of("ALE/Breakout-v5", "ppo", {"size": "84"})
    _, other = arguments_of("seaquest", "ppo", {"steps": "1000"})
    assert (pong.game, pong.size, pong.actions) == ("pong", 44, "right,left")
    assert (breakout.game, breakout.size) == ("breakout", 84)  # what is given goes before both
    assert arguments_of("breakout", "ppo", {})[1].size == 60
    assert (other.game, other.size, other.steps) == ("seaquest", 84, 1000)
    with pytest.raises(MlaError, match="Did you mean 'double-dqn'"):
        arguments_of("pong", "doubledqn", {})


@pytest.mark.slow
def test_a_training_is_kept_and_taken_up_again(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("ale_py")

    def interrupt(now: Training) -> None:
        if now.step >= 256:
            raise KeyboardInterrupt

    whole = train("Breakout", folder=tmp_path / "whole", **SMALL)
    with pytest.raises(KeyboardInterrupt):
        train("breakout", folder=tmp_path / "cut", watch=interrupt, **SMALL)
    with pytest.raises(MlaError, match="is there already"):
        train("breakout", folder=tmp_path / "cut", **SMALL)
    with pytest.raises(MlaError, match=r"was begun with learning_rate = 0\.0007, not 0\.1"):
        train("breakout", folder=tmp_path / "cut", resume=True, learning_rate=0.1, **SMALL)
    again = train("breakout", folder=tmp_path / "cut", resume=True, **SMALL)
    assert whole is not None
    assert again is not None
    one, other = whole.network.state(), again.network.state()
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert (
        again.card.command
        == "mla train breakout --learner ppo --steps 512 --minibatch 64 --games 4 --rollout 32 --size 42"
    )
    assert again.card.cpu_seconds > 0
    loaded = agent(tmp_path / "cut" / "breakout-ppo-0.json")
    assert msgspec.json.encode(loaded.card) == msgspec.json.encode(again.card)


@pytest.mark.slow
def test_a_training_begins_with_an_agent(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("ale_py")
    first = train("breakout", folder=tmp_path, **SMALL)
    start = tmp_path / "breakout-ppo-0"
    still = {**SMALL, "steps": 128, "learning_rate": 1e-30, "seed": 1}
    second = train("breakout", folder=tmp_path, start=start, **still)
    assert first is not None
    assert second is not None
    kept, later = agent(start).network.state(), second.network.state()
    assert all(np.array_equal(kept[name], later[name]) for name in kept), "the weights, and how pictures are prepared"
    assert second.card.steps == 512 + 128
    assert second.card.cpu_seconds >= first.card.cpu_seconds
    assert second.card.command.startswith(f"{first.card.command} && mla train breakout --learner ppo --steps 128 ")
    assert second.card.command.endswith(" --start runs/breakout-ppo-0 --folder runs/2")
    again = train("breakout", folder=tmp_path, resume=True, **still)
    assert again is not None
    assert again.card.command == second.card.command, "it is known where the checkpoint came from"
    third = train("breakout", folder=tmp_path, start=tmp_path / "breakout-ppo-1", **{**still, "seed": 2})
    assert third is not None
    assert third.card.command.startswith(f"{second.card.command} && ")
    assert third.card.command.endswith(" --start runs/2/breakout-ppo-1 --folder runs/3")
    with pytest.raises(MlaError, match="has size 42, this training 84"):
        train("breakout", folder=tmp_path, start=start, **{**still, "seed": 3, "size": 84})
    with pytest.raises(MlaError, match="has game breakout, this training seaquest"):
        train("seaquest", folder=tmp_path, start=start, **still)
    with pytest.raises(MlaError, match="was begun with nothing learned"):
        train("breakout", folder=tmp_path, resume=True, start=start, **SMALL)
    with pytest.raises(
        MlaError, match="double-dqn begins with nothing learned; ppo, parallel-q can begin with an agent"
    ):
        train("breakout", "double-dqn", folder=tmp_path, start=start)
    assert not [*tmp_path.glob("*double-dqn*"), *tmp_path.glob("seaquest*")], "nothing half-written"


def test_another_game_s_checkpoint_is_told(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("ale_py")
    train("breakout", folder=tmp_path, **{**SMALL, "steps": 128})
    (tmp_path / "breakout-ppo-0.checkpoint").rename(tmp_path / "pong-ppo-0.checkpoint")
    with pytest.raises(MlaError, match="is of game breakout, not pong"):
        train("pong", folder=tmp_path, resume=True, **SMALL)


def test_progress_is_told_in_words() -> None:
    now = Training(step=300_000, steps=900_000, score=-3.25, rate=1660.4)
    assert (rate_of(now), score_of(now), left_of(now)) == ("1,660 steps/s", "score −3.2", "6 min left")
    first = Training(step=0, steps=900_000, score=float("nan"), rate=0.0)
    assert (score_of(first), left_of(first)) == ("no game over yet", "time left not known yet")


def some_games() -> tuple[str, ...]:
    """Every ninth game: all of them take a quarter of an hour of processor time. MLA_EVERY_GAME=1 asks for all."""
    try:
        return games() if os.environ.get("MLA_EVERY_GAME") else games()[::9]
    except MlaError:
        return ()


@pytest.mark.slow
@pytest.mark.parametrize("game", some_games())
def test_any_game_trains_and_is_seen_again(game: str, tmp_path: Path) -> None:
    """From its name alone: 2,000 steps of training, then fifty of its own moves shown in colours."""
    pytest.importorskip("torch")
    made = train(game, folder=tmp_path, steps=2_000, games=4, rollout=64, minibatch=128)
    assert made is not None
    assert (tmp_path / f"{game}-ppo-0.mla").exists()
    world = made.play(1, seed=5)
    seed = world.state()["seeds"][0]
    actions: list[int] = []
    while len(actions) < 50:
        chosen = made.act(world.observation)
        actions += chosen.tolist()
        if world.step(chosen).games:
            break
    shown = list(replay(game, seed, actions, made.card.preprocessing))
    assert len(shown) == len(actions) + 1
    assert shown[0].shape[1:] == (160, 3)
    assert 200 < len(shown[0]) <= 250
    assert any(picture.std() > 0 for picture in shown)
