"""Subject: what a sweep runs, found by its name; what was asked for, checked; and the runs that follow from it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from mlanimated import plugins
from mlanimated.agents.hyperparameters import LEARNERS, arguments_of, run_path, title_of
from mlanimated.errors import MlaError, did_you_mean
from mlanimated.learn.arguments import Argument, describe, make
from mlanimated.recipes import Recipe, everything, find
from mlanimated.scale.journal import Spec
from mlanimated.scale.parameters import Range, drawn, points, spelt
from mlanimated.scale.task import Kind, Task

__all__ = ["Subject", "learner_module", "subject_of", "tasks_of"]

LONGEST = 120
"""Letters of a run's name; a longer one is cut and told apart by a hash."""


@dataclass(frozen=True)
class Subject:
    """What is run many times.

    Attributes:
        name: The recipe's or the learner's name.
        kind: What it is.
        extra: The extra that it needs; "" for none.
        parameters: What can be given to it, by name.
    """

    name: str
    kind: Kind
    extra: str
    parameters: Mapping[str, Argument]

    @property
    def seeded(self) -> bool:
        """Whether anything in it is drawn at random."""
        return "seed" in self.parameters

    def spec(
        self,
        fixed: Mapping[str, Any],
        grid: Mapping[str, Sequence[Any]],
        ranges: Mapping[str, Range],
        *,
        samples: int,
        seeds: int,
        version: str,
    ) -> Spec:
        """Return what was asked for, each value checked and of its type.

        Raises:
            MlaError: A name or a value is not allowed, or is given twice.
        """
        for name in (*fixed, *grid, *ranges):
            if name not in self.parameters:
                raise MlaError(f"{self.name} has no argument {name!r}.{did_you_mean(name, self.parameters)}")
            if (name in fixed) + (name in grid) + (name in ranges) > 1:
                raise MlaError(f"{name} is given twice; it is fixed, has a grid of values, or is drawn at random.")
        if "seed" in {*grid, *ranges} or ("seed" in fixed and seeds > 1):
            raise MlaError("The seed has an option of its own: --seeds 5 for the seeds from 0 to 4.")
        if bool(ranges) != bool(samples):
            raise MlaError("How many places are drawn? Write both, as in --random learning_rate=0.001..1 --samples 20.")
        for name, ends in ranges.items():
            if self.parameters[name].type not in {int, float}:
                raise MlaError(f"{name} is no number, so that nothing can be drawn between two of it; give it a grid.")
            for end in (ends.low, ends.high):
                self.parameters[name].parse(end)
        return Spec(
            subject=self.name,
            kind=self.kind,
            fixed={name: self.parameters[name].parse(value) for name, value in fixed.items() if name != "seed"},
            grid={name: [self.parameters[name].parse(value) for value in values] for name, values in grid.items()},
            ranges=dict(ranges),
            samples=samples,
            seeds=seeds if self.seeded else 0,
            first_seed=self.parameters["seed"].parse(fixed["seed"]) if "seed" in fixed else 0,
            version=version,
        )


def subject_of(name: str, games: Sequence[str] = ()) -> Subject:
    """Return what is meant by a name: a recipe, a learner of `mla train`, or a learner that another package brings.

    Args:
        name: As typed.
        games: Of a learner of `mla train`: the games that it is to play, to find out which learner's arguments are meant.

    Raises:
        MlaError: There is none of that name.
    """
    if name in LEARNERS:
        arguments = {argument.name: argument for argument in describe(_module_of(name, games).Args)}
        game = Argument(name="game", type=str, default="pong", description="The game it plays.")
        return Subject(name, "agent", "torch", {**arguments, "game": game})
    if name in plugins.named("learners"):
        return Subject(
            name, "learner", "", {argument.name: argument for argument in describe(learner_module(name).Args)}
        )
    known = [recipe.name for recipe in everything()]
    if name not in known:
        meant = did_you_mean(name, [*known, *LEARNERS, *plugins.named("learners")])
        raise MlaError(f"There is no recipe or learner {name!r}.{meant} mla list shows the recipes.")
    recipe = find(name)
    return Subject(name, "recipe", recipe.extra, {argument.name: argument for argument in describe(recipe.arguments)})


def learner_module(name: str) -> ModuleType:
    """Return the module of a learner that another package brings.

    Raises:
        MlaError: It is no learner.
    """
    module = plugins.load("learners", name)
    if not (hasattr(module, "Args") and callable(getattr(module, "train", None))):
        raise MlaError(f"The plugin {name!r} is no learner: it needs Args and train(args, recorder, resume=None).")
    return module


def tasks_of(spec: Spec, folder: Path, checkpoint_seconds: float) -> list[Task]:
    """Return every run that a sweep asks for, in order.

    Raises:
        MlaError: The arguments of one do not go together.
    """
    subject = subject_of(spec.subject, _games(spec))
    whole = [name for name in spec.ranges if subject.parameters[name].type is int]
    places = drawn(spec.ranges, spec.samples, 0, whole)
    seeds = list(range(spec.first_seed, spec.first_seed + spec.seeds)) if spec.seeds else None
    tasks: list[Task] = []
    for point in points(spec.grid, places, seeds):
        args = {**spec.fixed, **point}
        task = Task(
            name="",
            kind=spec.kind,
            subject=spec.subject,
            point=point,
            args=args,
            folder=str(folder),
            checkpoint_seconds=checkpoint_seconds,
            extra=subject.extra,
        )
        tasks += [msgspec.structs.replace(task, name=name, run=run) for name, run in _named(spec, point, args)]
    return tasks


def _games(spec: Spec) -> Sequence[str]:
    """Return the games of a sweep over them."""
    return spec.grid.get("game") or [spec.fixed.get("game", "pong")]


def _module_of(learner: str, games: Sequence[str]) -> ModuleType:
    """Return the module of a learner of `mla train`; each game is checked."""
    module = None
    for game in games or ("connect-four" if learner == "self-play" else "pong",):
        module, _ = arguments_of(game, learner, {})
    assert module is not None
    return module


def _named(spec: Spec, point: Mapping[str, Any], args: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return name and training of each run at one point."""
    if spec.kind == "agent":
        game = title_of(str(args.get("game", "pong")))
        rest = {name: value for name, value in args.items() if name != "game"}
        _, checked = arguments_of(game, spec.subject, rest)
        file = run_path("", game, spec.subject, checked.seed).name
        others = {name: value for name, value in point.items() if name not in {"game", "seed"}}
        return [(f"{_label(others)}/{file}" if others else file, "")]
    base = _label(point) or spec.subject
    if spec.kind == "learner":
        make(learner_module(spec.subject).Args, args)
        return [(base, "")]
    recipe: Recipe = find(spec.subject)
    return [(f"{base}-{spelt(run)}" if run else base, run) for run in recipe.runs(make(recipe.arguments, args))]


def _label(point: Mapping[str, Any]) -> str:
    """Return a point as a name: learning_rate=0.1,seed=0."""
    label = ",".join(f"{name}={spelt(value)}" for name, value in point.items())
    if len(label) <= LONGEST:
        return label
    return f"{label[: LONGEST - 9]}-{hashlib.sha256(label.encode()).hexdigest()[:8]}"
