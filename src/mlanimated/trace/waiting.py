"""What was logged and not yet written: a column for each series, events and checkpoints, in bounded memory."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import numpy as np

from mlanimated.trace.pending import Column, WrongRow
from mlanimated.trace.rows import Taken

__all__ = ["Batch", "RecordingWarning", "Waiting"]

MOST_ROWS = 1 << 20
MOST_BYTES = 64 << 20

Appends = tuple[Callable[[int], None], Callable[[float], None], Callable[[Any], None]]


class RecordingWarning(UserWarning):
    """Something could not be recorded. Each kind is told once; the training and the rest of the recording go on."""


class Batch(NamedTuple):
    """What is written in one transaction.

    Attributes:
        columns: (column, its dtype, its rows).
        events: (step, seconds, name, text).
        checkpoints: (step, seconds, encoded state).
    """

    columns: list[tuple[Column, str, Taken]]
    events: list[tuple[int, float, str, str]]
    checkpoints: list[tuple[int, float, bytes]]


class Waiting:
    """Rows, events and checkpoints that wait to be written, and warnings that wait to be told.

    Args:
        bounded: Thin the rows that wait when they become too many. In memory they can be written at once instead.

    Attributes:
        lock: Held for microseconds by whoever logs or takes a batch.
        fast: For each series of floats that takes every row: how to append to its three columns.
        columns: The columns by name of the series.
        rows: How many rows wait.
        bytes: How much memory the arrays and texts among them take.
        closed: Why nothing more is taken, or "".
        notices: Warnings that nobody has been told yet.
    """

    def __init__(self, *, bounded: bool) -> None:
        self.bounded = bounded
        self.lock = threading.RLock()
        self.fast: dict[str, Appends] = {}
        self.columns: dict[str, Column] = {}
        self.rows = self.bytes = 0
        self.row_limit, self.byte_limit = MOST_ROWS, MOST_BYTES
        self.closed = ""
        self.notices: list[str] = []
        self._told: set[tuple[str, str]] = set()
        self._events: list[tuple[int, float, str, str]] = []
        self._checkpoints: list[tuple[int, float, bytes]] = []

    def add(self, name: str, value: Any, step: int, now: float) -> None:
        """Take a value that is not a float of a known series. The caller holds the lock."""
        column = self.columns.get(name)
        try:
            if isinstance(value, (float, np.floating)) and name in self.fast:  # NumPy's, which are as quick
                add_step, add_time, add_value = self.fast[name]
                add_step(step)
                add_time(now)
                add_value(value)
                return
            if self.closed:
                self.notice("closed", "", f"{self.closed}: nothing more is recorded.")
                return
            if column is None:
                if not isinstance(cast("Any", name), str) or not name:
                    raise WrongRow("name", "is no name of a series; give a text that is not empty")
                name.encode()  # lone surrogates fit into no file
                column = Column.of(name, value)
                self.columns[name] = column
            if self.bounded and column.large and column.row_bytes + self.bytes > self.byte_limit:
                self.thin()  # before the copy is made
            size = column.add(step, now, value)
            if column.large:
                self.bytes += size
            elif column.dtype == "float64" and column.stride == 1:
                self.fast[name] = column.steps.append, column.times.append, column.values.append
        except WrongRow as wrong:
            self.notice(wrong.kind, str(name), f"Series {name!r} {wrong}; the row is left out.")
        except Exception as error:  # a number too large for 64 bits, a tensor that fails to come from its device, …
            if column is not None:
                column.repair()
            told = f"Series {name!r}: a row is left out ({type(error).__name__}: {error})."
            self.notice("value", str(name), told)

    def add_event(self, step: int, now: float, name: str, text: str) -> None:
        """Take an event."""
        if self.closed:
            self.notice("closed", "", f"{self.closed}: nothing more is recorded.")
        else:
            self._events.append((step, now, name, text))

    def add_checkpoint(self, step: int, now: float, state: bytes) -> None:
        """Take an encoded checkpoint."""
        with self.lock:
            self._checkpoints.append((step, now, state))

    @property
    def urgent(self) -> bool:
        """Whether a checkpoint waits."""
        return bool(self._checkpoints)

    def thin(self) -> None:
        """Leave out every second row that waits."""
        self.fast.clear()
        for column in self.columns.values():
            column.thin()
        self._count()
        # With more series than that many rows, nothing is left to thin: look again only when there is twice as much.
        if self.rows > 0.9 * MOST_ROWS or self.bytes > 0.9 * MOST_BYTES:
            self.row_limit, self.byte_limit = 2 * self.row_limit, 2 * self.byte_limit
        self.notice(
            "overflow", "", "Rows come faster than they can be written: every second one that waits is left out."
        )

    def take(self) -> Batch:
        """Hand out all that waits."""
        with self.lock:
            columns = [(column, column.dtype, column.take()) for column in self.columns.values() if len(column.steps)]
            batch = Batch(columns, self._events, self._checkpoints)
            self._events, self._checkpoints = [], []
            self.fast.clear()
            self.rows = self.bytes = 0
            self.row_limit, self.byte_limit = MOST_ROWS, MOST_BYTES
            return batch

    def put_back(self, batch: Batch) -> None:
        """Take a batch back that could not be written."""
        with self.lock:
            self.fast.clear()
            for column, _, taken in batch.columns:
                column.put_back(taken)
            self._events = batch.events + self._events
            self._checkpoints = (batch.checkpoints + self._checkpoints)[-1:]
            self._count()

    def slow_down(self, strides: dict[str, int]) -> None:
        """Keep only every so manieth row of each series from now on."""
        with self.lock:
            self.fast.clear()
            for name, stride in strides.items():
                if name in self.columns and self.columns[name].stride != stride:
                    self.columns[name].slow_down(stride)

    def close(self, reason: str) -> None:
        """Take nothing more."""
        with self.lock:
            self.closed = reason
            self.fast.clear()
            for column in self.columns.values():
                column.take_last()

    def repair(self) -> None:
        """Make all columns whole after an interruption in the middle of a row."""
        with self.lock:
            for column in self.columns.values():
                column.repair()

    def notice(self, kind: str, series: str, message: str) -> None:
        """Have a warning told, once for each kind and series."""
        with self.lock:
            if (kind, series) not in self._told:
                self._told.add((kind, series))
                self.notices.append(message)

    def speak(self, stacklevel: int) -> None:
        """Tell the warnings that wait, on the thread of the training, so that they point to its line."""
        with self.lock:
            notices, self.notices = self.notices, []
        for message in notices:
            warnings.warn(message, RecordingWarning, stacklevel=stacklevel + 1)

    def _count(self) -> None:
        columns = self.columns.values()
        self.rows = sum(len(column.steps) for column in columns)
        self.bytes = sum(column.waiting_bytes for column in columns if column.large)
