"""Chapter 16: credit assignment. A good bounce, a miss later: which move gets the blame, and how many rallies sort it out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mlanimated.agents import watching
from mlanimated.envs.objects import locate, things
from mlanimated.errors import MlaError
from mlanimated.learn import credit
from mlanimated.learn.pong_from_pixels import SEEN
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Recorder, Trace
from mlanimated.views import Clock, Curve, Lines, Mark, Screen

__all__ = ["RECIPES"]

LEAST, MOST = 30, 140
"""Moves between the bounce and the miss of the rally that is shown."""
SPREAD = 24
"""Rows in which the blame runs back from the miss to the first move."""
EVERY = 2
"""Of the rally's moves every second is a row: it is shown at twice the console's speed."""


def record(args: credit.Args, recorder: Recorder, resume: Any = None) -> None:
    """Play many rallies; record one of them move by move, then how the blame spreads, then how all rallies sort it out.

    Args:
        args: How much is played.
        recorder: Takes the series.
        resume: There is nothing to take up.

    Raises:
        MlaError: No rally was lost some time after a bounce: more must be played.
    """
    del resume
    played = credit.play(args)
    whole = {
        place for place, game in enumerate(played.games) if len(game.actions) == args.steps
    }  # not begun anew meanwhile
    rally, bounce = _example([rally for rally in credit.rallies(played) if rally.game in whole])
    game = played.games[rally.game]
    console = watching.open_console(watching.named("pong", SEEN, game))
    moves = rally.stop - rally.start + 1
    back = args.discount ** np.arange(moves - 1, -1, -1.0)
    ball = next(thing for thing in things("pong") if thing.name == "ball")
    shown = {"game": watching.named("pong", SEEN, game), "move": np.arange(moves, dtype=np.float32)}
    marked = np.array([bounce - rally.start, moves - 1], np.float32)
    recorder.log(
        {**shown, "rallies": 0.0, "marked": marked, "marked/blame": np.array([np.nan, np.nan], np.float32)}, step=0
    )
    row = 0
    for move in [*range(0, moves, EVERY), moves - 1]:
        at = float(rally.start + move)
        box = locate(ball, console.picture(at))
        recorder.log({"at": at, "ball": box, "blame": np.zeros(moves, np.float32)}, step=row)
        if move <= bounce - rally.start < move + EVERY:
            recorder.event("bounce", "The ball is met: a good move.", step=row)
        row += 1
    recorder.event("miss", "The next one is missed, and the point is lost. Which move is to blame?", step=row - 1)
    for share in np.linspace(0, 1, SPREAD):
        first = round((1 - share) * (moves - 1))
        blame = np.where(np.arange(moves) >= first, -back, 0.0).astype(np.float32)
        values = np.where(marked >= first, blame[marked.astype(int)], np.nan).astype(np.float32)
        recorder.log({"blame": blame, "marked/blame": values}, step=row)
        row += 1
    text = "Nobody knows: each move before it is blamed, the nearer the more. The good bounce too."
    recorder.event("blame", text, step=row - 1)
    rows = credit.sorted_out(played, args.discount)
    for each in rows:
        recorder.log(each, step=row)
        row += 1
    recorder.event("sorted out", _told(rows[-1]), step=row - 1)


def film(args: credit.Args, traces: Mapping[str, Trace]) -> Film:
    """Return the rally beside its blame, and what many rallies say of bounces and misses."""
    (trace,) = traces.values()
    screen = Screen(watching.open_console, path="ball")
    blame = Curve(
        "move",
        "blame",
        "marked/blame",
        target_x="marked",
        points=True,
        heights=(-1.1, 0.15),
        names=("move of the rally", ""),
        labels=("blame", "the bounce, the miss"),
    )
    means = Lines(
        ("bounce/mean", "miss/mean"),
        labels=("before a bounce", "before a miss"),
        colours=("good", "bad"),
        x="rallies",
        format="{:+.2f}",
        x_label="rallies",
        y_label="",
    )
    first = Mark(
        0,
        "start",
        f"A player that errs in {1 - args.skill:.0%} of its moves. Every move will be judged by how the rally ends.",
    )
    return Film(
        screen.titled("One rally").shared(1.25)
        | (
            blame.titled("What each move gets of the lost point")
            / means.titled("Mean judgement of the moves, of all rallies so far")
        ),
        traces,
        Clock(pace="even", seconds=16, hold=0.5),
        title="Credit assignment: which move gets the blame?",
        captions=(first, *(Mark(event.step, event.name, event.text) for event in trace.events)),
        count=Count(word="rally", series="rallies", words=()) if "rallies" in trace.names else Count(),
        alt="One rally of Pong with a good bounce and a miss, the blame for it, and the mean over many rallies.",
    )


def _example(rallies: list[credit.Rally]) -> tuple[credit.Rally, int]:
    """Return a lost rally with a bounce some time before the miss, the shortest such, and that bounce."""
    fit = [
        (rally.stop - rally.start, rally, rally.bounces[-1])
        for rally in rallies
        if not rally.won and rally.bounces and LEAST <= rally.stop - rally.bounces[-1] <= MOST
    ]
    if not fit:
        raise MlaError("No rally was lost some time after a bounce: play more of them, with more steps or games.")
    _, rally, bounce = min(fit, key=lambda one: (one[0], one[1].game, one[1].start))
    return rally, bounce


def _told(row: Mapping[str, float]) -> str:
    """Return what all rallies say."""
    if "bounce/mean" not in row or "miss/mean" not in row:
        return f"After {row['rallies']:.0f} rallies there were too few bounces to tell."
    blamed = (
        f"{row['bounce/blamed']:.0%} of the bounces were blamed; still, on average"
        if row["bounce/blamed"]
        else "on average"
    )
    means = f"moves before a bounce get {row['bounce/mean']:+.2f}, before a miss {row['miss/mean']:+.2f}."
    return f"After {row['rallies']:.0f} rallies: {blamed} {means}".replace("-", "−")


RECIPES = (
    Recipe(
        name="pong-credit",
        chapter=16,
        summary="Credit assignment: a good bounce and a miss later, who gets the blame, and how many rallies sort it out.",
        seconds=25,
        arguments=credit.Args,
        runs=lambda args: {"": Run(record, args)},
        film=film,
        quick={"games": 6, "steps": 300},
        extra="atari",
    ),
)
