from __future__ import annotations

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.games.board_game import play_out, random_player
from mlanimated.games.connect_four import (
    BOTTOM,
    FULL,
    ConnectFour,
    State,
    dropped,
    has_four,
    have_four,
    mirrored,
    unpacked,
)
from mlanimated.games.minimax import Minimax

GAME = ConnectFour()


class Plain:
    """The rules as one would write them at first: a list of lists and a loop over every window of four."""

    def __init__(self) -> None:
        self.board = [[0] * 7 for _ in range(6)]
        self.mover = 1

    def legal(self) -> tuple[int, ...]:
        return () if self.result() is not None else tuple(c for c in range(7) if self.board[0][c] == 0)

    def play(self, column: int) -> None:
        row = max(r for r in range(6) if self.board[r][column] == 0)
        self.board[row][column] = self.mover
        self.mover = -self.mover

    def windows(self):
        for row in range(6):
            for column in range(7):
                for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
                    cells = [(row + i * down, column + i * right) for i in range(4)]
                    if all(0 <= r < 6 and 0 <= c < 7 for r, c in cells):
                        yield cells

    def line(self) -> tuple[tuple[int, int], ...]:
        won = {cell for cells in self.windows() if abs(sum(self.board[r][c] for r, c in cells)) == 4 for cell in cells}
        return tuple(sorted(won))

    def result(self) -> int | None:
        line = self.line()
        if line:
            return self.board[line[0][0]][line[0][1]]
        return None if any(0 in row for row in self.board) else 0


def test_random_games_are_those_of_a_plain_reference() -> None:
    random = np.random.default_rng(0)
    results = []
    for _ in range(25):
        plain, state = Plain(), GAME.start
        while True:
            assert GAME.board(state).tolist() == plain.board
            assert GAME.legal(state) == plain.legal()
            assert GAME.result(state) == plain.result()
            assert GAME.line(state) == plain.line()
            assert GAME.player(state) == plain.mover
            if plain.result() is not None:
                results.append(plain.result())
                break
            assert GAME.state(GAME.board(state)) == state
            move = int(random.choice(plain.legal()))
            plain.play(move)
            state = GAME.play(state, move)
    assert {1, -1} <= set(results)


def test_draws_exist() -> None:
    random = np.random.default_rng(12)
    drawn = next(
        game
        for game in (play_out(GAME, random_player, random_player, random) for _ in range(20_000))
        if not game.result
    )
    assert len(drawn.moves) == 42
    assert drawn.states[-1].filled == FULL
    assert GAME.legal(drawn.states[-1]) == ()


def test_mirrored_games_are_mirrored() -> None:
    random = np.random.default_rng(1)
    for _ in range(50):
        played = play_out(GAME, random_player, random_player, random)
        other = GAME.start
        for state, move in zip(played.states, played.moves, strict=False):
            assert (mirrored(state.mine), mirrored(state.filled)) == other
            other = GAME.play(other, 6 - move)
        assert GAME.result(other) == played.result
        assert (GAME.board(other) == np.fliplr(GAME.board(played.states[-1]))).all()


def test_whole_arrays_of_boards_are_as_single_ones() -> None:
    random = np.random.default_rng(2)
    states = [state for _ in range(30) for state in play_out(GAME, random_player, random_player, random).states]
    mine = np.array([state.mine for state in states], np.uint64)
    filled = np.array([state.filled for state in states], np.uint64)
    theirs = mine ^ filled
    assert have_four(theirs).tolist() == [has_four(int(discs)) for discs in theirs]
    assert mirrored(mine).tolist() == [mirrored(int(discs)) for discs in mine]
    signs = np.array([GAME.player(state) for state in states])
    boards = unpacked(mine).astype(int) - unpacked(theirs)
    assert (boards * signs[:, None, None] == np.stack([GAME.board(state) for state in states])).all()
    going = [index for index, state in enumerate(states) if GAME.legal(state)]
    moves = [GAME.legal(states[index])[0] for index in going]
    after = dropped(mine[going], filled[going], np.array([BOTTOM[move] for move in moves], np.uint64))
    expected = [GAME.play(states[index], move) for index, move in zip(going, moves, strict=True)]
    assert list(zip(*(part.tolist() for part in after), strict=True)) == expected


def test_a_look_ahead_takes_a_win_and_stops_one() -> None:
    assert Minimax(1).best(GAME, GAME.after([0, 6, 0, 6, 0, 5])) == (0,)
    assert Minimax(2).best(GAME, GAME.after([0, 6, 0, 6, 0])) == (0,)
    with pytest.raises(MlaError, match="too large"):
        Minimax().best(GAME, GAME.start)


def test_two_moves_ahead_no_win_is_left_to_the_other() -> None:
    """Wherever some move does not let the opponent win at once, such a move is made."""
    random = np.random.default_rng(3)

    def wins(state: State) -> bool:
        return any(GAME.result(GAME.play(state, move)) not in (None, 0) for move in GAME.legal(state))

    chosen = 0
    for _ in range(25):
        for state in play_out(GAME, random_player, random_player, random).states:
            safe = [move for move in GAME.legal(state) if not wins(GAME.play(state, move))]
            if safe and len(safe) < len(GAME.legal(state)):
                assert set(Minimax(2).best(GAME, state)) <= set(safe)
                chosen += 1
    assert chosen > 50


def test_mistakes_are_one_line() -> None:
    with pytest.raises(MlaError, match="column 3 is full; open: 0, 1, 2, 4, 5, 6"):
        GAME.after([3] * 7)
    with pytest.raises(MlaError, match="column 7 does not exist"):
        GAME.play(GAME.start, 7)
    won = GAME.after([0, 1, 0, 1, 0, 1, 0])
    with pytest.raises(MlaError, match=r"over \(the first player has won\)"):
        GAME.play(won, 2)
    empty = np.zeros((6, 7), int)
    floating, twice = empty.copy(), empty.copy()
    floating[3, 3] = 1
    twice[5, :2] = 1
    for board, said in (
        (floating, "in the air"),
        (twice, "too many"),
        (empty[:5], "6 rows of 7"),
        (empty + 2, "6 rows"),
    ):
        with pytest.raises(MlaError, match=said):
            GAME.state(board)
    over = GAME.board(won)
    over[5, 6] = -1
    with pytest.raises(MlaError, match="ended before"):
        GAME.state(over)
    assert GAME.state(GAME.board(won)) == won
