"""Chapter 10: make your own environment. Its own file runs, line by line, beside what happens on the lake."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Mapping
from types import CodeType, FrameType
from typing import Annotated, Any

from msgspec import Meta, Struct

from mlanimated.errors import MlaError
from mlanimated.games.frozen_lake import LAKES, FrozenLake
from mlanimated.games.maps import MOVE_NAMES
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Recorder, Trace
from mlanimated.views import Clock, Code, Grid, Mark, Words

__all__ = ["RECIPES"]

WALK = (2, 1, None, 7, 1, 1, 2, 1, 2, 2)
"""What is asked of the environment after the first reset: actions, and None for another reset. The 7 is no action."""


class Args(Struct, frozen=True, kw_only=True):
    """The ice."""

    slippery: Annotated[bool, Meta(description="Two steps of three slide to a side.")] = False
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws where it slips to.")] = 0


def play(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> None:
    """Call `reset` and `step`, and record each line of the environment's own file that runs.

    Recorded in rows, one a line: `code` (once), `line`, `call` (what is asked), `answer` (what comes back), `cell`.
    """
    del resume  # a walk is over in a blink
    # Not sooner: where Gymnasium is not loaded yet, it would miss the names.
    from mlanimated.envs.registry import make

    environment: Any = make("mla/FrozenLake-v0", slippery=args.slippery).unwrapped
    shown = _Shown(
        (environment.reset.__func__, "envs/frozen_lake.py"),
        (environment.step.__func__, ""),
        (FrozenLake.step, "games/frozen_lake.py"),
    )
    recorder.log({"code": shown.text, "line": -1, "call": "", "answer": "", "cell": environment.state}, step=0)
    recorder.event("initialize", "Two methods make an environment: reset begins a game, step plays one move.", step=0)
    row, told = 1, set[str]()
    for action in (None, *WALK):
        call = f"env.reset(seed={args.seed})" if action is None else f"env.step({action})"
        before = environment.state
        recorder.log({"line": -1, "call": call, "answer": "…"}, step=row)
        row += 1
        lines: list[int] = []
        answer, name, text = "", "", ""
        try:
            found = shown.watched(
                lambda action=action: environment.reset(seed=args.seed) if action is None else environment.step(action),
                lines,
            )
            answer = _answer(found)
            name, text = _news(action, before, found)
        except MlaError as error:
            answer, name, text = (
                f"MlaError: {error}",
                "error",
                "What is not allowed is one clear line, and changes nothing.",
            )
        for at, line in enumerate(lines):
            recorder.log({"line": line, **({"cell": environment.state} if at == len(lines) - 1 else {})}, step=row)
            row += 1
        recorder.log({"line": -1, "answer": answer, "cell": environment.state}, step=row)
        if name and name not in told:
            told.add(name)
            recorder.event(name, text, step=row)
        row += 1
        if action is not None and environment.game.result(environment.state) == "won":
            break


class _Shown:
    """Functions as one text without their docstrings, and which of its lines run."""

    def __init__(self, *functions: tuple[Callable[..., Any], str]) -> None:
        self._places: dict[CodeType, dict[int, int]] = {}
        lines: list[str] = []
        for function, file in functions:
            if file:
                lines += [*([""] if lines else []), f"# {file}"]
            elif lines:
                lines.append("")
            source, first = inspect.getsourcelines(function)
            kept = _without_docstring(source)
            self._places[function.__code__] = {first + at: len(lines) + place for place, at in enumerate(kept)}
            lines += _signature(textwrap.dedent("".join(source[at] for at in kept))).splitlines()
        self.text = "\n".join(lines)

    def watched(self, call: Callable[[], Any], lines: list[int]) -> Any:
        """Call something and return its result; add the lines of the text that run, in order."""

        def follow(frame: FrameType, event: str, argument: Any) -> Any:
            del argument
            places = self._places.get(frame.f_code)
            if places is None:
                return None
            if event == "line" and frame.f_lineno in places:
                lines.append(places[frame.f_lineno])
            return follow

        before = sys.gettrace()
        sys.settrace(follow)
        try:
            return call()
        finally:
            sys.settrace(before)


def _without_docstring(source: list[str]) -> list[int]:
    """Return the lines of a function that are no part of its docstring."""
    kept: list[int] = []
    inside, done = False, False
    for at, line in enumerate(source):
        word = line.strip()
        if not done and not inside and word.startswith('"""'):
            inside = word == '"""' or not word.endswith('"""')
            done = not inside
        elif inside:
            inside = not word.endswith('"""')
            done = not inside
        else:
            kept.append(at)
    return kept


def _signature(source: str) -> str:
    """Return a function's text with names and defaults alone in its first line: types help a checker, not a first look."""
    head, _, rest = source.partition("\n")
    found = ast.parse(source).body[0]
    assert isinstance(found, ast.FunctionDef)
    for argument in (*found.args.args, *found.args.kwonlyargs):
        argument.annotation = None
    return f"{head[: head.index('def ')]}def {found.name}({ast.unparse(found.args)}):\n{rest}"


def _answer(found: tuple[Any, ...]) -> str:
    """Return what came back, with its names."""
    if len(found) == 2:
        return f"observation {found[0]}"
    observation, reward, terminated, truncated, _ = found
    return f"observation {observation} · reward {reward:g} · terminated {terminated} · truncated {truncated}"


def _news(action: int | None, before: int, found: tuple[Any, ...]) -> tuple[str, str]:
    """Return the name and the sentence of what happens for the first time."""
    if action is None:
        return "reset", "reset returns the first observation: the number of the cell to start from."
    observation, reward, terminated, *_ = found
    if reward:
        return (
            "goal",
            "The goal: reward 1. Whoever knows reset and step can learn this game.",
        )
    if terminated:
        return "hole", "A hole ends the game: terminated is True, the reward 0."
    return (
        "step",
        f"step({action}) goes {MOVE_NAMES[action]}, from cell {before} to {observation}; five values come back.",
    )


def film(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return the lake at the left with what is asked and answered, the file at the right."""
    (trace,) = traces.values()
    lake = Grid(LAKES["4x4"], agent="cell", numbers=False)
    asked = Words("call", size=24.0, colour="accent").titled("What is asked")
    told = Words("answer", size=20.0).titled("What comes back")
    return Film(
        (lake.titled("The lake; cells count from 0, row by row").shared(2.9) / asked.shared(0.6) / told.shared(0.8))
        | Code("code", line="line").titled("The environment's own code").shared(1.2),
        traces,
        Clock(first=0.8, seconds=15, hold=0.4),
        title="An environment of one's own" + (", on slippery ice" if args.slippery else ""),
        captions=tuple(Mark(event.step, event.name, event.text) for event in trace.events),
        count=Count(word="line", words=()),
        alt="A player moves over a frozen lake while the lines of the environment's own code that move it light up.",
    )


RECIPES = (
    Recipe(
        name="own-environment",
        chapter=10,
        summary="Make your own environment: reset and step run, line by line, beside what happens on the lake.",
        seconds=6,
        arguments=Args,
        runs=lambda args: {"": Run(play, args)},
        film=film,
        extra="games",
    ),
)
