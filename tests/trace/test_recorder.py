"""What may be logged, and that nothing of it disturbs the training."""

# ruff: noqa: PT031  (a warning is told once over many calls)

from __future__ import annotations

import math
import os
import subprocess
import sys
import textwrap
import threading
import time
import warnings

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.trace import Recorder, RecordingWarning, Trace
from mlanimated.trace import waiting as waiting_module


def values_of(*values):
    recorder = Recorder()
    for value in values:
        recorder.log({"a": value})
    return recorder.trace.series("a").values


def test_numbers_of_every_make():
    assert values_of(1.5, np.float32(2.5), np.float64(3.5), np.array(4.5), 5, np.int8(6), True).tolist() == [
        1.5, 2.5, 3.5, 4.5, 5.0, 6.0, 1.0,
    ]  # fmt: skip
    assert values_of(np.uint16(7), 8).dtype == np.int64
    assert values_of(True, np.bool_(False)).dtype == np.bool_


def test_numbers_widen_when_they_must():
    recorder = Recorder()
    recorder.log({"a": True})
    assert recorder.trace.info("a").dtype == "bool"
    recorder.log({"a": 3})
    assert recorder.trace.info("a").dtype == "int64"
    recorder.log({"a": 0.5})
    recorder.log({"a": 1 << 70})
    trace = recorder.trace
    assert trace.info("a").dtype == "float64"
    assert trace.series("a").values.tolist() == [1.0, 3.0, 0.5, float(1 << 70)]
    assert [type(trace.value("a", step)) for step in range(4)] == [float] * 4


class Tensor:
    """Looks like a tensor of PyTorch's to whoever has not imported it."""

    def __init__(self, values):
        self.values, self.dtype = np.asarray(values), "torch.float32"

    def detach(self):
        return self

    def cpu(self):
        return self

    def numpy(self):
        return self.values


class Arrayed:
    """Looks like an array of JAX's or TensorFlow's."""

    def __array__(self, dtype=None, copy=None):
        return np.array([[1, 2]], np.int32)


def test_tensors_without_their_library():
    assert values_of(Tensor(1.25), Tensor(2.25)).tolist() == [1.25, 2.25]
    assert values_of(Tensor([1.0, 2.0])).tolist() == [[1.0, 2.0]]
    assert values_of(Arrayed()).tolist() == [[[1, 2]]]
    assert values_of([[1, 2], [3, 4]]).tolist() == [[[1, 2], [3, 4]]]


def test_tensors_of_torch():
    torch = pytest.importorskip("torch")
    weights = torch.nn.Linear(2, 1).weight
    assert values_of(weights).shape == (1, 1, 2)
    assert values_of(weights.sum()).tolist() == [weights.sum().item()]
    assert values_of(torch.ones(2, dtype=torch.bfloat16)).tolist() == [[1.0, 1.0]]


def test_arrays_are_copied():
    weights = np.zeros(3)
    recorder = Recorder()
    for step in range(3):
        weights += 1
        recorder.log({"a": weights, "view": weights[::2]}, step=step)
    weights[:] = -1
    assert recorder.trace.series("a").values.tolist() == [[1] * 3, [2] * 3, [3] * 3]
    assert recorder.trace.series("view").values.tolist() == [[1] * 2, [2] * 2, [3] * 2]


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "int64", "uint64", "float16", "float32", "float64"])
def test_arrays_of_every_dtype(dtype):
    array = np.arange(6).reshape(2, 3).astype(dtype)
    values = values_of(array, array)
    assert values.dtype == dtype
    np.testing.assert_array_equal(values, [array, array])


@pytest.mark.parametrize(
    ("shape", "dtype", "kind"),
    [
        ((4, 5), "uint8", "picture"),
        ((4, 5, 3), "uint8", "picture"),
        ((4, 5, 4), "uint8", "array"),
        ((5,), "uint8", "array"),
        ((4, 5), "float32", "array"),
        ((0, 3), "float32", "array"),
    ],
)
def test_what_a_picture_is(shape, dtype, kind):
    recorder = Recorder()
    recorder.log({"a": np.zeros(shape, dtype)})
    assert recorder.trace.info("a").kind == kind


def test_steps_are_counted_when_none_are_given():
    recorder = Recorder()
    recorder.log({"a": 1.0})
    recorder.log({"a": 1.0})
    recorder.log({"a": 1.0}, step=np.int64(7))
    recorder.log({"a": 1.0})
    recorder.log({"a": 1.0}, step=20.0)
    recorder.event("newest")
    assert recorder.trace.steps("a").tolist() == [0, 1, 7, 8, 20]
    assert recorder.trace.events[0].step == 20


def test_an_event_stands_at_the_newest_row_below_0_too():
    recorder = Recorder()
    recorder.event("before")
    recorder.log({"a": 1.0}, step=-7)
    recorder.event("after")
    assert [(event.step, event.name) for event in recorder.trace.events] == [(-7, "after"), (0, "before")]


@pytest.mark.parametrize("where", ["memory", "file"])
def test_rows_may_come_late(tmp_path, where):
    with Recorder(None if where == "memory" else tmp_path / "a.mla") as recorder:
        for step in (5, 3, 4):
            recorder.log({"a": float(step), "b": np.full(2, step), "c": str(step)}, step=step)
        assert recorder.trace.steps("a").tolist() == [3, 4, 5]
        for step in (1, 9, 2, 3):
            recorder.log({"a": float(step), "b": np.full(2, step), "c": str(step)}, step=step)
        trace = recorder.trace
        assert trace.steps("a").tolist() == [1, 2, 3, 3, 4, 5, 9]
        assert trace.series("a").values.tolist() == [1, 2, 3, 3, 4, 5, 9]
        assert trace.series("b").values[:, 0].tolist() == [1, 2, 3, 3, 4, 5, 9]
        assert trace.series("c").values == list("1233459")


def test_rows_that_come_far_too_late_are_left_out_and_told():
    recorder = Recorder()
    for step in range(100, 30_000):
        recorder.log({"a": float(step)}, step=step)
    recorder.flush()
    recorder.log({"a": 3.0}, step=3)
    recorder.log({"a": 29_500.0}, step=29_500)
    recorder.flush()
    with pytest.warns(RecordingWarning, match="'a': rows came too late"):
        recorder.log({"a": 1.0}, step=30_000)
    steps = recorder.trace.steps("a")
    assert (steps[0], len(steps)) == (100, 29_902)
    assert np.all(np.diff(steps) >= 0)


WRONG = [
    ({"a": np.zeros(4)}, r"'a' expects the shape \(3,\) but was given \(4,\)"),
    ({"a": 1.0}, r"'a' expects a array of shape \(3,\) but was given a scalar"),
    ({"a": np.zeros(3, complex)}, "'a' holds complex128"),
    ({"i": np.zeros(3)}, "'i' expects int32 but was given float64"),
    ({"s": "text"}, "'s' expects a scalar but was given a text"),
    ({"s": np.zeros((2, 2))}, r"'s' expects a scalar but was given a array of shape \(2, 2\)"),
    ({"t": 3.0}, "'t' expects a text but was given a scalar"),
    ({"n": None}, "'n' is of type NoneType"),
    ({"n": object()}, "'n' holds object"),
    ({"n": [1, [2, 3]]}, "'n' cannot be made an array"),
    ({"n": b"bytes"}, "'n' is of type bytes"),
    ({"n": ["a", "b"]}, "'n' holds <U1"),
    ({"s": 10**400}, "'s'.*OverflowError"),
    ({3: 1.0}, "3 is no name"),
    ({"": 1.0}, "'' is no name"),
    ([1, 2], "give log\\(\\) a dict"),
]


@pytest.mark.parametrize(("wrong", "words"), WRONG, ids=[words for _, words in WRONG])
def test_what_does_not_fit_is_told_once_and_the_rest_goes_on(wrong, words):
    recorder = Recorder()
    right = {"a": np.zeros(3), "s": 1.0, "t": "text", "i": np.zeros(3, np.int32)}
    recorder.log(right, step=0)
    with pytest.warns(RecordingWarning, match=words) as told:
        recorder.log(wrong, step=1)
        recorder.log(wrong, step=2)
    assert len(told) == 1
    assert told[0].filename == __file__
    recorder.log(right, step=3)
    trace = recorder.trace
    for name in right:
        assert trace.steps(name).tolist() == [0, 3]


@pytest.mark.parametrize("step", ["three", 1.5, None, 1 << 80, object()])
def test_a_wrong_step_is_told(step):
    recorder = Recorder()
    recorder.log({"a": 1.0, "b": np.zeros(2)}, step=0)
    if step is not None:
        with pytest.warns(RecordingWarning, match="left out"):
            recorder.log({"a": 2.0, "b": np.zeros(2)}, step=step)
            recorder.event("e", step=step)
    recorder.log({"a": 3.0, "b": np.ones(2)})
    assert recorder.trace.series("a").values.tolist() == [1.0, 3.0]
    assert recorder.trace.steps("b").tolist() == [0, 1]


def test_a_closed_recorder_tells_once(tmp_path):
    recorder = Recorder(tmp_path / "a.mla")
    recorder.log({"a": 1.0})
    recorder.close()
    recorder.close()
    with pytest.warns(RecordingWarning, match="is closed") as told:
        recorder.log({"a": 2.0})
        recorder.log({"b": 2.0})
        recorder.event("x")
    assert len(told) == 1
    recorder.tick(3)
    recorder.flush()
    assert recorder.trace.series("a").values.tolist() == [1.0]


def test_threads_may_log(tmp_path):
    # Rows that come much too late are left out, and a machine may hold a thread back for long.
    together = threading.Barrier(4)

    def work(recorder, number):
        for step in range(3000):
            if step % 100 == 0:
                together.wait()
            recorder.log({f"own/{number}": float(step), "all": number, "array": np.full(3, step)}, step=step)

    with Recorder(tmp_path / "a.mla") as recorder:
        threads = [threading.Thread(target=work, args=(recorder, number)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    trace = Trace.open(tmp_path / "a.mla")
    for number in range(4):
        assert trace.series(f"own/{number}").values.tolist() == list(range(3000))
    assert np.bincount(trace.series("all").values).tolist() == [3000] * 4
    series = trace.series("array")
    assert len(series) == 12_000
    np.testing.assert_array_equal(series.values[:, 0], series.steps)


def test_an_interruption_in_the_middle_of_a_row_does_not_shift_the_rest():
    class Interrupts(dict):
        def items(self):
            yield "a", 1.0
            recorder._waiting.columns["a"].steps.append(99)  # as far as it came in the next row
            raise KeyboardInterrupt

    recorder = Recorder()
    recorder.log({"a": 0.0, "b": 0.0}, step=0)
    with pytest.raises(KeyboardInterrupt):
        recorder.log(Interrupts(), step=1)
    recorder.log({"a": 2.0, "b": 2.0}, step=2)
    series = recorder.trace.series("b")
    assert (series.steps.tolist(), series.values.tolist()) == ([0, 2], [0.0, 2.0])
    series = recorder.trace.series("a")
    assert (series.steps.tolist(), series.values.tolist()) == ([0, 1, 2], [0.0, 1.0, 2.0])


def test_rows_that_cannot_be_written_in_time_are_thinned_and_told(tmp_path, monkeypatch):
    monkeypatch.setattr(waiting_module, "MOST_ROWS", 1000)
    monkeypatch.setattr(waiting_module, "MOST_BYTES", 100_000)
    recorder = Recorder(tmp_path / "a.mla")
    recorder.log({"a": -1.0, "w": np.zeros(100)}, step=0)
    recorder.flush()
    with recorder._keeper.lock, pytest.warns(RecordingWarning, match="faster than they can be written"):
        for step in range(1, 20_000):
            recorder.log({"a": float(step), "w": np.full(100, float(step))}, step=step)
            assert recorder._waiting.rows <= 1002
            assert recorder._waiting.bytes <= 101_000
    recorder.close()
    trace = Trace.open(tmp_path / "a.mla")
    for name in ("a", "w"):
        info = trace.info(name)
        assert (info.first_step, info.last_step) == (0, 19_999)
        assert 30 < info.rows < 1500
        assert info.logged == 20_000


def test_a_disk_that_fills_up_is_told_once_and_what_fits_is_there(tmp_path):
    program = """
        import resource, sys, warnings
        import numpy as np
        from mlanimated.trace import Recorder, Trace
        told = []
        warnings.showwarning = lambda message, category, *_: told.append((category.__name__, str(message)))
        recorder = Recorder(sys.argv[1])
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
        random = np.random.default_rng(0)
        for step in range(300):
            recorder.log({"a": float(step), "w": random.normal(size=1000)}, step=step)
            if step % 20 == 0:
                recorder.flush()
        recorder.log({"a": 300.0}, step=300)
        recorder.close()
        print([kind for kind, _ in told], told[0][1], sep="\\n")
    """
    path = tmp_path / "a.mla"
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), path], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    kinds, first = done.stdout.splitlines()
    assert "cannot be written now" in first
    assert "Make room" in first
    assert kinds in ("['RecordingWarning']", "['RecordingWarning', 'RecordingWarning']")
    trace = Trace.open(path)
    values = trace.series("a").values
    assert 20 <= len(values) < 300
    assert values.tolist() == list(range(len(values)))


def test_recording_goes_on_when_there_is_room_again(tmp_path, monkeypatch):
    recorder = Recorder(tmp_path / "a.mla")
    recorder.log({"a": 1.0, "w": np.zeros(3)})
    recorder.flush()
    full = True
    write = type(recorder._keeper._writer).append

    def append(self, *args):
        if full:
            raise OSError("no space left")
        return write(self, *args)

    monkeypatch.setattr(type(recorder._keeper._writer), "append", append)
    with pytest.warns(RecordingWarning, match="no space left") as told:
        for step in range(1, 5):
            recorder.log({"a": step + 1.0, "w": np.full(3, step), "new": step}, step=step)
            recorder.flush()
        recorder.log({"a": 6.0}, step=5)
    assert len(told) == 1
    full = False
    recorder.close()
    trace = Trace.open(tmp_path / "a.mla")
    assert trace.series("a").values.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert trace.series("w").values[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert trace.series("new").values.tolist() == [1, 2, 3, 4]
    assert trace.info("a").logged == 6


@pytest.mark.parametrize("budget", [0, -5])
def test_an_empty_budget_is_refused(budget):
    with pytest.raises(MlaError, match="bytes above 0"):
        Recorder(budget=budget)


def test_memory_recorders_start_no_thread():
    before = threading.active_count()
    recorders = [Recorder() for _ in range(5)]
    assert threading.active_count() == before
    assert all(recorder.path is None for recorder in recorders)


def test_memory_recorders_hold_more_rows_than_may_wait(monkeypatch):
    monkeypatch.setattr(waiting_module, "MOST_ROWS", 100)
    monkeypatch.setattr(waiting_module, "MOST_BYTES", 1000)
    recorder = Recorder()
    for step in range(1000):
        recorder.log({"a": float(step), "w": np.full(10, step)})
    assert recorder.trace.steps("a").tolist() == recorder.trace.steps("w").tolist() == list(range(1000))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_process_leaves_the_file_alone(tmp_path):
    program = """
        import os, sys, warnings
        from mlanimated.trace import Recorder, Trace
        recorder = Recorder(sys.argv[1])
        recorder.log({"a": 1.0})
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
        if not child:
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                recorder.log({"a": 99.0})
                recorder.tick(3)
                recorder.close()
            assert "belongs to the process" in str(told[0].message)
            sys.exit(0)
        assert os.waitpid(child, 0)[1] == 0
        recorder.log({"a": 2.0})
        recorder.close()
        assert Trace.open(sys.argv[1]).series("a").values.tolist() == [1.0, 2.0]
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program), tmp_path / "a.mla"], timeout=60, check=True)


def test_a_program_that_forgets_to_close_loses_nothing(tmp_path):
    program = "import sys; from mlanimated.trace import Recorder; Recorder(sys.argv[1]).log({'a': 1.0})"
    subprocess.run([sys.executable, "-c", program, tmp_path / "a.mla"], timeout=60, check=True)
    trace = Trace.open(tmp_path / "a.mla")
    assert (trace.finished, trace.value("a", 0)) == (True, 1.0)


def test_rows_reach_the_file_by_themselves(tmp_path):
    with Recorder(tmp_path / "a.mla") as recorder:
        recorder.log({"a": math.pi})
        until = time.monotonic() + 5
        while not (names := Trace.open(tmp_path / "a.mla").names) and time.monotonic() < until:
            time.sleep(0.02)
        assert names == ("a",)


def test_a_second_recorder_takes_over(tmp_path):
    first = Recorder(tmp_path / "a.mla")
    first.log({"a": 1.0})
    first.flush()
    second = Recorder(tmp_path / "a.mla", resume=True)
    first.log({"a": 2.0})
    first.flush()
    with pytest.warns(RecordingWarning, match="another recorder has taken the file over"):
        first.log({"a": 3.0})
    second.log({"a": 9.0})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RecordingWarning)
        first.close()
    second.close()
    assert Trace.open(tmp_path / "a.mla").series("a").values.tolist() == [1.0, 9.0]
