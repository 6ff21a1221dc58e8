"""An environment: a corridor with the exit at its right end, for `mla train spiral/Corridor-v0`."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np

__all__ = ["CorridorEnv"]

LENGTH = 8


class CorridorEnv(gymnasium.Env[np.ndarray, int]):
    """Eight cells in a row; actions are left and right; the last cell is the exit, worth 1. Thirty steps at the most."""

    observation_space = gymnasium.spaces.Box(0.0, 1.0, (LENGTH,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self._cell = self._steps = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        del options
        super().reset(seed=seed)
        self._cell, self._steps = int(self.np_random.integers(LENGTH // 2)), 0
        return self._seen(), {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self._cell = min(max(self._cell + (1 if action else -1), 0), LENGTH - 1)
        self._steps += 1
        out = self._cell == LENGTH - 1
        return self._seen(), float(out), out, self._steps >= 30 and not out, {}

    def _seen(self) -> np.ndarray:
        return np.eye(LENGTH, dtype=np.float32)[self._cell]
