"""Hyperparameters: the learners by name, what is usual for a game, and the arguments that come of both and of what is given."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlanimated.envs.atari import name as game_name
from mlanimated.envs.vectors import Vectors, is_id
from mlanimated.errors import MlaError, did_you_mean
from mlanimated.learn.arguments import make
from mlanimated.learn.many_boards import BOARD_GAMES

__all__ = ["LEARNERS", "arguments_of", "run_path", "title_of", "usual_learner"]

LEARNERS = {
    "ppo": "mlanimated.learn.ppo",
    "double-dqn": "mlanimated.learn.dqn",
    "parallel-q": "mlanimated.learn.parallel_q",
    "pong-from-pixels": "mlanimated.learn.pong_from_pixels",
    "soft-actor-critic": "mlanimated.learn.soft_actor_critic",
    "self-play": "mlanimated.learn.self_play",
}
"""Name of a learner → its module, which has `Args` and `train(args, recorder, resume, keeper)`."""

USUAL: dict[tuple[str, str], dict[str, Any]] = {
    ("ppo", "pong"): {
        "steps": 1_200_000,
        "learning_rate": 1e-3,
        "entropy_last": -0.01,
        "entropy_ends": 0.7,
        "clip": 0.2,
        "size": 44,
        "actions": "right,left",  # to stand still is not needed, and with two actions it soon finds the ball
    },
    ("ppo", "breakout"): {"size": 60},  # as good as 84, and a step costs a quarter less
    ("double-dqn", "mla/Catch-v0"): {
        "steps": 12_000,
        "games": 8,
        "batch": 128,
        "replay_ratio": 16.0,
        "memory": 6000,
        "warm_up": 500,
        "learning_rate": 3e-3,
        "final_rate": 0.0,
        "gamma": 0.9,
        "lookahead": 3,
        "target_every": 50,
        "epsilon": 0.1,
        "epsilon_steps": 6000,
        "greedy_games": 0,
        "record_every": 400,
    },
    ("double-dqn", "CartPole-v1"): {
        "steps": 100_000,
        "games": 16,
        "batch": 256,
        "replay_ratio": 16.0,
        "memory": 50_000,
        "warm_up": 1000,
        "learning_rate": 1e-3,
        "final_rate": 0.0,
        "gamma": 0.995,
        "lookahead": 20,
        "reward_scale": 0.02,
        "target_every": 100,
        "epsilon": 0.05,
        "epsilon_steps": 20_000,
        "record_every": 1000,
    },
    ("self-play", "tic-tac-toe"): {
        "steps": 60_000,
        "simulations": 16,
        "games": 128,
        "longest_opening": 5,
        "learning_rate": 3e-3,
        "batch": 256,
        "memory": 20_000,
        "warm_up": 1000,
        "width": 64,
        "blocks": 1,
        "record_every": 2000,
    },
}
"""Learner and game → the hyperparameters known to do well, where they are not the learner's defaults."""


def usual_learner(game: str) -> str:
    """Return the learner that is taken when none is named: ppo; self-play of a board game; soft-actor-critic where an action is numbers."""
    if title_of(game) in BOARD_GAMES:
        return "self-play"
    return "soft-actor-critic" if is_id(game) and not Vectors(game, 1, continuous=None).actions else "ppo"


def arguments_of(game: str, learner: str, hyperparameters: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return a learner's module and its arguments for a game: its defaults, then what is usual there, then those given.

    Raises:
        MlaError: An unknown game, learner or argument.
    """
    if learner not in LEARNERS:
        raise MlaError(f"There is no learner {learner!r}.{did_you_mean(learner, LEARNERS)}")
    title = title_of(game)
    module = importlib.import_module(LEARNERS[learner])
    known = {**USUAL.get((learner, title), {}), **hyperparameters}
    if (learner == "self-play") != (title in BOARD_GAMES):
        raise MlaError(
            f"self-play plays board games ({', '.join(BOARD_GAMES)}), and nothing else does; this is {title}."
        )
    if "game" in module.Args.__struct_fields__:
        known["game"] = title
    elif title != "pong":
        raise MlaError(f"{learner} plays pong alone; ppo, double-dqn and parallel-q play {title}.")
    return module, make(module.Args, known)


def title_of(game: str) -> str:
    """Return a game's name as it is kept."""
    plain = game.lower().replace("_", "-").replace(" ", "-")
    return plain if plain in BOARD_GAMES else game if is_id(game) else game_name(game)


def run_path(folder: str | os.PathLike[str], game: str, learner: str, seed: int) -> Path:
    """Return where a training is kept, without suffix: runs/pong-ppo-0."""
    return Path(folder) / f"{game.replace('/', '-').lower()}-{learner}-{seed}"
