"""Gymnasium environments with vectors to see, played side by side as Atari games are.

Actions are chosen from a list, or are vectors of numbers. Of a number there are 255 levels between its limits: one byte each, so that a
game of either kind is its seed and a few bytes a step, and is played again from them exactly.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mlanimated.envs.atari import Game, Step
from mlanimated.errors import MissingExtra, MlaError, did_you_mean

__all__ = ["LEVELS", "Vectors", "is_id", "levels_of", "make_environment", "numbers_of"]

SEEDS = 2**31 - 1
LEVELS = 127
"""Levels of a number on either side of the middle; `levels_of` and `numbers_of` tell what each stands for."""


class Vectors:
    """Environments of one id; one that is over is begun anew at once, with the next seed. `step`'s reward is as it comes.

    Each is given by its seed and its actions alone, as the games of `Atari` are, so that `load` plays it again.

    Args:
        name: Its id, "CartPole-v1".
        count: How many are played side by side.
        seed: Draws each one's own seed.
        continuous: Actions are vectors of numbers: `step` takes these, rounded to the nearest level, or their levels, uint8.
            None: they may be of either kind.
        seeds: Seeds of the first ones in order, in place of drawn ones.

    Attributes:
        low: float64 (numbers,): what the lowest level of each number of an action is; empty where actions are a list.
        high: What the highest is.

    Raises:
        MissingExtra: Gymnasium is not installed, or what it needs for this environment.
        MlaError: There is no such environment, or its actions are of the other kind.
    """

    def __init__(
        self, name: str, count: int, *, seed: int = 0, continuous: bool | None = False, seeds: Sequence[int] = ()
    ) -> None:
        from mlanimated.envs.registry import (
            register,
        )  # not sooner: where Gymnasium is not loaded yet, it would miss the names

        gymnasium = _gymnasium()
        register()
        if name not in gymnasium.registry:
            raise MlaError(f"There is no environment {name!r}.{did_you_mean(name, gymnasium.registry)}")
        self.name, self.count = name, count
        # What is left in a Box2D world after a reset lets the next game go another way: each game has a new one.
        self._fresh = "box2d" in str(gymnasium.spec(name).entry_point)
        self._environments = [make_environment(name) for _ in range(count)]
        actions, seen = self._environments[0].action_space, self._environments[0].observation_space
        if continuous is None:
            continuous = not hasattr(actions, "n")
        if not continuous and (not hasattr(actions, "n") or seen.shape is None):
            raise MlaError(f"The actions of {name} are no list to choose from; this learner needs one.")
        if continuous and (hasattr(actions, "n") or not np.isfinite(actions.low).all() or len(actions.shape) != 1):
            raise MlaError(f"The actions of {name} are no vector of numbers between limits; this learner needs one.")
        self.low, self.high = (
            (np.asarray(actions.low, np.float64), np.asarray(actions.high, np.float64))
            if continuous
            else (np.empty(0), np.empty(0))
        )
        self.actions = () if continuous else tuple(str(action) for action in range(int(actions.n)))
        self.shape: tuple[int, ...] = tuple(seen.shape)
        self.observation = np.zeros((count, *self.shape), np.float32)
        self._random = np.random.default_rng(seed)
        self._waiting = [int(one) for one in seeds]
        self._seeds = [0] * count
        self._played = [bytearray() for _ in range(count)]
        self._scores = np.zeros(count)
        for place in range(count):
            self._restart(place)

    def step(self, actions: np.ndarray) -> Step:
        """Play one step of each, as `Atari.step`; points are the rewards, in float32."""
        if not self.actions and actions.dtype.kind == "f":
            actions = levels_of((actions - (self.low + self.high) / 2) / (self.high - self.low) * 2)
        rewards = np.zeros(self.count, np.float32)
        done, truncated = np.zeros((2, self.count), np.bool_)
        final = np.zeros_like(self.observation)
        seen = self.observation.copy()
        games: list[Game] = []
        self.observation = seen
        for place in range(self.count):
            action = actions[place]
            final[place], rewards[place], done[place], truncated[place], _ = self._act(place, action)
            seen[place] = final[place]
            self._played[place] += np.uint8(action).tobytes()
            self._scores[place] += rewards[place]
            if done[place] or truncated[place]:
                played = self._actions_of(self._played[place])
                stopped = bool(truncated[place])
                games.append(Game(place, self._seeds[place], float(self._scores[place]), played, stopped))
                self._restart(place)
        lives = np.ones(self.count, np.int32)
        return Step(seen, rewards, rewards, done, truncated & ~done, final, lives, tuple(games))

    def state(self) -> dict[str, Any]:
        """Return all that `load` needs to go on from here: seeds and actions."""
        return {
            "seeds": list(self._seeds),
            "played": [np.frombuffer(bytes(played), np.uint8) for played in self._played],
            "random": self._random.bit_generator.state,
            "waiting": list(self._waiting),
        }

    def load(self, state: Mapping[str, Any]) -> bool:
        """Go on from a `state`: each environment is played again from its seed up to the same moment."""
        for place, (seed, played) in enumerate(zip(state["seeds"], state["played"], strict=True)):
            self._restart(place, int(seed))
            for action in self._actions_of(played.tobytes()):
                self.observation[place], reward, *_ = self._act(place, action)
                self._scores[place] += np.float32(reward)
            self._played[place] = bytearray(played.tobytes())
        self._random.bit_generator.state = dict(state["random"])
        self._waiting = [int(one) for one in state.get("waiting", ())]
        return True

    def _act(self, place: int, action: np.ndarray) -> tuple[Any, ...]:
        """Play one step of one environment."""
        if self.actions:
            return self._environments[place].step(int(action))
        return self._environments[place].step(numbers_of(action, self.low, self.high).astype(np.float32))

    def _actions_of(self, played: bytes | bytearray) -> np.ndarray:
        """Return actions from their bytes: uint8 (steps,), or (steps, numbers) of continuous ones."""
        flat = np.frombuffer(bytes(played), np.uint8)
        return flat if self.actions else flat.reshape(-1, len(self.low))

    def _restart(self, place: int, seed: int | None = None) -> None:
        """Begin one anew."""
        if seed is None:
            seed = self._waiting.pop(0) if self._waiting else int(self._random.integers(1, SEEDS))
        self._seeds[place] = seed
        self._played[place] = bytearray()
        self._scores[place] = 0.0
        if self._fresh:
            self._environments[place] = make_environment(self.name)
        self.observation[place] = self._environments[place].reset(seed=self._seeds[place])[0]


def is_id(name: str) -> bool:
    """Return whether a name is the id of a Gymnasium environment: it ends in a version and is no Atari game's."""
    return bool(re.fullmatch(r"(?!ALE/)[\w/-]+-v\d+", name)) and not re.search(r"NoFrameskip|Deterministic", name)


def levels_of(numbers: np.ndarray) -> np.ndarray:
    """Return the levels nearest to numbers between -1, the lower limit, and 1, the upper: uint8 0 to 254, of any shape."""
    return (np.rint(np.clip(numbers, -1.0, 1.0) * LEVELS) + LEVELS).astype(np.uint8)


def numbers_of(levels: np.ndarray, low: np.ndarray | float = -1.0, high: np.ndarray | float = 1.0) -> np.ndarray:
    """Return what levels stand for: float64 from `low` (level 0) to `high` (level 254)."""
    share = (levels.astype(np.float64) - LEVELS) / LEVELS
    return (low + high) / 2 + share * (high - low) / 2


def make_environment(name: str) -> Any:
    """Return one environment by its id.

    Raises:
        MissingExtra: Gymnasium is not installed, or what it needs for this environment.
        MlaError: It needs something else that is missing.
    """
    gymnasium = _gymnasium()
    try:
        with warnings.catch_warnings():
            # Box2D is compiled by SWIG, whose types warn as they are loaded; made an error, that warning ends the process.
            warnings.filterwarnings("ignore", "builtin type", DeprecationWarning)
            return gymnasium.make(name, disable_env_checker=True)
    except gymnasium.error.DependencyNotInstalled as error:
        if "box2d" in str(gymnasium.spec(name).entry_point):
            raise MissingExtra(f"Playing {name}", "walking") from error
        raise MlaError(f"{name} cannot be played: {error}") from error


def _gymnasium() -> Any:
    """Return Gymnasium, untyped: it is optional."""
    try:
        return importlib.import_module("gymnasium")
    except ModuleNotFoundError as error:
        raise MissingExtra("Playing Gymnasium's environments", "games") from error
