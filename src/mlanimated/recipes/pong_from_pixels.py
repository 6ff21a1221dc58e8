"""Chapter 16: Pong from pixels, section by section: what goes in, what hidden units look for, what pushes moves up and down.

Each film trains for seconds, and says how far that is; `--trace` shows a long training instead (mla train pong --learner pong-from-pixels).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from mlanimated.draw.text import number
from mlanimated.learn import pong_from_pixels
from mlanimated.learn.pong_diary import SHOWN
from mlanimated.projector.film import Film
from mlanimated.recipes import recorded
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Trace
from mlanimated.views import Clock, HeatMap, HiddenUnits, Lines, Mark, Rollouts

__all__ = ["RECIPES"]

LONG = pong_from_pixels.Args().steps
"""Steps after which the method plays well."""
ROLLOUT = 128
"""Steps of each game between two changes of a short training: few, so that it changes often."""
SIGNED = (-1.5, 1.5)
"""Limits of a picture of −1, 0 and 1: the ends of the scale are too pale, or too dark, to tell blue from orange."""
HINT = "mla train pong --learner pong-from-pixels records it."


class Brief(Struct, frozen=True, kw_only=True):
    """How long it trains, or which training is shown."""

    trace: Annotated[str, Meta(description="Recording of a long training; none: train briefly.")] = ""
    changes: Annotated[int, Meta(ge=2, le=10_000, description="Changes of the weights; 850 play well.")] = 16
    games: Annotated[int, Meta(ge=1, le=1024, description="Games played side by side.")] = 16
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws first weights, games and moves.")] = 0


class Units(Brief, frozen=True, kw_only=True):
    """How long it trains, and how much is taken off the weights meanwhile."""

    l2: Annotated[float, Meta(ge=0, le=1, description="L2 regularization: lets weights fade that no ball needs.")] = (
        1e-4
    )


class Cleaned(Struct, frozen=True, kw_only=True):
    """How much is taken off the weights."""

    l2: Annotated[float, Meta(gt=0, le=1, description="L2 regularization: pulls every weight towards zero.")] = 3e-4
    changes: Annotated[int, Meta(ge=2, le=10_000, description="Changes of the weights.")] = 12
    games: Annotated[int, Meta(ge=1, le=1024, description="Games played side by side.")] = 12
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws first weights, games and moves.")] = 0


def brief(args: Brief, *series: str, l2: float = 0.0) -> Mapping[str, Run]:
    """Return a short training, or the recording that is asked for."""
    if args.trace:
        return {"": Run(recorded.take, recorded.Args(trace=args.trace, series=series, hint=HINT))}
    return {"": Run(pong_from_pixels.train, _args(args, l2))}


def units(args: Units, traces: Mapping[str, Trace]) -> Film:
    """Return what 40 of the hidden units look for, changing while it learns."""
    (trace,) = traces.values()
    pictures = HiddenUnits("weights/0", votes="weights/1", columns=8)
    won = Lines("points/won", format="{:.0%}", limits=(0, 1.04), x_label="moves", title="Points won")
    sure = Lines("probe/p_up", format="{:.2f}", limits=(0, 1.04), x_label="moves", title="P(up) for one picture")
    text = f"Noise at first: {SHOWN} hidden units, each a picture of its 80 × 80 weights; blue looks for light, orange for none."
    last = trace.last_step
    fades = "" if args.trace or not args.l2 else " L2 regularization lets weights fade that no ball needs."
    return Film(
        pictures.titled("What they look for; the frame is the vote for up (blue) or down").shared(1.75) | (won / sure),
        traces,
        Clock(first=0.8, seconds=11, hold=0.4),
        title="Hidden units of Pong from pixels, while they learn",
        captions=(Mark(trace.first_step, "start", text), Mark(last, "result", _so_far(last) + fades)),
        alt=f"Pictures of the weights of {SHOWN} hidden units turn from noise into tracks of ball and paddles.",
    )


def pushed(args: Brief, traces: Mapping[str, Trace]) -> Film:
    """Return games whose moves are pushed up and down by what they led to."""
    del args
    (trace,) = traces.values()
    steps = trace.steps("pushed/change").tolist()
    stop = steps[min(2, len(steps) - 1)]
    told = (
        Mark(
            trace.first_step,
            "play",
            "Six games are played at once; each bead is a move, up or down, drawn by its probability.",
        ),
        Mark(
            steps[0],
            "push",
            "What led to a point is pushed up, what led to a loss down: by so much did the probabilities change.",
        ),
        Mark(stop, "result", _so_far(stop) + _agreed(trace, stop)),
    )
    return Film(
        Rollouts(("up", "down"), title="Six games between two changes of the weights"),
        traces,
        Clock(pace="even", seconds=3 * 4.5, stop=stop, hold=1.2),
        title="Moves that won are pushed up, moves that lost are pushed down",
        captions=told,
        alt="Moves of six games of Pong, coloured by whether a point was won or lost afterwards, and pushed up or down.",
    )


def gradient(args: Brief, traces: Mapping[str, Trace]) -> Film:
    """Return how the log-probability of one move changes with each pixel."""
    del args
    (trace,) = traces.values()
    begin, last = int(trace.steps("probe/difference")[0]), trace.last_step
    seen = HeatMap("probe/difference", map="diverging", limits=SIGNED, bar=False)
    slope = HeatMap("probe/gradient", map="diverging")
    chance = Lines("probe/p_up", format="{:.2f}", limits=(0, 1.04), x_label="moves", y_label="")
    told = (
        Mark(
            begin,
            "picture",
            "One picture is shown to the net again and again: what has moved, where it is (blue) and where it was.",
        ),
        Mark(
            begin + (last - begin) // 3,
            "gradient",
            "Where the gradient of log P(up) is blue, a light there would make the net surer of up; where it is orange, less sure.",
        ),
        Mark(
            last,
            "result",
            f"{_so_far(last)} P(up) of this picture is {float(trace.value('probe/p_up', last)):.2f} now.",
        ),
    )
    return Film(
        (seen.titled("What the net sees") | slope.titled("Gradient of log P(up) by pixel").shared(1.2))
        | chance.titled("P(up)").shared(0.8),
        traces,
        Clock(first=0.8, seconds=10, start=begin, hold=0.6),
        title="The log-probability gradient of one move",
        captions=told,
        alt="A picture of Pong beside the gradient of the log-probability of going up, which takes shape while the net learns.",
    )


def pair(args: Cleaned) -> Mapping[str, Run]:
    """Return the same training without and with L2 regularization."""
    return {
        "without": Run(pong_from_pixels.train, _args(args)),
        "with": Run(pong_from_pixels.train, _args(args, l2=args.l2)),
    }


def cleaned(args: Cleaned, traces: Mapping[str, Trace]) -> Film:
    """Return the same units without and with L2 regularization."""
    first = next(iter(traces.values()))
    last = min(trace.last_step for trace in traces.values())
    left = {name: _noise(trace, last) for name, trace in traces.items()}
    before = _noise(first, first.first_step)
    limit = 4 * before

    def column(run: str, title: str) -> Any:
        return HiddenUnits(
            "weights/0", votes="weights/1", columns=6, units=tuple(range(30)), limit=limit, title=title
        ).of(run)

    told = (
        Mark(
            first.first_step,
            "start",
            "The same 30 units twice, from the same noise. At the right every weight is pulled towards zero.",
        ),
        Mark(
            last,
            "result",
            f"Behind the paddles, where little moves, a weight is still {left['without'] / before:.0%} of its first size without the pull,"
            f" {left['with'] / before:.0%} with it.",
        ),
    )
    return Film(
        column("without", "Without") | column("with", f"With L2 regularization of {number(args.l2)}"),
        traces,
        Clock(first=0.8, seconds=10),
        title="L2 regularization cleans what hidden units look for",
        captions=told,
        alt="Weights of hidden units as pictures, with and without L2 regularization: with it the noise goes.",
    )


def _args(args: Brief | Cleaned, l2: float = 0.0) -> pong_from_pixels.Args:
    """Return the learner's arguments for a short training."""
    return pong_from_pixels.Args(
        steps=args.changes * args.games * ROLLOUT,
        games=args.games,
        rollout=ROLLOUT,
        seed=args.seed,
        l2=l2,
        record_every=1,
        threads=1,
    )


def _so_far(step: int) -> str:
    """Return one sentence of how much it has learned from."""
    if step >= LONG:
        return f"After {number(step, 1, big='short')} moves."
    return f"After {number(step, 0)} moves; it takes about {LONG / 1e6:.1f} million to play well."


def _agreed(trace: Trace, step: int) -> str:
    """Return how many of the moves were pushed the way that they were judged."""
    advantage, change = (np.asarray(trace.value(f"pushed/{name}", step)) for name in ("advantage", "change"))
    judged = advantage != 0
    if not judged.any():
        return ""
    share = float((np.sign(advantage) == np.sign(change))[judged].mean())
    return f" {share:.0%} of these moves went the way they were judged: they share one net."


def _noise(trace: Trace, step: int) -> float:
    """Return the usual size of a weight at the left and right edge of the court, behind the paddles, where nothing moves."""
    weights = np.asarray(trace.value("weights/0", step), np.float32)
    return float(np.abs(weights[:, :, :4]).mean()) or 1e-9


RECIPES = (
    Recipe(
        name="pong-hidden-units",
        chapter=16,
        summary="Pong from pixels: what 40 of the 200 hidden units look for, changing while they learn.",
        seconds=25,
        arguments=Units,
        runs=lambda args: brief(args, "weights/0", "weights/1", "points/won", "probe/p_up", l2=args.l2),
        film=units,
        quick={"changes": 2, "games": 2},
        extra="atari",
    ),
    Recipe(
        name="pong-pushed",
        chapter=16,
        summary="Pong from pixels: moves that led to a point are pushed up, moves that led to a loss down.",
        seconds=25,
        arguments=Brief,
        runs=lambda args: brief(args, "pushed/up", "pushed/reward", "pushed/advantage", "pushed/change"),
        film=pushed,
        quick={"changes": 2, "games": 2},
        extra="atari",
    ),
    Recipe(
        name="pong-gradient",
        chapter=16,
        summary="Pong from pixels: how the log-probability of one move changes with each pixel, while it learns.",
        seconds=25,
        arguments=Brief,
        runs=lambda args: brief(args, "probe/difference", "probe/gradient", "probe/p_up"),
        film=gradient,
        quick={"changes": 2, "games": 2},
        extra="atari",
    ),
    Recipe(
        name="pong-l2",
        chapter=16,
        summary="Pong from pixels: L2 regularization cleans the noise out of what hidden units look for.",
        seconds=39,
        arguments=Cleaned,
        runs=pair,
        film=cleaned,
        quick={"changes": 2, "games": 2},
        extra="atari",
    ),
)
