"""A bar with the time left, for what takes over a second in front of a person."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["Bar"]

PATIENCE = 1.0
"""Seconds that go by before the bar is worth showing."""


class Bar:
    """Called with what is done, of how much; shows itself on a terminal once a second has gone by.

        with Bar("ball.mp4") as bar:
            bar(1, 200)

    It writes to the standard error stream, leaves nothing behind, and stays silent where that stream is no terminal.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._begun = time.monotonic()
        self._shown: tuple[Progress, TaskID] | None = None
        self._watched = sys.stderr.isatty()

    def __enter__(self) -> Self:
        self._begun = time.monotonic()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._shown is not None:
            self._shown[0].stop()
            self._shown = None

    def __call__(self, done: int, total: int) -> None:
        """Say that `done` of `total` parts are done."""
        if not self._watched:
            return
        if self._shown is None:
            gone = time.monotonic() - self._begun
            left = gone / max(1, done) * (total - done)
            if gone < PATIENCE or left < PATIENCE / 2:
                return
            self._shown = self._open(total)
        progress, task = self._shown
        progress.update(task, completed=done, total=total)

    def _open(self, total: int) -> tuple[Progress, TaskID]:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        progress.start()
        return progress, progress.add_task(self._what, total=total)
