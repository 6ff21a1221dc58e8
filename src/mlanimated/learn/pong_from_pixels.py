"""Pong from pixels by policy gradient, written out in NumPy: a net of two layers, no library of networks (section 5).

The method is A. Karpathy's "Deep Reinforcement Learning: Pong from Pixels" (2016), after R. J. Williams' REINFORCE (1992): look at
what changed on the screen, go up with the probability that the net says, and when the point is over make every move of it a little
more likely if it was won, a little less likely if it was lost. Which move deserved it? Nobody knows; over many points it averages out.

What differs: 8 games are played side by side, and the net changes after every 512 steps of each instead of every ten games of one,
in the second half by less and less: the learning rate falls to nothing, and an entropy bonus falls below nothing, so that the net has
decided by the end. Steps whose point is not over yet count for nothing, so a rollout must hold several points: between good players one
takes some 150 steps. Greedy scores stand on the learner's page.

What is recorded stands in `pong_diary.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta, Struct

from mlanimated.envs.atari import Atari, Game, Preprocessing
from mlanimated.learn.optimizers import RMSProp
from mlanimated.learn.pong_diary import Diary, Rollout
from mlanimated.learn.seeding import generator, restored, saved
from mlanimated.learn.training import Keeper
from mlanimated.trace import Recorder

__all__ = [
    "SEEN",
    "Args",
    "advantages",
    "difference",
    "forward",
    "gradients",
    "initial",
    "lit",
    "policy",
    "returns",
    "train",
]

PIXELS = 80 * 80
COURT, SET_UP, BLACK = (
    87,
    107,
    0,
)  # the greys of the court, of the court on some games' first screen, and of no picture at all
UP, DOWN = 0, 1
SEEN = Preprocessing(height=210, width=160, stack=2, max_pool=False, life_loss=False, actions=("right", "left"))
"""The whole screen, now and one step before; to the right is up."""


class Args(Struct, frozen=True, kw_only=True):
    """Hyperparameters."""

    steps: Annotated[int, Meta(ge=0, le=10**9, description="Decisions to learn from, of all games together.")] = (
        3_500_000
    )
    games: Annotated[int, Meta(ge=1, le=1024, description="Games played side by side.")] = 8
    rollout: Annotated[int, Meta(ge=1, le=10_000, description="Steps of each game between two changes.")] = 512
    hidden: Annotated[int, Meta(ge=1, le=4096, description="Hidden units.")] = 200
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="RMSProp's step length; falls to 0.")] = 0.002
    steady: Annotated[float, Meta(ge=0, lt=1, description="Share of the budget before it begins to fall.")] = 0.5
    decay: Annotated[float, Meta(ge=0, lt=1, description="How long RMSProp remembers squares of gradients.")] = 0.99
    discount: Annotated[float, Meta(ge=0, le=1, description="What a point is worth one step earlier.")] = 0.99
    l2: Annotated[float, Meta(ge=0, le=1, description="L2 regularization: pulls every weight towards zero.")] = 0.0
    entropy_last: Annotated[
        float, Meta(ge=-1, le=1, description="Entropy bonus in the end; below 0 the net has to decide.")
    ] = -0.02
    sticky: Annotated[float, Meta(ge=0, lt=1, description="Chance that a frame repeats the action before.")] = 0.0
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1, description="Draws first weights, games and moves.")] = 0
    record_every: Annotated[int, Meta(ge=1, le=10_000, description="Changes between two pictures of the weights.")] = 8
    threads: Annotated[int, Meta(ge=0, le=256, description="Threads that play; 0: one a core.")] = 0


def train(
    args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None, keeper: Keeper | None = None
) -> list[np.ndarray]:
    """Learn to play and return the weights: (6400, hidden) and (hidden,).

    Args:
        args: The hyperparameters.
        recorder: Takes the series and events, and offers `learning_rate` to whoever watches.
        resume: The state of a checkpoint of the same arguments: training goes on exactly as it would have.
        keeper: Is offered the state at each change, and writes it to a file from time to time.

    Raises:
        MissingExtra: ale-py is not installed.
        Stopped: Someone who watches asked for it.
    """
    rate = recorder.control("learning_rate", args.learning_rate, minimum=0.0, maximum=0.1)
    random = generator(args.seed)
    weights = initial(args.hidden, random)
    rmsprop = RMSProp(args.learning_rate, args.decay)
    seen = msgspec.structs.replace(SEEN, sticky=args.sticky)
    games = Atari("pong", args.games, seed=args.seed, preprocessing=seen, threads=args.threads)
    diary = Diary(recorder, args.steps, args.games, args.rollout, args.record_every, forward)
    update, each = 0, args.games * args.rollout
    if resume:
        weights = [np.array(weight) for weight in resume["weights"]]
        rmsprop.load(resume["optimizer"])
        random = restored(resume["random"])
        if not games.load(resume["games"]):
            recorder.event("new games", "The games that were running are too long to be played again; new ones begin.")
        diary.load(resume["diary"])
        update = int(resume["step"]) // each

    while update * each < args.steps:
        rollout, finished = _play(games, weights, random, args.rollout)
        advantage = advantages(rollout.reward, args.discount)
        diary.write(update, rollout, advantage, finished, weights)
        left = min(1.0, (1.0 - update * each / args.steps) / (1.0 - args.steady))
        rmsprop.learning_rate = rate.value * left
        rmsprop.step(weights, gradients(rollout, advantage, weights, args.l2, (1.0 - left) * args.entropy_last))
        diary.pushed(update, rollout, advantage, weights)
        update += 1
        state = {
            "step": update * each,
            "weights": [weight.copy() for weight in weights],
            "optimizer": rmsprop.state(),
            "random": saved(random),
            "games": games.state(),
            "diary": diary.state(),
        }
        if keeper is not None:
            keeper.offer(update * each, state, diary.scores.mean)
        recorder.tick(update * each, state=lambda state=state: state)
    diary.finish(update * each, weights)
    return weights


def initial(hidden: int, random: np.random.Generator) -> list[np.ndarray]:
    """Return first weights, float32 (6400, hidden) and (hidden,), normal with deviation 1/√inputs; there are no biases."""
    sizes = ((PIXELS, hidden), (hidden,))
    return [(random.standard_normal(size) / math.sqrt(size[0])).astype(np.float32) for size in sizes]


def difference(observation: np.ndarray) -> np.ndarray:
    """Return what changed on each screen since the one before: float32 (n, 6400), −1, 0 or 1.

    The score is cut off, every second pixel taken, the background erased; what is left are ball and paddles.

    Args:
        observation: uint8 (n, 2, 210, 160): the screen before and the one now; before a game's first screen there is blackness.
    """
    court = observation[:, :, 34:194:2, ::2]
    shown = lit(court).reshape(len(court), 2, PIXELS).astype(np.float32)
    return shown[:, 1] - shown[:, 0]


def lit(screen: np.ndarray) -> np.ndarray:
    """Return where on grey screens something stands before the background: ball, paddles, walls, score (bool, same shape)."""
    return (screen != COURT) & (screen != SET_UP) & (screen != BLACK)


def forward(pictures: np.ndarray, weights: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return what the hidden units give out, (n, hidden), and the probability of going up, (n,)."""
    hidden = np.maximum(pictures @ weights[0], 0.0)
    return hidden, 0.5 + 0.5 * np.tanh(0.5 * (hidden @ weights[1]))  # the logistic function, without overflow


def returns(reward: np.ndarray, discount: float) -> tuple[np.ndarray, np.ndarray]:
    """Return what each step led to: the point at the end of its rally, discounted by the steps until then.

    A point ends a rally: what comes after it is not to the credit of what came before.

    Args:
        reward: (steps, games): 0 but where a point was won or lost.
        discount: What a point is worth one step earlier.

    Returns:
        float32 (steps, games), and bool of the same shape: True where the point has ended.
    """
    led_to = np.zeros(reward.shape, np.float32)
    over = np.zeros(reward.shape, np.bool_)
    later, known = np.zeros(reward.shape[1:], np.float32), np.zeros(reward.shape[1:], np.bool_)
    for step in reversed(range(len(reward))):
        scored = reward[step] != 0
        later = np.where(scored, reward[step], discount * later)
        known = known | scored
        led_to[step], over[step] = later, known
    return led_to, over


def advantages(reward: np.ndarray, discount: float) -> np.ndarray:
    """Return by how much each move is to become more likely, float32 (steps, games).

    It is the return, standardized over all steps whose point has ended; 0 for the others.
    """
    led_to, over = returns(reward, discount)
    if not over.any():
        return led_to
    mean, deviation = led_to[over].mean(), led_to[over].std()
    return np.where(over, (led_to - mean) / (deviation + 1e-8), 0.0).astype(np.float32)


def gradients(
    rollout: Rollout, advantage: np.ndarray, weights: list[np.ndarray], l2: float = 0.0, entropy: float = 0.0
) -> list[np.ndarray]:
    """Return the gradient of the loss: minus the mean of advantage · log P(move), plus l2/2 times the sum of squared weights.

    For a move that was drawn with probability p, log P changes with the net's output z by 1 − p if it was up, by −p if it was down.
    With an entropy bonus the loss falls by so many times the mean entropy of the move, which changes with z by −z · p · (1 − p).
    """
    pictures = rollout.pictures.reshape(-1, PIXELS)
    hidden = rollout.hidden.reshape(len(pictures), -1)
    p_up, counts = rollout.p_up.reshape(-1), advantage.reshape(-1) != 0
    blame = (p_up - rollout.up.reshape(-1)) * advantage.reshape(-1) + entropy * counts * (
        hidden @ weights[1]
    ) * p_up * (1.0 - p_up)
    blame = (blame / max(1, np.count_nonzero(counts))).astype(np.float32)
    by_hidden = blame[:, None] * weights[1] * (hidden > 0)
    return [pictures.T @ by_hidden + l2 * weights[0], hidden.T @ blame + l2 * weights[1]]


def policy(weights: list[np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """Return the agent that always makes the likelier move, for `envs.evaluation`: observations → actions (`SEEN`)."""
    return lambda observation: np.where(forward(difference(observation), weights)[1] > 0.5, UP, DOWN)


def _play(
    games: Atari, weights: list[np.ndarray], random: np.random.Generator, steps: int
) -> tuple[Rollout, list[tuple[int, Game]]]:
    """Play so many steps of every game; also return the games that ended, with their step."""
    size = (steps, games.count)
    pictures, hidden = np.empty((*size, PIXELS), np.float32), np.empty((*size, weights[1].size), np.float32)
    p_up, reward, up = np.empty(size, np.float32), np.empty(size, np.float32), np.empty(size, np.bool_)
    finished: list[tuple[int, Game]] = []
    for step in range(steps):
        pictures[step] = difference(games.observation)
        hidden[step], p_up[step] = forward(pictures[step], weights)
        up[step] = random.random(games.count) < p_up[step]
        after = games.step(np.where(up[step], UP, DOWN))
        reward[step] = after.reward
        finished.extend((step, game) for game in after.games)
    return Rollout(pictures, hidden, p_up, up, reward), finished
