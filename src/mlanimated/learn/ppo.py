"""Proximal policy optimization, for pictures and vectors alike (PyTorch).

Schulman et al. 2017, with generalized advantage estimation (Schulman et al. 2016). An actor thread plays the next rollout while the learner
learns from the last one, so rollouts are one update stale; the probabilities with which the actions were drawn are kept, so the
ratio that is clipped is exact. Over the budget the learning rate falls to nothing and the entropy bonus to its last value: below nothing
it makes the policy decide, so that in the end it learns from the games that its likeliest actions play. Departures from the paper:
these two, the entropy bonus on pictures, and the value's loss is not clipped.

Recorded at each update, by steps (actions of all games together): `score` (mean of the last 100 full games, true points), `loss/policy`,
`loss/value`, `entropy`, `clipped` (share of samples), `value`, `learning_rate`, `games` (full games so far); at each full game
`score/game`, and for some games `replay` (JSON: seed and actions, all that it takes to see it again).
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
from mlanimated.learn.advantages import advantages
from mlanimated.learn.data_parallel import Gradient, data_parallel
from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.isolation import one_thread
from mlanimated.learn.networks import Kind, Network, half_precision, pick, pick_device
from mlanimated.learn.scores import Scores
from mlanimated.learn.seeding import generator, restored, saved
from mlanimated.learn.training import Keeper, load_optimizer, optimizer_state
from mlanimated.trace import Recorder

__all__ = ["Args", "train"]


class Args(Struct, frozen=True, kw_only=True):
    """Hyperparameters; the defaults are for any Atari game."""

    game: Annotated[str, Meta(description="An Atari game, or the id of a Gymnasium environment.")] = "breakout"
    steps: Annotated[int, Meta(ge=1, le=10**10, description="Budget: actions of all games together.")] = 5_000_000
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws weights, games, actions and minibatches.")] = 0
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Adam's step length; falls to 0.")] = 7e-4
    steady: Annotated[float, Meta(ge=0, lt=1, description="Share of the budget before it begins to fall.")] = 0.0
    entropy: Annotated[float, Meta(ge=0, le=1, description="Bonus for keeping all actions likely, at first.")] = 0.01
    entropy_last: Annotated[float, Meta(ge=-1, le=1, description="In the end; below 0 the policy has to decide.")] = 0.0
    entropy_ends: Annotated[float, Meta(gt=0, le=1, description="Share of the budget until it is the last one.")] = 1.0
    clip: Annotated[float, Meta(gt=0, le=1, description="How far a probability's ratio may move.")] = 0.1
    discount: Annotated[float, Meta(ge=0, le=1, description="What a reward is worth one step later.")] = 0.99
    trace_decay: Annotated[float, Meta(ge=0, le=1, description="λ of generalized advantage estimation.")] = 0.95
    epochs: Annotated[int, Meta(ge=1, le=100, description="Passes over each rollout.")] = 3
    minibatch: Annotated[int, Meta(ge=1, description="Samples of one gradient step.")] = 512
    games: Annotated[int, Meta(ge=1, le=4096, description="Games played side by side.")] = 64
    rollout: Annotated[int, Meta(ge=1, le=100_000, description="Steps of each game between two updates.")] = 64
    value_weight: Annotated[float, Meta(ge=0, description="Weight of the value's squared error.")] = 0.5
    gradient_norm: Annotated[float, Meta(gt=0, description="Longest gradient; a longer one is shortened.")] = 0.5
    network: Annotated[Kind, Meta(description="Body of the network.")] = "small"
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
    """Train an agent and return its network, with heads `policy` (logits) and `value`.

    Args:
        args: The hyperparameters.
        recorder: Takes the series and events.
        resume: The state of a checkpoint of the same arguments: training goes on exactly as it would have.
        keeper: Is offered the state at each update, and writes it to a file from time to time.
        start: Weights of an agent to begin with, in place of fresh ones.

    Raises:
        Stopped: Someone who watches asked for it.
    """
    torch = load_torch()
    device = pick_device() if args.device == "auto" else args.device
    world = world_of(args, args.seed)
    network, stale = (_network(args, world, device) for _ in range(2))
    optimizer = torch.optim.Adam(network.parameters(), args.learning_rate, eps=1e-5, fused=True)
    actor = Actor(args, world, stale)
    random, scores = generator(args.seed + 2), Scores(recorder, args.steps)
    updates, first = -(-args.steps // (each := args.games * args.rollout)), 0
    if resume is None:
        if start is not None:
            network.load(start)
        elif len(world.shape) == 3:
            network.measure(sample(world_of(args, args.seed + 3), 120, generator(args.seed + 3)))
    else:
        first, random = int(resume["step"]) // each, restored(resume["random"])
        network.load(resume["network"])
        load_optimizer(optimizer, resume["optimizer"])
        scores.load(resume["scores"])
        if not actor.load(resume["actor"]):
            recorder.event("new games", "The games that were running are too long to be played again; new ones begin.")
    stale.load(network.state() if resume is None else resume["stale"])
    threads = args.threads if device == "cpu" else 1
    with one_thread(), ThreadPoolExecutor(1) as pool, data_parallel(threads) as gradient:
        rollout = actor.collect() if first < updates else None
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
            }
            if keeper is not None:
                keeper.offer(step, state, scores.mean)
            recorder.tick(step, state=lambda state=state: state)
            stale.load(current)
            ahead = pool.submit(actor.collect) if update + 1 < updates else None
            measured = learn(args, network, optimizer, rollout, random, 1.0 - update / updates, gradient)
            scores.add((step + (at + 1) * args.games, game) for at, game in rollout.games)
            recorder.log({**measured, **scores.summary()}, step=step + each)
            rollout = ahead.result() if ahead else None
    return network


@dataclass
class Rollout:
    """What the actor brings: T steps of N games, and what it takes to play them again.

    Attributes:
        seen: What was seen, as it is stored (T, N, …).
        actions: int64 (T, N).
        chance: Logarithm of the probability with which each action was drawn (T, N).
        values: What the network expected from each observation on, and from the one after the last (T + 1, N).
        rewards: float32 (T, N); where a game was stopped at its limit, with what was still to be expected.
        done: bool (T, N): nothing that follows counts.
        games: Full games that ended, each with its step in the rollout.
        before: State of the actor before the rollout.
        weights: The network's weights that played it.
    """

    seen: Any
    actions: np.ndarray
    chance: np.ndarray
    values: np.ndarray
    rewards: np.ndarray
    done: np.ndarray
    games: list[tuple[int, Game]]
    before: dict[str, Any]
    weights: dict[str, np.ndarray]


class Actor:
    """Plays rollouts with a network of its own, so that the learner may change the other meanwhile."""

    def __init__(self, args: Args, world: World, network: Network) -> None:
        torch = load_torch()
        self.args, self.world, self.network = args, world, network
        self.random = generator(args.seed + 1)
        pictures = len(world.shape) == 3
        stored = (*world.shape[1:], world.shape[0]) if pictures else world.shape
        kind = torch.int8 if pictures else torch.float32
        size = (args.rollout, args.games, *stored)
        self.buffers = [torch.empty(size, dtype=kind, device=network.device) for _ in range(2)]

    def collect(self) -> Rollout:
        """Play one rollout."""
        torch, world, network = load_torch(), self.world, self.network
        if network.device == "cpu":
            torch.set_num_threads(1)
        self.buffers.reverse()  # the learner still reads the other
        shape = (self.args.rollout, self.args.games)
        run = Rollout(
            seen=self.buffers[0],
            actions=np.zeros(shape, np.int64),
            chance=np.zeros(shape, np.float32),
            values=np.zeros((shape[0] + 1, shape[1]), np.float32),
            rewards=np.zeros(shape, np.float32),
            done=np.zeros(shape, np.bool_),
            games=[],
            before={"world": world.state(), "random": saved(self.random)},
            weights=network.state(),
        )
        places, begun = np.arange(shape[1]), list[int]()
        with torch.no_grad(), half_precision(network.device):
            for at in range(shape[0]):
                seen = network.prepare(
                    world.observation, out=run.seen[at], before=run.seen[at - 1] if at else None, begun=begun
                )
                logits, value = network(seen)
                chances = torch.softmax(logits, 1).cpu().numpy()
                actions = _draw(chances, self.random)
                step = world.step(actions)
                run.actions[at], run.chance[at] = actions, np.log(chances[places, actions])
                run.values[at], run.rewards[at] = value[:, 0].cpu().numpy(), step.reward
                run.done[at] = step.done | step.truncated
                if step.truncated.any():
                    ahead = network(network.prepare(step.final).to(network.device))[1][:, 0].cpu().numpy()
                    run.rewards[at] += self.args.discount * ahead * step.truncated
                run.games.extend((at, game) for game in step.games)
                begun = [game.place for game in step.games]
            last = network.prepare(world.observation).to(network.device)
            run.values[-1] = network(last)[1][:, 0].cpu().numpy()
        return run

    def load(self, state: Mapping[str, Any]) -> bool:
        """Go on from the `before` of a rollout; False when new games were begun instead."""
        self.random = restored(state["random"])
        return self.world.load(state["world"])


def learn(
    args: Args,
    network: Network,
    optimizer: Any,
    rollout: Rollout,
    random: np.random.Generator,
    left: float,
    gradient: Gradient,
) -> dict[str, float]:
    """Learn from one rollout and return what is recorded of it; `left` is the share of the budget that is left."""
    torch, device = load_torch(), network.device
    better = advantages(rollout.rewards, rollout.values, rollout.done, args.discount, args.trace_decay)
    goal = better + rollout.values[:-1]
    seen = rollout.seen.flatten(0, 1)
    actions, chance, better, goal = (
        torch.from_numpy(array.reshape(-1)).to(device) for array in (rollout.actions, rollout.chance, better, goal)
    )
    learning_rate = args.learning_rate * min(1.0, left / (1.0 - args.steady))
    fallen = min(1.0, (1.0 - left) / args.entropy_ends)
    bonus = args.entropy + fallen * (args.entropy_last - args.entropy)
    for group in optimizer.param_groups:
        group["lr"] = learning_rate

    def loss(part: Any, gain: Any) -> tuple[Any, Any]:
        with half_precision(device):
            logits, value = network(pick(seen, part))
        every = torch.log_softmax(logits, 1)
        ratio = torch.exp(every.gather(1, actions[part, None])[:, 0] - chance[part])
        kept = ratio.clamp(1.0 - args.clip, 1.0 + args.clip)
        policy_loss = -torch.minimum(gain * ratio, gain * kept).sum() / size
        value_loss = (value[:, 0] - goal[part]).square().sum() / size
        entropy = -(every.exp() * every).sum() / size
        clipped = (ratio.detach() != kept.detach()).float().sum() / size
        told = torch.stack([policy_loss.detach(), value_loss.detach(), entropy.detach(), clipped])
        return policy_loss + args.value_weight * value_loss - bonus * entropy, told

    sums, count = torch.zeros(4), 0
    for _ in range(args.epochs):
        order = torch.from_numpy(random.permutation(len(seen))).to(device)
        for part in order.split(args.minibatch):
            gain, size = better[part], len(part)
            gain = (gain - gain.mean()) / (gain.std(correction=0) + 1e-8)
            sums += gradient(network.parameters(), loss, (part, gain)).cpu()
            torch.nn.utils.clip_grad_norm_(network.parameters(), args.gradient_norm)
            optimizer.step()
            count += 1
    measured = dict(zip(("loss/policy", "loss/value", "entropy", "clipped"), (sums / count).tolist(), strict=True))
    return {**measured, "value": float(rollout.values.mean()), "learning_rate": learning_rate}


def _draw(chances: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return an action for each row of probabilities (N, actions)."""
    drawn = random.random((len(chances), 1)) < np.cumsum(chances, axis=1)
    drawn[:, -1] = True  # the last sum may be a hair below 1
    return drawn.argmax(axis=1)


def _network(args: Args, world: World, device: str) -> Network:
    """Return a fresh network for the games."""
    kind = args.network if len(world.shape) == 3 else "mlp"
    heads = {"policy": len(world.actions), "value": 1}
    return Network(world.shape, heads, kind, seed=args.seed, gains={"policy": 0.01}, device=device)
