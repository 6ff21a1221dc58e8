"""Toys that learners learn in seconds: worlds that offer what `mlanimated.envs.worlds.World` asks for, without any library."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from mlanimated.envs.atari import Game, Step


class Catch:
    """A world of pictures, 36x36: a bright square falls, a paddle below is moved; 1 when it is caught, else −1. Ten steps a game."""

    CELLS, SIDE = 9, 36

    def __init__(self, count: int, seed: int) -> None:
        self.count, self.actions, self.shape = count, ("left", "stay", "right"), (2, self.SIDE, self.SIDE)
        self.random = np.random.default_rng(seed)
        self.observation = np.zeros((count, *self.shape), np.uint8)
        self.fruit, self.height, self.paddle = (np.zeros(count, np.int64) for _ in range(3))
        self.lives, self.seeds = np.ones(count, np.int32), np.zeros(count, np.int64)
        self.begin(np.ones(count, np.bool_))

    def begin(self, which: np.ndarray) -> None:
        self.seeds[which] = self.random.integers(1, 10**6, which.sum())
        self.fruit[which] = self.random.integers(0, self.CELLS, which.sum())
        self.paddle[which] = self.random.integers(0, self.CELLS, which.sum())
        self.height[which] = 0
        self.observation = self.observation.copy()
        self.observation[which] = 0
        self.observation[which, -1] = self.picture()[which]

    def picture(self) -> np.ndarray:
        cells = np.zeros((self.count, self.CELLS, self.CELLS), np.uint8)
        places = np.arange(self.count)
        cells[places, np.minimum(self.height, self.CELLS - 1), self.fruit] = 255
        cells[places, -1, self.paddle] = 200
        return cells.repeat(4, axis=1).repeat(4, axis=2)

    def step(self, actions: np.ndarray) -> Step:
        self.paddle = np.clip(self.paddle + actions - 1, 0, self.CELLS - 1)
        self.height = self.height + 1
        self.observation = np.concatenate([self.observation[:, 1:], self.picture()[:, None]], axis=1)
        final, over = self.observation, self.height == self.CELLS
        reward = np.where(over, np.where(self.paddle == self.fruit, 1.0, -1.0), 0.0).astype(np.float32)
        played = np.zeros(self.CELLS, np.uint8)
        games = tuple(
            Game(place, int(self.seeds[place]), int(reward[place]), played, False)
            for place in np.flatnonzero(over).tolist()
        )
        if games:
            self.begin(over)
        cut = np.zeros(self.count, np.bool_)
        return Step(self.observation, reward, reward.astype(np.int32), over, cut, final, self.lives, games)

    def state(self) -> dict[str, Any]:
        arrays = {name: value.copy() for name, value in vars(self).items() if isinstance(value, np.ndarray)}
        return {**arrays, "random": json.dumps(self.random.bit_generator.state)}

    def load(self, state: dict[str, Any]) -> bool:
        for name, value in state.items():
            if name != "random":
                setattr(self, name, np.array(value))
        self.random.bit_generator.state = json.loads(state["random"])
        return True
