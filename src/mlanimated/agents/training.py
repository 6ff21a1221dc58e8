"""Train an agent on a game from its name alone, with a trace and a checkpoint as it goes.

agent = train("pong")                                            # runs/pong-ppo-0.mla, .checkpoint, .json, .safetensors
agent = train("seaquest", learner="double-dqn", steps=10_000_000, resume=True)
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, overload

import msgspec

from mlanimated.agents.agent import Agent, save
from mlanimated.agents.board_agent import BoardAgent
from mlanimated.agents.hyperparameters import arguments_of, run_path, title_of, usual_learner
from mlanimated.agents.new_card import new_board_card, new_card
from mlanimated.agents.start import Start, start_with
from mlanimated.errors import MlaError
from mlanimated.learn.ages import Ages
from mlanimated.learn.board_network import BoardNetwork
from mlanimated.learn.isolation import kept_memory
from mlanimated.learn.networks import Network
from mlanimated.learn.training import Checkpoint, Keeper, previous, read_checkpoint
from mlanimated.trace import Recorder

__all__ = ["Training", "train"]

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


@overload
def train(  # pyright: ignore[reportOverlappingOverload]
    game: Literal["connect-four", "tic-tac-toe"],
    learner: str = "",
    *,
    resume: bool = False,
    overwrite: bool = False,
    start: str | os.PathLike[str] = "",
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
    start: str | os.PathLike[str] = "",
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
    start: str | os.PathLike[str] = "",
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
        start: Begin with the weights of this agent: the name of one that ships, or the path of one that was trained here. A training
            that is taken up again knows it already.
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
    owed, begin = None, None
    if start and checkpoint is None:
        owed, begin = start_with(os.fspath(start), learner, args)
        about["start"] = msgspec.to_builtins(owed)
    if checkpoint is not None:
        if start and "start" not in checkpoint.about:
            raise MlaError(
                f"{file} was begun with nothing learned, not with {start}: leave start out, or overwrite it."
            )
        if "start" in checkpoint.about:
            about["start"] = checkpoint.about["start"]
            owed = msgspec.convert(about["start"], Start)
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
            more = {} if begin is None else {"start": begin}
            state = checkpoint.state if checkpoint else None
            with kept_memory():
                network = module.train(args, recorder, resume=state, keeper=keeper, **more)
        finally:  # Ctrl-C, a wish to stop, or a mistake: what was learned stays
            keeper.write()
        cost_so_far.note()
        if isinstance(network, Network):
            keeper.ages.note(args.steps, {"network": network.state()}, last=True)
    if isinstance(network, BoardNetwork):
        player = BoardAgent(new_board_card(title, learner, args, network, cost), network)
        save(path, player.card, network.weights)
        return player
    if not isinstance(network, Network):
        return None
    made = Agent(new_card(title, learner, args, network, cost, owed), network)
    made.save(path)
    return made


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
