"""Registry: the games' names in Gymnasium.

    from mlanimated.envs.registry import register

    register()
    env = gymnasium.make("mla/FrozenLake-v0", render_mode="rgb_array")

`gymnasium.make("mlanimated.envs.registry:mla/FrozenLake-v0")` does both in one, where this module was not imported before Gymnasium was: it
gives the names when it is imported. Nothing of an environment is loaded before it is made.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from mlanimated import plugins
from mlanimated.errors import MissingExtra, MlaError, did_you_mean

__all__ = ["IDS", "make", "register"]

IDS: dict[str, tuple[str, int | None, dict[str, Any]]] = {
    "mla/Bandit-v0": ("bandit:BanditEnv", 1000, {}),
    "mla/Catch-v0": ("catch:CatchEnv", None, {}),
    "mla/ConnectFour-v0": ("board_games:ConnectFourEnv", None, {}),
    "mla/DriftingBandit-v0": ("bandit:BanditEnv", 1000, {"drift": 0.01}),
    "mla/FrozenLake-v0": ("frozen_lake:FrozenLakeEnv", 100, {}),
    "mla/FrozenLake8x8-v0": ("frozen_lake:FrozenLakeEnv", 200, {"map": "8x8"}),
    "mla/GridWorld-v0": ("grid_world:GridWorldEnv", 1000, {}),
    "mla/PuckWorld-v0": ("puck_world:PuckWorldEnv", 300, {}),
    "mla/TicTacToe-v0": ("board_games:TicTacToeEnv", None, {}),
    "mla/WaterWorld-v0": ("water_world:WaterWorldEnv", 300, {}),
}
"""For each name the class, the steps of a game at the most, and its arguments."""


def register() -> None:
    """Give Gymnasium the names; again, and nothing happens.

    Raises:
        MissingExtra: Gymnasium is not installed.
    """
    gymnasium = _gymnasium()
    for name, (entry, steps, arguments) in IDS.items():
        if name not in gymnasium.registry:
            entry_point = f"{__package__}.{entry}"
            gymnasium.register(name, entry_point=entry_point, max_episode_steps=steps, kwargs=arguments)
    for name, entry in plugins.named("environments").items():  # what other packages bring
        if name not in gymnasium.registry:
            gymnasium.register(name, entry_point=entry.value)


def make(name: str, **arguments: Any) -> Any:
    """Return an environment by its name, as `gymnasium.make` does.

    Args:
        name: One of `IDS`.
        **arguments: Those of the environment, and of `gymnasium.make`.

    Raises:
        MlaError: There is no such environment, or it does not take such an argument.
        MissingExtra: Gymnasium is not installed.
    """
    if name not in IDS:
        raise MlaError(f"There is no environment {name!r}.{did_you_mean(name, IDS)}")
    register()
    return _gymnasium().make(name, **arguments)


def _gymnasium() -> Any:
    """Return the library."""
    try:
        return importlib.import_module("gymnasium")
    except ImportError:
        raise MissingExtra("An environment", "games") from None


if "gymnasium" in sys.modules:
    register()
