"""State comes back as it was, without pickle."""

# ruff: noqa: PT031  (a warning is told once over many calls)

from __future__ import annotations

import enum
import math
import time

import numpy as np
import pytest

from mlanimated.trace import Recorder, RecordingWarning, Trace
from mlanimated.trace.checkpoint import decode_state, encode_state


@pytest.mark.parametrize(
    "state",
    [
        None,
        True,
        -(1 << 63),
        (1 << 64) - 1,
        1 << 127,
        -(1 << 200),
        0.1,
        math.inf,
        "text",
        b"bytes",
        [1, [2.5, None], "x"],
        (1, (2, "y")),
        {"a": {"b": [1, 2]}, "": ()},
        {1: "one", (2, 3): [4], None: 5},
        np.random.default_rng(3).bit_generator.state,
    ],
    ids=str,
)
def test_plain_data_comes_back(state):
    back = decode_state(encode_state(state))
    assert back == state
    assert type(back) is type(state)


@pytest.mark.parametrize("dtype", ["bool", "u1", "i8", "f2", "f4", "f8", "c16", ">f4"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3, 4)])
def test_arrays_come_back(dtype, shape):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    back = decode_state(encode_state({"w": [array]}))["w"][0]
    assert back.dtype == array.dtype.newbyteorder("<")
    assert back.shape == shape
    np.testing.assert_array_equal(back, array)
    if shape:
        back[...] = 0  # it may be trained on


class Colour(enum.StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "back"),
    [(np.float64(0.1), np.float64(0.1)), (np.str_("x"), "x"), (Colour.RED, "red"), (enum.IntEnum("N", "A").A, 1)],
    ids=repr,
)
def test_kinds_of_numbers_and_text_come_back(value, back):
    found = decode_state(encode_state({"value": value}))["value"]
    assert found == back
    assert type(found) is type(back)


def test_a_random_generator_goes_on_where_it_was():
    random = np.random.default_rng(5)
    random.normal(size=100)
    state = decode_state(encode_state(random.bit_generator.state))
    expected = random.normal(size=5)
    other = np.random.default_rng()
    other.bit_generator.state = state
    np.testing.assert_array_equal(other.normal(size=5), expected)


@pytest.mark.parametrize(
    ("state", "where"),
    [({"a": [1, {2}]}, r"state\['a'\]\[1\] is of type set"), (object(), "state is of type object")],
)
def test_what_cannot_be_saved_is_named(state, where):
    with pytest.raises(TypeError, match=where):
        encode_state(state)


@pytest.mark.parametrize("path", [None, "a.mla"])
def test_checkpoints_are_saved_when_due_and_found(tmp_path, path):
    recorder = Recorder(path and tmp_path / path, checkpoint_steps=10)
    for step in range(35):
        recorder.tick(step, state=lambda step=step: {"w": np.full(3, step)})
    recorder.flush()
    trace = recorder.trace
    assert trace.checkpoints == (10, 20, 30)
    assert trace.checkpoint().step == 30
    assert trace.checkpoint(29).step == 20
    assert trace.checkpoint(29).state["w"].tolist() == [20, 20, 20]
    assert trace.checkpoint(9) is None
    recorder.close()


def test_checkpoints_are_saved_by_the_clock():
    recorder = Recorder(checkpoint_seconds=0.05)
    begin = time.monotonic()
    step = 0
    while time.monotonic() < begin + 0.3:
        recorder.tick(step, state=dict)
        step += 1
    assert 2 <= len(recorder.trace.checkpoints) <= 6


@pytest.mark.parametrize("state", [lambda: {"a": {1}}, lambda: 1 / 0])
def test_a_state_that_cannot_be_saved_is_told_once(state):
    recorder = Recorder(checkpoint_steps=1)
    with pytest.warns(RecordingWarning, match="No checkpoint was saved") as told:
        for step in range(1, 5):
            recorder.tick(step, state=state)
    assert len(told) == 1
    assert recorder.trace.checkpoints == ()


def test_checkpoints_keep_to_the_budget():
    recorder = Recorder(checkpoint_steps=1, budget=200_000)
    noise = np.random.default_rng(0).normal(size=1000)
    for step in range(1, 200):
        recorder.tick(step, state=lambda: noise)
        recorder.flush()
    kept = recorder.trace.checkpoints
    assert 5 < len(kept) < 30
    assert (kept[0], kept[-1]) == (1, 199)


def test_resume_drops_what_came_after_the_checkpoint(tmp_path):
    path = tmp_path / "a.mla"
    with Recorder(path, name="mine", checkpoint_steps=10) as recorder:
        assert recorder.resumed is None
        for step in range(36):
            recorder.log({"a": float(step), "w": np.full(2, float(step)), "note": str(step)}, step=step)
            if step > 31:
                recorder.log({"late": 1}, step=step)
            if step in (5, 33):
                recorder.event(f"at {step}", step=step)
            recorder.tick(step, state=lambda step=step: step)
    with Recorder(path, resume=True) as recorder:
        assert recorder.resumed.step == recorder.resumed.state == 30
        assert recorder.about.name == "mine"
        recorder.log({"a": -1.0, "w": np.zeros(2), "note": "again"})
    trace = Trace.open(path)
    assert trace.steps("a").tolist() == list(range(32))
    assert trace.series("a").values[-2:].tolist() == [30.0, -1.0]
    assert trace.series("w").values[-1].tolist() == [0, 0]
    assert trace.series("note").values[-1] == "again"
    assert trace.names == ("a", "w", "note")
    assert [event.name for event in trace.events] == ["at 5"]
    assert np.all(np.diff(trace.series("a").times) >= 0)
    with Recorder(path, resume=15) as recorder:
        assert recorder.resumed.step == 10
    trace = Trace.open(path)
    assert trace.last_step == 10
    assert trace.checkpoints == (10,)


def test_resume_of_what_is_not_there_begins(tmp_path):
    with Recorder(tmp_path / "a.mla", resume=True) as recorder:
        assert recorder.resumed is None
        recorder.log({"a": 1})
    assert Trace.open(tmp_path / "a.mla").value("a", 0) == 1


def test_resume_without_a_checkpoint_goes_on_at_the_end(tmp_path):
    path = tmp_path / "a.mla"
    for part in range(3):
        with Recorder(path, resume=True) as recorder:
            for _ in range(10):
                recorder.log({"a": part})
    assert Trace.open(path).series("a").values.tolist() == [0] * 10 + [1] * 10 + [2] * 10
    with Recorder(path, resume=12) as recorder:
        recorder.log({"a": 9})
    assert Trace.open(path).series("a").values.tolist() == [0] * 10 + [1] * 3 + [9]


def test_a_long_series_resumes_with_its_summaries(tmp_path):
    path = tmp_path / "a.mla"
    values = np.random.default_rng(0).normal(size=60_000)
    rows = 0
    for end in (25_000, 45_000, 60_000):
        with Recorder(path, resume=True) as recorder:
            for step in range(rows, end):
                recorder.log({"a": values[step]}, step=step)
        rows = end
    with Recorder(path, resume=52_000):
        pass
    trace = Trace.open(path)
    assert len(trace.steps("a")) == 52_001
    summary = trace.summary("a", 0, 60_000, 60)
    assert summary.rows.sum() == 52_001
    edges = np.concatenate([[0], summary.rows.cumsum()[:-1]])
    np.testing.assert_array_equal(summary.low, np.minimum.reduceat(values[:52_001], edges))
    assert trace.loads < 20 + 13
