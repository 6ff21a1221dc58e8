"""Sweeps on this machine's processes: the same runs as one by one, what is missing alone, and a killed worker costs its own run."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from mlanimated.cli import main
from mlanimated.errors import MlaError
from mlanimated.scale import sweep as module
from mlanimated.scale.journal import locked
from mlanimated.scale.processes import Processes
from mlanimated.scale.subject import subject_of, tasks_of
from mlanimated.scale.sweep import Sweep, sweep
from mlanimated.scale.task import Outcome, Task
from mlanimated.scale.work import halt, trace_of, work
from mlanimated.trace import Trace
from scale.runs import Here, alone, learnt_the_same, same, states


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Here:
    engine = Here()
    monkeypatch.setattr(module, "engine_of", lambda *_: engine)
    return engine


def test_a_run_of_a_sweep_is_the_run_alone(tmp_path: Path, here: Here) -> None:
    done = sweep("sine-net", grid={"learning_rate": (0.01, "0.1")}, fixed={"steps": 60}, seeds=2, folder=tmp_path)
    assert [run.name for run in done.done] == [
        f"learning_rate={rate},seed={seed}" for rate in ("0.01", "0.1") for seed in (0, 1)
    ]
    for run in done.runs:
        same(run.trace, alone("sine-net", steps=60, **run.point))
        assert run.trace.about.seed == run.point["seed"]


def test_what_is_missing_is_run_and_nothing_else(tmp_path: Path, here: Here) -> None:
    ask = {"fixed": {"steps": 20}, "folder": tmp_path}
    sweep("sine-net", grid={"learning_rate": (0.01, 0.1)}, **ask)
    (tmp_path / "learning_rate=0.1,seed=0.mla").unlink()
    here.ran.clear()
    done = sweep("sine-net", grid={"learning_rate": (0.1, 0.01, 0.5)}, seeds=2, **ask)
    assert sorted(here.ran) == [
        "learning_rate=0.01,seed=1",
        "learning_rate=0.1,seed=0",
        "learning_rate=0.1,seed=1",
        "learning_rate=0.5,seed=0",
        "learning_rate=0.5,seed=1",
    ]
    assert len(done.done) == 6


def test_several_runs_of_a_recipe_are_several_tasks(tmp_path: Path, here: Here) -> None:
    done = sweep("learning-rates", grid={"steps": (3, 4)}, folder=tmp_path, seeds=3)
    assert [run.name for run in done.runs] == [
        f"steps={n}-{rate}" for n in (3, 4) for rate in ("0.95", "0.1", "0.0003")
    ]


def test_the_best_run_is_that_of_the_best_mean(tmp_path: Path, here: Here) -> None:
    done = sweep("gradient-descent", grid={"learning_rate": (0.0003, 0.1, 0.95)}, folder=tmp_path)
    assert done.measure() == ("y", "min")
    assert done.best().point == {"learning_rate": 0.1}
    assert done.best(goal="max").point == {"learning_rate": 0.0003}
    with pytest.raises(MlaError, match="Did you mean 'gradient'"):
        done.measure("gradien")


def test_a_run_goes_on_from_its_own_checkpoint(tmp_path: Path) -> None:
    """Half of a training, then the rest: bit for bit what one training gives."""
    subject = subject_of("sine-net")
    spec = subject.spec({"steps": 300}, {}, {}, samples=0, seeds=1, version="")
    (task,) = tasks_of(spec, tmp_path, 0.02)
    import mlanimated.learn.sine_fit as learner

    forward, calls = learner.forward, []

    def counted(*given: object):
        calls.append(1)
        if len(calls) == 150:
            halt()
        return forward(*given)

    learner.forward = counted
    try:
        assert work(task).status == "stopped"
    finally:
        learner.forward = forward
    half = Trace.open(trace_of(task))
    assert 0 < half.last_step < 200
    last = half.checkpoints[-1]
    outcome = work(task)
    assert (outcome.status, outcome.resumed) == ("done", last)
    learnt_the_same(Trace.open(trace_of(task)), alone("sine-net", steps=300))


def test_a_damaged_trace_is_set_aside(tmp_path: Path) -> None:
    (task,) = tasks_of(subject_of("sine-net").spec({"steps": 5}, {}, {}, samples=0, seeds=1, version=""), tmp_path, 30)
    trace_of(task).write_text("no trace")
    outcome = work(task)
    assert outcome.status == "done"
    assert "set aside" in outcome.note
    assert trace_of(task).with_name(f"{task.name}.mla.damaged").read_text() == "no trace"


def test_a_mistake_in_a_run_costs_that_run(tmp_path: Path, here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlanimated.learn.gradient_descent as learner

    slope = learner.slope
    monkeypatch.setattr(learner, "slope", lambda x: 1 / 0 if x > 20 else slope(x))
    done = sweep("gradient-descent", grid={"learning_rate": (0.1, 1.5)}, folder=tmp_path)
    assert [run.name for run in done.failed] == ["learning_rate=1.5"]
    assert done.failed[0].outcome.error == "ZeroDivisionError: division by zero"
    monkeypatch.undo()
    monkeypatch.setattr(module, "engine_of", lambda *_: here)
    assert not sweep("gradient-descent", grid={"learning_rate": (0.1, 1.5)}, folder=tmp_path).failed


def test_a_full_disk_ends_the_sweep_and_keeps_what_has_ended(tmp_path: Path, here: Here, monkeypatch) -> None:
    import mlanimated.scale.work as working

    def full(task: Task) -> Outcome:
        if "0.95" in task.name:
            raise OSError(28, "No space left on device")
        return real(task)

    real = working._RUNS["recipe"]
    monkeypatch.setattr(working, "_RUNS", {"recipe": full})
    with pytest.raises(MlaError, match=r"No space left on device.* What has ended is kept"):
        sweep("gradient-descent", grid={"learning_rate": (0.1, 0.95, 1.0)}, folder=tmp_path)
    assert [run.name for run in Sweep(tmp_path).done] == ["learning_rate=0.1"]
    assert here.ran == ["learning_rate=0.1", "learning_rate=0.95"]


def test_a_disk_that_is_full_from_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROOM", 1 << 70)
    with pytest.raises(MlaError, match=r"is full: .* MB are left"):
        sweep("gradient-descent", folder=tmp_path)


def test_two_sweeps_on_one_folder(tmp_path: Path, here: Here) -> None:
    with locked(tmp_path), pytest.raises(MlaError, match="Another sweep writes into"):
        sweep("gradient-descent", folder=tmp_path)


MISTAKES = [
    ("gradient-decent", "Did you mean 'gradient-descent'"),
    ("gradient-descent --grid rate=1", "no argument 'rate'"),
    ("gradient-descent --grid learning_rate=3", "above 0 and at most 2"),
    ("gradient-descent --grid learning_rate=", "write it as"),
    ("gradient-descent --grid seed=1,2", "no argument 'seed'"),
    ("sine-net --grid seed=1,2", "--seeds 5"),
    ("sine-net --random learning_rate=0.1..0.5", "--samples 20"),
    ("sine-net --samples 3", "--samples 20"),
    ("sine-net --random activation=0..1 --samples 2", "is no number"),
    ("gradient-descent --set steps=3 --grid steps=3,4", "given twice"),
    ("gradient-descent --on moon", "no place 'moon'"),
    ("gradient-descent --on ray://127.0.0.1:1", "No Ray cluster answers at 127.0.0.1:1"),
    ("gradient-descent --on 127.0.0.1:1", "No Ray cluster answers at 127.0.0.1:1"),
    ("gradient-descent --workers 0", "--workers"),
    ("gradient-descent -o file", "cannot be written"),
    ("ppo --set game=pog", "pog"),
]


@pytest.mark.parametrize(("words", "told"), MISTAKES, ids=[words for words, _ in MISTAKES])
def test_a_mistake_is_one_line(words: str, told: str, tmp_path: Path, monkeypatch, capsys) -> None:
    if "127.0.0.1" in words:
        pytest.importorskip("ray")
    if "game=" in words:
        pytest.importorskip("ale_py")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("in the way")
    assert main(["sweep", *words.split()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    line = err.splitlines()[-1]
    assert line.startswith("mla: ")
    assert told in line
    assert not list(tmp_path.rglob("*.mla"))


def test_a_folder_is_of_one_sweep(tmp_path: Path, here: Here) -> None:
    sweep("gradient-descent", grid={"learning_rate": (0.1,)}, fixed={"steps": 3}, folder=tmp_path)
    for words in (
        {"fixed": {"steps": 4}, "grid": {"learning_rate": (0.1,)}},
        {"fixed": {"steps": 3}, "grid": {"start": (0.1,)}},
    ):
        with pytest.raises(MlaError, match="name another folder"):
            sweep("gradient-descent", folder=tmp_path, **words)
    with pytest.raises(MlaError, match="is of gradient-descent, not of sine-net"):
        sweep("sine-net", folder=tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_killed_worker_costs_its_own_run_since_its_checkpoint(tmp_path: Path) -> None:
    subject = subject_of("sine-net")
    spec = subject.spec({"steps": 40_000, "record_every": 100}, {}, {}, samples=0, seeds=2, version="")
    tasks = tasks_of(spec, tmp_path, 0.2)
    engine = Processes(2)
    killed, found = 0, []
    try:
        for outcome in engine.run(tasks, 1):
            if outcome is not None:
                found.append(outcome)
            elif not killed and all(states(trace_of(task)) for task in tasks):
                slot = next(slot for slot in engine._slots if slot._current is not None and not slot._current.done())
                killed = slot._process.result()
                os.kill(killed, signal.SIGKILL)
    finally:
        engine.close()
    assert killed
    assert {outcome.status for outcome in found} == {"done"}
    assert sorted(outcome.attempts for outcome in found) == [1, 2]
    again = next(outcome for outcome in found if outcome.attempts == 2)
    assert again.resumed is not None
    assert again.resumed > 0
    for task in tasks:
        learnt_the_same(
            Trace.open(trace_of(task)), alone("sine-net", steps=40_000, record_every=100, seed=task.point["seed"])
        )


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_interrupted_sweep_goes_on(tmp_path: Path) -> None:
    import subprocess
    import sys

    words = [
        "sweep",
        "sine-net",
        "--set",
        "steps=40000",
        "--set",
        "record_every=100",
        "--workers",
        "1",
        "--checkpoint-seconds",
        "0.2",
        "-o",
        str(tmp_path),
    ]
    code = "import sys; from mlanimated.cli import main; sys.exit(main(sys.argv[1:]))"
    trace = tmp_path / "seed=0.mla"
    with subprocess.Popen([sys.executable, "-c", code, *words], stderr=subprocess.PIPE) as program:
        until = time.monotonic() + 60
        while not states(trace) and time.monotonic() < until and program.poll() is None:
            time.sleep(0.05)
        program.send_signal(signal.SIGINT)
        _, said = program.communicate()
        assert program.returncode == 130
    assert b"The same command goes on" in said
    half = Trace.open(trace)
    last = half.checkpoints[-1]
    assert half.status == "stopped"
    assert main(words) == 0
    (run,) = Sweep(tmp_path).runs
    assert run.outcome.resumed == last
    learnt_the_same(run.trace, alone("sine-net", steps=40_000, record_every=100))


def test_a_missing_extra_ends_the_sweep(tmp_path: Path, here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlanimated.scale.work as working
    from mlanimated.errors import MissingExtra

    def absent(task: Task) -> None:
        raise MissingExtra("Training with PyTorch", "torch")

    monkeypatch.setattr(working, "_RUNS", {"recipe": absent})
    with pytest.raises(MlaError, match=r"pip install 'mlanimated\[torch\]'"):
        sweep("gradient-descent", grid={"learning_rate": (0.1, 0.2)}, folder=tmp_path)
    assert len(here.ran) == 1


def test_it_says_how_far_it_is(tmp_path: Path, here: Here, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    from mlanimated.scale import progress

    monkeypatch.setattr(progress, "LOOK", 0.0)
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    sweep("gradient-descent", grid={"learning_rate": (0.1, 0.2)}, folder=tmp_path, watch=True)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("gradient-descent: 1 of 2 runs, ")
    assert lines[1].startswith("gradient-descent: 2 of 2 runs, ")


def test_the_studio_finds_the_runs(tmp_path: Path, here: Here) -> None:
    pytest.importorskip("fastapi")
    from mlanimated.studio.folder import Folder

    sweep("sine-net", grid={"learning_rate": (0.01,)}, fixed={"steps": 5}, seeds=2, folder=tmp_path)
    assert set(Folder(tmp_path).look()) == {"learning_rate=0.01,seed=0", "learning_rate=0.01,seed=1"}
