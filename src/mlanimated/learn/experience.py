"""Games that are played and remembered: a replay memory that a checkpoint keeps without its pictures.

A million pictures are 7 GB, the actions that led to them 1 MB. So a checkpoint holds how the games stood before the oldest picture, and
every action since; going on, the games are played again and the memory fills with what it held, in as long as playing takes
(some five minutes for a million Atari steps on one core).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from mlanimated.envs.atari import Step
from mlanimated.envs.worlds import World
from mlanimated.errors import MlaError
from mlanimated.learn.replay import Replay, fitting

__all__ = ["Experience"]

SNAPSHOTS = 8  # in one turn of the memory; more of them: less is played again, more is kept


class Snapshot(NamedTuple):
    """How the games stood before a row: what `World.state` gave, and where a game began."""

    row: int
    world: dict[str, Any]
    first: np.ndarray


class Experience:
    """A world and the memory of what was played in it.

    Args:
        world: The games.
        transitions: How many are remembered, where the memory of the machine allows.
        action_shape: Of one action: () of an index, (n,) of the levels of n numbers.

    Attributes:
        replay: What is remembered.
        note: A sentence when fewer fit than were asked for; else "".

    Raises:
        MlaError: Not even a thousandth of them fits.
    """

    def __init__(self, world: World, transitions: int, *, action_shape: tuple[int, ...] = ()) -> None:
        pictures = len(world.shape) == 3
        shape, stack = (world.shape[1:], world.shape[0]) if pictures else (world.shape, 1)
        kind = np.uint8 if pictures else np.float32
        fits = fitting(transitions, shape, kind)
        if fits < min(transitions, transitions // 1000 + 16 * world.count):
            raise MlaError(f"There is memory free for {fits:,} transitions only; close something, or play fewer games.")
        self.note = (
            f"Memory is free for {fits:,} of {transitions:,} transitions: so many are kept."
            if fits < transitions
            else ""
        )
        self.world = world
        rows = max(stack + 1, fits // world.count)
        self.replay = Replay(rows, world.count, shape, kind, stack=stack, action_shape=action_shape)
        self._pictures = pictures
        self._first = np.ones(world.count, np.bool_)
        self._every = max(1, self.replay.rows // SNAPSHOTS)
        self._snapshots: deque[Snapshot] = deque()
        self._actions: deque[np.ndarray] = deque()  # since the oldest snapshot
        self._seen = self._newest()

    def begin(self, actions: np.ndarray) -> None:
        """Note what is seen and what will be done; `play` does it."""
        row = self.replay.added
        if row % self._every == 0:
            self._snapshots.append(Snapshot(row, self.world.state(), self._first.copy()))
            while len(self._snapshots) > 1 and self._snapshots[1].row <= row - self.replay.rows:
                gone = self._snapshots.popleft()
                for _ in range(self._snapshots[0].row - gone.row):
                    self._actions.popleft()
        self._seen = self._newest()
        self._actions.append(actions.astype(np.uint8))

    def play(self) -> Step:
        """Play the step; this may be done in another thread while a learner draws from the memory."""
        return self.world.step(self._actions[-1].astype(np.int64))

    def end(self, step: Step) -> None:
        """Remember what the step brought."""
        self.replay.add(self._seen, self._first, self._actions[-1], step.reward, step.done, step.truncated)
        self._first = np.zeros(self.world.count, np.bool_)
        self._first[[game.place for game in step.games]] = True

    def state(self) -> dict[str, Any]:
        """Return all that `load` needs; a few megabytes at the most."""
        oldest = self._snapshots[0] if self._snapshots else Snapshot(0, self.world.state(), self._first)
        return {
            "rows": self.replay.rows,
            "oldest": self.replay.oldest,
            "row": oldest.row,
            "world": oldest.world,
            "first": oldest.first,
            "actions": np.stack(self._actions) if self._actions else self.replay.action[:0],
        }

    def load(self, state: Mapping[str, Any]) -> str:
        """Go on from a `state`: play again what is remembered.

        Returns:
            A sentence when that cannot be done exactly: the games were too long to be played again, so that new ones begin with an
            empty memory; or another amount of memory is free. Else "".
        """
        whole = self.world.load(state["world"])
        actions = np.asarray(state["actions"])
        self._first = np.array(state["first"], np.bool_)
        row, same = int(state["row"]), self.replay.rows == int(state["rows"])
        if not whole:
            self._first[:] = True
            self.replay.restart(row + len(actions), row + len(actions))
            return "The games that were running are too long to be played again: new ones begin, with an empty memory."
        self.replay.restart(row, int(state["oldest"]) if same or not row else row + self.replay.stack - 1)
        for chosen in actions:
            self.begin(chosen.astype(np.int64))
            self.end(self.play())
        return (
            "" if same else f"The memory holds {len(self.replay):,} transitions now; that is not what it held before."
        )

    def _newest(self) -> np.ndarray:
        """Return a copy of what is seen now, without the pictures before it."""
        return (self.world.observation[:, -1] if self._pictures else self.world.observation).copy()
