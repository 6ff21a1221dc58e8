"""A game seen again: the same pictures as when it was played, at any moment, in any order."""

from __future__ import annotations

import numpy as np
import pytest

from mlanimated.envs import playback
from mlanimated.envs.atari import Atari, Game, Preprocessing, replay
from mlanimated.envs.playback import Playback

RULES = Preprocessing(height=42, width=42, sticky=0.25)


def played(game: str = "pong", steps: int = 60) -> tuple[Game, list[np.ndarray]]:
    """A game at random, and what was seen of it before each step and at the end."""
    pytest.importorskip("ale_py")
    world = Atari(game, seeds=[5], preprocessing=RULES)
    random = np.random.default_rng(0)
    actions = random.integers(0, len(world.actions), steps)
    seen = [world.observation[0].copy()]
    seen += [world.step(actions[[at]]).final[0].copy() for at in range(steps)]
    return Game(0, 5, 0.0, actions.astype(np.uint8), False), seen


def test_any_moment_is_shown_in_any_order() -> None:
    game, seen = played()
    shown = list(replay("pong", game.seed, game.actions, RULES, smooth=True))
    back = Playback("pong", game, RULES)
    for step in (10, 10.25, 3.5, 60, 10.25):
        assert np.array_equal(back.picture(step), shown[round(step * 4)]), step
    for step in (7, 30, 2):
        assert np.array_equal(back.seen(step), seen[step]), step
    assert np.array_equal(back.picture(99), shown[-1])


@pytest.mark.slow
def test_what_was_shown_is_not_played_again(monkeypatch: pytest.MonkeyPatch) -> None:
    game, _ = played(steps=20)
    back = Playback("pong", game, RULES)
    first = [back.picture(step) for step in range(20)]
    begun: list[int] = []
    monkeypatch.setattr(playback, "replay", lambda *args, **more: begun.append(1) or replay(*args, **more))
    assert all(np.array_equal(back.picture(step), first[step]) for step in reversed(range(20)))
    assert begun == []
    back.picture(3.5)
    assert begun == [1]


@pytest.mark.slow
def test_pictures_kept_are_few_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    game, _ = played(steps=20)
    monkeypatch.setattr(playback, "KEPT", 4000)
    back = Playback("pong", game, RULES)
    shown = [back.picture(step) for step in range(20)]
    assert 1 <= len(back._kept) < 10
    assert sum(map(len, back._kept.values())) == back._bytes <= 4000
    assert np.array_equal(back.picture(0), shown[0])


@pytest.mark.slow
def test_the_last_picture_is_not_of_a_new_game() -> None:
    pytest.importorskip("ale_py")
    rules = Preprocessing(height=42, width=42, frames=160)
    world = Atari("breakout", seeds=[3], preprocessing=rules)
    ended: tuple[Game, ...] = ()
    final = world.observation
    while not ended:
        step = world.step(np.array([1]))
        ended, final = step.games, step.final
    back = Playback("breakout", ended[0], rules)
    assert np.array_equal(back.seen(back.steps), final[0])
    assert np.array_equal(back.picture(back.steps), list(replay("breakout", 3, ended[0].actions, rules))[-1])


@pytest.mark.slow
def test_a_game_that_ends_within_a_step_stays_at_its_end() -> None:
    pytest.importorskip("ale_py")
    world = Atari("breakout", seeds=[4])
    random = np.random.default_rng(3)
    ended: tuple[Game, ...] = ()
    while not ended:
        ended = world.step(random.integers(0, 4, 1)).games
    back = Playback("breakout", ended[0])
    assert np.array_equal(back.picture(back.steps), list(replay("breakout", 4, ended[0].actions))[-1])
