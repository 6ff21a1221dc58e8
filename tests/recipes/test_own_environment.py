"""Chapter 10: the lines that light up are those that run, and what is answered is what the environment answers."""

from __future__ import annotations

import sys

import pytest

from mlanimated.recipes.own_environment import WALK, Args, _Shown, play
from mlanimated.trace import Recorder

pytest.importorskip("gymnasium")


def sign(number: int) -> int:
    """Say which side of 0.

    Of two lines.
    """
    if number < 0:
        return -1
    return 1


def test_the_lines_that_run_are_found() -> None:
    shown = _Shown((sign, "here.py"))
    text = shown.text.splitlines()
    assert text[:3] == ["# here.py", "def sign(number):", "    if number < 0:"]
    before = sys.gettrace()
    for number, last in ((-3, "return -1"), (3, "return 1")):
        lines: list[int] = []
        assert shown.watched(lambda number=number: sign(number), lines) == last.endswith(" 1") * 2 - 1
        assert [text[line].strip() for line in lines] == ["if number < 0:", last]
    assert sys.gettrace() is before


def test_what_comes_back_is_the_environments() -> None:
    from mlanimated.envs.registry import make

    with Recorder() as recorder:
        play(Args(), recorder)
    trace = recorder.trace
    calls, answers = trace.series("call"), trace.series("answer")
    asked = [call for call in calls.values if call]
    assert len(asked) == len(WALK) + 1
    environment = make("mla/FrozenLake-v0").unwrapped
    given = [answer for answer in answers.values if answer not in {"", "…"}]
    for action, answer in zip((None, *WALK), given, strict=True):
        if action == 7:
            assert answer.startswith("MlaError: Frozen Lake: there is no action 7")
        elif action is None:
            assert answer == f"observation {environment.reset(seed=0)[0]}"
        else:
            cell, reward, terminated, *_ = environment.step(action)
            assert f"observation {cell} · reward {reward:g} · terminated {terminated}" in answer
    assert trace.value("cell", trace.last_step) == 15
    assert [event.name for event in trace.events] == ["initialize", "reset", "step", "hole", "error", "goal"]
