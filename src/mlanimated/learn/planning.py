"""Planning: learn more from steps that are remembered, without taking them again (Sutton and Barto, chapter 8).

`Memory` counts what followed each action. `dyna` replays remembered steps by chance. `Sweeping` turns to the pairs whose values are
furthest from what the memory says, and from there backwards (Moore and Atkeson, 1993; Peng and Williams, 1993).
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.games.model import Step

__all__ = ["Memory", "Sweeping", "dyna"]

Floats = NDArray[np.float64]
Pair = tuple[int, int]

LEAST = 1e-5
"""An error below this is not worth a sweep."""


class Memory:
    """What followed each action, and how often.

    Args:
        gamma: What a reward is worth a step later.
    """

    def __init__(self, gamma: float) -> None:
        self.gamma = gamma
        self.followed: dict[Pair, dict[tuple[int, float, bool], int]] = {}
        self.pairs: list[Pair] = []
        self.leading: dict[int, dict[Pair, None]] = {}  # pairs that led to a state; a dict, for it keeps an order

    def add(self, state: int, action: int, step: Step) -> None:
        """Remember a step."""
        pair = (state, action)
        if pair not in self.followed:
            self.followed[pair] = {}
            self.pairs.append(pair)
        outcome = (step.state, step.reward, step.terminated)
        self.followed[pair][outcome] = self.followed[pair].get(outcome, 0) + 1
        if not step.terminated:
            self.leading.setdefault(step.state, {})[pair] = None

    def drawn(self, random: np.random.Generator) -> tuple[Pair, tuple[int, float, bool]]:
        """Return a pair that was visited, each with the same chance, and one of its outcomes, as often as it was seen."""
        pair = self.pairs[int(random.random() * len(self.pairs))]
        outcomes = self.followed[pair]
        left = random.random() * sum(outcomes.values())
        for outcome, count in outcomes.items():
            left -= count
            if left < 0:
                return pair, outcome
        return pair, next(reversed(outcomes))

    def target(self, pair: Pair, best: Sequence[float]) -> float:
        """Return what a pair is worth on average, when the best action of each state is worth `best`."""
        total, seen = 0.0, 0
        for (after, reward, terminated), count in self.followed[pair].items():
            total += count * (reward if terminated else reward + self.gamma * best[after])
            seen += count
        return total / seen

    def state(self) -> list[Any]:
        """Return what a checkpoint needs: each pair with its outcomes, in order."""
        return [
            [list(pair), [[*outcome, count] for outcome, count in self.followed[pair].items()]] for pair in self.pairs
        ]

    def load(self, state: list[Any]) -> None:
        """Take over what `state` gave."""
        for (place, action), outcomes in state:
            for after, reward, terminated, count in outcomes:
                for _ in range(int(count)):
                    self.add(int(place), int(action), Step(int(after), float(reward), bool(terminated)))


def dyna(memory: Memory, q: Floats, rate: float, steps: int, random: np.random.Generator) -> None:
    """Learn from so many remembered steps as Q-learning does."""
    for _ in range(steps):
        pair, (after, reward, terminated) = memory.drawn(random)
        target = reward if terminated else reward + memory.gamma * float(q[after].max())
        q[pair] += rate * (target - q[pair])


class Sweeping:
    """A queue of the pairs that are furthest from what the memory says.

    Args:
        memory: What is known of the game.
        q: The table that is swept, float64 (states, actions); -inf where an action is not offered.
    """

    def __init__(self, memory: Memory, q: Floats) -> None:
        self.memory, self.q = memory, q
        self.best: list[float] = q.max(axis=1).tolist()  # kept beside the table, for it is read most
        self.priorities: dict[Pair, float] = {}
        self.queue: list[tuple[float, Pair]] = []

    def push(self, pair: Pair) -> None:
        """Put a pair in its place in the queue, if its error is worth it."""
        priority = abs(self.memory.target(pair, self.best) - float(self.q[pair]))
        if priority > max(LEAST, self.priorities.get(pair, 0.0)):
            self.priorities[pair] = priority
            heapq.heappush(self.queue, (-priority, pair))

    def sweep(self, steps: int) -> int:
        """Set up to so many pairs to what the memory says, the largest error first; return how many there were."""
        done = 0
        while self.queue and done < steps:
            priority, pair = heapq.heappop(self.queue)
            if self.priorities.get(pair) != -priority:
                continue  # an older place in the queue
            del self.priorities[pair]
            self.q[pair] = self.memory.target(pair, self.best)
            self.best[pair[0]] = float(self.q[pair[0]].max())
            for before in self.memory.leading.get(pair[0], ()):
                self.push(before)
            done += 1
        return done

    def of_states(self) -> Floats:
        """Return the highest priority among each state's actions, float64 (states,)."""
        found = np.zeros(len(self.q))
        for (state, _), priority in self.priorities.items():
            found[state] = max(found[state], priority)
        return found

    def state(self) -> list[Any]:
        """Return what a checkpoint needs."""
        return [[*pair, priority] for pair, priority in self.priorities.items()]

    def load(self, state: list[Any]) -> None:
        """Take over what `state` gave."""
        self.best = self.q.max(axis=1).tolist()
        for place, action, priority in state:
            self.priorities[int(place), int(action)] = float(priority)
            heapq.heappush(self.queue, (-float(priority), (int(place), int(action))))
