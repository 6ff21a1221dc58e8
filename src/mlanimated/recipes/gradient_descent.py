"""Chapter 2: a ball walks down y = (x − 10)², with one learning rate, with three, and against two searches that know no slope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct
from msgspec.structs import replace

from mlanimated.errors import MlaError
from mlanimated.learn import gradient_descent, search
from mlanimated.learn.surfaces import BOTTOM
from mlanimated.learn.words import number, small
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.recipes.shape import SQUARE, Either
from mlanimated.trace import Trace
from mlanimated.views import Clock, Formula, Landscape, Lines, Mark, Scene, Symbol

__all__ = ["RECIPES"]

DOMAIN = (-2.0, 22.0)
HEIGHTS = (-8.0, 130.0)
GRID = (-1.5, 21.0)
"""Ends of the grid, such that the lowest point does not happen to lie on it."""
GRID_DOMAIN, GRID_HEIGHTS = (-3.0, 23.0), (-9.0, 150.0)
"""What is drawn around the grid, so that its first look stands inside."""

SLOPE, STEP = "series-1", "accent"
"""Colours of the slope and the step, as the hill draws them."""


def valley(x: float) -> float:
    """Return the height that the ball rolls on."""
    return (x - 10.0) ** 2


def descent(args: gradient_descent.Args, traces: Mapping[str, Trace]) -> Film:
    """Return the film of one descent: the hill, the rule with its live numbers, and the height so far."""
    trace = next(iter(traces.values()))
    domain, heights = _window(args.start)
    hill = Landscape(valley, "x", domain=domain, heights=heights, names=("x", "y = (x − 10)²"))
    rule = Formula(
        (
            Symbol("x", "x", after=True),
            r"\leftarrow",
            ("x", "x"),
            Symbol("-", colour=STEP),
            Symbol(r"\eta", "learning_rate", colour=STEP),
            Symbol(r"\cdot", colour=STEP),
            Symbol(r"\frac{dy}{dx}", "gradient", colour=SLOPE),
        )
    )
    fall = Lines("y").titled("Height y after each step")
    return Film(
        hill.shared(2) | (rule.titled("New x = x − learning rate · slope") / fall.shared(1.6)),
        traces,
        Clock(first=2.0, seconds=7.0),
        title="Gradient descent: feel the slope, step against it, repeat",
        captions=_said(trace),
        fps=25,  # the first film that anyone makes is there in three seconds
        alt=f"A ball on the curve y = (x − 10)² takes steps against the slope, with a learning rate of {args.learning_rate:g}.",
    )


def _said(trace: Trace) -> tuple[Mark, ...]:
    """Return what is said of one descent: its events. Once it has converged there is no more to say."""
    events = trace.events
    arrived = any(event.name == "converged" for event in events)
    return tuple(
        Mark(event.step, event.name, event.text) for event in events if not (arrived and event.name == "result")
    )


def _window(start: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the part of the hill that is drawn at first: the usual one, or as much more as the start needs to be seen."""
    half = BOTTOM - DOMAIN[0]
    times = max(1.0, 1.1 * abs(start - BOTTOM) / half)
    return (BOTTOM - times * half, BOTTOM + times * half), (HEIGHTS[0] * times**2, HEIGHTS[1] * times**2)


class Rates(Struct, frozen=True, kw_only=True):
    """Three learning rates on one clock."""

    slow: Annotated[float, Meta(gt=0, le=2, description="The first learning rate.")] = 0.0003
    good: Annotated[float, Meta(gt=0, le=2, description="The second.")] = 0.1
    fast: Annotated[float, Meta(gt=0, le=2, description="The third; each differs from the others.")] = 0.95
    steps: Annotated[int, Meta(ge=1, le=10_000, description="Steps that each takes.")] = 58
    start: Annotated[float, Meta(ge=-1000, le=1000, description="The x at which every ball is put down.")] = 1.2345

    @property
    def rates(self) -> tuple[float, ...]:
        """The three rates, the largest first: shorter steps are then drawn over longer ones.

        Raises:
            MlaError: Two of them are the same.
        """
        rates = tuple(sorted({self.slow, self.good, self.fast}, reverse=True))
        if len(rates) < 3:
            raise MlaError("learning-rates compares three rates; two of slow, good and fast are the same.")
        return rates


def three_runs(args: Rates) -> Mapping[str, Run]:
    """Return one descent for each rate, named by it."""
    base = gradient_descent.Args(steps=args.steps, start=args.start)
    return {f"{rate:g}": Run(gradient_descent.train, replace(base, learning_rate=rate)) for rate in args.rates}


def three_rates(args: Rates, traces: Mapping[str, Trace]) -> Film:
    """Return three hills side by side on the same scales, from the smallest rate to the largest, each with a word on how it went."""
    domain, heights = _window(args.start)
    words = {name: _verdict(traces[name]) for name in sorted(traces, key=float)}
    hills = [
        Landscape(
            valley,
            "x",
            domain=domain,
            heights=heights,
            names=("x", "y"),
            run=name,
            title=f"Learning rate {name}: {word}",
        )
        for name, word in words.items()
    ]
    return Film(
        Scene(tuple(hills)),
        traces,
        Clock(first=1.8, seconds=8),
        title="The same ball, three learning rates",
        captions=_told(args, traces),
        count=Count(run=tuple(traces)[-1]),
        alt="Three balls start at the same place on the same curve with different learning rates: "
        + ", ".join(f"{name} is {word}" for name, word in words.items())
        + ".",
    )


def _places(trace: Trace) -> list[float]:
    """Return all x of a descent."""
    return [float(x) for x in trace.series("x").values]


def _verdict(trace: Trace) -> str:
    """Return in a word or three how a descent went."""
    places = _places(trace)
    how = gradient_descent.outcome(places)
    if how == "oscillating":
        return "almost too fast" if abs(places[-1] - BOTTOM) < 0.9 * abs(places[0] - BOTTOM) else "too fast"
    return {"converged": "good", "oscillated": "almost too fast", "diverged": "too fast"}.get(how, how)


def _told(args: Rates, traces: Mapping[str, Trace]) -> tuple[Mark, ...]:
    """Return what is said of the three: the start, the first jump, who swings and who arrives, and the end."""
    marks = [Mark(0, "initialize", f"All three start at x = {number(args.start, 2)}. Only the learning rate differs.")]
    first = next(iter(traces))
    jump = float(traces[first].value("x", 1))
    if (jump - BOTTOM) * (args.start - BOTTOM) < 0:
        marks.append(Mark(1, "first jump", f"{first} jumped over the bottom at once, to x = {number(jump, 2)}.", first))
    said: dict[str, Mark] = {}
    for name, trace in traces.items():
        when = {event.name: event.step for event in trace.events if event.step < args.steps}
        text, step = "", 0
        if "diverging" in when:
            text, step = "diverges: each jump leads further up.", when.get("oscillating", when["diverging"])
        elif "oscillating" in when:
            text, step = "swings from side to side: each step jumps over the bottom.", when["oscillating"]
        elif "converged" in when:
            step = when["converged"]
            steps = f"{step} step{'s' if step > 1 else ''}"
            text = f"arrives after {steps}: the slope is below a hundredth of the first."
        if text:
            said.setdefault(text.split(maxsplit=1)[0], Mark(step, f"{name} {text.partition(' ')[0]}", f"{name} {text}"))
    marks += said.values()
    ends = ", ".join(f"{name} {_whereabouts(trace)}" for name, trace in list(traces.items())[::-1])
    marks.append(Mark(args.steps, "result", f"After {args.steps} steps: {ends}. The bottom is at x = 10."))
    return tuple(sorted(marks, key=lambda mark: mark.step))


def _whereabouts(trace: Trace) -> str:
    """Return where a descent ended."""
    places = _places(trace)
    far = gradient_descent.outcome(places) == "diverged"
    return "far off" if far else f"at x = {number(places[-1], 2)}"


class Searches(Struct, frozen=True, kw_only=True):
    """Two searches and a descent on one clock."""

    looks: Annotated[int, Meta(ge=2, le=1000, description="Places that each may look at.")] = 30
    learning_rate: Annotated[float, Meta(gt=0, le=2, description="The descent's learning rate.")] = 0.1
    start: Annotated[
        float, Meta(ge=-1000, le=1000, description="Where the sign-step search and the descent begin.")
    ] = 1.2345


METHODS = {"grid": "Grid search", "sign": "Sign-step search", "descent": "Gradient descent"}


def searches(args: Searches) -> Mapping[str, Run]:
    """Return a grid search, a sign-step search and a descent. Each looks first at its start, so that steps are one fewer."""
    steps = args.looks - 1
    return {
        "grid": Run(search.train, search.Args(method="grid", steps=steps, low=GRID[0], high=GRID[1])),
        "sign": Run(search.train, search.Args(method="sign", steps=steps, start=args.start)),
        "descent": Run(
            gradient_descent.train,
            gradient_descent.Args(learning_rate=args.learning_rate, steps=steps, start=args.start),
        ),
    }


def search_film(args: Searches, traces: Mapping[str, Trace]) -> Film:
    """Return the three side by side, on the same scales."""
    grid, sign, slope = (
        Landscape(
            valley,
            "x",
            domain=GRID_DOMAIN,
            heights=GRID_HEIGHTS,
            names=("x", "y"),
            trail="fading" if name == "descent" else "dots",
            run=name,
            title=title,
        )
        for name, title in METHODS.items()
    )
    best = Lines(
        ("grid:best/y", "sign:best/y", "descent:y"),
        labels=tuple(METHODS.values()),
        log=True,
        values=False,
        x_label="more looks",
        title="Lowest y so far",
    )
    return Film(
        Either(grid | sign | slope | best, (grid | sign) / (slope | best), SQUARE),
        traces,
        Clock(first=1.0, seconds=8),
        title="Three ways to look for the lowest point",
        captions=_found(args, traces),
        count=Count(word="look", series="looks", words=()),
        alt="Grid search, sign-step search and gradient descent look for the lowest point of the same curve.",
    )


def _found(args: Searches, traces: Mapping[str, Trace]) -> tuple[Mark, ...]:
    """Return what is said of the searches: how each goes, where it shows, and what more numbers to find would cost."""
    last = args.looks - 1
    marks = [
        Mark(0, "initialize", "A grid looks everywhere. Sign steps go where it is lower. Descent asks how steep it is.")
    ]
    halved = next((event.step for event in traces["sign"].events if event.name == "halve"), last)
    if halved < last:
        text = "Sign-step search finds neither side lower, and halves its step."
        marks.append(Mark(halved, "halved", text))
    lowest = {
        "a grid": traces["grid"].series("best/y").values,
        "sign steps": traces["sign"].series("best/y").values,
        "descent": traces["descent"].series("y").values,
    }
    passed = int(np.argmin(lowest["a grid"])) + 3
    if halved < passed < last:
        marks.append(Mark(passed, "passed", "The grid has passed the lowest point and looks on: it cannot know."))
    ends = sorted((float(np.min(values)), name) for name, values in lowest.items())
    told = ", ".join(f"{name} {small(value)}" for value, name in ends)
    best = f"{ends[0][1]} {'do' if ends[0][1].endswith('s') else 'does'} best"
    marks.append(Mark(last, "result", f"Lowest y in {args.looks} looks: {told}. With one number to find, {best}."))
    many = (
        f"With 2, 10, 1000 numbers a grid needs {args.looks}², {args.looks}¹⁰, {args.looks}¹⁰⁰⁰ looks, "
        "a sign step up to 4, 20, 2000; descent one slope a step."
    )
    return (*marks, Mark(last, "more numbers", many))


RECIPES = (
    Recipe(
        name="gradient-descent",
        chapter=2,
        summary="A ball feels the slope of y = (x − 10)² and steps against it.",
        seconds=4,
        arguments=gradient_descent.Args,
        runs=lambda args: {"": Run(gradient_descent.train, args)},
        film=descent,
    ),
    Recipe(
        name="learning-rates",
        chapter=2,
        summary="The same ball with three learning rates: too slow, good, almost too fast.",
        seconds=4,
        arguments=Rates,
        runs=three_runs,
        film=three_rates,
    ),
    Recipe(
        name="search",
        chapter=2,
        summary="Grid search, sign-step search and gradient descent on the same curve.",
        seconds=6,
        arguments=Searches,
        runs=searches,
        film=search_film,
    ),
)
