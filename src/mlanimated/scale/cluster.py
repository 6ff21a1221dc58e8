"""Cluster: runs on a Ray cluster, one task each. Ray places, queues and begins them again when a worker or its machine is lost.

Where a machine sees the sweep's folder (one machine, a network drive), its runs write there. Where it does not, a run works in a folder
of its own machine and hands its files to the one who asks, each time it has kept its state and when it ends; a run that is begun again is
given them back.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import secrets
import socket
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mlanimated.errors import MissingExtra, MlaError
from mlanimated.scale.processes import again, lost, usable_cores
from mlanimated.scale.task import Outcome, Task, Wants
from mlanimated.scale.work import limit_threads, work

__all__ = ["TOKEN", "Cluster", "carried", "errand"]

TOKEN = ".sweep.token"
"""A file in the sweep's folder by which a machine knows that it sees the same one."""

BEAT = 0.5
PROBE = 3.0
"""Seconds within which a cluster's address answers."""
HAND_OVER = 10.0
"""Seconds between two times that a run on a machine of its own hands over its files, at the least."""
ENDS = (".mla", ".checkpoint", ".json", ".safetensors")
"""What the files of a run end in."""


class Cluster:
    """A Ray cluster.

    Args:
        address: "ray://host:10001" or "host:6379"; "": the one that runs here or that RAY_ADDRESS names, else one of this machine alone.
        workers: Runs at a time; None: as many as the cluster has room for.
        wants: What each run is given.

    Raises:
        MissingExtra: Ray is not installed.
        MlaError: No cluster answers there.
    """

    def __init__(self, address: str, workers: int | None, wants: Wants) -> None:
        self._ray = _library()
        self.wants = wants
        self._begun = not self._ray.is_initialized()
        if self._begun:
            self._join(address, workers)
            _hush()
        self.place = address or "Ray"
        room = int(self._ray.cluster_resources().get("CPU", 1) // wants.cpus)
        self.workers = workers or max(1, room)
        self._running: dict[Any, Task] = {}
        self._desk: Any = None

    def _join(self, address: str, workers: int | None) -> None:
        """Join the cluster, or begin one on this machine; Ray's own words stay in its files."""
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR, "configure_logging": False}
        found = address or os.environ.get("RAY_ADDRESS", "")
        if found and found not in {"auto", "local"}:
            _answers(found)
            if found.startswith("ray://"):
                quiet = {"log_to_driver": False}
        try:
            if found and found != "local":
                self._ray.init(address=found, **quiet)
                return
            if not found:
                with contextlib.suppress(ConnectionError):
                    self._ray.init(address="auto", **quiet)
                    return
            cores = (workers or usable_cores()) * max(1, round(self.wants.cpus))
            self._ray.init(address="local", num_cpus=cores, include_dashboard=False, **quiet)
        except Exception as error:  # Ray raises Exception itself where a machine does not start
            reason = " ".join(str(error).split())[:200].rstrip(".")
            raise MlaError(f"No Ray cluster can be used at {found or 'this machine'} ({reason}).") from None

    def run(self, tasks: Sequence[Task], retries: int) -> Iterator[Outcome | None]:
        """Run tasks; yield each outcome when it is there, and None now and then while there is none."""
        ray = self._ray
        folder = Path(tasks[0].folder)
        token = secrets.token_hex(8)
        (folder / TOKEN).write_text(token, encoding="utf-8")
        self._desk = ray.remote(num_cpus=0)(_Desk).remote()
        options: dict[str, Any] = {"num_cpus": self.wants.cpus, "num_gpus": self.wants.gpus, "max_retries": 0}
        if self.wants.memory:
            options["memory"] = self.wants.memory
        self._submit = ray.remote(**options)(errand)
        waiting = list(reversed(tasks))
        yield from self._told(self.wants)
        try:
            while waiting or self._running:
                while (
                    waiting and len(self._running) < 2 * self.workers
                ):  # one more each, so that no worker waits for us
                    task = waiting.pop()
                    reference = self._submit.remote(task, token, self._desk, carried(task), self.wants.threads)
                    self._running[reference] = task
                ended, _ = ray.wait(list(self._running), timeout=BEAT)
                self._collect(folder)
                if not ended:
                    yield None
                for reference in ended:
                    task = self._running.pop(reference)
                    outcome = self._outcome(reference, task)
                    self._collect(folder)
                    if outcome.status == "failed" and not outcome.fatal and task.attempt < retries and again(outcome):
                        waiting.append(msgspec.structs.replace(task, attempt=task.attempt + 1))
                    else:
                        yield outcome
        finally:
            (folder / TOKEN).unlink(missing_ok=True)

    def close(self, *, patience: float = 10.0) -> None:
        """End what runs; runs keep their state first."""
        ray = self._ray
        if not ray.is_initialized():
            return
        for reference in self._running:
            with contextlib.suppress(Exception):
                ray.cancel(reference)  # a KeyboardInterrupt there, by which the state is kept
        if self._running:
            with contextlib.suppress(Exception):
                ray.wait(list(self._running), num_returns=len(self._running), timeout=patience)
            for task in list(self._running.values())[:1]:
                self._collect(Path(task.folder))
        self._running = {}
        if self._begun:
            ray.shutdown()

    def _told(self, wants: Wants) -> Iterator[None]:
        """Raise when no machine of the cluster has what a run asks for: Ray would wait for one for ever."""
        machines = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
        asked = {"CPU": wants.cpus, "GPU": wants.gpus, "memory": float(wants.memory)}
        for name, amount in asked.items():
            most = max((float(machine.get(name, 0.0)) for machine in machines), default=0.0)
            if amount > most:
                have = f"{most / 1e9:.1f} GB" if name == "memory" else f"{most:g}"
                want = f"{amount / 1e9:.1f} GB" if name == "memory" else f"{amount:g}"
                raise MlaError(
                    f"Each run asks for {want} of {name}, and the largest machine of the cluster has {have}."
                )
        yield None

    def _outcome(self, reference: Any, task: Task) -> Outcome:
        """Return what came of a task, or what is said of one whose worker or machine was lost."""
        errors = importlib.import_module("ray.exceptions")
        try:
            return self._ray.get(reference)
        except (
            errors.WorkerCrashedError,
            errors.NodeDiedError,
            errors.OutOfMemoryError,
            errors.ActorDiedError,
            errors.ObjectLostError,
            errors.LocalRayletDiedError,
        ):
            return lost(task)
        except errors.TaskCancelledError:
            return Outcome(name=task.name, status="stopped")
        except Exception as error:
            said = " ".join(str(error).split())
            absent = "No module named" in said
            module = said.partition("No module named")[2].strip(" '\"").split("'")[0] if absent else ""
            told = (
                f"A worker of the cluster has no module {module!r}: pip install mlanimated with the extra that needs it there"
                if absent
                else said[:300]
            )
            return Outcome(name=task.name, status="failed", error=told, fatal=absent, attempts=task.attempt + 1)

    def _collect(self, folder: Path) -> None:
        """Write into the folder what was handed over."""
        with contextlib.suppress(Exception):
            for name, data in self._ray.get(self._desk.take.remote(), timeout=60.0).items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                part = path.with_name(f".{path.name}.part")
                part.write_bytes(data)
                for end in ("-wal", "-shm"):
                    path.with_name(path.name + end).unlink(missing_ok=True)
                part.replace(path)


class _Desk:
    """An actor: where runs on other machines leave their files until they are fetched."""

    def __init__(self) -> None:
        self._left: dict[str, bytes] = {}

    def leave(self, files: dict[str, bytes]) -> None:
        """Take files; those of before under the same names are forgotten."""
        self._left.update(files)

    def take(self) -> dict[str, bytes]:
        """Give what was left since the last time."""
        left, self._left = self._left, {}
        return left


def errand(task: Task, token: str, desk: Any, left: Mapping[str, bytes], threads: int) -> Outcome:
    """Run a task on a machine of the cluster.

    Args:
        task: What to run.
        token: What stands in the sweep's folder, where this machine sees it.
        desk: The actor that takes files; None where the folder is seen.
        left: Files of the run as they lie in the folder.
        threads: Threads that the run may use.

    Returns:
        What came of it.
    """
    limit_threads(threads)
    with contextlib.suppress(OSError):
        if (Path(task.folder) / TOKEN).read_text(encoding="utf-8") == token:
            return _told_where(work(task))
    ray = importlib.import_module("ray")
    with tempfile.TemporaryDirectory(prefix="mla-run-") as own:
        here = msgspec.structs.replace(task, folder=own)
        for name, data in left.items():
            path = Path(own) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

        known: dict[str, tuple[int, int]] = {}

        def hand_over() -> None:
            files = carried(here, known)
            if files:
                ray.get(desk.leave.remote(files))

        with _from_time_to_time(hand_over, max(HAND_OVER, task.checkpoint_seconds)):
            outcome = work(here)
        hand_over()
        return _told_where(outcome)


def _told_where(outcome: Outcome) -> Outcome:
    """Return an outcome with the machine that it comes from; in what went wrong there too."""
    host = socket.gethostname()
    error = f"{outcome.error} (on the machine {host})" if outcome.fatal else outcome.error
    return msgspec.structs.replace(outcome, host=host, error=error)


class _from_time_to_time:  # noqa: N801  (reads as a statement)
    """Do something every so many seconds in a thread, while a block runs."""

    def __init__(self, deed: Callable[[], None], seconds: float) -> None:
        self._deed, self._seconds = deed, seconds
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, name="mla-hand-over", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._end.wait(self._seconds):
            with contextlib.suppress(Exception):  # the next time it may do
                self._deed()


def carried(task: Task, known: dict[str, tuple[int, int]] | None = None) -> dict[str, bytes]:
    """Return a run's files by their path within the folder; a trace that is being written, as it stands at a moment.

    Args:
        task: The run.
        known: Time and size of what was carried before, which is left out while it is as it was; brought up to date.
    """
    known = {} if known is None else known
    found: dict[str, bytes] = {}
    for end in ENDS:
        path = Path(f"{Path(task.folder) / task.name}{end}")
        if not path.exists():
            continue
        with contextlib.suppress(OSError, sqlite3.Error):
            log = path.with_name(f"{path.name}-wal")
            stands = [one.stat() for one in (path, log) if one.exists()]
            mark = max(one.st_mtime_ns for one in stands), sum(one.st_size for one in stands)
            if known.get(end) == mark:
                continue
            found[f"{task.name}{end}"] = _snapshot(path) if end == ".mla" else path.read_bytes()
            known[end] = mark
    return found


def _snapshot(path: Path) -> bytes:
    """Return a database as one plain file, whoever writes to it meanwhile."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with (
        contextlib.closing(sqlite3.connect(uri, uri=True, timeout=5.0)) as source,
        tempfile.TemporaryDirectory(prefix="mla-copy-") as folder,
    ):
        copy = Path(folder) / "copy.mla"
        with contextlib.closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        return copy.read_bytes()


def _library() -> Any:
    """Return Ray, told to be quiet."""
    for name, value in (
        ("RAY_DEDUP_LOGS", "1"),
        ("RAY_SCHEDULER_EVENTS", "0"),
        ("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0"),
        ("RAY_USAGE_STATS_ENABLED", "0"),
        ("RAY_TQDM", "0"),
        ("RAY_raylet_start_wait_time_s", "120"),  # a machine that is busy needs longer than Ray's half minute
        ("RAY_DISABLE_IMPORT_WARNING", "1"),
    ):
        os.environ.setdefault(name, value)
    logging.getLogger("ray._private.authentication").setLevel(logging.ERROR)
    try:
        return importlib.import_module("ray")
    except ImportError:
        raise MissingExtra("A sweep on a cluster", "ray") from None


def _hush() -> None:
    """Keep from the user's screen what Ray prints of a machine that was lost, forty lines each time; it stands in Ray's files.

    Ray has no switch for these words, so that a version of Ray with another inside speaks.
    """
    with contextlib.suppress(ImportError):
        inside: Any = importlib.import_module("ray._private.worker")
        if hasattr(inside, "print_worker_logs"):
            inside.print_worker_logs = _nothing


def _nothing(*_: object) -> None:
    """Print nothing."""


def _answers(address: str) -> None:
    """Raise unless something listens at an address: to Ray itself this would take a minute, and many lines."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=PROBE):
            return
    except (OSError, ValueError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MlaError(
            f"No Ray cluster answers at {address.removeprefix('ray://')} ({str(reason).lower()}): ray start --head begins one, "
            "and --on ray alone uses this machine."
        ) from None
