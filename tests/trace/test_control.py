"""A training is paused, stepped, changed, saved, stopped and resumed, from another process and from its own."""

# ruff: noqa: PT031  (a warning is told once over many calls)

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from mlanimated.errors import MlaError
from mlanimated.trace import Control, Recorder, RecordingWarning, Remote, Stopped, Trace

TRAINING = Path(__file__).with_name("training.py")


def wait_for(condition, what):
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.01)


@pytest.fixture
def start(tmp_path):
    processes = []

    def start():
        process = subprocess.Popen([sys.executable, TRAINING, tmp_path / "a.mla"], stdout=subprocess.PIPE, text=True)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_a_training_in_another_process_is_taken_in_hand(tmp_path, start):
    path = tmp_path / "a.mla"
    process = start()
    assert process.stdout.readline() == "from 0 0.0\n"
    trace, remote = Trace.open(path), Remote(path)

    def steps():
        trace.refresh()
        return trace.last_step if trace.names else 0

    def settled():
        """The step at which the training stands, once all of it is in the file."""
        wait_for(lambda: remote.status == "paused", "it does not pause")
        time.sleep(0.3)
        return steps()

    wait_for(lambda: steps() > 10 and "rate" in remote.controls, "nothing is recorded")
    assert remote.status == trace.status == "running"

    remote.pause()
    before = settled()
    time.sleep(0.1)
    assert steps() == before

    remote.step()
    wait_for(lambda: steps() == before + 1, "it makes no step")
    time.sleep(0.3)
    assert steps() == before + 1
    remote.step()
    remote.step()
    wait_for(lambda: steps() == before + 3, "it makes no two steps")

    with pytest.raises(MlaError, match="rate = 11 is out of range: give a number from 0 to 10"):
        remote.set("rate", 11)
    with pytest.raises(MlaError, match=r"There is no control 'rat'\. Did you mean 'rate'\?"):
        remote.set("rat", 1)
    remote.set("rate", 5)
    remote.checkpoint()
    wait_for(lambda: trace.checkpoints, "no checkpoint is saved while it is paused")
    assert trace.checkpoint().step == before + 3
    remote.step()
    wait_for(lambda: steps() == before + 4, "it makes no step")
    remote.step()
    wait_for(lambda: steps() == before + 5, "it makes no step")
    # Like any step, it changes when its tick has let it through: the row after that carries it.
    rates = trace.series("rate", before + 3).values.tolist()
    assert rates[0] == 1.0
    assert rates[-1] == 5.0
    assert trace.controls["rate"].value == remote.controls["rate"].value == 5.0
    assert [(event.name, event.text) for event in trace.events] == [("rate", "rate was changed from 1 to 5.")]

    remote.play()
    wait_for(lambda: steps() > before + 20, "it does not go on")
    assert remote.status == "running"
    remote.stop()
    assert process.wait(20) == 0
    word, step, total = process.stdout.readline().split()
    assert word == "stopped"
    trace.refresh()
    assert trace.finished
    assert trace.status == "stopped"
    assert trace.last_step == int(step)
    assert trace.checkpoint()[0] == int(step)
    assert trace.checkpoint().state == (int(step), float(total))
    with pytest.raises(MlaError, match="has ended"):
        remote.pause()
    with pytest.raises(MlaError, match="has ended"):
        Remote(path)

    second = start()
    assert second.stdout.readline() == f"from {step} {total}\n"
    wait_for(lambda: steps() > int(step) + 10, "it does not resume")
    assert trace.status == "running"
    Remote(path).stop()
    assert second.wait(20) == 0
    trace.refresh()
    assert trace.steps("total").tolist() == list(range(1, trace.last_step + 1))


def train(recorder, steps=100_000):
    for step in range(steps):
        recorder.log({"step": step}, step=step)
        recorder.tick(step)
        time.sleep(0.0002)


@pytest.mark.parametrize("path", [None, "a.mla"])
def test_a_training_in_another_thread_is_taken_in_hand(tmp_path, path):
    recorder = Recorder(path and tmp_path / path)
    reached = []

    def work():
        try:
            train(recorder)
        except Stopped as stopped:
            reached.append(stopped.step)

    thread = threading.Thread(target=work)
    thread.start()
    remote = recorder.remote
    remote.pause()
    wait_for(lambda: remote.status == "paused", "it does not pause")
    stood = recorder.trace.last_step
    time.sleep(0.05)
    assert recorder.trace.last_step == stood
    remote.step()
    wait_for(lambda: recorder.trace.last_step == stood + 1, "it makes no step")
    remote.stop()
    thread.join(20)
    assert reached == [stood + 1]
    recorder.close()
    assert remote.status == "stopped"


def test_closing_ends_a_pause():
    recorder = Recorder()
    thread = threading.Thread(target=train, args=(recorder, 50))
    recorder.remote.pause()
    thread.start()
    wait_for(lambda: recorder.remote.status == "paused", "it does not pause")
    recorder.tick  # noqa: B018
    with pytest.warns(UserWarning, match="is closed"):
        recorder.close()
        thread.join(20)
    assert not thread.is_alive()


def test_a_control_changes_in_tick_only():
    recorder = Recorder()
    rate = recorder.control("rate", 0.5, minimum=0, maximum=1)
    recorder.remote.set("rate", 0.75)
    assert (rate.value, float(rate)) == (0.5, 0.5)
    recorder.tick(0)
    assert (rate.value, float(rate)) == (0.75, 0.75)
    assert repr(rate) == "Control('rate', 0.75, minimum=0, maximum=1)"
    recorder.tick(1)
    assert len(recorder.trace.events) == 1
    recorder.remote.set("rate", 0.75)
    recorder.tick(2)
    assert len(recorder.trace.events) == 1


def test_a_control_out_of_its_range_is_refused():
    recorder = Recorder()
    for value in (2, -1, float("nan")):
        with pytest.raises(MlaError, match="out of range: give a number from 0 to 1"):
            recorder.control("rate", value, minimum=0, maximum=1)
    with pytest.raises(MlaError, match="empty range"):
        Control("rate", 0, 1, 0)
    recorder.control("rate", 1, minimum=0, maximum=1)
    with pytest.raises(MlaError, match="out of range"):
        recorder.remote.set("rate", float("nan"))


def test_a_checkpoint_waits_for_a_state():
    recorder = Recorder()
    recorder.remote.checkpoint()
    recorder.tick(0)
    assert recorder.trace.checkpoints == ()
    recorder.tick(1, state=lambda: 5)
    recorder.tick(2, state=lambda: 6)
    assert recorder.trace.checkpoints == (1,)


def test_stop_without_a_state_saves_nothing():
    recorder = Recorder()
    recorder.remote.stop()
    with pytest.raises(Stopped, match="stopped the training at step 3"):
        recorder.tick(3)
    assert recorder.trace.checkpoints == ()


def test_a_remote_needs_a_trace(tmp_path):
    with pytest.raises(MlaError, match="There is no file"):
        Remote(tmp_path / "none.mla")


def test_a_command_that_makes_no_sense_does_not_end_the_recording(tmp_path):
    path = tmp_path / "a.mla"
    with pytest.warns(RecordingWarning, match="Commands of viewers cannot be read now"), Recorder(path) as recorder:
        recorder.control("rate", 1.0, 0.0, 10.0)
        recorder.log({"a": 1.0})
        recorder.flush()
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("INSERT INTO command (kind, name, value) VALUES ('set', 'rate', NULL)")
        Remote(path).pause()
        wait_for(lambda: recorder._helm.attention, "no further command is obeyed")
        recorder.log({"a": 2.0})
        wait_for(lambda: len(Trace.open(path).series("a")) == 2, "nothing more is written")


def test_a_training_is_slowed_down_and_quickened_again(monkeypatch):
    """By a clock of its own, on which an iteration takes a second."""
    now = [100.0]
    waited = []
    recorder = Recorder()
    monkeypatch.setattr("mlanimated.trace.control.time.perf_counter", lambda: now[0])

    def wait(seconds):
        waited.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(recorder.helm._changed, "wait", wait)

    def iteration():
        now[0] += 1.0
        waited.clear()
        recorder.tick(0)
        return sum(waited)

    assert iteration() == 0
    recorder.remote.slower()
    assert iteration() == 0, "how long one takes is not yet known"
    assert iteration() == pytest.approx(1)
    recorder.remote.slower()
    assert iteration() == pytest.approx(3)
    for _ in range(9):
        recorder.remote.slower()
    assert iteration() == pytest.approx(63)
    for _ in range(9):
        recorder.remote.faster()
    assert iteration() == 0
    assert not recorder.helm.attention, "at its own speed it costs nothing"


def quicken(recorder):
    for _ in range(6):
        recorder.remote.faster()


@pytest.mark.parametrize("act", [quicken, lambda recorder: recorder.remote.stop(), Recorder.close])
def test_who_waits_to_be_slow_can_be_quickened_stopped_and_closed(act):
    recorder = Recorder()
    recorder.helm._slowness, recorder.helm.attention = 64, True
    recorder.helm._left = time.perf_counter() - 1000.0

    def tick():
        with suppress(Stopped):
            recorder.tick(0)

    ticked = threading.Thread(target=tick)
    ticked.start()
    ticked.join(0.2)
    assert ticked.is_alive()
    act(recorder)
    ticked.join(20)
    assert not ticked.is_alive()
    tick()
    assert not recorder.helm.attention or act is not Recorder.close, "a closed recorder lets go for good"


def test_a_checkpoint_in_a_slow_step_adds_nothing_to_it(monkeypatch):
    """By a clock of its own: an iteration takes a second, and a viewer asks for a checkpoint while it waits."""
    now = [100.0]
    recorder = Recorder()
    monkeypatch.setattr("mlanimated.trace.control.time.perf_counter", lambda: now[0])
    for _ in range(2):
        recorder.remote.slower()
    recorder.helm._left = now[0]
    now[0] += 1.0

    def wait(seconds):
        now[0] += min(seconds, 1.0)
        if now[0] == 102.0:
            recorder.remote.checkpoint()

    monkeypatch.setattr(recorder.helm._changed, "wait", wait)
    recorder.tick(0, state=lambda: {"x": 1})
    assert recorder.trace.checkpoint().state == {"x": 1}
    assert now[0] == pytest.approx(104.0), "four times as long as it took"
