"""The pictures that units of a network prefer, growing out of noise, above the doodles that they like best."""

from __future__ import annotations

from collections.abc import Mapping

from mlanimated.data.images import CLASSES
from mlanimated.learn import preferred_pictures
from mlanimated.learn.preferred_pictures import GROUPS, Args
from mlanimated.learn.words import number
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.recipes.shape import SQUARE, Either
from mlanimated.trace import Trace
from mlanimated.views import Clock, Lines, Mark, Tiles

__all__ = ["RECIPES"]


def film(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return the pictures of two stages of filters and of the ten answers, each above the doodles that excite it most."""
    half = -(-args.units // 2)

    def both(group: str, title: str, columns: int, names: tuple[str, ...] = ()) -> tuple[Tiles, Tiles]:
        made = Tiles(f"pictures/{group}", columns=columns, gap=5.0, names=names, title=title)
        return made, Tiles(f"best/{group}", columns=columns, gap=5.0, title="Doodles they like best")

    second, third = (
        both(group, title, half) for group, title in (("second", "Filters of stage 2"), ("third", "Filters of stage 3"))
    )
    answers = both("answers", "The ten answers", 5, CLASSES)
    much = Lines(
        tuple(f"excited/{group}" for group in GROUPS), ("stage 2", "stage 3", "answers"),
        ("series-1", "series-3", "accent"), format="{:.1f}", y_label="", title="Excited (best doodle: 1)",
    )  # fmt: skip
    made = second[0] | third[0] | answers[0].shared(1.35)
    best = second[1] | third[1] | answers[1].shared(1.35)
    return Film(
        Either((made.shared(1.1) / best).shared(3.4) | much, made / best / much.shared(0.8), SQUARE),
        traces,
        Clock(first=0.4, seconds=11),
        title="The pictures that a network’s units prefer",
        captions=_told(args, traces[""]),
        count=Count(word="step"),
        alt="Small pictures grow out of noise: stripes and blobs for filters, hints of animals and vehicles for the answers.",
    )


def _told(args: Args, trace: Trace) -> tuple[Mark, ...]:
    """Return what is said at the start and at the end."""
    share = float(trace.value("accuracy", 0))
    ends = [number(float(trace.value(f"excited/{group}", args.steps)), 1) for group in GROUPS]
    start = f"The network knows ten classes ({share:.0%} right) and no longer changes: now pixels learn to please it."
    told = (
        f"Excited above the mean of {args.test} doodles, the best of them being 1: filters of stage 2 {ends[0]},"
        f" of stage 3 {ends[1]}, answers {ends[2]}."
    )
    return Mark(0, "initialize", start), Mark(args.steps, "result", told)


RECIPES = (
    Recipe(
        name="preferred-pictures",
        chapter=6,
        summary="From noise, pictures grow that a network's filters and answers like best.",
        seconds=18,
        arguments=Args,
        runs=lambda args: {"": Run(preferred_pictures.train, args)},
        film=film,
        quick={"steps": 3, "rows": 3, "train": 20, "epochs": 1, "test": 20, "filters": 4},
        extra="torch",
    ),
)
