"""What every environment that is played many at a time offers to a learner, and how one is made from its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from mlanimated.envs.atari import Atari, Preprocessing, Step
from mlanimated.envs.vectors import Vectors, is_id

__all__ = ["Played", "World", "make_world", "sample", "world_of"]


class World(Protocol):
    """Environments of one kind, played side by side; each is begun anew at once when it is over.

    Attributes:
        count: How many.
        actions: Names of the actions; `step` takes indices into them.
        shape: Of one observation: (stack, height, width) of pictures, (n,) of a vector.
        observation: (count, *shape): what is seen now; uint8 of pictures, else float32. Pictures of a stack move by one a step, the newest
            comes last; only a game that has been begun has all new ones.
    """

    count: int
    actions: tuple[str, ...]
    shape: tuple[int, ...]
    observation: np.ndarray

    def step(self, actions: np.ndarray) -> Step:
        """Play one step of each."""
        ...

    def state(self) -> dict[str, Any]:
        """Return all that `load` needs to go on from here."""
        ...

    def load(self, state: Mapping[str, Any]) -> bool:
        """Go on from a `state`; False when new games were begun instead."""
        ...


class Played(Protocol):
    """Hyperparameters that say what is played, the same of each learner that plays Atari games and vectors alike."""

    @property
    def game(self) -> str:
        """An Atari game, or the id of a Gymnasium environment."""
        ...

    @property
    def games(self) -> int:
        """How many side by side."""
        ...

    @property
    def size(self) -> int:
        """Rows and columns of a picture."""
        ...

    @property
    def sticky(self) -> float:
        """Chance that a frame repeats the action before."""
        ...

    @property
    def life_loss(self) -> bool:
        """Whether a lost life ends what is learned from."""
        ...

    @property
    def point_ends(self) -> bool:
        """Whether a point ends what is learned from."""
        ...

    @property
    def actions(self) -> str:
        """Names of the actions offered, with commas; none: all."""
        ...


def world_of(args: Played, seed: int) -> World:
    """Return the games that a learner's hyperparameters ask for."""
    names = tuple(word.strip() for word in args.actions.split(",") if word.strip())
    preprocessing = Preprocessing(
        height=args.size,
        width=args.size,
        sticky=args.sticky,
        life_loss=args.life_loss,
        point_ends=args.point_ends,
        actions=names,
    )
    return make_world(args.game, args.games, seed=seed, preprocessing=preprocessing)


def make_world(name: str, count: int, *, seed: int = 0, preprocessing: Preprocessing, threads: int = 0) -> World:
    """Return environments from a name: an Atari game, or the id of a Gymnasium environment ("CartPole-v1").

    Raises:
        MlaError: There is no such game.
        MissingExtra: What plays it is not installed.
    """
    if is_id(name):
        return Vectors(name, count, seed=seed)
    return Atari(name, count, seed=seed, preprocessing=preprocessing, threads=threads)


def sample(world: World, steps: int, random: np.random.Generator) -> np.ndarray:
    """Return what is seen in random play, (steps * count, *shape). The world is used up by it."""
    seen: list[np.ndarray] = []
    for _ in range(steps):
        world.step(random.integers(0, len(world.actions), world.count))
        seen.append(world.observation)
    return np.concatenate(seen)
