"""Rows of deep learners for `games.py`: Catch and Cart Pole by deep Q, Cart Pole by policy gradients, the walker that ships."""

from __future__ import annotations

import importlib
import os
import runpy
import tempfile
import time
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import mlanimated as mla
from mlanimated.games.cart_pole import LONGEST, SCALE, lengths
from mlanimated.games.catch import Catch
from mlanimated.learn import reinforce, watched_deep_q

SEEDS = 5
EXAMPLE = Path(__file__).parent.parent / "examples/catch_keras.py"


def print_catch() -> None:
    print(f"Catch, double DQN (PyTorch), 12,000 steps, seeds 0 to {SEEDS - 1} (to reach: 63/63 in 10 s)")
    rules = Catch()
    for seed in range(SEEDS):
        begun = time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            agent = mla.train("mla/Catch-v0", "double-dqn", seed=seed, folder=folder)
        assert agent is not None
        spent = time.process_time() - begun
        caught = 0
        for state in rules.starts:
            reward = 0.0
            while rules.legal(state):
                action = int(agent.act(rules.picture(state)[None])[0])
                state, reward, _ = rules.step(state, action)  # noqa: PLW2901
            caught += reward > 0
        print(f"  seed {seed:<17}{caught}/{len(rules.starts)} starts caught greedily  {spent:5.1f} CPU s", flush=True)

    if not find_spec("keras"):
        print("Catch in Keras needs: pip install keras", flush=True)
        return
    os.environ.setdefault("KERAS_BACKEND", "torch")
    warnings.filterwarnings("ignore", "__array__ implementation")
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)  # as the example asks for where it begins a process of its own
    example = runpy.run_path(str(EXAMPLE))
    print(f"Catch in Keras on {os.environ['KERAS_BACKEND']} ({EXAMPLE.name}), 1000 games (to reach: 63/63 in 10 s)")
    for seed in range(SEEDS):
        begun = time.process_time()
        with mla.Recorder() as recorder:
            net = example["train"](recorder, seed)
        spent = time.process_time() - begun
        ends = example["play"](net, example["STARTS"])[0][-1]
        caught = int((example["rewards"](ends) == 1).sum())
        print(f"  seed {seed:<17}{caught}/{len(ends)} starts caught greedily  {spent:5.1f} CPU s", flush=True)


def print_deep_q() -> None:
    print(f"CartPole-v1, double DQN (PyTorch), 100,000 steps; Gymnasium's seeds 0 to 499, agents 0 to {SEEDS - 1}")
    for seed in range(SEEDS):
        begun = time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            agent = mla.train("CartPole-v1", "double-dqn", seed=seed, folder=folder)
        assert agent is not None
        _held(seed, lambda states, agent=agent: agent.act(states.astype(np.float32)), time.process_time() - begun)
    print("The film's short training, 16,000 steps of 16 games side by side")
    for seed in range(SEEDS):
        begun = time.process_time()
        with mla.Recorder() as recorder:
            network = watched_deep_q.train(watched_deep_q.Args(seed=seed), recorder)
        _held(seed, lambda states, net=network: _best(net, states), time.process_time() - begun)


def print_policy_gradient() -> None:
    print(f"CartPole-v1, policy gradients, 60 batches of 16 games; Gymnasium's seeds 0 to 499, agents 0 to {SEEDS - 1}")
    for variant in ("plain", "baseline", "actor-critic"):
        print(f"  {variant}")
        for seed in range(SEEDS):
            begun = time.process_time()
            with mla.Recorder() as recorder:
                policy = reinforce.train(reinforce.Args(variant=variant, seed=seed), recorder)
            spent = time.process_time() - begun
            _held(seed, lambda states, policy=policy: policy.chances(states).argmax(axis=1), spent)


def print_walking() -> None:
    agent = mla.agent("walker")
    card = agent.card
    print(
        f"BipedalWalker-v3, the agent that ships ({card.learner}, {card.steps:,} steps, {card.cpu_seconds / 60:.0f} CPU min)"
        " (to reach: mean of 100 games at least 300)"
    )
    begun = time.process_time()
    print(f"  {agent.evaluate(100).summary()}, {time.process_time() - begun:.0f} CPU s", flush=True)


def _best(network: object, states: np.ndarray) -> np.ndarray:
    """Return the most valued pushes of many states."""
    import torch

    with torch.no_grad():
        seen = torch.from_numpy((states / SCALE).astype(np.float32))
        return network(seen)[0].numpy().argmax(axis=1)  # type: ignore[operator]


def _held(seed: int, choose: object, spent: float) -> None:
    held = lengths(choose, range(500))  # type: ignore[arg-type]
    half = 1.96 * float(held.std(ddof=1)) / len(held) ** 0.5
    solved = int((held == LONGEST).sum())
    print(f"  seed {seed:<17}{solved}/500 held  mean {held.mean():.1f} ± {half:.1f}  {spent:5.1f} CPU s", flush=True)
