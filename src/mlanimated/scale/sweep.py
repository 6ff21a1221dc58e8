"""Sweep: a recipe or a learner over a grid of values, places drawn at random, and seeds; its results as traces in a folder.

done = sweep("gradient-descent", grid={"learning_rate": (0.0003, 0.1, 0.95)}, folder="sweep")
done.best.point                    # {"learning_rate": 0.1}

The same command again runs what is missing, and nothing else.
"""

from __future__ import annotations

import math
import os
import shutil
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

from mlanimated.errors import MlaError
from mlanimated.scale.journal import JOURNAL, Journal, Spec, locked
from mlanimated.scale.measure import Measure, measure_of, result_of
from mlanimated.scale.parameters import Range, spelt
from mlanimated.scale.processes import Processes
from mlanimated.scale.progress import Watcher
from mlanimated.scale.subject import subject_of, tasks_of
from mlanimated.scale.task import Outcome, Task, Wants
from mlanimated.scale.work import trace_of
from mlanimated.trace import Trace

__all__ = ["Engine", "Run", "Sweep", "engine_of", "sweep"]

ROOM = 64 << 20
"""Bytes that must be free on the disk for a sweep to begin."""


class Engine(Protocol):
    """What runs tasks."""

    workers: int
    place: str

    def run(self, tasks: Sequence[Task], retries: int) -> Iterator[Outcome | None]:
        """Run tasks; yield each outcome, and None now and then while there is none."""
        ...

    def close(self, *, patience: float = ...) -> None:
        """End what runs, keeping its state."""
        ...


@dataclass(frozen=True)
class Run:
    """One run of a sweep.

    Attributes:
        task: What was run.
        outcome: What came of it; None: it has not ended yet.
        path: Its trace.
    """

    task: Task
    outcome: Outcome | None
    path: Path

    @property
    def name(self) -> str:
        """What it is called."""
        return self.task.name

    @property
    def point(self) -> Mapping[str, Any]:
        """Its values of the parameters that the sweep varies, the seed among them."""
        return self.task.point

    @property
    def done(self) -> bool:
        """Whether it is whole."""
        return self.outcome is not None and self.outcome.status == "done" and self.path.exists()

    @cached_property
    def trace(self) -> Trace:
        """What was recorded.

        Raises:
            MlaError: There is nothing yet.
        """
        return Trace.open(self.path)


class Sweep:
    """A sweep as it lies in its folder, whole or not yet.

    Args:
        folder: The folder.

    Raises:
        MlaError: There is no sweep in it.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        journal = Journal(self.folder)
        if not journal.asked:
            raise MlaError(
                f"There is no sweep in {self.folder}: mla sweep gradient-descent -o {self.folder} makes one."
            )
        self.spec: Spec = journal.asked[-1]
        tasks: dict[str, Task] = {}
        for spec in journal.asked:
            tasks.update({task.name: task for task in tasks_of(spec, self.folder, 30.0)})
        self.runs = tuple(Run(task, journal.ended.get(name), trace_of(task)) for name, task in tasks.items())

    @property
    def done(self) -> tuple[Run, ...]:
        """The runs that are whole."""
        return tuple(run for run in self.runs if run.done)

    @property
    def failed(self) -> tuple[Run, ...]:
        """The runs that failed, whose outcome says why."""
        return tuple(run for run in self.runs if run.outcome is not None and run.outcome.status == "failed")

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters that take several values, the seed not among them."""
        names = dict.fromkeys(name for run in self.runs for name in run.point if name != "seed")
        return tuple(name for name in names if len({spelt(run.point.get(name)) for run in self.runs}) > 1)

    def measure(self, series: str = "", goal: str = "") -> Measure:
        """Return what the runs are compared by; see `measure_of`.

        Raises:
            MlaError: No run is whole yet, or there is no such series.
        """
        if not self.done:
            raise MlaError(f"No run of {self.folder} is whole yet, so that there is nothing to compare.")
        return measure_of((run.trace for run in self.done), series, goal)

    def results(self, measure: Measure) -> list[tuple[dict[str, Any], list[Run], list[float]]]:
        """Return each point without its seed, its runs and their results; the best mean first."""
        grouped: dict[tuple[str, ...], tuple[dict[str, Any], list[Run], list[float]]] = {}
        for run in self.done:
            point = {name: run.point[name] for name in self.parameters if name in run.point}
            where = (*(spelt(value) for value in point.values()), run.task.run)
            group = grouped.setdefault(where, (point, [], []))
            group[1].append(run)
            group[2].append(result_of(run.trace, measure))
        return sorted(grouped.values(), key=lambda group: measure.key(sum(group[2]) / len(group[2])))

    def best(self, series: str = "", goal: str = "") -> Run:
        """Return the best run of the point that is best on average over its seeds.

        Raises:
            MlaError: No run is whole yet, or there is no such series.
        """
        measure = self.measure(series, goal)
        _, runs, results = self.results(measure)[0]
        return min(zip(runs, results, strict=True), key=lambda pair: measure.key(pair[1]))[0]


def sweep(
    subject: str,
    *,
    grid: Mapping[str, Sequence[Any]] | None = None,
    ranges: Mapping[str, Range | tuple[float, float]] | None = None,
    samples: int = 0,
    seeds: int = 1,
    fixed: Mapping[str, Any] | None = None,
    folder: str | os.PathLike[str] = "sweep",
    on: str = "processes",
    workers: int | None = None,
    wants: Wants | None = None,
    retries: int = 2,
    checkpoint_seconds: float = 30.0,
    watch: bool = False,
    tell: Callable[[str], None] | None = None,
) -> Sweep:
    """Run what is missing of a sweep.

    Args:
        subject: A recipe's name, or a learner's: one of `mla train`, or one that another package brings.
        grid: Values by parameter; every combination is run.
        ranges: Ranges by parameter that values are drawn from.
        samples: How many places are drawn from the ranges.
        seeds: How many seeds each place is run with.
        fixed: Arguments that all runs share.
        folder: Where the traces go.
        on: "processes" of this machine; "ray": a running Ray cluster, or one on this machine; "ray://host:10001" or
            "host:6379": the cluster there.
        workers: Runs at a time; None: as many as fit.
        wants: What each run is given.
        retries: How often a run is begun again whose worker was lost.
        checkpoint_seconds: How often each run keeps its state.
        watch: Show on the standard error stream how far it is.
        tell: Told in a sentence what a person should know.

    Returns:
        The sweep; its `failed` runs say why.

    Raises:
        MlaError: Something of the above is not possible, another sweep holds the folder, or no further run could succeed
            (the disk is full, an extra is missing). What has ended is kept.
        KeyboardInterrupt: Ctrl-C; all has kept its state.
    """
    say = tell or _silence
    grid = grid or {}
    if seeds < 1:
        raise MlaError(f"{seeds} seeds are not possible; 1 is the least.")
    found = subject_of(subject, [str(game) for game in grid.get("game", ())] or _game(fixed))
    if seeds > 1 and not found.seeded:
        say(f"{subject} draws nothing at random: each place is run once, not {seeds} times.")
    asked = found.spec(
        fixed or {},
        grid,
        {name: ends if isinstance(ends, Range) else Range(*ends) for name, ends in (ranges or {}).items()},
        samples=samples,
        seeds=seeds,
        version=metadata.version("mlanimated"),
    )
    place = Path(folder)
    tasks = tasks_of(asked, place.absolute(), checkpoint_seconds)
    with locked(place, {"running": subject}):
        journal = Journal(place)
        _agrees(journal, asked, place)
        _room(place)
        missing = [task for task in tasks if not _is_done(journal, task)]
        if missing:
            engine = engine_of(on, workers, wants or Wants())
            journal.ask(asked)
            steps = [_steps(task, found.parameters) for task in missing]
            with Watcher(subject, missing, steps if watch else [0] * len(missing), engine.workers) as watcher:
                _run(engine, missing, retries, journal, watcher if watch else None, say)
    return Sweep(place)


def _silence(text: str) -> None:
    del text


def engine_of(on: str, workers: int | None, wants: Wants) -> Engine:
    """Return what runs the tasks.

    Raises:
        MlaError: There is no such place, or no cluster answers there.
    """
    if workers is not None and workers < 1:
        raise MlaError(f"{workers} workers are not possible; 1 is the least.")
    if on == "processes":
        return Processes(workers, wants)
    if on == "ray" or ":" in on:
        from mlanimated.scale.cluster import Cluster

        return Cluster("" if on == "ray" else on, workers, wants)
    raise MlaError(
        f"There is no place {on!r} to run on: processes, ray, or a cluster's address as in ray://host:10001."
    )


def _run(
    engine: Engine,
    tasks: Sequence[Task],
    retries: int,
    journal: Journal,
    watcher: Watcher | None,
    say: Callable[[str], None],
) -> None:
    """Run tasks and note each outcome.

    Raises:
        MlaError: No further run could succeed.
    """
    patience = 10.0
    try:
        with _interruptible():
            for outcome in engine.run(tasks, retries):
                if watcher is not None:
                    watcher(outcome)
                if outcome is None:
                    continue
                journal.end(outcome)
                if outcome.note:
                    say(outcome.note)
                if outcome.fatal:
                    raise MlaError(
                        f"{outcome.error.rstrip('.')}. What has ended is kept; the same command then goes on."
                    )
    finally:
        engine.close(patience=patience)


@contextmanager
def _interruptible() -> Generator[None]:
    """Have SIGTERM, by which batch systems end what they run, treated as ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _agrees(journal: Journal, asked: Spec, folder: Path) -> None:
    """Raise unless what is asked for goes on with what lies in the folder: other values and more seeds may join, nothing else."""
    for before in journal.asked:
        names = {*before.grid, *before.ranges}, {*asked.grid, *asked.ranges}
        if before.subject != asked.subject:
            was, now = before.subject, asked.subject
        elif before.fixed != asked.fixed:
            was, now = _told(before.fixed), _told(asked.fixed)
        elif names[0] != names[1]:
            was, now = (", ".join(sorted(some)) or "nothing" for some in names)
            was, now = f"a sweep over {was}", f"one over {now}"
        else:
            continue
        raise MlaError(f"{folder / JOURNAL} is of {was}, not of {now}: name another folder with -o.")


def _told(fixed: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in fixed.items()) or "the usual arguments"


def _room(folder: Path) -> None:
    """Raise when the disk is full, or nearly."""
    free = shutil.disk_usage(folder).free
    if free < ROOM:
        raise MlaError(
            f"The disk of {folder} is full: {free / 1e6:.0f} MB are left, {ROOM / 1e6:.0f} are needed. Make room, and the same "
            "command goes on."
        )


def _is_done(journal: Journal, task: Task) -> bool:
    outcome = journal.ended.get(task.name)
    return outcome is not None and outcome.status == "done" and trace_of(task).exists()


def _steps(task: Task, parameters: Mapping[str, Any]) -> int:
    """Return how many steps a run has, 0 where that is not known."""
    steps = task.args.get("steps", parameters["steps"].default if "steps" in parameters else 0)
    return int(steps) if isinstance(steps, int | float) and math.isfinite(steps) else 0


def _game(fixed: Mapping[str, Any] | None) -> list[str]:
    return [str(fixed["game"])] if fixed and "game" in fixed else []
