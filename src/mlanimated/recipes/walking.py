"""Walking: a hull on two legs learns to walk. Before and after, and the same ground at four ages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from mlanimated.agents import walks
from mlanimated.learn.words import number
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Trace
from mlanimated.views import Clock, Mark, Number, Readout, Walker
from mlanimated.views.scene import Panel

__all__ = ["RECIPES"]

COUNT = Count(word="step of the walk", words=())


class Args(Struct, frozen=True, kw_only=True):
    """Who walks, and where."""

    agent: Annotated[str, Meta(description="Name or path of an agent of BipedalWalker-v3.")] = "walker"
    seed: Annotated[int, Meta(ge=0, le=2**31 - 2, description="Draws the ground, the same for all.")] = 7
    steps: Annotated[int, Meta(ge=1, le=1600, description="Steps that are shown at the most, 50 a second.")] = 1600


def pair(args: Args) -> Mapping[str, Run]:
    """Return the walk before learning and the one after."""
    return {
        name: Run(walks.record, walks.Args(agent=args.agent, age=age, seed=args.seed, most=args.steps))
        for name, age in (("after", -1), ("before", 0))
    }


def four(args: Args) -> Mapping[str, Run]:
    """Return a walk at four ages: none, the last that reached less than a third of the points, the first that reached more, all."""
    scores = walks.ages()
    known = list(scores)
    third = scores[known[-1]] / 3
    first = next(at for at, age in enumerate(known) if scores[age] >= third)
    chosen = [*sorted({known[0], known[max(0, first - 1)], known[first]}), -1]
    runs = {f"{age}": walks.Args(agent=args.agent, age=age, seed=args.seed, most=args.steps) for age in chosen}
    return {name: Run(walks.record, runs[name]) for name in ("-1", *(f"{age}" for age in chosen[:-1]))}


def before_after(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return the untrained walker above and the trained one below, from the same start."""
    del args
    rows = [
        _lane(traces[name], "Before: a network that has learned nothing" if name == "before" else "After: {} steps").of(
            name
        )
        for name in ("before", "after")
    ]
    return Film(
        rows[0] / rows[1],
        traces,
        Clock(pace="even", seconds=18),
        title="Learning to walk",
        captions=_told(traces),
        count=COUNT,
        alt="A hull on two legs falls at once before it has learned; after, it runs over rough ground to the flag.",
    )


def growing(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return the walker at four ages, on the same ground and one clock."""
    del args
    names = sorted(traces, key=lambda name: int(traces[name].value("age", 0)))
    lanes = [
        _lane(traces[name], "Nothing learned" if name == "0" else "{} steps learned from", wide=False).of(name)
        for name in names
    ]
    rows = [lanes[at] | lanes[at + 1] if at + 1 < len(lanes) else lanes[at] for at in range(0, len(lanes), 2)]
    return Film(
        rows[0] if len(rows) == 1 else rows[0] / rows[1],
        traces,
        Clock(pace="even", seconds=18),
        title="The same start at four ages",
        captions=_told(traces),
        count=COUNT,
        alt="The same walker on the same ground at four ages: it falls, it stumbles, it creeps, it runs.",
    )


def _lane(trace: Trace, title: str, *, wide: bool = True) -> Panel:
    """Return a walker, and how far it has come."""
    view = Walker(contact="contact", lidar="lidar", goal=float(trace.value("goal", 0)))
    titled = title.format(number(int(trace.value("age", 0))))
    if not wide:
        return view.titled(titled)
    told = Readout((Number("metres", "metres", unit="m", decimals=1), Number("points", "score", decimals=0)))
    return view.titled(titled).shared(5) | told


def _told(traces: Mapping[str, Trace]) -> tuple[Mark, ...]:
    """Return the captions: what is to be seen, and how each walk ends."""
    marks = [
        Mark(0, "start", "Four motors turn its hips and knees; ten rays feel the ground ahead. A fall ends the game.")
    ]
    for name, trace in traces.items():
        marks += [Mark(event.step, event.name, event.text, name) for event in trace.events]
    return tuple(sorted(marks, key=lambda mark: mark.step))


RECIPES = (
    Recipe(
        name="walking",
        chapter=25,
        summary="A hull on two legs before and after it learned to walk, by soft actor-critic.",
        seconds=9,
        arguments=Args,
        runs=pair,
        film=before_after,
        quick={"steps": 60},
        extra="walking",
    ),
    Recipe(
        name="walking-ages",
        chapter=25,
        summary="The same start at four ages of the training: it falls, it stumbles, it creeps, it runs.",
        seconds=9,
        arguments=Args,
        runs=four,
        film=growing,
        quick={"steps": 60},
        extra="walking",
    ),
)
