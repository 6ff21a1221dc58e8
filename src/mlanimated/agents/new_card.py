"""What a card says of an agent that has just been trained."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Mapping
from typing import Any

import msgspec

from mlanimated.agents.card import Card
from mlanimated.agents.hyperparameters import arguments_of
from mlanimated.agents.start import Start, folder_of
from mlanimated.envs.vectors import Vectors
from mlanimated.learn.board_network import BoardNetwork
from mlanimated.learn.networks import Network

__all__ = ["command_of", "new_board_card", "new_card"]

LIBRARIES = ("mlanimated", "torch", "ale-py", "gymnasium", "box2d")  # whose versions a card tells


def new_card(
    game: str, learner: str, args: Any, network: Network, cost: Mapping[str, float], start: Start | None = None
) -> Card:
    """Return the card of an agent that has just been trained.

    Args:
        game: The game's name, or the id of a Gymnasium environment.
        learner: The learner's name.
        args: The learner's hyperparameters.
        network: What was learned.
        cost: What it took, `seconds` by the clock and `cpu_seconds` of one core.
        start: The agent whose weights it began with, if any: the card tells what both cost together.
    """
    from mlanimated.envs.atari import Preprocessing, action_names

    preprocessing = Preprocessing()
    actions: tuple[str, ...] = ()
    limits: tuple[tuple[float, float], ...] = ()
    if len(network.shape) != 3:
        world = Vectors(game, 1, continuous=None)
        actions = world.actions
        limits = tuple(zip(world.low.tolist(), world.high.tolist(), strict=True))
    if len(network.shape) == 3:
        stack, height, width = network.shape
        words = getattr(args, "actions", "")
        names = tuple(word.strip() for word in words.split(",") if word.strip())
        actions = names or action_names(game)
        preprocessing = Preprocessing(stack=stack, height=height, width=width, actions=names)
    command = command_of(game, learner, args)
    if start is not None:
        command = f"{start.command} && {command} --start {start.path} --folder {folder_of(start.command, 1)}"
    return Card(
        name=f"{game}-{learner}".lower().replace("_", "-").replace("/", "-"),
        game=game,
        learner=learner,
        arguments=msgspec.to_builtins(args),
        steps=args.steps + (start.steps if start else 0),
        seconds=round(cost["seconds"] + (start.seconds if start else 0.0), 1),
        cpu_seconds=round(cost["cpu_seconds"] + (start.cpu_seconds if start else 0.0), 1),
        machine=_machine(network.device),
        command=command,
        network=network.kind,
        heads=network.heads,
        actions=actions,
        preprocessing=preprocessing,
        shape=network.shape if len(network.shape) != 3 else (),
        limits=limits,
        versions={name: importlib.metadata.version(name) for name in LIBRARIES if _has(name)},
    )


def new_board_card(game: str, learner: str, args: Any, network: BoardNetwork, cost: Mapping[str, float]) -> Card:
    """Return the card of a board game's player that has just been trained.

    Args:
        game: The game's name.
        learner: The learner's name.
        args: The learner's hyperparameters.
        network: What was learned.
        cost: What it took, `seconds` by the clock and `cpu_seconds` of one core.
    """
    from mlanimated.envs.atari import Preprocessing

    moves = network.rules.game.moves
    return Card(
        name=f"{game}-{learner}",
        game=game,
        learner=learner,
        arguments=msgspec.to_builtins(args),
        steps=args.steps,
        seconds=round(cost["seconds"], 1),
        cpu_seconds=round(cost["cpu_seconds"], 1),
        machine=_machine("cpu"),
        command=command_of(game, learner, args),
        network=f"{args.blocks + 1} layers of {args.width}",
        heads={"policy": moves, "value": 1},
        actions=tuple(f"{'column' if moves == 7 else 'cell'} {move + 1}" for move in range(moves)),
        preprocessing=Preprocessing(),
        shape=(network.rules.features,),
        versions={name: importlib.metadata.version(name) for name in ("mlanimated", "torch") if _has(name)},
    )


def command_of(game: str, learner: str, args: Any) -> str:
    """Return the command that trains so: it names the learner where a game has several, and what it would not take by itself."""
    usual = msgspec.to_builtins(arguments_of(game, learner, {})[1])
    changed = {name: value for name, value in msgspec.to_builtins(args).items() if value != usual[name]}
    given = [f"--{name.replace('_', '-')} {value}" for name, value in changed.items()]
    return " ".join([f"mla train {game}", *([] if learner == "self-play" else [f"--learner {learner}"]), *given])


def _machine(device: str) -> str:
    """Return what it runs on: "2 cores, x86_64", with the GPU's name where there is one."""
    cores = f"{os.cpu_count()} cores, {platform.machine()}"
    if device == "cpu":
        return cores
    from mlanimated.learn.frameworks import load_torch

    return f"{load_torch().cuda.get_device_name()}, {cores}"


def _has(library: str) -> bool:
    """Return whether a library is installed."""
    try:
        importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
