"""Deep Q-learning with a true double estimate, for pictures and vectors alike (PyTorch).

Mnih et al. 2015; van Hasselt, Guez and Silver 2016: the online network says which action follows, the target network what it is worth; with
`double` off the target network says both, as in the original. Departures: many games side by side and large batches, so that one
gradient step learns from `replay_ratio` samples for each step played (8 is the original's); sums of several rewards (`lookahead`,
Hessel et al. 2018); Adam with a falling learning rate; with `dueling` (Wang et al. 2016) value and advantage are two heads of one
body, not two towers. What runs into a time limit is never taken for an end.

Recorded, by steps (actions of all games together): `loss`, `epsilon`, `learning_rate`, `updates`, `score` (mean of the last 100 full games,
true points), `games`; from the games that are played greedily `value/estimated` and `value/realized`, the value of the action
that looked best and the discounted return that came; of states that stay the same, `fixed/seen` (once) and `fixed/q` (16,
actions); at each full game `score/game`, and for some `replay` (JSON: seed and actions).
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from mlanimated.envs.worlds import World, sample, world_of
from mlanimated.learn.experience import Experience
from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.networks import Kind, Network, half_precision, pick_device
from mlanimated.learn.overestimation import Promises
from mlanimated.learn.replay import Batch
from mlanimated.learn.scores import Scores
from mlanimated.learn.seeding import generator, restored, saved
from mlanimated.learn.training import Keeper, load_optimizer, optimizer_state
from mlanimated.trace import Recorder

__all__ = ["Args", "goals", "learn", "train", "values"]

FIXED = 16  # states whose values are recorded all along
WATCHED_EPSILON = 0.001  # even a greedy game must not hang for ever


class Args(Struct, frozen=True, kw_only=True):
    """Hyperparameters; the defaults are Breakout's."""

    game: Annotated[str, Meta(description="An Atari game, or the id of a Gymnasium environment.")] = "breakout"
    steps: Annotated[int, Meta(ge=1, le=10**10, description="Budget: actions of all games together.")] = 10_000_000
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws weights, games, actions and batches.")] = 0
    double: Annotated[bool, Meta(description="The online network chooses, the target network values.")] = True
    dueling: Annotated[bool, Meta(description="Value and advantage apart.")] = False
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Adam's step length at the beginning.")] = 3e-4
    final_rate: Annotated[float, Meta(ge=0, le=1, description="Share of the learning rate left at the end.")] = 0.1
    gamma: Annotated[float, Meta(ge=0, le=1, description="What a reward is worth one step later.")] = 0.99
    reward_scale: Annotated[float, Meta(gt=0, description="Rewards are multiplied by it for learning.")] = 1.0
    lookahead: Annotated[int, Meta(ge=1, le=50, description="Rewards summed before the value of what follows.")] = 3
    batch: Annotated[int, Meta(ge=1, le=65_536, description="Samples of one gradient step.")] = 512
    replay_ratio: Annotated[float, Meta(gt=0, le=1000, description="Samples learned from, for each step played.")] = 4.0
    memory: Annotated[int, Meta(ge=1000, le=10**8, description="Transitions remembered, if there is room.")] = 1_000_000
    warm_up: Annotated[int, Meta(ge=1, description="Steps played before learning begins.")] = 50_000
    target_every: Annotated[int, Meta(ge=1, description="Gradient steps between two copies to the target network.")] = (
        250
    )
    epsilon: Annotated[float, Meta(ge=0, le=1, description="Share of random actions in the end; 1 at first.")] = 0.01
    epsilon_steps: Annotated[int, Meta(ge=1, description="Steps in which it falls.")] = 1_000_000
    gradient_norm: Annotated[float, Meta(gt=0, description="Longest gradient; a longer one is shortened.")] = 10.0
    games: Annotated[int, Meta(ge=1, le=4096, description="Games played side by side.")] = 64
    greedy_games: Annotated[int, Meta(ge=0, le=64, description="How many of them are played greedily all along.")] = 2
    network: Annotated[Kind, Meta(description="Body of the network.")] = "small"
    size: Annotated[int, Meta(ge=36, le=160, description="Rows and columns of a picture.")] = 84
    sticky: Annotated[float, Meta(ge=0, lt=1, description="Chance that a frame repeats the action before.")] = 0.0
    life_loss: Annotated[bool, Meta(description="A lost life ends what is learned from; the game plays on.")] = True
    point_ends: Annotated[bool, Meta(description="A point, won or lost, ends what is learned from, too.")] = False
    actions: Annotated[str, Meta(description="Names of the actions offered, with commas; none: all.")] = ""
    device: Annotated[str, Meta(description="cpu, cuda, or auto: a GPU when there is one.")] = "auto"
    threads: Annotated[int, Meta(ge=1, le=256, description="Threads that learn; the games take their own.")] = 1
    record_every: Annotated[int, Meta(ge=1, description="Steps between two rows of the trace.")] = 10_000


def train(
    args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None, keeper: Keeper | None = None
) -> Network:
    """Train an agent and return its network: head `q`, or `advantage` and `value` when it is dueling.

    Args:
        args: The hyperparameters.
        recorder: Takes the series and events, and offers `learning_rate` to whoever watches.
        resume: The state of a checkpoint of the same arguments: training goes on exactly as it would have.
        keeper: Is offered the state at each row of the trace, and writes it to a file from time to time.

    Raises:
        Stopped: Someone who watches asked for it.
    """
    torch = load_torch()
    threads = torch.get_num_threads()
    device = pick_device() if args.device == "auto" else args.device
    if device == "cpu":
        torch.set_num_threads(args.threads)
    try:
        with ThreadPoolExecutor(1) as pool:
            return _Training(args, recorder, resume, device).run(pool, keeper)
    finally:
        torch.set_num_threads(threads)


def values(network: Network, stored: Any) -> Any:
    """Return what each action is worth, float32 (n, actions), from observations as they are stored."""
    answers = dict(zip(network.heads, network(stored), strict=True))
    if "q" in answers:
        return answers["q"]
    advantage = answers["advantage"]
    return answers["value"] + advantage - advantage.mean(1, keepdim=True)


def goals(reward: Any, discount: Any, online: Any, target: Any, *, double: bool) -> Any:
    """Return what the values of the actions taken should be, (n,).

    Args:
        reward: What came, summed (n,).
        discount: What the value of what follows is worth, 0 where nothing does (n,).
        online: What the online network says of what follows (n, actions).
        target: What the target network says of it (n, actions).
        double: The online network chooses the action whose value the target network tells; else the target network does both.
    """
    best = (online if double else target).argmax(1, keepdim=True)
    return reward + discount * target.gather(1, best)[:, 0]


def learn(args: Args, network: Network, target: Network, optimizer: Any, batch: Batch) -> float:
    """Take one gradient step and return the loss (Huber's)."""
    torch, device = load_torch(), network.device
    seen, following = (network.prepare(part).to(device) for part in (batch.observation, batch.following))
    action, reward, discount = (
        torch.from_numpy(part).to(device) for part in (batch.action, batch.reward, batch.discount)
    )
    with half_precision(device):
        with torch.no_grad():
            online = values(network, following) if args.double else None
            goal = goals(args.reward_scale * reward, discount, online, values(target, following), double=args.double)
        predicted = values(network, seen).gather(1, action[:, None])[:, 0]
    loss = torch.nn.functional.smooth_l1_loss(predicted, goal)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), args.gradient_norm)
    optimizer.step()
    return float(loss.detach())


class _Training:
    """All that a training consists of, and how it is put aside and taken up."""

    def __init__(self, args: Args, recorder: Recorder, resume: Mapping[str, Any] | None, device: str) -> None:
        torch = load_torch()
        self.args, self.recorder = args, recorder
        self.rate = recorder.control("learning_rate", args.learning_rate, minimum=0.0, maximum=1.0)
        self.world = world_of(args, args.seed)
        self.network, self.target = (_network(args, self.world, device) for _ in range(2))
        self.optimizer = torch.optim.Adam(self.network.parameters(), args.learning_rate, eps=1e-5, fused=True)
        self.experience = Experience(self.world, args.memory)
        self.replay = self.experience.replay
        self.random = generator(args.seed + 1)
        self.scores = Scores(recorder, args.steps)
        self.promises = Promises(min(args.greedy_games, args.games), args.gamma)
        self.fixed: np.ndarray | None = None
        self.row = self.updates = 0  # rows of the games played, gradient steps taken
        self.owed = self.loss = 0.0  # gradient steps still to take; sum of losses since the last row of the trace
        self.losses = 0
        if resume is not None:
            self._load(resume)
            return
        if len(self.world.shape) == 3:
            self.network.measure(sample(world_of(args, args.seed + 3), 120, generator(args.seed + 3)))
        self.target.load(self.network.state())
        if self.experience.note:
            recorder.event("smaller memory", self.experience.note, step=0)

    def run(self, pool: ThreadPoolExecutor, keeper: Keeper | None) -> Network:
        """Play and learn until the budget is used up."""
        args, world, replay = self.args, self.world, self.replay
        every = max(1, args.record_every // args.games)
        enough = min(args.warm_up, replay.rows * args.games)
        while (step := self.row * args.games) < args.steps:
            if keeper is not None and self.row % every == 0:
                keeper.offer(step, self.state(), self.scores.mean)
            self.recorder.tick(step, state=self.state)
            q = self._values(world.observation)
            self.experience.begin(self._choose(q, step))
            playing = pool.submit(self.experience.play)
            if len(replay) >= enough and replay.ready(args.lookahead):
                self._learn(step)
            brought = playing.result()
            self.experience.end(brought)
            self.row += 1
            step += args.games
            self.promises.add(q.max(axis=1) / args.reward_scale, brought.reward, brought.done, brought.truncated)
            self.scores.add((step, game) for game in brought.games)
            if self.row % every == 0 or step >= args.steps:
                self._record(step)
        if keeper is not None:
            keeper.offer(self.row * args.games, self.state(), self.scores.mean)
        return self.network

    def state(self) -> dict[str, Any]:
        """Return all that `_load` needs, copied."""
        return {
            "row": self.row,
            "counts": [self.updates, self.owed, self.loss, self.losses],
            "network": self.network.state(),
            "target": self.target.state(),
            "optimizer": optimizer_state(self.optimizer),
            "random": saved(self.random),
            "scores": self.scores.state(),
            "promises": self.promises.state(),
            "fixed": self.fixed,
            "experience": self.experience.state(),
        }

    def _load(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state`."""
        self.row = int(state["row"])
        self.updates, self.owed, self.loss, self.losses = state["counts"]
        self.network.load(state["network"])
        self.target.load(state["target"])
        load_optimizer(self.optimizer, state["optimizer"])
        self.random = restored(state["random"])
        self.scores.load(state["scores"])
        self.promises.load(state["promises"])
        self.fixed = state["fixed"]
        if note := self.experience.load(state["experience"]):
            self.promises.restart()
            self.recorder.event("not the same memory", note, step=self.row * self.args.games)

    def _values(self, observation: np.ndarray) -> np.ndarray:
        """Return what each action is worth (n, actions)."""
        torch, network = load_torch(), self.network
        with torch.no_grad(), half_precision(network.device):
            return values(network, network.prepare(observation).to(network.device)).cpu().numpy()

    def _epsilon(self, step: int) -> float:
        """Return the share of random actions."""
        return max(self.args.epsilon, 1.0 - (1.0 - self.args.epsilon) * step / self.args.epsilon_steps)

    def _choose(self, q: np.ndarray, step: int) -> np.ndarray:
        """Return the actions: the best, or any now and then; int64 (games,)."""
        count, choices = self.world.count, len(self.world.actions)
        epsilon: np.ndarray = np.full(count, self._epsilon(step))
        epsilon[: self.promises.games] = WATCHED_EPSILON
        random = self.random.random(count) < epsilon
        return np.where(random, self.random.integers(0, choices, count), q.argmax(axis=1))

    def _learn(self, step: int) -> None:
        """Take the gradient steps that one row of games pays for."""
        args = self.args
        left = 1.0 - step / args.steps
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate.value * (args.final_rate + (1.0 - args.final_rate) * left)
        self.owed += args.replay_ratio * args.games / args.batch
        while self.owed >= 1.0:
            self.owed -= 1.0
            batch = self.replay.sample(args.batch, self.random, steps=args.lookahead, discount=args.gamma)
            self.loss += learn(args, self.network, self.target, self.optimizer, batch)
            self.losses += 1
            self.updates += 1
            if self.updates % args.target_every == 0:
                self.target.load(self.network.state())

    def _record(self, step: int) -> None:
        """Write one row of the trace."""
        told = {
            "epsilon": self._epsilon(step),
            "updates": self.updates,
            **self.promises.take(),
            **self.scores.summary(),
        }
        if self.losses:
            told |= {"loss": self.loss / self.losses, "learning_rate": float(self.optimizer.param_groups[0]["lr"])}
            self.loss, self.losses = 0.0, 0
        if self.fixed is None and self.updates:
            rows = np.linspace(*self.replay.span(1), FIXED, endpoint=False).astype(np.int64)
            self.fixed = self.replay.observation(rows, np.arange(FIXED) % self.args.games)
            self.recorder.log({"fixed/seen": self.fixed[:, -1] if self.fixed.ndim == 4 else self.fixed}, step=step)
        if self.fixed is not None:
            self.recorder.log({"fixed/q": self._values(self.fixed)}, step=step)
        self.recorder.log(told, step=step)


def _network(args: Args, world: World, device: str) -> Network:
    """Return a fresh network for the games."""
    plain: Kind = "mlp-normed" if args.network.endswith("-normed") else "mlp"
    kind = args.network if len(world.shape) == 3 else plain
    actions = len(world.actions)
    heads = {"advantage": actions, "value": 1} if args.dueling else {"q": actions}
    return Network(world.shape, heads, kind, seed=args.seed, device=device)
