"""Pong from pixels by policy gradient, written out in NumPy: a net of two layers, no library of networks (section 5).

The method is A. Karpathy's "Deep Reinforcement Learning: Pong from Pixels" (2016), after R. J. Williams' REINFORCE (1992): look at
what changed on the screen, go up with the probability that the net says, and when the point is over make every move of it a little
more likely if it was won, a little less likely if it was lost. Which move deserved it? Nobody knows; over many points it averages out.

What differs: 64 games are played side by side, and the net changes after every 128 steps of each instead of every ten games of
one. Steps whose point is not over yet count for nothing. Greedy scores stand on the agents' cards.

What is recorded stands in `pong_diary.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from mlanimated.envs.atari import Atari, Game, Preprocessing
from mlanimated.learn.optimizers import RMSProp
from mlanimated.learn.pong_diary import Diary, Rollout
from mlanimated.learn.seeding import generator, restored, saved
from mlanimated.learn.training import Keeper
from mlanimated.trace import Recorder

__all__ = ["Args", "advantages", "evaluate", "forward", "gradients", "initial", "picture", "returns", "train"]

PIXELS = 80 * 80
BACKGROUND = 87  # the grey of the court


class Args(Struct, frozen=True, kw_only=True):
    """Hyperparameters."""

    steps: Annotated[int, Meta(ge=0, le=10**9, description="Decisions to learn from, of all games together.")] = (
        3_500_000
    )
    games: Annotated[int, Meta(ge=1, le=1024, description="Games played side by side.")] = 64
    rollout: Annotated[int, Meta(ge=1, le=10_000, description="Steps of each game between two changes.")] = 128
    hidden: Annotated[int, Meta(ge=1, le=4096, description="Hidden units.")] = 200
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="RMSProp's step length.")] = 0.001
    decay: Annotated[float, Meta(ge=0, lt=1, description="How long RMSProp remembers squares of gradients.")] = 0.99
    discount: Annotated[float, Meta(ge=0, le=1, description="What a point is worth one step earlier.")] = 0.99
    l2: Annotated[float, Meta(ge=0, le=1, description="L2 regularization: pulls every weight towards zero.")] = 0.0
    sticky: Annotated[float, Meta(ge=0, lt=1, description="Chance that a frame repeats the action before.")] = 0.0
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1, description="Draws first weights, games and moves.")] = 0
    record_every: Annotated[int, Meta(ge=1, le=10_000, description="Changes between two pictures of the weights.")] = 4
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
    games = Atari("pong", args.games, seed=args.seed, preprocessing=_seen(args.sticky), threads=args.threads)
    before = np.zeros((args.games, PIXELS), np.float32)
    diary = Diary(recorder, args.steps, args.games, args.rollout, args.record_every, forward)
    update, each = 0, args.games * args.rollout
    if resume:
        weights = [np.array(weight) for weight in resume["weights"]]
        rmsprop.load(resume["optimizer"])
        random = restored(resume["random"])
        before = np.array(resume["before"], np.float32) if games.load(resume["games"]) else before
        diary.load(resume["diary"])
        update = int(resume["step"]) // each

    while update * each < args.steps:
        rollout, before, finished = _play(games, before, weights, random, args.rollout)
        advantage = advantages(rollout.reward, args.discount)
        diary.write(update, rollout, advantage, finished, weights)
        rmsprop.learning_rate = rate.value
        rmsprop.step(weights, gradients(rollout, advantage, weights, args.l2))
        update += 1
        state = {
            "step": update * each,
            "weights": [weight.copy() for weight in weights],
            "optimizer": rmsprop.state(),
            "random": saved(random),
            "games": games.state(),
            "before": before.astype(np.int8),
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


def picture(screen: np.ndarray) -> np.ndarray:
    """Return screens (n, 210, 160) as (n, 6400): without the score, every second pixel, 0 for background and 1 for the rest."""
    court = screen[:, 34:194:2, ::2]
    return (court != BACKGROUND).reshape(len(screen), PIXELS).astype(np.float32)


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


def gradients(rollout: Rollout, advantage: np.ndarray, weights: list[np.ndarray], l2: float = 0.0) -> list[np.ndarray]:
    """Return the gradient of the loss: minus the mean of advantage · log P(move), plus l2/2 times the sum of squared weights.

    For a move that was drawn with probability p, log P changes with the net's output by 1 − p if it was up, by −p if it was down.
    """
    blame = (rollout.p_up - rollout.up) * advantage / max(1, np.count_nonzero(advantage))
    pictures = rollout.pictures.reshape(-1, PIXELS)
    hidden = rollout.hidden.reshape(len(pictures), -1)
    blame = blame.reshape(-1).astype(np.float32)
    by_hidden = blame[:, None] * weights[1] * (hidden > 0)
    return [pictures.T @ by_hidden + l2 * weights[0], hidden.T @ blame + l2 * weights[1]]


def evaluate(
    weights: list[np.ndarray], games: int = 100, *, seed: int = 1, sticky: float = 0.0, greedy: bool = True
) -> list[Game]:
    """Play full games, each with its own seed and idle beginning, and return them; `score` runs from −21 to 21.

    Args:
        weights: Of the net.
        games: How many.
        seed: Draws the games.
        sticky: Chance that a frame repeats the action before.
        greedy: Always make the likelier move; else draw it.
    """
    random = generator(seed)
    count = min(games, 50)
    arcade = Atari("pong", count, seed=seed, preprocessing=_seen(sticky), threads=0)
    quota = [games // count + (place < games % count) for place in range(count)]  # else short games would count more
    before = np.zeros((count, PIXELS), np.float32)
    played: list[Game] = []
    while len(played) < games:
        now = picture(arcade.observation[:, -1])
        _, p_up = forward(now - before, weights)
        up = p_up > (0.5 if greedy else random.random(count))
        step = arcade.step(np.where(up, 0, 1))
        before = now
        for game in step.games:
            before[game.place] = 0.0
            if quota[game.place]:
                quota[game.place] -= 1
                played.append(game)
    return played


def _seen(sticky: float) -> Preprocessing:
    """Return how the screen reaches the net: whole, the newest alone; "right" moves the paddle up."""
    return Preprocessing(
        height=210, width=160, stack=1, max_pool=False, sticky=sticky, life_loss=False, actions=("right", "left")
    )


def _play(
    games: Atari, before: np.ndarray, weights: list[np.ndarray], random: np.random.Generator, steps: int
) -> tuple[Rollout, np.ndarray, list[tuple[int, Game]]]:
    """Play so many steps of every game; also return the last pictures, and the games that ended with their step."""
    size = (steps, games.count)
    pictures, hidden = np.empty((*size, PIXELS), np.float32), np.empty((*size, weights[1].size), np.float32)
    p_up, reward, up = np.empty(size, np.float32), np.empty(size, np.float32), np.empty(size, np.bool_)
    finished: list[tuple[int, Game]] = []
    for step in range(steps):
        now = picture(games.observation[:, -1])
        np.subtract(now, before, out=pictures[step])
        hidden[step], p_up[step] = forward(pictures[step], weights)
        up[step] = random.random(games.count) < p_up[step]
        after = games.step(np.where(up[step], 0, 1))
        reward[step] = after.reward
        before = now
        for game in after.games:
            before[game.place] = 0.0  # a new game begins with nothing to compare to
            finished.append((step, game))
    return Rollout(pictures, hidden, p_up, up, reward), before, finished
