"""Tree search for board games: a network's guess, made better by looking ahead; many positions at once, in step (NumPy).

    found = search(rules, evaluate, boards, simulations=32, random=generator)
    found.move, found.value, found.visits                       # (n,), (n,), (n, moves)

Each simulation walks down one tree for each position, to a move that was never tried, asks the network what it thinks of the position
there, and carries its answer back up. All trees take their steps together, so that the network is asked for all of them in one call.

- Inside a tree: the move with the highest value + exploration * prior * sqrt(visits of all) / (1 + visits) (PUCT; Silver et al., "A
  general reinforcement learning algorithm that masters chess, shogi and Go", 2018). A move not tried yet is taken for a little worse than
  its position.
- At the root: sequential halving (Danihelka et al., "Policy improvement by planning with Gumbel", ICLR 2022, algorithm 2, with the schedule
  of its section 3): all moves are tried alike, then the better half, until two are left. With a `random` generator Gumbel noise is
  added to the logits: the move is then a sample, and to learn from it makes the policy better. Departures: all moves are candidates; PUCT
  inside the tree (its appendix finds little difference); q counts `TRUST` per visit as below, not rescaled.
- Proofs (Winands, Björnsson and Saito, "Monte-Carlo tree search solver", 2008): the end of a game is known, and so is what follows from
  it: a move that wins proves its position won, moves that all lose prove it lost. Proven moves are not simulated again, the value of a
  proven position is exact. Departures: draws are proven too; a move that ends the game is known as soon as its position joins the tree.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.learn.many_boards import Bits, ManyBoards

__all__ = ["UNKNOWN", "Evaluate", "Found", "Tree", "search"]

Floats = NDArray[np.float32]
Whole = NDArray[np.intp]

Evaluate = Callable[[Bits], tuple[Floats, Floats]]
"""Positions (n, 2) → the logits of every move (n, moves), and the value for whoever moves, (n,), −1 to 1."""

UNKNOWN, ILLEGAL = 2, -2
"""In place of a proven value, which is 1, 0 or −1."""
EXPLORATION = 1.5
CAUTION = 0.2
"""By how much a move that was never tried is taken for worse than its position."""
TRUST, FEWEST = 0.15, 50
"""A difference of 1 in value weighs as much as one of TRUST * (FEWEST + the most visits of a move) in the logits."""


class Found(NamedTuple):
    """What a search found at the root.

    Attributes:
        move: The move to make, (n,).
        policy: The improved policy, (n, moves): what a network should learn. Proven mistakes have no share.
        value: Of the position for whoever moves, (n,), −1 to 1; exact where it is proven.
        proof: 1, 0, −1 or `UNKNOWN`, int8 (n,).
        visits: Simulations of each move, (n, moves).
        q: Value of each move, (n, moves); not a number where it was never tried and is not proven.
        proven: Of each move: 1, 0, −1, `UNKNOWN` or `ILLEGAL`, int8 (n, moves).
        prior: What the network alone would play, (n, moves).
    """

    move: Whole
    policy: Floats
    value: Floats
    proof: NDArray[np.int8]
    visits: Floats
    q: Floats
    proven: NDArray[np.int8]
    prior: Floats


class Tree:
    """A tree for each of n positions; a row of each table is a position of a tree, a column a move.

    Args:
        rules: The game.
        evaluate: The network.
        boards: The n roots, uint64 (n, 2); in none of them the game is over.
        simulations: How many each will have.
        random: Draws the Gumbel noise; None for none.
    """

    def __init__(
        self,
        rules: ManyBoards,
        evaluate: Evaluate,
        boards: Bits,
        simulations: int,
        random: np.random.Generator | None = None,
    ) -> None:
        self.rules, self.evaluate, self.simulations = rules, evaluate, simulations
        count, moves, rows = len(boards), rules.game.moves, len(boards) * (simulations + 1)
        self.boards = np.zeros((rows, 2), np.uint64)
        self.visits = np.zeros((rows, moves), np.float32)
        self.total = np.zeros((rows, moves), np.float32)
        self.prior = np.zeros((rows, moves), np.float32)
        self.proven = np.full((rows, moves), ILLEGAL, np.int8)
        self.child = np.full((rows, moves), -1, np.int64)
        self.value = np.zeros(rows, np.float32)
        self.root = np.arange(count) * (simulations + 1)
        self._free = self.root.copy()
        self.done = 0
        self.logits = np.zeros((count, moves), np.float32)
        self.proof = self._grow(np.arange(count), boards, roots=True)
        noise = random.gumbel(size=(count, moves)) if random else np.zeros((count, moves))
        self._noise = noise.astype(np.float32)
        candidates = (self.proven[self.root] != ILLEGAL).sum(axis=1)
        self._schedule = np.stack([_schedule(int(number), simulations) for number in candidates])

    def simulate(self) -> None:
        """Add one simulation to every tree whose root is not proven."""
        going = np.flatnonzero(self.proof == UNKNOWN)
        if len(going):
            self._backup(*self._descend(going))
        self.done += 1

    def found(self) -> Found:
        """Return what is known of the roots."""
        proven, visits, prior = self.proven[self.root], self.visits[self.root], self.prior[self.root]
        known = (visits > 0) | (np.abs(proven) <= 1)
        q = self._q(self.root)
        guess = self.value[self.root]
        # What was never tried is taken for what the position is worth by network and tried moves together (equation 33).
        seen = np.where(known, prior, 0)
        mean = (seen * q).sum(axis=1) / np.maximum(seen.sum(axis=1), 1e-9)
        tries = visits.sum(axis=1)
        mixed = (guess + tries * mean) / (1 + tries)
        completed = np.where(known, q, mixed[:, None])
        # A proven move is a mistake where a better one is known, and where it loses and others are open.
        bar = np.where(self.proof == UNKNOWN, 0, self.proof)[:, None]
        lost = (proven == ILLEGAL) | ((np.abs(proven) <= 1) & (proven < bar)) | ((bar == 1) & (proven != 1))
        logits = np.where(lost, -np.inf, self.logits + self._weight() * completed)
        policy = softmax(logits)
        value = np.where(self.proof == UNKNOWN, (policy * completed).sum(axis=1), self.proof)
        # Of the moves left after halving, those most often tried, the best; of proven losses the one that took longest to prove.
        tried = np.where(lost, -1, np.where(np.abs(proven) <= 1, np.inf, visits))
        most = np.where(lost, -1, visits).max(axis=1)[:, None]
        choice = np.where(tried >= most, logits + self._noise, -np.inf)
        choice = np.where((self.proof == -1)[:, None] & ~lost, visits + prior, choice)
        return Found(
            choice.argmax(axis=1),
            policy,
            value.astype(np.float32),
            self.proof.copy(),
            visits,
            np.where(known, q, np.nan).astype(np.float32),
            proven,
            prior,
        )

    def _q(self, rows: Whole) -> Floats:
        """Return the mean value of each move, exact where it is proven, 0 where nothing is known."""
        visits, proven = self.visits[rows], self.proven[rows]
        return np.where(np.abs(proven) <= 1, proven, self.total[rows] / np.maximum(visits, 1)).astype(np.float32)

    def _weight(self, which: Whole | slice = slice(None)) -> Floats:
        """Return how much a value counts against the logits, (n, 1)."""
        return TRUST * (FEWEST + self.visits[self.root[which]].max(axis=1, keepdims=True))

    def _first(self, going: Whole) -> Whole:
        """Return the move of each root that sequential halving tries next."""
        rows = self.root[going]
        visits, proven = self.visits[rows], self.proven[rows]
        score = self.logits[going] + self._noise[going] + self._weight(going) * self._q(rows)
        planned = self._schedule[going, min(self.done, self.simulations - 1)]
        # Proofs can take moves out of the plan: then the best that is open.
        score = np.where(visits == planned[:, None], score, score - 1e4)
        return np.where(proven == UNKNOWN, score, -np.inf).argmax(axis=1)

    def _descend(self, going: Whole) -> tuple[list[tuple[Whole, Whole, Whole]], Whole, Floats, NDArray[np.int8]]:
        """Walk down to a move never tried or proven, and make it.

        Returns:
            The way, for each level: trees, rows, moves; the trees; and for each of them value and proof of the end, as the player sees
            it who moves there.
        """
        count = len(self.root)
        value, proof = np.zeros(count, np.float32), np.full(count, UNKNOWN, np.int8)
        way: list[tuple[Whole, Whole, Whole]] = []
        grown: list[tuple[Whole, Whole, Whole]] = []
        trees, rows, moves = going, self.root[going], self._first(going)
        while True:
            way.append((trees, rows, moves))
            known = self.proven[rows, moves]
            after = self.child[rows, moves]
            ends = known != UNKNOWN
            value[trees[ends]] = -known[ends]
            new = (after < 0) & ~ends
            if new.any():
                grown.append((trees[new], rows[new], moves[new]))
            on = (after >= 0) & ~ends
            if not on.any():
                break
            trees, rows = trees[on], after[on]
            moves = self._inside(rows)
        if grown:
            trees, rows, moves = (np.concatenate(parts) for parts in zip(*grown, strict=True))
            boards = self.rules.play(self.boards[rows], moves)
            self.child[rows, moves] = self._free[trees]
            at = self._free[trees]
            proof[trees] = self._grow(trees, boards)
            value[trees] = self.value[at]
        return way, going, value, proof

    def _inside(self, rows: Whole) -> Whole:
        """Return the move that PUCT takes in each of these positions."""
        visits, proven, prior = self.visits[rows], self.proven[rows], self.prior[rows]
        q = self.total[rows] / np.maximum(visits, 1)
        q = np.where(visits > 0, q, self.value[rows, None] - CAUTION)
        q = np.where(proven == 0, 0, q)
        wide = EXPLORATION * np.sqrt(visits.sum(axis=1, keepdims=True) + 1)
        score = q + wide * prior / (1 + visits)
        return np.where((proven == UNKNOWN) | (proven == 0), score, -np.inf).argmax(axis=1)

    def _grow(self, trees: Whole, boards: Bits, *, roots: bool = False) -> NDArray[np.int8]:
        """Add a position to each of these trees; return what is proven of them."""
        at = self._free[trees]
        self._free[trees] += 1
        legal, wins = self.rules.legal(boards), self.rules.wins(boards)
        last = self.rules.left(boards) == 1
        proven = np.where(legal, UNKNOWN, ILLEGAL).astype(np.int8)
        proven[legal & last[:, None]] = 0
        proven[wins] = 1
        proof = np.where(wins.any(axis=1), 1, np.where(last, 0, UNKNOWN)).astype(np.int8)
        self.boards[at], self.proven[at] = boards, proven
        # The network is asked about roots, whose policy is wanted, and about what is not proven.
        ask = np.arange(len(trees)) if roots else np.flatnonzero(proof == UNKNOWN)
        value = proof.astype(np.float32)
        if len(ask):
            logits, guess = self.evaluate(boards[ask])
            logits = np.where(legal[ask], logits, -np.inf)
            self.prior[at[ask]] = softmax(logits)
            if roots:
                self.logits[:] = np.where(legal, logits, 0)
            value[ask] = np.where(proof[ask] == UNKNOWN, guess, value[ask])
        self.value[at] = value
        return proof

    def _backup(
        self, way: list[tuple[Whole, Whole, Whole]], going: Whole, value: Floats, proof: NDArray[np.int8]
    ) -> None:
        """Carry values and proofs from the ends of the ways up to the roots."""
        for trees, rows, moves in reversed(way):
            value[trees] = -value[trees]
            sure = np.flatnonzero(proof[trees] != UNKNOWN)
            if len(sure):
                which, row, move = trees[sure], rows[sure], moves[sure]
                self.proven[row, move] = -proof[which]
                table = self.proven[row]
                best = np.where(table == UNKNOWN, ILLEGAL, table).max(axis=1)
                proof[which] = np.where((best == 1) | ~(table == UNKNOWN).any(axis=1), best, UNKNOWN)
                settled = proof[which] != UNKNOWN
                value[which[settled]] = proof[which[settled]]
            self.visits[rows, moves] += 1
            self.total[rows, moves] += value[trees]
        self.proof[going] = proof[going]


def search(
    rules: ManyBoards,
    evaluate: Evaluate,
    boards: Bits,
    simulations: int,
    random: np.random.Generator | None = None,
) -> Found:
    """Look ahead from each of these positions; the arguments are those of `Tree`."""
    tree = Tree(rules, evaluate, boards, simulations, random)
    for _ in range(simulations):
        if not (tree.proof == UNKNOWN).any():
            break
        tree.simulate()
    return tree.found()


def softmax(logits: Floats) -> Floats:
    """Return probabilities; at least one logit of each row is finite."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


@lru_cache(maxsize=256)
def _schedule(candidates: int, simulations: int) -> NDArray[np.float32]:
    """Return how many visits a move must have to be tried next, for each simulation of sequential halving."""
    rounds = max(1, int(np.ceil(np.log2(max(2, candidates)))))
    planned: list[int] = []
    visits, left = [0] * candidates, candidates
    while len(planned) < simulations:
        for _ in range(max(1, simulations // (rounds * left))):
            planned += visits[:left]
            visits[:left] = [count + 1 for count in visits[:left]]
        left = max(2, left // 2) if candidates > 1 else 1
    return np.array(planned[:simulations], np.float32)
