from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.record.gymnasium import Record, games, replay
from mlanimated.trace import Recorder, Stopped, Trace

gymnasium = pytest.importorskip("gymnasium")


class Walk(gymnasium.Env):  # type: ignore[misc, name-defined]
    """Goes left or right by chance of its own; with `sly` by everybody's random numbers, so that it cannot be played again."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 4}  # noqa: RUF012
    action_space = gymnasium.spaces.Box(-1.0, 1.0, (2,), np.float32)
    observation_space = gymnasium.spaces.Dict(
        {"place": gymnasium.spaces.Box(-99, 99, (1,)), "time": gymnasium.spaces.Discrete(99)}
    )

    def __init__(self, render_mode: str | None = None, sly: bool = False) -> None:
        self.render_mode, self.sly = render_mode, sly

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.place, self.time = float((options or {}).get("place", 0.0)), 0
        return self.seen(), {}

    def seen(self) -> Any:
        return {"place": np.array([self.place], np.float32), "time": self.time}

    def step(self, action: Any) -> Any:
        chance = np.random.normal() if self.sly else self.np_random.normal()  # noqa: NPY002
        self.place += float(action.sum()) + float(chance)
        self.time += 1
        return self.seen(), self.place, abs(self.place) > 3, False, {}

    def render(self) -> Any:
        return np.full((4, 6, 3), (self.place * 37) % 256, np.uint8)


gymnasium.register("test/Walk-v0", Walk, max_episode_steps=30)


@pytest.fixture(autouse=True)
def _same_chances() -> None:
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002


def play(env: Any, count: int = 6, paint: bool = False, seed: int | None = 1) -> tuple[list[Any], list[Any]]:
    """A training of somebody's own: all that it sees, and a picture of each moment."""
    chooser = np.random.default_rng(2)
    told: list[Any] = []
    pictures: list[Any] = []
    for episode in range(count):
        seen, _ = env.reset(seed=seed if episode == 0 else None)
        over = False
        told.append(repr(seen))
        pictures.append(env.render()) if paint else None
        while not over:
            space = env.action_space
            action = int(chooser.integers(space.n)) if hasattr(space, "n") else chooser.normal(size=2)
            seen, reward, ended, stopped, _ = env.step(action)
            told.append((repr(seen), reward, ended, stopped, random.random(), np.random.random()))  # noqa: NPY002
            pictures.append(env.render()) if paint else None
            over = ended or stopped
    return told, pictures


MAKERS: dict[str, Callable[..., Any]] = {
    "CartPole-v1": lambda **given: gymnasium.make("CartPole-v1", **given),
    "mla/FrozenLake-v0": lambda **given: gymnasium.make(
        "mlanimated.envs.registry:mla/FrozenLake-v0", slippery=True, **given
    ),
    "test/Walk-v0": lambda **given: gymnasium.make("test/Walk-v0", **given),
    "sly": lambda **given: gymnasium.make("test/Walk-v0", sly=True, **given),
}


@pytest.mark.parametrize("name", [pytest.param("CartPole-v1"), "mla/FrozenLake-v0", "test/Walk-v0", "sly"])
def test_the_games_are_the_same_to_the_last_bit_and_recorded(name: str) -> None:
    plain, _ = play(MAKERS[name]())
    recorder = Recorder()
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    env = Record(MAKERS[name](), recorder)
    watched, _ = play(env)
    assert watched == plain
    env.close()
    trace = recorder.trace
    rewards = trace.series("episode/reward")
    assert len(rewards) == 6
    assert rewards.values.sum() == pytest.approx(sum(step[1] for step in plain if isinstance(step, tuple)))
    assert trace.series("episode/length").values.sum() == len(plain) - 6 == trace.last_step
    assert len(games(trace)) == (0 if name == "sly" else 6)


@pytest.mark.parametrize("seed", [1, None])
def test_a_game_is_played_again_picture_by_picture(seed: int | None) -> None:
    recorder = Recorder()
    env = Record(MAKERS["test/Walk-v0"](render_mode="rgb_array"), recorder)
    _, pictures = play(env, paint=True, seed=seed)
    env.close()
    again: Iterator[Any] = (picture for game in games(recorder.trace) for picture in replay(game))
    assert all(np.array_equal(one, other) for one, other in zip(again, pictures, strict=True))
    first = games(recorder.trace)[1]
    assert (first.first, first.reward) == (
        int(recorder.trace.series("episode/length").values[0]),
        recorder.trace.series("episode/reward").values[1],
    )
    assert "frame" not in recorder.trace.names


def test_options_and_a_wrong_game() -> None:
    recorder = Recorder()
    env = Record(MAKERS["test/Walk-v0"](render_mode="rgb_array"), recorder)
    env.reset(seed=3, options={"place": 2.0})
    picture = env.render()
    while not any(env.step(np.ones(2))[2:4]):
        pass
    env.close()
    (game,) = games(recorder.trace)
    assert np.array_equal(next(replay(game)), picture)
    with pytest.raises(MlaError, match="something else"):
        list(replay(game._replace(text=game.text.replace('"place":2.0', '"place":1.0'))))
    with pytest.raises(MlaError, match="cannot be made"):
        list(replay(game._replace(text=game.text.replace("test/Walk-v0", "os:Walk-v0"))))


def test_what_cannot_be_played_again_keeps_pictures_of_some_episodes(tmp_path: Path) -> None:
    env = Record(
        MAKERS["sly"](render_mode="rgb_array"), tmp_path / "games.mla", episodes=lambda number: number in {0, 2}
    )
    _, pictures = play(env, 4, paint=True)
    env.close()
    trace = Trace.open(tmp_path / "games.mla")
    assert trace.finished
    lengths = trace.series("episode/length").values.astype(int) + 1
    ends = np.cumsum(lengths)
    wanted = [*pictures[: ends[0]], *pictures[ends[1] : ends[2]]]
    kept = trace.series("frame")
    assert np.array_equal(kept.values, wanted)
    assert kept.steps.tolist()[: lengths[0]] == list(range(lengths[0]))


def test_pictures_are_kept_where_they_are_asked_for() -> None:
    recorder = Recorder()
    play(Record(MAKERS["test/Walk-v0"](render_mode="rgb_array"), recorder, pictures=True), 2)
    assert "frame" in recorder.trace.names
    assert not games(recorder.trace)
    with pytest.raises(MlaError, match="render_mode"):
        Record(MAKERS["test/Walk-v0"](), recorder, pictures=True)


def test_a_viewer_can_stop_it_where_it_owns_the_recorder(tmp_path: Path) -> None:
    from mlanimated.trace import Remote

    env = Record(MAKERS["test/Walk-v0"](), tmp_path / "games.mla")
    env.reset(seed=0)
    Remote(tmp_path / "games.mla").stop()
    with pytest.raises(Stopped):
        play(env, 10_000)
    env.close()


def test_resets_without_a_step_and_episodes_that_are_left_take_random_numbers_too() -> None:
    recorder = Recorder()
    env = Record(MAKERS["mla/FrozenLake-v0"](render_mode="rgb_array"), recorder)
    pictures: list[Any] = []
    for steps in (1, 0, 2, 0, 0, 3):
        env.reset()
        pictures.append(env.render()) if steps else None
        for _ in range(steps):
            env.step(0)
            pictures.append(env.render())
    env.close()
    found = games(recorder.trace)
    assert [(game.first, game.last) for game in found] == [(0, 1), (1, 3), (3, 6)]
    again = [picture for game in found for picture in replay(game)]
    assert all(np.array_equal(one, other) for one, other in zip(again, pictures, strict=True))
