from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.games.board_game import play_out, random_player
from mlanimated.games.minimax import Minimax
from mlanimated.games.tic_tac_toe import TicTacToe

GAME = TicTacToe()


def winners(board: np.ndarray) -> set[int]:
    """Who has three in a row, by a plain look at the rows, columns and diagonals of an array."""
    lines = [*board, *board.T, np.diagonal(board), np.diagonal(np.fliplr(board))]
    return {int(line[0]) for line in lines if line[0] and (line == line[0]).all()}


def reachable() -> set[tuple[int, ...]]:
    """Every position of every game."""
    seen, waiting = {GAME.start}, [GAME.start]
    while waiting:
        state = waiting.pop()
        for move in GAME.legal(state):
            after = GAME.play(state, move)
            if after not in seen:
                seen.add(after)
                waiting.append(after)
    return seen


def test_there_are_as_many_positions_and_games_as_there_should_be() -> None:
    """5,478 positions, and 255,168 games: X wins 131,184, O 77,904, 46,080 are draws."""

    @cache
    def games(state: tuple[int, ...]) -> np.ndarray:
        result = GAME.result(state)
        if result is not None:
            return np.array([result == 1, result == -1, result == 0], int)
        return sum((games(GAME.play(state, move)) for move in GAME.legal(state)), np.zeros(3, int))

    assert len(reachable()) == 5478
    assert games(GAME.start).tolist() == [131_184, 77_904, 46_080]


def test_results_lines_and_players_are_what_the_board_shows() -> None:
    for state in reachable():
        board = GAME.board(state)
        assert (board.dtype, board.shape) == (np.int8, (3, 3))
        won = winners(board)
        assert GAME.result(state) == (next(iter(won)) if won else None if 0 in state else 0)
        assert GAME.player(state) == (1 if (board == 1).sum() == (board == -1).sum() else -1)
        line = GAME.line(state)
        assert bool(line) == bool(won)
        assert {int(board[cell]) for cell in line} == won
        assert GAME.state(state) == state
        assert bool(GAME.legal(state)) == (GAME.result(state) is None)


def test_positions_that_no_game_comes_to_are_refused() -> None:
    good = reachable()
    for cells in product((-1, 0, 1), repeat=9):
        if sum(cells) in (0, 1) and cells not in good:
            with pytest.raises(MlaError, match="no game comes to this"):
                GAME.state(cells)
    with pytest.raises(MlaError, match="nine numbers"):
        GAME.state((0, 1, 2, 0, 0, 0, 0, 0, 0))


TURNS: list[Callable[[np.ndarray], np.ndarray]] = [
    lambda b: np.rot90(b, 1),
    lambda b: np.rot90(b, 2),
    np.fliplr,
    np.transpose,
]


def test_minimax_values_are_the_same_for_turned_and_mirrored_boards() -> None:
    minimax = Minimax()
    for state in reachable():
        score = minimax.score(GAME, state)
        for turn in TURNS:
            turned = tuple(int(cell) for cell in turn(GAME.board(state)).ravel())
            assert minimax.score(GAME, turned) == score
    assert minimax.score(GAME, GAME.start) == 0, "two perfect players draw"


@pytest.mark.parametrize("seat", [1, -1])
def test_minimax_never_loses(seat: int) -> None:
    """Every best move of the one against every move of the other."""
    minimax = Minimax()
    results = set()
    waiting, seen = [GAME.start], {GAME.start}
    while waiting:
        state = waiting.pop()
        result = GAME.result(state)
        if result is not None:
            results.add(result * seat)
        moves = minimax.best(GAME, state) if GAME.player(state) == seat else GAME.legal(state)
        for move in moves:
            after = GAME.play(state, move)
            if after not in seen:
                seen.add(after)
                waiting.append(after)
    assert results == {0, 1}


def test_minimax_wins_at_once_and_loses_late() -> None:
    minimax = Minimax()
    state = GAME.state((1, 1, 0, -1, -1, 0, 0, 0, 0))
    assert minimax.best(GAME, state) == (2,)
    assert minimax.scores(GAME, state)[2] == 1 + 4
    assert minimax.best(GAME, GAME.state((1, 0, 0, 0, -1, 0, 1, 0, 0))) == (3,), "O must block"
    two_threats = GAME.state((1, 0, 1, 0, -1, 0, 1, 0, -1))
    assert set(minimax.scores(GAME, two_threats).values()) == {-3}, "X wins at its next move, two cells left"


def test_a_limited_look_ahead_sees_what_lies_within_it() -> None:
    state = GAME.state((1, 1, 0, -1, -1, 0, 0, 0, 0))
    assert Minimax(1).best(GAME, state) == (2,)
    assert Minimax(1).scores(GAME, state)[5] == 0
    assert Minimax(2).scores(GAME, state)[6] < 0, "O answers with three in a row"
    for depth in (9, 12):
        assert Minimax(depth).scores(GAME, state) == Minimax().scores(GAME, state)
    with pytest.raises(MlaError, match="1 move ahead at least"):
        Minimax(0)


def test_players_play_to_the_end() -> None:
    random = np.random.default_rng(0)
    results = [play_out(GAME, random_player, random_player, random).result for _ in range(3000)]
    shares = np.bincount(np.array(results) + 1, minlength=3) / 3000
    # Known for random play: X wins .585, O .288, drawn .127.
    assert shares == pytest.approx([0.288, 0.127, 0.585], abs=0.03)
    played = play_out(GAME, Minimax(), random_player, random, opening=(4, 0))
    assert played.moves[:2] == (4, 0)
    assert len(played.states) == len(played.moves) + 1
    with pytest.raises(MlaError, match="taken"):
        play_out(GAME, lambda game, state, random: 0, lambda game, state, random: 0, random)


def test_mistakes_are_one_line() -> None:
    state = GAME.play(GAME.start, 4)
    with pytest.raises(MlaError, match="cell 4 is taken; free: 0, 1, 2, 3, 5, 6, 7, 8"):
        GAME.play(state, 4)
    with pytest.raises(MlaError, match="cell 9 does not exist"):
        GAME.play(state, 9)
    over = (1, 1, 1, -1, -1, 0, 0, 0, 0)
    with pytest.raises(MlaError, match=r"over \(X has won\)"):
        GAME.play(over, 5)
    assert GAME.legal(over) == ()
