"""Recorder: writes what happens in a training, at a few microseconds a call, and never disturbs it."""

from __future__ import annotations

import atexit
import contextlib
import operator
import os
import secrets
import sqlite3
import threading
import time
import warnings
import weakref
from array import array
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any, Self, final

import msgspec

from mlanimated.errors import MlaError
from mlanimated.trace import checkpoint, store
from mlanimated.trace.about import About, describe
from mlanimated.trace.control import Command, Control, Helm, LocalRemote, RemoteControl, Stopped
from mlanimated.trace.pending import Column, WrongRow, as_rows
from mlanimated.trace.records import Checkpoint
from mlanimated.trace.trace import Trace
from mlanimated.trace.writer import Writer

__all__ = ["Recorder", "RecordingWarning"]

_POLL_SECONDS = 0.05  # how often commands of viewers are looked for
_FLUSH_SECONDS = 0.15  # how often rows are written
_MOST_ROWS = 1 << 20  # that wait to be written
_MOST_BYTES = 64 << 20  # of arrays that wait to be written
_CLOSE_SECONDS = 3.0  # how long closing waits for readers to let go

_Appends = tuple[Callable[[int], None], Callable[[float], None], Callable[[float], None]]


class RecordingWarning(UserWarning):
    """Something could not be recorded. Each kind is told once; the training and the rest of the recording go on."""


@final
class Recorder:
    """Records a training: to a .mla file, or in memory.

    `log` and `event` cost the training a few microseconds, never wait for the disk and never raise: what cannot be recorded is
    told once as a `RecordingWarning`. A background thread writes at least every 0.25 s, and what was written survives a crash.
    Any thread may log.

    Args:
        path: The .mla file; its folder is made. None: in memory, without a thread.
        name: What the run is called.
        args: The arguments it was made with: a mapping, dataclass, `msgspec.Struct` or `argparse.Namespace`.
        seed: Seed of its random numbers.
        hypothesis: One line: what the run is meant to show.
        budget: How many bytes of rows are kept at the most. When they are used up, every second row of the largest series is
            left out, and later ones are kept at that coarser rate; first and last row of each series always stay.
        overwrite: Replace a trace that is there.
        resume: Go on with a trace that is there: True from its newest checkpoint (from its last row if it has none), a step from
            the newest checkpoint at or before it, or from that step itself. Rows after it are dropped. A new trace is begun where there is none.
        checkpoint_seconds: Save the state given to `tick` this often.
        checkpoint_steps: Save the state given to `tick` every so many steps.

    Raises:
        MlaError: The file cannot be written, or is there already.

    Example:
        ```python
        with Recorder("runs/mine.mla", args={"learning_rate": 0.1}, seed=1) as recorder:
            for step in range(100):
                recorder.log({"train/loss": loss, "weights/0": weights}, step=step)
                recorder.tick(step)
        ```
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        name: str = "",
        args: object = (),
        seed: int | None = None,
        hypothesis: str = "",
        budget: int = 256 * 2**20,
        overwrite: bool = False,
        resume: bool | int = False,
        checkpoint_seconds: float | None = None,
        checkpoint_steps: int | None = None,
    ) -> None:
        if budget <= 0:
            raise MlaError(f"budget = {budget} leaves no room for a recording: give a number of bytes above 0.")
        self._path = None if path is None else Path(path)
        self._budget = int(budget)
        self._about = describe(name, {} if args == () else args, seed, hypothesis)
        self._writer_token = secrets.token_hex(8)
        self._lock = threading.RLock()  # waiting rows; held for microseconds
        self._store_lock = threading.RLock()  # the database; never taken by log()
        self._columns: dict[str, Column] = {}
        self._fast: dict[str, _Appends] = {}
        self._events: list[tuple[int, float, str, str]] = []
        self._checkpoints: list[tuple[int, float, bytes]] = []
        self._waiting_rows = self._waiting_bytes = 0
        self._row_limit, self._byte_limit = _MOST_ROWS, _MOST_BYTES
        self._next_step = 0
        self._notices: list[str] = []
        self._told: set[tuple[str, str]] = set()
        self._helm = Helm()
        self._written_status: tuple[Any, ...] = ()
        self._closed = False
        self._late = threading.Event()
        self.resumed: Checkpoint | None = None
        """The checkpoint that `resume` found; give it to `train(..., resume=...)`."""

        began = 0.0
        self._connection = self._open(overwrite, resume)
        self._source: store.MemorySource | None = None
        self._writer = Writer(self._connection, self._budget, squeeze=self._path is not None)
        if resume is not False:
            began = self._take_up(resume)
        self._origin = perf_counter() - began
        self._checkpoint_seconds, self._checkpoint_steps = checkpoint_seconds, checkpoint_steps
        self._due_time = float("inf") if checkpoint_seconds is None else perf_counter() + checkpoint_seconds
        self._due_step: float = float("inf") if checkpoint_steps is None else self._next_step + checkpoint_steps
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        if self._path is None:
            self._source = store.MemorySource(self._connection, self._store_lock, self.flush)
            weakref.finalize(self._source, self._connection.close)
            self._trace = Trace(self._source)
        else:
            self._commands_seen = 0
            self._data_version = -1
            self._thread = threading.Thread(target=self._work, name="mla-recorder", daemon=True)
            self._thread.start()
            atexit.register(self.close)

    def log(self, values: Mapping[str, Any], step: int | None = None) -> None:
        """Record one row of each series named.

        The first value of a series settles what it holds: a number, an array or uint8 picture of one shape and dtype, or text.
        Arrays are copied. NaN and infinity are kept. Rows may come late by some thousand; they are put in order of their steps.

        Args:
            values: Name of a series → value: bool, int, float, NumPy or PyTorch number; array or tensor of numbers of any
                fixed shape; uint8 picture (height, width) or (height, width, 3); or a string.
            step: Step of training. None: one more than at the call before, from 0.
        """
        try:
            with self._lock:
                now = perf_counter() - self._origin
                if step is None:
                    step = self._next_step
                elif type(step) is not int:
                    step = operator.index(step)
                self._next_step = step + 1
                self._waiting_rows += len(values)
                fast = self._fast
                for name, value in values.items():
                    if type(value) is float and name in fast:
                        add_step, add_time, add_value = fast[name]
                        add_step(step)
                        add_time(now)
                        add_value(value)
                    else:
                        self._log_other(name, value, step, now)
                if self._waiting_rows > self._row_limit or self._waiting_bytes > self._byte_limit:
                    self._relieve()
        except Exception as error:  # whatever it is, the training goes on
            self._repair()
            self._notice("log", "", f"A row was left out ({type(error).__name__}: {error}): give log() a dict and a whole step.")
        except BaseException:  # Ctrl-C between two columns of a row
            self._repair()
            raise
        if self._notices:
            self._speak()

    def event(self, name: str, text: str = "", step: int | None = None) -> None:
        """Record a named moment; it becomes a chapter and a caption of the film.

        Args:
            name: A few words ("first win").
            text: One sentence that says what happened.
            step: Step of training. None: that of the newest row.
        """
        try:
            with self._lock:
                at = max(0, self._next_step - 1) if step is None else operator.index(step)
                if self._closed:
                    self._notice("closed", "", "The recorder is closed: nothing more is recorded.")
                else:
                    self._events.append((at, perf_counter() - self._origin, str(name), str(text)))
        except Exception as error:
            self._notice("event", "", f"An event was left out ({type(error).__name__}: {error}): give it texts and a whole step.")
        if self._notices:
            self._speak()

    def control(self, name: str, value: float, minimum: float, maximum: float) -> Control:
        """Offer a number to viewers, to be changed while the training runs.

        Args:
            name: What it is called ("learning_rate").
            value: What it begins with.
            minimum: Smallest value allowed.
            maximum: Largest value allowed.

        Returns:
            The control; read its `value` anew in each iteration. It changes in `tick`.

        Raises:
            MlaError: The value is out of its range.
        """
        control = Control(str(name), value, minimum, maximum)
        self._helm.controls[control.name] = control
        return control

    def tick(self, step: int, state: Callable[[], Any] | None = None) -> None:
        """Do what viewers asked for: wait while paused, take over changed values, save a checkpoint. Call it once an iteration.

        Costs under a microsecond when nothing was asked for.

        Args:
            step: Step of training.
            state: Gives what the training needs to go on from here; called only when a checkpoint is saved.

        Raises:
            Stopped: A viewer asked the training to stop; a checkpoint was saved before if `state` is given.
        """
        if not self._helm.attention and step < self._due_step and perf_counter() < self._due_time:
            return
        self._obey(operator.index(step), state)

    def flush(self) -> None:
        """Write what was logged so far. Needed only to read it at once from another process."""
        with self._store_lock:
            if not self._closed:
                self._write()

    def close(self) -> None:
        """Write the rest and make the trace one plain file. Closing twice does no harm."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._fast.clear()
            for column in self._columns.values():
                column.take_last()
        if self._thread is not None:
            self._wake.set()
            self._thread.join()
            atexit.unregister(self.close)
        with self._store_lock:
            self._write(last=True)
            if self._path is not None:
                self._settle()
        self._speak()

    @property
    def trace(self) -> Trace:
        """What has been recorded so far, as a trace."""
        self.flush()
        if self._path is not None:
            return Trace.open(self._path)
        self._trace.refresh()
        return self._trace

    @property
    def about(self) -> About:
        """Where the trace comes from."""
        return self._about

    @property
    def path(self) -> Path | None:
        """The .mla file; None in memory."""
        return self._path

    @property
    def remote(self) -> RemoteControl:
        """Commands for this training from another thread of its process."""
        return LocalRemote(self._helm)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # What follows on a training's thread.

    def _log_other(self, name: str, value: Any, step: int, now: float) -> None:
        """Take a row that is not a float of a known series."""
        try:
            if self._closed:
                self._notice("closed", "", "The recorder is closed: nothing more is recorded.")
                return
            column = self._columns.get(name)
            if column is None:
                if not isinstance(name, str) or not name:  # pyright: ignore[reportUnnecessaryIsInstance]
                    raise WrongRow("name", "is no name of a series; give a text that is not empty")
                column = Column.of(name, value)
                self._columns[name] = column
            if column.row_bytes + self._waiting_bytes > self._byte_limit and column.kind in {"array", "picture"}:
                self._relieve()
            added = column.add(step, now, value)
            if column.kind in {"array", "picture"}:
                self._waiting_bytes += added
            elif column.kind == "text":
                self._waiting_bytes += len(value)
            elif column.dtype == "float64" and column.stride == 1:
                self._fast[name] = column.steps.append, column.times.append, column.values.append
        except WrongRow as wrong:
            self._notice(wrong.kind, str(name), f"Series {name!r} {wrong}; the row is left out.")

    def _relieve(self) -> None:
        """Make room when rows come faster than they can be written."""
        if self._path is None:
            self.flush()
            return
        self._fast.clear()
        for column in self._columns.values():
            column.thin()
        self._count()
        self._row_limit, self._byte_limit = max(_MOST_ROWS, 2 * self._waiting_rows), max(_MOST_BYTES, 2 * self._waiting_bytes)
        self._notice("overflow", "", "Rows come faster than they can be written: every second one that waits is left out.")

    def _count(self) -> None:
        columns = self._columns.values()
        self._waiting_rows = sum(len(column.steps) for column in columns)
        self._waiting_bytes = sum(column.waiting_bytes for column in columns if column.kind != "scalar")

    def _repair(self) -> None:
        with self._lock:
            for column in self._columns.values():
                column.repair()

    def _obey(self, step: int, state: Callable[[], Any] | None) -> None:
        while (word := self._helm.wait(can_save=state is not None)) == "save":
            self._save(step, state)
            self.flush()
        for control, before, value in self._helm.changes():
            self.event(control.name, f"{control.name} was changed from {before:g} to {value:g}.", step)
        if word == "stop" or step >= self._due_step or perf_counter() >= self._due_time:
            self._save(step, state)
        if self._notices:
            self._speak()
        if word == "stop":
            self.flush()
            raise Stopped(step)

    def _save(self, step: int, state: Callable[[], Any] | None) -> None:
        """Encode a checkpoint; the background thread writes it."""
        if self._checkpoint_seconds is not None:
            self._due_time = perf_counter() + self._checkpoint_seconds
        if self._checkpoint_steps is not None:
            self._due_step = step + self._checkpoint_steps
        if state is None:
            return
        try:
            encoded = checkpoint.encode_state(state())
        except TypeError as error:
            self._notice("checkpoint", "", f"No checkpoint was saved: {error}; give numbers, strings, lists, dicts and arrays.")
            return
        with self._lock:
            self._checkpoints.append((step, perf_counter() - self._origin, encoded))
        self._wake.set()

    def _notice(self, kind: str, series: str, message: str) -> None:
        """Have a warning told, once for each kind and series."""
        with self._lock:
            if (kind, series) not in self._told:
                self._told.add((kind, series))
                self._notices.append(message)

    def _speak(self) -> None:
        with self._lock:
            notices, self._notices = self._notices, []
        for message in notices:
            warnings.warn(message, RecordingWarning, stacklevel=3)

    # What follows on the background thread, and on others under the lock of the store.

    def _work(self) -> None:
        flushed = perf_counter()
        while not self._closed:
            self._wake.wait(_POLL_SECONDS)
            self._wake.clear()
            with self._store_lock:
                if self._closed:
                    return
                self._listen()
                if perf_counter() - flushed >= _FLUSH_SECONDS or self._checkpoints:
                    self._write()
                    flushed = perf_counter()

    def _listen(self) -> None:
        """Pass commands of other processes on."""
        try:
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
            if version == self._data_version:
                return
            query = "SELECT id, kind, name, value FROM command WHERE id > ? ORDER BY id"
            for number, kind, name, value in self._connection.execute(query, (self._commands_seen,)).fetchall():
                self._commands_seen = number
                self._helm.obey(Command(kind, name, value))
            self._data_version = version
        except sqlite3.Error as error:
            self._notice("commands", "", f"Commands of viewers cannot be read now ({error}).")

    def _write(self, *, last: bool = False) -> None:
        """Write all that waits, in one transaction; keep it for the next time if that fails."""
        with self._lock:
            taken = [(column, column.dtype, column.take()) for column in self._columns.values() if len(column.steps)]
            events, self._events = self._events, []
            saved, self._checkpoints = self._checkpoints, []
            self._fast.clear()
            self._waiting_rows = self._waiting_bytes = 0
            self._row_limit, self._byte_limit = _MOST_ROWS, _MOST_BYTES
        status = self._status(last)
        if not taken and not events and not saved and status == self._written_status and not self._writer.behind:
            return
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._write_rows(taken)
            self._connection.executemany("INSERT INTO event (step, time, name, text) VALUES (?, ?, ?, ?)", events)
            for step, moment, state in saved:
                checkpoint.save(self._connection, step, moment, state)
            if saved:
                checkpoint.prune(self._connection, self._budget)
            coarser = self._writer.thin(patient=last)
            self._write_status(status, last)
            self._connection.execute("COMMIT")
        except Exception as error:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            self._keep(taken, events, saved, error, last)
            return
        self._written_status = status
        if coarser:
            with self._lock:
                self._fast.clear()
                for name, track in self._writer.tracks.items():
                    if track.stride != self._columns[name].stride:
                        self._columns[name].slow_down(track.stride)

    def _write_rows(self, taken: list[tuple[Column, str, tuple[array[int], array[float], Any]]]) -> None:
        for column, dtype, waiting in taken:
            track = self._writer.track(column.name, column.kind, dtype, column.shape)
            late = self._writer.append(track, as_rows(dtype, waiting), column.logged)
            if late:
                self._notice("late", column.name, f"Series {column.name!r}: rows came too late for their step; they are left out.")

    def _status(self, last: bool) -> tuple[Any, ...]:
        if last and self._helm.status != "stopped":
            self._helm.status = "finished"
        controls = tuple((c.name, c.value, c.minimum, c.maximum) for c in list(self._helm.controls.values()))
        return self._helm.status, last, controls

    def _write_status(self, status: tuple[Any, ...], last: bool) -> None:
        query = "UPDATE state SET version = version + 1, rewrites = rewrites + ?, finished = ?, status = ?, step = ? WHERE writer = ?"
        values = (self._writer.rewrote, last, status[0], max(0, self._next_step - 1), self._writer_token)
        if not self._connection.execute(query, values).rowcount:
            raise sqlite3.OperationalError("another recorder has taken the file over")
        self._writer.rewrote = False
        self._connection.executemany("INSERT OR REPLACE INTO control VALUES (?, ?, ?, ?)", status[2])

    def _keep(
        self,
        taken: list[tuple[Column, str, tuple[array[int], array[float], Any]]],
        events: list[tuple[int, float, str, str]],
        saved: list[tuple[int, float, bytes]],
        error: Exception,
        last: bool,
    ) -> None:
        """Take back what could not be written."""
        fate = "the rows that wait are lost" if last else "rows wait in memory until it can"
        self._notice("write", "", f"The recording cannot be written now ({error}): {fate}. Is the disk full?")
        with self._lock:
            self._fast.clear()
            for column, _, waiting in taken:
                column.put_back(waiting)
            self._events = events + self._events
            self._checkpoints = (saved + self._checkpoints)[-1:]
            self._count()
        with contextlib.suppress(sqlite3.Error):
            self._writer = Writer(self._connection, self._budget, squeeze=self._path is not None)

    def _settle(self) -> None:
        """Make the database one plain file, waiting a little for readers to let go."""
        until = perf_counter() + _CLOSE_SECONDS
        while True:
            try:
                store.finish(self._connection)
                break
            except sqlite3.Error as error:
                if perf_counter() > until:
                    self._notice("settle", "", f"The trace keeps its write-ahead log beside it ({error}).")
                    break
                time.sleep(0.02)
        self._connection.close()

    # What follows before the training starts.

    def _open(self, overwrite: bool, resume: bool | int) -> sqlite3.Connection:
        meta = {"about": msgspec.json.encode(self._about).decode(), "identity": secrets.token_hex(8)}
        path = self._path
        if path is None:
            connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            store.begin(connection, meta, file=False)
            connection.execute("UPDATE state SET writer = ?", (self._writer_token,))
            return connection
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            there = path.exists() and (path.stat().st_size > 0 or Path(f"{path}-wal").exists())
            if there:
                store.check(path)
                if resume is False and not overwrite:
                    raise MlaError(f"{str(path)!r} is there already: give another name, resume=True to go on, or overwrite=True.")
                if resume is False:
                    store.remove(path)
                    there = False
            connection = store.connect(path, "mode=rwc")
            if there:
                store.tune(connection)
            else:
                store.begin(connection, meta, file=True)
            connection.execute("UPDATE state SET writer = ?, finished = 0, status = 'running'", (self._writer_token,))
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or error
            raise MlaError(f"{str(path)!r} cannot be written ({reason}): choose a folder that you may write to.") from None
        return connection

    def _take_up(self, resume: bool | int) -> float:
        """Prepare to go on with a trace that is there, and return how many seconds it has lasted."""
        connection, writer = self._connection, self._writer
        self.resumed = checkpoint.newest(connection, None if resume is True else resume)
        step = self.resumed.step if self.resumed is not None else None if resume is True else int(resume)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM command")
        if step is not None:
            writer.cut_after(step)
        about = store.fetch_one(connection, "SELECT value FROM meta WHERE key = 'about'")
        self._about = msgspec.json.decode(about, type=About)
        connection.execute("COMMIT")
        for track in writer.tracks.values():
            column = Column(track.name, track.kind, track.dtype, track.shape)
            column.logged = track.end
            column.slow_down(track.stride)
            self._columns[track.name] = column
            if track.chunks:
                self._next_step = max(self._next_step, track.chunks[-1].last_step + 1)
        return self._lasted()

    def _lasted(self) -> float:
        """Return the time of the newest row, in seconds."""
        newest = [track.chunks[-1] for track in self._writer.tracks.values() if track.chunks]
        return max((self._writer.last_time(header) for header in newest), default=0.0)
