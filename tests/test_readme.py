"""What the README shows works as it stands there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from mlanimated.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the code blocks of a language, "" for none."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    """Return what follows `mla` in every command."""
    lines = [line for block in blocks("") for line in block.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if re.match(r"(scripts/)?mla ", line)]


def run_python() -> None:
    names = {"loss": 0.5, "weights": np.eye(4)}
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), names)


@pytest.mark.slow
def test_its_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_python()
    assert (tmp_path / "runs/mine.mla").exists()
    assert (tmp_path / "mine.html").stat().st_size > 10_000


@pytest.mark.slow
def test_its_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_python()
    assert len(commands()) >= 6
    for words in commands():
        assert main(words) == 0, words
    assert (tmp_path / "films/gradient-descent.mp4").exists()
    assert (tmp_path / "ball-again.gif").read_bytes() == (tmp_path / "ball.gif").read_bytes()
    assert (tmp_path / "mine.mp4").exists()


def test_its_pictures_are_there_and_small() -> None:
    pictures = re.findall(r"!\[(.+?)\]\((.+?)\)", README)
    assert pictures
    for words, path in pictures:
        assert len(words) > 20, "says what the picture shows"
        assert 10_000 < (ROOT / path).stat().st_size <= 1_000_000


def test_its_links_lead_somewhere() -> None:
    for document in ROOT.glob("*.md"):
        for path in re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text(encoding="utf-8")):
            assert (ROOT / path).exists(), f"{document.name}: {path}"
