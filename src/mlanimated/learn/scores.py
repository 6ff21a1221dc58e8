"""Scores of full games while an agent learns: their running mean, and some games kept to be seen again."""

from __future__ import annotations

import base64
import json
import zlib
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from mlanimated.envs.atari import Game
from mlanimated.trace import Recorder

__all__ = ["Scores", "game_of", "text_of"]

LAST = 100


class Scores:
    """Records `score/game` at each full game and `replay` of some: every record, and one in each hundredth of the budget.

    Args:
        recorder: Takes the series and events.
        budget: Steps of the whole training.
    """

    def __init__(self, recorder: Recorder, budget: int) -> None:
        self._recorder = recorder
        self._every = max(1, budget // 100)
        self._last: deque[float] = deque(maxlen=LAST)
        self._count = 0
        self._best = -np.inf
        self._next = 0

    def add(self, games: Iterable[tuple[int, Game]]) -> None:
        """Take in full games, each with the step at which it ended."""
        for step, game in games:
            self._last.append(game.score)
            self._count += 1
            self._recorder.log({"score/game": float(game.score)}, step=step)
            best = game.score > self._best
            if best or step >= self._next:
                self._next = step - step % self._every + self._every
                self._recorder.log({"replay": text_of(game)}, step=step)
            self._best = max(self._best, game.score)

    @property
    def mean(self) -> float:
        """Mean of the last 100 full games; NaN before the first."""
        return float(np.mean(self._last)) if self._last else float("nan")

    def summary(self) -> dict[str, float]:
        """Return what is recorded at each update: `score` and `games`; nothing before the first full game."""
        return {"score": self.mean, "games": float(self._count)} if self._last else {}

    def state(self) -> dict[str, Any]:
        """Return all that `load` needs."""
        return {"last": list(self._last), "count": self._count, "best": float(self._best), "next": self._next}

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state`."""
        self._last.extend(state["last"])
        self._count, self._best, self._next = state["count"], state["best"], state["next"]


def text_of(game: Game) -> str:
    """Return a game as text for a trace: its seed, its score and its actions, some hundred bytes a minute of play."""
    actions = base64.b64encode(zlib.compress(game.actions.tobytes(), 9)).decode()
    found = {"seed": game.seed, "number": game.number, "score": game.score, "truncated": game.truncated}
    return json.dumps({**found, "actions": actions})


def game_of(text: str) -> Game:
    """Return the game that `text_of` wrote."""
    found = json.loads(text)
    actions = np.frombuffer(zlib.decompress(base64.b64decode(found["actions"])), np.uint8)
    return Game(0, found["seed"], found["score"], actions, found["truncated"], found.get("number", 0))
