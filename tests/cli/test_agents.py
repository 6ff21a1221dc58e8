"""The commands train, evaluate and list --atari."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

import mlanimated
from mlanimated.agents import training
from mlanimated.agents.training import Training
from mlanimated.cli import main

pytest.importorskip("ale_py")

SMALL = ("--steps", "256", "--games", "4", "--rollout", "32", "--minibatch", "64", "--size", "42")


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(words)
    out, err = capsys.readouterr()
    return status, out, err


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("train",), r"Which game\? mla list --atari shows all, as in: mla train pong"),
        (("train", "--steps", "10"), r"Which game\?"),
        (("train", "pogn"), r"no Atari game 'pogn'\. Did you mean 'pong'\?"),
        (("train", "pong", "--learner", "pp"), r"no learner 'pp'\. Did you mean 'ppo'\?"),
        (("train", "pong", "--clip", "3"), r"clip is 3; it must be above 0 and at most 1\."),
        (("train", "pong", "--steps", "many"), r"'many' is no number of steps; write it as 900000, 900k or 10M\."),
        (("train", "pong", "--stps", "10"), r"no option --stps\. Did you mean '--steps'\?"),
        (("train", "breakout", "--learner", "pong-from-pixels"), r"pong-from-pixels plays pong alone"),
        (("evaluate", "nobody"), r"no trained agent 'nobody'\."),
        (("evaluate", "pong", "--sticky", "2"), r"2.* is not in the range"),
    ],
)
def test_mistakes_are_told_in_one_line(words: tuple[str, ...], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = said(capsys, *words)
    assert status == 2
    assert re.match(rf"mla: .*{line}", err)
    assert err.count("\n") == 1


def test_every_game_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, "list", "--atari")
    assert "seaquest" in out
    assert "mla train GAME" in out
    _, out, _ = said(capsys, "list", "--atari", "--json")
    listed = json.loads(out)
    assert len(listed) > 100
    assert {"game", "agents"} == set(listed[0])


def test_the_options_are_the_learner_s_with_the_game_s_own_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, "train", "pong", "--help")
    words = " ".join(out.split())
    assert "[default: 1200000]" in words
    assert "[default: right,left]" in words
    _, out, _ = said(capsys, "train", "breakout", "--help")
    assert "[default: 5000000]" in " ".join(out.split())


@pytest.mark.parametrize(
    ("word", "steps"), [("900000", 900_000), ("900k", 900_000), ("1.5M", 1_500_000), ("2_000", 2000)]
)
def test_steps_are_read_as_they_are_said(word: str, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    monkeypatch.setattr(training, "train", lambda *_, **named: seen.update(named))
    assert main(["train", "pong", "--steps", word]) == 0
    assert seen["steps"] == steps


@pytest.mark.slow
def test_a_training_is_interrupted_taken_up_and_evaluated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)

    def interrupt(self: object, now: Training) -> None:
        del self
        if now.step:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("mlanimated.agents.progress.Watcher.__call__", interrupt)
        status, _, err = said(capsys, "train", "pong", *SMALL, "--folder", "my runs")
    assert status == 130
    again = re.search(r"It goes on with: mla (train pong .* --resume)", err)
    assert again
    status, out, _ = said(capsys, *shlex.split(again[1]))
    assert status == 0
    assert "How good is it? mla evaluate 'my runs/pong-ppo-0'" in out
    assert "How does it play? mla watch 'my runs/pong-ppo-0'" in out
    path = "my runs/pong-ppo-0"
    assert {file.suffix for file in Path("my runs").iterdir()} >= {".mla", ".checkpoint", ".json", ".safetensors"}
    status, out, _ = said(capsys, "evaluate", path, "--games", "2")
    assert status == 0
    assert re.match(r"pong: mean -[\d.]+ \(-[\d.]+ to -[\d.]+\) of 2 games, \d different", out)
    trace = mlanimated.Trace.open(f"{path}.mla")
    assert trace.value("learning_rate", 10**9) is not None
