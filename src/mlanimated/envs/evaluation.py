"""How good an agent is: full, different games, true scores, their mean with an interval.

    result = evaluate(policy, "pong", 100, seed=1)
    result.mean, result.interval, result.different     # 20.9, (20.8, 21.0), 100

`policy` maps observations uint8 (count, stack, height, width) to actions (count,), the most likely or most valued ones. Each game
begins with a seed of its own and up to 30 idle frames. All games that are begun are counted, however long they take: to take those
that end first would prefer short ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import numpy as np

from mlanimated.envs.atari import USUAL, Atari, Game, Preprocessing
from mlanimated.envs.atari import name as game_name
from mlanimated.envs.vectors import Vectors, is_id

__all__ = ["Evaluation", "Policy", "evaluate"]

Policy = Callable[[np.ndarray], np.ndarray]

SIDE_BY_SIDE = 25
RESAMPLES = 10_000


@dataclass(frozen=True)
class Evaluation:
    """Full games played by one policy.

    Attributes:
        game: The game's name.
        games: Every game in the order of their seeds, to be seen again.
        sticky: Chance with which a frame repeated the action before.
    """

    game: str
    games: tuple[Game, ...]
    sticky: float

    @property
    def scores(self) -> np.ndarray:
        """True score of each game."""
        return np.array([game.score for game in self.games], np.float64)

    @property
    def mean(self) -> float:
        """Mean score."""
        return float(self.scores.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """95% interval of the mean: the percentiles of 10,000 means of games drawn again (bootstrap; Efron 1979)."""
        scores = self.scores
        random = np.random.default_rng(0)
        means = scores[random.integers(0, len(scores), (RESAMPLES, len(scores)))].mean(axis=1)
        low, high = np.percentile(means, (2.5, 97.5))
        return float(low), float(high)

    @property
    def different(self) -> int:
        """How many of the games differ from all others in what was done."""
        return len({game.actions.tobytes() for game in self.games})

    @property
    def truncated(self) -> int:
        """How many games were stopped at the limit of frames."""
        return sum(game.truncated for game in self.games)

    def summary(self) -> str:
        """Return one line: mean, interval, number of games, how many differ."""
        low, high = self.interval
        best, worst = self.scores.max(), self.scores.min()
        return (
            f"{self.game}: mean {self.mean:.1f} ({low:.1f} to {high:.1f}) of {len(self.games)} games, "
            f"{self.different} different, {worst:.0f} to {best:.0f} points, sticky {self.sticky:g}"
        )


def evaluate(
    policy: Policy,
    game: str,
    count: int = 100,
    *,
    seed: int = 1_000_000,
    sticky: float = 0.0,
    noops: int = 30,
    preprocessing: Preprocessing = USUAL,
    threads: int = 0,
) -> Evaluation:
    """Play full games and return them.

    Args:
        policy: Observations (count, *shape) → actions (count,), or (count, numbers) where these are continuous.
        game: Its name, or the id of a Gymnasium environment, for which nothing below `seed` counts.
        count: How many games.
        seed: Draws the seeds of the games; another than that of the training.
        sticky: Chance that a frame repeats the action before, whatever was trained with.
        noops: A game begins with up to so many idle frames.
        preprocessing: As the policy was trained with.
        threads: Threads that play; 0: one a core, four at the most.
    """
    chosen = msgspec.structs.replace(preprocessing, sticky=sticky, noops=noops)
    seeds = np.random.default_rng(seed).choice(2**31 - 2, count, replace=False) + 1
    side = min(count, SIDE_BY_SIDE)
    played = (
        Vectors(game, side, seed=seed + 1, seeds=seeds.tolist(), continuous=None)
        if is_id(game)
        else Atari(game, side, seed=seed + 1, seeds=seeds.tolist(), preprocessing=chosen, threads=threads)
    )
    waiting = set(seeds.tolist())
    found: dict[int, Game] = {}
    while waiting:
        for ended in played.step(policy(played.observation)).games:
            if ended.number == 0 and ended.seed in waiting:
                waiting.discard(ended.seed)
                found[ended.seed] = ended
    return Evaluation(game if is_id(game) else game_name(game), tuple(found[one] for one in seeds.tolist()), sticky)
