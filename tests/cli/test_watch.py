from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest

from mlanimated.agents.agent import SHIPPED
from mlanimated.cli import main


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("watch", "mla: Which game? mla list --atari shows all, as in: mla watch pong"),
        ("watch --theme dark", "mla: Which game? mla list --atari shows all, as in: mla watch pong"),
        ("watch pnog", "mla: There is no Atari game or agent 'pnog'. Did you mean 'pong'?"),
        ("watch pong-stiky", "mla: There is no Atari game or agent 'pong-stiky'. Did you mean 'pong-sticky'?"),
        ("watch runs/pong", "mla: There is no Atari game or agent 'runs/pong'. Did you mean 'pong'?"),
        ("watch connect-four", "mla: connect-four is played on a board: mla film connect-four-self-play shows how"),
        ("watch tutankham", "mla: No trained agent ships for tutankham: 'mla train tutankham' makes one"),
        ("watch pong --agent nobody", "mla: There is no trained agent 'nobody'"),
        ("watch pong --length 0", "mla: length is 0; it must be at least 1"),
        ("watch pong -o film.xyz", "mla: "),
    ],
)
def test_what_cannot_be_watched_is_said_in_one_line(
    words: str, told: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ale_py")
    monkeypatch.chdir(tmp_path)
    assert main(words.split()) == 2
    said = capsys.readouterr().err.strip()
    assert said.startswith(told)
    assert "\n" not in said


def test_a_damaged_agent_is_called_damaged(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ale_py")
    monkeypatch.chdir(tmp_path)
    card = (SHIPPED / "pong-sticky.json").read_bytes()
    Path("mine.json").write_bytes(card[: len(card) // 2])
    assert main(["watch", "mine"]) == 2
    assert capsys.readouterr().err.startswith("mla: mine.json is no card of an agent")


@pytest.mark.slow
def test_an_agent_is_watched(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ale_py")
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    assert main(["watch", "Pong", "--length", "1", "--most", "60", "--at", "0,end"]) == 0
    said = capsys.readouterr().out
    assert "watch-pong.png" in said
    assert "mla watch pong" in said


@pytest.mark.slow
def test_an_agent_is_watched_by_its_own_name(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ale_py")
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    Path("own runs").mkdir()
    for suffix in (".json", ".safetensors"):
        shutil.copy(SHIPPED / f"pong-sticky{suffix}", f"own runs/pong-own{suffix}")
    for who, file in (("pong-sticky", "watch-pong-sticky.png"), ("own runs/pong-own", "watch-pong-own.png")):
        assert main(["watch", who, "--length", "1", "--most", "60", "--at", "0"]) == 0
        said = capsys.readouterr().out
        assert file in said
        assert Path("films", file).exists()
        assert f"mla watch {shlex.quote(who)}" in said


@pytest.mark.slow
def test_an_agent_without_a_screen_is_not_watched(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ale_py")
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    assert main(["train", "CartPole-v1", "--steps", "64", "--games", "2", "--rollout", "16", "--minibatch", "16"]) == 0
    assert "mla watch" not in capsys.readouterr().out
    assert main(["watch", "runs/cartpole-v1-ppo-0"]) == 2
    said = capsys.readouterr().err.strip()
    assert said.endswith("has no screen: mla evaluate runs/cartpole-v1-ppo-0 says how good it is.")
    assert "\n" not in said
