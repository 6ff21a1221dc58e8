"""A summary is exact, has at most as many buckets as asked for, and costs the same however long the series is."""

from __future__ import annotations

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.trace import Recorder, Trace
from mlanimated.trace import summary as summary_module
from mlanimated.trace import writer as writer_module


def record(values, steps=None, path=None):
    """A trace of one series, "loss", logged as one block as quickly as can be."""
    recorder = Recorder(path)
    for step, value in zip(range(len(values)) if steps is None else steps, values, strict=True):
        recorder.log({"loss": value}, step=step)
    recorder.close()
    return recorder.trace


@pytest.fixture(scope="module")
def walk():
    """50,003 rows of a random walk with gaps, in chunks so small that the pyramid has three levels."""
    random = np.random.default_rng(1)
    values = random.normal(size=50_003).cumsum()
    values[random.integers(0, len(values), 500)] = np.nan
    values[random.integers(0, len(values), 50)] = np.inf
    values[20_000:20_100] = np.nan
    steps = np.cumsum(random.integers(0, 4, len(values)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(summary_module, "CHUNK", 10)
        patch.setattr(writer_module, "_CHUNK_ROWS", 128)
        return steps, values, record(values.tolist(), steps.tolist())


def test_the_walk_has_three_levels(walk):
    assert max(walk[2]._readers["loss"]._coarser) == 3


@pytest.mark.parametrize("points", [1, 7, 100, 1280])
@pytest.mark.parametrize("share", [(0, 1), (0.1, 0.9), (0.3333, 0.3343), (0.5, 2), (-1, 0.3), (0.19, 0.21)])
def test_a_summary_is_exact(walk, share, points):
    steps, values, trace = walk
    start, stop = share[0] * steps[-1], share[1] * steps[-1]
    summary = trace.summary("loss", start, stop, points)
    inside = (steps >= start) & (steps <= stop)
    assert 1 <= len(summary) <= points
    assert summary.rows.sum() == inside.sum()
    edge = 0
    own_steps, own = steps[inside], values[inside]
    for index, rows in enumerate(summary.rows):
        here = own[edge : edge + rows]
        finite = here[np.isfinite(here)]
        assert summary.steps[index] == own_steps[edge]
        assert summary.stops[index] == own_steps[edge + rows - 1]
        assert summary.gaps[index] == rows - len(finite)
        np.testing.assert_array_equal(summary.first[index], here[0])
        np.testing.assert_array_equal(summary.last[index], here[-1])
        np.testing.assert_array_equal(summary.low[index], finite.min() if len(finite) else np.nan)
        np.testing.assert_array_equal(summary.high[index], finite.max() if len(finite) else np.nan)
        edge += rows


def test_buckets_are_as_wide_as_a_pixel(walk):
    steps, _, trace = walk
    stop = int(steps[-1])
    summary = trace.summary("loss", 0, stop, 500)
    assert len(summary) == 500
    assert (summary.stops - summary.steps).max() < 1.5 * stop / 500


def test_few_rows_come_as_they_are():
    summary = record([3.0, 1.0, 2.0]).summary("loss", 0, 2, 10)
    assert summary.steps.tolist() == [0, 1, 2]
    assert summary.low.tolist() == summary.high.tolist() == summary.first.tolist() == [3.0, 1.0, 2.0]


def test_nothing_in_the_range_is_an_empty_summary():
    assert len(record([1.0, 2.0]).summary("loss", 10, 20, 5)) == 0


@pytest.mark.parametrize("whole", [True, False])
def test_chunks_read_do_not_grow_with_the_series(tmp_path, whole):
    def loads(rows):
        path = tmp_path / f"{rows}.mla"
        record(np.sin(np.arange(rows)).tolist(), path=path)
        trace = Trace.open(path)
        start, stop = (0, rows) if whole else (0.1 * rows, 0.7 * rows)
        trace.summary("loss", start, stop, 20)
        return trace.loads

    short, long = loads(20_000), loads(150_000)
    assert long <= short + 10
    assert long < 150_000 / 4096 / 2


@pytest.mark.slow
def test_a_million_rows_cost_what_thousands_do(tmp_path):
    def loads(rows):
        path = tmp_path / f"{rows}.mla"
        record(np.sin(np.arange(rows)).tolist(), path=path)
        trace = Trace.open(path)
        assert trace.summary("loss", 0, rows, 1000).rows.sum() == rows
        return trace.loads

    assert loads(1000) <= 2
    most = loads(100_000)
    assert loads(1_000_000) <= most + 10


def test_whole_numbers_and_truth_have_summaries():
    trace = record([1, 5, 3])
    assert trace.summary("loss", 0, 2, 1).high.tolist() == [5.0]
    assert record([True, False]).summary("loss", 0, 2, 1).low.tolist() == [0.0]


@pytest.mark.parametrize(("value", "words"), [("text", "no single numbers"), (np.zeros(3), "no single numbers")])
def test_what_is_no_number_has_no_summary(value, words):
    with pytest.raises(MlaError, match=words):
        record([value]).summary("loss", 0, 1, 5)


def test_no_points_are_refused():
    with pytest.raises(MlaError, match="at least 1"):
        record([1.0]).summary("loss", 0, 1, 0)
