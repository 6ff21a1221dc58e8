from __future__ import annotations

import numpy as np
import pytest

from mlanimated.learn.replay import Replay, fitting, free_memory

GAMES, STACK, DISCOUNT = 3, 4, 0.9


class Diary:
    """A plain list of everything that was ever seen, with which the memory must agree."""

    def __init__(self, rows: int, seed: int, *, stack: int = STACK) -> None:
        self.random = np.random.default_rng(seed)
        self.replay = Replay(rows, GAMES, (2, 2), np.uint8, stack=stack)
        self.rows: list[tuple[np.ndarray, ...]] = []
        self.begins = np.ones(GAMES, np.bool_)

    def play(self, steps: int) -> None:
        for _ in range(steps):
            seen = self.random.integers(1, 255, (GAMES, 2, 2)).astype(np.uint8)
            action = self.random.integers(0, 5, GAMES)
            reward = self.random.normal(size=GAMES).astype(np.float32)
            over = self.random.random(GAMES) < 0.15
            cut = over & (self.random.random(GAMES) < 0.3)
            life = ~over & (self.random.random(GAMES) < 0.1)  # counts as an end, but the pictures go on
            row = (seen, self.begins, action, reward, (over & ~cut) | life, cut)
            self.replay.add(*row)
            self.rows.append(row)
            self.begins = over

    def stack(self, row: int, game: int) -> np.ndarray:
        pictures: list[np.ndarray] = []
        while len(pictures) < STACK:
            pictures.insert(0, self.rows[row][0][game])
            if self.rows[row][1][game]:
                break
            row -= 1
        return np.stack([np.zeros((2, 2), np.uint8)] * (STACK - len(pictures)) + pictures)

    def transition(self, row: int, game: int, steps: int) -> tuple[float, np.ndarray | None, float] | None:
        """Reward, what follows (None when nothing counts) and its worth; None when it is not known."""
        reward, worth = 0.0, 1.0
        for step in range(steps):
            _, _, _, rewards, done, cut = self.rows[row + step]
            if cut[game]:
                return None
            reward += worth * float(rewards[game])
            worth *= DISCOUNT
            if done[game]:
                return reward, None, 0.0
        return reward, self.stack(row + steps, game), worth


@pytest.mark.parametrize("steps", [1, 3, 5])
@pytest.mark.parametrize("played", [9, 20, 21, 57])
def test_it_returns_what_a_plain_list_would(played: int, steps: int) -> None:
    """Before it is full, just full, and after it has gone round; stacks and sums stop where a game does."""
    diary = Diary(20, seed=played)
    diary.play(played)
    oldest = max(0, played - 20)
    for row in range(oldest + (STACK - 1 if oldest else 0), played - steps):
        for game in range(GAMES):
            known = diary.transition(row, game, steps)
            if known is None:
                continue
            batch = diary.replay.gather(np.array([row]), np.array([game]), steps=steps, discount=DISCOUNT)
            reward, following, worth = known
            assert np.array_equal(batch.observation[0], diary.stack(row, game))
            assert batch.action[0] == diary.rows[row][2][game]
            assert batch.reward[0] == pytest.approx(reward, abs=1e-5)
            assert batch.discount[0] == pytest.approx(worth)
            if following is not None:
                assert np.array_equal(batch.following[0], following)


@pytest.mark.parametrize("steps", [1, 3])
def test_every_known_transition_is_drawn_and_no_other(steps: int) -> None:
    diary = Diary(15, seed=4)
    diary.play(40)
    oldest = 40 - 15 + STACK - 1
    wanted = {
        diary.rows[row][0][game].tobytes()
        for row in range(oldest, 40 - steps)
        for game in range(GAMES)
        if diary.transition(row, game, steps) is not None
    }
    batch = diary.replay.sample(4000, np.random.default_rng(0), steps=steps)
    drawn = [picture.tobytes() for picture in batch.observation[:, -1]]
    assert set(drawn) == wanted
    counts = np.unique(np.array([hash(one) for one in drawn]), return_counts=True)[1]
    expected = 4000 / len(wanted)
    assert ((counts - expected) ** 2 / expected).sum() < len(wanted) + 4 * np.sqrt(2 * len(wanted))  # χ², 4 deviations


def test_vectors_have_no_axis_for_the_stack() -> None:
    replay = Replay(10, 2, (4,), np.float32)
    off = np.zeros(2, np.bool_)
    for step in range(6):
        replay.add(np.full((2, 4), step), off, np.zeros(2), np.ones(2), off, off)
    batch = replay.sample(8, np.random.default_rng(0), steps=2, discount=0.5)
    assert batch.observation.shape == batch.following.shape == (8, 4)
    assert np.array_equal(batch.following, batch.observation + 2)
    assert batch.reward.tolist() == [1.5] * 8
    assert batch.discount.tolist() == [0.25] * 8


def test_what_is_older_than_the_oldest_is_never_drawn() -> None:
    diary = Diary(30, seed=1)
    diary.play(12)
    diary.replay.restart(12, 12)
    assert len(diary.replay) == 0
    diary.begins = np.ones(GAMES, np.bool_)
    diary.play(10)
    known = {diary.rows[row][0][game].tobytes() for row in range(12, 22) for game in range(GAMES)}
    batch = diary.replay.sample(500, np.random.default_rng(0), steps=2)
    assert {picture.tobytes() for picture in batch.observation[:, -1]} <= known
    diary.play(40)
    assert len(diary.replay) == 30 * GAMES


def test_nothing_can_be_drawn_before_enough_was_played() -> None:
    diary = Diary(30, seed=1)
    assert not diary.replay.ready(3)
    diary.play(3)
    assert not diary.replay.ready(3)
    diary.play(1)
    assert diary.replay.ready(3)
    assert len(diary.replay) == 4 * GAMES


def test_a_million_pictures_take_less_than_8_gb() -> None:
    assert fitting(1_000_000, (84, 84), np.uint8, free=10 * 10**9) == 1_000_000
    assert 1_000_000 * (84 * 84 + 8) < 8e9
    replay = Replay(100, 2, (84, 84), np.uint8, stack=4)
    arrays = [replay.seen, replay.action, replay.reward, replay.first, replay.done, replay.cut]
    assert sum(array.nbytes for array in arrays) == 200 * (84 * 84 + 8)


def test_a_small_machine_gets_a_small_memory() -> None:
    assert fitting(1_000_000, (84, 84), np.uint8, free=2 * 2**30) == int(0.8 * 2**31) // 7064
    assert free_memory() > 0
