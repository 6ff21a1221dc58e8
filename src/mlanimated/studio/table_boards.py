"""Tables of Tic Tac Toe and Connect Four: against the agent that ships, minimax or chance, with what they think on the board."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.agents.agent import agent
from mlanimated.agents.board_agent import BoardAgent, Thought, opponent_player
from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command, Group
from mlanimated.draw.text import fitted, label
from mlanimated.games.board_game import BoardGame
from mlanimated.games.connect_four import ConnectFour
from mlanimated.games.tic_tac_toe import TicTacToe
from mlanimated.studio.tables import Control, Table, heading
from mlanimated.views.board import draw_board
from mlanimated.views.crosses import crosses_place
from mlanimated.views.discs import discs_place
from mlanimated.views.stones import Drop, Stones

__all__ = ["BoardTable", "ConnectFourTable", "TicTacToeTable"]

CONSIDERS, PLACES = 1.1, 0.45
"""Seconds for which the opponent's chances are shown before its move, and for which a stone is on its way."""


class BoardTable(Table):
    """A table of a board game."""

    NAME = ""
    SIDES = ("first", "second")
    MOVES = ""

    def __init__(self, wide: bool = True, seed: int | None = None) -> None:
        super().__init__(wide, seed)
        self.rules = self.game()
        self.agent: BoardAgent = agent(self.NAME)  # pyright: ignore[reportAttributeAccessIssue, reportArgumentType, reportCallIssue]
        self.opponent, self.simulations = "agent", min(100, self.agent.simulations)
        self.hints, self.seat = True, 1
        self.won = [0, 0, 0]
        self.begin()

    @abstractmethod
    def game(self) -> BoardGame[Any]:
        """Return the rules."""

    @abstractmethod
    def cell(self, x: float, y: float) -> int | None:
        """Return the move at a place; None where there is none."""

    def begin(self) -> None:
        """Begin a game."""
        self.state: Any = self.rules.start
        self.chosen = 0
        self._last: tuple[int, int] | None = None
        self._thought: tuple[Any, NDArray[np.float64] | None, int] | None = None
        self._hint: NDArray[np.float64] | None = None
        self._moving: tuple[Any, int, float] | None = (
            None  # the position before, the move, how long it has been on its way
        )
        self._considers = -1.0
        self._look_ahead()

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in scene units."""
        return (1040.0, 560.0) if self.wide else (400.0, 860.0)

    def parts(self) -> tuple[Box, Box]:
        """Return the boxes of the game and of what the opponent saw."""
        box = Box(0.0, 0.0, *self.size).inset(16.0)
        first, second = box.columns([1.32, 1.0], 40.0) if self.wide else box.rows([1.0, 1.08], 20.0)
        return first, second

    # What the player does.

    def point(self, x: float, y: float) -> None:
        """Move where was clicked."""
        move = self.cell(x, y)
        if move is not None:
            self._move(move)

    def key(self, name: str) -> None:
        """Move by number, or by arrows and Enter."""
        if name.isdecimal() and 1 <= int(name) <= self.rules.moves:
            self._move(int(name) - 1)
        elif name in {"Enter", " "}:
            self._move(self.chosen)
        elif name in {"ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"}:
            columns = self.rules.shape[1]
            by = {"ArrowLeft": -1, "ArrowRight": 1, "ArrowUp": -columns, "ArrowDown": columns}[name]
            if 0 <= self.chosen + by < self.rules.moves:
                self.chosen += by
        elif name == "n":
            self.begin()

    def put(self, name: str, value: Any) -> None:
        """Set a control."""
        if name == "new":
            self.begin()
        elif name == "seat":
            self.seat = 1 if value == "first" else -1
            self.begin()
        elif name == "opponent":
            self.opponent = value
        elif name == "simulations":
            self.simulations = round(value)
        elif name == "hints":
            self.hints = value
            self._look_ahead()

    def controls(self) -> tuple[Control, ...]:
        """Return opponent, its depth, the seat, and hints."""
        opponents = (("agent", "trained agent"), ("minimax", "minimax"), ("random", "chance"))
        sides = tuple(zip(("first", "second"), self.SIDES, strict=True))
        return (
            Control("new", "button", "New game"),
            Control("opponent", "choice", "Against", self.opponent, opponents),
            Control("simulations", "range", "Positions it looks ahead", self.simulations, low=1, high=800, log=True),
            Control("seat", "choice", "You play", "first" if self.seat == 1 else "second", sides),
            Control("hints", "switch", "Show what your moves are worth", self.hints),
        )

    # What goes on by itself.

    def advance(self, seconds: float) -> bool:
        """Let a stone arrive, and the opponent move."""
        if self._moving is not None:
            before, move, passed = self._moving
            self._moving = (before, move, passed + seconds / PLACES)
            if self._moving[2] >= 1.0:
                self._moving = None
                self._look_ahead()
            return True
        if self.rules.result(self.state) is not None or self.rules.player(self.state) == self.seat:
            return False
        if self._considers < 0.0:
            self._considers = 0.0
            self._consider()
            return True
        self._considers += seconds
        if self._considers >= CONSIDERS and self._thought is not None:
            self._considers = -1.0
            self._play(self._thought[2])
            return True
        return False

    def _consider(self) -> None:
        """Have the opponent choose its move."""
        if self.opponent == "agent":
            thought = self.agent.think(self.state, self.simulations)
            self._thought = (self.state, _chances(thought), thought.move)
        else:
            kind = "minimax" if self.opponent == "minimax" else "random"
            move = opponent_player(self.rules, kind)(self.rules, self.state, self.random)
            self._thought = (self.state, None, move)

    def _look_ahead(self) -> None:
        """Work out what the player's moves are worth, as the agent sees them."""
        self._hint = None
        mine = self.rules.result(self.state) is None and self.rules.player(self.state) == self.seat
        if self.hints and mine:
            self._hint = _chances(self.agent.think(self.state, 100))

    def _move(self, move: int) -> None:
        """Make the player's move, where it may be made."""
        turn = self._moving is None and self.rules.player(self.state) == self.seat
        if turn and move in self.rules.legal(self.state):
            self.chosen = move
            self._play(move)

    def _play(self, move: int) -> None:
        before = self.state
        self.state = self.rules.play(before, move)
        self._moving, self._hint = (before, move, 0.0), None
        new = np.argwhere(self.rules.board(self.state) != self.rules.board(before))
        self._last = (int(new[0][0]), int(new[0][1]))
        result = self.rules.result(self.state)
        if result is not None:
            self.won[{self.seat: 0, 0: 1}.get(result, 2)] += 1

    # What is seen.

    def text(self) -> str:
        """Return whose turn it is, or how it ended."""
        result = self.rules.result(self.state)
        score = f"You {self.won[0]}, drawn {self.won[1]}, lost {self.won[2]}."
        if result is not None and self._moving is None:
            said = "You win." if result == self.seat else "A draw." if result == 0 else "You lose."
            return f"{said} {score} N begins a new game."
        if result is None and self.rules.player(self.state) == self.seat and self._moving is None:
            last = ""
            if self._thought is not None and self._last is not None:
                last = f"It took {self._named(self._thought[2])}. "
            return f"{last}Your move: click, or {self.MOVES}."
        return "It considers its move." if self._moving is None else "The stone is on its way."

    def draw(self) -> Sequence[Command]:
        """Return the board, and beside it what the opponent saw before its last move."""
        left, right = self.parts()
        shown: list[Command] = [Group(draw_board(self._stones(), left), key="board")]
        title = {"agent": "What the agent saw before its move", "minimax": "Minimax", "random": "Chance"}[self.opponent]
        more = {
            "agent": "what each move is worth to it: 100% a win, 50% a draw",
            "minimax": "plays to the end, or as far as it can see",
            "random": "any move, all equally likely",
        }[self.opponent]
        words, rest = heading(right, title, more)
        shown.append(Group(words, key="heading"))
        if self._thought is not None:
            state, chances, move = self._thought
            stones = Stones(self.rules.board(state), chances=chances, chosen=move, labels=True)
            side = Box(rest.x, rest.y, rest.width, min(rest.height - 40, rest.width * 0.9))
            shown.append(Group(draw_board(stones, side), key="thought"))
            if chances is not None:
                best = float(np.nanmax(chances))
                told = f"It looked {self.simulations} positions ahead and expects {best:.0%}."
                shown.append(label(rest.x, side.bottom + 28, fitted(told, rest.width, 16), 16, "ink"))
        else:
            shown.append(label(rest.x, rest.y + 20, fitted("It has not moved yet.", rest.width, 16), 16, "muted"))
        return shown

    def _stones(self) -> Stones:
        if self._moving is not None:
            before, _, share = self._moving
            assert self._last is not None
            drop = Drop(*self._last, self.rules.player(before), min(1.0, share))
            return Stones(self.rules.board(before), drops=(drop,), labels=True)
        mine = self.rules.result(self.state) is None and self.rules.player(self.state) == self.seat
        chosen = self.chosen if mine and self.chosen in self.rules.legal(self.state) else -1
        return Stones(self.rules.board(self.state), last=self._last, chances=self._hint, chosen=chosen, labels=True)

    def _named(self, move: int) -> str:
        row, column = divmod(move, self.rules.shape[1])
        return (
            f"column {move + 1}" if self.rules.moves == self.rules.shape[1] else f"row {row + 1}, column {column + 1}"
        )


class TicTacToeTable(BoardTable):
    """A table of Tic Tac Toe."""

    NAME, SIDES, MOVES = "tic-tac-toe", ("X, first", "O, second"), "1 to 9"

    def game(self) -> BoardGame[Any]:
        """Return the rules."""
        return TicTacToe()

    def cell(self, x: float, y: float) -> int | None:
        """Return the cell at a place."""
        left, top, side = crosses_place((3, 3), self.parts()[0])
        column, row = int((x - left) // side), int((y - top) // side)
        return row * 3 + column if 0 <= column < 3 and 0 <= row < 3 else None


class ConnectFourTable(BoardTable):
    """A table of Connect Four."""

    NAME, SIDES, MOVES = "connect-four", ("first", "second"), "1 to 7"

    def game(self) -> BoardGame[Any]:
        """Return the rules."""
        return ConnectFour()

    def cell(self, x: float, y: float) -> int | None:
        """Return the column at a place."""
        del y
        left, _, side = discs_place((6, 7), self.parts()[0], labels=True)
        column = int((x - left) // side)
        return column if 0 <= column < 7 else None


def _chances(thought: Thought) -> NDArray[np.float64]:
    """Return the chance to win with each move, from 0 to 1; not a number where nothing is known of it."""
    return (np.asarray(thought.q, np.float64) + 1.0) / 2.0
