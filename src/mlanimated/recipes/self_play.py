"""Chapters 11 and 12, beyond: players that learned from self-play alone. A search that thinks, and learning itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, Struct

from mlanimated.agents.agent import SHIPPED, agent
from mlanimated.agents.board_agent import BoardAgent, Opponent, Thought, opponent_player
from mlanimated.agents.hyperparameters import arguments_of
from mlanimated.games.minimax import Minimax
from mlanimated.learn import self_play
from mlanimated.learn.tree_search import search as look_ahead
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Recorder, Trace
from mlanimated.views import Bars, Board, Clock, Lines, Mark

__all__ = ["RECIPES"]

COLUMNS = tuple(f"{column + 1}" for column in range(7))
AGAINST: Mapping[Opponent, str] = {
    "random": "random moves",
    "careful": "a careful player",
    "minimax": "minimax",
}


class Thinking(Struct, frozen=True, kw_only=True):
    """One game of an agent that ships."""

    opponent: Annotated[Opponent, Meta(description="Whom it plays.")] = "minimax"
    seat: Annotated[Literal["first", "second"], Meta(description="When it moves.")] = "first"
    simulations: Annotated[int, Meta(ge=1, le=800, description="Simulations of each of its moves.")] = 200
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws the opponent's moves.")] = 0


class _Game(Struct, frozen=True, kw_only=True):
    """What `play` is told."""

    game: Literal["connect-four", "tic-tac-toe"]
    opponent: Opponent
    seat: Literal["first", "second"]
    simulations: int
    seed: int


TOLD: Mapping[int, str] = {
    0: "The network's guess comes first. Then simulations: all columns alike, then the better half, then the best two.",
    1: "The network's guess comes first. Then simulations: all columns alike, then the better half, then the best two.",
    4: "What a simulation finds is carried back up the tree: chances change, and the move with them.",
    5: "What a simulation finds is carried back up the tree: chances change, and the move with them.",
}
"""What is said when it thinks about a move, by the moves made so far."""


def play(args: _Game, recorder: Recorder, resume: Any = None) -> None:
    """Let the agent that ships play a game, and record how it thinks.

    Rows: `board`; of the agent's moves, while its simulations grow, `visits`, `policy`, `chance` (to win, a draw counting half, as it
    sees it) and `simulation`; `move` (−1 until it is decided); `moves` made so far; `beat`, in proportion to which the film gives time.
    """
    del resume
    player = agent(args.game)
    game, state, seat = player.game, player.game.start, 1 if args.seat == "first" else -1
    random, other = np.random.default_rng(args.seed), opponent_player(game, args.opponent)
    step, moves, beat, sure = 0, 0, 0.0, False
    row: dict[str, Any] = {"visits": np.full(game.moves, np.nan, np.float32), "simulation": 0}
    while game.result(state) is None:
        row |= {"board": game.board(state), "moves": moves, "move": -1}
        if game.player(state) == seat:
            thoughts = _thoughts(player, state, args.simulations, 28 if moves < 2 else 9)
            for count, thought in thoughts:
                row |= _seen(thought, count) | {"beat": beat}
                beat += 0.16
                recorder.log(row, step=step)
                if count == 0 and moves in TOLD:
                    recorder.event(f"move {moves + 1}", TOLD[moves], step=step)
                step += 1
            thought = thoughts[-1][1]
            move = thought.move
            if thought.proof == 1 and not sure:
                sure = True
                text = "Its search has proven it: whatever the other does, it wins."
                recorder.event("proof", text, step=step)
        else:
            move = int(other(game, state, random))
        row |= {"move": move, "beat": beat}
        beat += 1.0
        recorder.log(row, step=step)
        state = game.play(state, move)
        step, moves = step + 1, moves + 1
    row |= {"board": game.board(state), "moves": moves, "move": -1, "beat": beat}
    recorder.log(row, step=step)
    ends = {seat: "It wins", 0: "A draw", -seat: "It loses"}
    result = game.result(state) or 0
    text = f"{ends[result]}, after {moves} moves, against {AGAINST[args.opponent]}."
    recorder.event("result", text, step=step)


def _thoughts(player: BoardAgent, state: Any, simulations: int, shown: int) -> list[tuple[int, Thought]]:
    """Return some of the thoughts about a position and after how many simulations: first and last, early ones closer together."""
    wanted = {round(simulations * (index / (shown - 1)) ** 1.7) for index in range(shown)}
    thoughts = list(enumerate(player.thinking(state, simulations)))
    return [each for each in thoughts if each[0] in wanted or each is thoughts[-1]]


def _seen(thought: Thought, count: int) -> dict[str, Any]:
    """Return what is recorded of a thought."""
    policy = np.where(thought.policy > 0, thought.policy, np.where(np.isfinite(thought.q), 0, np.nan))
    return {
        "visits": thought.visits,
        "policy": policy.astype(np.float32),
        "chance": (1 + thought.value) / 2,
        "simulation": count,
    }


def thinking(args: Thinking) -> Mapping[str, Run]:
    """Return the one game of a film of Connect Four."""
    return {
        "": Run(
            play,
            _Game(
                game="connect-four",
                opponent=args.opponent,
                seat=args.seat,
                simulations=args.simulations,
                seed=args.seed,
            ),
        )
    }


def search(args: Thinking, traces: Mapping[str, Trace]) -> Film:
    """Return the film of a search: the board, the simulations of each column, and how sure it is."""
    (trace,) = traces.values()
    visits = Bars("visits", COLUMNS, vertical=True, format="{:.0f}", limits=(0, args.simulations / 2), glide=False)
    chance = Lines("chance", x="moves", limits=(0, 1), format="{:.0%}", x_label="moves made", y_label="")
    return Film(
        Board("board", chances="policy", chosen="move").shared(1.25)
        | (visits.titled("Simulations of each column") / chance.titled("Its chance to win, as it sees it")),
        traces,
        Clock(pace="beat", seconds=13, outro=2.2),
        title=f"Connect Four: it moves {args.seat} against {AGAINST[args.opponent]}, and thinks ahead",
        captions=_told(trace),
        count=Count(word="simulation", series="simulation", total=False, words=()),
        alt="An agent that learned Connect Four from self-play thinks about each move, simulation by simulation.",
    )


def _told(trace: Trace) -> tuple[Mark, ...]:
    """Return what is said, and a short stay at each move."""
    marks = [Mark(event.step, event.name, event.text) for event in trace.events]
    return tuple(sorted(marks, key=lambda mark: mark.step))


class Learning(Struct, frozen=True, kw_only=True):
    """How long it learns."""

    steps: Annotated[int, Meta(ge=1, le=10_000_000, description="Positions searched.")] = 25_000
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws weights, openings, noise and minibatches.")] = 0


def teach(args: Learning, recorder: Recorder, resume: Any = None) -> None:
    """Learn Tic Tac Toe from self-play, and then play minimax from both seats; rows of both as `self_play` and `play` have them."""
    given = {"steps": args.steps, "seed": args.seed, "record_every": max(1, args.steps // 50)}
    _, learner = arguments_of("tic-tac-toe", "self-play", given)
    network = self_play.train(learner, recorder, resume=resume)
    game, perfect, random = network.rules.game, Minimax(), np.random.default_rng(args.seed)
    step, rows = (recorder.trace.last_step or 0) + 1, max(1, args.steps // 50)
    results: list[int] = []
    for seat in (1, -1):
        words = "It moves first" if seat == 1 else "Now it moves second"
        recorder.event(f"game {2 - max(0, seat)}", f"{words}, against minimax, which never loses.", step=step)
        state = game.start
        while game.result(state) is None:
            found = look_ahead(network.rules, network, network.rules.boards([state]), SIMULATIONS)
            move = int(found.move[0]) if game.player(state) == seat else perfect(game, state, random)
            policy = np.where([move in game.legal(state) for move in range(9)], found.policy[0], np.nan)
            recorder.log({"board": game.board(state), "policy": policy.astype(np.float32), "move": move}, step=step)
            state, step = game.play(state, move), step + rows
        recorder.log({"board": game.board(state), "move": -1}, step=step)
        step += rows
        results.append((game.result(state) or 0) * seat)
    drawn, lost = results.count(0), sum(result < 0 for result in results)
    text = "Neither can win: two draws against perfect play." if drawn == 2 else f"It lost {lost} of two games."
    recorder.event("result", text, step=step - rows)


SIMULATIONS = 50


def lessons(args: Learning) -> Mapping[str, Run]:
    """Return the one training of the film of Tic Tac Toe."""
    return {"": Run(teach, args)}


def taught(args: Learning, traces: Mapping[str, Trace]) -> Film:
    """Return the film of Tic Tac Toe: what the network would play on the empty board, and how its games against itself end."""
    del args
    (trace,) = traces.values()
    return Film(
        Board("board", chances="policy", chosen="move").shared(1.2)
        | (_ends(("X wins", "draw", "O wins")) / _points("Points in 100 games against a careful player")),
        traces,
        Clock(pace="even", seconds=13, hold=0.5),
        title="Tic Tac Toe, learned by playing itself",
        captions=(*_told(trace), *_draws(trace)),
        count=Count(word="game", series="games", total=False),
        alt="A network learns Tic Tac Toe from games against itself: where it would begin, how its games end, and how strong it is.",
    )


def _draws(trace: Trace) -> tuple[Mark, ...]:
    """Return what is said when draws have become the rule: from there on they stay ahead of X's wins."""
    drawn, won = trace.series("share/draw"), trace.series("share/first")
    behind = [step for step, one, other in zip(drawn.steps, drawn.values, won.values, strict=True) if one <= other]
    after = [step for step in drawn.steps.tolist() if not behind or step > behind[-1]]
    if len(after) < 3:
        return ()
    text = "Both sides have learned to block: from here on draws lead."
    return (Mark(after[0], "draws", text),)


def _ends(labels: tuple[str, str, str]) -> Lines:
    """Return how the games against itself end."""
    return Lines(
        ("share/first", "share/draw", "share/second"),
        labels=labels,
        colours=("series-1", "series-3", "series-2"),
        x="games",
        limits=(0, 1),
        format="{:.0%}",
        x_label="games",
        y_label="",
        title="How its games against itself end",
    )


def _points(title: str) -> Lines:
    """Return how strong it is, with the network alone and with search."""
    return Lines(
        ("strength/search", "strength/network"),
        labels=("with search", "network alone"),
        colours=("accent", "muted"),
        x="games",
        limits=(0, 100),
        format="{:.0f}",
        x_label="games",
        y_label="",
        title=title,
    )


class Diary(Struct, frozen=True, kw_only=True):
    """The training of the agent that ships."""


def recall(args: Diary, recorder: Recorder, resume: Any = None) -> None:
    """Record again what was recorded when the agent that ships was trained: minutes of processor time, in a moment."""
    del args, resume
    kept = Trace.open(SHIPPED / "connect-four-learning.mla")
    for name in kept.names:
        found = kept.series(name)
        for step, value in zip(found.steps.tolist(), found.values, strict=True):
            recorder.log({name: value}, step=step)
    for event in kept.events:
        recorder.event(event.name, event.text, step=event.step)


def memories(args: Diary) -> Mapping[str, Run]:
    """Return the one training of the film of Connect Four."""
    return {"": Run(recall, args)}


def recalled(args: Diary, traces: Mapping[str, Trace]) -> Film:
    """Return the film of Connect Four's learning: where it would begin, and how many of its moves are no mistakes."""
    del args
    (trace,) = traces.values()
    kept = Lines(
        ("kept/search", "kept/network"),
        labels=("with 32 simulations", "network alone"),
        colours=("accent", "muted"),
        x="minutes",
        limits=(0.75, 1),
        format="{:.1%}",
        x_label="minutes of one core",
        y_label="",
        title="Moves without a mistake, of 1,000",
    )
    ends = Lines(
        ("share/first", "share/draw", "share/second"),
        labels=("first wins", "draw", "second wins"),
        colours=("series-1", "series-3", "series-2"),
        x="minutes",
        limits=(0, 1),
        format="{:.0%}",
        x_label="minutes of one core",
        y_label="",
        title="How its games against itself end",
    )
    first = Board("board", chances="policy").titled("Where it would begin")
    return Film(
        first.shared(1.1) | (kept / ends),
        traces,
        Clock(pace="even", seconds=13),
        title="Connect Four, learned by playing itself",
        captions=(*_told(trace), *_lessons(trace)),
        count=Count(word="game", series="games", total=False),
        alt="A network learns Connect Four from games against itself: where it would begin, and how many of its moves are no mistakes.",
    )


def _lessons(trace: Trace) -> tuple[Mark, ...]:
    """Return what is said of a training that is remembered: early on, when one column stands out, and at the end."""
    kept, alone = trace.series("kept/search"), trace.series("kept/network")
    policy = trace.series("policy")
    best = np.asarray(policy.values).max(axis=1)
    text = f"Untrained, but with 32 simulations: {kept.values[0]:.1%} of its moves keep what a position is truly worth."
    marks = [Mark(int(policy.steps[1]), "search", text)]
    above = np.flatnonzero(best > 0.3)
    if len(above):
        column, step = int(np.asarray(policy.values)[above[0]].argmax()) + 1, int(policy.steps[above[0]])
        network = float(trace.value("kept/network", step))
        text = f"Column {column} stands out by now. The network alone went from {alone.values[0]:.1%} to {network:.1%}."
        marks.append(Mark(step, "a favourite", text))
    text = (
        f"{float(trace.value('minutes', trace.last_step)):.0f} minutes of one core: {alone.values[-1]:.1%} without any search,"
        f" {kept.values[-1]:.1%} with 32 simulations."
    )
    return (*marks, Mark(int(trace.last_step), "result", text))


RECIPES = (
    Recipe(
        name="tic-tac-toe-self-play",
        chapter=11,
        summary="From nothing but the rules, a network learns Tic Tac Toe against itself until neither seat can be beaten.",
        seconds=16,
        arguments=Learning,
        runs=lessons,
        film=taught,
        quick={"steps": 1500},
        extra="torch",
    ),
    Recipe(
        name="connect-four-self-play",
        chapter=12,
        summary="How the player of Connect Four that ships learned, against itself: fewer and fewer of its moves are mistakes.",
        seconds=6,
        arguments=Diary,
        runs=memories,
        film=recalled,
    ),
    Recipe(
        name="connect-four-search",
        chapter=12,
        summary="A player that learned Connect Four from self-play thinks ahead, simulation by simulation, against minimax.",
        seconds=7,
        arguments=Thinking,
        runs=thinking,
        film=search,
        quick={"simulations": 8, "opponent": "random"},
        extra="atari",
    ),
)
