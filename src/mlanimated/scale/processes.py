"""Processes: runs on this machine, each of some workers a process of its own.

Each worker is an executor of one process (`concurrent.futures`). An executor of several would give up all of them, and the runs that they
are at, when one is killed; here the others notice nothing.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

import msgspec

from mlanimated.scale.task import Outcome, Task, Wants
from mlanimated.scale.work import halt, limit_threads, threads_environment, watch_parent, work

__all__ = ["LOST", "Processes", "again", "lost", "usable_cores"]

BEAT = 0.25
"""Seconds after which who waits is told that nothing is new."""

PATIENCE = 10.0
"""Seconds that a worker has to keep its state when the sweep is interrupted."""


def usable_cores() -> int:
    """Return the cores that this process may use, which in a container or a batch job are fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Processes:
    """Workers on this machine.

    Args:
        workers: How many; None: as many as fit on the cores.
        wants: What each run is given.
    """

    place = "this machine"

    def __init__(self, workers: int | None = None, wants: Wants | None = None) -> None:
        self.wants = wants or Wants()
        self.workers = workers or max(1, usable_cores() // self.wants.threads)
        self._slots: list[_Slot] = []

    def run(self, tasks: Sequence[Task], retries: int) -> Iterator[Outcome | None]:
        """Run tasks; yield each outcome when it is there, and None now and then while there is none.

        A run whose worker is killed goes on, in a new one, from its own newest state, so often as `retries` says.
        """
        waiting = deque(tasks)
        running: dict[Future[Outcome], tuple[_Slot, Task]] = {}
        self._slots = [_Slot(self.wants.threads) for _ in range(min(self.workers, len(tasks)))]
        free = list(self._slots)
        while waiting or running:
            while free and waiting:
                slot, task = free.pop(), waiting.popleft()
                running[slot.submit(task)] = (slot, task)
            ended, _ = wait(running, BEAT, FIRST_COMPLETED)
            if not ended:
                yield None
            for future in ended:
                slot, task = running.pop(future)
                free.append(slot)
                try:
                    outcome = future.result()
                except BrokenProcessPool:
                    slot.renew()
                    outcome = lost(task)
                if outcome.status == "failed" and not outcome.fatal and task.attempt < retries and again(outcome):
                    waiting.appendleft(msgspec.structs.replace(task, attempt=task.attempt + 1))
                else:
                    yield outcome

    def close(self, *, patience: float = PATIENCE) -> None:
        """End the workers; runs that they are at keep their state first."""
        for slot in self._slots:
            slot.signal(signal.SIGTERM)
        until = time.monotonic() + patience
        for slot in self._slots:
            slot.close(until)
        self._slots = []


LOST = "The worker was killed"


def lost(task: Task) -> Outcome:
    """Return what is said of a run whose worker has gone."""
    why = f"{LOST}, perhaps for want of memory."
    return Outcome(name=task.name, status="failed", error=why, attempts=task.attempt + 1)


def again(outcome: Outcome) -> bool:
    """Whether another try may help: a worker that was killed, a disk or a network that failed; not a mistake in the training."""
    return outcome.error.startswith(
        (LOST, "The memory", "OSError", "ConnectionError", "TimeoutError", "BlockingIOError")
    )


class _Slot:
    """A worker: a process, and the next one when it is killed."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._begin()

    def _begin(self) -> None:
        self._executor = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _began, (self._threads,))
        self._process: Future[int] | None = None
        self._current: Future[Outcome] | None = None

    def submit(self, task: Task) -> Future[Outcome]:
        """Hand over a task."""
        with _environment(threads_environment(self._threads)):  # the process is started by the first one
            if self._process is None:
                self._process = self._executor.submit(os.getpid)
            self._current = self._executor.submit(work, task)
        return self._current

    def renew(self) -> None:
        """Start anew after the process was killed."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._begin()

    def signal(self, number: int) -> None:
        """Send the process a signal, if it is at a run."""
        if self._current is None or self._current.done() or self._process is None:
            return
        with contextlib.suppress(Exception):
            os.kill(self._process.result(timeout=5.0), number)

    def close(self, until: float) -> None:
        """Wait for the end of the run until a time, then end the process."""
        if self._current is not None and not self._current.done():
            with contextlib.suppress(Exception):
                self._current.result(timeout=max(0.1, until - time.monotonic()))
            if not self._current.done():
                self.signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        self._executor.shutdown(wait=True, cancel_futures=True)


def _began(threads: int) -> None:
    """Prepare a worker: it ends its run when it is told to, or when the sweep has gone, and keeps its state first."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, halt)
    limit_threads(threads)
    watch_parent()


@contextmanager
def _environment(variables: Mapping[str, str]) -> Generator[None]:
    """Have variables in the environment that processes inherit which are started meanwhile."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
