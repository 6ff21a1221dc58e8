"""Loss functions compared: the same line, fitted to the same points by squared, absolute and Huber's loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from mlanimated.learn import losses
from mlanimated.learn.losses import BIAS, SLOPE
from mlanimated.learn.words import number
from mlanimated.projector.film import Film
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.recipes.shape import SQUARE, Either
from mlanimated.trace import Trace
from mlanimated.views import Clock, Curve, Lines, Mark

__all__ = ["RECIPES"]

LOSSES = ("squared", "absolute", "huber")
SHORT = {"squared": "squared", "absolute": "absolute", "huber": "Huber"}
CALLED = {"squared": "Squared error", "absolute": "Absolute error", "huber": "Huber’s loss"}
COLOURS = ("series-2", "series-3", "series-1")


class Args(Struct, frozen=True, kw_only=True):
    """The same points three times."""

    points: Annotated[int, Meta(ge=2, le=10_000, description="Points around the line.")] = 30
    outliers: Annotated[int, Meta(ge=0, le=10_000, description="Points far off, at the right.")] = 6
    away: Annotated[float, Meta(ge=0, le=100, description="How far off these are, about.")] = 6.0
    turn: Annotated[float, Meta(gt=0, le=100, description="Error from which on Huber's loss is straight.")] = 0.5
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Steps, each with all points.")] = 240
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Part of the gradient taken as a step.")] = 0.05
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1, description="Draws the points.")] = 0


def runs(args: Args) -> Mapping[str, Run]:
    """Return one training for each loss."""
    return {
        loss: Run(
            losses.train,
            losses.Args(
                loss=loss, points=args.points, outliers=args.outliers, away=args.away, turn=args.turn,
                steps=args.steps, learning_rate=args.learning_rate, seed=args.seed,
            ),
        )
        for loss in LOSSES
    }  # fmt: skip


def film(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return each line with its errors, what each of these costs, and how far each line is from that without outliers."""
    lines = [
        Curve("x", "prediction", "y", residuals=True, names=("", ""), keyed=False, points=True, title=CALLED[loss]).of(
            loss
        )
        for loss in LOSSES
    ]
    costs = [
        Curve(
            "errors", "costs", "cost", target_x="error", points=True, names=("error", ""), keyed=False, title="Costs"
        ).of(loss)
        for loss in LOSSES
    ]
    off, pull = (
        Lines(
            tuple(f"{loss}:{series}" for loss in LOSSES), tuple(SHORT.values()), COLOURS, limits=limits, format="{:.2f}", y_label="",
            title=title,
        )
        for series, limits, title in (
            ("off", None, "Off the line without outliers"),
            ("pull", (0.0, 1.0), f"Pulling done by the {args.outliers} outliers"),
        )
    )  # fmt: skip
    cells = [(line.shared(1.5) / curve) for line, curve in zip(lines, costs, strict=True)]
    three = cells[0] | cells[1] | cells[2]
    return Film(
        Either(three.shared(2.4) | (off / pull), three.shared(2.0) / (off | pull), SQUARE),
        traces,
        Clock(first=0.8, seconds=11),
        title="What an error costs decides which line is best",
        captions=_told(args, traces),
        alt="Three lines are fitted to the same points: squared error follows a few that lie far off, the others hardly do.",
    )


def _told(args: Args, traces: Mapping[str, Trace]) -> tuple[Mark, ...]:
    """Return what is said: the points, who pulls, and the three lines."""
    last = args.steps
    pulls = {loss: float(trace.value("pull", last)) for loss, trace in traces.items()}
    lines = ", ".join(f"{SHORT[loss]} {number(float(trace.value('w', last)), 2)}" for loss, trace in traces.items())
    start = (
        f"{args.outliers} of {args.points + args.outliers} points lie far off. Below each line: what every error costs;"
        " the steeper the curve there, the harder its point pulls."
    )
    share = ", ".join(f"{pulls[loss]:.0%} by {SHORT[loss]} loss" for loss in LOSSES)
    return (
        Mark(0, "initialize", start),
        Mark(last // 2, "pulling", f"How much of the pulling the outliers do in the end: {share}."),
        Mark(
            last,
            "result",
            f"Slopes: {lines}. The points without outliers lie around {number(SLOPE)} x + {number(BIAS)}.",
        ),
    )


RECIPES = (
    Recipe(
        name="losses",
        chapter=3,
        summary="Squared, absolute and Huber's loss fit a line to the same points, a few of which lie far off.",
        seconds=9,
        arguments=Args,
        runs=runs,
        film=film,
        quick={"steps": 20},
    ),
)
