"""Atari games: the oracle is the emulator itself, played again, and ale-py's vector environment as it comes."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from mlanimated.envs.atari import Atari, Preprocessing, action_names, games, name, replay
from mlanimated.errors import MlaError

pytest.importorskip("ale_py")

SMALL = Preprocessing(height=42, width=42)


def played(world: Atari, steps: int, seed: int = 0) -> list[np.ndarray]:
    """Play at random and return every picture, reward and end."""
    random = np.random.default_rng(seed)
    found: list[np.ndarray] = []
    for _ in range(steps):
        step = world.step(random.integers(0, len(world.actions), world.count))
        found += [step.observation.copy(), step.reward, step.points, step.done, step.lives]
    return found


def same(ones: list[np.ndarray], others: list[np.ndarray]) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(ones, others, strict=True))


@pytest.mark.parametrize(
    "spelling",
    ["space_invaders", "Space Invaders", "ALE/SpaceInvaders-v5", "SpaceInvadersNoFrameskip-v4", "spaceinvaders"],
)
def test_any_usual_spelling_will_do(spelling: str) -> None:
    assert name(spelling) == "space_invaders"


def test_an_unknown_game_is_told_with_the_closest() -> None:
    with pytest.raises(MlaError, match=r"'pogn'.*Did you mean 'pong'"):
        name("pogn")


def test_files_for_two_people_are_left_out() -> None:
    assert len(games()) > 100
    assert not {"combat", "warlords"} & set(games())


def test_actions_are_told_by_name() -> None:
    assert action_names("pong") == ("noop", "fire", "right", "left", "rightfire", "leftfire")
    with pytest.raises(MlaError, match=r"no action 'rihgt'.*'right'"):
        Atari("pong", preprocessing=Preprocessing(actions=("noop", "rihgt")))


def test_chosen_actions_do_what_their_names_say() -> None:
    """Index 1 of (noop, left) is index 3 of Pong's own list."""
    few = Atari("pong", 1, seed=3, preprocessing=Preprocessing(actions=("noop", "left")))
    every = Atari("pong", 1, seed=3)
    for _ in range(30):
        one, other = few.step(np.array([1])), every.step(np.array([3]))
    assert np.array_equal(one.observation, other.observation)


def test_the_same_seed_gives_the_same_games_and_another_does_not() -> None:
    once, again, other = (Atari("breakout", 3, seed=seed, preprocessing=SMALL) for seed in (5, 5, 6))
    first = played(once, 60)
    assert same(first, played(again, 60))
    assert not same(first, played(other, 60))


@pytest.mark.parametrize("sticky", [0.0, 0.25])
def test_games_are_the_same_with_one_thread_and_with_many(sticky: float) -> None:
    rules = Preprocessing(height=36, width=36, sticky=sticky)
    one, many = (Atari("breakout", 5, seed=3, preprocessing=rules, threads=threads) for threads in (1, 3))
    alone = played(one, 300)
    assert (np.diff(alone[4::5], axis=0) > 0).any(), "no new game began"
    assert same(alone, played(many, 300))


def test_games_side_by_side_differ() -> None:
    world = Atari("breakout", 4, seed=0)
    seen = {world.observation[place].tobytes() for place in range(4)}
    assert len(seen) > 1


@pytest.mark.parametrize("sticky", [0.0, 0.25])
def test_a_state_goes_on_exactly(sticky: float) -> None:
    rules = Preprocessing(height=42, width=42, sticky=sticky)
    world = Atari("breakout", 4, seed=1, preprocessing=rules)
    played(world, 250)  # some games are over by now, so that they stand at different steps
    state = world.state()
    ahead = played(world, 150, seed=9)
    other = Atari("breakout", 4, seed=77, preprocessing=rules)
    assert other.load(state)
    assert same(ahead, played(other, 150, seed=9))


def test_a_lost_life_is_done_and_the_game_plays_on() -> None:
    world = Atari("breakout", 1, seed=2, preprocessing=SMALL)
    random = np.random.default_rng(0)
    lost, games_over = 0, []
    while not games_over:
        step = world.step(random.integers(0, 4, 1))
        lost += int(step.done[0])
        games_over += step.games
    assert lost == 5  # five lives, and the score is that of all of them
    assert len(games_over[0].actions) > 100


def test_without_life_loss_only_the_end_is_done() -> None:
    world = Atari("breakout", 1, seed=2, preprocessing=Preprocessing(height=42, width=42, life_loss=False))
    random = np.random.default_rng(0)
    while True:
        step = world.step(random.integers(0, 4, 1))
        if step.done[0]:
            break
    assert len(step.games) == 1


@pytest.mark.parametrize("point_ends", [False, True])
def test_where_asked_for_a_point_is_done_and_the_game_plays_on(point_ends: bool) -> None:
    world = Atari("pong", 2, seed=3, preprocessing=Preprocessing(height=42, width=42, point_ends=point_ends))
    points, done, over = [], [], []
    while not over:
        step = world.step(np.zeros(2, np.int64))
        points.append(step.points)
        done.append(step.done)
        over += step.games
    scored = np.array(points) != 0
    ends = np.zeros_like(scored)
    ends[-1, [game.place for game in over]] = True
    assert scored.sum() >= 21
    np.testing.assert_array_equal(done, scored if point_ends else ends)
    assert len(over[0].actions) == len(points)


def test_the_limit_of_frames_truncates() -> None:
    world = Atari("pong", 2, preprocessing=Preprocessing(height=42, width=42, frames=200))
    steps = [world.step(np.zeros(2, np.int64)) for _ in range(50)]
    stopped = next(step for step in steps if step.games)
    assert stopped.truncated.any()
    assert not stopped.done.any()
    assert stopped.games[0].truncated


def test_reward_is_the_sign_and_points_are_true() -> None:
    """Space Invaders gives 5 to 30 points an invader; the full game's score is their sum."""
    world = Atari("space_invaders", 2, seed=0, preprocessing=SMALL)
    random = np.random.default_rng(0)
    sums = np.zeros(2)
    points: set[int] = set()
    while True:
        step = world.step(random.integers(0, 6, 2))
        assert np.array_equal(step.reward, np.sign(step.points))
        points |= set(step.points.tolist())
        sums += step.points
        if step.games:
            break
    assert max(points) > 1
    assert step.games[0].score == sums[step.games[0].place]


def test_a_new_game_begins_where_one_is_over() -> None:
    world = Atari("breakout", 1, seed=2, preprocessing=SMALL)
    random = np.random.default_rng(0)
    while not (step := world.step(random.integers(0, 4, 1))).games:
        pass
    assert not np.array_equal(step.final, step.observation)
    assert (step.observation[0, :3] == 0).all()  # nothing has been seen of it but its first picture


def test_a_replay_shows_what_was_played() -> None:
    """The grey 84x84 pictures of play and the coloured ones of the replay are of the same moments."""
    world = Atari("breakout", 1, seed=4)
    seed = world.state()["seeds"][0]
    random = np.random.default_rng(0)
    actions = random.integers(0, 4, 60)
    for at in range(60):
        step = world.step(actions[[at]])
    shown = list(replay("breakout", seed, actions))
    assert len(shown) == 61
    assert shown[0].shape == (210, 160, 3)
    grey = np.asarray(Image.fromarray(shown[-1]).convert("L").resize((84, 84), Image.Resampling.BOX), np.float64)
    assert np.abs(grey - step.observation[0, -1]).mean() < 3  # ale-py's own grey and resampling are a little different
    smooth = list(replay("breakout", seed, actions[:10], Preprocessing(max_pool=False), smooth=True))
    steps = list(replay("breakout", seed, actions[:10], Preprocessing(max_pool=False)))
    assert all(np.array_equal(one, other) for one, other in zip(steps, smooth[::4], strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("game", ["breakout", "pong", "space_invaders", "seaquest", "beam_rider"])
@pytest.mark.parametrize("sticky", [0.0, 0.25])
def test_a_later_game_is_played_again_from_its_seed_and_number(game: str, sticky: float) -> None:
    """Whatever the games before it were like: a world that skips them shows the same pictures."""
    rules = Preprocessing(height=42, width=42, sticky=sticky, frames=600)
    world = Atari(game, 2, seed=3, preprocessing=rules)
    random = np.random.default_rng(0)
    ended = []
    while len(ended) < 6:
        ended += world.step(random.integers(0, len(world.actions), 2)).games
    last = ended[-1]
    assert last.number == (0 if sticky else 2)
    other = Atari(game, 2, seed=8, preprocessing=rules)
    before = other.state()
    state = {**before, "seeds": [last.seed, 1], "numbers": [last.number, 0]}
    assert other.load(state)
    points = 0
    for action in last.actions:
        step = other.step(np.array([action, 0]))
        points += int(step.points[0])
    assert points == last.score
    assert [game.place for game in step.games] == [0, 1][: len(step.games)]
    shown = list(replay(game, last.seed, last.actions, rules, number=last.number))
    grey = np.asarray(Image.fromarray(shown[-1]).convert("L").resize((42, 42), Image.Resampling.BOX), np.float64)
    assert np.abs(grey - step.final[0, -1]).mean() < 5
