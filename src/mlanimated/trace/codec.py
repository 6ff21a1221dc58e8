"""Columns of numbers as few bytes: differences, bytes regrouped by significance, zlib.

Neighbouring rows resemble each other, so what is compressed is the difference to the row before: subtraction for integers,
exclusive or of the bits for floats (Pelkonen et al., "Gorilla", VLDB 2015). Bytes of the same significance are then put side by
side (the shuffle filter of HDF5), so that zlib meets runs. A column that does not get smaller is kept as it is. Of a large
one, samples say whether and where it pays: the lower bytes of trained weights are noise, on which zlib would spend most of its time.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

__all__ = [
    "decode_integers",
    "decode_parts",
    "decode_text",
    "decode_values",
    "encode_integers",
    "encode_parts",
    "encode_text",
    "encode_values",
]

_PLAIN, _SQUEEZED = b"p", b"z"
_HEAD = struct.Struct("<Qqqc")
_MOST = 1 << 24  # far more than any chunk has; a damaged count would take all memory
_LEVEL = 1  # a level of 6 takes three times as long for two percent less
_KEPT, _CODED, _SEARCHED = (
    (0, zlib.Z_DEFAULT_STRATEGY),
    (_LEVEL, zlib.Z_HUFFMAN_ONLY),
    (_LEVEL, zlib.Z_DEFAULT_STRATEGY),
)
_BLOCK, _SAMPLE = 1 << 18, 1 << 10


def encode_integers(values: npt.NDArray[np.int64]) -> bytes:
    """Encode int64 numbers, best when they rise evenly, as steps and times do. All arithmetic is modulo 2**64, so nothing overflows."""
    count = len(values)
    if count < 2:
        return _HEAD.pack(count, int(values[0]) if count else 0, 0, b"0")
    differences = np.diff(values)
    least = differences.min()
    excess = (differences - least).view(np.uint64)
    most = int(excess.max())
    if most == 0:
        return _HEAD.pack(count, int(values[0]), int(least), b"0")
    size = 1 if most < 1 << 8 else 2 if most < 1 << 16 else 4 if most < 1 << 32 else 8
    head = _HEAD.pack(count, int(values[0]), int(least), b"%d" % size)
    return head + _shuffled(excess.astype(f"<u{size}"))


def decode_integers(data: bytes, rows: int | None = None) -> npt.NDArray[np.int64]:
    """Decode what `encode_integers` made.

    Args:
        data: The bytes.
        rows: How many numbers there must be, where it is known.

    Raises:
        ValueError: The data are damaged: another number of rows, or more than any chunk has.
    """
    count, first, least, size = _HEAD.unpack_from(data)
    if count > _MOST or rows not in (None, count):
        raise ValueError(f"{count} numbers in one chunk")
    values = np.empty(count, np.int64)
    if count:
        values[0] = first
        values[1:] = least
        if size != b"0":
            excess = _unshuffled(data[_HEAD.size :], np.dtype(f"<u{int(size)}"))
            values[1:] += excess.astype(np.uint64).view(np.int64)
        np.add.accumulate(values, out=values)
    return values


def encode_values(values: npt.NDArray[Any], *, squeeze: bool) -> bytes:
    """Encode numbers of shape (n, *shape).

    Args:
        values: bool, integer or float numbers.
        squeeze: Spend time on making them small.
    """
    kind = values.dtype.newbyteorder("<")
    values = np.ascontiguousarray(values, kind)
    head = kind.str.encode()
    if squeeze and values.nbytes > 64:
        size = kind.itemsize
        words = values.reshape(len(values), -1).view(f"<u{size}")
        if len(words) > 1:
            changes = np.bitwise_xor if kind.kind == "f" else np.subtract
            words = np.concatenate([words[:1], changes(words[1:], words[:-1])])
        if values.nbytes < _BLOCK or _pays(words):
            small = _compressed(_shuffled(words))
            if len(small) < 0.97 * values.nbytes:
                return head + _SQUEEZED + small
    return b"".join([head, _PLAIN, values.data if values.size else b""])


def decode_values(data: bytes, rows: int, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Decode what `encode_values` made, as (rows, *shape)."""
    kind = np.dtype(data[:3].decode())
    if data[3:4] == _PLAIN:
        return np.frombuffer(data, kind, offset=4).reshape(rows, *shape)
    words = _unshuffled(zlib.decompress(memoryview(data)[4:]), np.dtype(f"<u{kind.itemsize}")).reshape(rows, -1)
    if rows > 1:
        together = np.bitwise_xor if kind.kind == "f" else np.add
        together.accumulate(words, axis=0, out=words, dtype=words.dtype)
    return words.view(kind).reshape(rows, *shape)


def encode_text(values: Sequence[str], *, squeeze: bool) -> bytes:
    """Encode strings."""
    # Lone surrogates (a file name of an odd encoding, say) are legal in Python but in no UTF-8.
    return _packed(msgspec.msgpack.encode([text.encode("utf-8", "surrogatepass") for text in values]), squeeze)


def decode_text(data: bytes, rows: int | None = None) -> list[str]:
    """Decode what `encode_text` made; ValueError when there are not as many as `rows` says."""
    texts = msgspec.msgpack.decode(_unpacked(data), type=list[bytes])
    if rows not in (None, len(texts)):
        raise ValueError(f"{len(texts)} texts in one chunk")
    return [text.decode("utf-8", "surrogatepass") for text in texts]


def encode_parts(parts: Sequence[bytes]) -> bytes:
    """Join byte strings into one."""
    return _packed(msgspec.msgpack.encode(parts), squeeze=True)


def decode_parts(data: bytes) -> list[bytes]:
    """Split what `encode_parts` joined."""
    return msgspec.msgpack.decode(_unpacked(data), type=list[bytes])


def _pays(words: npt.NDArray[Any]) -> bool:
    """Return whether a sample of a large column gets smaller by a fifth: for less, squeezing takes longer than writing it all."""
    flat = words.reshape(-1)
    count = _SAMPLE // 2
    sample = np.concatenate([flat[at : at + count] for at in range(0, flat.size, max(count, flat.size // 32))])
    return len(zlib.compress(_shuffled(sample), _LEVEL)) < 0.8 * sample.nbytes


def _compressed(data: bytes) -> bytes:
    """Return data as one zlib stream whose blocks are kept, coded by their bytes' frequency, or searched: whatever pays."""
    if len(data) < _BLOCK:
        return zlib.compress(data, _LEVEL)
    # A stream's blocks may be made by different compressors, as each is flushed to a whole byte and refers to none before (RFC 1951).
    stream = [b"\x78\x01"]
    for at in range(0, len(data), _BLOCK):
        block = memoryview(data)[at : at + _BLOCK]
        sample = b"".join(block[place : place + _SAMPLE] for place in range(0, len(block), 16 * _SAMPLE))
        coded, searched = (len(_deflated(sample, *way)) for way in (_CODED, _SEARCHED))
        way = _CODED if coded < searched else _SEARCHED
        stream.append(_deflated(block, *(way if min(coded, searched) < 0.97 * len(sample) else _KEPT)))
    # An empty last block, and the check that zlib asks for (RFC 1950).
    return b"".join([*stream, b"\x03\x00", zlib.adler32(data).to_bytes(4, "big")])


def _deflated(data: bytes | memoryview, level: int, strategy: int) -> bytes:
    squeezer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, strategy=strategy)
    return squeezer.compress(data) + squeezer.flush(zlib.Z_FULL_FLUSH)


def _packed(data: bytes, squeeze: bool) -> bytes:
    small = zlib.compress(data, _LEVEL) if squeeze and len(data) > 64 else data
    return _SQUEEZED + small if len(small) < len(data) else _PLAIN + data


def _unpacked(data: bytes) -> bytes:
    return data[1:] if data[:1] == _PLAIN else zlib.decompress(memoryview(data)[1:])


def _shuffled(words: npt.NDArray[Any]) -> bytes:
    if words.itemsize == 1:
        return words.tobytes()
    return words.reshape(-1).view(np.uint8).reshape(-1, words.itemsize).T.tobytes()


def _unshuffled(data: bytes, kind: np.dtype[Any]) -> npt.NDArray[Any]:
    planes = np.frombuffer(data, np.uint8).reshape(kind.itemsize, -1)
    return planes.T.copy().reshape(-1).view(kind)
