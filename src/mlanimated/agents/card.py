"""Card of an agent: what it plays, how it was trained, and what it was measured to reach."""

from __future__ import annotations

from typing import Any

import msgspec

from mlanimated.envs.atari import Preprocessing
from mlanimated.envs.evaluation import Evaluation

__all__ = ["Card", "Kept", "Match", "Measured", "measured"]


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One evaluation: full games, greedy, true scores; none chosen, none left out.

    Attributes:
        games: How many full games.
        mean: Mean score.
        low: Lower end of its 95% interval.
        high: Upper end.
        worst: Lowest score.
        best: Highest score.
        different: How many of the games differ from each other.
        truncated: How many were stopped at the limit of frames.
        sticky: Chance that a frame repeated the action before.
        noops: Games began with up to so many idle frames.
        seed: What the seeds of the games were drawn from.
    """

    games: int
    mean: float
    low: float
    high: float
    worst: float
    best: float
    different: int
    truncated: int
    sticky: float
    noops: int
    seed: int


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """Games of a board game against one opponent.

    Attributes:
        opponent: "random", "careful" (wins at once where it can, blocks where it must, is random else), "minimax", "perfect".
        seat: "first" or "second": when the agent moves.
        simulations: Of each of the agent's moves.
        games: How many.
        won: By the agent.
        drawn: By nobody.
        lost: By the agent.
        seed: Of the opponent's choices.
    """

    opponent: str
    seat: str
    simulations: int
    games: int
    won: int
    drawn: int
    lost: int
    seed: int

    def summary(self) -> str:
        """Return how the games ended, as a sentence."""
        ends = f"{self.won} won, {self.drawn} drawn, {self.lost} lost of {self.games}"
        return f"Moving {self.seat} against {self.opponent}, {self.simulations} simulations a move: {ends}."


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """How many moves keep what a position is worth (win, draw or loss), as a perfect solver knows it.

    Attributes:
        positions: How many positions, drawn at random.
        kept: In how many the agent's move keeps the value.
        deciding: In how many of them some move would not.
        kept_deciding: In how many of those the agent's move keeps the value.
        simulations: Of each move.
    """

    positions: int
    kept: int
    deciding: int
    kept_deciding: int
    simulations: int


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to say about a trained agent.

    Attributes:
        name: As `agent(name)` takes it.
        game: The game's name.
        learner: "ppo", "double-dqn", …
        arguments: The learner's hyperparameters.
        steps: Actions of all games together that it learned from.
        seconds: Wall-clock of the training.
        cpu_seconds: What it cost in seconds of one core.
        machine: What it was trained on.
        command: What trains one like it.
        network: Body of the network.
        heads: Name of each answer → how many numbers.
        actions: Names of the actions, in the order of the answers; none where an action is a vector of numbers.
        preprocessing: What is done to an Atari game before the agent sees it.
        shape: Of one observation, where it is a vector; empty of pictures, whose preprocessing tells it.
        limits: Lowest and highest value of each number of an action; empty where an action is chosen from a list.
        measured: The evaluations.
        matches: Of an agent that plays a board game: how it did against others.
        kept: Of the same: how many of its moves are no mistakes.
        note: What else should be known; may be empty.
        versions: Of the libraries that it was trained with.
    """

    name: str
    game: str
    learner: str
    arguments: dict[str, Any]
    steps: int
    seconds: float
    cpu_seconds: float
    machine: str
    command: str
    network: str
    heads: dict[str, int]
    actions: tuple[str, ...]
    preprocessing: Preprocessing
    shape: tuple[int, ...] = ()
    limits: tuple[tuple[float, float], ...] = ()
    measured: tuple[Measured, ...] = ()
    matches: tuple[Match, ...] = ()
    kept: tuple[Kept, ...] = ()
    note: str = ""
    versions: dict[str, str] = {}


def measured(found: Evaluation, *, noops: int, seed: int) -> Measured:
    """Return an evaluation as a card keeps it."""
    low, high = found.interval
    return Measured(
        games=len(found.games),
        mean=round(found.mean, 2),
        low=round(low, 2),
        high=round(high, 2),
        worst=float(found.scores.min()),
        best=float(found.scores.max()),
        different=found.different,
        truncated=found.truncated,
        sticky=found.sticky,
        noops=noops,
        seed=seed,
    )
