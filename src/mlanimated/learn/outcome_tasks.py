"""Two tasks for `outcome_prediction` in which one plays alone: Frozen Lake and Cart Pole.

A task says how random games become examples (what was seen and done, and how it ended), and what is recorded for the film.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mlanimated.games import cart_pole
from mlanimated.games.frozen_lake import FrozenLake
from mlanimated.games.model import model_of
from mlanimated.learn.dynamic_programming import uniform
from mlanimated.learn.words import number

__all__ = ["Examples", "Lake", "Pole", "Predict", "Row", "Task"]

Floats = NDArray[np.float32]
Predict = Callable[[Floats], Floats]
"""Inputs (n, features) → chance that each ends well (n,)."""
Row = dict[str, Any]


class Examples(NamedTuple):
    """What random games teach.

    Attributes:
        inputs: float32 (n, features): what was seen, and the action that was taken, one-hot.
        outcomes: float32 (n,): 1 where it ended well, 0 where it did not.
    """

    inputs: Floats
    outcomes: Floats


class Task(Protocol):
    """What the learner asks of a task."""

    @property
    def features(self) -> int:
        """Length of an input."""
        ...

    def examples(self, games: int, random: np.random.Generator) -> Examples:
        """Play games at random and return every move with its label."""
        ...

    def before(self, predict: Predict) -> list[Row]:
        """Return rows that show what is learned from; none where that needs no showing."""
        ...

    def during(self, predict: Predict) -> Row:
        """Return what is recorded of the learner while it learns."""
        ...

    def after(self, predict: Predict) -> list[Row]:
        """Return the rows of games that it plays without chance, once it has learned."""
        ...

    def told(self, predict: Predict) -> str:
        """Return a sentence on how well it plays, measured."""
        ...


class Lake:
    """Frozen Lake: the input is the cell and the move, one-hot together; a game that comes to the goal is won.

    Rows: `chances` (cells, 4) of every move, `here` (4,) those of the cell `place`, `move` the one that is made next, -1 for none.
    """

    LONGEST = 100

    def __init__(self, game: FrozenLake | None = None) -> None:
        self.game = game or FrozenLake.named("4x4")
        self.model = model_of(self.game)

    @property
    def features(self) -> int:
        """A number for each cell and move together: what one cell teaches of a move says nothing of another cell."""
        return 4 * self.game.states

    def inputs(self, states: NDArray[np.int64], actions: NDArray[np.int64]) -> Floats:
        """Return cells (n,) and moves (n,) as the network sees them, (n, features)."""
        return _one_hot(4 * states + actions, self.features)

    def examples(self, games: int, random: np.random.Generator) -> Examples:
        """Walk at random until all games are over; those that last 100 steps are lost."""
        states = np.full(games, self.game.start)
        playing, won = np.arange(games), np.zeros(games, np.float32)
        seen: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []
        for _ in range(self.LONGEST):
            actions = random.integers(4, size=len(playing))
            seen.append((playing, states[playing], actions))
            after, rewards, over, _ = self.model.step_many(states[playing], actions, random)
            states[playing] = after
            won[playing] = rewards > 0
            playing = playing[~over]
            if not len(playing):
                break
        which, cells, moves = (np.concatenate(part) for part in zip(*seen, strict=True))
        return Examples(self.inputs(cells, moves), won[which])

    def chances(self, predict: Predict) -> Floats:
        """Return the predicted chance to win by each move from each cell, (cells, 4)."""
        cells, moves = np.divmod(np.arange(4 * self.game.states), 4)
        return predict(self.inputs(cells, moves)).reshape(-1, 4)

    def exact(self) -> NDArray[np.float64]:
        """Return the true chances in random play that may last for ever, (cells, 4); 0 where the game is over."""
        policy = uniform(self.model)
        wins = (self.model.probabilities * (self.model.rewards > 0)).sum(axis=2)
        ahead = self.model.probabilities * ~self.model.terminated
        values = np.zeros(self.game.states)
        for _ in range(10_000):
            values = (policy * (wins + (ahead * values[self.model.next_states]).sum(axis=2))).sum(axis=1)
        return wins + (ahead * values[self.model.next_states]).sum(axis=2)

    def before(self, predict: Predict) -> list[Row]:
        """Nothing: a walk at random needs no showing."""
        del predict
        return []

    def during(self, predict: Predict) -> Row:
        """Return the table, and the chances at the start."""
        return self._row(self.chances(predict), self.game.start)

    def after(self, predict: Predict) -> list[Row]:
        """Return a walk along the best chances; one that runs in circles is cut off."""
        table = self.chances(predict)
        rows, cell = [self._row(table, self.game.start)], self.game.start
        random = np.random.default_rng(0)
        for _ in range(4 * sum(self.game.shape)):
            if not self.game.legal(cell):
                break
            cell = self.game.step(cell, int(table[cell].argmax()), random).state
            rows.append(self._row(table, cell))
        return rows

    def told(self, predict: Predict) -> str:
        """Return how it walks, and how far its chances are from the true ones."""
        rows = self.after(predict)
        end = self.game.result(int(rows[-1]["place"]))
        legal = self.model.legal
        off = float(np.abs(self.chances(predict) - self.exact())[legal].mean())
        steps = len(rows) - 1
        best = self.game.shortest()
        walk = f"reaches the goal in {steps} steps" if end == "won" else "does not reach the goal"
        short = ", the shortest way" if end == "won" and steps == best else ""
        return f"Always taking the best chance it {walk}{short}. Its chances are {number(off, 3)} off the true ones."

    def _row(self, table: Floats, cell: int) -> Row:
        if not self.game.legal(cell):  # the last chances stand
            return {"chances": table, "place": cell, "move": -1}
        return {"chances": table, "place": cell, "here": table[cell], "move": int(table[cell].argmax())}


class Pole:
    """Cart Pole: the input is the state and the push, one-hot; the last ten steps of each random game are labelled losing.

    Rows: `random/state` and `state` (4,), `random/action` and `action`, `random/doomed` 1 where a step is labelled as losing, and
    `chances` (2,) of the two pushes; `random/steps` and `steps` count those of the game.
    """

    LOSING = 10
    TEST_SEEDS = range(10_000, 10_020)
    """Games by which `told` measures."""

    def __init__(self, shown: int = 0) -> None:
        self.shown = shown
        """Seed of the game that is shown."""

    @property
    def features(self) -> int:
        """Four numbers of the state and one for each push."""
        return 6

    def inputs(self, states: NDArray[np.float64], actions: NDArray[np.int64]) -> Floats:
        """Return states (n, 4) and pushes (n,) as the network sees them, (n, 6)."""
        return np.concatenate([states / cart_pole.SCALE, _one_hot(actions, 2)], axis=1).astype(np.float32)

    def examples(self, games: int, random: np.random.Generator) -> Examples:
        """Push at random until every pole has fallen."""
        states = cart_pole.begin(random.integers(2**31, size=games).tolist())
        playing, length, step = np.arange(games), np.zeros(games, np.int64), 0
        seen: list[tuple[NDArray[np.int64], Any, NDArray[np.int64]]] = []
        while len(playing):
            actions = random.integers(2, size=len(playing))
            seen.append((playing, states[playing], actions))
            after, over = cart_pole.step(states[playing], actions)
            states[playing] = after
            step += 1
            length[playing[over]] = step
            playing = playing[~over]
        left = np.concatenate([length[which] - index for index, (which, _, _) in enumerate(seen)])
        inputs = self.inputs(
            np.concatenate([states for _, states, _ in seen]), np.concatenate([acts for _, _, acts in seen])
        )
        return Examples(inputs, (left > self.LOSING).astype(np.float32))

    def chances(self, predict: Predict, states: NDArray[np.float64]) -> Floats:
        """Return the chance that the game goes on well by each push, (n, 2)."""
        pairs = [self.inputs(states, np.full(len(states), push)) for push in (0, 1)]
        return predict(np.concatenate(pairs)).reshape(2, -1).T

    def lengths(self, predict: Predict, seeds: range) -> NDArray[np.int64]:
        """Return how many steps it holds the pole in the games of these seeds, at the most 500."""
        return cart_pole.lengths(lambda states: self.chances(predict, states).argmax(axis=1), seeds)

    def before(self, predict: Predict) -> list[Row]:
        """Return three random games with their labels."""
        waiting = self.during(predict)
        return [{**row, **waiting} for seed in range(3) for row in self._random(seed)]

    def during(self, predict: Predict) -> Row:
        """Return the two chances at the start of the game that will be shown."""
        start = cart_pole.begin([self.shown])
        return {**self._row(start[0], self.chances(predict, start)[0], 0), "action": -1}

    def after(self, predict: Predict) -> list[Row]:
        """Return one game of the learner beside one random game after the other."""
        rows: list[Row] = []
        state, over, seed, beside = cart_pole.begin([self.shown]), False, 3, list[Row]()
        for step in range(cart_pole.LONGEST + 1):
            if not beside:
                beside, seed = self._random(seed), seed + 1
            chances = self.chances(predict, state)
            rows.append({**beside.pop(0), **self._row(state[0], chances[0], step)})
            if over or step == cart_pole.LONGEST:
                break
            state, ended = cart_pole.step(state, chances.argmax(axis=1))
            over = bool(ended[0])
        return rows

    def told(self, predict: Predict) -> str:
        """Return how long it holds the pole in twenty games."""
        lengths = self.lengths(predict, self.TEST_SEEDS)
        full = int((lengths == cart_pole.LONGEST).sum())
        return f"In {full} of {len(lengths)} new games it holds the pole for all {cart_pole.LONGEST} steps."

    def _random(self, seed: int) -> list[Row]:
        random = np.random.default_rng(seed)
        states, actions, over = [cart_pole.begin([seed])], list[int](), False
        while not over:
            actions.append(int(random.integers(2)))
            after, ended = cart_pole.step(states[-1], np.array(actions[-1:]))
            states.append(after)
            over = bool(ended[0])
        last = len(actions)
        return [
            {
                "random/state": state[0],
                "random/action": actions[step] if step < last else -1,
                "random/doomed": int(last - step <= self.LOSING),
                "random/steps": step,
            }
            for step, state in enumerate(states)
        ]

    @staticmethod
    def _row(state: NDArray[np.float64], chances: Floats, step: int) -> Row:
        over = abs(state[0]) > cart_pole.EDGE or abs(state[2]) > cart_pole.TILT
        return {"state": state, "action": -1 if over else int(chances.argmax()), "chances": chances, "steps": step}


def _one_hot(numbers: NDArray[np.int64], count: int) -> Floats:
    """Return numbers (n,) as rows of zeros with a single one, (n, count)."""
    return np.eye(count, dtype=np.float32)[numbers]
