"""Chapters 16 and 20: random beside trained, the same start at every age of a training, and a wall of games, each on one clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from mlanimated.agents import watching
from mlanimated.agents.aged import steps_of
from mlanimated.agents.agent import SHIPPED, cards
from mlanimated.draw.text import number
from mlanimated.envs.atari import name as game_name
from mlanimated.errors import MlaError
from mlanimated.learn.ages import known_ages
from mlanimated.projector.film import Film
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.recipes.watching import clock, game_title, screen, thoughts
from mlanimated.trace import Trace
from mlanimated.views import Mark, Number, Readout, Scene
from mlanimated.views.scene import Panel

__all__ = ["RECIPES"]

AGES = "0,10k,100k,1M"
WALL = "pong,breakout,space_invaders,seaquest,beam_rider,enduro"


class Pair(Struct, frozen=True, kw_only=True):
    """Which game, and who plays it."""

    game: Annotated[str, Meta(description="Any Atari game that an agent was trained on; none: the agent's.")] = ""
    agent: Annotated[str, Meta(description="Name or path of an agent; none: the best that there is for the game.")] = ""
    seed: Annotated[int, Meta(ge=0, le=2**31 - 2, description="Draws the game, the same for both.")] = 1
    length: Annotated[float, Meta(ge=1, le=3600, description="Seconds of play that are shown, from the start.")] = 15.0
    most: Annotated[int, Meta(ge=1, le=10**6, description="Steps of the games at the most, 15 a second.")] = 27_000
    speed: Annotated[float, Meta(ge=0.1, le=20, description="1 is as fast as the console plays.")] = 1.0


class Growth(Struct, frozen=True, kw_only=True):
    """Which training, and at which ages."""

    trace: Annotated[
        str, Meta(description="Recording of a training (mla train keeps one); none: that of Pong which ships.")
    ] = ""
    ages: Annotated[
        str, Meta(description="Steps learned from, four at the most, with commas; the last may be end.")
    ] = AGES
    seed: Annotated[int, Meta(ge=0, le=2**31 - 2, description="Draws the start, the same for all.")] = 1
    length: Annotated[float, Meta(ge=1, le=3600, description="Seconds of play that are shown, from the start.")] = 15.0
    most: Annotated[int, Meta(ge=1, le=10**6, description="Steps of the games at the most, 15 a second.")] = 27_000


class Wall(Struct, frozen=True, kw_only=True):
    """Which games hang on the wall."""

    games: Annotated[str, Meta(description="Names of up to six games, with commas.")] = WALL
    seed: Annotated[int, Meta(ge=0, le=2**31 - 2, description="Draws the games.")] = 1
    length: Annotated[float, Meta(ge=1, le=3600, description="Seconds of play that are shown, from the start.")] = 12.0


def pair(args: Pair) -> Mapping[str, Run]:
    """Return the game at random and the game as the agent plays it, from the same start."""
    player = args.agent or watching.agent_for(args.game or "pong")

    def played(agent: str, like: str) -> Run:
        given = watching.Args(
            agent=agent, like=like, game=args.game, seed=args.seed, seconds=args.length, choose="beginning",
            most=min(args.most, round(args.length * 15) + 1),
        )  # fmt: skip
        return Run(watching.record, given)

    return {"random": played("", player), "trained": played(player, "")}


def before_after(args: Pair, traces: Mapping[str, Trace]) -> Film:
    """Return random play on the left and the agent's on the right."""
    chance, trained = traces["random"], traces["trained"]
    player = watching.player_of(trained)
    title = game_title(player.game)
    told = (
        Mark(
            0,
            "start",
            f"The same start of {title}: at the left buttons are pressed at random, at the right the agent plays.",
        ),
        *_ends(traces),
    )
    columns: list[Panel] = [
        (screen(trace).titled(words).shared(10.7) / _score(trace)).of(run)
        for run, trace, words in (
            ("random", chance, "At random"),
            ("trained", trained, f"After {_steps(player.steps)} steps"),
        )
    ]
    return Film(
        columns[0] | columns[1],
        traces,
        clock(max(traces.values(), key=lambda trace: len(trace.steps())), args.speed),
        title=f"{title}, before and after",
        captions=told,
        ribbon=False,
        alt=f"{title} played at random and by a trained agent, side by side, from the same start.",
    )


def ages(args: Growth) -> Mapping[str, Run]:
    """Return the same start, played by what had been learned at each age."""
    path = args.trace or str(_shipped())
    words = [word.strip() for word in args.ages.split(",") if word.strip()]
    if not 2 <= len(words) <= 4:
        raise MlaError(f"ages is {args.ages!r}; give two to four numbers of steps, as in {AGES}.")
    with_weights = known_ages(Trace.open(path))
    if not with_weights:
        raise MlaError(f"{path} holds no weights at earlier ages: mla train keeps them from now on.")
    given: dict[str, Run] = {}
    for word in words:
        wanted = with_weights[-1] if word == "end" else steps_of(word)
        newest = max((age for age in with_weights if age <= max(wanted, with_weights[0])), default=with_weights[0])
        near = min(with_weights, key=lambda age: (abs(age - wanted), age)) if wanted else newest
        given[str(near)] = Run(
            watching.record,
            watching.Args(
                agent=f"{path}@{near}",
                seed=args.seed,
                seconds=args.length,
                most=args.most,
                choose="beginning",
                draws=True,
            ),
        )
    return given


def growing_up(args: Growth, traces: Mapping[str, Trace]) -> Film:
    """Return the same start at every age, each beside what it thinks of its moves."""
    del args
    first = next(iter(traces.values()))
    title = game_title(watching.player_of(first).game)
    cells: list[Panel] = []
    for run, trace in traces.items():
        steps = int(run)
        words = "Before the first step" if steps == 0 else f"After {_steps(steps)} steps"
        actions = watching.player_of(trace).actions
        beside = _score(trace) / thoughts(trace, actions).titled("").shared(1.6)
        cells.append((screen(trace).shared(1.3) | beside).titled(words).of(run))
    rows = [Scene(tuple(cells[at : at + 2])) for at in range(0, len(cells), 2)]
    told = (
        Mark(
            0,
            "start",
            "The same start at four ages of one training; moves are drawn by their probabilities, as it learned.",
        ),
        *_ends(traces),
    )
    return Film(
        Scene(tuple(rows), "column"),
        traces,
        clock(max(traces.values(), key=lambda trace: len(trace.steps()))),
        title=f"{title} at every age of a training",
        captions=told,
        ribbon=False,
        alt=f"The same start of {title}, played by one network at several ages of its training.",
    )


def wall(args: Wall) -> Mapping[str, Run]:
    """Return a game of each kind: by the agent that ships, else at random."""
    names = [game_name(word) for word in args.games.split(",") if word.strip()]
    if not 1 <= len(names) <= 6:
        raise MlaError(f"games names {len(names)} games; a wall has room for one to six, as in {WALL}.")
    ship = {card.game for card in cards()}
    given: dict[str, Run] = {}
    for game in dict.fromkeys(names):
        player = watching.agent_for(game) if game in ship else ""
        steps = round(args.length * 15) + 1
        given[game] = Run(
            watching.record,
            watching.Args(agent=player, game=game, seed=args.seed, seconds=args.length, most=steps, choose="beginning"),
        )
    return given


def wall_film(args: Wall, traces: Mapping[str, Trace]) -> Film:
    """Return the games: up to three in one row, more in two."""
    del args
    cells: list[Panel] = []
    for run, trace in traces.items():
        player = watching.player_of(trace)
        how = f"{_steps(player.steps)} steps" if player.name else "at random"
        cells.append(screen(trace).titled(f"{game_title(run)}: {how}").of(run))
    beside = len(cells) if len(cells) <= 3 else -(-len(cells) // 2)
    rows = [Scene(tuple(cells[at : at + beside])) for at in range(0, len(cells), beside)]
    trained, others = list[str](), list[str]()
    for run, trace in traces.items():
        (trained if watching.player_of(trace).name else others).append(game_title(run))
    who = f"{_listed(trained)} {'is' if len(trained) == 1 else 'are'} played by what one function trained"
    chance = f"{_listed(others)} at random, as every training begins"
    text = ", ".join(part for part, named in ((who, trained), (chance, others)) if named)
    return Film(
        Scene(tuple(rows), "column"),
        traces,
        clock(max(traces.values(), key=lambda trace: len(trace.steps()))),
        title="One function for any game: mla train GAME",
        captions=(Mark(0, "start", f"{text}."), *_ends(traces)),
        ribbon=False,
        alt="Several Atari games side by side, played by agents that the same function trained, or at random.",
    )


def _listed(names: Sequence[str]) -> str:
    """Return names as a sentence lists them: "Pong, Breakout and Seaquest"."""
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)


def _score(trace: Trace) -> Readout:
    """Return the score and the time."""
    numbers = [Number("score", "score", decimals=0, colour="reward"), Number("second", "second", decimals=0)]
    if trace.bounds("lives")[1] > 0:
        numbers.append(Number("lives", "lives", decimals=0))
    return Readout(tuple(numbers))


def _ends(traces: Mapping[str, Trace]) -> tuple[Mark, ...]:
    """Return one sentence at the end of the film: how they stand."""
    last = max(trace.last_step for trace in traces.values())
    scores = [
        f"{number(float(trace.value('score', trace.last_step)), 0)} {_called(run)}" for run, trace in traces.items()
    ]
    return (Mark(last, "result", f"Scores: {', '.join(scores)}."),)


def _called(run: str) -> str:
    """Return what a run is called in a sentence."""
    if run.isdigit():
        return f"after {_steps(int(run))} steps"
    return {"random": "at random", "trained": "by the trained agent"}.get(run, f"in {game_title(run)}")


def _steps(steps: int) -> str:
    """Return a number of steps as a title shows it: 10k, 901k, 1.1M."""
    return number(steps, 1 if steps >= 10**6 and steps % 10**6 else 0, big="short")


def _shipped() -> Path:
    """Return the recording of a training that ships."""
    path = SHIPPED / "pong-training.mla"
    if not path.exists():
        raise MlaError("Which training? mla train pong keeps one: --trace runs/pong-ppo-0.mla")
    return path


RECIPES = (
    Recipe(
        name="before-after",
        chapter=16,
        summary="Random play beside a trained agent's, from the same start; Pong, or any game that has an agent.",
        seconds=18,
        arguments=Pair,
        runs=pair,
        film=before_after,
        quick={"length": 2.0, "most": 40},
        extra="atari",
    ),
    Recipe(
        name="growing-up",
        chapter=16,
        summary="The same start of Pong after 0, 10k, 100k and 1M steps of one training.",
        seconds=20,
        arguments=Growth,
        runs=ages,
        film=growing_up,
        quick={"length": 2.0, "most": 40},
        extra="atari",
    ),
    Recipe(
        name="atari-wall",
        chapter=20,
        summary="Six Atari games on one clock, played by what one function trained.",
        seconds=20,
        arguments=Wall,
        runs=wall,
        film=wall_film,
        quick={"length": 1.0, "games": "pong,seaquest"},
        extra="atari",
    ),
)
