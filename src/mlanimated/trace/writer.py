"""Turns rows into chunks: joins small ones, seals full ones, makes their summaries, and keeps to the byte budget.

Each flush writes its new rows as a small chunk. Small chunks at the end of a series are joined with what comes as soon as they
are not much larger than it, as a log-structured merge tree does (O'Neil et al., 1996): every row is written few times, and a
series has few chunks at any moment. A full chunk stays as it is, unless rows come late or the budget thins it.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from mlanimated.trace.codec import (
    decode_integers,
    decode_text,
    decode_values,
    encode_integers,
    encode_text,
    encode_values,
)
from mlanimated.trace.records import Kind
from mlanimated.trace.rows import Rows
from mlanimated.trace.store import Header, headers
from mlanimated.trace.summary import Buckets, Finished, Pyramid

__all__ = ["Track", "Writer"]

_CHUNK_ROWS = 4096
_CHUNK_BYTES = 1 << 20
_TEXT_ROWS = 512
_JOIN = 2  # a chunk is joined with rows that are at least half as many
_LATE_CHUNKS = 16  # how far back rows of arrays and text may come late; of scalars, to the last full chunk
_THIN_TO = 0.8  # share of the budget that thinning leaves
_THIN_SECONDS = 0.1  # how long one flush may spend on thinning


@dataclass(slots=True)
class Track:
    """A series as the writer knows it.

    Attributes:
        id: Its number.
        name: Its name.
        kind: What its values are.
        dtype: Their dtype.
        shape: Their shape.
        chunks: Headers of its chunks of rows, in order.
        stride: Every how manieth logged row is kept from now on.
        bytes: How much all its chunks take.
        summed: How many of `chunks` are in the pyramid.
        logged: How many rows of the series were ever logged.
        drops: Whether thinning leaves out the next row it comes to.
    """

    id: int
    name: str
    kind: Kind
    dtype: str
    shape: tuple[int, ...]
    chunks: list[Header] = field(default_factory=list[Header])
    stride: int = 1
    bytes: int = 0
    summed: int = 0
    drops: bool = False
    logged: int = 0
    pyramid: Pyramid = field(default_factory=Pyramid)

    @property
    def capacity(self) -> int:
        """Rows of a full chunk."""
        if self.kind == "text":
            return _TEXT_ROWS
        row = max(1, int(np.prod(self.shape, dtype=np.int64)) * np.dtype(self.dtype).itemsize)
        return min(_CHUNK_ROWS, max(1, _CHUNK_BYTES // row))

    @property
    def end(self) -> int:
        """How many rows the chunks stand for."""
        return self.chunks[-1].start + self.chunks[-1].span if self.chunks else 0

    @property
    def frozen(self) -> int:
        """How many of the first chunks can take no late rows any more."""
        return self.summed if self.kind == "scalar" else max(0, len(self.chunks) - _LATE_CHUNKS)


class Writer:
    """Writes rows of all series into a database, inside transactions that the caller opens and commits.

    Args:
        connection: The database; what it already holds is gone on with.
        budget: How many bytes the rows may take.
        squeeze: Whether to compress.
    """

    def __init__(self, connection: sqlite3.Connection, budget: int, *, squeeze: bool) -> None:
        self._connection = connection
        self._budget = budget
        self._squeeze = squeeze
        self._thinning = False
        self.tracks: dict[str, Track] = {}
        self.rewrote = False
        self._load()

    @property
    def bytes(self) -> int:
        """How much all chunks take."""
        return sum(track.bytes for track in self.tracks.values())

    @property
    def behind(self) -> bool:
        """Whether thinning has begun and is not done."""
        return self._thinning

    def last_time(self, header: Header) -> float:
        """Return the time of the last row of a chunk, in seconds."""
        (times,) = self._connection.execute("SELECT times FROM block WHERE id = ?", (header.id,)).fetchone()
        return float(decode_integers(times)[-1]) / 1e6

    def track(self, name: str, kind: Kind, dtype: str, shape: tuple[int, ...]) -> Track:
        """Return the track of a series, made when it is new, its dtype widened when it has become wider."""
        track = self.tracks.get(name)
        if track is None:
            number = 1 + max((known.id for known in self.tracks.values()), default=0)
            track = Track(number, name, kind, dtype, shape)
            self.tracks[name] = track
            values = (track.id, name, kind, dtype, msgspec.json.encode(shape).decode(), 0)
            self._connection.execute("INSERT INTO series VALUES (?, ?, ?, ?, ?, ?)", values)
        elif track.dtype != dtype:
            track.dtype = dtype
            self._connection.execute("UPDATE series SET dtype = ? WHERE id = ?", (dtype, track.id))
        return track

    def append(self, track: Track, rows: Rows, logged: int) -> int:
        """Write rows at the end of a series, and return how many came too late and were left out.

        Args:
            track: The series.
            rows: The rows; they may be out of order.
            logged: How many rows of the series were ever logged.
        """
        rows = rows.sorted()
        late = 0
        if track.frozen:
            late = int(np.searchsorted(rows.steps, track.chunks[track.frozen - 1].last_step))
            rows = rows.cut(late, None)
        self._connection.execute("UPDATE series SET logged = ? WHERE id = ?", (logged, track.id))
        if not len(rows.steps):
            return late
        start, span = track.end, len(rows.steps) * track.stride
        joined: list[Header] = []
        while track.chunks and self._joins(track, track.chunks[-1], rows, len(track.chunks)):
            header = track.chunks.pop()
            joined.append(header)
            rows = self._rows(track, header).joined(rows).sorted()
            start, span = header.start, span + header.span
        for cut in range(0, len(rows.steps), track.capacity):
            part = rows.cut(cut, cut + track.capacity)
            share = span * (cut + len(part.steps)) // len(rows.steps) - span * cut // len(rows.steps)
            begin = start + span * cut // len(rows.steps)
            track.chunks.append(self._write_rows(track, part, begin, share, track.stride))
        self._delete(track, joined)
        self._sum_up(track)
        return late

    def thin(self, *, patient: bool = False) -> bool:
        """Keep to the budget: leave every second row of the largest series out.

        A little is done at each call, oldest chunks first, so that no flush takes long.

        Args:
            patient: Go on until it is done.

        Returns:
            Whether any series is kept coarser from now on.
        """
        before = {track.name: track.stride for track in self.tracks.values()}
        until = math.inf if patient else time.perf_counter() + _THIN_SECONDS
        while self.bytes > (self._budget * _THIN_TO if self._thinning else self._budget):
            track = self._to_thin()
            self._thinning = track is not None
            if track is None or not self._thin_track(track, until):
                break
        else:
            self._thinning = False
        return any(track.stride != before[track.name] for track in self.tracks.values())

    def cut_after(self, step: int) -> None:
        """Drop every row after a step."""
        for track in self.tracks.values():
            gone = [header for header in track.chunks if header.last_step > step]
            track.chunks = [header for header in track.chunks if header.last_step <= step]
            for header in gone:
                if header.first_step <= step:
                    rows = self._rows(track, header)
                    kept = rows.cut(0, int(np.searchsorted(rows.steps, step, "right")))
                    span = header.span * len(kept.steps) // header.rows
                    track.chunks.append(self._write_rows(track, kept, header.start, max(1, span), header.stride))
            self._delete(track, gone)
            logged = min(track.logged, track.end)
            self._connection.execute("UPDATE series SET logged = ? WHERE id = ?", (logged, track.id))
            levels = self._connection.execute(
                "SELECT id FROM chunk WHERE series = ? AND level > 0 AND start + span > ?",
                (track.id, min((header.start for header in gone), default=track.end)),
            )
            self._forget([number for (number,) in levels])
        for table in ("event", "checkpoint"):
            self._connection.execute(f"DELETE FROM {table} WHERE step > ?", (step,))
        empty = [name for name, track in self.tracks.items() if not track.chunks]
        self._connection.executemany("DELETE FROM series WHERE name = ?", ((name,) for name in empty))
        self.rewrote = True
        self._load()

    def _load(self) -> None:
        """Learn what the database holds."""
        self.tracks = {}
        for number, name, kind, dtype, shape, logged in self._connection.execute("SELECT * FROM series ORDER BY id"):
            size = msgspec.json.decode(shape, type=tuple[int, ...])
            self.tracks[name] = Track(number, name, kind, dtype, size, logged=logged)
        numbers = {track.id: track for track in self.tracks.values()}
        found = headers(self._connection)
        self._newest = max((header.id for header in found), default=0)
        coarser: dict[int, list[Header]] = {}
        for header in found:
            track = numbers[header.series]
            track.bytes += header.bytes
            (track.chunks if header.level == 0 else coarser.setdefault(track.id, [])).append(header)
        for track in self.tracks.values():
            track.chunks.sort(key=lambda header: header.start)
            track.stride = max((header.stride for header in track.chunks), default=1)
            self._restore_pyramid(track, coarser.get(track.id, []))

    def _restore_pyramid(self, track: Track, coarser: list[Header]) -> None:
        """Feed the pyramid what it had taken when the database was last written."""
        highest = max((header.level for header in coarser), default=0)
        covered = [0] * (highest + 2)
        for level in range(highest, 0, -1):
            ends = [header.start + header.span for header in coarser if header.level == level]
            covered[level] = max([*ends, covered[level + 1]])
        for level in range(highest, 0, -1):
            for header in sorted(coarser, key=lambda header: header.start):
                if header.level == level and header.start >= covered[level + 1]:
                    (data,) = self._connection.execute("SELECT data FROM block WHERE id = ?", (header.id,)).fetchone()
                    finished = track.pyramid.add(level, header.start, header.span, Buckets.decode(data))
                    self._store_finished(track, finished)
        track.summed = sum(header.start + header.span <= covered[min(1, highest)] for header in track.chunks)

    def _joins(self, track: Track, last: Header, rows: Rows, count: int) -> bool:
        if count <= track.frozen:
            return False
        if last.last_step > rows.steps[0]:
            return True
        small = last.rows < track.capacity and last.rows <= _JOIN * len(rows.steps)
        return small and last.stride == track.stride

    def _rows(self, track: Track, header: Header) -> Rows:
        query = "SELECT steps, times, data FROM block WHERE id = ?"
        steps, times, data = self._connection.execute(query, (header.id,)).fetchone()
        rows = header.rows
        values = decode_text(data, rows) if track.kind == "text" else decode_values(data, rows, track.shape)
        return Rows(decode_integers(steps, rows), decode_integers(times, rows), values)

    def _write_rows(self, track: Track, rows: Rows, start: int, span: int, stride: int) -> Header:
        steps, times = encode_integers(rows.steps), encode_integers(rows.times)
        encode = encode_text if track.kind == "text" else encode_values
        data = encode(rows.values, squeeze=self._squeeze)
        low, high, gaps = rows.bounds()
        first, last = (float(rows.values[0]), float(rows.values[-1])) if track.kind == "scalar" else (None, None)
        size = len(steps) + len(times) + len(data)
        edges = int(rows.steps[0]), int(rows.steps[-1])
        self._newest += 1
        header = Header(
            self._newest, track.id, 0, start, span, stride, len(rows.steps), size, *edges, low, high, first, last, gaps
        )
        self._store(track, header, (steps, times, data))
        return header

    def _store(self, track: Track, header: Header, blobs: tuple[bytes | None, bytes | None, bytes]) -> None:
        self._connection.execute("INSERT INTO block VALUES (?, ?, ?, ?)", (header.id, *blobs))
        self._connection.execute(f"INSERT INTO chunk VALUES ({','.join('?' * len(header))})", header)
        track.bytes += header.bytes

    def _delete(self, track: Track, gone: Sequence[Header]) -> None:
        self._forget([header.id for header in gone])
        track.bytes -= sum(header.bytes for header in gone)

    def _forget(self, numbers: Iterable[int]) -> None:
        keys = [(number,) for number in numbers]
        if keys:
            self._connection.executemany("DELETE FROM chunk WHERE id = ?", keys)
            self._connection.executemany("DELETE FROM block WHERE id = ?", keys)

    def _sum_up(self, track: Track) -> None:
        """Give the pyramid all full chunks but the last one, which may still take late rows."""
        if track.kind != "scalar":
            return
        full = len(track.chunks)
        while full and track.chunks[full - 1].rows < track.capacity:
            full -= 1
        while track.summed < full - 1:
            header = track.chunks[track.summed]
            rows = self._rows(track, header)
            track.summed += 1
            buckets = Buckets.of(rows.steps, rows.values)
            self._store_finished(track, track.pyramid.add(0, header.start, header.span, buckets))

    def _store_finished(self, track: Track, finished: Iterable[Finished]) -> None:
        for level, start, span, buckets in finished:
            data = buckets.encode()
            self._newest += 1
            edges = int(buckets.step[0]), int(buckets.stop[-1])
            counts = level, start, span, 1, buckets.size, len(data)
            header = Header(self._newest, track.id, *counts, *edges, None, None, None, None, 0)
            self._store(track, header, (None, None, data))

    def _to_thin(self) -> Track | None:
        """Return the series that is being thinned, else the largest, to be kept half as densely; None when none can be."""
        for track in self.tracks.values():
            if any(header.stride < track.stride for header in track.chunks):
                return track
        for track in sorted(self.tracks.values(), key=lambda track: -track.bytes):
            if sum(header.rows for header in track.chunks) > 2:
                track.stride, track.drops = track.stride * 2, False
                self._drop_summaries(track)
                return track
        return None

    def _drop_summaries(self, track: Track) -> None:
        """Drop the buckets that stand for fewer rows than each row that is left does."""
        query = "SELECT id, bytes FROM chunk WHERE series = ? AND level > 0 AND span < rows * ?"
        gone = self._connection.execute(query, (track.id, track.stride)).fetchall()
        self._forget([number for number, _ in gone])
        track.bytes -= sum(size for _, size in gone)

    def _thin_track(self, track: Track, until: float) -> bool:
        """Thin the chunks that are denser than their series now is, the oldest first; return whether that is done."""
        chunks: list[Header] = []
        gone: list[Header] = []
        summed, final = track.summed, len(track.chunks) - 1
        for place, header in enumerate(track.chunks):
            if header.stride >= track.stride or time.perf_counter() >= until:
                chunks.append(header)
                continue
            rows = self._rows(track, header)
            keep = (np.arange(header.rows) + track.drops) % 2 == 0
            track.drops ^= header.rows % 2 == 1
            keep[0] |= place == 0
            keep[-1] |= place == final
            kept = np.flatnonzero(keep)
            if len(kept):
                thinner = rows.chosen(kept)
                chunks.append(self._write_rows(track, thinner, header.start, header.span, track.stride))
            elif place < summed:
                track.summed -= 1
            gone.append(header)
        track.chunks = chunks
        self._delete(track, gone)
        self.rewrote |= bool(gone)
        return all(header.stride >= track.stride for header in chunks)
