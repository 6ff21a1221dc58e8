"""Train an agent on a game from its name alone, with a trace and a checkpoint as it goes.

agent = train("pong")                                            # runs/pong-ppo-0.mla, .checkpoint, .json, .safetensors
agent = train("seaquest", learner="double-dqn", steps=10_000_000, resume=True)
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, overload

import msgspec

from mlanimated.agents.agent import Agent, save
from mlanimated.agents.board_agent import BoardAgent
from mlanimated.agents.card import Card
from mlanimated.envs.atari import name as game_name
from mlanimated.envs.vectors import Vectors, is_id
from mlanimated.errors import MlaError, did_you_mean
from mlanimated.learn.ages import Ages
from mlanimated.learn.arguments import make
from mlanimated.learn.board_network import BoardNetwork
from mlanimated.learn.many_boards import BOARD_GAMES
from mlanimated.learn.networks import Network
from mlanimated.learn.training import Checkpoint, Keeper, previous, read_checkpoint
from mlanimated.trace import Recorder

__all__ = ["LEARNERS", "Training", "arguments_of", "run_path", "title_of", "train", "usual_learner"]

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
        "games": 32,  # few games and short rollouts: four times as many updates as with 64 and 64 from as many steps
        "rollout": 32,
        "minibatch": 256,
        "epochs": 4,
        "learning_rate": 7e-4,
        "steady": 0.5,
        "entropy_ends": 0.7,
        "clip": 0.2,
        "size": 42,
        "actions": "noop,right,left",
    },
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

LIBRARIES = ("mlanimated", "torch", "ale-py", "gymnasium", "box2d")  # whose versions a card tells
VERSION = 1  # of what the learners put into a checkpoint
SECONDS = 60.0  # between two checkpoints


@dataclass(frozen=True)
class Training:
    """What is said to whoever watches a training, once an update.

    Attributes:
        step: Steps done.
        steps: Steps in all.
        score: Mean score of the last 100 full games, still exploring; NaN before the first.
        rate: Steps a second since this process took it up.
    """

    step: int
    steps: int
    score: float
    rate: float


def usual_learner(game: str) -> str:
    """Return the learner that is taken when none is named: ppo; self-play of a board game; soft-actor-critic where an action is numbers."""
    if title_of(game) in BOARD_GAMES:
        return "self-play"
    return "soft-actor-critic" if is_id(game) and not Vectors(game, 1, continuous=None).actions else "ppo"


@overload
def train(  # pyright: ignore[reportOverlappingOverload]
    game: Literal["connect-four", "tic-tac-toe"],
    learner: str = "",
    *,
    resume: bool = False,
    overwrite: bool = False,
    folder: str | os.PathLike[str] = "runs",
    watch: Callable[[Training], None] | None = None,
    **hyperparameters: Any,
) -> BoardAgent | None: ...
@overload
def train(
    game: str,
    learner: str = "",
    *,
    resume: bool = False,
    overwrite: bool = False,
    folder: str | os.PathLike[str] = "runs",
    watch: Callable[[Training], None] | None = None,
    **hyperparameters: Any,
) -> Agent | None: ...
def train(
    game: str,
    learner: str = "",
    *,
    resume: bool = False,
    overwrite: bool = False,
    folder: str | os.PathLike[str] = "runs",
    watch: Callable[[Training], None] | None = None,
    **hyperparameters: Any,
) -> Agent | BoardAgent | None:
    """Train an agent, record the training, and keep it where it can be taken up again.

    Ctrl-C at any moment keeps trace and checkpoint; with `resume` the training goes on exactly as it would have.

    Args:
        game: Any of ale-py's games or a board game, in any usual spelling, or the id of a Gymnasium environment.
        learner: Any of `LEARNERS`; none: the `usual_learner`.
        resume: Go on with the training of the same game, learner and seed; begin it where there is none.
        overwrite: Begin anew where there is one.
        folder: Where trace, checkpoint and agent go.
        watch: Called once an update.
        **hyperparameters: The learner's arguments by name: steps, seed, learning_rate, …

    Returns:
        The agent; None of a learner whose network is no `Network` (its trace and checkpoint hold it).

    Raises:
        MlaError: An unknown game, learner or argument; a training that is there already; a checkpoint of another one.
        MissingExtra: What plays or learns is not installed.
        KeyboardInterrupt: Ctrl-C; everything has been kept.
        Stopped: Someone who watches asked for it; everything has been kept.
    """
    learner = learner or usual_learner(game)
    module, args = arguments_of(game, learner, hyperparameters)
    title = title_of(game)
    path = run_path(folder, title, learner, args.seed)
    cost = {"seconds": 0.0, "cpu_seconds": 0.0}
    about: dict[str, Any] = {"learner": learner, "version": VERSION, "game": title, "cost": cost}
    about["args"] = msgspec.to_builtins(args)
    trace, file = path.with_name(path.name + ".mla"), path.with_name(path.name + ".checkpoint")
    checkpoint = read_checkpoint(file) if resume else None
    if checkpoint is not None:
        _same(checkpoint, about, file)
        cost.update(checkpoint.about["cost"])
    elif not overwrite and (file.exists() or (trace.exists() and not resume)):
        raise MlaError(
            f"{file if file.exists() else trace} is there already: resume goes on with it, overwrite begins anew."
        )
    cost_so_far = _Cost(cost)
    begun = time.monotonic()
    first = checkpoint.step if checkpoint else 0

    def told(step: int, score: float) -> None:
        cost_so_far.note()
        if watch is not None:
            rate = (step - first) / max(1e-9, time.monotonic() - begun)
            watch(Training(step, args.steps, score, rate))

    if checkpoint is None:
        for old in (file, previous(file)):
            old.unlink(missing_ok=True)
    keeper = Keeper(file, about, seconds=SECONDS, watch=told)
    recorder = Recorder(
        trace,
        name=f"{title} {learner}",
        args=args,
        seed=args.seed,
        overwrite=checkpoint is None,
        resume=checkpoint.step if checkpoint and trace.exists() else False,
    )
    keeper.ages = Ages(recorder, -1 if checkpoint is None else checkpoint.step)
    with recorder:
        if checkpoint is not None and checkpoint.note:
            recorder.event("older checkpoint", checkpoint.note, step=checkpoint.step)
        try:
            network = module.train(args, recorder, resume=checkpoint.state if checkpoint else None, keeper=keeper)
        finally:  # Ctrl-C, a wish to stop, or a mistake: what was learned stays
            keeper.write()
        cost_so_far.note()
        if isinstance(network, Network):
            keeper.ages.note(args.steps, {"network": network.state()}, last=True)
    if isinstance(network, BoardNetwork):
        player = BoardAgent(_board_card(title, learner, args, network, cost), network)
        save(path, player.card, network.weights)
        return player
    if not isinstance(network, Network):
        return None
    made = Agent(_card(title, learner, args, network, cost), network)
    made.save(path)
    return made


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


class _Cost:
    """Adds up what a training costs over all the times that it was taken up."""

    def __init__(self, total: dict[str, float]) -> None:
        self._total = total
        self._seconds, self._cpu = time.monotonic(), time.process_time()

    def note(self) -> None:
        """Add what has gone by since the last time."""
        seconds, cpu = time.monotonic(), time.process_time()
        self._total["seconds"] += seconds - self._seconds
        self._total["cpu_seconds"] += cpu - self._cpu
        self._seconds, self._cpu = seconds, cpu


def _same(checkpoint: Checkpoint, about: Mapping[str, Any], file: Path) -> None:
    """Raise unless a checkpoint is of this very training."""
    for what in ("learner", "version", "game"):
        if checkpoint.about.get(what) != about[what]:
            found, wanted = checkpoint.about.get(what), about[what]
            raise MlaError(f"{file} is of {what} {found}, not {wanted}: train in another folder, or overwrite it.")
    for argument, wanted in about["args"].items():
        found = checkpoint.about["args"].get(argument, wanted)  # it may be newer than the checkpoint
        if found != wanted:
            raise MlaError(f"{file} was begun with {argument} = {found}, not {wanted}: give the same, or overwrite it.")


def _card(game: str, learner: str, args: Any, network: Network, cost: Mapping[str, float]) -> Card:
    """Return the card of an agent that has just been trained."""
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
    given = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in _changed(game, learner, args).items())
    return Card(
        name=f"{game}-{learner}".lower().replace("_", "-").replace("/", "-"),
        game=game,
        learner=learner,
        arguments=msgspec.to_builtins(args),
        steps=args.steps,
        seconds=round(cost["seconds"], 1),
        cpu_seconds=round(cost["cpu_seconds"], 1),
        machine=_machine(network.device),
        command=f"mla train {game} --learner {learner} {given}".strip(),
        network=network.kind,
        heads=network.heads,
        actions=actions,
        preprocessing=preprocessing,
        shape=network.shape if len(network.shape) != 3 else (),
        limits=limits,
        versions={name: importlib.metadata.version(name) for name in LIBRARIES if _has(name)},
    )


def _board_card(game: str, learner: str, args: Any, network: BoardNetwork, cost: Mapping[str, float]) -> Card:
    """Return the card of a board game's player that has just been trained."""
    from mlanimated.envs.atari import Preprocessing

    given = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in _changed(game, learner, args).items())
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
        command=f"mla train {game} {given}".strip(),
        network=f"{args.blocks + 1} layers of {args.width}",
        heads={"policy": moves, "value": 1},
        actions=tuple(f"{'column' if moves == 7 else 'cell'} {move + 1}" for move in range(moves)),
        preprocessing=Preprocessing(),
        shape=(network.rules.features,),
        versions={name: importlib.metadata.version(name) for name in ("mlanimated", "torch") if _has(name)},
    )


def _changed(game: str, learner: str, args: Any) -> dict[str, Any]:
    """Return the arguments that are not what the command takes by itself."""
    usual = msgspec.to_builtins(arguments_of(game, learner, {})[1])
    return {name: value for name, value in msgspec.to_builtins(args).items() if value != usual[name]}


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
