"""What tests of sweeps share: a run without any sweep, and whether two recordings are the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mlanimated.errors import MlaError
from mlanimated.recipes import find
from mlanimated.scale.task import Task
from mlanimated.scale.work import work
from mlanimated.trace import Recorder, Trace


class Here:
    """Runs tasks in this process, so that a test costs no other."""

    workers, place = 1, "here"

    def __init__(self) -> None:
        self.ran: list[str] = []

    def run(self, tasks: list[Task], retries: int):
        for task in tasks:
            self.ran.append(task.name)
            yield work(task)

    def close(self, *, patience: float = 0.0) -> None:
        pass


def alone(name: str, **args: object) -> Trace:
    """A recipe's first run, without any sweep."""
    recipe = find(name)
    run = next(iter(recipe.runs(recipe.arguments(**args)).values()))
    with Recorder() as recorder:
        run.train(run.args, recorder)
    return recorder.trace


def same(one: Trace, other: Trace) -> None:
    assert one.names == other.names
    for name in one.names:
        assert np.array_equal(one.series(name).steps, other.series(name).steps), name
        assert np.array_equal(np.asarray(one.series(name).values), np.asarray(other.series(name).values)), name
    assert [(e.step, e.text) for e in one.events] == [(e.step, e.text) for e in other.events]


def learnt_the_same(one: Trace, other: Trace) -> None:
    """Where both recorded, they recorded the same, bit for bit and to the end.

    Rows that the sine's learner adds where it has something to tell may stand elsewhere: what it has told is no part of its state.
    """
    assert one.names == other.names
    assert one.last_step == other.last_step
    for name in one.names:
        first, second = one.series(name), other.series(name)
        steps, here, there = np.intersect1d(first.steps, second.steps, return_indices=True)
        assert len(steps) >= 0.95 * len(second.steps), name
        assert np.array_equal(np.asarray(first.values)[here], np.asarray(second.values)[there]), name


def states(path: Path) -> tuple[int, ...]:
    """The steps of a run's checkpoints so far; none of a trace that is only just being made."""
    try:
        return Trace.open(path).checkpoints
    except MlaError:
        return ()
