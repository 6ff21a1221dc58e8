"""Games that deep Q-learning is watched at: many at once, by the rules of games/, with what a film shows of them."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mlanimated.games import cart_pole
from mlanimated.games.catch import Catch, State

__all__ = ["Fruit", "GameName", "Happened", "Pole", "WatchedGame", "game_of"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

GameName = Literal["cart pole", "catch"]


class Happened(NamedTuple):
    """What one step of many games brought; each array has one entry a game.

    Attributes:
        states: What follows.
        reward: float32 (n,).
        over: Games that have ended.
    """

    states: Floats
    reward: NDArray[np.float32]
    over: Bools


class WatchedGame(Protocol):
    """A game whose states are a few numbers.

    Attributes:
        features: Length of what the network sees.
        actions: Names of the actions.
        longest: Steps after which a game is stopped from outside.
        best: The highest score there is.
        watched: States that a game begins with at every age, the same ones each time.
    """

    features: int
    actions: tuple[str, ...]
    longest: int
    best: float
    watched: Floats

    def begin(self, count: int, random: np.random.Generator) -> Floats:
        """Return the states of new games, (count, numbers)."""
        ...

    def seen(self, states: Floats) -> NDArray[np.float32]:
        """Return what the network sees of states, (n, features)."""
        ...

    def step(self, states: Floats, actions: NDArray[np.int64]) -> Happened:
        """Make a step in each game."""
        ...

    def score(self, choose: Any) -> float:
        """Return how well a policy (seen → actions) does: what the film's curve shows."""
        ...


class Pole:
    """Cart Pole: each step brings 1. Scored by the mean steps of 20 games, 500 at the most."""

    features = 4
    actions: tuple[str, ...] = ("push left", "push right")
    longest = cart_pole.LONGEST
    best = float(cart_pole.LONGEST)

    def __init__(self) -> None:
        self.watched = cart_pole.begin([3])

    def begin(self, count: int, random: np.random.Generator) -> Floats:
        """Return states near the middle, as Gymnasium draws them."""
        return random.uniform(-0.05, 0.05, (count, 4))

    def seen(self, states: Floats) -> NDArray[np.float32]:
        """Return the four numbers, each about as large as 1."""
        return (states / cart_pole.SCALE).astype(np.float32)

    def step(self, states: Floats, actions: NDArray[np.int64]) -> Happened:
        """Push each cart."""
        after, over = cart_pole.step(states, actions)
        return Happened(after, np.ones(len(states), np.float32), over)

    def score(self, choose: Any) -> float:
        """Return the mean steps of 20 games that are always the same."""
        return float(cart_pole.lengths(lambda states: choose(self.seen(states)), range(1000, 1020)).mean())


class Fruit:
    """Catch: +1 or -1 when the fruit is down. Scored by how many of the published example's 63 starts end in a catch."""

    actions: tuple[str, ...] = ("left", "stay", "right")

    def __init__(self, size: int = 10) -> None:
        self.rules = Catch(size)
        self.features, self.longest = size * size, size
        self.starts = np.array(self.rules.starts, np.float64)
        self.best = float(len(self.starts))
        self.watched = np.array([(0, 1, size - 3), (0, size - 2, 2), (0, 4, size - 4)], np.float64)

    def begin(self, count: int, random: np.random.Generator) -> Floats:
        """Return starts of the published example, all equally likely."""
        return self.starts[random.integers(0, len(self.starts), count)]

    def seen(self, states: Floats) -> NDArray[np.float32]:
        """Return the boards, flat."""
        size, whole = self.rules.size, states.astype(np.int64)
        board = np.zeros((len(states), size, size), np.float32)
        every = np.arange(len(states))
        for offset in (-1, 0, 1):
            board[every, -1, whole[:, 2] + offset] = 1.0
        board[every, whole[:, 0], whole[:, 1]] = 1.0
        return board.reshape(len(states), -1)

    def step(self, states: Floats, actions: NDArray[np.int64]) -> Happened:
        """Move each basket; the fruit falls."""
        moves = [
            self.rules.step(State(*map(int, state)), int(action)) for state, action in zip(states, actions, strict=True)
        ]
        after = np.array([move.state for move in moves], np.float64)
        return Happened(
            after, np.array([move.reward for move in moves], np.float32), np.array([one.terminated for one in moves])
        )

    def score(self, choose: Any) -> float:
        """Return how many of the 63 starts (on 10x10) are caught."""
        states, reward = self.starts, np.zeros(len(self.starts), np.float32)
        for _ in range(self.rules.size - 1):
            states, reward, _ = self.step(states, choose(self.seen(states)))
        return float((reward > 0).sum())


def game_of(name: GameName) -> WatchedGame:
    """Return the game of that name."""
    return Pole() if name == "cart pole" else Fruit()
