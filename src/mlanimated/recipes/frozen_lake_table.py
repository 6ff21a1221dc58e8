"""Chapter 13: Q-learning on Frozen Lake. The table fills, one cell a step, and each update is written out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from mlanimated.games.maps import MOVE_NAMES
from mlanimated.learn import temporal_difference
from mlanimated.learn.tasks import board
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Trace
from mlanimated.views import Clock, Grid, QTable

__all__ = ["RECIPES"]


class Args(Struct, frozen=True, kw_only=True):
    """Q-learning on the lake of 4 by 4."""

    slippery: Annotated[bool, Meta(description="Two steps of three slide to a side.")] = False
    method: Annotated[temporal_difference.Method, Meta(description="What the target is.")] = "q-learning"
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="How far a value moves towards its target.")] = 0.5
    gamma: Annotated[float, Meta(gt=0, le=1, description="What a reward is worth a step later.")] = 0.9
    epsilon: Annotated[
        float, Meta(ge=0, le=1, description="Chance of a random move in the first game; it falls to 0.")
    ] = 1.0
    episodes: Annotated[int, Meta(ge=1, le=100_000, description="Games.")] = 150
    seed: Annotated[int, Meta(ge=0, description="Seed of play and ice.")] = 1


def runs(args: Args) -> Mapping[str, Run]:
    """Return the play on the lake."""
    return {
        "": Run(
            temporal_difference.train,
            temporal_difference.Args(
                task="slippery 4x4" if args.slippery else "lake 4x4",
                method=args.method,
                learning_rate=args.learning_rate,
                gamma=args.gamma,
                epsilon=args.epsilon,
                episodes=args.episodes,
                longest=100,
                seed=args.seed,
            ),
        )
    }


def film(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return the lake at the left and the table at the right."""
    lake = board("lake 4x4")
    over = tuple(state for state in range(lake.states) if not lake.legal(state))
    grid = Grid(
        lake.rows, values="values", policy="q", agent="place", limits=(0, 1), title="The lake: best value of each cell"
    )
    table = QTable(
        actions=MOVE_NAMES,
        learning_rate=args.learning_rate,
        gamma=args.gamma,
        closed=over,
        title="The table: what each move is worth",
    )
    return Film(
        grid | table,
        traces,
        Clock(pace="filled", seconds=18),
        title="A table learns to cross the ice" + (", which is slippery" if args.slippery else ""),
        count=Count(word="game", series="episode"),
        alt="A frozen lake with a player beside a table of 16 rows and 4 columns that fills with values as it plays.",
    )


RECIPES = (
    Recipe(
        name="frozen-lake-table",
        chapter=13,
        summary="Q-learning on Frozen Lake: the 16 by 4 table fills, each update written out.",
        seconds=8,
        arguments=Args,
        runs=runs,
        film=film,
        quick={"episodes": 8},
    ),
)
