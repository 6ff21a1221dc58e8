"""Credit assignment: a good bounce, a miss later; which move gets the blame, and how many rallies sort it out (section 5).

With policy gradients every move of a rally is judged by how the rally ended: the return, a point won or lost, discounted by the steps until
then. A bounce that was well played is blamed for a miss that came later. No rally tells better; many do: moves that led to a bounce are
blamed less on average than moves that led to a miss (A. Karpathy, "Deep Reinforcement Learning: Pong from Pixels", 2016).

Nothing is learned here: a player that follows the ball, and errs now and then, plays many rallies. Recorded by rally: `bounce/mean`,
`bounce/low`, `bounce/high` and `miss/…`, the mean judgement of the last moves before a bounce, and before a miss, of all rallies so far,
with its 95% interval; `bounce/blamed`, the share of bounces that were judged below the mean of all moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta, Struct

from mlanimated.envs.atari import Atari, Game
from mlanimated.learn.pong_from_pixels import DOWN, SEEN, UP, returns
from mlanimated.learn.seeding import generator
from mlanimated.trace import Recorder

__all__ = ["Args", "Played", "Rally", "bounces", "judged", "play", "rallies", "sorted_out", "train"]

COURT = slice(34, 194)
BALL, BACKGROUND = 236, 87
PADDLE = slice(140, 144)
WINDOW = 8
"""So many moves before a bounce or a miss are judged as having led to it."""
NEAR = 110
"""Columns of the screen from which on a ball that turns has met our paddle."""


class Args(Struct, frozen=True, kw_only=True):
    """How much is played, and how well."""

    games: Annotated[int, Meta(ge=1, le=1024, description="Games played side by side.")] = 16
    steps: Annotated[int, Meta(ge=100, le=10**6, description="Moves of each game.")] = 600
    skill: Annotated[
        float, Meta(ge=0, le=1, description="Share of moves that follow the ball; the others are random.")
    ] = 0.55
    discount: Annotated[float, Meta(ge=0, le=1, description="What a point is worth one step earlier.")] = 0.99
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws games and random moves.")] = 0


@dataclass(frozen=True)
class Rally:
    """One rally, from serve to point.

    Attributes:
        game: Which of the games.
        start: First move.
        stop: The move that ended it.
        won: Whether the point was won.
        bounces: Moves at which the ball left our paddle.
    """

    game: int
    start: int
    stop: int
    won: bool
    bounces: tuple[int, ...]


@dataclass(frozen=True)
class Played:
    """What was played: steps × games.

    Attributes:
        ball: float32 (steps, games): the ball's column, not finite where there is none.
        reward: float32 (steps, games).
        up: bool (steps, games): the moves.
        games: Of each game its seed and moves so far.
    """

    ball: np.ndarray
    reward: np.ndarray
    up: np.ndarray
    games: tuple[Game, ...]


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> None:
    """Play, and record how moves are judged, rally by rally.

    Args:
        args: How much is played.
        recorder: Takes the series.
        resume: Not taken up: it is over in seconds.
    """
    del resume
    for number, row in enumerate(sorted_out(play(args), args.discount)):
        recorder.log(row, step=number + 1)


def judged(reward: np.ndarray, discount: float) -> np.ndarray:
    """Return how each move is judged, float32 (steps, games): its return, standardized over all moves whose point has ended."""
    led_to, over = returns(reward, discount)
    return (led_to - led_to[over].mean()) / (led_to[over].std() + 1e-8)


def sorted_out(played: Played, discount: float) -> list[dict[str, float]]:
    """Return what is known after each rally, in the order in which they ended."""
    scale = judged(played.reward, discount)
    values: dict[str, list[float]] = {"bounce": [], "miss": []}
    rows: list[dict[str, float]] = []
    for number, rally in enumerate(sorted(rallies(played), key=lambda rally: (rally.stop, rally.game))):
        ends = [("bounce", bounce) for bounce in rally.bounces] + ([] if rally.won else [("miss", rally.stop)])
        for name, end in ends:
            values[name].append(float(scale[max(rally.start, end - WINDOW) : end + 1, rally.game].mean()))
        row = {"rallies": number + 1.0, "bounces": float(len(values["bounce"]))}
        for name, each in values.items():
            if len(each) > 1:
                mean, off = float(np.mean(each)), 1.96 * float(np.std(each, ddof=1)) / len(each) ** 0.5
                row |= {f"{name}/mean": mean, f"{name}/low": mean - off, f"{name}/high": mean + off}
        if values["bounce"]:
            row["bounce/blamed"] = float(np.mean(np.array(values["bounce"]) < 0))
        rows.append(row)
    return rows


def play(args: Args) -> Played:
    """Play so many moves of every game."""
    rules = msgspec.structs.replace(SEEN, noops=30)
    world = Atari("pong", args.games, seed=args.seed, preprocessing=rules)
    random = generator(args.seed)
    shape = (args.steps, args.games)
    ball, reward, up = np.full(shape, np.nan, np.float32), np.zeros(shape, np.float32), np.zeros(shape, np.bool_)
    for step in range(args.steps):
        court = world.observation[:, 1, COURT]
        column, row = _middle(court[:, :, : PADDLE.start] == BALL)
        ball[step] = column
        _, paddle = _middle(court[:, :, PADDLE] != BACKGROUND)
        wanted = np.where(np.isfinite(row) & np.isfinite(paddle), row < paddle, True)
        follows = random.random(args.games) < args.skill
        up[step] = np.where(follows, wanted, random.random(args.games) < 0.5)
        reward[step] = world.step(np.where(up[step], UP, DOWN)).reward
    state = world.state()
    games = tuple(
        Game(0, seed, 0, np.array(moves), True, number)
        for seed, moves, number in zip(state["seeds"], state["played"], state["numbers"], strict=True)
    )
    return Played(ball, reward, up, games)


def rallies(played: Played) -> list[Rally]:
    """Return every rally whose point has ended."""
    found: list[Rally] = []
    for game in range(played.reward.shape[1]):
        start = 0
        for stop in np.flatnonzero(played.reward[:, game]).tolist():
            turns = tuple(start + at for at in bounces(played.ball[start : stop + 1, game]))
            found.append(Rally(game, start, stop, bool(played.reward[stop, game] > 0), turns))
            start = stop + 1
    return found


def bounces(ball: np.ndarray) -> list[int]:
    """Return where a ball that came to our side turned back, as indices into its columns (n,)."""
    seen = np.flatnonzero(np.isfinite(ball))
    found: list[int] = []
    for before, now, after in zip(seen, seen[1:], seen[2:], strict=False):
        if ball[now] > ball[before] and ball[after] < ball[now] and ball[now] > NEAR and after - before <= 4:
            found.append(int(now))
    return found


def _middle(lit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean column and row of what is lit of each picture, float32 (n,); not finite where nothing is."""
    down, across = np.arange(lit.shape[1], dtype=np.float32), np.arange(lit.shape[2], dtype=np.float32)
    shape: np.ndarray = lit.astype(np.float32)
    count: np.ndarray = shape.sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        column: np.ndarray = (shape @ across).sum(axis=1) / count
        row: np.ndarray = (down @ shape).sum(axis=1) / count
    return np.where(count > 0, column, np.nan).astype(np.float32), np.where(count > 0, row, np.nan).astype(np.float32)
