"""The games of self-play: hundreds side by side, what is remembered of them, and how strong the player is by now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.learn.many_boards import Bits, ManyBoards
from mlanimated.learn.tree_search import UNKNOWN, Evaluate, search

__all__ = [
    "Games",
    "Memory",
    "Mover",
    "careful_moves",
    "lambda_returns",
    "play_many",
    "random_moves",
    "scattered",
    "strength",
]

Floats = NDArray[np.float32]
Examples = tuple[Bits, Floats, Floats]
"""Positions (n, 2), policies (n, moves), values (n,)."""

Mover = Callable[[Bits], NDArray[np.intp]]
"""Chooses a move in each of many positions."""


class Games:
    """Games that a network plays against itself, each begun anew when it is over.

    Args:
        rules: The game.
        count: Games side by side.
        openings: Share of games that begin with random moves.
        longest: Random moves at the most.
        trace_decay: λ of the values.
    """

    def __init__(self, rules: ManyBoards, count: int, openings: float, longest: int, trace_decay: float) -> None:
        self.rules, self.count, self.openings, self.longest = rules, count, openings, longest
        self.trace_decay = trace_decay
        self.cells = rules.game.shape[0] * rules.game.shape[1]
        self.boards = rules.start(count)
        self.plain = np.zeros(count, np.bool_)
        self.lengths = np.zeros(count, np.int64)
        self._boards = np.zeros((count, self.cells, 2), np.uint64)
        self._policy = np.zeros((count, self.cells, rules.game.moves), np.float32)
        self._value = np.zeros((count, self.cells), np.float32)
        self.finished = 0
        self._told = np.zeros(5)

    def begin(self, random: np.random.Generator, which: NDArray[np.intp] | None = None) -> None:
        """Begin some games, or all of them."""
        which = np.arange(self.count) if which is None else which
        self.plain[which] = random.random(len(which)) >= self.openings
        moves = np.where(self.plain[which], 0, random.integers(1, max(2, self.longest + 1), len(which)))
        self.boards[which] = scattered(self.rules, np.minimum(moves, self.longest), random)
        self.lengths[which] = 0

    def step(self, evaluate: Evaluate, simulations: int, random: np.random.Generator) -> Examples:
        """Make a move in every game; return what those teach that are over."""
        rules, all_games = self.rules, np.arange(self.count)
        found = search(rules, evaluate, self.boards, simulations, random)
        self._boards[all_games, self.lengths] = self.boards
        self._policy[all_games, self.lengths] = found.policy
        self._value[all_games, self.lengths] = found.value
        self.lengths += 1
        over = found.proof != UNKNOWN
        ended, on = np.flatnonzero(over), np.flatnonzero(~over)
        examples = self._examples(ended)
        self._tell(ended, found.proof[ended])
        self.boards[on] = rules.play(self.boards[on], found.move[on])
        if len(ended):
            self.begin(random, ended)
        return examples

    def _examples(self, ended: NDArray[np.intp]) -> Examples:
        """Return every position of games that are over."""
        lengths = self.lengths[ended]
        value = lambda_returns(self._value[ended], lengths, self.trace_decay)
        there = np.arange(self.cells) < lengths[:, None]
        return self._boards[ended][there], self._policy[ended][there], value[there]

    def _tell(self, ended: NDArray[np.intp], proof: NDArray[np.int8]) -> None:
        """Add games that are over to what `told` says."""
        self.finished += len(ended)
        plain = ended[self.plain[ended]]
        stones = self.cells - self.rules.left(self.boards[plain])
        first = proof[self.plain[ended]] * np.where(stones % 2, -1, 1)
        self._told += len(plain), stones.sum(), (first == 1).sum(), (first == 0).sum(), (first == -1).sum()

    def told(self) -> dict[str, float]:
        """Return how the games from the empty board ended since this was asked last."""
        count, stones, first, drawn, second = self._told
        self._told[:] = 0
        if not count:
            return {}
        shares = {"share/first": first / count, "share/draw": drawn / count, "share/second": second / count}
        return {"length": stones / count, **shares}

    def state(self) -> dict[str, Any]:
        """Return all that `load` needs, copied."""
        longest = max(1, int(self.lengths.max()))
        return {
            "boards": self.boards.copy(),
            "plain": self.plain.astype(np.uint8),
            "lengths": self.lengths.copy(),
            "history": [part[:, :longest].copy() for part in (self._boards, self._policy, self._value)],
            "finished": self.finished,
            "told": self._told.copy(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        self.boards, self.lengths = np.array(state["boards"]), np.array(state["lengths"])
        self.plain = np.array(state["plain"]).astype(np.bool_)
        for mine, kept in zip((self._boards, self._policy, self._value), state["history"], strict=True):
            mine[:, : np.shape(kept)[1]] = kept
        self.finished, self._told = int(state["finished"]), np.array(state["told"])


class Memory:
    """The newest positions with what is to be learned of them; the oldest are forgotten.

    Args:
        size: Positions remembered at the most.
        moves: Moves of the game.
    """

    def __init__(self, size: int, moves: int) -> None:
        self.size, self.count, self._next = size, 0, 0
        self._boards = np.zeros((size, 2), np.uint64)
        self._policy = np.zeros((size, moves), np.float16)
        self._value = np.zeros(size, np.float16)

    def add(self, boards: Bits, policy: Floats, value: Floats) -> None:
        """Remember positions."""
        at = (self._next + np.arange(len(boards))) % self.size
        self._boards[at], self._policy[at], self._value[at] = boards, policy, value
        self._next = (self._next + len(boards)) % self.size
        self.count = min(self.size, self.count + len(boards))

    def sample(self, count: int, random: np.random.Generator) -> Examples:
        """Return positions drawn at random, as copies."""
        at = random.integers(self.count, size=count)
        return self._boards[at], self._policy[at].astype(np.float32), self._value[at].astype(np.float32)

    def state(self) -> dict[str, Any]:
        """Return all that `load` needs, copied."""
        parts = [part[: self.count].copy() for part in (self._boards, self._policy, self._value)]
        return {"parts": parts, "next": self._next}

    def load(self, state: Mapping[str, Any]) -> None:
        """Remember what was remembered then."""
        self._next = int(state["next"])
        for mine, kept in zip((self._boards, self._policy, self._value), state["parts"], strict=True):
            self.count = len(kept)
            mine[: self.count] = kept


def lambda_returns(values: Floats, lengths: NDArray[np.integer], trace_decay: float) -> Floats:
    """Return for each position what was thought of it, mixed with what came of it, from the side of whoever moves there.

    The last value of a game is its result; before it G(t) = (1 − λ) v(t) − λ G(t + 1): what is good for one is bad for the other.

    Args:
        values: (n, longest): what the searches said.
        lengths: (n,): how many of them each game has.
        trace_decay: λ.
    """
    returns = values.copy()
    for back in range(2, int(lengths.max(initial=0)) + 1):
        which = np.flatnonzero(lengths >= back)
        at = lengths[which] - back
        returns[which, at] -= trace_decay * (returns[which, at + 1] + returns[which, at])
    return returns


def scattered(rules: ManyBoards, moves: NDArray[np.integer], random: np.random.Generator) -> Bits:
    """Return a position after so many random moves each, none of which wins; after fewer where no such move is left."""
    boards = rules.start(len(moves))
    for ply in range(int(moves.max(initial=0))):
        which = np.flatnonzero(moves > ply)
        which = which[rules.left(boards[which]) > 1]
        quiet = rules.legal(boards[which]) & ~rules.wins(boards[which])
        able = quiet.any(axis=1)
        move = np.where(quiet, random.random(quiet.shape), -1).argmax(axis=1)
        boards[which[able]] = rules.play(boards[which[able]], move[able])
    return boards


def random_moves(rules: ManyBoards, boards: Bits, random: np.random.Generator) -> NDArray[np.intp]:
    """Return any legal move of each position, all of them equally likely."""
    legal = rules.legal(boards)
    return np.where(legal, random.random(legal.shape), -1).argmax(axis=1)


def careful_moves(rules: ManyBoards, boards: Bits, random: np.random.Generator) -> NDArray[np.intp]:
    """Return the moves of a player that wins at once where it can, blocks where it must, and is random else."""
    legal, wins = rules.legal(boards), rules.wins(boards)
    passed = boards.copy()
    passed[:, 0] ^= passed[:, 1]
    blocks = rules.wins(passed)
    return (legal * (random.random(legal.shape) + 4 * wins + 2 * blocks)).argmax(axis=1)


def strength(
    rules: ManyBoards, evaluate: Evaluate, simulations: int, random: np.random.Generator, games: int = 100
) -> float:
    """Return the points, a draw counting half, of games against the careful player: half of them in each seat."""

    def learner(boards: Bits) -> NDArray[np.intp]:
        return search(rules, evaluate, boards, simulations).move

    def careful(boards: Bits) -> NDArray[np.intp]:
        return careful_moves(rules, boards, random)

    first = play_many(rules, learner, careful, games - games // 2)
    second = play_many(rules, careful, learner, games // 2)
    return float((1 + first).sum() + (1 - second).sum()) / 2


def play_many(rules: ManyBoards, first: Mover, second: Mover, games: int) -> NDArray[np.int8]:
    """Play games side by side and return how they ended: 1 for the first player, −1 for the second, 0 for a draw.

    Args:
        rules: The game.
        first: Moves first: positions (n, 2) → moves (n,).
        second: Moves second.
        games: How many.
    """
    boards, results, going = rules.start(games), np.zeros(games, np.int8), np.arange(games)
    while len(going):
        side = 1 if (rules.left(boards[:1])[0] - rules.left(rules.start(1))[0]) % 2 == 0 else -1
        moves = (first if side == 1 else second)(boards)
        won = rules.wins(boards)[np.arange(len(boards)), moves]
        boards = rules.play(boards, moves)
        results[going[won]] = side
        on = ~won & (rules.left(boards) > 0)
        boards, going = boards[on], going[on]
    return results
