from __future__ import annotations

import argparse
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import mlanimated as mla
from mlanimated.record.session import Session
from mlanimated.trace import RecordingWarning


@pytest.fixture(autouse=True)
def _nothing_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield
    mla.finish()


def test_a_script_of_another_house_records_a_trace() -> None:
    run = mla.init(
        project="mnist", name="first", config={"learning_rate": 0.1}, tags=["small"], notes="It learns.", seed=3
    )
    assert run.config.learning_rate == run.config["learning_rate"] == 0.1
    for step in range(5):
        mla.log({"train/loss": 1 / (step + 1), "test": {"loss": 2.0, "accuracy": 0.5}})
    run.summary["best"] = 0.2
    mla.finish()
    trace = mla.Trace.open("runs/mnist/first.mla")
    assert trace.finished
    assert trace.about.args == {"learning_rate": 0.1, "tags": ["small"]}
    assert (trace.about.name, trace.about.seed, trace.about.hypothesis) == ("first", 3, "It learns.")
    assert trace.series("train/loss").steps.tolist() == [0, 1, 2, 3, 4]
    assert trace.series("test/accuracy").values.tolist() == [0.5] * 5
    assert trace.value("summary/best", 4) == 0.2


def test_steps_are_those_that_are_given_or_one_more() -> None:
    run = mla.init(name="steps")
    mla.log({"a": 1.0})
    mla.log({"b": 1.0}, commit=False)
    mla.log({"a": 2.0})
    mla.log({"a": 3.0}, step=10)
    mla.log({"b": 3.0}, step=10, commit=True)
    mla.log({"a": 4.0})
    trace = run.recorder.trace
    assert trace.series("a").steps.tolist() == [0, 1, 10, 11]
    assert trace.series("b").steps.tolist() == [1, 10]


def test_a_name_that_is_taken_gets_a_number_and_a_run_goes_on_where_it_is_asked_for() -> None:
    for _ in range(2):
        with mla.init(name="same/../name") as run:
            run.log({"a": 1.0})
    assert sorted(path.name for path in Path("runs").glob("*.mla")) == ["same-..-name-2.mla", "same-..-name.mla"]
    with mla.init(name="same/../name", resume="allow") as run:
        assert run.step == 1
        mla.log({"a": 2.0})
    assert mla.Trace.open("runs/same-..-name.mla").series("a").values.tolist() == [1.0, 2.0]


def test_pictures_and_figures_of_other_libraries_are_pictures() -> None:
    from matplotlib.figure import Figure
    from PIL import Image

    red = np.zeros((4, 6, 3), np.uint8)
    red[..., 0] = 200
    figure = Figure((1, 1), dpi=20, facecolor=(0, 0, 1))
    canvas = figure.canvas
    run = mla.init()
    mla.log({"image": Image.fromarray(red), "figure": figure, "array": red})
    trace = run.recorder.trace
    assert np.array_equal(trace.value("image", 0), red)
    assert trace.value("figure", 0).shape == (20, 20, 3)
    assert trace.value("figure", 0)[0, 0].tolist() == [0, 0, 255]
    assert figure.canvas is canvas


def test_a_config_that_changes_is_told() -> None:
    run = mla.init(config=argparse.Namespace(rate=0.1))
    run.config.rate = 0.5
    run.config.update({"layers": 3}, allow_val_change=True)
    assert dict(run.config) == {"rate": 0.5, "layers": 3}
    assert [event.text for event in run.recorder.trace.events] == ["rate is 0.5.", "layers is 3."]
    with pytest.raises(AttributeError, match="no 'rte'"):
        _ = run.config.rte


def test_whatever_is_wrong_the_training_goes_on() -> None:
    with pytest.warns(RecordingWarning, match=r"without mla.init"):
        mla.log({"a": 1.0})
    with pytest.warns(RecordingWarning, match="no use for entity, save_code"):
        run = mla.init(entity="us", save_code=True)
    with pytest.warns(RecordingWarning, match="left out"):
        mla.log("no dict")  # type: ignore[arg-type]
    with pytest.warns(RecordingWarning, match="left out"):
        mla.log({"a": 1.0}, step="no step")  # type: ignore[arg-type]
    with pytest.warns(RecordingWarning):
        mla.log({"a": object()})
    mla.log({"a": 1.0})
    assert len(run.recorder.trace.series("a")) == 1
    Path("file").write_text("")
    with pytest.warns(RecordingWarning, match="Nothing is recorded"):
        mla.init(dir="file")
    mla.log({"a": 1.0})
    mla.finish()
    with pytest.warns(RecordingWarning, match="no mode 'of'"):
        mla.init(mode="of")


def test_disabled_leaves_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with mla.init(mode="disabled", config={"a": 1}) as run:
            run.config.a = 2
            run.summary["b"] = 3
            mla.log({"a": 1.0})
    assert not list(Path().iterdir())


def fail(run: Session) -> None:
    with run:
        run.log({"a": 1.0})
        raise ValueError("bad")


def test_a_program_that_fails_or_ends_without_finish_leaves_a_whole_trace() -> None:
    script = "import mlanimated as mla; mla.init(name='short'); mla.log({'a': 1.0})"
    subprocess.run([sys.executable, "-c", script], check=True)
    assert mla.Trace.open("runs/short.mla").finished
    run = mla.init(name="fails")
    with pytest.raises(ValueError, match="bad"):
        fail(run)
    assert mla.Trace.open("runs/fails.mla").events[0].text == "ValueError: bad"
