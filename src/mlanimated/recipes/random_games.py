"""Chapters 8, 9, 11 and 12: from random games alone, learn how likely each move is to end well; then make the best one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct

from mlanimated.games.frozen_lake import LAKES
from mlanimated.games.maps import MOVE_NAMES
from mlanimated.learn import outcome_prediction
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Trace
from mlanimated.views import Bars, Board, CartPole, Clock, Grid, Lines, Mark, Number, Readout

__all__ = ["RECIPES"]

CELLS = (
    "top left",
    "top",
    "top right",
    "left",
    "middle",
    "right",
    "bottom left",
    "bottom",
    "bottom right",
)
COUNT = Count(word="gradient step", series="update")


class Args(Struct, frozen=True, kw_only=True):
    """How much is learned from."""

    games: Annotated[
        int, Meta(ge=0, le=1_000_000, description="Random games to learn from; 0 for as many as suit the game.")
    ] = 0
    updates: Annotated[int, Meta(ge=0, le=1_000_000, description="Gradient steps; 0 for as many as suit it.")] = 0
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws the games, the weights and the minibatches.")] = 0


def runs(task: outcome_prediction.TaskName, rows: int) -> Any:
    """Return what gives the one training of a film."""

    def one(args: Args) -> Mapping[str, Run]:
        given = outcome_prediction.Args(
            task=task, games=args.games, updates=args.updates, seed=args.seed, rows=min(rows, args.updates or rows)
        )
        return {"": Run(outcome_prediction.train, given)}

    return one


def lake(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return the film of Frozen Lake: the best chance of each cell, and those of the four moves from where it stands."""
    del args
    (trace,) = traces.values()
    board = Grid(LAKES["4x4"], values="chances", policy="chances", agent="place", decimals=2)
    here = Bars("here", MOVE_NAMES, format="{:.3f}", limits=(0, 1))
    loss = Lines("loss", x="update", format="{:.3f}", x_label="gradient step")
    return Film(
        board.titled("Chance to win by the best move of each cell").shared(1.3)
        | (here.titled("Chance to win by each move from here") / loss.titled("Loss (cross-entropy)")),
        traces,
        Clock(pace="even", seconds=9, hold=0.7),
        title="Frozen Lake, learned from random walks",
        captions=_told(trace),
        count=COUNT,
        alt="A network learns from random walks over a frozen lake how likely each move is to win.",
    )


def pole(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return the film of Cart Pole: random pushes on the left, the learner on the right."""
    del args
    (trace,) = traces.values()
    chance = CartPole("random/state", action="random/action", doomed="random/doomed")
    learner = CartPole("state", action="action")
    steps = Readout((Number("random: steps", "random/steps"), Number("trained: steps", "steps")))
    chances = Bars("chances", ("push left", "push right"), format="{:.3f}", limits=(0, 1))
    loss = Lines("loss", x="update", format="{:.3f}", x_label="gradient step")
    return Film(
        (chance.titled("Random pushes; red: labelled losing") | learner.titled("Always the better push"))
        / (steps.titled("Steps of this game") | chances.titled("Chance to go on well") | loss.titled("Loss")),
        traces,
        Clock(pace="even", seconds=16),
        title="Cart Pole, learned from random pushes",
        captions=_told(trace),
        count=COUNT,
        alt="A network learns from random games of Cart Pole which pushes come before a fall, and holds the pole up.",
    )


def tic_tac_toe(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return the film of Tic Tac Toe: the board, and the chance of each cell."""
    del args
    (trace,) = traces.values()
    return _game(trace, traces, "Tic Tac Toe, learned from random games", CELLS, 0.45)


def connect_four(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return the film of Connect Four: discs that fall, and the chance of each column."""
    del args
    (trace,) = traces.values()
    names = tuple(f"column {column + 1}" for column in range(7))
    return _game(trace, traces, "Connect Four, learned from random games", names, 0.1)


def _game(trace: Trace, traces: Mapping[str, Trace], title: str, names: tuple[str, ...], hold: float) -> Film:
    """Return the film of a board game."""
    chances = Bars("chances", names, format="{:.2f}", limits=(0, 1))
    loss = Lines("loss", x="update", format="{:.3f}", x_label="gradient step")
    return Film(
        Board("board", chosen="move").shared(1.2)
        | (chances.titled("Chance to win, for whoever moves").shared(1.7) / loss.titled("Loss (cross-entropy)")),
        traces,
        Clock(pace="even", seconds=14, hold=hold),
        title=title,
        captions=_told(trace),
        count=COUNT,
        alt=f"{title.partition(',')[0]}: a network learns which moves win from games played at random, and plays.",
    )


def _told(trace: Trace) -> tuple[Mark, ...]:
    """Return the captions: what happened, who plays, and a pause at each move of the games at the end."""
    notes = "note" in trace.names
    marks = [Mark(event.step, event.name, event.text) for event in trace.events if not (notes and event.name == "play")]
    begin = next(event.step for event in trace.events if event.name == "play")
    steps = trace.steps()
    played = steps[steps >= begin].tolist()
    before = ""
    if notes:
        for step in played:
            note = str(trace.value("note", step))
            if note != before and step < played[-1]:
                marks.append(Mark(step, note.split(",", maxsplit=1)[0].rstrip("."), note))
            before = note
    if len(played) < 100:
        marks += [Mark(step, "") for step in played]
    return tuple(sorted(marks, key=lambda mark: mark.step))


def _quick(games: int) -> dict[str, Any]:
    return {"games": games, "updates": 60}


RECIPES = (
    Recipe(
        name="frozen-lake",
        chapter=8,
        summary="From random walks over a frozen lake, the chance to win by each move; then the way to the goal.",
        seconds=10,
        arguments=Args,
        runs=runs("frozen lake", 40),
        film=lake,
        quick=_quick(300),
        extra="torch",
    ),
    Recipe(
        name="cart-pole",
        chapter=9,
        summary="From random pushes, which of them come before a fall; then the pole stays up for 500 steps.",
        seconds=12,
        arguments=Args,
        runs=runs("cart pole", 60),
        film=pole,
        quick=_quick(300),
        extra="torch",
    ),
    Recipe(
        name="tic-tac-toe",
        chapter=11,
        summary="From random games of Tic Tac Toe, the chance to win by each cell; then against random moves and minimax.",
        seconds=13,
        arguments=Args,
        runs=runs("tic tac toe", 30),
        film=tic_tac_toe,
        quick=_quick(100),
        extra="torch",
    ),
    Recipe(
        name="connect-four",
        chapter=12,
        summary="From random games of Connect Four, the chance to win by each column; then against random moves and minimax.",
        seconds=19,
        arguments=Args,
        runs=runs("connect four", 30),
        film=connect_four,
        quick=_quick(60),
        extra="torch",
    ),
)
