from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from mlanimated.errors import MissingExtra, MlaError
from mlanimated.games.grid_world import GridWorld
from mlanimated.games.minimax import Minimax

gymnasium = pytest.importorskip("gymnasium")

from gymnasium.utils.env_checker import check_env  # noqa: E402

from mlanimated.envs import registry  # noqa: E402

registry.register()

VARIANTS: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in registry.IDS),
    ("mla/FrozenLake-v0", {"map": "8x8", "slippery": True, "theme": "dark"}),
    ("mla/FrozenLake-v0", {"map": ("SFF", "HFG"), "rewards": (5.0, -1.0, -0.1)}),
    ("mla/GridWorld-v0", {"world": GridWorld().with_start(99), "continues": True}),
    ("mla/GridWorld-v0", {"continues": False, "step_cost": 0.01}),
    ("mla/Catch-v0", {"size": 6}),
    ("mla/TicTacToe-v0", {"opponent": "minimax", "seat": "second", "illegal": "lose"}),
    (
        "mla/TicTacToe-v0",
        {"opponent": lambda game, state, random: game.legal(state)[0], "seat": "either", "illegal": "lose"},
    ),
    ("mla/ConnectFour-v0", {"opponent": "random", "seat": "second", "illegal": "lose"}),
    ("mla/ConnectFour-v0", {"opponent": Minimax(2), "seat": "either", "illegal": "lose"}),
]
NAMES = [f"{name[4:-3]}-{index}" for index, (name, _) in enumerate(VARIANTS)]


@pytest.fixture(params=VARIANTS, ids=NAMES)
def env(request: pytest.FixtureRequest):
    name, arguments = request.param
    made = gymnasium.make(name, render_mode="rgb_array", **arguments)
    yield made
    made.close()


def test_gymnasiums_own_check(env) -> None:
    for _ in range(3):
        check_env(env.unwrapped)


def test_the_same_seed_gives_the_same_games(env) -> None:
    def games(seed: int) -> list[Any]:
        seen = [env.reset(seed=seed)]
        env.action_space.seed(seed)
        for _ in range(60):
            step = env.step(env.action_space.sample())
            seen.append(step)
            if step[2] or step[3]:
                seen.append(env.reset())
        return [
            [np.asarray(part).tolist() if not isinstance(part, dict) else str(part) for part in row] for row in seen
        ]

    assert games(5) == games(5)
    if not env.unwrapped.spec.id.startswith(("mla/Grid", "mla/FrozenLake")) or env.unwrapped.spec.kwargs.get(
        "slippery"
    ):
        assert games(5) != games(6)


def test_pictures_show_what_changed(env) -> None:
    env.reset(seed=1)
    env.action_space.seed(1)
    first = env.render()
    assert first.dtype == np.uint8
    assert first.shape[2] == 3
    assert first.flags.c_contiguous
    assert len(np.unique(first @ np.array([1, 256, 65536]))) > 3
    for _ in range(20):
        step = env.step(env.action_space.sample())
        if (env.render() != first).any():
            return
        assert not any(step[2:4])
    pytest.fail("nothing changed in 20 steps")


@pytest.mark.parametrize("name", ["mla/TicTacToe-v0", "mla/ConnectFour-v0", "mla/GridWorld-v0"])
def test_masks_say_what_is_legal_and_all_else_is_an_error_that_changes_nothing(name: str) -> None:
    env = gymnasium.make(name).unwrapped
    env.action_space.seed(0)
    refused = 0
    for seed in range(12):
        observation, info = env.reset(seed=seed)
        over = False
        while not over:
            mask = info["action_mask"]
            assert np.flatnonzero(mask).tolist() == list(env.game.legal(env.state))
            for action in np.flatnonzero(mask == 0):
                state, place = env.state, env.np_random.bit_generator.state
                with pytest.raises(MlaError) as caught:
                    env.step(action)
                assert "\n" not in str(caught.value)
                assert env.state == state
                assert env.np_random.bit_generator.state == place
                refused += 1
            observation, _, terminated, truncated, info = env.step(env.action_space.sample())
            over = terminated or truncated
            assert observation in env.observation_space
        if name != "mla/GridWorld-v0":
            assert not info["action_mask"].any()
            with pytest.raises(MlaError, match="over"):
                env.step(0)
    assert refused > 10


@pytest.mark.parametrize("seat", ["first", "second"])
def test_boards_are_seen_from_ones_own_side(seat: str) -> None:
    env = registry.make("mla/TicTacToe-v0", opponent="minimax", seat=seat).unwrapped
    observation, info = env.reset(seed=0)
    assert info["seat"] == (1 if seat == "first" else -1)
    assert (info["reply"] < 0) == (seat == "first")
    assert (observation == -1).sum() == (seat == "second")
    move = int(np.flatnonzero(info["action_mask"])[0])
    observation, *_ = env.step(move)
    assert observation.ravel()[move] == 1


def play(env, player) -> float:
    """Play one game in an environment and return the reward at its end."""
    _, _ = env.reset()
    while True:
        _, reward, terminated, _, _ = env.step(player(env.unwrapped))
        if terminated:
            return reward


@pytest.mark.parametrize("seat", ["first", "second"])
def test_rewards_are_ones_own(seat: str) -> None:
    env = registry.make("mla/TicTacToe-v0", opponent="random", seat=seat)
    env.reset(seed=0)
    best = Minimax()
    results = [play(env, lambda raw: best(raw.game, raw.state, raw.np_random)) for _ in range(40)]
    assert min(results) == 0 or min(results) == 1
    assert sum(results) > 25
    losing = registry.make("mla/TicTacToe-v0", opponent="minimax", seat=seat)
    losing.reset(seed=0)
    results = [play(losing, lambda raw: raw.game.legal(raw.state)[-1]) for _ in range(20)]
    assert max(results) <= 0
    assert min(results) == -1


def test_an_illegal_move_can_be_a_loss() -> None:
    env = registry.make("mla/ConnectFour-v0", illegal="lose", opponent=lambda game, state, random: 3).unwrapped
    env.reset(seed=0)
    for _ in range(3):
        assert env.step(3)[1:3] == (0.0, False)
    _, reward, terminated, truncated, info = env.step(3)
    assert (reward, terminated, truncated, info["illegal"]) == (-1.0, True, False, True)
    assert not info["action_mask"].any()
    with pytest.raises(MlaError, match="over"):
        env.step(0)
    _, info = env.reset()
    assert info["action_mask"].all()


def test_both_seats_come_up() -> None:
    env = registry.make("mla/ConnectFour-v0", seat="either")
    seats = [env.reset(seed=seed)[1]["seat"] for seed in range(30)]
    assert set(seats) == {1, -1}


def test_an_opponent_that_cheats_is_found_out() -> None:
    env = registry.make("mla/ConnectFour-v0", opponent=lambda game, state, random: 9).unwrapped
    env.reset(seed=0)
    state = env.state
    with pytest.raises(MlaError, match="column 9 does not exist"):
        env.step(3)
    assert env.state == state


def test_the_lake_is_gymnasiums() -> None:
    ours = registry.make("mla/FrozenLake-v0", map="8x8", slippery=True).unwrapped
    theirs = gymnasium.make("FrozenLake-v1", map_name="8x8", is_slippery=True).unwrapped
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    assert gymnasium.make("mla/FrozenLake8x8-v0").spec.max_episode_steps == 200
    assert (
        gymnasium.make("mla/FrozenLake-v0").spec.max_episode_steps == gymnasium.spec("FrozenLake-v1").max_episode_steps
    )


def test_catch_can_begin_anywhere() -> None:
    env = registry.make("mla/Catch-v0").unwrapped
    for state in env.game.all_starts[::7]:
        board, _ = env.reset(options={"state": state})
        assert (board == env.game.picture(state)).all()
    with pytest.raises(MlaError, match="no state"):
        env.reset(options={"state": (0, 10, 4)})


def test_grid_world_goes_on_after_the_goal() -> None:
    for continues in (True, False):
        world = GridWorld.of("SG", continues=continues)
        env = registry.make("mla/GridWorld-v0", world=world).unwrapped
        env.reset(seed=0)
        assert env.step(2)[:4] == (1, 0.0, False, False)
        assert env.step(0)[:4] == (0, 1.0, not continues, continues)
        if not continues:
            with pytest.raises(MlaError, match="over"):
                env.step(2)


def test_bandits_drift_or_do_not() -> None:
    for name, drifts in (("mla/Bandit-v0", False), ("mla/DriftingBandit-v0", True)):
        env = registry.make(name).unwrapped
        env.reset(seed=0)
        before = env.bandit.means
        paid = [(env.bandit.means[0, 3], env.step(3)[1]) for _ in range(500)]
        means, rewards = np.array(paid).T
        assert (before != env.bandit.means).any() == drifts
        assert rewards.mean() == pytest.approx(means.mean(), abs=0.15)
        assert (rewards - means).std() == pytest.approx(1, abs=0.1)
        assert env.counts[3] == 500


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("mla/FrozenLake-v0", {"map": "4x5"}, "Did you mean '4x4'"),
        ("mla/FrozenLake-v0", {"map": ("SF", "FF")}, "no goal"),
        ("mla/GridWorld-v0", {"map": ("S#G",)}, "no way"),
        ("mla/Catch-v0", {"size": 2}, "4 columns"),
        ("mla/Bandit-v0", {"arms": 1}, "two at least"),
        ("mla/TicTacToe-v0", {"opponent": "minmax"}, "Did you mean 'minimax'"),
        ("mla/TicTacToe-v0", {"seat": "third"}, "'first', 'second' or 'either'"),
        ("mla/ConnectFour-v0", {"illegal": "win"}, "'error' or 'lose'"),
        ("mla/Catch-v0", {"theme": "drak"}, "Did you mean 'dark'"),
        ("mla/FrozenLake", {}, "Did you mean 'mla/FrozenLake-v0'"),
    ],
)
def test_mistakes_are_one_line(name: str, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(MlaError, match=said) as caught:
        registry.make(name, **arguments)
    assert "\n" not in str(caught.value)


def fresh(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_nothing_is_loaded_before_it_is_needed() -> None:
    code = (
        "import sys, mlanimated.envs.registry; print([m for m in ('gymnasium', 'skia', 'numpy') if m in sys.modules])"
    )
    assert fresh(code) == "[]"
    code = (
        "import sys, gymnasium; env = gymnasium.make('mlanimated.envs.registry:mla/Catch-v0', render_mode='rgb_array');"
        "env.reset(); print('skia' in sys.modules); env.render(); print('skia' in sys.modules)"
    )
    assert fresh(code) == "False\nTrue"


def test_without_gymnasium_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    with pytest.raises(MissingExtra, match=r"mlanimated\[games\]"):
        registry.make("mla/Catch-v0")


@pytest.mark.parametrize("first", ["import mlanimated.recipes as r; r.everything()", "import mlanimated.envs.vectors"])
def test_gymnasium_finds_them_whatever_was_loaded_before(first: str) -> None:
    program = f"{first}\nimport gymnasium\ngymnasium.make('mlanimated.envs.registry:mla/FrozenLake-v0').reset(seed=0)"
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)
