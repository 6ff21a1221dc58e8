"""What a training of Pong from pixels records, so that a film can show it.

The step is one decision in one game. With each change of the weights: `score` (mean of the last 100 full games), `points/won` (share),
`points/steps` (their mean length), and the course of one game: `rollout/p_up`, `rollout/up`, `rollout/reward` and
`rollout/advantage`, each (rollout,). At each full game `score/game`, and of some games `replay` (seed and actions: all that it takes
to see it again). Every few changes `weights/0` (40, 80, 80), what 40 hidden units look for, and `weights/1` (200,), how they vote;
and what the net says to one picture that stays the same, `probe/difference` (80, 80): `probe/p_up`, `probe/hidden` (200,),
and `probe/gradient` (80, 80), how the log-probability of "up" changes with each pixel. As often, of six games `pushed/up`,
`pushed/reward`, `pushed/advantage` and `pushed/change`, each (6, rollout): by how much the change of the weights has raised the
log-probability of each move that was made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, final

import numpy as np

from mlanimated.envs.atari import Game
from mlanimated.learn.scores import LAST, Scores
from mlanimated.learn.words import number
from mlanimated.trace import Recorder

__all__ = ["SHOWN", "Diary", "Rollout"]

SHOWN = 40  # hidden units whose weights are recorded as pictures
TINY = 1e-6  # a probability is taken to be no smaller
PUSHED = 6  # games whose moves are recorded with what became of their probability


class Rollout(NamedTuple):
    """What happened in all games since the last change; the axes are (steps, games, …).

    Attributes:
        pictures: float32 (steps, games, 6400), difference pictures.
        hidden: float32 (steps, games, hidden), what the hidden units gave out.
        p_up: float32 (steps, games).
        up: bool (steps, games), the moves that were drawn.
        reward: float32 (steps, games): 1 where a point was won, −1 where one was lost.
    """

    pictures: np.ndarray
    hidden: np.ndarray
    p_up: np.ndarray
    up: np.ndarray
    reward: np.ndarray


@final
class Diary:
    """Records what a film shows, and finds the moments that it should dwell on.

    Args:
        recorder: Takes the series and events.
        budget: Steps of the whole training.
        games: Played side by side.
        rollout: Steps of each game between two changes.
        every: Changes between two pictures of the weights.
        forward: What the net says: pictures and weights → hidden units and probability of going up.
    """

    def __init__(
        self,
        recorder: Recorder,
        budget: int,
        games: int,
        rollout: int,
        every: int,
        forward: Callable[[np.ndarray, list[np.ndarray]], tuple[np.ndarray, np.ndarray]],
    ) -> None:
        self.recorder, self.games, self.each, self.every = recorder, games, games * rollout, every
        self.forward = forward
        self.scores = Scores(recorder, budget)
        self.told: list[str] = []
        self.probe: np.ndarray | None = None

    def write(
        self,
        update: int,
        rollout: Rollout,
        advantage: np.ndarray,
        finished: list[tuple[int, Game]],
        weights: list[np.ndarray],
    ) -> None:
        """Record change number `update`, before it is made: what was played, and with which weights."""
        step = update * self.each
        ended = step + self.each
        self.scores.add((step + (at + 1) * self.games, game) for at, game in finished)
        if points := np.count_nonzero(rollout.reward):
            won = float((rollout.reward > 0).sum() / points)
            self.recorder.log({"points/won": won, "points/steps": rollout.reward.size / int(points)}, step=ended)
        self.recorder.log(self.scores.summary(), step=ended)
        course = {"p_up": rollout.p_up, "up": rollout.up, "reward": rollout.reward, "advantage": advantage}
        self.recorder.log({f"rollout/{name}": values[:, 0] for name, values in course.items()}, step=ended)
        if self.probe is None and rollout.reward.any():
            self._choose(rollout, step)
        if update % self.every == 0:
            self._weights(step, weights)
        self._tell(ended, rollout, [game for _, game in finished])

    def pushed(self, update: int, rollout: Rollout, advantage: np.ndarray, weights: list[np.ndarray]) -> None:
        """Record, after change number `update`, how it moved the probabilities of the moves that it was made for."""
        if update % self.every:
            return
        some = slice(0, PUSHED)
        pictures = rollout.pictures[:, some].reshape(-1, rollout.pictures.shape[2])
        after = self.forward(pictures, weights)[1].reshape(rollout.p_up[:, some].shape)
        up = rollout.up[:, some]
        was, now = (np.where(up, p, 1.0 - p) for p in (rollout.p_up[:, some], after))
        change = np.log(np.maximum(now, TINY) / np.maximum(was, TINY)).astype(np.float32)
        shown = {"up": up, "reward": rollout.reward[:, some], "advantage": advantage[:, some], "change": change}
        step = (update + 1) * self.each
        self.recorder.log(
            {f"pushed/{name}": np.ascontiguousarray(values.T) for name, values in shown.items()}, step=step
        )

    def finish(self, step: int, weights: list[np.ndarray]) -> None:
        """Record the weights that training ends with."""
        self._weights(step, weights)
        if self.scores.summary():
            self._once("result", f"After {number(step)} steps the last games average {self._mean()}.", step)

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint keeps."""
        return {"scores": self.scores.state(), "told": list(self.told), "probe": self.probe}

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        self.scores.load(state["scores"])
        self.told = list(state["told"])
        self.probe = None if state["probe"] is None else np.array(state["probe"])

    def _choose(self, rollout: Rollout, step: int) -> None:
        """Fix the picture that is shown to the net again and again: the ball in flight, shortly before a point."""
        ends, games = np.nonzero(rollout.reward)
        self.probe = probe = rollout.pictures[max(0, ends[-1] - 8), games[-1]].copy()
        self.recorder.log({"probe/difference": probe.reshape(80, 80).astype(np.int8)}, step=step)

    def _weights(self, step: int, weights: list[np.ndarray]) -> None:
        """Record what the hidden units look for, and what the net says to the fixed picture."""
        units = weights[0][:, :SHOWN].T.astype(np.float16)
        self.recorder.log({"weights/0": units.reshape(-1, 80, 80), "weights/1": weights[1]}, step=step)
        if self.probe is not None:
            hidden, p_up = self.forward(self.probe[None], weights)
            by_pixel = (1.0 - p_up[0]) * (weights[0] @ (weights[1] * (hidden[0] > 0)))
            gradient = by_pixel.reshape(80, 80).astype(np.float32)
            self.recorder.log(
                {"probe/p_up": float(p_up[0]), "probe/hidden": hidden[0], "probe/gradient": gradient}, step=step
            )

    def _tell(self, step: int, rollout: Rollout, finished: list[Game]) -> None:
        """Record an event where something happens for the first time."""
        if (rollout.reward > 0).any():
            self._once("first point", "The agent wins its first point.", step)
        wins = [game.score for game in finished if game.score > 0]
        if wins:
            self._once("first win", f"The agent wins a game for the first time, by {number(max(wins))} points.", step)
        known = self.scores.summary()
        if known and known["games"] >= LAST and known["score"] > 0:
            self._once(
                "beats the computer", f"Better than the computer: the last {LAST} games average {self._mean()}.", step
            )

    def _mean(self) -> str:
        """Return the score as a sentence shows it."""
        return number(self.scores.mean, 1)

    def _once(self, name: str, text: str, step: int) -> None:
        """Record an event unless it was told before."""
        if name not in self.told:
            self.told.append(name)
            self.recorder.event(name, text, step=step)
