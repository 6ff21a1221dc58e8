from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from learning import train, values

from mlanimated.games.board_game import random_player
from mlanimated.games.connect_four import ConnectFour
from mlanimated.games.frozen_lake import FrozenLake
from mlanimated.games.maps import RIGHT
from mlanimated.games.minimax import Minimax
from mlanimated.games.tic_tac_toe import TicTacToe
from mlanimated.learn.outcome_boards import Boards, match
from mlanimated.learn.outcome_prediction import Args
from mlanimated.learn.outcome_prediction import train as learn
from mlanimated.learn.outcome_tasks import Lake, Pole

TASKS = ("frozen lake", "cart pole", "tic tac toe", "connect four")


def coin(inputs: np.ndarray) -> np.ndarray:
    return np.full(len(inputs), 0.5, np.float32)


def test_the_exact_chances_of_a_random_walk_are_those_of_many_walks() -> None:
    lake = Lake()
    examples = lake.examples(40_000, np.random.default_rng(3))
    for move in range(4):
        of_move = examples.inputs[:, 4 * lake.game.start + move] == 1
        true = lake.exact()[lake.game.start, move]
        assert examples.outcomes[of_move].mean() == pytest.approx(true, abs=4 * np.sqrt(true / of_move.sum()))


def test_the_chances_of_a_lake_of_three_cells_are_known() -> None:
    # From S, left, down and up lead nowhere, right leads to F; from there half of what counts leads on, half back.
    lake = Lake(FrozenLake(("SFG", "HHH")))
    exact = lake.exact()
    one, two = exact[0].mean(), exact[1].mean()
    assert exact[0, RIGHT] == pytest.approx(two)
    assert exact[1].tolist() == pytest.approx([one, 0, 1, two])
    assert one == pytest.approx((2 * one + two) / 4)
    assert two == pytest.approx((one + 1 + two) / 4)


def test_the_last_ten_steps_are_labelled_losing_and_no_others() -> None:
    pole = Pole()
    examples = pole.examples(50, np.random.default_rng(0))
    assert 450 < (examples.outcomes == 0).sum() <= 500  # a few games are shorter than ten steps
    rows = pole.before(coin)
    ends = [index for index, row in enumerate(rows) if row["random/action"] == -1]
    assert len(ends) == 3
    for begin, end in zip([0, *(end + 1 for end in ends)], ends, strict=False):
        doomed = [row["random/doomed"] for row in rows[begin : end + 1]]
        assert doomed == [0] * (len(doomed) - 11) + [1] * min(11, len(doomed))  # ten steps, and where they led


@pytest.mark.parametrize("game", [TicTacToe(), ConnectFour()])
def test_examples_are_seen_from_the_side_of_whoever_moved(game: Any) -> None:
    task = Boards(game)
    states = [game.play(game.start, move) for move in game.legal(game.start)]
    seen = task.inputs(states)
    assert seen[:, : task.cells].sum() == len(states)
    assert seen[:, task.cells :].sum() == 0
    for state, row in zip(states, seen, strict=True):
        assert np.array_equal(row[: task.cells].reshape(game.shape), game.board(state) == 1)
    second = [game.play(states[0], move) for move in game.legal(states[0])]
    for state, row in zip(second, task.inputs(second), strict=True):
        assert np.array_equal(row[: task.cells].reshape(game.shape), game.board(state) == -1)
        assert np.array_equal(row[task.cells :].reshape(game.shape), game.board(state) == 1)


def test_outcomes_are_those_of_whoever_moved() -> None:
    examples = Boards(TicTacToe()).examples(40, np.random.default_rng(1))
    for row, outcome in zip(examples.inputs, examples.outcomes, strict=True):
        mine, theirs = row[:9].reshape(3, 3), row[9:].reshape(3, 3)
        lines = [*mine, *mine.T, mine.diagonal(), mine[:, ::-1].diagonal()]
        if any(line.all() for line in lines):
            assert outcome == 1
        elif (mine + theirs).all():
            assert outcome == 0.5


def test_chances_are_given_to_legal_moves_alone() -> None:
    game = TicTacToe()
    task = Boards(game)
    state = game.play(game.play(game.start, 4), 0)
    chances = task.chances(coin, [game.start, state])
    assert np.isfinite(chances[0]).all()
    assert np.flatnonzero(np.isnan(chances[1])).tolist() == [0, 4]


def test_a_match_counts_every_game() -> None:
    task = Boards(TicTacToe())
    for seat in (1, -1):
        # A coin makes the first legal move; nobody beats minimax with that.
        score = match(task, coin, Minimax(), 12, seat)
        assert sum(score) == 12
        assert score.won == 0
        assert score.lost > 0


def same(whole: Any, rest: Any) -> None:
    """Check that a trace repeats another from its first step on; what has no row there is left out."""
    for name in rest.names:
        one, other = whole.series(name), rest.series(name)
        late = one.steps >= other.steps[0]
        assert one.steps[late].tolist() == other.steps.tolist()
        if name == "note":
            assert list(one.values)[-len(other.values) :] == list(other.values)
        else:
            assert np.array_equal(np.asarray(one.values)[late], np.asarray(other.values), equal_nan=True), name


@pytest.mark.parametrize("task", TASKS)
def test_the_same_seed_gives_the_same_run_and_a_checkpoint_goes_on_exactly(task: Any) -> None:
    pytest.importorskip("torch")
    args = Args(task=task, games=60, updates=30, rows=10, batch=16)
    whole, _ = train(learn, args)
    updates = whole.series("update")
    at = int(updates.steps[np.flatnonzero(np.asarray(updates.values) == 12)[0]])
    again, spy = train(learn, args, at=at)
    assert whole.names == again.names
    same(whole, again)
    rest, _ = train(learn, args, resume=spy.state)
    assert set(rest.names) >= {"update", "loss", "chances"}
    assert rest.first_step == at
    same(whole, rest)


@pytest.mark.slow
def test_on_the_lake_it_finds_the_goal_and_its_chances_are_nearly_true() -> None:
    pytest.importorskip("torch")
    for seed in range(3):
        trace, _ = train(learn, Args(seed=seed))
        assert trace.value("place", trace.last_step) == 15
        lake = Lake()
        off = np.abs(values(trace, "chances")[-1] - lake.exact())[lake.model.legal]
        assert off.mean() < 0.06


@pytest.mark.slow
def test_it_holds_the_pole_in_500_games_of_500() -> None:
    pytest.importorskip("torch")
    with_seeds = range(500)
    predict: Any = None

    def keep(*given: Any) -> None:
        nonlocal predict
        predict = learn(*given)

    train(keep, Args(task="cart pole"))
    assert (Pole().lengths(predict, with_seeds) == 500).all()


@pytest.mark.slow
@pytest.mark.parametrize(("task", "game"), [("tic tac toe", TicTacToe()), ("connect four", ConnectFour())])
def test_it_beats_random_moves_from_both_seats(task: Any, game: Any) -> None:
    pytest.importorskip("torch")
    predict: Any = None

    def keep(*given: Any) -> None:
        nonlocal predict
        predict = learn(*given)

    train(keep, Args(task=task))
    for seat in (1, -1):
        score = match(Boards(game), predict, random_player, 200, seat)
        assert score.won + score.drawn >= 180
