"""Tic Tac Toe and Connect Four as environments, with an opponent that answers at once.

gymnasium.make("mla/ConnectFour-v0", opponent="minimax", seat="second")
gymnasium.make("mla/TicTacToe-v0", opponent=my_agent)       # my_agent(game, state, random) -> move
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from gymnasium.spaces import Box as Numbers
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command
from mlanimated.envs.drawn import Drawn
from mlanimated.envs.legal_moves import LegalMoves
from mlanimated.errors import MlaError, did_you_mean
from mlanimated.games.board_game import BoardGame, Player, random_player
from mlanimated.games.connect_four import ConnectFour
from mlanimated.games.minimax import Minimax
from mlanimated.games.tic_tac_toe import TicTacToe
from mlanimated.views.board import draw_board
from mlanimated.views.stones import Stones

__all__ = ["BoardGameEnv", "ConnectFourEnv", "TicTacToeEnv"]

Seat = Literal["first", "second", "either"]
Illegal = Literal["error", "lose"]


class BoardGameEnv(Drawn[NDArray[np.int8]]):
    """A board game against an opponent.

    The observation is the board, int8 (rows, columns): 1 is one's own, −1 the opponent's, 0 free. The reward is 1 for a win, −1 for a
    loss and 0 otherwise. `info` has the `action_mask` (int8, 1 where a move is legal), one's `seat` (1 moves first, −1 second) and
    the opponent's `reply` (−1 for none); `action_space.sample()` draws legal moves alone.

    Args:
        game: The rules.
        opponents: The opponents that have a name.
        opponent: One of those names, or any player: a function of the game, a position and a random generator that returns a move.
        seat: "first", "second", or "either": drawn anew for each game.
        illegal: What a move that is not legal does: "error" says so in one line and changes nothing; "lose" ends the game as a loss, for
            agents that know nothing of masks, with `illegal` in `info`.
        render_mode: "rgb_array" for pictures, None for none.
        theme: "light" or "dark".

    Raises:
        MlaError: There is no such opponent or seat.
    """

    def __init__(
        self,
        game: BoardGame[Any],
        opponents: dict[str, Player],
        opponent: str | Player,
        seat: Seat,
        illegal: Illegal,
        render_mode: str | None,
        theme: str,
    ) -> None:
        super().__init__(render_mode, theme)
        if isinstance(opponent, str):
            if opponent not in opponents:
                raise MlaError(f"{game.name}: there is no opponent {opponent!r}.{did_you_mean(opponent, opponents)}")
            opponent = opponents[opponent]
        if seat not in ("first", "second", "either"):
            raise MlaError(f"{game.name}: seat is {seat!r}; it is 'first', 'second' or 'either'.")
        if illegal not in ("error", "lose"):
            raise MlaError(f"{game.name}: illegal is {illegal!r}; it is 'error' or 'lose'.")
        self.game, self.opponent, self.seat, self.illegal = game, opponent, seat, illegal
        self.observation_space = Numbers(-1, 1, game.shape, np.int8)
        self.action_space = self._moves = LegalMoves(game.moves, game.legal(game.start))
        self.state: Any = game.start
        self.side = 1
        self._last: int | None = None
        self._forfeit = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.int8], dict[str, Any]]:
        """Begin a game; in the second seat the opponent has moved already."""
        super().reset(seed=seed, options=options)
        self.state, self._last, self._forfeit = self.game.start, None, False
        self.side = {"first": 1, "second": -1}.get(self.seat) or int(self.np_random.choice((1, -1)))
        reply = self._reply() if self.side < 0 else -1
        return self._seen(), self._info(reply)

    def step(self, action: Any) -> tuple[NDArray[np.int8], float, bool, bool, dict[str, Any]]:
        """Make a move; the opponent answers.

        Raises:
            MlaError: The move is not legal, or the game is over. Nothing has changed then.
        """
        if self._forfeit:
            raise MlaError(
                f"{self.game.name}: the game is over (lost by an illegal move); begin a new one with reset()."
            )
        before, last = self.state, self._last
        legal = self.game.legal(before)
        if self.illegal == "lose" and legal and int(action) not in legal:
            self._forfeit = True
            return self._seen(), -1.0, True, False, self._info(-1) | {"illegal": True}
        self._play(int(action))
        reply = -1
        if self.game.result(self.state) is None:
            try:
                reply = self._reply()
            except MlaError:
                self.state, self._last = before, last
                raise
        result = self.game.result(self.state)
        return self._seen(), float((result or 0) * self.side), result is not None, False, self._info(reply)

    def commands(self, box: Box) -> Sequence[Command]:
        """Return the board with its last move and the line that won."""
        board = self.game.board(self.state)
        return draw_board(Stones(board, last=self._cell()), box)

    def _play(self, move: int) -> None:
        self.state, self._last = self.game.play(self.state, move), move

    def _reply(self) -> int:
        move = int(self.opponent(self.game, self.state, self.np_random))
        self._play(move)
        return move

    def _seen(self) -> NDArray[np.int8]:
        return self.game.board(self.state) * np.int8(self.side)

    def _info(self, reply: int) -> dict[str, Any]:
        legal = () if self._forfeit else self.game.legal(self.state)
        return {"action_mask": self._moves.allow(legal), "seat": self.side, "reply": reply}

    def _cell(self) -> tuple[int, int] | None:
        """Return the cell of the last move; in a column it is the highest disc."""
        if self._last is None:
            return None
        rows, columns = self.game.shape
        if self.game.moves == rows * columns:
            return divmod(self._last, columns)
        return int(np.argmax(self.game.board(self.state)[:, self._last] != 0)), self._last


class TicTacToeEnv(BoardGameEnv):
    """Tic Tac Toe; a move is a cell, 0 to 8. Opponents by name: "random", and "minimax", which never loses.

    The arguments are those of `BoardGameEnv`.
    """

    def __init__(
        self,
        opponent: str | Player = "random",
        seat: Seat = "first",
        illegal: Illegal = "error",
        render_mode: str | None = None,
        theme: str = "light",
    ) -> None:
        opponents: dict[str, Player] = {"random": random_player, "minimax": Minimax()}
        super().__init__(TicTacToe(), opponents, opponent, seat, illegal, render_mode, theme)


class ConnectFourEnv(BoardGameEnv):
    """Connect Four; a move is a column, 0 to 6. Opponents by name: "random", and "minimax", which looks four moves ahead.

    The arguments are those of `BoardGameEnv`.
    """

    def __init__(
        self,
        opponent: str | Player = "random",
        seat: Seat = "first",
        illegal: Illegal = "error",
        render_mode: str | None = None,
        theme: str = "light",
    ) -> None:
        opponents: dict[str, Player] = {"random": random_player, "minimax": Minimax(4)}
        super().__init__(ConnectFour(), opponents, opponent, seat, illegal, render_mode, theme)
