from __future__ import annotations

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.games.frozen_lake import LAKES, FrozenLake
from mlanimated.games.maps import DOWN, LEFT, RIGHT, UP
from mlanimated.games.model import Step, model_of


@pytest.mark.parametrize("name", LAKES)
@pytest.mark.parametrize("slippery", [False, True])
def test_the_table_is_gymnasiums(name: str, slippery: bool) -> None:
    gymnasium = pytest.importorskip("gymnasium")
    table = gymnasium.make("FrozenLake-v1", map_name=name, is_slippery=slippery).unwrapped.P
    lake = FrozenLake.named(name, slippery=slippery)
    assert len(table) == lake.states
    for state, actions in table.items():
        for action, expected in actions.items():
            if lake.result(state):
                assert expected == [(1.0, state, 0, True)], "nothing follows the end"
                assert lake.legal(state) == ()
                continue
            found = lake.outcomes(state, action)
            assert [outcome[1:4] for outcome in found] == [tuple(outcome[1:]) for outcome in expected]
            assert [outcome.probability for outcome in found] == pytest.approx([outcome[0] for outcome in expected])


def test_steps_follow_the_table() -> None:
    lake = FrozenLake.named("4x4", slippery=True)
    random = np.random.default_rng(0)
    for action in range(4):
        reached = np.bincount([lake.step(9, action, random).state for _ in range(3000)], minlength=16) / 3000
        expected = np.zeros(16)
        for outcome in lake.outcomes(9, action):
            expected[outcome.state] += outcome.probability
        assert np.abs(reached - expected).max() < 0.04


def test_many_steps_at_once_follow_the_table_too() -> None:
    lake = FrozenLake.named("8x8", slippery=True)
    model = model_of(lake)
    random = np.random.default_rng(1)
    states, rewards, terminated, truncated = model.step_many(np.full(9000, 62), np.full(9000, DOWN), random)
    assert np.abs(np.bincount(states, minlength=64)[[61, 62, 63]] / 9000 - 1 / 3).max() < 0.03
    assert ((states == 63) == (rewards == 1)).all()
    assert (terminated == (states == 63)).all()
    assert not truncated.any()
    assert model.transitions().sum(axis=2)[model.legal] == pytest.approx(1)
    assert model.expected_rewards()[62, DOWN] == pytest.approx(1 / 3)
    with pytest.raises(MlaError, match="Game 1: action 0 is not legal in state 63; legal: none"):
        model.step_many(np.array([0, 63]), np.array([0, 0]), random)


def test_plain_ice_does_what_it_is_told_and_draws_nothing() -> None:
    lake = FrozenLake.named("4x4")
    random = np.random.default_rng(0)
    before = random.bit_generator.state
    state, way = lake.start, []
    for action in (DOWN, DOWN, RIGHT, RIGHT, DOWN, RIGHT):
        step = lake.step(state, action, random)
        state = step.state
        way.append(step)
    assert way[-1] == Step(15, 1.0, True)
    assert not any(step.terminated or step.reward for step in way[:-1])
    assert lake.result(15) == "won"
    assert random.bit_generator.state == before
    assert lake.step(0, LEFT, random).state == 0, "the edge holds"
    assert lake.step(0, UP, random).state == 0
    assert lake.step(1, DOWN, random) == Step(5, 0.0, True)
    assert lake.result(5) == "lost"


def test_shortest_ways() -> None:
    assert FrozenLake.named("4x4").shortest() == 6
    assert FrozenLake.named("8x8").shortest() == 14
    assert FrozenLake.named("4x4").shortest(14) == 1


def test_rewards_can_be_designed() -> None:
    lake = FrozenLake(rewards=(10, -5, -0.1))
    random = np.random.default_rng(0)
    assert [lake.step(state, action, random).reward for state, action in ((14, RIGHT), (1, DOWN), (0, RIGHT))] == [
        10,
        -5,
        -0.1,
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SF\nFF", "no goal"),
        ("FF\nFG", "no start"),
        ("SS\nFG", "2 start"),
        ("SFH\nFHF\nHFG", "no way from S to G"),
        ("SFF\nFG", "row 2 of the map has 2 cells, row 1 has 3"),
        ("SFX\nFFG", "'X' in row 1; allowed: S F H G"),
        ("", "the map is empty"),
    ],
)
def test_a_bad_map_is_one_line(text: str, said: str) -> None:
    with pytest.raises(MlaError, match=said) as caught:
        FrozenLake.of(text)
    assert "\n" not in str(caught.value)


def test_bad_moves_are_one_line() -> None:
    lake = FrozenLake.named("4x4", slippery=True)
    random = np.random.default_rng(0)
    before = random.bit_generator.state
    with pytest.raises(MlaError, match=r"the game is over \(lost\)"):
        lake.step(5, LEFT, random)
    with pytest.raises(MlaError, match="no action 4; actions: 0 left, 1 down, 2 right, 3 up"):
        lake.step(0, 4, random)
    with pytest.raises(MlaError, match="no cell 16"):
        lake.step(16, 0, random)
    with pytest.raises(MlaError, match="Did you mean '4x4'"):
        FrozenLake.named("4*4")
    with pytest.raises(MlaError, match="a share"):
        FrozenLake(success=1.5)
    assert random.bit_generator.state == before
