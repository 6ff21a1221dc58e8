"""What it takes to learn Atari games from pixels on this machine, and how good the agents are.

    scripts/bench atari                          # steps a second beside the emulator alone, and what recording costs
    scripts/bench atari --speed seaquest         # the same, less the recording, of another game than Breakout and Pong
    scripts/bench atari --speed pong --rounds 3  # three times in turn: the mean, and the lowest and highest
    scripts/bench atari --pong 0 1 2             # trains Pong with these seeds and plays 100 full games with each
    scripts/bench atari --pixels 0 1 2           # section 5's own method, looked at after 2.2M steps and 3.5M
    scripts/bench atari --agents                 # every agent that ships: 100 full games, then 100 with sticky actions
    scripts/bench atari --agents breakout        # one of them
    scripts/bench atari --moments breakout --games 20   # in how many of 20 games the program finds each highlight
    scripts/bench atari --ship runs/pong-ppo-0 pong     # measures a trained agent and puts it with those that ship, under a name

Costs are told in steps and in minutes of one core, which a busy machine bends less than the clock. Games are full games with a seed of
their own and up to 30 idle frames at the beginning, the best action always taken, true scores; all that were begun are counted. Beside
a peer everything runs in turn, each in a process of its own. Stable-Baselines3 is compared where it is installed with what it needs to
prepare pictures: pip install stable-baselines3 opencv-python-headless
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import multiprocessing
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np

import mlanimated as mla
from mlanimated.agents.agent import SHIPPED, cards
from mlanimated.agents.hyperparameters import arguments_of
from mlanimated.agents.watching import watch
from mlanimated.envs.atari import name as game_name
from mlanimated.envs.evaluation import evaluate as play
from mlanimated.envs.worlds import world_of
from mlanimated.errors import MlaError
from mlanimated.learn import pong_from_pixels, ppo
from mlanimated.learn.isolation import kept_memory

PEER = "Stable-Baselines3"
STICKY = 0.25
NATURE = {"network": "nature", "size": 84, "actions": "", "epochs": 4, "minibatch": 256, "threads": 2}
"""The network and the updates a sample of Stable-Baselines3's PPO, which learns with two threads too."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pong", nargs="+", type=int, default=[], metavar="SEED", help="train Pong with each seed")
    parser.add_argument(
        "--pixels", nargs="+", type=int, default=[], metavar="SEED", help="train Pong by section 5's method"
    )
    parser.add_argument("--agents", nargs="*", metavar="NAME", help="evaluate agents that ship; none named: all")
    parser.add_argument("--moments", nargs="+", default=[], metavar="NAME", help="count the games with each highlight")
    parser.add_argument("--speed", nargs="+", default=[], metavar="GAME", help="time the training of these games")
    parser.add_argument("--games", type=int, default=100, help="full games of each evaluation")
    parser.add_argument("--steps", type=int, default=40_960, help="steps of each training that is timed")
    parser.add_argument("--rounds", type=int, default=1, help="how many times each is timed, in turn")
    parser.add_argument("--ship", nargs=2, metavar=("PATH", "NAME"), help="measure a trained agent and ship it")
    options = parser.parse_args()
    try:
        run(options)
    except MlaError as error:
        parser.error(str(error))


def run(options: argparse.Namespace) -> None:
    """Do what was asked for; the speed rows when nothing was."""
    if options.moments:
        count_moments(options.moments, options.games)
    if options.ship:
        ship(*options.ship, games=options.games)
    if options.pong:
        learn_pong(options.pong, options.games)
    if options.pixels:
        learn_from_pixels(options.pixels, options.games)
    if options.agents is not None:
        evaluate(options.agents or [card.name for card in cards() if not card.shape], options.games)
    for game in options.speed:
        compare_speed(game, options.steps, options.rounds)
    if (
        not (options.pong or options.pixels or options.moments or options.ship or options.speed)
        and options.agents is None
    ):
        for game in ("breakout", "pong"):
            compare_speed(game, options.steps, options.rounds)
        compare_recording(options.steps)


def learn_pong(seeds: list[int], games: int) -> None:
    """Must: mean of at least 20 after at most 1.2M steps and 12 minutes of one core, every seed."""
    print(f"{'seed':>4} {'steps':>10} {'minutes':>8} {'of one core':>12}  greedy")
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            agent = mla.train("pong", seed=seed, folder=folder)
        assert agent is not None
        card = agent.card
        cost = f"{card.steps:>10,} {card.seconds / 60:>8.1f} {card.cpu_seconds / 60:>12.1f}"
        print(f"{seed:>4} {cost}  {agent.evaluate(games).summary()}", flush=True)


class Milestones:
    """Keeps what a training has learned by some steps, and what it had cost then, in place of a checkpoint file."""

    def __init__(self, *limits: int) -> None:
        self.limits, self.begun = limits, time.process_time()
        self.kept: dict[int, tuple[int, float, Any]] = {}

    def offer(self, step: int, state: dict[str, Any], _: float) -> None:
        """Keep, for each limit, the last state that is not past it."""
        for limit in self.limits:
            if step <= limit:
                self.kept[limit] = step, time.process_time() - self.begun, state["weights"]


def learn_from_pixels(seeds: list[int], games: int) -> None:
    """Must: mean above 0 after at most 2.2M steps and of at least 14 after at most 3.5M, every seed."""
    print(f"{'seed':>4} {'steps':>10} {'of one core':>12}  greedy")
    for seed in seeds:
        milestones = Milestones(2_200_000, 3_500_000)
        with mla.Recorder() as recorder:
            pong_from_pixels.train(
                pong_from_pixels.Args(seed=seed, threads=1), recorder, keeper=cast("Any", milestones)
            )
        for step, seconds, learned in milestones.kept.values():
            found = play(pong_from_pixels.policy(learned), "pong", games, preprocessing=pong_from_pixels.SEEN)
            print(f"{seed:>4} {step:>10,} {seconds / 60:>8.1f} min  {found.summary()}", flush=True)


def evaluate(agents: list[str], games: int) -> None:
    """Play full games with agents that ship."""
    for name in agents:
        agent = mla.agent(name)
        print(
            f"{name} ({agent.card.learner}, {agent.card.steps:,} steps, {agent.card.cpu_seconds / 60:.0f} min of a core)"
        )
        for sticky in (0.0, STICKY):
            begun = time.monotonic()
            line = agent.evaluate(games, sticky=sticky).summary()
            print(f"  {line}, {(time.monotonic() - begun) / 60:.1f} min", flush=True)


def count_moments(agents: list[str], games: int) -> None:
    """Must: behind Breakout's wall in most games; the first wave of Space Invaders cleared in half of them."""
    for name in agents:
        found = [{one.name for one in watch(name, seed=seed).highlights} for seed in range(games)]
        told = Counter(moment for moments in found for moment in moments)
        print(f"{name}: " + "; ".join(f"{moment} in {count} of {games} games" for moment, count in told.most_common()))


def ship(path: str, name: str, *, games: int) -> None:
    """Write what an agent reaches onto its card, with and without sticky actions, and put it with those that ship."""
    agent = mla.agent(path)
    measured = tuple(agent.measure(games, sticky=sticky) for sticky in (0.0, STICKY))
    card = msgspec.structs.replace(agent.card, name=name, measured=measured)
    mla.Agent(card, agent.network).save(SHIPPED / name)
    for one in measured:
        print(f"{name}: mean {one.mean} ({one.low} to {one.high}) of {one.games} games, sticky {one.sticky:g}")


def compare_speed(game: str, steps: int, rounds: int) -> None:
    """Must: with the same network and updates a sample 4 times Stable-Baselines3's rate, our default 8 times."""
    usual = ppo_arguments(game, steps)
    print(f"{game}, steps a second over {steps:,} steps, {usual.games} games side by side, default {usual.size} pixels")
    rows: dict[str, tuple[Callable[..., float], tuple[Any, ...]]] = {
        "the emulator alone": (emulator, (usual,)),
        "our default": (learning, (usual,)),
        "Nature's network": (learning, (ppo_arguments(game, steps, **NATURE),)),
    }
    missing = [module for module in ("stable_baselines3", "cv2") if importlib.util.find_spec(module) is None]
    if missing:
        print(f"  not compared with Stable-Baselines3: not installed: {', '.join(missing)}")
    else:
        rows[PEER] = baselines, (game, steps)
    rates = {what: np.zeros(rounds) for what in rows}
    for at in range(rounds):  # each row once a round, so that what else the machine does falls upon all
        for what, (measure, arguments) in rows.items():
            rates[what][at] = alone(measure, *arguments)
    for what, found in rates.items():
        beside = f"{spread(found / rates['the emulator alone'], '.2f')} of the emulator's"
        times = f", {spread(found / rates[PEER], '.1f')} times {PEER}'s" if PEER in rates else ""
        print(f"  {what:<20}{spread(found, ',.0f')}, {beside}{times}", flush=True)


def spread(found: np.ndarray, form: str) -> str:
    """Return the mean of what each round brought, and the lowest and highest."""
    mean, low, high = (format(value, form) for value in (found.mean(), found.min(), found.max()))
    return f"{mean} ({low} to {high})" if len(found) > 1 else mean


def alone(measure: Callable[..., float], *arguments: Any) -> float:
    """Return what a measurement finds in a process of its own, so that none inherits threads or memory from the one before."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measure, *arguments).result()


def compare_recording(steps: int) -> None:
    """Must: at most 10% slower recorded to a file than in memory with nothing kept."""
    plain, recorded = (min(cost(steps, record=record) for _ in range(2)) for record in (False, True))
    print(
        f"Recording, {steps:,} steps: {plain:.1f} s of one core without, {recorded:.1f} s with: {recorded / plain - 1:+.1%}"
    )


def ppo_arguments(game: str, steps: int, **hyperparameters: Any) -> Any:
    """Return the game's usual hyperparameters of PPO but for those named."""
    return arguments_of(game, "ppo", {"steps": steps, **hyperparameters})[1]


def emulator(args: Any) -> float:
    """Return the rate of random play, pictures prepared as for learning."""
    world = world_of(args, args.seed)
    random = np.random.default_rng(0)
    turns = args.steps // args.games
    return rate_of(
        lambda: [world.step(random.integers(0, len(world.actions), args.games)) for _ in range(turns)], args.steps
    )


class Pace:
    """Notes when each update of a training began, by the clock and in seconds of one core, in place of a checkpoint file."""

    def __init__(self) -> None:
        self.noted: list[tuple[int, float, float]] = []

    def offer(self, step: int, _: dict[str, Any], __: float) -> None:
        """Note it."""
        self.noted.append((step, time.perf_counter(), time.process_time()))


def learning(args: Any) -> float:
    """Return the rate of training with PPO from its second update on: what comes before the first is done once in a training."""
    pace = Pace()
    with mla.Recorder() as recorder, kept_memory():  # as `mla train` does
        ppo.train(args, recorder, keeper=cast("Any", pace))
    (first, begun, _), (last, ended, _) = pace.noted[1], pace.noted[-1]
    return (last - first) / (ended - begun)


def cost(steps: int, *, record: bool) -> float:
    """Return the seconds of one core that a training takes from its second update on, recorded or not."""
    pace = Pace()
    with tempfile.TemporaryDirectory() as folder, mla.Recorder(Path(folder) / "it.mla") as recorder, kept_memory():
        if not record:
            recorder.log = lambda *_, **__: None  # type: ignore[method-assign]
        ppo.train(ppo_arguments("breakout", steps), recorder, keeper=cast("Any", pace))
        return pace.noted[-1][2] - pace.noted[1][2]


def baselines(game: str, steps: int) -> float:
    """Return the rate of Stable-Baselines3's PPO with its own Atari wrappers and its own vector environment."""
    make = importlib.import_module("stable_baselines3.common.env_util").make_atari_env
    stack = importlib.import_module("stable_baselines3.common.vec_env").VecFrameStack
    learner = importlib.import_module("stable_baselines3").PPO
    title = "".join(word.capitalize() for word in game_name(game).split("_"))
    games = stack(make(f"{title}NoFrameskip-v4", n_envs=8), 4)
    model = learner("CnnPolicy", games, n_steps=128, n_epochs=4, batch_size=256)
    return rate_of(lambda: model.learn(steps), steps)


def rate_of(work: Callable[[], Any], steps: int) -> float:
    """Return steps a second."""
    begun = time.perf_counter()
    work()
    return steps / (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
