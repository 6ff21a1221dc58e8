"""Parallel Q-learning: many games, sums over many rewards, layers that are normalized; no replay memory, no target network (PyTorch).

PQN of Gallici et al. 2024 ("Simplifying Deep Temporal Difference Learning"), with the returns of Peng and Williams 1996: from each step on,
the value is a mixture of looking one step ahead, two, and so on, weighted by λ, worked out once from the values the network gave
while it played. Departures: an actor thread plays the next rollout while the learner learns from the last one, so the values are
one update old; Adam in place of RAdam, with a learning rate that falls to nothing over the budget. It is no double DQN: the largest
value is both chosen and believed, and what keeps it from growing is the fresh data and the normalized layers.

Recorded, by steps (actions of all games together): `loss`, `epsilon`, `learning_rate`, `score` (mean of the last 100 full games, true
points), `games`; of the games played greedily `value/estimated` and `value/realized`, what the best action seemed worth and the discounted
return that came; of fixed states `fixed/seen` (once) and `fixed/q` (16, actions); at each full game `score/game`, for some `replay` (JSON).
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from mlanimated.envs.atari import Game
from mlanimated.envs.worlds import World, sample, world_of
from mlanimated.learn.data_parallel import Gradient, data_parallel
from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.isolation import one_thread
from mlanimated.learn.networks import Kind, Network, half_precision, pick, pick_device
from mlanimated.learn.overestimation import Promises
from mlanimated.learn.scores import Scores
from mlanimated.learn.seeding import generator, restored, saved
from mlanimated.learn.training import Keeper, load_optimizer, optimizer_state
from mlanimated.trace import Recorder

__all__ = ["Args", "traced", "train"]

FIXED = 16  # states whose values are recorded all along
WATCHED_EPSILON = 0.001  # even a greedy game must not hang for ever


class Args(Struct, frozen=True, kw_only=True):
    """Hyperparameters; the defaults are Breakout's."""

    game: Annotated[str, Meta(description="An Atari game, or the id of a Gymnasium environment.")] = "breakout"
    steps: Annotated[int, Meta(ge=1, le=10**10, description="Budget: actions of all games together.")] = 10_000_000
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws weights, games, actions and minibatches.")] = 0
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Adam's step length; falls to 0.")] = 5e-4
    gamma: Annotated[float, Meta(ge=0, le=1, description="What a reward is worth one step later.")] = 0.99
    trace_decay: Annotated[float, Meta(ge=0, le=1, description="λ: 0 looks one step ahead, 1 to the end.")] = 0.65
    reward_scale: Annotated[float, Meta(gt=0, description="Rewards are multiplied by it for learning.")] = 1.0
    epochs: Annotated[int, Meta(ge=1, le=100, description="Passes over each rollout.")] = 2
    minibatch: Annotated[int, Meta(ge=1, description="Samples of one gradient step.")] = 256
    games: Annotated[int, Meta(ge=1, le=4096, description="Games played side by side.")] = 128
    rollout: Annotated[int, Meta(ge=1, le=100_000, description="Steps of each game between two updates.")] = 32
    epsilon: Annotated[float, Meta(ge=0, le=1, description="Share of random actions in the end; 1 at first.")] = 0.001
    epsilon_share: Annotated[float, Meta(gt=0, le=1, description="Share of the budget in which it falls.")] = 0.1
    greedy_games: Annotated[int, Meta(ge=0, le=64, description="How many games are played greedily all along.")] = 2
    gradient_norm: Annotated[float, Meta(gt=0, description="Longest gradient; a longer one is shortened.")] = 10.0
    network: Annotated[Kind, Meta(description="Body of the network.")] = "small-normed"
    size: Annotated[int, Meta(ge=36, le=160, description="Rows and columns of a picture.")] = 84
    sticky: Annotated[float, Meta(ge=0, lt=1, description="Chance that a frame repeats the action before.")] = 0.0
    life_loss: Annotated[bool, Meta(description="A lost life ends what is learned from; the game plays on.")] = True
    point_ends: Annotated[bool, Meta(description="A point, won or lost, ends what is learned from, too.")] = False
    actions: Annotated[str, Meta(description="Names of the actions offered, with commas; none: all.")] = ""
    device: Annotated[str, Meta(description="cpu, cuda, or auto: a GPU when there is one.")] = "auto"
    threads: Annotated[int, Meta(ge=1, le=256, description="Threads that learn; the games take their own.")] = 1


def train(
    args: Args,
    recorder: Recorder,
    resume: Mapping[str, Any] | None = None,
    keeper: Keeper | None = None,
    start: Mapping[str, np.ndarray] | None = None,
) -> Network:
    """Train an agent and return its network, with head `q`.

    Args:
        args: The hyperparameters.
        recorder: Takes the series and events, and offers `learning_rate` to whoever watches.
        resume: The state of a checkpoint of the same arguments: training goes on exactly as it would have.
        keeper: Is offered the state at each update, and writes it to a file from time to time.
        start: Weights of an agent to begin with, in place of fresh ones; ε is then at its last value from the first step on.

    Raises:
        Stopped: Someone who watches asked for it.
    """
    torch = load_torch()
    device = pick_device() if args.device == "auto" else args.device
    rate = recorder.control("learning_rate", args.learning_rate, minimum=0.0, maximum=1.0)
    world = world_of(args, args.seed)
    network, stale = (_network(args, world, device) for _ in range(2))
    optimizer = torch.optim.Adam(network.parameters(), args.learning_rate, eps=1e-5, fused=True)
    knows = start is not None if resume is None else bool(resume.get("knows"))
    actor = _Actor(args, world, stale, knows)
    random = generator(args.seed + 2)
    scores, promises = Scores(recorder, args.steps), Promises(min(args.greedy_games, args.games), args.gamma)
    fixed: Any = None
    updates, first = -(-args.steps // (each := args.games * args.rollout)), 0
    if resume is None:
        if start is not None:
            network.load(start)
        elif len(world.shape) == 3:
            network.measure(sample(world_of(args, args.seed + 3), 120, generator(args.seed + 3)))
    else:
        first, fixed = int(resume["step"]) // each, resume["fixed"]
        network.load(resume["network"])
        load_optimizer(optimizer, resume["optimizer"])
        random = restored(resume["random"])
        scores.load(resume["scores"])
        promises.load(resume["promises"])
        if not actor.load(resume["actor"]):
            promises.restart()
            recorder.event("new games", "The games that were running are too long to be played again; new ones begin.")
    stale.load(network.state() if resume is None else resume["stale"])
    threads = args.threads if device == "cpu" else 1
    with one_thread(), ThreadPoolExecutor(1) as pool, data_parallel(threads) as gradient:
        rollout = actor.collect(first / updates) if first < updates else None
        for update in range(first, updates):
            assert rollout is not None
            step, current = update * each, network.state()
            state = {
                "step": step,
                "network": current,
                "stale": rollout.weights,  # with these and the actor's state the rollout is played again, the same
                "actor": rollout.before,
                "optimizer": optimizer_state(optimizer),
                "random": saved(random),
                "scores": scores.state(),
                "promises": promises.state(),
                "fixed": fixed,
                "knows": knows,  # it began with an agent, and so without random actions
            }
            if keeper is not None:
                keeper.offer(step, state, scores.mean)
            recorder.tick(step, state=lambda state=state: state)
            stale.load(current)
            ahead = pool.submit(actor.collect, (update + 1) / updates) if update + 1 < updates else None
            for group in optimizer.param_groups:
                group["lr"] = rate.value * (1.0 - update / updates)
            loss = _learn(args, network, optimizer, rollout, random, gradient)
            scores.add((step + (at + 1) * args.games, game) for at, game in rollout.games)
            for at, best in enumerate(rollout.best / args.reward_scale):
                promises.add(best, rollout.rewards[at], rollout.done[at], rollout.cut[at])
            if fixed is None:
                fixed = _spread(rollout)
                recorder.log({"fixed/seen": fixed[..., -1] if fixed.ndim == 4 else fixed}, step=step)
            told = {"loss": loss, "epsilon": rollout.epsilon, "learning_rate": optimizer.param_groups[0]["lr"]}
            told["fixed/q"] = _values(network, torch.from_numpy(fixed).to(device))
            recorder.log({**told, **scores.summary(), **promises.take()}, step=step + each)
            rollout = ahead.result() if ahead else None
    return network


def traced(
    rewards: np.ndarray, best: np.ndarray, done: np.ndarray, gamma: float, trace_decay: float, last: np.ndarray
) -> np.ndarray:
    """Return what the action of each step was worth, (T, N): λ-returns of Q-learning, worked out backwards.

    Args:
        rewards: (T, N).
        best: Largest value of each observation (T, N).
        done: bool (T, N): nothing that follows counts.
        gamma: What a reward is worth one step later.
        trace_decay: λ: 0 looks one step ahead, 1 to the end.
        last: Largest value of the observation after the last step (N,).
    """
    result = np.zeros_like(rewards)
    later = following = last
    for at in reversed(range(len(rewards))):
        mixed = trace_decay * later + (1.0 - trace_decay) * following
        result[at] = later = rewards[at] + gamma * ~done[at] * mixed
        following = best[at]
    return result


@dataclass
class _Rollout:
    """What the actor brings: T steps of N games, and what it takes to play them again.

    Attributes:
        seen: What was seen, as it is stored (T, N, …).
        actions: int64 (T, N).
        best: Largest value of each observation (T, N).
        rewards: float32 (T, N), as they came.
        done: bool (T, N): nothing that follows counts.
        cut: bool (T, N): stopped from outside.
        goals: float32 (T, N): what the actions were worth.
        games: Full games that ended, each with its step in the rollout.
        epsilon: Share of random actions.
        before: State of the actor before the rollout.
        weights: The network's weights that played it.
    """

    seen: Any
    actions: np.ndarray
    best: np.ndarray
    rewards: np.ndarray
    done: np.ndarray
    cut: np.ndarray
    goals: np.ndarray
    games: list[tuple[int, Game]]
    epsilon: float
    before: dict[str, Any]
    weights: dict[str, np.ndarray]


class _Actor:
    """Plays rollouts with a network of its own, so that the learner may change the other meanwhile."""

    def __init__(self, args: Args, world: World, network: Network, knows: bool) -> None:
        torch = load_torch()
        self.args, self.world, self.network, self.knows = args, world, network, knows
        self.random = generator(args.seed + 1)
        pictures = len(world.shape) == 3
        size = (args.rollout, args.games, *((*world.shape[1:], world.shape[0]) if pictures else world.shape))
        dtype = torch.int8 if pictures else torch.float32
        self.buffers = [torch.empty(size, dtype=dtype, device=network.device) for _ in range(2)]

    def collect(self, played: float) -> _Rollout:
        """Play one rollout; `played` is the share of the budget that is used up."""
        args, world, network = self.args, self.world, self.network
        if network.device == "cpu":
            load_torch().set_num_threads(1)
        self.buffers.reverse()  # the learner still reads the other
        size = (args.rollout, args.games)
        rewards, best, extra = np.zeros((3, *size), np.float32)
        done, cut = np.zeros((2, *size), np.bool_)
        actions, games = np.zeros(size, np.int64), list[tuple[int, Game]]()
        before, weights = {"world": world.state(), "random": saved(self.random)}, network.state()
        share = max(args.epsilon, 1.0 - (1.0 - args.epsilon) * (1.0 if self.knows else played / args.epsilon_share))
        epsilon: np.ndarray = np.full(args.games, share)
        epsilon[: args.greedy_games] = WATCHED_EPSILON
        begun = list[int]()
        for at in range(args.rollout):
            previous = self.buffers[0][at - 1] if at else None
            seen = network.prepare(world.observation, out=self.buffers[0][at], before=previous, begun=begun)
            q = _values(network, seen)
            explores = self.random.random(args.games) < epsilon
            chance = self.random.integers(0, len(world.actions), args.games)
            actions[at], best[at] = np.where(explores, chance, q.argmax(axis=1)), q.max(axis=1)
            step = world.step(actions[at])
            rewards[at], done[at], cut[at] = step.reward, step.done, step.truncated
            if step.truncated.any():
                final = _values(network, network.prepare(step.final).to(network.device))
                extra[at] = args.gamma * final.max(axis=1) * step.truncated
            games.extend((at, game) for game in step.games)
            begun = [game.place for game in step.games]
        last = _values(network, network.prepare(world.observation).to(network.device)).max(axis=1)
        goals = traced(args.reward_scale * rewards + extra, best, done | cut, args.gamma, args.trace_decay, last)
        return _Rollout(self.buffers[0], actions, best, rewards, done, cut, goals, games, share, before, weights)

    def load(self, state: Mapping[str, Any]) -> bool:
        """Go on from the `before` of a rollout; False when new games were begun instead."""
        self.random = restored(state["random"])
        return self.world.load(state["world"])


def _learn(
    args: Args, network: Network, optimizer: Any, rollout: _Rollout, random: np.random.Generator, gradient: Gradient
) -> float:
    """Learn from one rollout and return the mean loss."""
    torch, device = load_torch(), network.device
    seen = rollout.seen.flatten(0, 1)
    actions, goals = (torch.from_numpy(part.reshape(-1)).to(device) for part in (rollout.actions, rollout.goals))
    losses: list[Any] = []

    def loss(part: Any) -> tuple[Any, Any]:
        with half_precision(device):
            (q,) = network(pick(seen, part))
        lost = 0.5 * (q.gather(1, actions[part, None])[:, 0] - goals[part]).square().sum() / size
        return lost, lost.detach()

    for _ in range(args.epochs):
        for part in torch.from_numpy(random.permutation(len(seen))).to(device).split(args.minibatch):
            size = len(part)
            losses.append(gradient(network.parameters(), loss, [part]))
            torch.nn.utils.clip_grad_norm_(network.parameters(), args.gradient_norm)
            optimizer.step()
    return float(torch.stack(losses).mean())


def _values(network: Network, stored: Any) -> np.ndarray:
    """Return what each action is worth, float32 (n, actions), from observations as they are stored."""
    torch = load_torch()
    with torch.no_grad(), half_precision(network.device):
        return network(stored)[0].cpu().numpy()


def _spread(rollout: _Rollout) -> np.ndarray:
    """Return observations as they are stored, from different games and steps of a rollout."""
    seen = rollout.seen.cpu().numpy()
    return seen[np.linspace(0, len(seen) - 1, FIXED).astype(np.int64), np.arange(FIXED) % seen.shape[1]].copy()


def _network(args: Args, world: World, device: str) -> Network:
    """Return a fresh network for the games."""
    kind: Kind = args.network if len(world.shape) == 3 else "mlp-normed" if args.network.endswith("-normed") else "mlp"
    return Network(world.shape, {"q": len(world.actions)}, kind, seed=args.seed, device=device)
