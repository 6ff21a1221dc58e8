"""Chapter 4: what an activation does to a number, and why a net needs one: the sine, learned with ReLU and without."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct
from msgspec.structs import replace

from mlanimated.learn import sine_fit
from mlanimated.learn.activations import relu, sigmoid, softmax, tanh
from mlanimated.learn.sine_fit import GRID, LAYERS
from mlanimated.learn.words import small
from mlanimated.projector.film import Film
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.recipes.shape import SQUARE, Either
from mlanimated.trace import Recorder, Trace
from mlanimated.views import Activation, Clock, Curve, Lines, Mark, Network

__all__ = ["RECIPES"]

DOMAIN = (-8.0, 8.0)
"""What is drawn of the x axis."""
SWEPT = (-5.0, 5.0)
"""Where x comes from and goes to."""
CALLED = {"relu": "with ReLU", "tanh": "with tanh", "sigmoid": "with sigmoid", "none": "without an activation"}
SCORES = (1.0, 0.0)
"""The two scores that stand still beside the moving one, in the softmax."""


class Sweep(Struct, frozen=True, kw_only=True):
    """How the input moves."""

    rows: Annotated[int, Meta(ge=8, le=2000, description="Places that it is recorded at, from left to right.")] = 120


def sweep(args: Sweep, recorder: Recorder, resume: object = None) -> None:
    """Record `x` from left to right, and at each place what becomes of it.

    Recorded: `relu`, `sigmoid` and `tanh` of x; `scores` (3,), x beside two that stand still, and their `softmax` (3,).

    Args:
        args: What is recorded.
        recorder: Takes the series.
        resume: Not used: nothing is learned.
    """
    del resume
    for step, x in enumerate(np.linspace(*SWEPT, args.rows + 1).tolist()):
        at = np.array(x)
        recorder.log(
            {
                "x": x,
                "relu": float(relu(at)),
                "sigmoid": float(sigmoid(at)),
                "tanh": float(tanh(at)),
                "scores": np.array([x, *SCORES]),
                "softmax": softmax(np.array([x, *SCORES])),
            },
            step=step,
        )
        recorder.tick(step)


def activations(args: Sweep, traces: Mapping[str, Trace]) -> Film:
    """Return four activations, each with a point that moves along it as the input grows."""
    relu_view, sigmoid_view, tanh_view = (
        Activation(name, "x", domain=DOMAIN, names=("x", ""), title=title)
        for name, title in (
            ("relu", "ReLU: nothing below 0"),
            ("sigmoid", "Sigmoid: between 0 and 1"),
            ("tanh", "tanh: between −1 and 1"),
        )
    )
    labels = ("x", *(f"always {score:g}" for score in SCORES))
    shares = Activation("softmax", "scores", labels=labels, title="Softmax: parts of 1")
    return Film(
        Either((relu_view | sigmoid_view) / (tanh_view | shares), relu_view / sigmoid_view / tanh_view / shares),
        traces,
        Clock(seconds=14, pace="even"),
        title="What an activation does to a number",
        captions=_places(args),
        ribbon=False,
        alt="A point moves along ReLU, sigmoid and tanh while three bars show the softmax of the same number beside two others.",
    )


def _places(args: Sweep) -> tuple[Mark, ...]:
    """Return what is said: where the input is so low that all is flat, at 0, where it draws level, and at the end."""
    low, high = SWEPT

    def at(x: float) -> float:
        return args.rows * (x - low) / (high - low)

    parts = softmax(np.array([high, *SCORES]))
    return (
        Mark(
            0,
            "far below 0",
            f"At x = −{-low:g} all three curves are flat: ReLU gives 0, sigmoid almost 0, tanh almost −1.",
        ),
        Mark(at(0.0), "at 0", "At 0 sigmoid gives 1/2 and is steepest; from here on ReLU passes x as it is."),
        Mark(
            at(SCORES[0]),
            "level",
            f"x is {SCORES[0]:g} too: softmax gives both the same part. From here on x gets the largest.",
        ),
        Mark(
            args.rows,
            "far above 0",
            f"At x = {high:g} softmax gives x {parts[0]:.0%}; sigmoid and tanh are flat again, ReLU still grows.",
        ),
    )


class Fit(Struct, frozen=True, kw_only=True):
    """The same net, twice."""

    steps: Annotated[int, Meta(ge=1, le=100_000, description="Steps that each takes.")] = 1000
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Adam's step length.")] = 0.01
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1, description="Draws the first weights, the same for both.")] = 0


def fit_runs(args: Fit) -> Mapping[str, Run]:
    """Return the net with ReLU and the net without, from the same weights."""
    base = sine_fit.Args(steps=args.steps, learning_rate=args.learning_rate, seed=args.seed)
    return {
        name: Run(sine_fit.train, replace(base, activation=kind))
        for name, kind in (("with ReLU", "relu"), ("without", "none"))
    }


def fit_film(args: Fit, traces: Mapping[str, Trace]) -> Film:
    """Return both fits side by side, and their losses on one axis."""
    del args
    curve = _curve()
    panels = [
        curve.of(name).titled(title)
        for name, title in (("with ReLU", "With ReLU"), ("without", "The same weights, no ReLU"))
    ]
    loss = Lines(
        ("with ReLU:loss", "without:loss"),
        ("with ReLU", "without"),
        ("prediction", "muted"),
        log=True,
        x_label="step",
        y_label="",
        format=_decimals(traces),
        title="Mean squared error",
    )
    return Film(
        Either(
            panels[0].shared(1.2) | panels[1].shared(1.2) | loss,
            Either((panels[0] | panels[1]).shared(1.6) / loss, panels[0] / panels[1] / loss),
            SQUARE,
        ),
        traces,
        Clock(first=0.5, seconds=11),
        title="The same net learns the sine, with ReLU and without",
        captions=_told(traces),
        alt="Two curves are fitted to a sine: with ReLU it bends into place, without an activation it stays a straight line.",
    )


def _decimals(traces: Mapping[str, Trace]) -> str:
    """Return a format in which the lowest error of a film still has a digit that is not 0."""
    least = min(low for trace in traces.values() for low in (trace.bounds("loss") or (1.0, 1.0))[:1])
    return "{:.4f}" if not 0 < least < 1e-3 else f"{{:.{min(8, -math.floor(math.log10(least)))}f}}"


def _curve() -> Curve:
    """Return the net's curve over the sine."""
    return Curve(
        tuple(GRID.tolist()), "prediction", np.sin, names=("x", ""), labels=("the net", "sin x"), heights=(-1.3, 1.3)
    )


def _told(traces: Mapping[str, Trace]) -> tuple[Mark, ...]:
    """Return what is said of the two: the start, when one converges and the other is stuck, and the end."""
    bent, straight = traces["with ReLU"], traces["without"]
    last = bent.last_step or 0
    start = "Both have the same random weights. Without ReLU they draw another curve, a straight line."
    marks = [Mark(0, "initialize", start)]
    for name, trace, wanted in (("With ReLU", bent, ("half way", "close")), ("Without ReLU", straight, ("stuck",))):
        marks += [
            Mark(event.step, f"{name}: {event.name}", f"{name}: {_small(event.text)}")
            for event in trace.events
            if event.name in wanted and event.step < last
        ]
    losses = [small(float(trace.value("loss", last))) for trace in (bent, straight)]
    marks.append(
        Mark(
            last,
            "result",
            f"Mean squared error: {losses[0]} with ReLU, {losses[1]} without. Layers on layers of lines are one line.",
        )
    )
    return tuple(sorted(marks, key=lambda mark: mark.step))


def _small(sentence: str) -> str:
    """Return a sentence as it goes on after a colon, its first sentence alone."""
    first = sentence.split(". ", maxsplit=1)[0].rstrip(".")
    return f"{first[0].lower()}{first[1:]}."


def net_film(args: sine_fit.Args, traces: Mapping[str, Trace]) -> Film:
    """Return the net itself beside its curve."""
    layers = range(len(LAYERS) - 1)
    net = Network(
        LAYERS,
        tuple(f"weights/{layer}" for layer in layers),
        tuple(f"biases/{layer}" for layer in layers),
        activations=tuple(f"activations/{layer}" for layer in range(len(LAYERS))),
        inputs=("x",),
        outputs=("y",),
        title="The net, asked for sin(1.571), which is 1",
    )
    loss = Lines("loss", log=True, y_label="", format=_decimals(traces), title="Mean squared error")
    return Film(
        net.shared(1.2) | (_curve().titled("What the net draws").shared(1.15) / loss),
        traces,
        Clock(first=0.6, seconds=10),
        title=f"Inside the net while it learns the sine {CALLED[args.activation]}",
        alt="A net of 7 and 5 neurons with live weights, beside the curve that it draws over the sine.",
    )


RECIPES = (
    Recipe(
        name="activations",
        chapter=4,
        summary="ReLU, sigmoid, tanh and softmax as points that move.",
        seconds=6,
        arguments=Sweep,
        runs=lambda args: {"": Run(sweep, args)},
        film=activations,
        quick={"rows": 12},
    ),
    Recipe(
        name="sine-fit",
        chapter=4,
        summary="The same net learns sin(x) with ReLU and without: one bends, one stays a line.",
        seconds=5,
        arguments=Fit,
        runs=fit_runs,
        film=fit_film,
        quick={"steps": 20},
    ),
    Recipe(
        name="sine-net",
        chapter=4,
        summary="Inside that net: weights, biases and neurons while it learns the sine.",
        seconds=7,
        arguments=sine_fit.Args,
        runs=lambda args: {"": Run(sine_fit.train, args)},
        film=net_film,
        quick={"steps": 20},
    ),
)
