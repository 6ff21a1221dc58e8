"""Chapters 16 to 20: a trained agent plays an Atari game, beside what it thinks. Any agent of any game, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from mlanimated.agents import watching
from mlanimated.agents.agent import cards
from mlanimated.agents.card import Card
from mlanimated.agents.watching import Player
from mlanimated.draw.text import number
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Trace
from mlanimated.views import Bars, Clock, Lines, Mark, Number, Readout, Screen
from mlanimated.views.scene import Panel

__all__ = [
    "CHAPTERS",
    "COUNT",
    "FEW",
    "RECIPES",
    "clock",
    "expected",
    "game_title",
    "introduced",
    "marks_of",
    "scores",
    "screen",
    "thoughts",
]

CHAPTERS = {"pong": 16, "breakout": 17, "space_invaders": 19}
"""Game → its chapter of the book; the others are of chapter 20."""
FEW = 6
"""Up to so many actions have their bars beside a wide screen."""
RATE = 15.0
"""Steps a second at which games are watched: as the console plays them."""
COUNT = Count(word="second of the game", series="second", words=())


class Args(Struct, frozen=True, kw_only=True):
    """Who plays what, and how much is shown."""

    game: Annotated[str, Meta(description="Any Atari game; none: the agent's.")] = ""
    agent: Annotated[str, Meta(description="Name or path of an agent; none: the best that there is for the game.")] = ""
    seed: Annotated[int, Meta(ge=0, le=2**31 - 2, description="Draws the game.")] = 1
    sticky: Annotated[float, Meta(ge=0, lt=1, description="Chance that a frame repeats the action before.")] = 0.0
    length: Annotated[
        float, Meta(ge=1, le=3600, description="Seconds of play that are shown, the best of the game.")
    ] = 16.0
    most: Annotated[int, Meta(ge=1, le=10**6, description="Steps of the game at the most, 15 a second.")] = 27_000
    speed: Annotated[float, Meta(ge=0.1, le=20, description="1 is as fast as the console plays.")] = 1.0


class Own(Struct, frozen=True, kw_only=True):
    """What can be changed where the agent is given."""

    seed: Annotated[int, Meta(ge=0, le=2**31 - 2, description="Draws the game.")] = 1
    sticky: Annotated[float, Meta(ge=0, lt=1, description="Chance that a frame repeats the action before.")] = 0.0
    length: Annotated[
        float, Meta(ge=1, le=3600, description="Seconds of play that are shown, the best of the game.")
    ] = 16.0
    most: Annotated[int, Meta(ge=1, le=10**6, description="Steps of the game at the most, 15 a second.")] = 27_000
    speed: Annotated[float, Meta(ge=0.1, le=20, description="1 is as fast as the console plays.")] = 1.0


def runs(args: Args) -> Mapping[str, Run]:
    """Return the one game that is watched."""
    player = args.agent or watching.agent_for(args.game or "pong")
    given = watching.Args(
        agent=player, game=args.game, seed=args.seed, sticky=args.sticky, seconds=args.length, most=args.most
    )
    return {"": Run(watching.record, given)}


def film(args: Args | Own, traces: Mapping[str, Trace]) -> Film:
    """Return the film: the screen, what each action is worth or how likely it is, the score, and what is expected."""
    (trace,) = traces.values()
    player = watching.player_of(trace)
    title, few = game_title(player.game), len(player.actions) <= FEW
    parts = (scores(trace), thoughts(trace, player.actions), expected(trace, narrow=not few))
    beside: Panel = (
        (parts[0].shared(0.55) / parts[1].shared(0.35 + 0.17 * len(player.actions)) / parts[2].shared(1.1)).shared(0.78)
        if few
        else (parts[1] | (parts[0].shared(0.6) / parts[2])).shared(1.25)
    )
    return Film(
        screen(trace) | beside,
        traces,
        clock(trace, args.speed),
        title=f"{title}, played by its agent",
        captions=(Mark(trace.first_step, "start", introduced(player)), *marks_of(trace)),
        count=COUNT,
        alt=f"A trained agent plays {title}; beside the screen stand its score and what it thinks of each action.",
    )


def screen(trace: Trace, *, detail: int = 1, heat: bool = False) -> Screen:
    """Return the view of the game of a trace, its ball's way drawn where it has one."""
    path = "object/ball" if "object/ball" in trace.names else ""
    return Screen(watching.open_console, path=path, detail=detail, heat="saliency" if heat else "")


def thoughts(trace: Trace, actions: tuple[str, ...]) -> Bars:
    """Return the bars of each action: its probability, or what it is worth; the best is lit."""
    words = tuple(action_words(action) for action in actions)
    if "q" in trace.names:
        return Bars("q", words, format="{:.2f}", glide=False, title="What each action is worth (Q)")
    return Bars("chances", words, format="{:.2f}", limits=(0, 1), glide=False, title="P(action)")


def scores(trace: Trace) -> Readout:
    """Return the score, and the lives where the game counts them."""
    numbers = [Number("score", "score", decimals=0, colour="reward")]
    if trace.bounds("lives")[1] > 0:
        numbers.append(Number("lives", "lives", decimals=0))
    return Readout(tuple(numbers))


def expected(trace: Trace, *, narrow: bool = False) -> Panel:
    """Return the curve of what the agent expects; of the score where it does not say. `narrow`: with few words."""
    name = "value" if "value" in trace.names else "score"
    told = "What it expects (value)" if narrow else "What it expects to win from here (value)"
    title = told if name == "value" else "Score"
    return Lines(
        name,
        x="second",
        colours=("value" if name == "value" else "reward",),
        format="{:.2f}" if name == "value" else "{:.0f}",
        x_label="second" if narrow else "second of the game",
        y_label="",
        title=title,
    )


def clock(trace: Trace, speed: float = 1.0) -> Clock:
    """Return a clock that plays the rows of a trace as fast as the console does, times `speed`."""
    rows = len(trace.steps())
    return Clock(pace="even", seconds=max(0.5, rows / RATE / speed), hold=0.0, intro=0.8, outro=1.5)


def marks_of(trace: Trace) -> tuple[Mark, ...]:
    """Return the highlights that a trace of a game holds, as captions and chapters."""
    return tuple(Mark(event.step, event.name, event.text) for event in trace.events)


def game_title(game: str) -> str:
    """Return a game's name as a title: "Space Invaders"."""
    return " ".join(word.capitalize() for word in game.split("_"))


def action_words(action: str) -> str:
    """Return an action as a person says it: "up right fire" for "uprightfire", "wait" for "noop"."""
    if action == "noop":
        return "wait"
    rest, said = action, list[str]()
    while rest:
        part = next((word for word in ("up", "down", "left", "right", "fire") if rest.startswith(word)), rest)
        said.append(part)
        rest = rest[len(part) :]
    return " ".join(said)


def introduced(player: Player) -> str:
    """Return one sentence of who plays, for a caption."""
    if not player.name:
        return "Nobody plays: the buttons are pressed at random."
    learned = f"{player.steps / 1e6:.1f} million" if player.steps >= 1e5 else number(player.steps, 0)
    mean = f" Its mean score is {number(player.score, 1)}, of {player.games} games." if player.score is not None else ""
    return f"It learned from {learned} steps and makes the move that looks best.{mean}"


def _for(card: Card) -> Recipe:
    """Return the recipe of an agent that ships."""
    title = game_title(card.game)

    def run(args: Own) -> Mapping[str, Run]:
        given = watching.Args(
            agent=card.name, game=card.game, seed=args.seed, sticky=args.sticky, seconds=args.length, most=args.most
        )
        return {"": Run(watching.record, given)}

    return Recipe(
        name=f"watch-{card.name}",
        chapter=CHAPTERS.get(card.game, 20),
        summary=f"The trained agent {card.name} plays {title}: the screen, its score and what it thinks.",
        seconds=20,
        arguments=Own,
        runs=run,
        film=film,
        quick={"length": 2.0, "most": 60},
        extra="atari",
    )


RECIPES = (
    *(_for(card) for card in cards() if not card.shape),
    Recipe(
        name="watch",
        chapter=20,
        summary="Any Atari game, played by the agent that ships for it or that was trained here.",
        seconds=20,
        arguments=Args,
        runs=runs,
        film=film,
        quick={"length": 2.0, "most": 60},
        extra="atari",
    ),
)
