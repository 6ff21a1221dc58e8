"""What doctor says of this machine, and what clean frees and what it never touches."""

from __future__ import annotations

import io
import json
import os
import tempfile
from pathlib import Path

import pytest

from mlanimated.cli import machine, main


def test_doctor_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    for what in ("mlanimated", "Skia", "MP4", "WebM", "processor", "memory", "disk", "browser", "extras"):
        assert f"  {what}: " in out, what
    assert "LACKS" not in out
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {finding["state"] for finding in found} <= {"good", "note"}


def test_doctor_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def absent(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(machine.ctypes, "CDLL", absent)
    monkeypatch.setattr(machine.sys, "platform", "linux")
    monkeypatch.setattr(machine, "_codecs", lambda: 1 / 0)
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "libGL.so.1 and libEGL.so.1 cannot be loaded" in out
    assert "apt-get install libgl1 libegl1" in out
    assert "could not be looked at (ZeroDivisionError" in out
    assert out.splitlines()[-1] == "Missing: libGL, libEGL."


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache, a folder for temporary files and one with recordings."""
    for name in ("cache", "temporary", "runs"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("MLANIMATED_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "cache" / "cifar.tar").write_bytes(bytes(2000))
    for name in ("mla-paint-1", "mla-paint-2", "others"):
        folder = tmp_path / "temporary" / name
        folder.mkdir()
        (folder / "0").write_bytes(bytes(1000))
    monkeypatch.setattr(machine, "_seconds_since", lambda moment: 0)
    for name in ("pong.mla", "pong.checkpoint", "pong.checkpoint.previous", "pong.safetensors", "half.checkpoint"):
        (tmp_path / "runs" / name).write_bytes(bytes(500))
    return tmp_path


def there(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_clean_shows_and_asks(places: Path, monkeypatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    before = there(places)
    assert main(["clean"]) == 130, "nobody is there to say yes"
    out = capsys.readouterr().out
    assert "2 kB" in out
    assert "cifar.tar  (downloaded data)" in out
    assert "mla-paint" not in out, "it may still be in use"
    assert there(places) == before


def test_clean_deletes_what_was_cached_and_nothing_else(places: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(machine, "_seconds_since", lambda moment: 30 * 3600)
    kept = there(places) - {os.path.join("cache", "cifar.tar")}  # noqa: PTH118
    kept -= {name for name in kept if "mla-paint" in name}
    assert main(["clean", "--yes"]) == 0
    assert "Freed 4 kB." in capsys.readouterr().out
    assert there(places) == kept
    assert main(["clean", "--yes", "--recordings", str(places / "runs")]) == 0
    assert {name for name in there(places) if name.startswith("runs")} == {
        os.path.join("runs", name)  # noqa: PTH118
        for name in ("pong.mla", "pong.safetensors", "half.checkpoint")
    }
    assert main(["clean"]) == 0
    assert "Nothing is cached." in capsys.readouterr().out
    assert main(["clean", "--recordings", "nowhere"]) == 2
