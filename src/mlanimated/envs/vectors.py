"""Gymnasium environments with vectors to see and actions to choose from, played side by side as Atari games are."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from mlanimated.envs.atari import Game, Step
from mlanimated.errors import MissingExtra, MlaError, did_you_mean

__all__ = ["Vectors", "is_id"]

SEEDS = 2**31 - 1


class Vectors:
    """Environments of one id; one that is over is begun anew at once, with the next seed. `step`'s reward is as it comes.

    Each is given by its seed and its actions alone, as the games of `Atari` are, so that `load` plays it again.

    Args:
        name: Its id, "CartPole-v1".
        count: How many are played side by side.
        seed: Draws each one's own seed.

    Raises:
        MissingExtra: Gymnasium is not installed.
        MlaError: There is no such environment, or its actions are not to be chosen from a list.
    """

    def __init__(self, name: str, count: int, *, seed: int = 0) -> None:
        gymnasium = _gymnasium()
        if name not in gymnasium.registry:
            raise MlaError(f"There is no environment {name!r}.{did_you_mean(name, gymnasium.registry)}")
        self.count = count
        self._environments = [gymnasium.make(name) for _ in range(count)]
        actions, seen = self._environments[0].action_space, self._environments[0].observation_space
        if not hasattr(actions, "n") or seen.shape is None:
            raise MlaError(f"The actions of {name} are no list to choose from; this learner needs one.")
        self.actions = tuple(str(action) for action in range(int(actions.n)))
        self.shape: tuple[int, ...] = tuple(seen.shape)
        self.observation = np.zeros((count, *self.shape), np.float32)
        self._random = np.random.default_rng(seed)
        self._seeds = [0] * count
        self._played = [bytearray() for _ in range(count)]
        self._scores = np.zeros(count)
        for place in range(count):
            self._restart(place)

    def step(self, actions: np.ndarray) -> Step:
        """Play one step of each, as `Atari.step`; points are the rewards, in float32."""
        rewards = np.zeros(self.count, np.float32)
        done, truncated = np.zeros((2, self.count), np.bool_)
        final = np.zeros_like(self.observation)
        seen = self.observation.copy()
        games: list[Game] = []
        self.observation = seen
        for place, action in enumerate(actions.tolist()):
            final[place], rewards[place], done[place], truncated[place], _ = self._environments[place].step(action)
            seen[place] = final[place]
            self._played[place].append(action)
            self._scores[place] += rewards[place]
            if done[place] or truncated[place]:
                played = np.frombuffer(bytes(self._played[place]), np.uint8)
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
        }

    def load(self, state: Mapping[str, Any]) -> bool:
        """Go on from a `state`: each environment is played again from its seed up to the same moment."""
        for place, (seed, played) in enumerate(zip(state["seeds"], state["played"], strict=True)):
            self._restart(place, int(seed))
            for action in played.tolist():
                self.observation[place], reward, *_ = self._environments[place].step(action)
                self._scores[place] += reward
            self._played[place] = bytearray(played.tobytes())
        self._random.bit_generator.state = dict(state["random"])
        return True

    def _restart(self, place: int, seed: int | None = None) -> None:
        """Begin one anew."""
        self._seeds[place] = int(self._random.integers(1, SEEDS)) if seed is None else seed
        self._played[place] = bytearray()
        self._scores[place] = 0.0
        self.observation[place] = self._environments[place].reset(seed=self._seeds[place])[0]


def is_id(name: str) -> bool:
    """Return whether a name is the id of a Gymnasium environment: it ends in a version and is no Atari game's."""
    return bool(re.fullmatch(r"(?!ALE/)[\w/-]+-v\d+", name)) and not re.search(r"NoFrameskip|Deterministic", name)


def _gymnasium() -> Any:
    """Return Gymnasium, untyped: it is optional."""
    try:
        return importlib.import_module("gymnasium")
    except ModuleNotFoundError as error:
        raise MissingExtra("Playing Gymnasium's environments", "games") from error
