"""Self-play: values as plain recursion has them, the same run from the same seed and from a checkpoint, and a game learned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlanimated.games.minimax import Minimax
from mlanimated.learn.board_network import BoardNetwork, fresh
from mlanimated.learn.many_boards import Bits, many
from mlanimated.learn.self_play_games import (
    Games,
    Memory,
    careful_moves,
    lambda_returns,
    play_many,
    random_moves,
    scattered,
    strength,
)
from mlanimated.learn.training import Keeper
from mlanimated.trace import Recorder

SMALL: dict[str, Any] = {
    "game": "tic-tac-toe", "steps": 960, "simulations": 8, "games": 32, "longest_opening": 5, "batch": 64,
    "memory": 500, "warm_up": 100, "width": 16, "blocks": 1, "record_every": 320,
}  # fmt: skip


def blank(boards: Bits) -> tuple[Any, Any]:
    return np.zeros((len(boards), 7), np.float32), np.zeros(len(boards), np.float32)


def learned(tmp_path: Path, name: str, resume: Any = None, stop: int = 0, **changed: Any) -> tuple[Any, Any, Any]:
    """Train; return the weights, the trace, and the state at a step."""
    from mlanimated.learn import self_play

    kept: dict[int, Any] = {}

    class Kept(Keeper):
        def offer(self, step: int, state: dict[str, Any], score: float) -> None:
            kept[step] = state

    with Recorder() as recorder:
        keeper = Kept(tmp_path / name, {})
        network = self_play.train(self_play.Args(**{**SMALL, **changed}), recorder, resume=resume, keeper=keeper)
    return network.weights, recorder.trace, kept.get(stop)


def test_the_same_seed_gives_the_same_run_and_a_checkpoint_goes_on_as_it_would_have(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    whole, trace, state = learned(tmp_path, "whole", stop=320)
    again, other, _ = learned(tmp_path, "again")
    taken_up, rest, _ = learned(tmp_path, "rest", resume=state)
    different, _, _ = learned(tmp_path, "different", seed=1)
    assert state["row"] == 10
    for name, value in whole.items():
        assert np.array_equal(value, again[name])
        assert np.array_equal(value, taken_up[name])
        if name.endswith("weight"):
            assert not np.array_equal(value, different[name])
    for series in ("loss/policy", "policy", "strength/search", "games"):
        assert np.array_equal(trace.series(series).values, other.series(series).values)
        left = trace.series(series, 321)
        assert np.array_equal(left.values, rest.series(series).values)
        assert np.array_equal(left.steps, rest.series(series).steps)


def test_the_trace_holds_the_player_at_several_ages(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    weights, trace, _ = learned(tmp_path, "it")
    ages = trace.series("player/0/weight")
    assert ages.steps.tolist() == [32 * row for row in (0, 1, 2, 4, 8, 16, 30)]
    assert np.allclose(ages.values[-1], weights["0/weight"], atol=1e-3)
    assert trace.series("policy").values.sum(axis=1) == pytest.approx(1)
    assert trace.events[0].name == "initialize"


@pytest.mark.slow
def test_tic_tac_toe_is_learned() -> None:
    """With a search of 50 it never loses a game to any reply, from either seat; it knows nothing but the rules."""
    pytest.importorskip("torch")
    from mlanimated.agents.hyperparameters import arguments_of
    from mlanimated.learn import self_play
    from mlanimated.learn.tree_search import search

    _, args = arguments_of("tic-tac-toe", "self-play", {"seed": 3, "steps": 25_000})
    with Recorder() as recorder:
        network = self_play.train(args, recorder)
    rules, perfect = network.rules, Minimax()
    for seat in (1, -1):
        states, ends = [rules.game.start], []
        while states:
            after = []
            for state in states:
                if rules.game.result(state) is not None:
                    ends.append(rules.game.result(state))
                elif rules.game.player(state) == seat:
                    move = int(search(rules, network, rules.boards([state]), 50).move[0])
                    after.append(rules.game.play(state, move))
                else:
                    after += [rules.game.play(state, move) for move in rules.game.legal(state)]
            states = sorted(set(after))
        assert -seat not in ends
        assert seat in ends
    assert perfect.score(rules.game, rules.game.start) == 0


def test_values_are_what_plain_recursion_says() -> None:
    random = np.random.default_rng(0)
    values = random.uniform(-1, 1, (20, 9)).astype(np.float32)
    lengths = random.integers(1, 10, 20)
    found = lambda_returns(values, lengths, 0.8)
    for row in range(20):
        wanted = float(values[row, lengths[row] - 1])
        for at in reversed(range(lengths[row])):
            wanted = wanted if at == lengths[row] - 1 else 0.2 * float(values[row, at]) - 0.8 * wanted
            assert found[row, at] == pytest.approx(wanted, abs=1e-6)
    assert (lambda_returns(values, lengths, 0.0) == values).all()


def test_games_teach_every_position_of_themselves_and_end_proven() -> None:
    rules = many("connect-four")
    games, random = Games(rules, 16, 0.5, 12, 0.9), np.random.default_rng(0)
    games.begin(random)
    assert games.boards[games.plain].sum() == 0
    assert (rules.left(games.boards)[~games.plain] < 42).all()
    moves = taught = 0
    for _ in range(45):
        boards, policy, value = games.step(blank, 8, random)
        moves += 16
        taught += len(boards)
        assert policy.sum(axis=1) == pytest.approx(np.ones(len(boards)), abs=1e-5)
        assert (policy[~rules.legal(boards)] == 0).all()
        assert (np.abs(value) <= 1).all()
    assert games.finished > 20
    assert taught == moves - games.lengths.sum()
    told = games.told()
    assert told["share/first"] + told["share/draw"] + told["share/second"] == pytest.approx(1)
    assert games.told() == {}


def test_memory_forgets_the_oldest() -> None:
    memory, random = Memory(10, 7), np.random.default_rng(0)
    for first in range(0, 24, 4):
        boards = np.stack((np.arange(first, first + 4), np.zeros(4)), axis=1).astype(np.uint64)
        memory.add(boards, np.full((4, 7), first / 100, np.float32), np.full(4, 0.5, np.float32))
    boards, policy, value = memory.sample(500, random)
    assert set(boards[:, 0].tolist()) == set(range(14, 24))
    assert policy[:, 0] == pytest.approx(boards[:, 0].astype(np.int64) // 4 * 4 / 100, abs=1e-3)
    assert (value == 0.5).all()
    other = Memory(10, 7)
    other.load(memory.state())
    assert (other.sample(50, np.random.default_rng(1))[0] == memory.sample(50, np.random.default_rng(1))[0]).all()


def test_openings_have_their_length_and_nobody_has_won() -> None:
    rules, random = many("connect-four"), np.random.default_rng(0)
    wanted = random.integers(0, 27, 200)
    boards = scattered(rules, wanted, random)
    played = 42 - rules.left(boards)
    assert (played <= wanted).all()
    assert (played == wanted).mean() > 0.9
    assert (played[wanted < 6] == wanted[wanted < 6]).all()
    assert all(rules.game.result(rules.state(board)) is None for board in boards)


def test_games_are_played_by_the_rules() -> None:
    rules, random = many("tic-tac-toe"), np.random.default_rng(0)
    seen: list[Any] = []

    def first(boards: Bits) -> Any:
        seen.extend(rules.state(board) for board in boards)
        return random_moves(rules, boards, random)

    ends = play_many(rules, first, lambda boards: careful_moves(rules, boards, random), 400)
    assert set(ends.tolist()) == {1, 0, -1}
    assert (ends == -1).sum() > 2 * (ends == 1).sum()  # the careful one wins more, though it moves second
    assert all(rules.game.player(state) == 1 and rules.game.result(state) is None for state in seen)


def test_a_careful_player_wins_and_blocks() -> None:
    rules, random = many("connect-four"), np.random.default_rng(0)
    states = [
        rules.game.after([3, 0, 3, 0, 3, 1]),
        rules.game.after([3, 0, 3, 0, 3]),
        rules.game.after([3, 0, 3, 0, 3, 0]),
    ]
    assert careful_moves(rules, rules.boards(states), random).tolist() == [3, 3, 3]


def test_strength_counts_both_seats() -> None:
    rules = many("tic-tac-toe")
    network = BoardNetwork(rules, fresh(19, 9, 16, 1, 0))
    weak = strength(rules, network, 0, np.random.default_rng(0))
    strong = strength(rules, network, 100, np.random.default_rng(0))
    assert 0 <= weak < strong <= 100
    assert strong > 60
