"""Two board games for `outcome_prediction`: Tic Tac Toe and Connect Four, learned from random games.

The network sees the board that a move leads to, from the side of whoever made it, so that one net plays both seats: position and move
in one, and what the move has done need not be worked out.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.games.board_game import BoardGame, Player, play_out, random_player
from mlanimated.games.connect_four import ConnectFour
from mlanimated.games.connect_four import unpacked as bits_to_cells
from mlanimated.games.minimax import Minimax
from mlanimated.learn.outcome_tasks import Examples, Predict, Row

__all__ = ["Boards", "Score", "match"]

Floats = NDArray[np.float32]


class Score(NamedTuple):
    """How games ended for one of the players."""

    won: int
    drawn: int
    lost: int


class Boards:
    """A board game: the input is every cell after the move, one-hot, the mover's stones first.

    A won game is 1 for whoever won, 0 for the other; a draw is ½ for both. So what is predicted is the chance to win, a draw
    counting half.

    Rows: `board` (rows, columns), `chances` of each move (not a number where it is not legal), `move` the one that is made next
    (-1 for none), and `note`, who plays whom and how it ended.
    """

    def __init__(self, game: BoardGame[Any], strong: Player | None = None) -> None:
        self.game = game
        self.strong = strong or (Minimax() if game.moves == 9 else Minimax(4))
        """The opponent that knows what it does: minimax, to the end or four moves ahead."""
        self.cells = game.shape[0] * game.shape[1]

    @property
    def features(self) -> int:
        """Two numbers for each cell."""
        return 2 * self.cells

    def inputs(self, states: list[Any]) -> Floats:
        """Return positions as the network sees them: the stones of whoever moved last, then the other's, (n, features)."""
        if isinstance(self.game, ConnectFour):
            mine, filled = (np.array(part, np.uint64) for part in zip(*states, strict=True))
            planes = [bits_to_cells(filled ^ mine), bits_to_cells(mine)]
        else:
            boards = np.stack([self.game.board(state) * self._mover(state) for state in states])
            planes = [boards == 1, boards == -1]
        return np.concatenate([plane.reshape(len(states), -1) for plane in planes], axis=1).astype(np.float32)

    def _mover(self, state: Any) -> int:
        """Return who made the last move: the players take turns, so it follows from how many stones lie."""
        return 1 if np.count_nonzero(self.game.board(state)) % 2 else -1

    def examples(self, games: int, random: np.random.Generator) -> Examples:
        """Play games of two random players; every move of both is an example."""
        states, outcomes = list[Any](), list[float]()
        for _ in range(games):
            played = play_out(self.game, random_player, random_player, random)
            states += played.states[1:]
            # The first player moves at the even places.
            outcomes += [(1 + played.result * (1 - 2 * (index % 2))) / 2 for index in range(len(played.moves))]
        return Examples(self.inputs(states), np.array(outcomes, np.float32))

    def chances(self, predict: Predict, states: list[Any]) -> Floats:
        """Return the predicted chance of every move, (n, moves); not a number where it is not legal."""
        legal = [self.game.legal(state) for state in states]
        which = [index for index, moves in enumerate(legal) for _ in moves]
        move = [move for moves in legal for move in moves]
        chances = np.full((len(states), self.game.moves), np.nan, np.float32)
        if which:
            after = [self.game.play(states[index], move) for index, move in zip(which, move, strict=True)]
            chances[which, move] = predict(self.inputs(after))
        return chances

    def player(self, predict: Predict) -> Player:
        """Return a player that makes the move with the best chance."""

        def play(game: BoardGame[Any], state: Any, random: np.random.Generator) -> int:
            del game, random
            return int(np.nanargmax(self.chances(predict, [state])[0]))

        return play

    def before(self, predict: Predict) -> list[Row]:
        """Nothing: the games that follow show what a random player does."""
        del predict
        return []

    def during(self, predict: Predict) -> Row:
        """Return the chances of the first move."""
        return self._row(predict, self.game.start, -1)

    def after(self, predict: Predict) -> list[Row]:
        """Return three games: first and second against a random player, first against the strong one."""
        rows: list[Row] = []
        learner, random = self.player(predict), np.random.default_rng(1)
        for seat, other in ((1, random_player), (-1, random_player), (1, self.strong)):
            players = (learner, other) if seat == 1 else (other, learner)
            played = play_out(self.game, *players, random)
            against = "minimax, which looks ahead" if other is self.strong else "random moves"
            note = f"It moves {'first' if seat == 1 else 'second'}, against {against}."
            ends = {seat: "It wins.", 0: "A draw.", -seat: "It loses."}
            for state, move in zip(played.states, (*played.moves, -1), strict=True):
                told = ends[played.result] if move < 0 else note
                rows.append({**self._row(predict, state, move), "note": told})
        return rows

    def told(self, predict: Predict) -> str:
        """Return how it does in both seats against a random player, and against the strong one."""
        seats = [match(self, predict, random_player, 200, seat) for seat in (1, -1)]
        strong = [match(self, predict, self.strong, 20, seat) for seat in (1, -1)]
        lost = sum(score.lost for score in strong)
        return (
            f"Against random moves it wins {seats[0].won} of 200 games moving first and {seats[1].won} moving second;"
            f" against minimax it loses {lost} of {sum(sum(score) for score in strong)}."
        )

    def _row(self, predict: Predict, state: Any, move: int) -> Row:
        row: Row = {"board": self.game.board(state), "move": move}
        if self.game.legal(state):  # when a game is over its last chances stand
            row["chances"] = self.chances(predict, [state])[0]
        return row


def match(task: Boards, predict: Predict, opponent: Player, games: int, seat: int, seed: int = 0) -> Score:
    """Let the learner play games, all at once, without chance on its side.

    Args:
        task: The game.
        predict: What has been learned.
        opponent: The other player.
        games: How many.
        seat: 1 where the learner moves first, -1 where it moves second.
        seed: Of the opponent's random numbers.
    """
    game, random = task.game, np.random.default_rng(seed)
    going, results = [game.start] * games, list[int]()
    turn = 1
    while going:
        if turn == seat:
            moves = np.nanargmax(task.chances(predict, going), axis=1).tolist()
        else:
            moves = [opponent(game, state, random) for state in going]
        after = [game.play(state, move) for state, move in zip(going, moves, strict=True)]
        ends = [game.result(state) for state in after]
        results += [end for end in ends if end is not None]
        going = [state for state, end in zip(after, ends, strict=True) if end is None]
        turn = -turn
    return Score(results.count(seat), results.count(0), results.count(-seat))
