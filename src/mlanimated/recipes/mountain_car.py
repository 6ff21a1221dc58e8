"""Chapter 14: Mountain Car with the state made discrete. The table fills while hundreds of cars drive; then before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.games.mountain_car import FLAG, POSITIONS, VELOCITIES
from mlanimated.learn import discretized_q
from mlanimated.projector.film import Film
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Trace
from mlanimated.views import Clock, Landscape, Lines, Mark, PhasePlane, Scene

__all__ = ["RECIPES"]


class Args(Struct, frozen=True, kw_only=True):
    """The table and how long it learns."""

    positions: Annotated[int, Meta(ge=10, le=400, description="Parts that the position is cut into.")] = 100
    velocities: Annotated[int, Meta(ge=10, le=400, description="Parts that the velocity is cut into.")] = 80
    cars: Annotated[int, Meta(ge=1, le=10_000, description="Cars that share the table.")] = 500
    steps: Annotated[int, Meta(ge=100, le=1_000_000, description="Steps that each of them drives.")] = 25_000
    epsilon: Annotated[float, Meta(ge=0, le=1, description="Chance of a random push at first; it falls to 0.")] = 0.3
    start: Annotated[float, Meta(ge=-0.6, le=-0.4, description="Where the rides of before and after start.")] = -0.5
    seed: Annotated[int, Meta(ge=0, description="Seed of starts and random pushes.")] = 0


def given(args: Args, steps: int | None = None) -> discretized_q.Args:
    """Return the learner's arguments, with another number of steps if one is given."""
    values: dict[str, Any] = {name: getattr(args, name) for name in Args.__struct_fields__}
    values["steps"] = args.steps if steps is None else steps
    return discretized_q.Args(**values)


def learning(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return the plane of position and velocity as it is learned, beside how well the table drives."""
    cells = PhasePlane(
        values="values",
        x_limits=POSITIONS,
        y_limits=VELOCITIES,
        goal=FLAG,
        meaning=("far from the flag", "near"),
        title="The table, and 60 of the cars on it",
    )
    solved = Lines("solved", format="{:.0%}", limits=(0, 1.04), title="Starts from which it reaches the flag")
    steps = Lines(
        ("steps", "best"),
        labels=("now", "best"),
        format="{:.0f}",
        limits=(80, 205),
        title="Steps to the flag, of at most 200",
    )
    return Film(
        cells.shared(1.5) | (solved / steps),
        traces,
        Clock(first=0.8, seconds=13),
        title=f"Mountain Car: {args.positions} × {args.velocities} cells learn how far the flag is",
        alt="The plane of position and velocity is coloured by the steps to the flag, as a table learns them; cars are dots on it.",
    )


def hill(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ground under the car."""
    return np.sin(3 * x) * 0.45 + 0.55


def rides(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return a ride before and one after, on the hill and on the plane of position and velocity."""
    del args
    before, after = traces["before"], traces["after"]
    told = (
        Mark(0, "start", "The engine is too weak to drive straight up to the flag. Before, the car pushes by chance."),
        Mark(
            round(0.3 * (after.last_step or 0)),
            "swing",
            "The trained car swings back and forth, higher each time, until it is fast enough for the right hill.",
        ),
        Mark(after.last_step or 0, "flag", after.events[-1].text, "after"),
        Mark(before.last_step or 0, "result", before.events[-1].text, "before"),
    )
    columns: list[Scene] = []
    for name, title in (("before", "Before: pushes by chance"), ("after", "After: the table alone")):
        ground = Landscape(
            hill,
            "x",
            domain=POSITIONS,
            heights=(0.0, 1.1),
            trail="none",
            steps=False,
            names=("position", "height"),
            title=title,
        )
        path = PhasePlane("x", "velocity", x_limits=POSITIONS, y_limits=VELOCITIES, goal=FLAG)
        columns.append((ground.shared(1.2) / path).of(name))
    return Film(
        columns[0] | columns[1],
        traces,
        Clock(pace="even", seconds=12),
        title="The same car before and after it learned to swing",
        captions=told,
        alt="A car in a valley, before and after training, on the hill and as a path of position and velocity.",
    )


RECIPES = (
    Recipe(
        name="mountain-car",
        chapter=14,
        summary="Mountain Car, the state made discrete: a table of cells learns how far the flag is.",
        seconds=13,
        arguments=Args,
        runs=lambda args: {"": Run(discretized_q.train, given(args))},
        film=learning,
        quick={"steps": 300, "cars": 20, "positions": 20, "velocities": 16},
    ),
    Recipe(
        name="mountain-car-rides",
        chapter=14,
        summary="The same car before and after, on the hill and on the plane of position and velocity.",
        seconds=11,
        arguments=Args,
        runs=lambda args: {
            "before": Run(discretized_q.ride, given(args, 0)),
            "after": Run(discretized_q.ride, given(args)),
        },
        film=rides,
        quick={"steps": 300, "cars": 20, "positions": 20, "velocities": 16},
    ),
)
