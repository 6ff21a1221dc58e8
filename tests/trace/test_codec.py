"""Columns come back exactly as they went in, and what repeats takes little room."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from mlanimated.trace.codec import (
    decode_integers,
    decode_text,
    decode_values,
    encode_integers,
    encode_text,
    encode_values,
)

RANDOM = np.random.default_rng(0)
EXTREME = np.iinfo(np.int64)


@pytest.mark.parametrize(
    "numbers",
    [
        [],
        [7],
        [-3, 5],
        list(range(1000)),
        list(range(0, -5000, -5)),
        [0, 1, 1, 300, 70_000, 5_000_000_000, 5_000_000_001],
        [EXTREME.min, EXTREME.max, 0, EXTREME.min, EXTREME.max],
        RANDOM.integers(EXTREME.min, EXTREME.max, 500).tolist(),
    ],
    ids=lambda numbers: f"{len(numbers)} from {numbers[0] if numbers else None}",
)
def test_integers_come_back(numbers):
    data = encode_integers(np.array(numbers, np.int64))
    assert decode_integers(data).tolist() == numbers


def test_even_steps_take_no_room_however_many():
    assert len(encode_integers(np.arange(0, 1_000_000, 10))) < 40


@pytest.mark.parametrize("squeeze", [True, False])
@pytest.mark.parametrize(
    "dtype", ["bool", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", ">f8", ">i4"]
)
@pytest.mark.parametrize("shape", [(1,), (300,), (5, 3, 4), (2, 0), (40, 8, 8, 3)])
def test_values_come_back(dtype, shape, squeeze):
    values = RANDOM.integers(0, 200, shape).astype(dtype)
    back = decode_values(encode_values(values, squeeze=squeeze), len(values), shape[1:])
    assert back.dtype == values.dtype.newbyteorder("<")
    np.testing.assert_array_equal(back, values)


def test_values_come_back_to_the_bit():
    values = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 5e-324, 1 / 3] * 20)
    back = decode_values(encode_values(values, squeeze=True), len(values), ())
    assert back.tobytes() == values.tobytes()


def test_a_strided_view_comes_back():
    values = RANDOM.normal(size=(60, 8))[::2, ::-1].T
    back = decode_values(encode_values(values, squeeze=True), *values.shape[:1], values.shape[1:])
    np.testing.assert_array_equal(back, values)


def large(kind: str) -> np.ndarray:
    """Columns of several blocks, of which some pay to be searched, some to be coded, some neither."""
    if kind == "weights":
        first = RANDOM.normal(scale=0.03, size=500_001)
        return np.stack([first, first + RANDOM.normal(scale=1e-4, size=500_001)]).astype("f4")
    if kind == "pictures":
        return np.repeat(RANDOM.integers(0, 255, (1, 210, 160, 3), np.uint8), 7, axis=0)
    if kind == "numbers":
        return np.arange(800_000).reshape(2, -1)
    return RANDOM.integers(0, 255, (3, 200_000), np.uint8)


@pytest.mark.parametrize("kind", ["weights", "pictures", "numbers", "noise"])
def test_large_columns_come_back_and_are_as_small_as_by_one_search(kind):
    values = large(kind)
    data = encode_values(values, squeeze=True)
    np.testing.assert_array_equal(decode_values(data, len(values), values.shape[1:]), values)
    words = values.view(f"u{values.itemsize}").reshape(len(values), -1)
    words = np.concatenate([words[:1], np.bitwise_xor(words[1:], words[:-1])])
    searched = zlib.compress(words.reshape(-1).view(np.uint8).reshape(-1, words.itemsize).T.tobytes(), 1)
    assert len(data) <= min(1.01 * len(searched), values.nbytes + 4)
    if data[3:4] == b"z":
        assert zlib.decompress(data[4:]), "one whole stream, with its check"


def test_what_would_hardly_get_smaller_is_kept_as_it_is():
    weights = RANDOM.normal(scale=0.03, size=(1, 500_000)).astype("f4")
    data = encode_values(weights, squeeze=True)
    assert len(data) == weights.nbytes + 4
    np.testing.assert_array_equal(decode_values(data, 1, weights.shape[1:]), weights)


def test_pictures_that_hardly_change_take_little_room():
    pictures = np.repeat(RANDOM.integers(0, 255, (1, 64, 64, 3), np.uint8), 30, axis=0)
    pictures[np.arange(30), np.arange(30), 5] = 0
    assert len(encode_values(pictures, squeeze=True)) < pictures.nbytes / 20


def test_noise_takes_no_more_room_than_it_has():
    noise = RANDOM.integers(0, 255, 10_000, np.uint8)
    assert len(encode_values(noise, squeeze=True)) == noise.nbytes + 4


@pytest.mark.parametrize("squeeze", [True, False])
def test_text_comes_back(squeeze):
    texts = ["", "a", "Ünïcödé ⟶ 学习", "\ud800 alone", "long " * 500]
    assert decode_text(encode_text(texts, squeeze=squeeze)) == texts
