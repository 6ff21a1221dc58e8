"""The side of a recorder that owns the database: it writes what waits, passes commands on, and closes the file."""

from __future__ import annotations

import contextlib
import math
import secrets
import sqlite3
import threading
import time
import weakref
from pathlib import Path
from typing import Any

import numpy as np

from mlanimated.errors import MlaError
from mlanimated.trace import checkpoint, store
from mlanimated.trace.about import About
from mlanimated.trace.control import Command, Helm
from mlanimated.trace.doorbell import Doorbell
from mlanimated.trace.pending import Column
from mlanimated.trace.records import Checkpoint
from mlanimated.trace.rows import Rows
from mlanimated.trace.waiting import Batch, Waiting
from mlanimated.trace.writer import Writer

__all__ = ["Keeper"]

_POLL_SECONDS = 0.05  # how often commands of viewers are looked for
_FLUSH_SECONDS = 0.15  # how often rows are written
_WATCHED_SECONDS = 0.004  # how often both happen while a studio watches
_WATCHED_SHARE = 0.1  # of the time, at the most, is then spent on writing
_CLOSE_SECONDS = 3.0  # how long closing waits for readers to let go
_LARGE_ROW, _LARGE_BUDGET = 1 << 15, 1 << 24  # of bytes: rows and budgets with which larger pages pay


class Keeper:
    """Keeps the recording of one recorder.

    Args:
        path: The .mla file, or None for memory.
        about: Provenance, for a trace that begins.
        budget: How many bytes of rows are kept at the most.
        waiting: What there is to write.
        helm: Where commands go.
        overwrite: Replace a trace that is there.
        resume: Go on with a trace that is there.

    Attributes:
        lock: Held while the database is used; never by a thread that holds `waiting.lock`.
        about: Provenance of the trace.
        resumed: The checkpoint that the trace goes on from.
        next_step: Step after the last one recorded.
        seconds: How long the trace has lasted before.
    """

    def __init__(
        self,
        path: Path | None,
        about: About,
        budget: int,
        waiting: Waiting,
        helm: Helm,
        *,
        overwrite: bool,
        resume: bool | int,
    ) -> None:
        self.lock = threading.RLock()
        self.about = about
        self.resumed: Checkpoint | None = None
        self.next_step = 0
        self.seconds = 0.0
        self._path, self._budget, self._waiting, self._helm = path, budget, waiting, helm
        self._token = secrets.token_hex(8)
        self._wake = threading.Event()
        self._closing = self._ousted = False
        self._large = path is None or budget < _LARGE_BUDGET
        self._written: tuple[Any, ...] = ()
        self._commands_seen, self._data_version = 0, -1
        self._bell = None if path is None else Doorbell(path)
        self._connection, there = self._open(overwrite, resume)
        self._writer = self._new_writer()
        if there:
            self._take_up(resume)
        self._thread: threading.Thread | None = None
        if path is not None:
            self._thread = threading.Thread(target=self._work, name="mla-recorder", daemon=True)
            self._thread.start()

    def memory(self) -> store.MemorySource:
        """Return where a trace reads what is kept in memory."""
        source = store.MemorySource(self._connection, self.lock, self.flush)
        weakref.finalize(source, self._connection.close)
        return source

    def wake(self) -> None:
        """Have what waits written soon."""
        self._wake.set()

    def flush(self) -> None:
        """Write what waits now."""
        with self.lock:
            if not self._closing:
                self._write()

    def close(self) -> None:
        """Write the rest and make the trace one plain file."""
        with self.lock:
            self._closing = True
        if self._thread is not None:
            self._wake.set()
            self._thread.join()
        with self.lock:
            self._write(last=True)
            if self._path is not None:
                if not self._ousted:
                    self._settle()
                self._connection.close()
        if self._bell is not None:
            self._bell.ring()
            self._bell.close()

    def abandon(self) -> sqlite3.Connection:
        """Let go of the database without touching it, in a forked process; the connection must be kept for as long as it lives."""
        self.lock, self._closing, self._thread = threading.RLock(), True, None
        return self._connection

    # The background thread.

    def _work(self) -> None:
        flushed, spent = time.perf_counter(), 0.0
        while True:
            watched = self._bell is not None and self._bell.there
            self._wake.wait(max(_WATCHED_SECONDS, spent / _WATCHED_SHARE) if watched else _POLL_SECONDS)
            self._wake.clear()
            begun = time.perf_counter()
            with self.lock:
                if self._closing:
                    return
                self._listen()
                if watched or self._waiting.urgent or time.perf_counter() - flushed >= _FLUSH_SECONDS:
                    self._write()
                    flushed = time.perf_counter()
            spent = time.perf_counter() - begun

    def _listen(self) -> None:
        """Pass on the commands that other processes have left in the file."""
        try:
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
            if version == self._data_version:
                return
            query = "SELECT id, kind, name, value FROM command WHERE id > ? ORDER BY id"
            for number, kind, name, value in self._connection.execute(query, (self._commands_seen,)).fetchall():
                self._commands_seen = number
                self._helm.obey(Command(kind, name, value))
            self._data_version = version
        except Exception as error:  # whatever stands there, the recording goes on
            self._waiting.notice("commands", "", f"Commands of viewers cannot be read now ({error}).")

    # Writing, under the lock.

    def _write(self, *, last: bool = False) -> None:
        """Write all that waits in one transaction; it waits on if that fails."""
        batch = self._waiting.take()
        status = self._status(last)
        if not any(batch) and status == self._written and not self._writer.behind:
            return
        try:
            if not self._large and any(_row_bytes(column, dtype) >= _LARGE_ROW for column, dtype, _ in batch.columns):
                self._large = True
                store.enlarge(self._connection)
            self._connection.execute("BEGIN IMMEDIATE")
            self._write_batch(batch)
            coarser = self._writer.thin(patient=last)
            self._write_status(status)
            self._connection.execute("COMMIT")
        except Exception as error:  # the disk is full, the folder is gone, …
            self._give_up(batch, error, last)
            return
        self._written = status
        if self._bell is not None and not last:
            self._bell.ring()
        if coarser:
            self._waiting.slow_down({track.name: track.stride for track in self._writer.tracks.values()})

    def _write_batch(self, batch: Batch) -> None:
        for column, dtype, taken in batch.columns:
            track = self._writer.track(column.name, column.kind, dtype, column.shape)
            if self._writer.append(track, Rows.of(dtype, taken), column.logged):
                told = f"Series {column.name!r}: rows came too late for their step; they are left out."
                self._waiting.notice("late", column.name, told)
        self._connection.executemany("INSERT INTO event (step, time, name, text) VALUES (?, ?, ?, ?)", batch.events)
        for step, moment, state in batch.checkpoints:
            checkpoint.save(self._connection, step, moment, state)
        if batch.checkpoints:
            checkpoint.prune(self._connection, self._budget)

    def _status(self, last: bool) -> tuple[Any, ...]:
        if last and self._helm.status != "stopped":
            self._helm.status = "finished"
        controls = list(self._helm.controls.values())
        return last, self._helm.status, tuple((c.name, c.value, c.minimum, c.maximum) for c in controls)

    def _write_status(self, status: tuple[Any, ...]) -> None:
        query = (
            "UPDATE state SET version = version + 1, rewrites = rewrites + ?, finished = ?, status = ? WHERE writer = ?"
        )
        values = (self._writer.rewrote, status[0], status[1], self._token)
        if not self._connection.execute(query, values).rowcount:
            self._ousted = True
            raise sqlite3.OperationalError("another recorder has taken the file over")
        self._writer.rewrote = False
        self._connection.executemany("INSERT OR REPLACE INTO control VALUES (?, ?, ?, ?)", status[2])

    def _give_up(self, batch: Batch, error: Exception, last: bool) -> None:
        """Go back to what is in the database, and take back what could not be written."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("ROLLBACK")
        # What the disk or memory refuses may do later; what fails for any other reason would fail for ever.
        if not last and isinstance(error, (sqlite3.Error, OSError, MemoryError)):
            told = f"The recording cannot be written now ({error}); rows wait in memory. Make room on the disk."
            self._waiting.notice("write", "", told)
            self._waiting.put_back(batch)
        else:
            told = f"Rows could not be written and are lost ({type(error).__name__}: {error})."
            self._waiting.notice("lost", "", told)
        with contextlib.suppress(sqlite3.Error):
            self._writer = self._new_writer()

    def _settle(self) -> None:
        """Make the database one plain file, waiting a little for readers to let go."""
        until = time.perf_counter() + _CLOSE_SECONDS
        while True:
            try:
                store.finish(self._connection)
                break
            except sqlite3.Error as error:
                if time.perf_counter() > until:
                    told = f"The trace keeps its write-ahead log beside it ({error})."
                    self._waiting.notice("settle", "", told)
                    break
                time.sleep(0.02)

    # Opening.

    def _new_writer(self) -> Writer:
        return Writer(self._connection, self._budget, squeeze=self._path is not None)

    def _open(self, overwrite: bool, resume: bool | int) -> tuple[sqlite3.Connection, bool]:
        """Open the database, and return it and whether it goes on with what is there."""
        path = self._path
        try:
            if path is None:
                connection, there = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False), False
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                there = self._is_there(path, overwrite, resume)
                connection = store.connect(path, "mode=rwc")
            try:
                if not there:
                    store.begin(connection, {"about": self.about.encode(), "identity": secrets.token_hex(8)})
                if path is not None:
                    store.tune(connection)
                connection.execute("UPDATE state SET writer = ?, finished = 0, status = 'running'", (self._token,))
            except BaseException:
                connection.close()
                raise
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or error
            raise MlaError(f"{str(path)!r} cannot be written ({reason}): name a file that you may write.") from None
        return connection, there

    @staticmethod
    def _is_there(path: Path, overwrite: bool, resume: bool | int) -> bool:
        """Return whether there is a trace to go on with; one that is to be replaced is removed."""
        if not path.exists() or not path.stat().st_size:
            return False
        store.check(path)
        if resume is not False:
            return True
        if not overwrite:
            raise MlaError(
                f"{str(path)!r} is there already: give another name, or resume=True to go on with it,"
                " or overwrite=True to replace it."
            )
        store.remove(path)
        return False

    def _take_up(self, resume: bool | int) -> None:
        """Prepare to go on with the trace that is there."""
        connection, writer = self._connection, self._writer
        self.resumed = checkpoint.newest(connection, None if resume is True else int(resume))
        step = self.resumed.step if self.resumed is not None else None if resume is True else int(resume)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM command")
        if step is not None:
            writer.cut_after(step)
            connection.execute("UPDATE state SET version = version + 1, rewrites = rewrites + 1")
        about = store.fetch_one(connection, "SELECT value FROM meta WHERE key = 'about'")
        connection.execute("COMMIT")
        self.about = About.decode(about)
        for track in writer.tracks.values():
            column = Column(track.name, track.kind, track.dtype, track.shape)
            column.logged = track.logged
            column.slow_down(track.stride)
            self._waiting.columns[track.name] = column
            self.next_step = max(self.next_step, track.chunks[-1].last_step + 1)
            self.seconds = max(self.seconds, writer.last_time(track.chunks[-1]))


def _row_bytes(column: Column, dtype: str) -> int:
    """Return how many bytes one row of numbers takes."""
    return 0 if column.kind == "text" else math.prod(column.shape) * np.dtype(dtype).itemsize
