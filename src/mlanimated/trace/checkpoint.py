"""A checkpoint is plain data: MessagePack with NumPy arrays, never pickle, so that opening a trace can run nobody's code."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Mapping
from typing import Any, cast

import msgspec
import numpy as np

from mlanimated.trace.records import Checkpoint

__all__ = ["decode_state", "encode_state", "newest", "prune", "save"]

_ARRAY, _WIDE, _PAIRS, _TUPLE = 1, 2, 3, 4
_ENCODER = msgspec.msgpack.Encoder()


def encode_state(state: Any) -> bytes:
    """Encode the state of a training.

    Args:
        state: None, bool, int of any size, float, str, bytes, list, tuple, dict, NumPy arrays and scalars of numbers, nested
            as one likes. Tensors of other libraries are kept as NumPy arrays.

    Raises:
        TypeError: Something in it is none of these; the message says where.
    """
    return _ENCODER.encode(_plain(state, "state"))


def decode_state(data: bytes) -> Any:
    """Decode what `encode_state` made. Arrays come back as arrays of the same dtype and shape that may be written to."""
    return msgspec.msgpack.Decoder(ext_hook=_extended, strict=False).decode(data)


def _plain(value: Any, where: str) -> Any:
    if value is None or type(value) in (bool, float, str, bytes):
        return value
    # Subclasses, which MessagePack does not know: NumPy's text, texts and numbers that are members of an Enum.
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        wide = not -(1 << 63) <= value < 1 << 64
        return msgspec.msgpack.Ext(_WIDE, str(int(value)).encode()) if wide else int(value)
    if isinstance(value, float) and not isinstance(value, np.generic):
        return float(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(cast("bytes", value))
    if isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value).items()
        if all(isinstance(key, str) for key, _ in entries):
            return {str(key): _plain(entry, f"{where}[{key!r}]") for key, entry in entries}
        pairs = [[_plain(key, f"a key of {where}"), _plain(entry, f"{where}[{key!r}]")] for key, entry in entries]
        return msgspec.msgpack.Ext(_PAIRS, _ENCODER.encode(pairs))
    if isinstance(value, tuple):
        parts = [_plain(entry, f"{where}[{index}]") for index, entry in enumerate(cast("tuple[Any, ...]", value))]
        return msgspec.msgpack.Ext(_TUPLE, _ENCODER.encode(parts))
    if isinstance(value, list):
        return [_plain(entry, f"{where}[{index}]") for index, entry in enumerate(cast("list[Any]", value))]
    array = _array(value)
    if array is None or array.dtype.kind not in "biufc":
        raise TypeError(f"{where} is of type {type(value).__name__}")
    array = np.asarray(array, order="C").astype(array.dtype.newbyteorder("<"), copy=False)
    return msgspec.msgpack.Ext(_ARRAY, _ENCODER.encode([array.dtype.str, list(array.shape), array.tobytes()]))


def _array(value: Any) -> np.ndarray[Any, Any] | None:
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(cast("Any", value))
    detach = getattr(value, "detach", None)  # a torch tensor
    if callable(detach):
        return np.asarray(cast("Any", detach()).cpu().numpy())
    return np.asarray(value) if hasattr(value, "__array__") else None


def _extended(code: int, data: memoryview) -> Any:
    if code == _WIDE:
        return int(bytes(data))
    if code == _ARRAY:
        kind, shape, raw = msgspec.msgpack.decode(data, type=tuple[str, tuple[int, ...], bytes])
        array = np.frombuffer(raw, np.dtype(kind)).reshape(shape).copy()
        return array if shape else array[()]
    parts = decode_state(bytes(data))
    return dict(parts) if code == _PAIRS else tuple(parts)


def save(connection: sqlite3.Connection, step: int, time: float, state: bytes) -> None:
    """Store an encoded state; an earlier one of the same step is replaced."""
    data = zlib.compress(state, 1)
    connection.execute("DELETE FROM checkpoint WHERE step = ?", (step,))
    values = (step, time, len(data), data)
    connection.execute("INSERT INTO checkpoint (step, time, bytes, data) VALUES (?, ?, ?, ?)", values)


def prune(connection: sqlite3.Connection, budget: int) -> None:
    """Drop every second checkpoint, never the first nor the last, until they take at most `budget` bytes."""
    while True:
        kept = connection.execute("SELECT id, bytes FROM checkpoint ORDER BY step").fetchall()
        if len(kept) <= 2 or sum(size for _, size in kept) <= budget:
            return
        connection.executemany("DELETE FROM checkpoint WHERE id = ?", [(number,) for number, _ in kept[1:-1:2]])


def newest(connection: sqlite3.Connection, step: int | None = None) -> Checkpoint | None:
    """Return the newest checkpoint at or before a step, or None."""
    query = "SELECT step, time, data FROM checkpoint WHERE step <= ? ORDER BY step DESC LIMIT 1"
    row = connection.execute(query, ((1 << 63) - 1 if step is None else step,)).fetchone()
    return None if row is None else Checkpoint(row[0], row[1], decode_state(zlib.decompress(row[2])))
