"""Trace: what happened in a training, read from a .mla file or from a recorder in memory."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar, final

import msgspec
import numpy as np
import numpy.typing as npt

from mlanimated.errors import MlaError, did_you_mean
from mlanimated.trace import checkpoint
from mlanimated.trace.about import About
from mlanimated.trace.control import Control
from mlanimated.trace.reader import ChunkCache, Gone, SeriesReader
from mlanimated.trace.records import Around, Checkpoint, Event, Series, SeriesInfo, Summary
from mlanimated.trace.steps import ascending
from mlanimated.trace.store import FileSource, Header, MemorySource, Source, decoding, fetch_one, headers

__all__ = ["Trace"]

_Answer = TypeVar("_Answer")
_RETRIES = 20


@final
class Trace:
    """What happened in a training. Get one from `Trace.open(path)` or `recorder.trace`.

    It shows one state of the recording until `refresh` is called. Rows are decoded when they are asked for, and what was decoded lately
    is kept, so that asking for the value of a step costs a few microseconds. Any thread may read.

    Raises:
        MlaError: From every method: the file has gone or is damaged, or a series is asked for that is not there.
    """

    def __init__(self, source: Source, memory: int = 128 << 20) -> None:
        self._source = source
        self._cache = ChunkCache(source, memory)
        self._lock = threading.RLock()
        self._readers: dict[str, SeriesReader] = {}
        self._numbers: dict[int, SeriesReader] = {}
        self._events: tuple[Event, ...] = ()
        self._state: tuple[Any, ...] = ()
        self._newest = 0
        self._steps: npt.NDArray[np.int64] | None = None
        self._about = About()
        self._read()

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, memory: int = 128 << 20) -> Self:
        """Open a trace for reading; it may still be being written.

        Args:
            path: The .mla file.
            memory: How many bytes of decoded rows are kept for the next question.

        Raises:
            MlaError: There is no such file, or it is no trace, cut short, or of a newer version.
        """
        return cls(FileSource(Path(path)), memory)

    def refresh(self) -> bool:
        """Look for what was recorded since, and return whether there is anything new."""
        if isinstance(self._source, MemorySource):
            self._source.flush()
        return self._read()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all series, in the order of their first appearance."""
        return tuple(self._readers)

    @property
    def events(self) -> tuple[Event, ...]:
        """The named moments, in the order of their steps."""
        return self._events

    @property
    def about(self) -> About:
        """Where the trace comes from: arguments, seed, versions, revision."""
        return self._about

    @property
    def version(self) -> int:
        """A number that grows whenever something is recorded."""
        return int(self._state[0])

    @property
    def identity(self) -> str:
        """Random letters that tell one recording from another that took its place under the same name."""
        return str(self._state[4])

    @property
    def loads(self) -> int:
        """How many chunks were read and decoded so far: what a drawing costs, whatever the machine."""
        return self._cache.loads

    @property
    def finished(self) -> bool:
        """Whether the recording was closed. False while it runs, and for ever if it was killed."""
        return bool(self._state[2])

    @property
    def status(self) -> str:
        """What the training did when this was read: "running", "paused", "stopped" (by a viewer) or "finished"."""
        return str(self._state[3])

    @property
    def first_step(self) -> int:
        """The first step at which anything was recorded.

        Raises:
            MlaError: Nothing was.
        """
        return min([info.first_step for info in self._infos()] + [event.step for event in self._events[:1]])

    @property
    def last_step(self) -> int:
        """The last step at which anything was recorded.

        Raises:
            MlaError: Nothing was.
        """
        return max([info.last_step for info in self._infos()] + [event.step for event in self._events[-1:]])

    def info(self, name: str) -> SeriesInfo:
        """Return what is known of a series without reading its rows."""
        return self._reader(name).info

    def bounds(self, name: str) -> tuple[float, float]:
        """Return the smallest and largest finite value of a series; (NaN, NaN) when none is finite.

        Raises:
            MlaError: There is no such series, or it holds text.
        """
        info = self.info(name)
        if info.kind == "text":
            raise MlaError(f"Series {name!r} holds text, which has no bounds: name a series of numbers.")
        return info.low, info.high

    def series(self, name: str, start: float | None = None, stop: float | None = None) -> Series:
        """Return the rows of a series with start <= step <= stop.

        Args:
            name: Name of the series.
            start: First step; None: from the beginning.
            stop: Last step; None: to the end.
        """
        return self._ask(name, lambda reader: reader.series(start, stop))

    def steps(self, name: str | None = None) -> npt.NDArray[np.int64]:
        """Return the steps at which anything was recorded, ascending, each once; int64 (n,).

        Args:
            name: A series: then only its own, one for each of its rows.
        """
        if name is not None:
            return self._ask(name, SeriesReader.steps)
        if self._steps is None:
            own = [self._ask(name, SeriesReader.steps) for name in self.names]
            self._steps = ascending(np.concatenate([np.array([e.step for e in self._events], np.int64), *own]))
        return self._steps

    def at(self, step: float) -> dict[str, Any]:
        """Return the last value of each series at or before a step; a series that begins later is not in it."""
        values = {name: self.value(name, step) for name in self.names}
        return {name: value for name, value in values.items() if value is not None}

    def value(self, name: str, step: float) -> Any:
        """Return the last value of a series at or before a step; None before its first row.

        A number comes as bool, int or float, an array as a view that must not be written to.
        """
        try:
            return self._readers[name].value(step)
        except (KeyError, Gone):
            return self._ask(name, lambda reader: reader.value(step))

    def around(self, name: str, step: float) -> Around:
        """Return the rows of a series on either side of a step; at its ends both are the same row."""
        try:
            return self._readers[name].around(step)
        except (KeyError, Gone):
            return self._ask(name, lambda reader: reader.around(step))

    def summary(self, name: str, start: float, stop: float, points: int) -> Summary:
        """Return the rows of a scalar series with start <= step <= stop in few buckets, for drawing.

        How long it takes depends on `points`, not on the number of rows.

        Args:
            name: Name of the series.
            start: First step.
            stop: Last step.
            points: How many buckets at the most: pixels of the drawing. Each stands for one of as many equal stretches of steps.

        Raises:
            MlaError: There is no such series, it is not one of numbers, or `points` is below 1.
        """
        if points < 1:
            raise MlaError(f"points = {points} is out of range: give at least 1.")
        if self._reader(name).kind != "scalar":
            raise MlaError(f"Series {name!r} holds no single numbers and has no summary: read it with series().")
        return self._ask(name, lambda reader: reader.summary(start, stop, points))

    def checkpoint(self, step: int | None = None) -> Checkpoint | None:
        """Return the newest checkpoint at or before a step (None: of all), or None when there is none."""
        with self._source.reading() as connection, decoding():
            return checkpoint.newest(connection, step)

    @property
    def checkpoints(self) -> tuple[int, ...]:
        """The steps of all checkpoints, ascending."""
        with self._source.reading() as connection, decoding():
            return tuple(int(step) for (step,) in connection.execute("SELECT step FROM checkpoint ORDER BY step"))

    @property
    def controls(self) -> dict[str, Control]:
        """The controls that the training offers, by name, with the values of now."""
        with self._source.reading() as connection, decoding():
            return {row[0]: Control(*row) for row in connection.execute("SELECT * FROM control ORDER BY name")}

    def __reduce__(self) -> tuple[Callable[..., Trace], tuple[Any, ...]]:
        """Return how the trace is had in another process: opened there again, or, when it is in memory, sent as a whole."""
        if isinstance(self._source, FileSource):
            return Trace.open, (str(self._source.path.absolute()),)
        return _sent, (self._source.copied(),)

    def __repr__(self) -> str:
        return (
            f"Trace({self._about.name!r}, {len(self._readers)} series, {'finished' if self.finished else self.status})"
        )

    def _ask(self, name: str, question: Callable[[SeriesReader], _Answer]) -> _Answer:
        """Answer from a series, reading its headers again when the recorder has rewritten chunks meanwhile."""
        for _ in range(_RETRIES):
            try:
                with self._source.reading():
                    return question(self._reader(name))
            except Gone:
                self._read(anew=True)
        raise MlaError(f"Series {name!r} changes too fast to be read: try again.")

    def _reader(self, name: str) -> SeriesReader:
        reader = self._readers.get(name)
        if reader is None:
            if not self._readers:
                raise MlaError(f"The trace is empty and has no series {name!r}: log something first.")
            raise MlaError(f"The trace has no series {name!r}.{did_you_mean(name, self._readers)}")
        return reader

    def _infos(self) -> list[SeriesInfo]:
        if not self._readers and not self._events:
            raise MlaError("The trace is empty: log something first.")
        return [reader.info for reader in self._readers.values()]

    def _read(self, *, anew: bool = False) -> bool:
        """Read the headers of what is new, or of all, and return whether there was any."""
        with self._lock, self._source.reading() as connection:
            connection.execute("BEGIN")
            try:
                with decoding():
                    return self._read_within(connection, anew)
            finally:
                connection.execute("COMMIT")

    def _read_within(self, connection: sqlite3.Connection, anew: bool) -> bool:
        query = "SELECT version, rewrites, finished, status, (SELECT value FROM meta WHERE key = 'identity') FROM state"
        state = connection.execute(query).fetchone()
        if state == self._state and not anew:
            return False
        numbers, newest = dict(self._numbers), self._newest
        if anew or not self._state or state[1] != self._state[1] or state[4] != self._state[4]:
            numbers, newest = {}, 0
            self._cache.clear()
            about = fetch_one(connection, "SELECT value FROM meta WHERE key = 'about'")
            self._about = About.decode(about)
        found: dict[int, list[Header]] = {}
        for header in sorted(headers(connection, newest), key=lambda header: (header.level, header.start)):
            found.setdefault(header.series, []).append(header)
            newest = max(newest, header.id)
        for number, name, kind, dtype, shape, logged in connection.execute("SELECT * FROM series ORDER BY id"):
            if number not in numbers:
                numbers[number] = SeriesReader(
                    name, kind, msgspec.json.decode(shape, type=tuple[int, ...]), self._cache
                )
            numbers[number].settle(dtype, logged)
            numbers[number].take(found.get(number, []))
        rows = connection.execute("SELECT step, time, name, text FROM event ORDER BY step, id").fetchall()
        self._events = tuple(Event(int(step), float(time), str(name), str(text)) for step, time, name, text in rows)
        self._numbers = numbers
        self._readers = {reader.name: reader for reader in numbers.values() if not reader.empty}
        self._state, self._newest, self._steps = state, newest, None
        return True


def _sent(data: bytes) -> Trace:
    """Return a trace that was sent from another process."""
    return Trace(MemorySource.of(data))
