"""Playback: a game that was played is seen again at any moment, from its seed and its actions alone.

    playback = Playback("pong", game, preprocessing)
    playback.picture(120.5)      # uint8 (210, 160, 3): the console's screen, half way from step 120 to step 121
    playback.seen(120)           # uint8 (stack, height, width): what an agent saw then

Nothing but the moves is stored; the console plays them once more. It runs forwards, some thousand pictures a second; pictures that were
asked for are kept in a few bytes each, so that to go back to them costs nothing. Any other picture of the past is played anew from
the beginning.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Iterator
from typing import final

import msgspec
import numpy as np

from mlanimated.envs.atari import USUAL, Atari, Game, Preprocessing, replay

__all__ = ["Playback"]

KEPT = 64 << 20
"""Bytes of pictures that are kept at the most."""


@final
class Playback:
    """One game, at any of its moments.

    Args:
        game: Its name.
        played: Its seed and actions.
        preprocessing: As it was played with.

    Attributes:
        game: Its name.
        played: Its seed and actions.
        steps: How many actions it has.
        rate: Steps a second, as the console is watched: 15 where an action is held for four frames.
    """

    def __init__(self, game: str, played: Game, preprocessing: Preprocessing = USUAL) -> None:
        self.game, self.played, self.preprocessing = game, played, preprocessing
        self.steps = len(played.actions)
        self.rate = 60 / preprocessing.frame_skip
        self._frames: Iterator[np.ndarray] = iter(())
        self._shape: tuple[int, ...] = ()
        self._next = self.steps * preprocessing.frame_skip + 1
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._bytes = 0
        self._world: Atari | None = None
        self._step, self._observation = 0, np.zeros(0, np.uint8)

    def picture(self, step: float) -> np.ndarray:
        """Return the screen after so many steps, uint8 (210, 160, 3); a few games have up to 250 rows.

        Args:
            step: How many actions were made; between two of them are the frames for which the first is held.
        """
        skip = self.preprocessing.frame_skip
        wanted = min(max(round(step * skip), 0), self.steps * skip)
        if wanted not in self._kept:
            if wanted < self._next:
                one = self.played
                self._frames = replay(
                    self.game, one.seed, one.actions, self.preprocessing, number=one.number, smooth=True
                )
                self._next = 0
            picture = np.zeros(0, np.uint8)
            while self._next <= wanted:
                picture = next(self._frames)
                self._next += 1
            self._shape = picture.shape
            self._keep(wanted, zlib.compress(picture.tobytes(), 1))
        self._kept.move_to_end(wanted)
        return np.frombuffer(zlib.decompress(self._kept[wanted]), np.uint8).reshape(self._shape)

    def seen(self, step: float) -> np.ndarray:
        """Return what an agent sees after so many steps, uint8 (stack, height, width), the newest picture last."""
        wanted = min(max(int(step), 0), self.steps)
        if self._world is None or wanted < self._step:
            self._world = self._begun()
            self._step, self._observation = 0, self._world.observation[0].copy()
        while self._step < wanted:
            made = self._world.step(self.played.actions[[self._step]].astype(np.int64))
            self._step += 1
            self._observation = made.final[0].copy()  # not of a new game, where this was the last step
        return self._observation

    def _begun(self) -> Atari:
        """Return the game at its beginning."""
        whole = msgspec.structs.replace(self.preprocessing, life_loss=False)
        world = Atari(self.game, preprocessing=whole)
        start = {"seeds": [self.played.seed], "numbers": [self.played.number], "played": [np.zeros(0, np.uint8)]}
        world.load({**world.state(), **start, "waiting": []})
        return world

    def _keep(self, frame: int, data: bytes) -> None:
        """Keep a picture; the ones not asked for since the longest time make room."""
        self._kept[frame] = data
        self._bytes += len(data)
        while self._bytes > KEPT and len(self._kept) > 1:
            self._bytes -= len(self._kept.popitem(last=False)[1])
