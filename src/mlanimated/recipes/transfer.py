"""Transfer learning: three new classes from ten doodles each, from scratch, with frozen features, and fine-tuned."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct

from mlanimated.learn import transfer_learning
from mlanimated.learn.transfer_learning import NEW, OLD
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.recipes.shape import SQUARE, Either
from mlanimated.trace import Trace
from mlanimated.views import Band, Bands, Clock, Mark, Tiles, Triangle

__all__ = ["RECIPES", "interval"]

WAYS = ("scratch", "frozen", "tuned")
CALLED = {"scratch": "From scratch", "frozen": "Frozen features", "tuned": "Frozen, then fine-tuned"}
SHORT = {"scratch": "scratch", "frozen": "frozen", "tuned": "tuned"}
STUDENT = (math.nan, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
"""So many standard errors hold 95% of means, by the number of values less one (Student, 1908)."""


class Args(Struct, frozen=True, kw_only=True):
    """The same few pictures three times, for several draws of them."""

    examples: Annotated[int, Meta(ge=1, le=100, description="Doodles of each new class to learn from.")] = 10
    steps: Annotated[int, Meta(ge=2, le=10_000, description="Steps, each with all those doodles.")] = 40
    before: Annotated[int, Meta(ge=20, le=1_000_000, description="Doodles of seven classes learned before.")] = 3500
    epochs: Annotated[int, Meta(ge=1, le=1000, description="Times that each of those was learned from.")] = 6
    draws: Annotated[int, Meta(ge=1, le=10, description="How often other doodles are drawn to learn from.")] = 4
    test: Annotated[int, Meta(ge=20, le=100_000, description="Doodles to test with, never learned from.")] = 400
    rows: Annotated[int, Meta(ge=2, le=1000, description="How often each is tested.")] = 12
    seed: Annotated[int, Meta(ge=0, le=2**31 - 16, description="Draws doodles and weights.")] = 0


def runs(args: Args) -> Mapping[str, Run]:
    """Return one training for each way and each draw of the few doodles."""
    return {
        f"{way}-{draw}": Run(
            transfer_learning.train,
            transfer_learning.Args(
                way=way, examples=args.examples, steps=args.steps, before=args.before, epochs=args.epochs,
                test=args.test, rows=args.rows, body=args.seed, seed=args.seed + draw,
            ),
        )
        for way in WAYS
        for draw in range(args.draws)
    }  # fmt: skip


def film(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return what each way makes of doodles never seen, all that it learns from, and how many are right over all draws."""
    cells = [Triangle("probability", names=NEW, classes="labels", title=CALLED[way]).of(f"{way}-0") for way in WAYS]
    few = Tiles(
        "examples", columns=args.examples if args.examples <= 15 else 0, gap=3.0, most=3 * args.examples,
        title=f"All they learn from: {args.examples} of each",
    ).of("scratch-0")  # fmt: skip
    right = Bands(
        "test/accuracy",
        tuple(
            Band(SHORT[way], tuple(f"{way}-{draw}" for draw in range(args.draws)), colour)
            for way, colour in zip(WAYS, ("muted", "series-1", "accent"), strict=True)
        ),
        limits=(0.2, 1.0),
        title=f"Right, of {args.test} never seen" + (f": mean of {args.draws} draws" if args.draws > 1 else ""),
    )
    triangles = cells[0] | cells[1] | cells[2]
    return Film(
        Either(
            triangles.shared(1.6) / (few | right.shared(1.3)), triangles / few.shared(0.5) / right.shared(0.8), SQUARE
        ),
        traces,
        Clock(first=0.4, seconds=9),
        title=f"Three new classes from {3 * args.examples} doodles: it helps to know others",
        captions=_told(args, traces),
        count=Count(word="step"),
        alt="Doodles of deer, frogs and ships are points in three triangles; they part best where other classes were known before.",
    )


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the mean, and how far its 95% interval reaches to each side (Student's t); not a number for one value.

    Args:
        values: One to ten numbers.
    """
    some = np.asarray(values, np.float64)
    if len(some) < 2:
        return float(some.mean()), math.nan
    return float(some.mean()), float(STUDENT[len(some) - 1] * some.std(ddof=1) / math.sqrt(len(some)))


def _told(args: Args, traces: Mapping[str, Trace]) -> tuple[Mark, ...]:
    """Return what is said: what they know, who is ahead at the half, when features may change, and the end."""
    before = float(traces["tuned-0"].value("before", 0))
    half = args.steps // 2

    def means(step: int) -> dict[str, tuple[float, float]]:
        return {
            way: interval([float(traces[f"{way}-{draw}"].value("test/accuracy", step)) for draw in range(args.draws)])
            for way in WAYS
        }

    def share(found: tuple[float, float]) -> str:
        return f"{found[0]:.1%}" + ("" if math.isnan(found[1]) else f" ± {100 * found[1]:.1f}")

    start = (
        f"The first knows nothing, two know {len(OLD)} other classes ({before:.0%} right)."
        " A point is a doodle never seen, a ring is wrong."
    )
    at_half, ends = means(half), means(args.steps)
    thaw = (
        f"Step {half}: with a new last layer alone {at_half['frozen'][0]:.0%} are right, from scratch"
        f" {at_half['scratch'][0]:.0%}. Now the third may change its features too."
    )
    last = ", ".join(
        f"{word} {share(ends[way])}" for way, word in zip(WAYS, ("from scratch", "frozen", "fine-tuned"), strict=True)
    )
    many = f", over {args.draws} draws of {3 * args.examples} doodles" if args.draws > 1 else ""
    return (
        Mark(0, "initialize", start),
        Mark(half, "fine-tuning", thaw),
        Mark(args.steps, "result", f"Right of {args.test}{many}: {last}."),
    )


RECIPES = (
    Recipe(
        name="transfer-learning",
        chapter=31,
        summary="Three new classes from ten doodles each: from scratch, with frozen features, and fine-tuned.",
        seconds=19,
        arguments=Args,
        runs=runs,
        film=film,
        quick={"steps": 4, "rows": 3, "before": 20, "epochs": 1, "test": 20, "draws": 2},
        extra="torch",
    ),
)
