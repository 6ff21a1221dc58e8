"""Trainings that are begun from here: the demonstration, and a branch that goes on from a kept step."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

import mlanimated as mla
from mlanimated.learn import sine_fit
from mlanimated.recipes import find
from mlanimated.studio.refusal import Refusal
from mlanimated.studio.scenes import known, training_of
from mlanimated.studio.studio import Studio
from mlanimated.studio.trainings import Paced, Plan, Trainings, branch, demo


def sine(path: Path, steps: int = 40) -> mla.Trace:
    """A training of a recipe, with its state kept every ten steps."""
    args = sine_fit.Args(steps=steps, record_every=1)
    with mla.Recorder(path, name="sine-net", args=msgspec.to_builtins(args), seed=0, checkpoint_steps=10) as recorder:
        sine_fit.train(args, recorder)
    return mla.Trace.open(path)


def run(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a plan in this process."""
    import io
    import sys

    from mlanimated.studio import trainings

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(msgspec.json.encode([plan]))))
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr("os.nice", lambda _: 0, raising=False)
    assert trainings._main() == 0


def test_a_branch_with_the_same_values_is_the_same_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = sine(tmp_path / "one.mla")
    plan = branch(trace, tmp_path / "one.mla", tmp_path / "two.mla", 25, {})
    assert plan.resume == 20
    run(msgspec.structs.replace(plan, pace=2000.0), monkeypatch)
    other = mla.Trace.open(tmp_path / "two.mla")
    for name in ("loss", "prediction", "weights/1"):
        assert np.array_equal(other.series(name).values, trace.series(name).values)
    assert other.finished
    assert "Branched from step 20" in next(event.text for event in other.events if event.name == "branch")


def test_a_branch_with_another_value_goes_another_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = sine(tmp_path / "one.mla")
    plan = branch(trace, tmp_path / "one.mla", tmp_path / "two.mla", 20, {"learning_rate": 0.5})
    assert plan.args["learning_rate"] == 0.5
    run(msgspec.structs.replace(plan, pace=2000.0), monkeypatch)
    other = mla.Trace.open(tmp_path / "two.mla")
    assert np.array_equal(other.series("loss", 0, 20).values, trace.series("loss", 0, 20).values)
    assert other.value("loss", 40) != trace.value("loss", 40)
    assert other.controls["learning_rate"].value == 0.5


def test_a_branch_late_in_a_training_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the learner tells of its last hundred steps, it has not seen all of."""
    trace = sine(tmp_path / "one.mla", steps=360)
    plan = branch(trace, tmp_path / "one.mla", tmp_path / "two.mla", 240, {"learning_rate": 0.3})
    run(msgspec.structs.replace(plan, pace=2000.0), monkeypatch)
    other = mla.Trace.open(tmp_path / "two.mla")
    assert other.last_step == 360
    assert "failed" not in [event.name for event in other.events]


def test_a_training_that_fails_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("no luck")

    trace = sine(tmp_path / "one.mla")
    plan = branch(trace, tmp_path / "one.mla", tmp_path / "two.mla", 20, {})
    monkeypatch.setattr(sine_fit, "forward", fail)
    with pytest.raises(ValueError, match="no luck"):
        run(plan, monkeypatch)
    assert mla.Trace.open(tmp_path / "two.mla").events[-1].text == "The training failed: ValueError: no luck"


def test_what_cannot_be_branched_says_why(tmp_path: Path) -> None:
    trace = sine(tmp_path / "one.mla")
    target = tmp_path / "two.mla"
    for step, changes, words in (
        (5, {}, "No state was kept"),
        (20, {"learning_rate": 7.0}, "out of range"),
        (20, {"x": 1.0}, "no argument 'x'"),
        (20, {"steps": 0.5}, "sine-net"),
    ):
        with pytest.raises(Refusal, match=words):
            branch(trace, tmp_path / "one.mla", target, step, changes)
    with mla.Recorder(tmp_path / "mine.mla", name="of my own") as recorder:
        recorder.log({"loss": 1.0})
    with pytest.raises(Refusal, match="registered recipes"):
        branch(mla.Trace.open(tmp_path / "mine.mla"), tmp_path / "mine.mla", target, 0, {})
    assert not target.exists()


def test_a_run_of_a_recipe_has_the_scene_of_its_film(tmp_path: Path) -> None:
    trace = sine(tmp_path / "one.mla", steps=3)
    found = training_of(trace)
    assert found is not None
    assert (found[0].name, found[1]) == ("sine-net", "")
    assert known(trace)
    with mla.Recorder(tmp_path / "two.mla", name="of my own") as recorder:
        recorder.log({"loss": 1.0})
    assert not known(mla.Trace.open(tmp_path / "two.mla"))


def test_a_paced_training_keeps_the_pace_that_is_wished(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    clock = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(
        time, "sleep", lambda seconds: (slept.append(seconds), clock.__setitem__(0, clock[0] + seconds))
    )
    recorder = mla.Recorder()
    paced = Paced(recorder, 10.0, {"rate": 0.7})
    assert paced.control("rate", 0.1, 0.0, 1.0).value == 0.7
    for step in range(21):
        paced.log({"loss": 1.0}, step=step)
        paced.tick(step)
        clock[0] += 0.03  # the step's own work
    assert clock[0] - 100.0 == pytest.approx(2.0, rel=0.15)
    assert recorder.trace.info("loss").rows == 21


def test_the_demonstration_is_a_recipe_and_takes_no_place(tmp_path: Path) -> None:
    plan = demo(tmp_path)
    assert find(plan.recipe).name == "sine-net"
    Path(plan.path).write_bytes(b"")
    assert demo(tmp_path).path != plan.path


@pytest.mark.slow
def test_the_demonstration_runs_alone_and_is_stopped(folder: Path) -> None:
    studio = Studio(folder)
    name = studio.demo()

    def until(reached: Callable[[], bool]) -> None:
        limit = time.monotonic() + 120
        while not reached():
            assert time.monotonic() < limit
            time.sleep(0.1)

    until(lambda: name in studio.folder.look() and studio.cards.of(studio.folder.get(name)).last_step > 3)
    with pytest.raises(Refusal, match="runs already"):
        studio.demo()
    studio.trainings.stop()
    assert mla.Trace.open(folder / f"{name}.mla").finished
    studio.store.close()


def test_nothing_that_runs_is_nothing_to_stop() -> None:
    Trainings().stop()
