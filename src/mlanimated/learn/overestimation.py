"""Overestimation: what an agent promised itself, beside what it got.

The value of the action that looks best is the largest of several guesses, so it tends to be too high (Thrun and Schwartz 1993).
Some of the games are played greedily; at each of their steps the estimate is noted, and when nothing more can come, the
discounted sum of what did come.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

import numpy as np

__all__ = ["Promises"]

CUT_SHARE = 0.05  # of a return that may be missing where a game is stopped from outside


@final
class Promises:
    """Estimated against realized return of games that are played greedily.

    Args:
        games: How many are watched.
        discount: What a reward is worth one step earlier.
    """

    def __init__(self, games: int, discount: float) -> None:
        self.games, self.discount = games, discount
        self._estimates: list[list[float]] = [[] for _ in range(games)]
        self._rewards: list[list[float]] = [[] for _ in range(games)]
        self._sums = np.zeros(3)  # steps, estimates, realized returns

    def add(self, estimate: np.ndarray, reward: np.ndarray, done: np.ndarray, cut: np.ndarray) -> None:
        """Note one step; each array has one entry a game, further entries are not looked at.

        Args:
            estimate: Value of the action that looked best.
            reward: What it brought.
            done: Nothing that follows counts.
            cut: The game was stopped from outside: steps whose return is not nearly known by then are left out.
        """
        for game in range(self.games):
            self._estimates[game].append(float(estimate[game]))
            self._rewards[game].append(float(reward[game]))
            if done[game] or cut[game]:
                self._settle(game, complete=bool(done[game]))

    def take(self) -> dict[str, float]:
        """Return means over the steps settled since the last time: `value/estimated` and `value/realized`; nothing if none were."""
        steps, estimated, realized = self._sums
        self._sums = np.zeros(3)
        return {"value/estimated": estimated / steps, "value/realized": realized / steps} if steps else {}

    def state(self) -> dict[str, Any]:
        """Return all that `load` needs."""
        return {
            "estimates": [np.array(one) for one in self._estimates],
            "rewards": [np.array(one) for one in self._rewards],
            "sums": self._sums.copy(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state`."""
        self._estimates = [np.asarray(one).tolist() for one in state["estimates"]]
        self._rewards = [np.asarray(one).tolist() for one in state["rewards"]]
        self._sums = np.array(state["sums"])

    def restart(self) -> None:
        """Leave what is open: new games begin."""
        self._estimates, self._rewards = ([[] for _ in range(self.games)] for _ in range(2))

    def _settle(self, game: int, *, complete: bool) -> None:
        """Work out what came after each step of a game, and begin anew."""
        estimates, rewards = self._estimates[game], self._rewards[game]
        realized = np.zeros(len(rewards))
        later = 0.0
        for step in reversed(range(len(rewards))):
            realized[step] = later = rewards[step] + self.discount * later
        missing = self.discount ** np.arange(len(rewards), 0, -1)
        known = np.ones(len(rewards), np.bool_) if complete else missing <= CUT_SHARE
        self._sums += known.sum(), np.array(estimates)[known].sum(), realized[known].sum()
        self._estimates[game], self._rewards[game] = [], []
