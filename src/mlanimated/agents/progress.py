"""What a person sees while an agent trains: how far it is, steps a second, score, time left."""

from __future__ import annotations

import math
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from mlanimated.agents.training import Training

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["Watcher"]

PATIENCE = 60.0  # seconds between two lines where there is no terminal


class Watcher:
    """Given to `train` as `watch`: a bar on a terminal, a line a minute where the error stream goes elsewhere.

    Args:
        title: What is trained.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._shown: tuple[Progress, TaskID] | None = None
        self._next = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._shown is not None:
            self._shown[0].stop()
            self._shown = None

    def __call__(self, now: Training) -> None:
        """Show how far it is."""
        if sys.stderr.isatty():
            if self._shown is None:
                self._shown = self._open(now)
            progress, task = self._shown
            progress.update(task, completed=now.step, rate=rate_of(now), score=score_of(now), left=left_of(now))
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + PATIENCE
            words = f"{now.step:,} of {now.steps:,} steps, {rate_of(now)}, {score_of(now)}, {left_of(now)}"
            print(f"{self._title}: {words}", file=sys.stderr, flush=True)

    def _open(self, now: Training) -> tuple[Progress, TaskID]:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        told = (TextColumn(f"{{task.fields[{name}]}}") for name in ("rate", "score", "left"))
        progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            *told,
            console=Console(stderr=True),
            transient=True,
        )
        progress.start()
        return progress, progress.add_task(self._title, total=now.steps, rate="", score="", left="")


def rate_of(now: Training) -> str:
    """Return the rate as it is shown: "1,660 steps/s"."""
    return f"{now.rate:,.0f} steps/s"


def score_of(now: Training) -> str:
    """Return the score as it is shown: "score 18.3"; before the first full game "no game over yet"."""
    return "no game over yet" if math.isnan(now.score) else f"score {now.score:.1f}".replace("-", "−")


def left_of(now: Training) -> str:
    """Return the time that is left as it is shown: "4 min left"."""
    if now.rate <= 0:
        return "time left not known yet"
    seconds = (now.steps - now.step) / now.rate
    if seconds < 90:
        return f"{seconds:.0f} s left"
    return f"{seconds / 60:.0f} min left" if seconds < 5400 else f"{seconds / 3600:.1f} h left"
