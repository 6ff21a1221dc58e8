"""Replay memory: what many games played side by side brought, each picture stored once (Lin 1992; Mnih et al. 2013).

An observation of four pictures shares three of them with the one before. Stored one by one, a million 84x84 pictures take 7.1 GB in
place of 28, and of the observation that follows nothing is stored at all: both are put together when they are drawn.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

__all__ = ["Batch", "Replay", "fitting", "free_memory"]

SHARE = 0.8  # of the free memory that a replay memory may take
UNKNOWN = 4 * 2**30  # bytes taken to be free where the machine does not say


class Batch(NamedTuple):
    """Drawn transitions over one or more steps.

    Attributes:
        observation: (n, *shape), or (n, stack, *shape) of stacked pictures.
        action: int64 (n, *action_shape).
        reward: float32 (n,): the discounted sum over the steps until `following`.
        following: What was seen after the last of these steps, like `observation`.
        discount: float32 (n,): what the value of `following` is worth; 0 where nothing follows.
    """

    observation: np.ndarray
    action: np.ndarray
    reward: np.ndarray
    following: np.ndarray
    discount: np.ndarray


class Replay:
    """The last rows of all games; a row holds one step of each.

    Args:
        rows: How many are kept; rows times games is the number of transitions.
        games: How many are played side by side.
        shape: Of one picture or vector.
        dtype: Of its numbers.
        stack: Latest pictures seen together; before a game's first one there are zeros. 1: no such axis.
        action_shape: Of one action: () of an index, (n,) of the levels of n numbers.

    Attributes:
        rows: As given.
        added: Rows added so far, those that are gone included.
        oldest: No row before this one is drawn.
    """

    def __init__(
        self,
        rows: int,
        games: int,
        shape: Sequence[int],
        dtype: type,
        *,
        stack: int = 1,
        action_shape: Sequence[int] = (),
    ) -> None:
        self.rows, self.games, self.stack, self.added, self.oldest = rows, games, stack, 0, 0
        self.seen: np.ndarray = np.zeros((rows, games, *shape), dtype)
        self.action: np.ndarray = np.zeros((rows, games, *action_shape), np.uint8)
        self.reward = np.zeros((rows, games), np.float32)
        self.first, self.done, self.cut = (np.zeros((rows, games), np.bool_) for _ in range(3))

    def add(
        self,
        seen: np.ndarray,
        first: np.ndarray,
        action: np.ndarray,
        reward: np.ndarray,
        done: np.ndarray,
        cut: np.ndarray,
    ) -> None:
        """Add one row, in place of the oldest when the memory is full; every array has one entry a game.

        Args:
            seen: The newest picture, or the vector, on which the action was chosen.
            first: True where a game begins with it.
            action: What was done.
            reward: What it brought.
            done: True where nothing that follows counts for this action.
            cut: True where the game was stopped from outside: what would have followed is not known.
        """
        row = self.added % self.rows
        self.seen[row], self.first[row], self.action[row] = seen, first, action
        self.reward[row], self.done[row], self.cut[row] = reward, done, cut
        self.added += 1

    def restart(self, added: int, oldest: int) -> None:
        """Go on as if so many rows had been added, of which none before row `oldest` is ever drawn."""
        self.added, self.oldest = added, oldest

    def __len__(self) -> int:
        """Return how many transitions are stored."""
        return min(self.added - self.oldest, self.rows) * self.games

    def ready(self, steps: int) -> bool:
        """Return whether there is anything to draw with so many steps a transition."""
        low, high = self.span(steps)
        return high > low

    def span(self, steps: int) -> tuple[int, int]:
        """Return the first row that may be drawn and the first that may not: pictures before and steps after are all there."""
        gone = self.added - self.rows
        return (gone + self.stack - 1 if gone > self.oldest else self.oldest), self.added - steps

    def sample(self, size: int, random: np.random.Generator, *, steps: int = 1, discount: float = 0.99) -> Batch:
        """Draw transitions, each stored one equally likely, with replacement.

        Those that run into a game that was stopped from outside are left out: what would have followed is not known.

        Args:
            size: How many.
            random: Draws them.
            steps: Rewards summed before the value of what follows (n of n-step returns); fewer where the game ends.
            discount: What a reward is worth one step earlier.
        """
        low, high = self.span(steps)
        row, game = np.empty(0, np.int64), np.empty(0, np.int64)
        while len(row) < size:
            more_rows = random.integers(low, high, size)
            more_games = random.integers(0, self.games, size)
            known = ~self._runs_out(more_rows, more_games, steps)
            row, game = np.append(row, more_rows[known]), np.append(game, more_games[known])
        return self.gather(row[:size], game[:size], steps=steps, discount=discount)

    def gather(self, row: np.ndarray, game: np.ndarray, *, steps: int = 1, discount: float = 0.99) -> Batch:
        """Return the transitions that begin in these rows (counted from the first ever added) and games."""
        reward, worth = np.zeros(len(row), np.float32), np.ones(len(row), np.float32)
        open_ended = np.ones(len(row), np.bool_)
        length = np.zeros(len(row), np.int64)
        for step in range(steps):
            at = (row + step) % self.rows
            reward += np.where(open_ended, worth * self.reward[at, game], np.float32(0.0))
            length += open_ended
            worth = np.where(open_ended, worth * np.float32(discount), worth)
            open_ended &= ~self.done[at, game]
        return Batch(
            self.observation(row, game),
            self.action[row % self.rows, game].astype(np.int64),
            reward,
            self.observation(row + length, game),
            np.where(open_ended, worth, np.float32(0.0)),
        )

    def observation(self, row: np.ndarray, game: np.ndarray) -> np.ndarray:
        """Return what was seen in these rows and games, with the pictures before it where they are stacked."""
        flat: np.ndarray = self.seen.reshape(-1, *self.seen.shape[2:])
        at = row % self.rows
        if self.stack == 1:
            return flat[at * self.games + game]
        stacked: np.ndarray = np.empty((len(row), self.stack, *self.seen.shape[2:]), self.seen.dtype)
        begun = np.zeros(len(row), np.bool_)  # the pictures further back belong to another game
        for back in range(self.stack):
            at = (row - back) % self.rows
            stacked[:, -1 - back] = flat[at * self.games + game]
            stacked[begun, -1 - back] = 0
            begun |= self.first[at, game]
        return stacked

    def _runs_out(self, row: np.ndarray, game: np.ndarray, steps: int) -> np.ndarray:
        """Return where a transition meets a game stopped from outside before its end."""
        runs_out, over = np.zeros(len(row), np.bool_), np.zeros(len(row), np.bool_)
        for step in range(steps):
            at = (row + step) % self.rows
            runs_out |= ~over & self.cut[at, game]
            over |= self.done[at, game]
        return runs_out


def fitting(transitions: int, shape: Sequence[int], dtype: type, free: int | None = None) -> int:
    """Return how many transitions fit into four fifths of the free memory: as many as wanted, or fewer.

    Args:
        transitions: How many are wanted.
        shape: Of one picture or vector.
        dtype: Of its numbers.
        free: Bytes that are free; None asks the machine.
    """
    each = math.prod(shape) * np.dtype(dtype).itemsize + 8
    return min(transitions, int(SHARE * (free_memory() if free is None else free)) // each)


def free_memory() -> int:
    """Return the bytes of memory that this process may still take, the limit of a container among them."""
    free = [_available()]
    folder = Path("/sys/fs/cgroup")
    limit, used = _number(folder / "memory.max"), _number(folder / "memory.current")
    if limit is not None and used is not None:
        free.append(max(0, limit - used))
    return min(free)


def _available() -> int:
    """Return the machine's free memory as the system tells it."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, OSError, ValueError):
        return UNKNOWN


def _number(path: Path) -> int | None:
    """Return the whole number in a file, None where there is none."""
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
