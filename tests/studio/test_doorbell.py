"""The doorbell: found from anywhere below the folder, rung without waiting, and never in the way."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

import mlanimated as mla
from mlanimated.trace.doorbell import DOORBELL, Doorbell


@pytest.fixture
def ear():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        made.settimeout(20)
        yield made


def test_every_write_rings_with_the_key_and_the_name(tmp_path: Path, ear: socket.socket) -> None:
    (tmp_path / DOORBELL).write_text(f"{ear.getsockname()[1]} key")
    with mla.Recorder(tmp_path / "group" / "mine.mla") as recorder:
        recorder.log({"loss": 1.0})
        recorder.flush()
        assert ear.recv(1000) == b"key group/mine.mla"
    assert ear.recv(1000) == b"key group/mine.mla", "and once more when it is closed"


def test_rows_come_soon_while_somebody_watches(tmp_path: Path, ear: socket.socket) -> None:
    (tmp_path / DOORBELL).write_text(f"{ear.getsockname()[1]} key")
    with mla.Recorder(tmp_path / "mine.mla") as recorder:
        recorder.log({"loss": 1.0})  # nobody flushes
        ear.recv(1000)
        if not mla.Trace.open(tmp_path / "mine.mla").names:
            ear.recv(1000)  # the first was for the beginning alone, written before there was a row
        assert mla.Trace.open(tmp_path / "mine.mla").value("loss", 0) == 1.0


@pytest.mark.parametrize("words", ["", "no port", "99999999 key", "-1 key", "1 2 3", "\udcff"])
def test_what_is_no_doorbell_disturbs_nobody(tmp_path: Path, words: str) -> None:
    (tmp_path / DOORBELL).write_bytes(words.encode("utf-8", "surrogateescape"))
    bell = Doorbell(tmp_path / "mine.mla")
    assert not bell.there
    bell.ring()
    bell.close()


def test_a_studio_that_has_gone_disturbs_nobody(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        port = gone.getsockname()[1]
    (tmp_path / DOORBELL).write_text(f"{port} key")
    bell = Doorbell(tmp_path / "mine.mla")
    for _ in range(3):
        bell.ring()
    bell.close()
