"""Chapters 16 and 19: what a network sees and looks at, and a console's screen at four times its resolution."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct

from mlanimated.agents import watching
from mlanimated.agents.agent import cards
from mlanimated.envs.atari import name as game_name
from mlanimated.envs.objects import things
from mlanimated.projector.film import Film
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.recipes.watching import (
    COUNT,
    FEW,
    clock,
    expected,
    game_title,
    introduced,
    marks_of,
    scores,
    screen,
    thoughts,
)
from mlanimated.trace import Trace
from mlanimated.views import AgentEye, Magnified, Mark, Screen

__all__ = ["RECIPES"]


class Look(Struct, frozen=True, kw_only=True):
    """Who looks at what."""

    game: Annotated[str, Meta(description="Any Atari game that an agent was trained on; none: the agent's.")] = ""
    agent: Annotated[str, Meta(description="Name or path of an agent; none: the best that there is for the game.")] = ""
    seed: Annotated[int, Meta(ge=0, le=2**31 - 2, description="Draws the game.")] = 1
    length: Annotated[float, Meta(ge=1, le=600, description="Seconds of play that are shown, from the start.")] = 10.0
    speed: Annotated[float, Meta(ge=0.1, le=20, description="1 is as fast as the console plays.")] = 0.75


class Close(Struct, frozen=True, kw_only=True):
    """Which game is looked at closely."""

    game: Annotated[str, Meta(description="Any Atari game.")] = "space_invaders"
    agent: Annotated[
        str, Meta(description="Name or path of an agent; none: the best that ships, else random moves.")
    ] = ""
    seed: Annotated[int, Meta(ge=0, le=2**31 - 2, description="Draws the game.")] = 1
    length: Annotated[
        float, Meta(ge=1, le=3600, description="Seconds of play that are shown, the best of the game.")
    ] = 14.0
    most: Annotated[int, Meta(ge=1, le=10**6, description="Steps of the game at the most, 15 a second.")] = 27_000
    detail: Annotated[int, Meta(ge=1, le=4, description="1, 2 or 4 times the console's resolution each way.")] = 4


def look(args: Look) -> Mapping[str, Run]:
    """Return the one game that is watched, with what the network looks at."""
    player = args.agent or watching.agent_for(args.game or "pong")
    given = watching.Args(
        agent=player, game=args.game, seed=args.seed, seconds=args.length, choose="beginning", saliency=True,
        most=round(args.length * 15) + 1,
    )  # fmt: skip
    return {"": Run(watching.record, given)}


def looking(args: Look, traces: Mapping[str, Trace]) -> Film:
    """Return the screen with what matters to the network shining, beside what it sees and what it would do."""
    (trace,) = traces.values()
    player = watching.player_of(trace)
    title = game_title(player.game)
    peaks = [float(value.max()) for value in trace.series("saliency").values]
    usual = float(np.median(peaks)) or 1.0  # a few steps at the very beginning would outshine all others
    shine = dataclasses.replace(screen(trace, heat=True), heat_most=usual).titled(
        "It shines where hiding it changes the answer"
    )
    eye = AgentEye(watching.open_console).titled("What it sees: four small grey pictures")
    bars = thoughts(trace, player.actions)
    beside = (eye.shared(2.7) / bars).shared(0.78) if len(player.actions) <= FEW else (eye | bars).shared(1.25)
    told = (
        Mark(
            0,
            "method",
            "Each place in turn is hidden; where that changes the network's answer, the picture shines (after Greydanus et al. 2018).",
        ),
        *marks_of(trace),
    )
    return Film(
        shine | beside,
        traces,
        clock(trace, args.speed),
        title=f"{title}: what the network looks at",
        captions=told,
        count=COUNT,
        alt=f"{title} played by a trained agent; the places that its network's answer hangs on shine.",
    )


def close(args: Close) -> Mapping[str, Run]:
    """Return the one game that is watched."""
    game = game_name(args.game)
    ship = any(card.game == game for card in cards())
    player = args.agent or (watching.agent_for(game) if ship else "")
    given = watching.Args(agent=player, game=game, seed=args.seed, seconds=args.length, most=args.most)
    return {"": Run(watching.record, given)}


def closely(args: Close, traces: Mapping[str, Trace]) -> Film:
    """Return the screen alone, four times as fine, with the things on it named; on a canvas that has as many rows."""
    (trace,) = traces.values()
    player = watching.player_of(trace)
    title = game_title(player.game)
    boxes = tuple((thing.name, f"object/{thing.name}") for thing in things(player.game))
    path = next((f"object/{thing.name}" for thing in things(player.game) if thing.moves), "")
    named = tuple(box for box in boxes if box[1] != path)
    picture = Screen(watching.open_console, detail=1 << (args.detail // 2), path=path, boxes=named)
    more = thoughts(trace, player.actions) if player.name else expected(trace)
    beside = scores(trace).shared(0.5) / more
    told = (Mark(trace.first_step, "start", introduced(player)), *marks_of(trace))
    return Film(
        picture.shared(1280) | Magnified(beside, factor=1.5).shared(512),
        traces,
        clock(trace),
        title=f"{title} at four times the console's resolution",
        captions=told,
        ribbon=False,
        width=1920.0,
        height=1080.0,
        alt=f"{title}, each of the console's pixels drawn finer, with the things on the screen named.",
    )


RECIPES = (
    Recipe(
        name="what-it-looks-at",
        chapter=16,
        summary="What the network sees of the game, and the places that its answer hangs on.",
        seconds=20,
        arguments=Look,
        runs=look,
        film=looking,
        quick={"length": 1.0},
        extra="atari",
    ),
    Recipe(
        name="close-up",
        chapter=19,
        summary="Space Invaders, or any game, at four times the console's resolution, the things on it named.",
        seconds=21,
        arguments=Close,
        runs=close,
        film=closely,
        quick={"length": 1.0, "most": 40},
        extra="atari",
    ),
)
