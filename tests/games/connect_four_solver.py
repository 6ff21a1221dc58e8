"""A perfect player of Connect Four, for the tests alone: what every position is truly worth.

    Solver().scores("44")        # the score of each column after two moves in the middle column

Negamax with alpha-beta, null windows, a transposition table, moves ordered by the threats they make and losing moves left out, as in
Pascal Pons's "Solving Connect Four" (2015, blog.gamesolver.org), written anew. Bit boards as in `games/connect_four.py`; they
have 49 bits, so that int64 holds them, and the same code runs as it is or, where numba is installed, compiled: some 100 times
faster. As it is it solves positions of 20 plies and more in the time of a test; the others are in `connect_four_answers.json`.

A score is positive for a win of whoever moves, negative for a loss and 0 for a draw. It counts the moves of one's own that would be
left on the board after the winning one, plus one: 1 wins with the last disc, 2 with the last but one. From the empty board the seven
columns score −2 −1 0 1 0 −1 −2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

try:
    from numba import njit  # type: ignore[import-not-found]
except ImportError:

    def njit(*_: Any, **__: Any) -> Callable[[Any], Any]:
        """Leave a function as it is."""
        return lambda function: function


WIDTH, HEIGHT = 7, 6
CELLS = WIDTH * HEIGHT
STRIDE = HEIGHT + 1
BOTTOM = sum(1 << STRIDE * column for column in range(WIDTH))
BOARD = BOTTOM * ((1 << HEIGHT) - 1)
MIDDLE_FIRST = (3, 2, 4, 1, 5, 0, 6)
ILLEGAL = -100
MIRRORED = 20
"""Up to so many plies a position and its mirror image are one entry of the table."""


@njit("int64(int64, int64)", cache=True)
def winning_cells(discs: int, filled: int) -> int:
    """Return the free cells that would complete four of these discs."""
    found = (discs << 1) & (discs << 2) & (discs << 3)
    for step in (STRIDE - 1, STRIDE, STRIDE + 1):
        pair = (discs << step) & (discs << 2 * step)
        found |= pair & (discs << 3 * step)
        found |= pair & (discs >> step)
        pair = (discs >> step) & (discs >> 2 * step)
        found |= pair & (discs << step)
        found |= pair & (discs >> 3 * step)
    return found & (BOARD ^ filled)


@njit("int64(int64)", cache=True)
def count(bits: int) -> int:
    """Return how many bits are set."""
    found = 0
    while bits:
        bits &= bits - 1
        found += 1
    return found


@njit("int64(int64)", cache=True)
def mirrored(bits: int) -> int:
    """Return a bit board with left and right exchanged."""
    column = (1 << STRIDE) - 1
    found = bits & (column << 3 * STRIDE)
    for left in range(3):
        found |= ((bits >> left * STRIDE) & column) << (6 - left) * STRIDE
        found |= ((bits >> (6 - left) * STRIDE) & column) << left * STRIDE
    return found


@njit("int64(int64, int64, int64, int64, int64, int64[:], int8[:], int64[:, :], int64[:, :])", cache=True)
def negamax(mine, filled, plies, low, high, keys, bounds, moves, ranks):  # type: ignore[no-untyped-def]
    """Return the score of a position in which nobody can win at once, or a bound on it outside of low..high.

    `keys` and `bounds` are the transposition table: bounds above 50 are lower ones. `moves` and `ranks` have a row for each ply.
    """
    possible = (filled + BOTTOM) & BOARD
    threats = winning_cells(mine ^ filled, filled)
    forced = possible & threats
    if forced:
        if forced & (forced - 1):
            return -((CELLS - plies) // 2)  # two threats: one of them remains
        possible = forced
    possible &= ~(threats >> 1)  # never below a cell where the other would win
    if not possible:
        return -((CELLS - plies) // 2)
    if plies >= CELLS - 2:
        return 0
    low = max(low, -((CELLS - 2 - plies) // 2))
    if low >= high:
        return low
    most = (CELLS - 1 - plies) // 2
    key = mine + filled
    if plies < MIRRORED:
        key = min(key, mirrored(mine) + mirrored(filled))
    slot = key % len(keys)
    if keys[slot] == key:
        known = int(bounds[slot])
        if known > 50:
            low = max(low, known - 100)
            if low >= high:
                return low
        else:
            most = min(most, known)
    high = min(high, most)
    if low >= high:
        return high
    number = 0
    for column in MIDDLE_FIRST:
        move = possible & (((1 << HEIGHT) - 1) << STRIDE * column)
        if move:
            rank = count(winning_cells(mine | move, filled | move))
            place = number
            while place and ranks[plies, place - 1] < rank:
                ranks[plies, place] = ranks[plies, place - 1]
                moves[plies, place] = moves[plies, place - 1]
                place -= 1
            ranks[plies, place] = rank
            moves[plies, place] = move
            number += 1
    for index in range(number):
        move = int(moves[plies, index])
        after = filled | move
        score = -negamax(mine ^ filled, after, plies + 1, -high, -low, keys, bounds, moves, ranks)
        if score >= high:
            keys[slot] = key
            bounds[slot] = score + 100
            return score
        low = max(low, score)
    keys[slot] = key
    bounds[slot] = low
    return low


@njit("int64(int64, int64, int64, int64, int64, int64[:], int8[:], int64[:, :], int64[:, :])", cache=True)
def search(mine, filled, plies, low, high, keys, bounds, moves, ranks):  # type: ignore[no-untyped-def]
    """Return the score of a position that goes on by ever narrower questions of "better than?"; a bound outside of low..high."""
    if winning_cells(mine, filled) & (filled + BOTTOM):
        return min(high, max(low, (CELLS + 1 - plies) // 2))
    low = max(low, -((CELLS - plies) // 2))
    high = min(high, (CELLS - 1 - plies) // 2)
    while low < high:
        middle = low + (high - low) // 2
        # Whether it is a win at all is asked first: those answers cut off most.
        if middle <= 0 and -((-low) // 2) < middle:
            middle = -((-low) // 2)
        elif middle >= 0 and high // 2 > middle:
            middle = high // 2
        found = negamax(mine, filled, plies, middle, middle + 1, keys, bounds, moves, ranks)
        if found <= middle:
            high = found
        else:
            low = found
    return low


class Solver:
    """What positions are worth.

    Args:
        table: Entries of the transposition table, an odd number.
    """

    def __init__(self, table: int = (1 << 20) + 7) -> None:
        self._keys = np.full(table, -1, np.int64)
        self._bounds = np.zeros(table, np.int8)
        self._moves = np.zeros((CELLS + 1, WIDTH), np.int64)
        self._ranks = np.zeros((CELLS + 1, WIDTH), np.int64)

    def score(self, mine: int, filled: int, *, weak: bool = False) -> int:
        """Return the score of a position, two bit boards; a `weak` one says 1, 0 or −1."""
        plies = filled.bit_count()
        if _four(mine ^ filled):
            lost = -((CELLS + 2 - plies) // 2)
            return max(-1, lost) if weak else lost
        if filled == BOARD:
            return 0
        low, high = (-1, 1) if weak else (-CELLS, CELLS)
        found = int(search(mine, filled, plies, low, high, self._keys, self._bounds, self._moves, self._ranks))
        return min(high, max(low, found))

    def scores(self, played: str, *, weak: bool = False) -> list[int]:
        """Return the score of each column for whoever moves; `ILLEGAL` where no disc can fall.

        Args:
            played: The columns played so far, 1 to 7, as in "4453".
            weak: Say 1, 0 or −1 alone.
        """
        mine, filled = position(played)
        found = [ILLEGAL] * WIDTH
        if not _four(mine ^ filled):
            even = mirrored(mine) == mine and mirrored(filled) == filled
            for column in range(WIDTH):
                if even and column > WIDTH // 2:
                    found[column] = found[WIDTH - 1 - column]
                    continue
                move = (filled + (1 << STRIDE * column)) & (((1 << HEIGHT) - 1) << STRIDE * column)
                if move:
                    found[column] = -self.score(mine ^ filled, filled | move, weak=weak)
        return found


def position(played: str) -> tuple[int, int]:
    """Return the two bit boards after some moves, columns 1 to 7."""
    mine = filled = 0
    for digit in played:
        mine, filled = mine ^ filled, filled | (filled + (1 << STRIDE * (int(digit) - 1)))
    return mine, filled


def _four(discs: int) -> bool:
    return any(
        discs & discs >> step & discs >> 2 * step & discs >> 3 * step for step in (1, STRIDE - 1, STRIDE, STRIDE + 1)
    )
