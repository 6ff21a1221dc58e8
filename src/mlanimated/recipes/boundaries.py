"""Decision boundaries: one that winds between two classes, too stiff and too supple ones (bias and variance), and dropout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct

from mlanimated.data.plane import window
from mlanimated.learn import decision_boundary
from mlanimated.learn.decision_boundary import Noise, Points, Seed, Shape
from mlanimated.learn.words import number
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.recipes.shape import SQUARE, Either
from mlanimated.trace import Trace
from mlanimated.views import Clock, Dots, Field, Lines, Mark, Tiles

__all__ = ["RECIPES"]

LEARNED = Dots("inputs", classes="labels", radius=5.5)
SURE = (-3.0, 3.0)
"""Log-odds at the ends of the colours: 5% and 95%."""


class Boundary(decision_boundary.Args, frozen=True, kw_only=True):
    """One network and what its units see."""

    show_units: Annotated[bool, Meta(description="Show what each unit of the last hidden layer gives out.")] = True


def boundary(args: Boundary, traces: Mapping[str, Trace]) -> Film:
    """Return the boundary, what the last hidden units give out, and the loss."""
    field = Field(
        "field",
        window=window(args.shape),
        level=0.0,
        limits=SURE,
        dots=(LEARNED,),
        title="What the network says of every place",
    )
    loss = Lines(
        ("train/cost", "test/loss"),
        ("learned from", "never seen"),
        ("muted", "accent"),
        y_label="",
        title="Loss",
    )
    units = Tiles("units", title=f"What its last {args.units} units say of every place", gap=8.0)
    side = units.shared(1.5) / loss if args.show_units and args.units else loss
    return Film(
        Either(field.shared(1.15) | side, field.shared(1.2) / side, SQUARE),
        traces,
        Clock(first=0.4, seconds=11),
        title="A boundary bends until it parts two classes",
        captions=_told(args, traces[""]),
        count=Count(word="step"),
        alt="The plane is coloured by what a network says of each place; the line between two classes winds into a spiral.",
    )


def _told(args: Boundary, trace: Trace) -> tuple[Mark, ...]:
    """Return what is said: the start, when nine of ten are right and when 99 of 100, and the end."""
    start = "The weights are random, the boundary is anywhere. Blue and orange say which class is more likely, and how much."
    marks = [Mark(0, "initialize", start)]
    tests = trace.series("test/accuracy")
    for share in (0.9, 0.99):
        above = tests.steps[np.asarray(tests.values) >= share]
        if len(above) and above[0] < args.steps:
            text = (
                f"Step {int(above[0])}: more than {share:.0%} of {args.test} points never seen are on the right side."
            )
            marks.append(Mark(int(above[0]), f"{share:.0%}", text))
    result = [event.text for event in trace.events if event.name in {"result", "not a number"}]
    marks.append(Mark(args.steps, "result", *result[-1:]))
    return tuple(marks)


class Three(Struct, frozen=True, kw_only=True):
    """The same points for three networks."""

    shape: Shape = "moons"
    train: Points = 50
    noise: Noise = 0.35
    small: Annotated[
        int, Meta(ge=0, le=1024, description="Units a layer of the stiff one; 0 draws a straight line.")
    ] = 0
    right: Annotated[int, Meta(ge=1, le=1024, description="Hidden units of the one in the middle.")] = 16
    large: Annotated[int, Meta(ge=1, le=1024, description="Units a layer of the supple one.")] = 128
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Steps of each.")] = 400
    rows: Annotated[int, Meta(ge=2, le=1000, description="How often each is tested and looked at.")] = 60
    seed: Seed = 0


def three(args: Three) -> Mapping[str, Run]:
    """Return one training for each size, from the same points."""

    def sized(units: int, layers: int) -> Run:
        given = decision_boundary.Args(
            shape=args.shape, train=args.train, noise=args.noise, units=units, layers=layers, steps=args.steps,
            rows=args.rows, seed=args.seed, test=2000,
        )  # fmt: skip
        return Run(decision_boundary.train, given)

    return {"stiff": sized(args.small, 1), "right": sized(args.right, 1), "supple": sized(args.large, 3)}


def weighed(args: Three, traces: Mapping[str, Trace]) -> Film:
    """Return three boundaries side by side with the loss of each below, on the same scale."""
    called = {
        "stiff": "Too stiff: a straight line" if not args.small else f"Too stiff: {args.small} units",
        "right": f"In between: one layer of {args.right}",
        "supple": f"Too supple: 3 layers of {args.large}",
    }
    field = Field("field", window=window(args.shape), level=0.0, limits=SURE, dots=(LEARNED,))
    most = min(1.2, max(trace.bounds("test/loss")[1] for trace in traces.values()))
    loss = Lines(
        ("train/cost", "test/loss"), ("learned", "new"), ("muted", "accent"), limits=(0.0, most), y_label="",
        x_label="", format="{:.2f}",
    )  # fmt: skip
    cells = [(field.titled(called[name]).shared(2.1) / loss.titled("Loss")).of(name) for name in traces]
    return Film(
        cells[0] | cells[1] | cells[2],
        traces,
        Clock(first=0.4, seconds=11),
        title="Bias and variance: three networks learn from the same points",
        captions=_weighed(args, traces),
        alt="Three boundaries between the same two classes: a straight line, a smooth curve, and one that winds around single points.",
    )


def _weighed(args: Three, traces: Mapping[str, Trace]) -> tuple[Mark, ...]:
    """Return what is said: the start, when the supple one is at its best and when it only learns by heart, and the end."""
    marks = [
        Mark(
            0,
            "initialize",
            f"All three learn from the same {args.train} points. Below: the loss on these, and on 2000 others from the same moons."
            if args.shape == "moons"
            else f"All three learn from the same {args.train} points. Below: the loss on these, and on 2000 others.",
        )
    ]
    supple = traces["supple"]
    tests = supple.series("test/loss")
    best = int(tests.values.argmin())
    if tests.steps[best] < args.steps:
        marks.append(
            Mark(
                int(tests.steps[best]),
                "turning point",
                f"Step {number(int(tests.steps[best]))}: from here on the supple one does worse on points that it has not seen.",
                "supple",
            )
        )
    ends = {
        name: (
            1 - float(trace.value("train/accuracy", args.steps)),
            1 - float(trace.value("test/accuracy", args.steps)),
        )
        for name, trace in traces.items()
    }
    told = ", ".join(
        f"{word} {ends[name][0]:.0%} and {ends[name][1]:.0%}"
        for name, word in (("stiff", "stiff"), ("right", "in between"), ("supple", "supple"))
    )
    marks.append(Mark(args.steps, "result", f"Wrong at the end, of points learned from and of others: {told}."))
    return tuple(sorted(marks, key=lambda mark: mark.step))


class Left(Struct, frozen=True, kw_only=True):
    """The same large network twice."""

    shape: Shape = "moons"
    train: Points = 50
    noise: Noise = 0.35
    units: Annotated[int, Meta(ge=1, le=1024, description="Of each of three hidden layers.")] = 128
    dropout: Annotated[float, Meta(gt=0, lt=1, description="Part of the units left out at each step.")] = 0.5
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Steps of each.")] = 400
    rows: Annotated[int, Meta(ge=2, le=1000, description="How often each is tested and looked at.")] = 60
    seed: Seed = 0


def left_out(args: Left) -> Mapping[str, Run]:
    """Return the training without dropout, and with it."""

    def with_(dropout: float) -> Run:
        given = decision_boundary.Args(
            shape=args.shape, train=args.train, noise=args.noise, units=args.units, layers=3, dropout=dropout,
            steps=args.steps, rows=args.rows, seed=args.seed, test=2000,
        )  # fmt: skip
        return Run(decision_boundary.train, given)

    return {"without": with_(0.0), "dropout": with_(args.dropout)}


def dropped(args: Left, traces: Mapping[str, Trace]) -> Film:
    """Return both boundaries, and both test losses in one chart."""
    field = Field("field", window=window(args.shape), level=0.0, limits=SURE, dots=(LEARNED,))
    titles = {"without": "All units, always", "dropout": f"{args.dropout:.0%} of the units left out at each step"}
    most = min(1.5, max(trace.bounds("test/loss")[1] for trace in traces.values()))
    loss = Lines(
        ("without:test/loss", "dropout:test/loss"),
        ("all units", "with dropout"),
        ("muted", "accent"),
        limits=(0.0, most),
        y_label="",
        x_label="step",
        title="Loss on 2000 points never seen",
    )
    cells = [field.titled(titles[name]).of(name) for name in traces]
    return Film(
        Either((cells[0] | cells[1] | loss.shared(0.8)), (cells[0] | cells[1]) / loss.shared(0.7), SQUARE),
        traces,
        Clock(first=0.4, seconds=11),
        title="Dropout: no unit can rely on the others",
        captions=_dropped(args, traces),
        alt="The boundary of a large network winds around single points; with dropout the same network draws a smooth one.",
    )


def _dropped(args: Left, traces: Mapping[str, Trace]) -> tuple[Mark, ...]:
    """Return what is said at the start and at the end."""
    start = f"The same network twice, 3 layers of {args.units} units, the same {args.train} points."
    ends = {
        name: (float(trace.value("test/accuracy", args.steps)), float(trace.value("test/loss", args.steps)))
        for name, trace in traces.items()
    }
    plain, dropout = ends["without"], ends["dropout"]
    told = (
        f"Of points never seen {plain[0]:.1%} are right with all units and {dropout[0]:.1%} with dropout;"
        f" the loss is {number(plain[1], 2)} and {number(dropout[1], 2)}."
    )
    return (Mark(0, "initialize", start), Mark(args.steps, "result", told))


RECIPES = (
    Recipe(
        name="decision-boundary",
        chapter=5,
        summary="A network's boundary winds between two spirals; what each unit contributes stands beside it.",
        seconds=15,
        arguments=Boundary,
        runs=lambda args: {"": Run(decision_boundary.train, args)},
        film=boundary,
        quick={"train": 20, "test": 20, "steps": 6, "rows": 4, "units": 4},
        extra="torch",
    ),
    Recipe(
        name="bias-variance",
        chapter=5,
        summary="Under-trained, over-trained and in between: three boundaries from the same points.",
        seconds=16,
        arguments=Three,
        runs=three,
        film=weighed,
        quick={"train": 20, "steps": 6, "rows": 4, "large": 8},
        extra="torch",
    ),
    Recipe(
        name="dropout",
        chapter=5,
        summary="The same large network with dropout and without: one boundary smooth, one by heart.",
        seconds=15,
        arguments=Left,
        runs=left_out,
        film=dropped,
        quick={"train": 20, "steps": 6, "rows": 4, "units": 8},
        extra="torch",
    ),
)
