"""The bandit as an environment: `gymnasium.make("mla/Bandit-v0")`, and `"mla/DriftingBandit-v0"`, whose arms wander."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command
from mlanimated.envs.drawn import Drawn
from mlanimated.errors import MlaError
from mlanimated.games.bandit import Bandits
from mlanimated.views.bandit_arms import Arms, draw_arms

__all__ = ["BanditEnv"]


class BanditEnv(Drawn[Any]):
    """One machine with several arms; each reset draws a new one.

    There is nothing to see, so the observation is always 0. An action is an arm. `info["best"]` is the arm that pays most on average.

    Args:
        arms: How many arms it has.
        spread: Standard deviation of a reward around its arm's mean.
        drift: Standard deviation of what is added to each mean at each step; then all means begin at 0.
        render_mode: "rgb_array" for pictures, None for none.
        theme: "light" or "dark".
    """

    def __init__(
        self,
        arms: int = 10,
        spread: float = 1.0,
        drift: float = 0.0,
        render_mode: str | None = None,
        theme: str = "light",
    ) -> None:
        super().__init__(render_mode, theme, 768, 512)
        if arms < 2:
            raise MlaError(f"Bandit: it has {arms} arms; it needs two at least.")
        self._spread, self._drift = spread, drift
        self.bandit = Bandits(np.zeros((1, arms)), spread, drift)
        self.observation_space = Discrete(1)
        self.action_space = Discrete(arms)
        self.counts, self.sums, self.last = np.zeros(arms), np.zeros(arms), -1

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """Draw a new machine."""
        super().reset(seed=seed, options=options)
        arms = self.bandit.arms
        self.bandit = Bandits.drawn(1, arms, self.np_random, spread=self._spread, drift=self._drift)
        self.counts, self.sums, self.last = np.zeros(arms), np.zeros(arms), -1
        return 0, {"best": int(self.bandit.best[0])}

    def step(self, action: Any) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Pull an arm; it never ends by itself.

        Raises:
            MlaError: There is no such arm.
        """
        arm = int(action)
        reward = float(self.bandit.pull(np.array([arm]), self.np_random)[0])
        self.bandit = self.bandit.drifted(self.np_random)
        self.counts[arm] += 1
        self.sums[arm] += reward
        self.last = arm
        return 0, reward, False, False, {"best": int(self.bandit.best[0])}

    def commands(self, box: Box) -> Sequence[Command]:
        """Return the arms with the averages of what they have paid."""
        truth = self.bandit.means[0]
        averages = self.sums / np.maximum(1.0, self.counts)
        arms = Arms(truth, averages, averages, self.counts, self.last)
        low, high = min(truth.min(), averages.min()), max(truth.max(), averages.max())
        reach = 2.5 * self._spread + 0.1
        return draw_arms(arms, box, (float(low) - reach, float(high) + reach), float(self.counts.max()), self._spread)
