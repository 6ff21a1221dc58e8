"""Keras plays Catch: a network learns from the board's pixels alone to catch a falling fruit. Writes catch.mp4.

    python catch_keras.py                        # on the first backend that is installed
    KERAS_BACKEND=jax python catch_keras.py      # or tensorflow, or torch

Deep Q-learning with experience replay, all of it: the game, the learner, and the film of how it learned.
"""

import os
import sys
import warnings
from collections import deque
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

import mlanimated as mla

if "KERAS_BACKEND" not in os.environ:
    os.environ["KERAS_BACKEND"] = next((name for name in ("tensorflow", "jax", "torch") if find_spec(name)), "torch")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # for a network this small a second thread only waits
import keras

warnings.filterwarnings("ignore", "__array__ implementation")  # Keras on PyTorch with NumPy 2

SIZE = 10  # rows and columns of the board
GAMES = 1000
MEMORY = 500  # moves that are remembered
BATCH = 96  # moves learned from at once
TOGETHER = 10  # games played side by side: the network is asked for ten boards as quickly as for one
BATCHES = 14  # learned from after them
GAMMA = 0.9  # what a reward is worth one move later
EPSILON = 0.1  # share of moves that are made at random
# Where games begin: the fruit's column and the basket's. The published example leaves out the last columns, and so do we.
STARTS = np.array([(fruit, basket) for fruit in range(SIZE - 1) for basket in range(1, SIZE - 2)])
SHOWN = STARTS[[6, 56]]  # the two games of the film: the fruit falls far from the basket, on its left and on its right
AGES = (0, 50, 150, 300, 500, GAMES)  # after how many games they are shown


# ---- The game. A state is three numbers: the fruit's row and column, and the middle of the basket, which is three wide.


def moved(states, actions):
    """Return states (n, 3) after the actions 0 left, 1 stay, 2 right: the basket moves, the fruit falls one row."""
    row, fruit, basket = states.T
    return np.stack([row + 1, fruit, np.clip(basket + actions - 1, 1, SIZE - 2)], axis=1)


def rewards(states):
    """Return for states (n, 3) 1 where the fruit fell into the basket, -1 where beside it, 0 where it falls."""
    row, fruit, basket = states.T
    return np.where(row < SIZE - 1, 0, np.where(abs(fruit - basket) <= 1, 1, -1))


def pixels(states):
    """Return what the network sees of states (n, 3): boards of 0 and 1 as float32 (n, 100)."""
    boards = np.zeros((len(states), SIZE, SIZE), "float32")
    for board, (row, fruit, basket) in zip(boards, states, strict=True):
        board[-1, basket - 1 : basket + 2] = 1
        board[row, fruit] = 1
    return boards.reshape(len(states), -1)


# ---- The learner.


def network():
    """Return a network that gives each of the three actions a value, from a board's pixels."""
    small = keras.initializers.RandomUniform(-0.1, 0.1)
    layers = [keras.layers.Dense(100, activation="relu", kernel_initializer=small) for _ in range(2)]
    # Values begin near the best there is, so that what was not tried yet looks good and is tried.
    last = keras.layers.Dense(3, kernel_initializer=small, bias_initializer="ones")
    net = keras.Sequential([keras.Input((SIZE * SIZE,)), *layers, last])
    rate = keras.optimizers.schedules.PolynomialDecay(0.002, GAMES // TOGETHER * BATCHES, 0.0)
    net.compile(keras.optimizers.Adam(rate), loss_of_taken)
    return net


def loss_of_taken(targets, values):
    """Return the mean squared error of the actions that were taken; the targets of the others are not a number."""
    known = keras.ops.where(keras.ops.isnan(targets), values, targets)
    return keras.ops.mean(keras.ops.square(known - values))


def learn(net, memory, random):
    """Take BATCHES steps of gradient descent on remembered moves: value = reward + GAMMA * best value after it.

    What comes after is valued once for all of them: the network is asked for a thousand boards as quickly as for a hundred.
    """
    batch = [memory[index] for index in random.integers(len(memory), size=BATCHES * BATCH)]
    states, actions, gained, afters = (np.array(part) for part in zip(*batch, strict=True))
    over = afters[:, 0] == SIZE - 1  # nothing follows when the fruit is down
    best = net.predict_on_batch(pixels(afters)).max(axis=1)
    targets = np.full((len(batch), 3), np.nan, "float32")
    targets[np.arange(len(batch)), actions] = gained + GAMMA * best * ~over
    for boards, goals in zip(np.split(pixels(states), BATCHES), np.split(targets, BATCHES), strict=True):
        net.train_on_batch(boards, goals)


def play(net, starts):
    """Play from columns (n, 2) without chance; return the n games' states (10, n, 3) and values (10, n, 3)."""
    states = [np.insert(starts, 0, 0, axis=1)]
    values = [net.predict_on_batch(pixels(states[0]))]
    for _ in range(SIZE - 1):
        states.append(moved(states[-1], values[-1].argmax(axis=1)))
        values.append(net.predict_on_batch(pixels(states[-1])))
    return np.array(states), np.array(values)


def train(recorder, seed=0, games=GAMES):
    """Learn from games and record it; return the network."""
    keras.utils.set_random_seed(seed)
    random = np.random.default_rng(seed)
    net, memory = network(), deque(maxlen=MEMORY)
    for game in range(0, games + 1, TOGETHER):
        if game % 20 == 0 or game in AGES:
            record(recorder, net, game)
        if game == games:
            break
        states = np.insert(random.choice(STARTS, TOGETHER), 0, 0, axis=1)
        while states[0, 0] < SIZE - 1:
            best = net.predict_on_batch(pixels(states)).argmax(axis=1)
            actions = np.where(random.random(TOGETHER) < EPSILON, random.integers(3, size=TOGETHER), best)
            afters = moved(states, actions)
            memory.extend(zip(states, actions, rewards(afters), afters, strict=True))
            states = afters
        learn(net, memory, random)
    return net


# ---- The film.


def record(recorder, net, game):
    """Record from how many of all starts the network catches after so many games, and how it plays two of them."""
    caught = int((rewards(play(net, STARTS)[0][-1]) == 1).sum())
    before = recorder.trace.bounds("caught")[1] if game else 0
    row = {"game": game, "caught": caught}
    if game in AGES:
        for states, values in zip(*(np.swapaxes(part, 0, 1) for part in play(net, SHOWN)), strict=True):
            for state, value in zip(states, values, strict=True):
                recorder.log({**row, "state": state.astype(float), "value": value})
    else:
        recorder.log(row)
    if game == 0:
        recorder.event("initialize", f"It knows nothing and catches from {caught} of {len(STARTS)} starts.", step=0)
    elif caught == len(STARTS) > before:
        recorder.event("all caught", f"After {game} games it catches from each of the {caught} starts.")
    elif caught >= len(STARTS) / 2 > before:
        recorder.event("half", f"After {game} games it catches from {caught} of {len(STARTS)} starts.")
    elif game == GAMES:
        recorder.event("result", f"{game} games played: from {caught} of {len(STARTS)} starts the fruit is caught.")


@dataclass(frozen=True, kw_only=True)
class Board(mla.View):
    """The board, redrawn from the recorded state."""

    def draw(self, moment, box):
        """Return the cells, the basket, and the fruit."""
        box = box.square()
        cell = box.width / SIZE
        (row, fruit, basket), after, _ = moment.between("state")
        if after[0] > row:  # glide within a game, jump to the next one
            row, fruit, basket = moment.eased("state")
        cells = [
            mla.draw.Rect(box.x + x * cell + 1, box.y + y * cell + 1, cell - 2, cell - 2, "panel", radius=4)
            for x in range(SIZE)
            for y in range(SIZE)
        ]
        place = box.x + (basket - 1) * cell + 2, box.bottom - cell * 0.62
        centre = box.x + (fruit + 0.5) * cell, box.y + (row + 0.5) * cell
        return [
            mla.draw.Group(tuple(cells), key="cells"),
            mla.draw.Rect(*place, 3 * cell - 4, cell * 0.6, "series-1", radius=10),
            mla.draw.Circle(*centre, cell * 0.3, "accent"),
        ]


def film(trace):
    """Return the film: the two games at several ages, the values of the moves, and how many starts are caught."""
    views = mla.views
    values = views.Bars("value", ("left", "stay", "right"), limits=(-1.2, 1.2)).titled("What each move is worth")
    caught = views.Lines("caught", x="game", limits=(0, 66), format="{:.0f}").titled("Caught, of 63 starts")
    return mla.film(
        Board().titled("The same two games, again and again").shared(1.2) | (values / caught.shared(1.4)),
        trace,
        title="Keras learns to catch",
        clock=mla.Clock(pace="even", seconds=16),
        count=mla.Count(word="game", series="game"),
        alt="A basket learns to catch a falling fruit.",
    )


if __name__ == "__main__":
    with mla.Recorder(name="catch", seed=0) as recorder:
        train(recorder)
    film(recorder.trace).save(sys.argv[1] if len(sys.argv) > 1 else "catch.mp4")
