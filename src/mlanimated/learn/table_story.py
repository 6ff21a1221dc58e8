"""The story of a table that fills: its moments in plain words, found from the table alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.games.model import TabularGame, model_of
from mlanimated.learn.dynamic_programming import evaluate, greedy, optimal
from mlanimated.learn.words import number
from mlanimated.trace import Recorder

__all__ = ["Story"]

Floats = NDArray[np.float64]

CHECKED = 500
"""Episodes after which the table is no longer compared with the best one at each end of a game."""


class Story:
    """Finds the first success and the moment from which on the table leads the best way.

    Args:
        recorder: Takes the events.
        game: The game that is played.
        episodes: How many games there will be.
        gamma: What a reward is worth a step later.
        longest: Steps of a game at the most.
    """

    def __init__(self, recorder: Recorder, game: TabularGame, episodes: int, gamma: float, longest: int) -> None:
        self.recorder, self.game = recorder, game
        self.episodes, self.gamma, self.longest = episodes, gamma, longest
        self.model = model_of(game)
        self.continues = bool(self.model.truncated.any())
        self.certain = bool(((self.model.probabilities == 0) | (self.model.probabilities == 1)).all())
        self.told: set[str] = set()
        _, policy = optimal(self.model, gamma if gamma < 1 or not self.continues else 0.999)
        self.best = self.worth(policy)

    def begin(self, optimism: float) -> None:
        """Record the event of the start, where every move is believed to be worth `optimism`."""
        text = "Nothing is known yet: every move looks as good as any other."
        if optimism:
            text = (
                f"Every move is believed to be worth {number(optimism)}: what was never tried looks best, and is tried."
            )
        self.recorder.event("initialize", text, step=0)

    def after_step(self, step: int, learned: Mapping[str, Any]) -> None:
        """Record the moment at which a move first learns from the one after it, and not from a reward."""
        if "handed back" in self.told or "first success" not in self.told:
            return
        if learned["reward"] or learned["before"] or learned["error"] <= 0:
            return
        self.told.add("handed back")
        before, after = number(float(learned["before"]), 3), number(float(learned["after"]), 3)
        self.recorder.event(
            "handed back",
            f"No reward here, yet this move learned from the one after it: {before} became {after}.",
            step=step,
        )

    def after_episode(self, step: int, episode: int, q: Floats, learned: Mapping[str, Any]) -> None:
        """Record an event when the game that just ended is worth one."""
        last = episode == self.episodes
        news: list[tuple[str, str]] = []
        won = float(learned["reward"]) > 0
        if won and "first success" not in self.told:
            news.append(
                (
                    "first success",
                    f"Game {episode} is the first that reaches the goal; the move that led there learns of it.",
                )
            )
        if (episode <= CHECKED and "best way" not in self.told) or last:
            policy = greedy(self.model, np.where(self.model.legal, q, 0.0))
            worth = self.worth(policy)
            if self.certain and worth >= self.best - 1e-6 * abs(self.best) and "best way" not in self.told:
                news.append(
                    ("best way", f"After {episode} games the table leads the best way: {self.steps(policy)} steps.")
                )
            if last:
                news.append(("result", self.result(policy, worth)))
        if news:
            self.recorder.event(*news[-1], step=step)
        self.told.update(name for name, _ in news)

    def worth(self, policy: Floats) -> float:
        """Return what a policy brings from the start, exactly."""
        if self.certain and self.gamma < 1:
            return float(evaluate(self.model, policy, self.gamma)[self.game.start])
        return float(evaluate(self.model, policy, self.gamma if self.certain else 1.0, self.longest)[self.game.start])

    def steps(self, policy: Floats) -> int:
        """Return how many steps a game has that follows a policy, on ground that does not slip."""
        state = self.game.start
        for step in range(1, self.longest + 1):
            follow = self.game.outcomes(state, int(policy[state].argmax()))[0]
            if follow.terminated or follow.truncated:
                return step - follow.truncated  # the step that leaves the goal is not counted
            state = follow.state
        return self.longest

    def result(self, policy: Floats, worth: float) -> str:
        """Return the sentence for the end."""
        if self.certain:
            if worth >= self.best - 1e-6 * abs(self.best):
                return f"{self.episodes} games later the table leads the best way, {self.steps(policy)} steps."
            return f"{self.episodes} games were not enough: the table does not lead the best way yet."
        return (
            f"Following the table wins {number(100 * worth, 1)} of 100 games of at most {self.longest} steps; "
            f"the best there is, {number(100 * self.best, 1)}."
        )

    def state(self) -> list[str]:
        """Return what a checkpoint needs."""
        return sorted(self.told)

    def load(self, state: list[str]) -> None:
        """Take over what `state` gave."""
        self.told.update(state)
