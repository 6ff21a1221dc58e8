"""Chapter 2: a ball walks down y = (x − 10)², with one learning rate, with three, and against two searches that know no slope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from mlanimated.learn import gradient_descent, search
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Trace
from mlanimated.views import Clock, Formula, Landscape, Lines, Mark, Scene, Symbol

__all__ = ["RECIPES"]

DOMAIN = (-2.0, 22.0)
HEIGHTS = (-8.0, 130.0)
GRID = (-1.5, 21.0)
"""Ends of the grid, such that the lowest point does not happen to lie on it."""


def valley(x: float) -> float:
    """Return the height that the ball rolls on."""
    return (x - 10.0) ** 2


def descent(args: gradient_descent.Args, traces: Mapping[str, Trace]) -> Film:
    """Return the film of one descent: the hill, the rule with its live numbers, and the height so far."""
    del args
    hill = Landscape(valley, "x", domain=DOMAIN, heights=HEIGHTS, names=("x", "y = (x − 10)²"))
    rule = Formula(
        (
            Symbol("x", "x", after=True),
            r"\leftarrow",
            ("x", "x"),
            "-",
            (r"\eta", "learning_rate"),
            r"\cdot",
            (r"\frac{dy}{dx}", "gradient"),
        )
    )
    fall = Lines("y").titled("Height y after each step")
    return Film(
        hill.shared(2) | (rule.titled("One step") / fall.shared(1.6)),
        traces,
        Clock(first=1.6, seconds=7.5),
        title="Gradient descent: feel the slope, step against it, repeat",
        alt="A ball on the curve y = (x − 10)² takes steps against the slope.",
    )


class Rates(Struct, frozen=True, kw_only=True):
    """Three learning rates on one clock."""

    slow: Annotated[float, Meta(gt=0, le=2, description="Learning rate of the left film.")] = 0.0003
    good: Annotated[float, Meta(gt=0, le=2, description="Learning rate in the middle.")] = 0.1
    fast: Annotated[float, Meta(gt=0, le=2, description="Learning rate of the right film.")] = 0.95
    steps: Annotated[int, Meta(ge=1, le=10_000, description="Steps that each takes.")] = 58
    start: Annotated[float, Meta(ge=-1000, le=1000, description="The x at which every ball is put down.")] = 1.2345


def three_runs(args: Rates) -> Mapping[str, Run]:
    """Return one descent for each rate."""
    base = gradient_descent.Args(steps=args.steps, start=args.start)
    rates = {"slow": args.slow, "good": args.good, "fast": args.fast}
    return {name: Run(gradient_descent.train, replace(base, learning_rate=rate)) for name, rate in rates.items()}


def three_rates(args: Rates, traces: Mapping[str, Trace]) -> Film:
    """Return three descents side by side, on the same scales."""
    hill = Landscape(valley, "x", domain=DOMAIN, heights=HEIGHTS, names=("x", "y"))
    rates = {"slow": args.slow, "good": args.good, "fast": args.fast}
    hills = Scene(tuple(hill.of(name).titled(f"Learning rate {rate:g}") for name, rate in rates.items()))
    fall = Lines(tuple(f"{name}:y" for name in rates), labels=tuple(f"{rate:g}" for rate in rates.values()))
    return Film(
        hills.shared(1.5) / fall.titled("Height y after each step"),
        traces,
        Clock(first=1.4, seconds=10),
        title="The same ball, three learning rates",
        captions=_told(args, traces),
        alt="Three balls start at the same place on the same curve with different learning rates.",
    )


def _told(args: Rates, traces: Mapping[str, Trace]) -> tuple[Mark, ...]:
    """Return what is said of the three: the start, and how each one ended, when it is known."""
    marks = [
        Mark(
            0,
            "initialize",
            f"All three start at x = {args.start:g}. Only the learning rate, the length of a step, differs.",
        )
    ]
    places = {"slow": "On the left", "good": "In the middle", "fast": "On the right"}
    seen: dict[str, str] = {}
    for name, trace in traces.items():
        for event in trace.events:
            if event.name in {"converged", "overshoot", "diverging"} and event.name not in seen.values():
                seen[name] = event.name
                told = event.text[0].lower() + event.text[1:]
                marks.append(Mark(event.step, f"{name}: {event.name}", f"{places[name]}: {told}", name))
                break
    ends = [(float(trace.value("x", args.steps)), name) for name, trace in traces.items()]
    said = ", ".join(f"{name} at x = {x:.2f}" for x, name in ends)
    marks.append(
        Mark(args.steps, "result", f"After {args.steps} steps: {said}. The bottom is at 10.".replace("-", "−"))
    )
    return tuple(sorted(marks, key=lambda mark: mark.step))


class Searches(Struct, frozen=True, kw_only=True):
    """Two searches and a descent on one clock."""

    looks: Annotated[int, Meta(ge=2, le=1000, description="Places that each may look at.")] = 30
    learning_rate: Annotated[float, Meta(gt=0, le=2, description="The descent's learning rate.")] = 0.1
    start: Annotated[
        float, Meta(ge=-1000, le=1000, description="Where the sign-step search and the descent begin.")
    ] = 1.2345


def searches(args: Searches) -> Mapping[str, Run]:
    """Return a grid search, a sign-step search and a descent."""
    return {
        "grid": Run(search.train, search.Args(method="grid", steps=args.looks, low=GRID[0], high=GRID[1])),
        "sign": Run(search.train, search.Args(method="sign", steps=args.looks, start=args.start)),
        "descent": Run(
            gradient_descent.train,
            gradient_descent.Args(learning_rate=args.learning_rate, steps=args.looks, start=args.start),
        ),
    }


def search_film(args: Searches, traces: Mapping[str, Trace]) -> Film:
    """Return the three side by side, on the same scales."""
    titles = {"grid": "Grid search", "sign": "Sign-step search", "descent": "Gradient descent"}
    hills: list[Landscape] = []
    for name, title in titles.items():
        trail = "fading" if name == "descent" else "dots"
        hills.append(
            Landscape(valley, "x", domain=DOMAIN, heights=HEIGHTS, names=("x", "y"), trail=trail, run=name, title=title)
        )
    best = Lines(
        ("grid:best/y", "sign:best/y", "descent:y"),
        labels=tuple(titles.values()),
        log=True,
        values=False,
        x_label="look",
    )
    lowest = {
        name: float(trace.value("y" if name == "descent" else "best/y", args.looks)) for name, trace in traces.items()
    }
    told = ", ".join(f"{titles[name].lower()} {_small(value)}" for name, value in lowest.items())
    return Film(
        Scene(tuple(hills)).shared(1.5) / best.titled("Lowest y so far"),
        traces,
        Clock(first=1.0, seconds=10),
        title="Three ways to look for the lowest point",
        captions=(
            Mark(
                0,
                "initialize",
                "A grid looks everywhere. Sign steps go where it is lower. Descent asks how steep it is.",
            ),
            Mark(
                args.looks // 3, "a third", "Descent takes long steps where it is steep, short ones where it is flat."
            ),
            Mark(
                args.looks,
                "result",
                f"Lowest y in {args.looks} looks: {told}.",
            ),
        ),
        count=Count(word="look", words=()),
        alt="Grid search, sign-step search and gradient descent look for the lowest point of the same curve.",
    )


def _small(value: float) -> str:
    """Return a height in four decimals."""
    return f"{value:.4f}" if value >= 1e-4 else "under 0.0001"


RECIPES = (
    Recipe(
        name="gradient-descent",
        chapter=2,
        summary="A ball feels the slope of y = (x − 10)² and steps against it.",
        seconds=3,
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
        seconds=4,
        arguments=Searches,
        runs=searches,
        film=search_film,
    ),
)
