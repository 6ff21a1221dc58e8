"""Intake: rows that programs of other languages send in over HTTP, written by recorders of the studio's own.

What is answered is on disk. A client that numbers what it sends may send it again after a broken connection: a number at or
below the last one that was answered is not written twice.

Two forms. JSON:

    {"step": 7, "values": {"loss": 0.3, "weights": [[1, 2], [3, 4]], "note": "text"}}
    {"rows": [{"step": 7, "values": {…}}, …], "events": [{"name": "first win", "text": "…", "step": 7}], "client": "a", "number": 12}

and, for arrays and pictures, the same on one line of JSON, then a line feed, then bytes one after the other. Each array or picture
is described where its value would be: `{"dtype": "float32", "shape": [64, 64]}`, little-endian, in C order; or
`{"picture": "png", "bytes": 5120}` (PNG, JPEG, WebP or GIF).
"""

from __future__ import annotations

import io
import math
import threading
import time
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
import numpy as np

from mlanimated.errors import MlaError
from mlanimated.studio.folder import Folder, spoken
from mlanimated.studio.refusal import Refusal
from mlanimated.studio.store import Store
from mlanimated.trace import Recorder
from mlanimated.trace.pending import recordable
from mlanimated.trace.waiting import RecordingWarning

__all__ = ["Batch", "Intake", "decoded"]

MOST_ROWS = 10_000
MOST_SERIES = 500
MOST_PIXELS = 4096 * 4096
MOST_OPEN = 64
IDLE_SECONDS = 600.0
_DTYPES = {
    "bool",
    *(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)),
    "float16",
    "float32",
    "float64",
}


_Kind = tuple[str, tuple[int, ...]]
"""What a series holds, and of which shape."""


class Event(msgspec.Struct, frozen=True):
    """A named moment that is sent in."""

    name: str
    text: str = ""
    step: int | None = None


class Row(msgspec.Struct, frozen=True):
    """Values of one step."""

    values: dict[str, Any]
    step: int | None = None


class Batch(msgspec.Struct, frozen=True):
    """What is sent in at once.

    Attributes:
        values: Values by series, where there is one row.
        step: Its step; None: one more than the last.
        rows: Several rows.
        events: Named moments.
        client: Who sends, for numbers.
        number: Number of this batch, counted by the client.
        finish: Close the run afterwards.
    """

    values: dict[str, Any] = {}
    step: int | None = None
    rows: list[Row] = []
    events: list[Event] = []
    client: str = ""
    number: int | None = None
    finish: bool = False


class Intake:
    """Writes what is sent in.

    Args:
        folder: Where runs are.
        store: Remembers which runs came in this way, and which numbers were answered.
    """

    def __init__(self, folder: Folder, store: Store) -> None:
        self._folder, self._store = folder, store
        self._lock = threading.Lock()
        self._open: dict[str, Recorder] = {}
        self._used: dict[str, float] = {}
        self._kinds: dict[str, dict[str, _Kind]] = {}

    def begin(
        self,
        name: str,
        *,
        title: str = "",
        args: Mapping[str, Any] | None = None,
        seed: int | None = None,
        hypothesis: str = "",
    ) -> str:
        """Begin a run and return its id.

        Args:
            name: Its path within the folder.
            title: What it is called; its name by default.
            args: The arguments it is made with.
            seed: Seed of its random numbers.
            hypothesis: What it is meant to show.
        """
        with self._lock:
            run, path = self._folder.new(name)
            self._make_room()
            try:
                recorder = Recorder(path, name=title or name, args=dict(args or {}), seed=seed, hypothesis=hypothesis)
                recorder.flush()
            except MlaError as error:
                raise Refusal(409, str(error).replace(str(path), name)) from None
            self._open[run], self._used[run] = recorder, time.monotonic()
            self._store.change("INSERT OR REPLACE INTO written VALUES (?, ?)", (run, recorder.about.created))
            self._store.change("DELETE FROM sent WHERE run = ?", (run,))
            self._folder.look()
            return run

    def append(self, run: str, batch: Batch) -> dict[str, Any]:
        """Write a batch and return what became of it: rows written, the last number, and warnings.

        Raises:
            Refusal: Another program writes that run, or something in the batch cannot be recorded; then nothing of it is.
        """
        rows = [*([Row(batch.values, batch.step)] if batch.values else []), *batch.rows]
        if len(rows) > MOST_ROWS:
            raise Refusal(413, f"At most {MOST_ROWS} rows are sent at once, not {len(rows)}.")
        if batch.number is not None and (
            not batch.client or len(batch.client) > 100 or not 0 <= batch.number < 1 << 53
        ):
            raise Refusal(422, "A number comes with the client that counts: a name of at most 100 characters.")
        for row in rows:
            _check_step(row.step)
        for event in batch.events:
            _check_step(event.step)
        values = [({_name(name): _value(name, value) for name, value in row.values.items()}, row.step) for row in rows]
        with self._lock:
            recorder = self._recorder(run)
            self._used[run] = time.monotonic()
            query = "SELECT number FROM sent WHERE run = ? AND client = ?"
            last = next((int(number) for (number,) in self._store.rows(query, (run, batch.client))), -1)
            if batch.number is not None and batch.number <= last:
                return {"run": run, "rows": 0, "number": last, "warnings": []}
            kinds = _fitting(self._kinds_of(run, recorder), values)
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always", RecordingWarning)
                for logged, step in values:
                    recorder.log(logged, step=step)
                for event in batch.events:
                    recorder.event(event.name[:200], event.text[:2000], step=event.step)
                recorder.flush()
                self._kinds[run] = kinds
                if batch.number is not None:
                    self._store.change(
                        "INSERT OR REPLACE INTO sent VALUES (?, ?, ?)", (run, batch.client, batch.number)
                    )
                if batch.finish:
                    self._close(run)
            said = [str(each.message) for each in told if issubclass(each.category, RecordingWarning)]
            return {"run": run, "rows": len(values), "number": batch.number, "warnings": said}

    def finish(self, run: str) -> None:
        """Close a run that came in this way."""
        with self._lock:
            self._recorder(run)
            self._close(run)

    def writes(self, run: str) -> bool:
        """Whether a run is open here for writing."""
        return run in self._open

    def idle(self) -> None:
        """Let go of runs that nobody has written to for ten minutes; they are taken up again when somebody does."""
        with self._lock:
            for run in [run for run, used in self._used.items() if time.monotonic() - used > IDLE_SECONDS]:
                self._close(run)

    def close(self) -> None:
        """Close all runs: nothing is lost when the studio ends, and they can be gone on with."""
        with self._lock:
            for run in list(self._open):
                self._close(run)

    # Under the lock.

    def _recorder(self, run: str) -> Recorder:
        recorder = self._open.get(run)
        if recorder is not None:
            if recorder.path is not None and recorder.path.exists():
                return recorder
            self._close(run)
        found = self._folder.get(run)
        if not self._store.rows("SELECT 1 FROM written WHERE run = ?", (run,)):
            raise Refusal(
                409, f"The run {spoken(run)!r} was not begun over HTTP, and another program may be writing it."
            )
        self._make_room()
        try:
            recorder = self._open[run] = Recorder(found.path, resume=True)
        except MlaError as error:
            raise Refusal(409, str(error).replace(str(found.path), spoken(run))) from None
        return recorder

    def _close(self, run: str) -> None:
        recorder = self._open.pop(run, None)
        self._used.pop(run, None)
        self._kinds.pop(run, None)
        if recorder is not None:
            recorder.close()

    def _make_room(self) -> None:
        while len(self._open) >= MOST_OPEN:
            self._close(min(self._used, key=self._used.__getitem__))

    def _kinds_of(self, run: str, recorder: Recorder) -> dict[str, _Kind]:
        """Return what each series of a run holds."""
        if run not in self._kinds:
            trace = recorder.trace
            infos = [trace.info(name) for name in trace.names]
            self._kinds[run] = {info.name: (info.kind, info.shape) for info in infos}
        return self._kinds[run]


def _fitting(known: dict[str, _Kind], values: Sequence[tuple[dict[str, Any], int | None]]) -> dict[str, _Kind]:
    """Return what the series hold with these values.

    Raises:
        Refusal: A value does not fit its series, or there are too many series.
    """
    kinds = dict(known)
    for logged, _ in values:
        for name, value in logged.items():
            kind, plain = recordable(value)
            now = (kind, np.shape(plain) if kind in {"array", "picture"} else ())
            was = kinds.setdefault(name, now)
            if was != now:
                raise Refusal(
                    422, f"Series {name!r} holds {was[0]}s of shape {was[1]}, not {now[0]}s of shape {now[1]}."
                )
    if len(kinds) > MOST_SERIES:
        raise Refusal(413, f"A run has at most {MOST_SERIES} series over HTTP.")
    return kinds


def decoded(body: bytes) -> Batch:
    """Return the batch of the binary form: one line of JSON, then bytes.

    Raises:
        Refusal: It is not whole, or describes no arrays.
    """
    head, _, data = body.partition(b"\n")
    batch = _batch(head)
    place = 0
    rows: list[Row] = []
    for row in [*([Row(batch.values, batch.step)] if batch.values else []), *batch.rows]:
        values: dict[str, Any] = {}
        for name, value in row.values.items():
            if isinstance(value, dict):
                values[name], place = _taken(name, cast("dict[str, Any]", value), data, place)
            else:
                values[name] = value
        rows.append(Row(values, row.step))
    if place != len(data):
        raise Refusal(422, f"The head describes {place} bytes of arrays, but {len(data)} follow.")
    return msgspec.structs.replace(batch, values={}, step=None, rows=rows)


def _batch(text: bytes) -> Batch:
    try:
        return msgspec.json.decode(text, type=Batch)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Refusal(422, f"That is no batch of rows: {error}.") from None


def _taken(name: str, said: dict[str, Any], data: bytes, place: int) -> tuple[np.ndarray[Any, Any], int]:
    """Return the array that a description stands for, and where the next one begins."""
    if "picture" in said:
        size = said.get("bytes")
        if not isinstance(size, int) or not 0 < size <= len(data) - place:
            raise Refusal(422, f"The picture of {name[:100]!r} has not the bytes that it says.")
        return _picture(name, data[place : place + size]), place + size
    kind, shape = said.get("dtype"), said.get("shape")
    if kind not in _DTYPES or not isinstance(shape, list):
        raise Refusal(422, f"An array is {{dtype, shape}}, its dtype one of {', '.join(sorted(_DTYPES))}.")
    sides = cast("list[Any]", shape)
    if len(sides) > 8 or not all(isinstance(side, int) and 0 <= side < 1 << 32 for side in sides):
        raise Refusal(422, f"The shape of {name[:100]!r} is a list of at most 8 whole numbers.")
    dtype = np.dtype(str(kind)).newbyteorder("<")
    size = math.prod(sides) * dtype.itemsize
    if size > len(data) - place:
        raise Refusal(422, f"The array of {name[:100]!r} needs {size} bytes, {len(data) - place} are left.")
    array = np.frombuffer(data, dtype, math.prod(sides), place).reshape(sides)
    return array.astype(dtype.newbyteorder("=")), place + size


def _picture(name: str, data: bytes) -> np.ndarray[Any, Any]:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP", "GIF")) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise Refusal(413, f"The picture of {name[:100]!r} has more than {MOST_PIXELS} pixels.")
                grey = picture.mode in {"1", "L"}
                return np.asarray(picture.convert("L" if grey else "RGB"), np.uint8)
    except Refusal:
        raise
    except Exception:  # Pillow raises whatever its formats do
        raise Refusal(422, f"The picture of {name[:100]!r} is no whole PNG, JPEG, WebP or GIF.") from None


def _name(name: str) -> str:
    if not name or len(name) > 200 or not name.isprintable():
        raise Refusal(422, "A series' name has 1 to 200 characters that can be printed.")
    return name


def _value(name: str, value: Any) -> Any:
    """Return a value as a recorder takes it: a JSON list of numbers becomes an array."""
    if isinstance(value, np.ndarray):
        return cast("Any", value)
    if isinstance(value, bool | int | float):
        if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
            raise Refusal(422, f"{name[:100]!r}: a whole number has at most 64 bits.")
        return value
    if value is None:
        return math.nan
    if isinstance(value, str):
        if len(value) > 1 << 20:
            raise Refusal(413, f"{name[:100]!r}: a text has at most a million characters.")
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        try:
            array = np.asarray(value, np.float64)
        except (TypeError, ValueError, OverflowError):
            array = None
        if array is not None and array.ndim <= 8:
            return array
    raise Refusal(422, f"{name[:100]!r}: a value is a number, a text, or a list of numbers in rows of one length.")


def _check_step(step: int | None) -> None:
    if step is not None and not -(1 << 62) < step < 1 << 62:
        raise Refusal(422, "A step is a whole number of at most 62 bits.")
