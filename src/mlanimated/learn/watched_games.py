"""Games that deep Q-learning is watched at: many at once, by the rules of games/, with what a film shows of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mlanimated.games import cart_pole, puck_world, water_world
from mlanimated.games.catch import Catch, State
from mlanimated.learn.words import number

__all__ = ["Fruit", "GameName", "Happened", "Pole", "Puck", "Swimmer", "WatchedGame", "game_of"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

GameName = Literal["cart pole", "catch", "puck world", "water world"]


Worth = Callable[[NDArray[np.float32]], Floats]
"""Gives for what is seen, (n, features), the value of the best action, (n,)."""


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
        best: The highest score there is; infinite where there is none.
        solved: What it does with that score.
        watched: States that a game begins with at every age, the same ones each time.
    """

    features: int
    actions: tuple[str, ...]
    longest: int
    best: float
    solved: str
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

    def told(self, score: float) -> str:
        """Return a score in words."""
        ...

    def shown(self, state: Floats, worth: Worth) -> dict[str, Any]:
        """Return what else a film shows of a state (1, numbers), by names of series."""
        ...


class Pole:
    """Cart Pole: each step brings 1. Scored by the mean steps of 20 games, 500 at the most."""

    features = 4
    actions: tuple[str, ...] = ("push left", "push right")
    longest = cart_pole.LONGEST
    best = float(cart_pole.LONGEST)
    solved = "holds 20 poles for 500 steps"

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

    def told(self, score: float) -> str:
        """Return how long it holds the pole."""
        return f"{number(score, 0)} steps held"

    def shown(self, state: Floats, worth: Worth) -> dict[str, Any]:
        """Return nothing more."""
        del state, worth
        return {}


class Fruit:
    """Catch: +1 or -1 when the fruit is down. Scored by how many of the published example's 63 starts end in a catch."""

    actions: tuple[str, ...] = ("left", "stay", "right")

    def __init__(self, size: int = 10) -> None:
        self.rules = Catch(size)
        self.features, self.longest = size * size, size
        self.starts = np.array(self.rules.starts, np.float64)
        self.best = float(len(self.starts))
        self.solved = f"catches all {number(self.best)} fruits"
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

    def told(self, score: float) -> str:
        """Return how many fruits it catches."""
        return f"{number(score, 0)} of {number(self.best)} caught"

    def shown(self, state: Floats, worth: Worth) -> dict[str, Any]:
        """Return nothing more."""
        del state, worth
        return {}


class Puck:
    """PuckWorld. Scored by the mean reward of a step over 16 games of 300 steps that are always the same."""

    features = 8
    actions: tuple[str, ...] = puck_world.ACTIONS
    longest = 300
    best = float("inf")
    solved = ""

    def __init__(self) -> None:
        self.watched = self.begin(1, np.random.default_rng(7))

    def begin(self, count: int, random: np.random.Generator) -> Floats:
        """Return new games."""
        return puck_world.begin(count, random)

    def seen(self, states: Floats) -> NDArray[np.float32]:
        """Return place, speed, and the ways to the green and the red place, each about as large as 1."""
        place, speed, green, red, _ = np.split(states, (2, 4, 6, 8), axis=1)
        parts = [2 * place - 1, 30 * speed, 2 * (green - place), 2 * (red - place)]
        return np.concatenate(parts, axis=1).astype(np.float32)

    def step(self, states: Floats, actions: NDArray[np.int64]) -> Happened:
        """Push each puck."""
        after, reward = puck_world.step(states, actions)
        return Happened(after, reward.astype(np.float32), np.zeros(len(states), np.bool_))

    def score(self, choose: Any) -> float:
        """Return the mean reward of a step."""
        return _mean_return(self, 16, choose) / self.longest

    def told(self, score: float) -> str:
        """Return the reward of a step."""
        return f"a reward of {number(score, 2)} a step"

    def shown(self, state: Floats, worth: Worth) -> dict[str, Any]:
        """Return what it would be worth to rest elsewhere: `field`, (24, 24), the top row first."""
        middle = (np.arange(24) + 0.5) / 24
        everywhere = np.repeat(state, 24 * 24, axis=0)
        everywhere[:, 0], everywhere[:, 1] = np.tile(middle, 24), np.repeat(middle, 24)
        everywhere[:, 2:4] = 0.0
        return {"field": worth(self.seen(everywhere)).reshape(24, 24).astype(np.float32)}


class Swimmer:
    """WaterWorld. Scored by green balls eaten less red ones in 300 steps, the mean of 12 games that are always the same."""

    features = 5 * water_world.EYES + 2
    actions: tuple[str, ...] = water_world.ACTIONS
    longest = 300
    best = float("inf")
    solved = ""

    def __init__(self) -> None:
        self.watched = self.begin(1, np.random.default_rng(5))

    def begin(self, count: int, random: np.random.Generator) -> Floats:
        """Return new games."""
        return water_world.begin(count, random)

    def seen(self, states: Floats) -> NDArray[np.float32]:
        """Return for each eye how near the green, the red or the wall is that it sees, and how that moves; then one's own speed."""
        look = water_world.eyes(states)
        parts = [look.near, 100 * look.speed[..., 0], 100 * look.speed[..., 1], 30 * states[:, 2:4]]
        return np.concatenate(parts, axis=1).astype(np.float32)

    def step(self, states: Floats, actions: NDArray[np.int64]) -> Happened:
        """Make a stroke in each game."""
        after, reward, _ = water_world.step(states, actions)
        return Happened(after, reward.astype(np.float32), np.zeros(len(states), np.bool_))

    def score(self, choose: Any) -> float:
        """Return green balls less red ones in 300 steps."""
        return _mean_return(self, 12, choose)

    def told(self, score: float) -> str:
        """Return how much it eats."""
        return f"{number(score, 1)} more green than red eaten in {self.longest} steps"

    def shown(self, state: Floats, worth: Worth) -> dict[str, Any]:
        """Return what the eyes see: `eyes`, (24, 2), distance and kind."""
        del worth
        return {"eyes": water_world.eyes(state).rays[0]}


def _mean_return(game: WatchedGame, count: int, choose: Any) -> float:
    """Return the mean sum of rewards of so many games that are always the same and have no end of their own."""
    states, total = game.begin(count, np.random.default_rng(1)), 0.0
    for _ in range(game.longest):
        states, reward, _ = game.step(states, choose(game.seen(states)))
        total += float(reward.mean())
    return total


GAMES: dict[GameName, Callable[[], WatchedGame]] = {
    "cart pole": Pole,
    "catch": Fruit,
    "puck world": Puck,
    "water world": Swimmer,
}


def game_of(name: GameName) -> WatchedGame:
    """Return the game of that name."""
    return GAMES[name]()
