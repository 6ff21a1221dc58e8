"""A loss landscape: where a real network's training walked, on a map of the loss around its path."""

from __future__ import annotations

from collections.abc import Mapping

from mlanimated.data.plane import window
from mlanimated.learn import loss_landscape
from mlanimated.learn.loss_landscape import Args
from mlanimated.learn.words import small
from mlanimated.projector.film import Film
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.recipes.shape import SQUARE, Either
from mlanimated.trace import Trace
from mlanimated.views import Clock, Dots, Field, Lines, Mark

__all__ = ["RECIPES"]


def film(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return the map with the path, the boundary that the network draws meanwhile, and both losses."""
    trace = traces[""]
    left, right, bottom, top = (float(edge) for edge in trace.value("window", 0))
    along = ("along the path", "across") if args.directions == "path" else ("one way", "another way")
    land = Field(
        "landscape", window=(left, right, bottom, top), map="sequential", strength=0.9, lines=16, path="place",
        axes=True, names=along, title="The loss, in a slice through all weights",
    )  # fmt: skip
    field = Field(
        "field", window=window(args.shape), level=0.0, limits=(-6.0, 6.0), dots=(Dots("inputs", classes="labels"),),
        title="What the network says there",
    )  # fmt: skip
    losses = Lines(
        ("loss", "loss/slice"), ("its loss", "in the slice"), ("accent", "muted"), log=True, y_label="", title="Loss",
    )  # fmt: skip
    return Film(
        Either(land.shared(1.35) | (field / losses), land.shared(1.6) / (field | losses), SQUARE),
        traces,
        Clock(first=0.3, seconds=12),
        title="A network walks down its loss landscape",
        captions=_told(args, trace),
        alt="A path winds down a map of a network's loss into a valley, while the boundary between two classes bends into shape.",
    )


def _told(args: Args, trace: Trace) -> tuple[Mark, ...]:
    """Return what is said: what the map is, and where the path ends."""
    shown, last = float(trace.value("shown", 0)), args.steps
    weights = (2 + 1) * args.units + (args.layers - 1) * (args.units + 1) * args.units + args.units + 1
    seen = f"{shown:.0%} of the path lies in this plane."
    if args.directions == "random":
        seen = f"Of the path {shown:.1%} is seen: it hardly goes along two random directions."
    start = f"Each place of the map is a set of {weights} weights, its colour their loss. {seen}"
    (from_, to), (under, under_end) = (
        tuple(small(float(trace.value(name, step))) for step in (0, last)) for name in ("loss", "loss/slice")
    )
    end = f"From {from_} to {to} in {last} steps; in the plane, right below the path, from {under} to {under_end}."
    return Mark(0, "initialize", start), Mark(last, "result", end)


RECIPES = (
    Recipe(
        name="loss-landscape",
        chapter=2,
        summary="The loss of a small network as a map, and the path that training takes on it.",
        seconds=14,
        arguments=Args,
        runs=lambda args: {"": Run(loss_landscape.train, args)},
        film=film,
        quick={"steps": 6, "rows": 4, "units": 3, "grid": 7, "train": 20},
        extra="torch",
    ),
)
