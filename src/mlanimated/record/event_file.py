"""Event file: what TensorBoard's writers write, read record by record while it grows, without TensorBoard or TensorFlow.

A file is a sequence of records: length (uint64), masked CRC-32C of the length, data, masked CRC-32C of the data, all little-endian
(tensorflow/core/lib/io/record_writer.cc). Data is a protocol buffer `Event` (tensorflow/core/util/event.proto); of it is read what
`Summary` holds: numbers, histograms, pictures, and the tensors in which newer writers put the same.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

__all__ = ["BINS", "EventFile", "Value", "checksum"]

BINS = 40
"""Histograms have so many bins, over the range that their values take."""
MOST_BYTES = 1 << 28

_DTYPES: dict[int, tuple[str, int]] = {
    1: ("<f4", 5), 2: ("<f8", 6), 3: ("<i4", 7), 4: ("u1", 7), 6: ("i1", 7), 9: ("<i8", 10), 10: ("?", 11), 19: ("<f2", 13),
}  # fmt: skip
"""By the number of a tensor's dtype: how NumPy calls it, and the field that holds its values where they are not bytes."""

Field = tuple[int, int, Any]
"""A field's number, its wire type, and its value."""


class Value(NamedTuple):
    """What was written under one name at one step.

    Attributes:
        step: The step.
        seconds: Seconds since 1970.
        tag: The name.
        kind: "scalar", "array", "histogram", "picture" (still encoded, as PNG mostly) or "text".
        value: float, array, float64 (bins, 3) of left end, right end and count, bytes, or text.
    """

    step: int
    seconds: float
    tag: str
    kind: str
    value: Any


class EventFile:
    """A file that is read as far as it is written.

    Args:
        path: The file.

    Attributes:
        trouble: Why no more can be read of it, or "".
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place = 0
        self.trouble = ""

    def read(self) -> Iterator[Value]:
        """Yield what is new; of a record that is not whole yet nothing, until it is."""
        if self.trouble:
            return
        with self._path.open("rb") as file:
            file.seek(self._place)
            while len(head := file.read(12)) == 12:
                length, check = struct.unpack("<QI", head)
                if check != checksum(head[:8]) or length > MOST_BYTES:
                    self.trouble = f"{self._path.name} is damaged after {self._place} bytes."
                    return
                body = file.read(length + 4)
                if len(body) < length + 4:
                    return
                self._place += 16 + length
                try:
                    values = list(_values(body[:length]))
                except (ValueError, struct.error, IndexError):  # one record that makes no sense; the next may
                    continue
                yield from values


def checksum(data: bytes) -> int:
    """Return the masked CRC-32C of some bytes."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _table() -> list[int]:
    rows: list[int] = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        rows.append(crc)
    return rows


_TABLE = _table()


def _values(data: bytes) -> Iterator[Value]:
    """Yield what an Event holds."""
    step, seconds, summaries = 0, 0.0, list[bytes]()
    for number, kind, value in _fields(data):
        if number == 1 and kind == 1:
            seconds = struct.unpack("<d", value)[0]
        elif number == 2 and kind == 0:
            step = _signed(value)
        elif number == 5 and kind == 2:
            summaries.append(value)
    for summary in summaries:
        for number, kind, value in _fields(summary):
            if number == 1 and kind == 2:
                found = _value(value)
                if found is not None:
                    yield Value(step, seconds, *found)


def _value(data: bytes) -> tuple[str, str, Any] | None:
    """Return name, kind and value of a Summary.Value; None of what is not read: audio, graphs, settings of plugins."""
    fields = {number: (kind, value) for number, kind, value in _fields(data)}
    tag = fields[1][1].decode("utf-8", "replace") if 1 in fields else ""
    if not tag:
        return None
    plugin = _plugin(fields[9][1]) if 9 in fields else ""
    if fields.get(2, (0, b""))[0] == 5:
        return tag, "scalar", float(struct.unpack("<f", fields[2][1])[0])
    if 4 in fields:
        picture = {number: value for number, _, value in _fields(fields[4][1])}
        return (tag, "picture", picture[4]) if isinstance(picture.get(4), bytes) else None
    if 5 in fields:
        return tag, "histogram", _old_histogram(fields[5][1])
    if 8 in fields:
        return _tensor(tag, plugin, fields[8][1])
    return None


def _tensor(tag: str, plugin: str, data: bytes) -> tuple[str, str, Any] | None:
    """Return what a tensor stands for; the plugin says what that is."""
    dtype, shape, raw, texts, packed = 0, list[int](), b"", list[bytes](), list[tuple[int, int, Any]]()
    for number, kind, value in _fields(data):
        if number == 1:
            dtype = value
        elif number == 2:
            sizes = [{n: v for n, _, v in _fields(dim)} for n, _, dim in _fields(value) if n == 2]
            shape = [_signed(size.get(1, 0)) for size in sizes]
        elif number == 4:
            raw = value
        elif number == 8:
            texts.append(value)
        else:
            packed.append((number, kind, value))
    if texts:
        if plugin == "images":
            return (tag, "picture", texts[2]) if len(texts) > 2 else None
        if plugin in {"hparams", "custom_scalars", "audio"} or tag.startswith("_hparams_"):
            return None
        return tag.removesuffix("/text_summary"), "text", "\n".join(text.decode("utf-8", "replace") for text in texts)
    if dtype not in _DTYPES:
        return None
    name, own = _DTYPES[dtype]
    if raw:
        array = np.frombuffer(raw, name)
    else:
        found: list[Any] = []
        for number, kind, value in packed:
            if number == own:
                found += _repeated(kind, value, name)
        array = np.array(found, name)
    size = int(np.prod(shape))
    if len(array) == 1 and size > 1:
        array = np.repeat(array, size)
    array = array.reshape(shape)
    if plugin == "histograms" and array.ndim == 2 and array.shape[1] == 3:
        return tag, "histogram", array.astype(np.float64)
    return (
        (tag, "scalar", float(array.reshape(-1)[0]))
        if array.size == 1
        else (tag, "array", array)
        if array.size
        else None
    )


def _old_histogram(data: bytes) -> NDArray[np.float64]:
    """Return a HistogramProto as bins: each limit ends one, the first begins at the smallest value."""
    low = 0.0
    limits: list[float] = []
    counts: list[float] = []
    for number, kind, value in _fields(data):
        if number == 1:
            low = struct.unpack("<d", value)[0]
        elif number in {6, 7}:
            (limits if number == 6 else counts).extend(_repeated(kind, value, "<f8"))
    rights = np.array(limits[: len(counts)], np.float64)
    lefts = np.concatenate([[min(low, rights[0])], rights[:-1]]) if len(rights) else rights
    return np.stack([lefts, rights, np.array(counts[: len(rights)], np.float64)], axis=1)


def _plugin(data: bytes) -> str:
    """Return the name of the plugin in a SummaryMetadata."""
    for number, _, value in _fields(data):
        if number == 1:
            for inner, _, name in _fields(value):
                if inner == 1:
                    return name.decode("utf-8", "replace")
    return ""


def _fields(data: bytes) -> Iterator[Field]:
    """Yield the fields of a message.

    Raises:
        ValueError: It is none.
    """
    place, end = 0, len(data)
    while place < end:
        key, place = _varint(data, place)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, place = _varint(data, place)
            yield number, kind, value
            continue
        if kind == 2:
            size, place = _varint(data, place)
        elif kind in {1, 5}:
            size = 8 if kind == 1 else 4
        else:
            raise ValueError("no field that is known")
        if place + size > end:
            raise ValueError("the field is longer than its message")
        yield number, kind, data[place : place + size]
        place += size


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
        if shift > 63:
            raise ValueError("the number is too long")


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _repeated(kind: int, value: Any, dtype: str) -> list[Any]:
    """Return the values of a repeated field, packed or one by one."""
    if kind == 0:
        return [_signed(value)]
    if np.dtype(dtype).kind == "f" and np.dtype(dtype).itemsize > 2:
        return cast("list[Any]", np.frombuffer(value, dtype).tolist())
    found: list[Any] = []
    place = 0
    while place < len(value):
        one, place = _varint(value, place)
        found.append(_signed(one))
    return found
