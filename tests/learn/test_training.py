"""Checkpoint files: whole or not there, the one before kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.learn import training
from mlanimated.learn.training import (
    Keeper,
    load_optimizer,
    optimizer_state,
    previous,
    read_checkpoint,
    write_checkpoint,
)

ABOUT = {"learner": "ppo", "game": "pong"}


def written(path: Path, steps: range) -> None:
    for step in steps:
        write_checkpoint(path, ABOUT, step, {"weights": np.full(1000, step, np.float32)})


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "it.checkpoint"
    write_checkpoint(path, ABOUT, 7, {"weights": np.arange(5, dtype=np.float32), "random": "text", "games": [1, 2]})
    found = read_checkpoint(path)
    assert found is not None
    assert (found.about, found.step, found.note) == (ABOUT, 7, "")
    assert found.state["weights"].tolist() == [0, 1, 2, 3, 4]
    assert found.state["weights"].dtype == np.float32


def test_none_is_none(tmp_path: Path) -> None:
    assert read_checkpoint(tmp_path / "it.checkpoint") is None


@pytest.mark.parametrize("kept", [0, 10, 40, 60, -1])
def test_of_a_truncated_one_the_one_before_is_taken(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "it.checkpoint"
    written(path, range(2))
    path.write_bytes(path.read_bytes()[:kept])
    found = read_checkpoint(path)
    assert found is not None
    assert found.step == 0
    assert "the checkpoint before it" in found.note


def test_one_turned_bit_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "it.checkpoint"
    written(path, range(2))
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(bytes(data))
    found = read_checkpoint(path)
    assert found is not None
    assert found.step == 0


def test_a_missing_newest_one_is_made_up_for(tmp_path: Path) -> None:
    """A crash between the two renames leaves the one before alone."""
    path = tmp_path / "it.checkpoint"
    written(path, range(2))
    path.unlink()
    found = read_checkpoint(path)
    assert found is not None
    assert found.step == 0


def test_two_damaged_ones_are_told(tmp_path: Path) -> None:
    path = tmp_path / "it.checkpoint"
    written(path, range(2))
    for one in (path, previous(path)):
        one.write_bytes(b"nothing")
    with pytest.raises(MlaError, match="no whole checkpoint, nor is the one before it"):
        read_checkpoint(path)


def test_another_version_is_told(tmp_path: Path) -> None:
    path = tmp_path / "it.checkpoint"
    path.write_bytes(b"mla checkpoint 9\n" + b"?" * 100)
    with pytest.raises(MlaError, match="another version"):
        read_checkpoint(path)


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "it.checkpoint"
    written(path, range(1))

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(training.os, "fsync", full)
    with pytest.raises(MlaError, match="No space left"):
        written(path, range(1, 2))
    monkeypatch.undo()
    found = read_checkpoint(path)
    assert found is not None
    assert (found.step, found.note) == (0, "")


def test_a_keeper_writes_when_it_is_time_and_when_told(tmp_path: Path) -> None:
    path = tmp_path / "it.checkpoint"
    seen: list[tuple[int, float]] = []
    keeper = Keeper(path, ABOUT, seconds=1e9, watch=lambda step, score: seen.append((step, score)))
    keeper.write()
    assert read_checkpoint(path) is None  # nothing was offered yet
    keeper.offer(64, {"x": 1}, 2.5)
    assert read_checkpoint(path) is None
    keeper.write()
    found = read_checkpoint(path)
    assert found is not None
    assert (found.step, found.state, seen) == (64, {"x": 1}, [(64, 2.5)])
    Keeper(path, ABOUT, seconds=0.0).offer(128, {"x": 2}, 0.0)
    found = read_checkpoint(path)
    assert found is not None
    assert found.step == 128


def test_an_optimizer_goes_on_as_it_would_have() -> None:
    torch = pytest.importorskip("torch")

    def steps(layer: object, optimizer: object, count: int) -> None:
        for index in range(count):
            optimizer.zero_grad()
            layer(torch.full((2, 3, 6, 6), float(index))).square().mean().backward()
            optimizer.step()

    def fresh() -> tuple[object, object]:
        torch.manual_seed(0)
        layer = torch.nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
        return layer, torch.optim.Adam(layer.parameters(), 0.1, fused=True)

    whole, whole_optimizer = fresh()
    steps(whole, whole_optimizer, 3)
    weights = {name: value.clone() for name, value in whole.state_dict().items()}
    state = optimizer_state(whole_optimizer)
    steps(whole, whole_optimizer, 2)
    other, other_optimizer = fresh()
    other.load_state_dict(weights)
    load_optimizer(other_optimizer, state)
    steps(other, other_optimizer, 2)
    assert torch.equal(whole.weight, other.weight)
