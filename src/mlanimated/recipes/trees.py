"""Trees: one tree, a forest and boosting grow side by side on the same points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from mlanimated.data.plane import PlaneName, window
from mlanimated.learn import trees
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Trace
from mlanimated.views import Clock, Dots, Field, Lines, Mark

__all__ = ["RECIPES"]

TITLES = {
    "tree": "One tree, question by question",
    "forest": "A forest: {} trees vote",
    "boosting": "Boosting: {} small trees",
}


class Args(Struct, frozen=True, kw_only=True):
    """The same points for all three."""

    shape: Annotated[PlaneName, Meta(description="How the points lie.")] = "moons"
    train: Annotated[int, Meta(ge=4, le=10_000, description="Points to learn from.")] = 150
    noise: Annotated[float, Meta(ge=0, le=2, description="Standard deviation of the noise in each coordinate.")] = 0.35
    steps: Annotated[int, Meta(ge=1, le=1000, description="Questions of the tree; trees of the others.")] = 60
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws the points, and what each tree sees.")] = 0


def runs(args: Args) -> Mapping[str, Run]:
    """Return one run for each kind."""
    return {
        kind: Run(
            trees.train,
            trees.Args(
                kind=kind, shape=args.shape, train=args.train, noise=args.noise, steps=args.steps, seed=args.seed
            ),
        )
        for kind in ("tree", "forest", "boosting")
    }


def film(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return the three fields, each over how many points are right."""
    field = Field(
        "field", window=window(args.shape), level=0.5, crisp=True, strength=0.5,
        dots=(Dots("inputs", classes="labels", radius=4.0),),
    )  # fmt: skip
    right = Lines(
        ("train/accuracy", "test/accuracy"), ("learned", "new"), ("muted", "accent"), limits=(0.5, 1.0), y_label="",
        x_label="", format="{:.2f}",
    )  # fmt: skip
    cells = [
        (field.titled(TITLES[name].format(args.steps)).shared(2.1) / right.titled("Right, of all")).of(name)
        for name in traces
    ]
    return Film(
        cells[0] | cells[1] | cells[2],
        traces,
        Clock(first=1.6, seconds=12),
        title="One tree, a forest that votes, and boosting",
        captions=_told(args, traces),
        count=Count(word="step"),
        alt="A decision tree, a random forest and boosting colour the plane around the same points of two classes.",
    )


def _told(args: Args, traces: Mapping[str, Trace]) -> tuple[Mark, ...]:
    """Return what is said: what a step is, when the tree knows all its points, and the end."""
    start = (
        f"The same {args.train} points for all. A step is one more question of the tree, one more tree of the others."
    )
    marks = [Mark(0, "initialize", start)]
    rows = traces["tree"].series("train/accuracy")
    whole = rows.steps[rows.values == 1.0]
    if len(whole) and whole[0] < args.steps:
        tested = float(traces["tree"].value("test/accuracy", int(whole[0])))
        best = float(traces["tree"].series("test/accuracy").values.max())
        text = (
            f"After {int(whole[0])} questions the tree has all its points right, and {tested:.0%} of those never seen:"
            f" {best:.0%} at its best."
        )
        marks.append(Mark(int(whole[0]), "by heart", text))
    ends = {name: float(trace.value("test/accuracy", args.steps)) for name, trace in traces.items()}
    told = f"Of 2000 points never seen are right: tree {ends['tree']:.1%}, forest {ends['forest']:.1%}, boosting {ends['boosting']:.1%}."
    marks.append(Mark(args.steps, "result", told))
    return tuple(marks)


RECIPES = (
    Recipe(
        name="trees",
        chapter=24,
        summary="A decision tree, a random forest and boosting grow side by side on the same points.",
        seconds=13,
        arguments=Args,
        runs=runs,
        film=film,
        quick={"train": 20, "steps": 4},
        extra="data",
    ),
)
