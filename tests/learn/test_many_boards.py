"""Many boards at once agree with the games' own rules, game by game, move by move."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.games.board_game import play_out, random_player
from mlanimated.learn.many_boards import BOARD_GAMES, ManyBoards, many


def positions(rules: ManyBoards, games: int) -> list[Any]:
    """Every position of some random games that goes on."""
    random = np.random.default_rng(0)
    played = [play_out(rules.game, random_player, random_player, random) for _ in range(games)]
    return [state for one in played for state in one.states[:-1]]


@pytest.mark.parametrize("name", BOARD_GAMES)
def test_the_rules_are_the_game_s_own(name: str) -> None:
    rules = many(name)
    game, states = rules.game, positions(many(name), 40)
    boards = rules.boards(states)
    legal, wins, left = rules.legal(boards), rules.wins(boards), rules.left(boards)
    for index, state in enumerate(states):
        moves = game.legal(state)
        assert np.flatnonzero(legal[index]).tolist() == list(moves)
        assert np.flatnonzero(wins[index]).tolist() == [move for move in moves if game.result(game.play(state, move))]
        assert left[index] == (game.board(state) == 0).sum()
        assert rules.state(boards[index]) == state
        for move in moves:
            after = game.play(state, move)
            if game.result(after) is None:
                assert (rules.play(boards[index : index + 1], np.array([move])) == rules.boards([after])).all()


@pytest.mark.parametrize("name", BOARD_GAMES)
def test_a_network_sees_the_board_from_the_mover_s_side(name: str) -> None:
    rules = many(name)
    states = positions(rules, 20)
    seen = rules.inputs(rules.boards(states))
    assert seen.shape == (len(states), rules.features)
    assert seen.dtype == np.float32
    for state, inputs in zip(states, seen, strict=True):
        board = rules.game.board(state) * rules.game.player(state)
        cells = board.size
        planes = [inputs[at * cells : (at + 1) * cells] for at in range(2)]
        if name == "connect-four":  # columns, from the bottom up
            planes = [plane.reshape(7, 6).T[::-1] for plane in planes]
        for plane, side in zip(planes, (1, -1), strict=True):
            assert (plane.reshape(board.shape) == (board == side)).all()
        assert inputs[-1] == (rules.game.player(state) == 1)


def test_connect_four_s_other_planes_are_the_cells_that_complete_four() -> None:
    rules = many("connect-four")
    for state in positions(rules, 15):
        board = rules.game.board(state) * rules.game.player(state)
        planes = rules.inputs(rules.boards([state]))[0, 84:168].reshape(2, 7, 6)
        for plane, side in zip(planes, (1, -1), strict=True):
            for row, column in np.argwhere(board == 0).tolist():
                tried = board.copy()
                tried[row, column] = side
                assert plane.T[::-1][row, column] == four_through(tried, row, column)


def four_through(board: np.ndarray, row: int, column: int) -> bool:
    """Whether four of a side lie in a line through a cell, counted by hand."""
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        length = 1
        for way in (1, -1):
            y, x = row + way * down, column + way * right
            while 0 <= y < 6 and 0 <= x < 7 and board[y, x] == board[row, column]:
                length, y, x = length + 1, y + way * down, x + way * right
        if length >= 4:
            return True
    return False


@pytest.mark.parametrize("name", BOARD_GAMES)
def test_symmetries_turn_positions_and_moves_alike(name: str) -> None:
    rules = many(name)
    states = positions(rules, 10)
    boards = rules.boards(states)
    inputs, legal, wins = rules.inputs(boards), rules.legal(boards), rules.wins(boards)
    random = np.random.default_rng(1)
    for turn in rules.symmetries:
        assert sorted(turn.moves.tolist()) == list(range(rules.game.moves))
        # A game played with the moves turned has the inputs turned: to what a move leads is seen alike from both.
        start, turned = rules.start(1), rules.start(1)
        place = np.argsort(turn.moves)
        for _ in range(rules.game.shape[0] * rules.game.shape[1]):
            assert (rules.inputs(turned) == rules.inputs(start)[:, turn.inputs]).all()
            move = random.choice(np.flatnonzero(rules.legal(start)[0]))
            if rules.wins(start)[0, move] or rules.left(start)[0] == 1:
                break
            start, turned = rules.play(start, np.array([move])), rules.play(turned, place[[move]])
    assert len(rules.symmetries) == {"connect-four": 2, "tic-tac-toe": 8}[name]
    assert (rules.symmetries[0].moves == np.arange(rules.game.moves)).all()
    assert inputs.shape[0] == legal.shape[0] == wins.shape[0]


def test_an_unknown_game_is_told() -> None:
    with pytest.raises(MlaError, match="there are connect-four and tic-tac-toe"):
        many("go")
