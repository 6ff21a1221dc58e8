"""Reads the rows of one series: which chunk holds a step, and a cache of decoded chunks that all series of a trace share."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from mlanimated.trace import summary
from mlanimated.trace.codec import decode_integers, decode_text, decode_values
from mlanimated.trace.records import Around, Kind, Series, SeriesInfo, Summary
from mlanimated.trace.store import Header, Source, decoding, fetch_one

__all__ = ["Chunk", "ChunkCache", "Gone", "SeriesReader"]


class Gone(Exception):
    """A chunk is no longer in the file: the recorder has joined or thinned it since the headers were read."""


class Chunk:
    """Decoded rows.

    Attributes:
        steps: int64 (n,).
        search: The same numbers in a form in which `bisect` is quick.
        values: Array (n, *shape), not to be written to, or a list of n strings.
        bytes: How much memory they take.
    """

    __slots__ = ("_times", "bytes", "search", "steps", "values")

    def __init__(self, steps: bytes, times: bytes, values: Any) -> None:
        self.steps = decode_integers(steps, len(values))
        self.search: memoryview[int] = memoryview(cast("Any", self.steps))
        self.values = values
        self._times = times
        text = (
            sum(map(len, cast("list[str]", values))) + 64 * len(self.steps)
            if isinstance(values, list)
            else values.nbytes
        )
        self.bytes = 8 * len(self.steps) + len(times) + text + 200

    @property
    def times(self) -> npt.NDArray[np.float64]:
        """Seconds since the recording began, (n,)."""
        with decoding():
            return decode_integers(self._times, len(self.steps)) / 1e6


class ChunkCache:
    """Chunks that were decoded lately, up to a number of bytes.

    Args:
        source: Where the chunks lie.
        limit: How many bytes are kept.

    Attributes:
        loads: How many chunks were read and decoded so far.
    """

    def __init__(self, source: Source, limit: int) -> None:
        self._source = source
        self._limit = limit
        self._entries: OrderedDict[int, tuple[Any, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self.loads = 0

    def rows(self, header: Header, kind: Kind, shape: tuple[int, ...]) -> Chunk:
        """Return a chunk of rows."""
        found = self._find(header.id)
        if found is None:
            steps, times, data = self._load(header)
            with decoding():
                values: Any = (
                    decode_text(data, header.rows) if kind == "text" else decode_values(data, header.rows, shape)
                )
                if kind != "text":
                    values.flags.writeable = False
                found = Chunk(steps, times, values)
            self._keep(header.id, found, found.bytes)
        return found

    def steps(self, header: Header) -> npt.NDArray[np.int64]:
        """Return the steps of a chunk of rows; its values are not read."""
        found = self._find(header.id)
        if found is not None:
            return found.steps
        with self._source.reading() as connection:
            steps = fetch_one(connection, "SELECT steps FROM block WHERE id = ?", (header.id,))
        if steps is None:
            raise Gone
        with decoding():
            return decode_integers(steps, header.rows)

    def buckets(self, header: Header) -> summary.Buckets:
        """Return a chunk of buckets."""
        found = self._find(header.id)
        if found is None:
            data = self._load(header)[2]
            with decoding():
                found = summary.Buckets.decode(data)
            self._keep(header.id, found, sum(column.nbytes for column in found))
        return found

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    def _find(self, number: int) -> Any:
        with self._lock:
            entry = self._entries.get(number)
            if entry is None:
                return None
            self._entries.move_to_end(number)
            return entry[0]

    def _load(self, header: Header) -> tuple[bytes, bytes, bytes]:
        with self._source.reading() as connection:
            row = connection.execute("SELECT steps, times, data FROM block WHERE id = ?", (header.id,)).fetchone()
        if row is None:
            raise Gone
        self.loads += 1
        return row

    def _keep(self, number: int, entry: Any, size: int) -> None:
        with self._lock:
            if number not in self._entries:
                self._entries[number] = (entry, size)
                self._bytes += size
            while self._bytes > self._limit and len(self._entries) > 1:
                self._bytes -= self._entries.popitem(last=False)[1][1]


class _Index(NamedTuple):
    """The chunks of rows in order, replaced as a whole so that several threads may search it."""

    chunks: tuple[Header, ...] = ()
    firsts: tuple[int, ...] = ()
    starts: tuple[int, ...] = ()


class SeriesReader:
    """One series of a trace.

    Args:
        name: Its name.
        kind: What its values are.
        shape: Their shape.
        cache: Where decoded chunks are kept.
    """

    def __init__(self, name: str, kind: Kind, shape: tuple[int, ...], cache: ChunkCache) -> None:
        self.name = name
        self.kind: Kind = kind
        self.shape = shape
        self.dtype = ""
        self.logged = 0
        self._cache = cache
        self._index = _Index()
        self._coarser: dict[int, tuple[Header, ...]] = {}
        self._recent: tuple[int, Chunk | None] = (0, None)
        self._info: SeriesInfo | None = None

    def settle(self, dtype: str, logged: int) -> None:
        """Take over what the table of series says now."""
        if (dtype, logged) != (self.dtype, self.logged):
            if self.kind != "text":
                with decoding():
                    np.dtype(dtype)
            self.dtype, self.logged, self._info = dtype, logged, None

    def take(self, found: Sequence[Header]) -> None:
        """Take over headers of new chunks, in the order of level and start; known chunks from the first start on are replaced."""
        chunks, firsts, starts = self._index
        fresh = [header for header in found if not header.level]
        if fresh:
            keep = bisect_left(starts, fresh[0].start)
            self._index = _Index(
                (*chunks[:keep], *fresh),
                (*firsts[:keep], *(header.first_step for header in fresh)),
                (*starts[:keep], *(header.start for header in fresh)),
            )
        for header in found[len(fresh) :]:
            self._coarser[header.level] = (*self._coarser.get(header.level, ()), header)
        self._info = None

    @property
    def empty(self) -> bool:
        """Whether it has no rows, as only a series of a damaged file has none."""
        return not self._index.chunks

    @property
    def info(self) -> SeriesInfo:
        """What the headers tell."""
        info = self._info
        if info is None:
            chunks = self._index.chunks
            lows = [header.low for header in chunks if header.low is not None]
            highs = [header.high for header in chunks if header.high is not None]
            self._info = info = SeriesInfo(
                name=self.name,
                kind=self.kind,
                dtype=self.dtype,
                shape=self.shape,
                rows=sum(header.rows for header in chunks),
                first_step=chunks[0].first_step,
                last_step=chunks[-1].last_step,
                low=min(lows, default=float("nan")),
                high=max(highs, default=float("nan")),
                gaps=sum(header.gaps for header in chunks),
                logged=self.logged,
            )
        return info

    def value(self, step: float) -> Any:
        """Return the value of the last row at or before a step, or None."""
        index = self._index
        place = bisect_right(index.firsts, step) - 1
        if place < 0:
            return None
        chunk = self._chunk(index.chunks[place])
        return self._entry(chunk, bisect_right(chunk.search, step) - 1)

    def around(self, step: float) -> Around:
        """Return the rows on either side of a step."""
        index = self._index
        place = bisect_right(index.firsts, step) - 1
        if place < 0:
            return self._both(self._chunk(index.chunks[0]), 0)
        chunk = self._chunk(index.chunks[place])
        row = bisect_right(chunk.search, step) - 1
        before_step, before = chunk.search[row], self._entry(chunk, row)
        if row + 1 < len(chunk.search):
            return Around(before_step, before, chunk.search[row + 1], self._entry(chunk, row + 1))
        if place + 1 < len(index.chunks):
            following = self._cache.rows(index.chunks[place + 1], self.kind, self.shape)
            return Around(before_step, before, following.search[0], self._entry(following, 0))
        return self._both(chunk, row)

    def steps(self) -> npt.NDArray[np.int64]:
        """Return the steps of all rows."""
        return np.concatenate([self._cache.steps(header) for header in self._index.chunks])

    def series(self, start: float | None, stop: float | None) -> Series:
        """Return the rows with start <= step <= stop."""
        index = self._index
        first = 0 if start is None else max(0, bisect_left(index.firsts, start) - 1)
        last = len(index.chunks) if stop is None else bisect_right(index.firsts, stop)
        steps: list[Any] = [np.empty(0, np.int64)]
        times: list[Any] = [np.empty(0, np.float64)]
        values: list[Any] = []
        for header in index.chunks[first:last]:
            chunk = self._chunk(header)
            low = 0 if start is None else bisect_left(chunk.search, start)
            high = len(chunk.search) if stop is None else bisect_right(chunk.search, stop)
            if low < high:
                steps.append(chunk.steps[low:high])
                times.append(chunk.times[low:high])
                values.append(chunk.values[low:high])
        if self.kind == "text":
            return Series(np.concatenate(steps), np.concatenate(times), [text for part in values for text in part])
        joined = np.concatenate(values) if values else np.empty((0, *self.shape))
        return Series(np.concatenate(steps), np.concatenate(times), joined.astype(self.dtype, copy=False))

    def summary(self, start: float, stop: float, points: int) -> Summary:
        """Return the rows with start <= step <= stop in at most `points` buckets."""
        first, last = self._position(start, bisect_left), self._position(stop, bisect_right)
        level = min(summary.level_for(last - first, points), max(self._coarser, default=0))
        parts = summary.gather(level, first, last, self._parts)
        return summary.fold_to_width(summary.Buckets.join(parts), start, stop, points)

    def _position(self, step: float, bisect: Callable[[Sequence[int] | memoryview[int], float], int]) -> int:
        """Return how many rows, as they were logged, come before a step (bisect_left) or up to it (bisect_right)."""
        index = self._index
        place = bisect(index.firsts, step) - 1
        if place < 0:
            return 0
        header = index.chunks[place]
        if step > header.last_step:
            return header.start + header.span
        inside = bisect(self._chunk(header).search, step)
        return header.start + inside * header.span // header.rows

    def _parts(self, level: int, first: int, last: int) -> Iterator[tuple[int, int, summary.Buckets]]:
        """Give the chunks of a level that hold some of the rows first..last-1, of level 0 only those rows."""
        chunks = self._coarser.get(level, ()) if level else self._index.chunks
        for place in range(max(0, bisect_right(chunks, first, key=lambda header: header.start) - 1), len(chunks)):
            header = chunks[place]
            if header.start >= last:
                return
            if header.start + header.span <= first:
                continue
            if level:
                yield header.start, header.span, self._cache.buckets(header)
                continue
            low = -(-max(0, first - header.start) * header.rows // header.span)
            high = -(-min(header.span, last - header.start) * header.rows // header.span)
            if low < high:
                chunk = self._chunk(header)
                yield header.start, header.span, summary.Buckets.of(chunk.steps[low:high], chunk.values[low:high])

    def _chunk(self, header: Header) -> Chunk:
        number, chunk = self._recent
        if number != header.id or chunk is None:
            chunk = self._cache.rows(header, self.kind, self.shape)
            self._recent = header.id, chunk
        return chunk

    def _entry(self, chunk: Chunk, index: int) -> Any:
        value = chunk.values[index]
        if self.kind != "scalar":
            return value
        value = value.item()
        return float(value) if self.dtype == "float64" else int(value) if self.dtype == "int64" else value

    def _both(self, chunk: Chunk, index: int) -> Around:
        step, value = chunk.search[index], self._entry(chunk, index)
        return Around(step, value, step, value)
