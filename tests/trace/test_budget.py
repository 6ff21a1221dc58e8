"""The byte budget holds, the first and last row of each series stay, and what is kept is spread evenly."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from mlanimated.trace import Recorder, Trace
from mlanimated.trace import summary as summary_module
from mlanimated.trace import writer as writer_module

RANDOM = np.random.default_rng(0)
NOISE = RANDOM.integers(0, 255, (50, 64, 64, 3), np.uint8)


@pytest.mark.slow
@pytest.mark.parametrize("where", ["memory", "file"])
@pytest.mark.parametrize("flushes", [0, 7])
def test_pictures_keep_to_the_budget(tmp_path, where, flushes):
    path = None if where == "memory" else tmp_path / "a.mla"
    recorder = Recorder(path, budget=1_000_000)
    for step in range(1000):
        recorder.log({"frame": NOISE[step % 50], "loss": float(step)}, step=step)
        if flushes and step % flushes == 0:
            recorder.flush()
    recorder.close()
    trace = recorder.trace if path is None else Trace.open(path)
    info = trace.info("frame")
    assert (info.first_step, info.last_step, info.logged) == (0, 999, 1000)
    assert 30 <= info.rows <= 1_000_000 / NOISE[0].nbytes
    series = trace.series("frame")
    for step, picture in zip(series.steps, series.values, strict=True):
        np.testing.assert_array_equal(picture, NOISE[step % 50])
    gaps = np.diff(series.steps)
    assert gaps.max() <= 4 * np.median(gaps)
    assert trace.steps("loss").tolist() == list(range(1000))
    if path is not None:
        assert path.stat().st_size < 1.2 * 1_000_000


def test_numbers_keep_to_the_budget_and_their_extremes(tmp_path):
    values = RANDOM.normal(size=60_000)
    values[12_345] = 99.0
    with Recorder(tmp_path / "a.mla", budget=200_000) as recorder:
        for step, value in enumerate(values.tolist()):
            recorder.log({"loss": value}, step=step)
            if step % 5000 == 0:
                recorder.flush()
    assert (tmp_path / "a.mla").stat().st_size < 1.3 * 200_000
    trace = Trace.open(tmp_path / "a.mla")
    series = trace.series("loss")
    assert 5000 < len(series) < 20_000
    assert (series.steps[0], series.steps[-1]) == (0, 59_999)
    assert np.all(np.diff(series.steps) > 0)
    np.testing.assert_array_equal(series.values, values[series.steps])
    summary = trace.summary("loss", 0, 60_000, 50)
    assert len(summary) == 50
    assert np.all(np.diff(summary.steps) > 0)
    assert np.all(summary.stops[:-1] <= summary.steps[1:])


def test_text_keeps_to_the_budget():
    recorder = Recorder(budget=50_000)
    for step in range(2000):
        recorder.log({"note": f"{step}: " + "x" * 100}, step=step)
        if step % 100 == 0:
            recorder.flush()
    recorder.close()
    series = recorder.trace.series("note")
    assert 50 < len(series) < 500
    assert (series.steps[0], series.steps[-1]) == (0, 1999)
    assert all(text.startswith(f"{step}: ") for step, text in zip(series.steps, series.values, strict=True))


@pytest.mark.parametrize("rows", [1, 2, 3, 10])
def test_rows_larger_than_the_budget_leave_first_and_last(rows):
    recorder = Recorder(budget=1000)
    for step in range(rows):
        recorder.log({"a": np.full(1000, float(step))}, step=step)
        recorder.flush()
    recorder.close()
    steps = recorder.trace.steps("a").tolist()
    assert steps == sorted({0, rows - 1})


def test_the_largest_series_is_thinned():
    recorder = Recorder(budget=200_000)
    for step in range(500):
        recorder.log({"large": np.full(200, float(step)), "small": np.full(2, float(step))}, step=step)
        recorder.flush()
    trace = recorder.trace
    assert trace.info("small").rows == 500
    assert trace.info("large").rows < 150


def test_what_the_stride_leaves_out_is_not_kept():
    recorder = Recorder(budget=50_000)
    for step in range(200):
        recorder.log({"a": np.full(100, float(step))}, step=step)
        recorder.flush()
    column = recorder._waiting.columns["a"]
    assert column.stride > 1
    recorder.log({"a": np.zeros(100)}, step=200)
    before = recorder._waiting.bytes
    spare = None
    for step in range(201, 200 + column.stride):
        recorder.log({"a": np.full(100, float(step))}, step=step)
        if column._last is not None:
            assert spare is None or column._last[2] is spare  # one place for all of them
            spare = column._last[2]
    assert recorder._waiting.bytes <= before + column.row_bytes


def test_a_live_reader_follows_thinning(tmp_path):
    with Recorder(tmp_path / "a.mla", budget=100_000) as recorder:
        recorder.log({"a": NOISE[0]}, step=0)
        trace = recorder.trace
        for step in range(1, 100):
            recorder.log({"a": NOISE[step % 50]}, step=step)
            recorder.flush()
            if step % 3 == 0:
                trace.refresh()
            value, at = trace.value("a", step), trace.series("a").steps[-1]
            np.testing.assert_array_equal(value, NOISE[at % 50])


def test_a_thinned_trace_goes_on_at_its_rate(tmp_path):
    path = tmp_path / "a.mla"
    for part in range(3):
        with Recorder(path, budget=300_000, resume=True) as recorder:
            for step in range(part * 100, part * 100 + 100):
                recorder.log({"a": NOISE[step % 50]}, step=step)
                recorder.flush()
    series = Trace.open(path).series("a")
    assert (series.steps[0], series.steps[-1]) == (0, 299)
    assert np.all(np.diff(series.steps) > 0)
    for step, picture in zip(series.steps, series.values, strict=True):
        np.testing.assert_array_equal(picture, NOISE[step % 50])


def test_summaries_do_not_outgrow_the_budget(tmp_path, monkeypatch):
    monkeypatch.setattr(summary_module, "CHUNK", 20)
    monkeypatch.setattr(writer_module, "_CHUNK_ROWS", 128)
    path = tmp_path / "a.mla"
    with Recorder(path, budget=60_000) as recorder:
        for step in range(60_000):
            recorder.log({"a": float(NOISE.flat[step])}, step=step)
            if step % 1000 == 0:
                recorder.flush()
    before = Trace.open(path).series("a")
    assert 300 < len(before) < 20_000
    with sqlite3.connect(path) as connection:
        (size,) = connection.execute("SELECT sum(bytes) FROM chunk").fetchone()
    connection.close()
    assert size <= 60_000
    with Recorder(path, budget=60_000, resume=True) as recorder:
        assert recorder._waiting.columns["a"].logged == 60_000
        for step in range(60_000, 61_000):
            recorder.log({"a": float(NOISE.flat[step])}, step=step)
    trace = Trace.open(path)
    summary = trace.summary("a", 0, 61_000, 40)
    assert np.all(np.diff(summary.steps) > 0)
    assert np.all(summary.stops[:-1] <= summary.steps[1:])
    assert (summary.steps[0], summary.stops[-1]) == (0, 60_999)
    assert trace.info("a").logged == 61_000
