"""What a person sees while a sweep runs: runs done, how far the others are, time left. It is read from the traces themselves."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from mlanimated.errors import MlaError
from mlanimated.scale.task import Outcome, Task
from mlanimated.scale.work import trace_of

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from mlanimated.trace import Trace

__all__ = ["Watcher"]

LOOK = 1.0
"""Seconds between two looks at the traces."""
PATIENCE = 60.0
"""Seconds between two lines where there is no terminal."""


class Watcher:
    """Shows how far a sweep is: a bar on a terminal, a line a minute where the error stream goes elsewhere.

    Args:
        title: What runs.
        tasks: What is to be done.
        steps: Steps of each run, 0 where that is not known.
        workers: How many run at a time.
    """

    def __init__(self, title: str, tasks: Sequence[Task], steps: Sequence[int], workers: int) -> None:
        self._title, self._workers = title, workers
        self._steps = dict(zip((task.name for task in tasks), steps, strict=True))
        self._left = {task.name: trace_of(task) for task in tasks}
        self._all, self._done = len(tasks), 0
        self._open: dict[str, Trace] = {}
        self._shares: dict[str, float] = {}
        self._begun = self._looked = time.monotonic()
        self._next = self._begun + PATIENCE
        self._shown: tuple[Progress, TaskID] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._shown is not None:
            self._shown[0].stop()
            self._shown = None

    def __call__(self, outcome: Outcome | None) -> None:
        """Take note of an outcome, or look anew."""
        if outcome is not None:
            self._done += 1
            for known in (self._left, self._open, self._shares):
                known.pop(outcome.name, None)
        now = time.monotonic()
        if now - self._looked >= LOOK:
            self._looked = now
            self._look()
            self._tell(now)

    def _look(self) -> None:
        """Read how far the runs are that have begun; they are among the first that are left."""
        for name, path in list(self._left.items())[: 2 * self._workers]:
            try:
                self._shares[name] = self._share(name, path)
            except MlaError:  # not yet there, or just being replaced
                self._open.pop(name, None)

    def _share(self, name: str, path: Path) -> float:
        from mlanimated.trace import Trace

        if not path.exists():
            return 0.0
        trace = self._open.get(name)
        if trace is None:
            trace = self._open[name] = Trace.open(path)
        else:
            trace.refresh()
        return min(1.0, trace.last_step / self._steps[name]) if self._steps[name] else 0.0

    def _tell(self, now: float) -> None:
        share = (self._done + sum(self._shares.values())) / max(1, self._all)
        left = (now - self._begun) * (1 - share) / share if share > 0 else 0.0
        words = f"{self._done} of {self._all} runs"
        if sys.stderr.isatty():
            if self._shown is None:
                self._shown = self._bar()
            progress, task = self._shown
            progress.update(task, completed=share, words=words, left=_left(left))
        elif now >= self._next:
            self._next = now + PATIENCE
            print(f"{self._title}: {words}, {_left(left)}", file=sys.stderr, flush=True)

    def _bar(self) -> tuple[Progress, TaskID]:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        told = (TextColumn(f"{{task.fields[{name}]}}") for name in ("words", "left"))
        progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            *told,
            console=Console(stderr=True),
            transient=True,
        )
        progress.start()
        return progress, progress.add_task(self._title, total=1.0, words="", left="")


def _left(seconds: float) -> str:
    """Return the time that is left in words."""
    if seconds <= 0:
        return "time left not known yet"
    if seconds < 90:
        return f"{seconds:.0f} s left"
    return f"{seconds / 60:.0f} min left" if seconds < 5400 else f"{seconds / 3600:.1f} h left"
