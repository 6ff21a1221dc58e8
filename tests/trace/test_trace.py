"""What a trace answers, against plain lists as the oracle, in memory and in a file."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.trace import Recorder, Trace

STEPS = [0, 1, 1, 4, 9, 10, 500]


@pytest.fixture(params=["memory", "file", "closed file"])
def trace(request, tmp_path):
    """Rows of every kind at STEPS; "late/loss" has every second one."""
    recorder = Recorder(None if request.param == "memory" else tmp_path / "a.mla", name="run")
    weights = np.zeros((2, 3), np.float32)
    for index, step in enumerate(STEPS):
        weights[:] = index
        picture = np.full((4, 5, 3), index, np.uint8)
        recorder.log(
            {"loss": index / 7, "count": index, "won": index > 3, "weights/0": weights, "frame": picture}, step
        )
        if index % 2:
            recorder.log({"late/loss": float(index), "note": f"at {step}"}, step)
    recorder.event("second", "It comes later.", step=400)
    recorder.event("first", step=3)
    if request.param == "closed file":
        recorder.close()
    yield recorder.trace
    recorder.close()


def last_index(step):
    return max((index for index, known in enumerate(STEPS) if known <= step), default=None)


def test_names_come_in_the_order_of_their_first_row(trace):
    assert trace.names == ("loss", "count", "won", "weights/0", "frame", "late/loss", "note")


def test_info_says_what_a_series_holds(trace):
    info = trace.info("weights/0")
    assert (info.kind, info.dtype, info.shape, info.rows) == ("array", "float32", (2, 3), len(STEPS))
    assert (info.first_step, info.last_step, info.low, info.high) == (0, 500, 0.0, 6.0)
    assert (trace.info("frame").kind, trace.info("frame").dtype) == ("picture", "uint8")
    assert [trace.info(name).dtype for name in ("loss", "count", "won", "note")] == ["float64", "int64", "bool", "str"]
    assert trace.info("note").kind == "text"
    assert trace.info("loss").logged == len(STEPS)


@pytest.mark.parametrize("step", [-1, 0, 0.5, 1, 3.99, 4, 499, 500, 1e9])
def test_value_is_the_last_one_at_or_before(trace, step):
    index = last_index(step)
    if index is None:
        assert trace.value("loss", step) is None
        assert trace.at(step) == {}
        return
    assert trace.value("loss", step) == index / 7
    assert trace.value("count", step) == index
    assert trace.value("won", step) is (index > 3)
    np.testing.assert_array_equal(trace.value("weights/0", step), np.full((2, 3), index, np.float32))
    assert trace.at(step)["count"] == index
    assert ("note" in trace.at(step)) == (step >= 1)


@pytest.mark.parametrize("step", [-1, 0, 0.5, 1, 3.99, 4, 499, 500, 1e9])
def test_around_are_the_neighbours(trace, step):
    around = trace.around("count", step)
    index = last_index(step)
    if index is None:
        assert around == (0, 0, 0, 0)
    elif index == len(STEPS) - 1:
        assert around == (500, index, 500, index)
    else:
        assert around == (STEPS[index], index, STEPS[index + 1], index + 1)


@pytest.mark.parametrize(
    ("start", "stop"), [(None, None), (1, 9), (0.5, 9.5), (2, 3), (500, None), (None, -1), (501, 900)]
)
def test_series_gives_the_rows_between(trace, start, stop):
    inside = [i for i, s in enumerate(STEPS) if (start is None or s >= start) and (stop is None or s <= stop)]
    series = trace.series("count", start, stop)
    assert series.steps.tolist() == [STEPS[index] for index in inside]
    assert series.values.tolist() == inside
    assert (series.steps.dtype, series.times.dtype, series.values.dtype) == (np.int64, np.float64, np.int64)
    assert len(series) == len(series.times)
    assert np.all(np.diff(series.times) >= 0)
    assert trace.series("frame", start, stop).values.shape == (len(inside), 4, 5, 3)
    assert trace.series("note", start, stop).values == [f"at {STEPS[index]}" for index in inside if index % 2]


def test_steps_of_all_and_of_one(trace):
    assert trace.steps("note").tolist() == [1, 4, 10]
    assert trace.steps().tolist() == [0, 1, 3, 4, 9, 10, 400, 500]
    assert (trace.first_step, trace.last_step) == (0, 500)


def test_events_come_in_the_order_of_their_steps(trace):
    assert [(event.step, event.name, event.text) for event in trace.events] == [
        (3, "first", ""),
        (400, "second", "It comes later."),
    ]


def test_bounds(trace):
    assert trace.bounds("loss") == (0.0, 6 / 7)
    with pytest.raises(MlaError, match="holds text"):
        trace.bounds("note")


def test_an_unknown_series_is_named(trace):
    for ask in (trace.info, trace.series, trace.steps, trace.bounds):
        with pytest.raises(MlaError, match=r"no series 'los'\. Did you mean 'loss'\?"):
            ask("los")
    for ask in (trace.value, trace.around):
        with pytest.raises(MlaError, match="Did you mean 'loss'"):
            ask("los", 3)


def test_arrays_cannot_be_written_to(trace):
    with pytest.raises(ValueError, match="read-only"):
        trace.value("weights/0", 5)[0] = 1


def test_bounds_are_over_finite_values():
    recorder = Recorder()
    for value in (np.nan, 3.0, np.inf, -np.inf, -2.0):
        recorder.log({"some": value, "none": np.nan, "array": np.array([value, 1.0])})
    trace = recorder.trace
    assert trace.bounds("some") == (-2.0, 3.0)
    assert trace.bounds("array") == (-2.0, 3.0)
    assert np.isnan(trace.bounds("none")).all()
    assert (trace.info("some").gaps, trace.info("none").gaps, trace.info("array").gaps) == (3, 5, 3)
    np.testing.assert_array_equal(trace.series("some").values, [np.nan, 3.0, np.inf, -np.inf, -2.0])


def test_an_empty_trace_says_so():
    trace = Recorder().trace
    assert (trace.names, trace.events, trace.steps().tolist(), trace.at(3)) == ((), (), [], {})
    for ask in (
        lambda: trace.first_step,
        lambda: trace.last_step,
        lambda: trace.series("a"),
        lambda: trace.value("a", 1),
    ):
        with pytest.raises(MlaError, match="trace is empty"):
            ask()


@pytest.mark.parametrize("where", ["memory", "file"])
def test_a_trace_follows_the_recording(tmp_path, where):
    recorder = Recorder(None if where == "memory" else tmp_path / "a.mla")
    recorder.log({"a": 1.0})
    trace = recorder.trace
    version = trace.version
    assert not trace.refresh()
    recorder.log({"a": 2.0, "b": 1})
    recorder.event("now")
    recorder.flush()
    assert trace.names == ("a",)
    assert trace.refresh()
    assert trace.version > version
    assert trace.names == ("a", "b")
    assert trace.series("a").values.tolist() == [1.0, 2.0]
    assert [event.name for event in trace.events] == ["now"]
    assert not trace.finished
    recorder.close()
    assert trace.refresh()
    assert trace.finished


def test_a_reader_survives_chunks_that_are_joined_behind_its_back(tmp_path):
    with Recorder(tmp_path / "a.mla") as recorder:
        recorder.log({"a": 0})
        trace = recorder.trace
        for index in range(1, 50):
            recorder.log({"a": index})
            recorder.flush()
        assert trace.value("a", 0) == 0
        assert trace.series("a").values.tolist() == list(range(50))


def test_large_series_over_many_chunks(tmp_path):
    random = np.random.default_rng(2)
    steps = np.cumsum(random.integers(0, 3, 30_000))
    values = random.normal(size=30_000)
    with Recorder(tmp_path / "a.mla") as recorder:
        for step, value in zip(steps.tolist(), values.tolist(), strict=True):
            recorder.log({"a": value}, step=step)
            if step % 999 == 0:
                recorder.flush()
    trace = Trace.open(tmp_path / "a.mla")
    np.testing.assert_array_equal(trace.steps("a"), steps)
    np.testing.assert_array_equal(trace.series("a").values, values)
    for step in random.integers(-5, steps[-1] + 5, 300).tolist():
        place = int(np.searchsorted(steps, step, "right")) - 1
        assert trace.value("a", step) == (None if place < 0 else values[place])
        after = min(place + 1, len(steps) - 1)
        expected = (steps[max(place, 0)], values[max(place, 0)], steps[after], values[after])
        assert trace.around("a", step) == expected
    low, high = 4000, 17_000
    inside = (steps >= low) & (steps <= high)
    np.testing.assert_array_equal(trace.series("a", low, high).values, values[inside])


def test_decoded_chunks_are_kept_within_bounds(tmp_path):
    with Recorder(tmp_path / "a.mla") as recorder:
        for index in range(40):
            recorder.log({"a": np.full((128, 1024), float(index))})
    trace = Trace.open(tmp_path / "a.mla", memory=5 << 20)
    for index in (*range(40), *range(40)):
        assert trace.value("a", index)[0, 0] == index
    assert trace.loads >= 2 * 40 - 5
    before = trace.loads
    for _ in range(100):
        trace.value("a", 39.5)
    assert trace.loads == before


def test_threads_may_read_while_it_is_written(tmp_path):
    faults: list[BaseException] = []
    with Recorder(tmp_path / "a.mla") as recorder:
        recorder.log({"a": 0})
        trace = recorder.trace
        done = threading.Event()

        def read():
            try:
                while not done.is_set():
                    trace.refresh()
                    last = trace.last_step
                    assert trace.value("a", last // 2) == last // 2
            except BaseException as error:
                faults.append(error)

        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        for index in range(1, 300):
            recorder.log({"a": index})
            recorder.flush()
        done.set()
        for thread in threads:
            thread.join()
    assert not faults
