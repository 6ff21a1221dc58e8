"""A start: the weights of an agent that a training begins with, and what they have cost already."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from mlanimated.agents.agent import agent
from mlanimated.agents.hyperparameters import run_path
from mlanimated.errors import MlaError

__all__ = ["Start", "folder_of", "start_with"]

LEARNERS = ("ppo", "parallel-q")


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """What a training owes to another.

    Attributes:
        path: Where the command that made the agent has kept it.
        command: What made the agent.
        steps: Actions that it learned from.
        seconds: Wall-clock of its training.
        cpu_seconds: What it cost in seconds of one core.
    """

    path: str
    command: str
    steps: int
    seconds: float
    cpu_seconds: float


def start_with(name: str | Path, learner: str, args: Any) -> tuple[Start, Mapping[str, np.ndarray]]:
    """Return what a training that begins with an agent owes to it, and the agent's weights by name.

    Args:
        name: Of an agent that ships, or the path of one that was trained here.
        learner: Of the training that begins.
        args: Its arguments.

    Raises:
        MlaError: There is no such agent, or the training has another game, learner, network, size of pictures or list of actions.
    """
    if learner not in LEARNERS:
        raise MlaError(f"{learner} begins with nothing learned; {', '.join(LEARNERS)} can begin with an agent.")
    found = agent(name)
    card = found.card
    names = tuple(word.strip() for word in args.actions.split(",") if word.strip())
    for what, has, wanted in (
        ("game", card.game, args.game),
        ("learner", card.learner, learner),
        ("network", card.network, args.network),
        ("size", card.preprocessing.height, args.size),
        ("actions", card.preprocessing.actions, names),
    ):
        if has != wanted:
            raise MlaError(
                f"{name} has {what} {has or 'all'}, this training {wanted or 'all'}: it can begin only with the same."
            )
    path = run_path(folder_of(card.command), card.game, card.learner, int(card.arguments.get("seed", 0)))
    start = Start(
        path=path.as_posix(),
        command=card.command,
        steps=card.steps,
        seconds=card.seconds,
        cpu_seconds=card.cpu_seconds,
    )
    return start, found.network.state()


def folder_of(command: str, further: int = 0) -> str:
    """Return where the last training of a card's command is kept, or the one `further` trainings later: each has its own folder."""
    number = command.count(" && ") + 1 + further
    return "runs" if number == 1 else f"runs/{number}"
