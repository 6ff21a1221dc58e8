"""A folder of checkpoints becomes the trace that a watched training would have left, and what cannot be one is told in a line."""

from __future__ import annotations

import json
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlanimated.cli import main
from mlanimated.errors import MlaError
from mlanimated.record.checkpoints import found_in, import_checkpoints, tensors_of
from mlanimated.record.torch import watch
from mlanimated.trace import Recorder, Trace

torch = pytest.importorskip("torch")


def model(seed: int = 0, units: int = 5) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return torch.nn.Sequential(torch.nn.Linear(3, units), torch.nn.BatchNorm1d(units), torch.nn.Linear(units, 2))


def saved(folder: Path, names: list[str], **more: Any) -> list[Any]:
    """Save other weights under each name; return them."""
    folder.mkdir(parents=True, exist_ok=True)
    models = [model(seed) for seed in range(len(names))]
    for name, net in zip(names, models, strict=True):
        (folder / name).parent.mkdir(exist_ok=True)
        torch.save({"model": net.state_dict(), **more} if more else net.state_dict(), folder / name)
    return models


def test_the_trace_is_what_watching_the_training_gives(tmp_path: Path) -> None:
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with Recorder() as recorder, watch(net, optimizer, recorder):
        for step in range(6):
            torch.save(net.state_dict(), tmp_path / f"step_{step}.pt")
            optimizer.zero_grad()
            net(torch.randn(8, 3)).square().mean().backward()
            optimizer.step()
    watched = recorder.trace
    file = import_checkpoints(tmp_path, tmp_path / "mine.mla")
    brought = Trace.open(file)
    names = json.loads(brought.value("watch/names", 0))
    chosen = [names.index(name) for name in json.loads(watched.value("watch/names", 0))]
    for step in range(6):
        for series in ("weights/norm", "weights/histogram", "weights/range"):
            assert np.allclose(brought.value(series, step)[chosen], watched.value(series, step), rtol=1e-6), series
    for name in ("0.weight", "2.bias"):
        for step in (0, 5):
            assert np.array_equal(brought.value(f"weights/{name}", step), watched.value(f"weights/{name}", step))
    assert brought.finished


@pytest.mark.parametrize(
    ("names", "steps"),
    [
        (["a-2.pt", "a-10.pt", "a-1.pth"], [1, 2, 10]),
        (["epoch=0-step=10.ckpt", "epoch=1-step=20.ckpt"], [10, 20]),
        (["unit64_epoch3.pt", "unit64_epoch12.pt"], [3, 12]),
        (["checkpoint-500/model.bin", "checkpoint-1000/model.bin"], [500, 1000]),
        (["resnet50_iter_7.pth", "resnet50_iter_9.pth"], [7, 9]),
    ],
)
def test_the_step_stands_in_the_name(tmp_path: Path, names: list[str], steps: list[int]) -> None:
    saved(tmp_path, names)
    (tmp_path / "notes-3.txt").touch()
    torch.save({}, tmp_path / "optimizer-4.pt")
    found, rest = found_in(tmp_path)
    assert [checkpoint.step for checkpoint in found] == steps
    assert rest == []


def test_what_has_no_number_is_left_out_and_told(tmp_path: Path) -> None:
    saved(tmp_path, ["step1.pt", "step2.pt", "best.pt"])
    told: list[str] = []
    import_checkpoints(tmp_path, tmp_path / "x.mla", tell=told.append)
    assert told[0] == "best.pt has no number in its name: left out."
    assert told[1].startswith("2 checkpoints, 1 to 2, of 8 tensors")


@pytest.mark.parametrize("form", ["alone", "held", "parallel", "safetensors"])
def test_weights_are_found_in_each_usual_form(tmp_path: Path, form: str) -> None:
    net = model()
    state, path = net.state_dict(), tmp_path / "step1.pt"
    if form == "safetensors":
        path = tmp_path / "step1.safetensors"
        pytest.importorskip("safetensors.torch").save_file(state, path)
    elif form == "alone":
        torch.save(state, path)
    else:
        wrapped = {f"module.{name}" if form == "parallel" else name: value for name, value in state.items()}
        torch.save({"epoch": 3, "loss": 0.25, "good": True, "state_dict": wrapped, "optimizer": {"step": 1}}, path)
    named, beside = tensors_of(path)
    assert sorted(named) == sorted(name for name in state if not name.endswith("num_batches_tracked"))
    assert all(torch.equal(value, state[name]) for name, value in named.items())
    assert beside == ({"epoch": 3.0, "loss": 0.25} if form in {"held", "parallel"} else {})


def test_a_budget_is_held_and_first_and_last_are_kept(tmp_path: Path) -> None:
    models = saved(tmp_path, [f"step-{step}.pt" for step in range(30)], loss=0.5)
    size = 4 * sum(value.numel() for value in model().state_dict().values() if value.is_floating_point())
    trace = Trace.open(import_checkpoints(tmp_path, tmp_path / "x.mla", budget=5 * size))
    snapshots = trace.steps("weights/0.weight").tolist()
    assert 2 <= len(snapshots) <= 5
    assert (snapshots[0], snapshots[-1]) == (0, 29)
    for step in snapshots:
        assert np.array_equal(trace.value("weights/0.weight", step), models[step].state_dict()["0.weight"].numpy())
    assert len(trace.steps("weights/norm")) == 30
    assert trace.value("loss", 7) == 0.5


class Ran:
    def __reduce__(self) -> Any:
        return (Path.touch, (Path("it-ran"),))


def spoil(folder: Path, how: str) -> None:
    """Make a folder with a fault."""
    saved(folder, ["step1.pt", "step2.pt"])
    second = folder / "step2.pt"
    if how == "code":
        torch.save({"state_dict": model().state_dict(), "more": Ran()}, second)
    elif how == "pickle":
        second.write_bytes(pickle.dumps(Ran()))
    elif how == "torn":
        second.write_bytes(second.read_bytes()[:300])
    elif how == "empty":
        second.write_bytes(b"")
    elif how == "other":
        torch.save(model(units=6).state_dict(), second)
    elif how == "fewer":
        torch.save({"0.weight": torch.zeros(5, 3)}, second)
    elif how == "none":
        torch.save({"lr": 0.1}, second)
    elif how == "twice":
        saved(folder, ["again/step2.pt"])
    elif how == "safetensors":
        second.rename(folder / "step2.safetensors")


@pytest.mark.parametrize(
    ("how", "line"),
    [
        ("code", "step2.pt holds more than tensors and plain data, which could run code"),
        ("pickle", "step2.pt is no checkpoint of PyTorch's"),
        ("torn", "step2.pt (is no checkpoint|cannot be read)"),
        ("empty", "step2.pt (is no checkpoint|cannot be read)"),
        ("other", "'0.weight' is 6x3 in step2.pt and 5x3 in step1.pt: give the checkpoints of one model."),
        ("fewer", "step2.pt has no '0.bias', which step1.pt has"),
        ("none", "step2.pt holds no weights: save model.state_dict"),
        ("twice", "again/step2.pt and step2.pt have the same number, 2"),
        ("safetensors", "step2.safetensors (cannot be read as|needs) safetensors"),
    ],
)
def test_faults_are_told_in_one_line_nothing_runs_and_no_trace_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], how: str, line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    spoil(tmp_path / "saved", how)
    assert main(["trace", "from-checkpoints", "saved", "-o", "x.mla"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert re.match(f"mla: {line}", told[0]), told[0]
    assert {path.name for path in tmp_path.iterdir()} == {"saved"}


def test_the_command_writes_where_it_says_and_replaces_nothing_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["trace", "from-checkpoints", "nowhere"]) == 2
    (tmp_path / "saved").mkdir()
    assert main(["trace", "from-checkpoints", "saved"]) == 2
    (tmp_path / "saved" / "best.pt").touch()
    assert main(["trace", "from-checkpoints", "saved"]) == 2
    (tmp_path / "saved" / "best.pt").unlink()
    saved(tmp_path / "saved", ["step1.pt", "step2.pt"])
    assert main(["trace", "from-checkpoints", "saved", "-o", "x.zip"]) == 2
    faults = capsys.readouterr().err.splitlines()
    assert ["There is no folder" in faults[0], "holds no checkpoints" in faults[1]] == [True, True]
    assert ["no number in its name" in faults[2], "ends in .mla" in faults[3]] == [True, True]
    assert main(["trace", "from-checkpoints", "saved"]) == 0
    assert "runs/saved.mla" in capsys.readouterr().out.replace("\\", "/")
    before = (tmp_path / "runs" / "saved.mla").read_bytes()
    assert main(["trace", "from-checkpoints", "saved"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "runs" / "saved.mla").read_bytes() == before
    torch.save({"lr": 0.1}, tmp_path / "saved" / "step3.pt")
    assert main(["trace", "from-checkpoints", "saved", "--overwrite"]) == 2
    assert (tmp_path / "runs" / "saved.mla").read_bytes() == before, "a fault costs nobody the old trace"
    (tmp_path / "saved" / "step3.pt").unlink()
    assert main(["trace", "from-checkpoints", "saved", "--overwrite", "--budget", "0"]) == 0
    assert "weights/0.weight" not in Trace.open("runs/saved.mla").names


def test_a_film_is_made_of_it(tmp_path: Path) -> None:
    saved(tmp_path, ["step1.pt", "step2.pt", "step3.pt"], loss=0.5)
    file = import_checkpoints(tmp_path, tmp_path / "x.mla")
    assert main(["film", str(file), "-o", str(tmp_path / "x.png"), "--at", "0"]) == 0
    assert (tmp_path / "x.png").stat().st_size > 1000


def test_two_wrong_ways_to_name_are_told(tmp_path: Path) -> None:
    with pytest.raises(MlaError, match="There is no folder"):
        found_in(tmp_path / "none")
