"""Episodes: games that were recorded from a Gymnasium environment as their actions, played again and seen picture by picture."""

from __future__ import annotations

import json
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command, Group, Image
from mlanimated.draw.text import label
from mlanimated.record.episodes import SERIES, Game, games_of, replay
from mlanimated.trace import Trace
from mlanimated.views.axes import empty
from mlanimated.views.moment import Moment
from mlanimated.views.picture import pixels_of, placed
from mlanimated.views.scene import View
from mlanimated.views.source import sources

__all__ = ["Episode", "Played", "game_at", "holds_games"]

KEPT = 48 << 20
"""Bytes of pictures of one game that are kept at the most."""
FOOT = 26.0


def holds_games(trace: Trace) -> bool:
    """Whether a trace has games that `record.gymnasium.Record` has written."""
    if SERIES not in trace.names or trace.info(SERIES).kind != "text" or not trace.info(SERIES).rows:
        return False
    return bool(_games(0, str(trace.around(SERIES, trace.info(SERIES).first_step).before)))


def game_at(trace: Trace, step: float) -> tuple[Game, int] | None:
    """Return the game that was played at a step, with how many of its actions had been made then.

    Args:
        trace: A trace that holds games.
        step: A step. After the last game it is its end; where the game of a step was not kept, the end of the one before.
    """
    near = trace.around(SERIES, step)
    found: list[Game] = []
    for row, text in {near.before_step: near.before, near.after_step: near.after}.items():
        found += _games(int(row), str(text))
    begun = [game for game in found if game.first < step] or found[:1]
    if not begun:
        return None
    game = begun[-1]
    return game, int(min(max(step - game.first, 0), game.last - game.first))


@dataclass(frozen=True)
class Episode(View):
    """The game that was played at a moment, as its environment draws it. It is played again for that, from its actions.

    Attributes:
        series: The series of games.
    """

    series: str = SERIES

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the picture, and below it which game it is, how far it has come, and what it brings.

        Raises:
            MlaError: The environment is not here, gives no pictures, or does something else than it did.
        """
        (source,) = sources(moment, self.series, self.run, "Episode", ("text",))
        found = game_at(source.trace, moment.step(source.run)) if source.info else None
        if found is None:
            return empty(box, "no game yet")
        game, made = found
        pixels = pixels_of(_played(game).picture(made), "grey", self.series)
        place, exact = placed(pixels.columns, pixels.rows, Box(box.x, box.y, box.width, max(1.0, box.height - FOOT)))
        told = f"{made} of {game.last - game.first} steps, from step {game.first:,} · reward {game.reward:.6g} in all"
        foot = label(box.x + box.width / 2, box.bottom - 6, told, 14, "muted", "middle")
        return (Group((Image(*place, pixels, smooth=not exact),), key="picture"), Group((foot,), key="foot"))

    def describe(self, moment: Moment) -> str:
        """Say which game is shown."""
        (source,) = sources(moment, self.series, self.run, "Episode", ("text",))
        found = game_at(source.trace, moment.step(source.run)) if source.info else None
        if found is None:
            return ""
        game, made = found
        return f"A game after {made} of its {game.last - game.first} steps; it brings {game.reward:.6g} in all."


@final
class Played:
    """The pictures of one game: they come one after the other, and those that have come are kept in a few kilobytes each.

    Args:
        game: The game.
    """

    def __init__(self, game: Game) -> None:
        self._game = game
        self._lock = threading.Lock()
        self._frames: Iterator[Any] = iter(())
        self._next = game.last + 1
        self._shape: tuple[int, ...] = ()
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._bytes = 0

    def picture(self, made: int) -> NDArray[np.uint8]:
        """Return the picture after so many actions, uint8 (height, width, 3).

        Raises:
            MlaError: The game cannot be played again here.
        """
        with self._lock:
            if made not in self._kept:
                if made < self._next:
                    self._frames, self._next = replay(self._game), 0
                self._play(made)
            return np.frombuffer(zlib.decompress(self._kept[made]), np.uint8).reshape(self._shape)

    def _play(self, made: int) -> None:
        """Play on to a picture."""
        try:
            while self._next <= made:
                picture = next(self._frames)
                self._shape = picture.shape
                self._keep(self._next, zlib.compress(picture.tobytes(), 1))
                self._next += 1
        except BaseException:
            self._next = self._game.last + 1  # who asks again begins anew
            raise

    def _keep(self, made: int, data: bytes) -> None:
        self._bytes += len(data) - len(self._kept.pop(made, b""))
        self._kept[made] = data
        while self._bytes > KEPT and len(self._kept) > 1:
            _, old = self._kept.popitem(last=False)
            self._bytes -= len(old)


@lru_cache(maxsize=6)
def _played(game: Game) -> Played:
    """Return the pictures of a game; those of a few games are kept."""
    return Played(game)


@lru_cache(maxsize=64)
def _games(last: int, text: str) -> tuple[Game, ...]:
    """Return the games of a row; none of a text that holds something else."""
    try:
        told = json.loads(text)
        if not isinstance(told, dict) or not {"env", "lengths", "rewards", "actions"} <= set(told):  # pyright: ignore[reportUnknownArgumentType]
            return ()
        return tuple(games_of(last, text))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return ()
