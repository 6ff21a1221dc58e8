"""Soft actor-critic: actions that are numbers, chosen to bring much and to stay varied (PyTorch).

Haarnoja et al. 2018, both papers: two critics of which the lower is believed, a Gaussian squashed by tanh, and a temperature that
learns how much variety is worth so that its entropy meets a target of minus one for each number. Departures: many games side by side,
and one gradient step for several steps played (`replay_ratio` samples learned from, for each step); layers of the critics normalized;
the policy learns at every second step of the critics (Fujimoto et al. 2018); sums of several rewards (`lookahead`, Hessel et al. 2018);
a learning rate that falls; actions are rounded to 255 levels. What runs into a time limit is never taken for an end.

Recorded, by steps (actions of all games together): `score` (mean of the last 100 full games), `games`, `loss`, `value`, `entropy`,
`temperature`, `learning_rate`, `updates`; at each full game `score/game`, and for some `replay` (JSON: seed and actions). At each
fortieth of the budget one game without chance, always from the same start: `watch` (JSON), `score/watched`, and the weights that
played it (`ages.py` says how).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from mlanimated.envs.vectors import Vectors, levels_of, numbers_of
from mlanimated.learn.ages import Ages
from mlanimated.learn.experience import Experience
from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.networks import Kind, Network, half_precision, pick_device
from mlanimated.learn.replay import Batch
from mlanimated.learn.scores import Scores, text_of
from mlanimated.learn.seeding import generator, restored, saved
from mlanimated.learn.squashed_gaussian import squash
from mlanimated.learn.training import Keeper, load_optimizer, optimizer_state
from mlanimated.learn.twin_critics import TwinCritics
from mlanimated.trace import Recorder

__all__ = ["Args", "play_watched", "train"]

WATCHED_SEED = 7  # where the game begins that is shown at every age
AGES = 40


class Args(Struct, frozen=True, kw_only=True):
    """Hyperparameters; the defaults are the walker's."""

    game: Annotated[str, Meta(description="The id of a Gymnasium environment.")] = "BipedalWalker-v3"
    steps: Annotated[int, Meta(ge=1, le=10**9, description="Budget: actions of all games together.")] = 700_000
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws weights, games, actions and batches.")] = 0
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Adam's step length at the beginning.")] = 1e-3
    final_rate: Annotated[float, Meta(ge=0, le=1, description="Share of the learning rate left at the end.")] = 0.05
    gamma: Annotated[float, Meta(ge=0, le=1, description="What a reward is worth one step later.")] = 0.98
    lookahead: Annotated[int, Meta(ge=1, le=50, description="Rewards summed before the value of what follows.")] = 3
    batch: Annotated[int, Meta(ge=1, le=65_536, description="Samples of one gradient step.")] = 256
    replay_ratio: Annotated[float, Meta(gt=0, le=100_000, description="Samples learned from, for each step.")] = 85.0
    memory: Annotated[int, Meta(ge=1000, le=10**8, description="Transitions remembered, if there is room.")] = 300_000
    warm_up: Annotated[int, Meta(ge=1, description="Steps of random play before learning begins.")] = 10_000
    target_share: Annotated[float, Meta(gt=0, le=1, description="Of the way that target weights go at a step.")] = 0.02
    policy_every: Annotated[int, Meta(ge=1, description="Steps of the critics for one of the policy.")] = 2
    temperature: Annotated[float, Meta(gt=0, description="What variety is worth at first.")] = 0.1
    target_entropy: Annotated[float, Meta(description="Entropy aimed at, for each number of an action.")] = -1.0
    reward_scale: Annotated[float, Meta(gt=0, description="Rewards are multiplied by it for learning.")] = 1.0
    games: Annotated[int, Meta(ge=1, le=4096, description="Games played side by side.")] = 16
    network: Annotated[Kind, Meta(description="Body of the policy.")] = "mlp"
    units: Annotated[int, Meta(ge=1, le=4096, description="Units of each layer of the critics.")] = 128
    device: Annotated[str, Meta(description="cpu, cuda, or auto: a GPU when there is one.")] = "auto"
    record_every: Annotated[int, Meta(ge=1, description="Steps between two rows of the trace.")] = 5_000


def train(
    args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None, keeper: Keeper | None = None
) -> Network:
    """Train an agent and return its network: head `mean`, the best action before its tanh, and `spread`.

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
        torch.set_num_threads(1)  # so small a matrix is not worth a second core
    try:
        return _Training(args, recorder, resume, device).run(keeper)
    finally:
        torch.set_num_threads(threads)


def play_watched(network: Network, game: str) -> Any:
    """Play one game without chance from the start that is shown at every age, and return it."""
    torch = load_torch()
    world = Vectors(game, 1, continuous=True, seeds=[WATCHED_SEED])
    with torch.no_grad():
        while True:
            mean = network(network.prepare(world.observation).to(network.device))[0]
            if games := world.step(levels_of(torch.tanh(mean).cpu().numpy())).games:
                return games[0]


class _Training:
    """All that a training consists of, and how it is put aside and taken up."""

    def __init__(self, args: Args, recorder: Recorder, resume: Mapping[str, Any] | None, device: str) -> None:
        torch = load_torch()
        self.args, self.recorder = args, recorder
        self.rate = recorder.control("learning_rate", args.learning_rate, minimum=0.0, maximum=1.0)
        self.world = Vectors(args.game, args.games, seed=args.seed, continuous=True)
        numbers = len(self.world.low)
        gains = {"mean": 0.01, "spread": 0.01}
        heads = {"mean": numbers, "spread": numbers}
        self.policy = Network(self.world.shape, heads, args.network, seed=args.seed, gains=gains, device=device)
        size = math.prod(self.world.shape)
        self.critics, self.target = (
            TwinCritics(size, numbers, args.units, seed=args.seed + 1, device=device) for _ in range(2)
        )
        self.temperature = torch.tensor([math.log(args.temperature)], device=device, requires_grad=True)
        learned = (self.policy.parameters(), self.critics.parameters(), [self.temperature])
        self.optimizers = [torch.optim.Adam(parameters, args.learning_rate, fused=True) for parameters in learned]
        self.experience = Experience(self.world, args.memory, action_shape=(numbers,))
        self.replay = self.experience.replay
        self.random = generator(args.seed + 2)
        self.scores = Scores(recorder, args.steps)
        self.ages = Ages(recorder, -1 if resume is None else int(resume["row"]) * args.games - 1)
        self.row = self.updates = 0  # rows of the games played, gradient steps taken
        self.owed = 0.0  # gradient steps still to take
        self.sums = np.zeros(3)  # of loss, value and entropy since the last row of the trace
        self.counts = np.zeros(2)  # how many gradient steps of the critics and of the policy these are sums over
        if resume is not None:
            self._load(resume)
        elif self.experience.note:
            recorder.event("smaller memory", self.experience.note, step=0)

    def run(self, keeper: Keeper | None) -> Network:
        """Play and learn until the budget is used up."""
        args = self.args
        every, age = (max(1, span // args.games) for span in (args.record_every, args.steps // AGES))
        while (step := self.row * args.games) < args.steps:
            if keeper is not None and self.row % every == 0:
                keeper.offer(step, self.state(), self.scores.mean)
            self.recorder.tick(step, state=self.state)
            if self.row % age == 0:
                self._watch(step)
            self.experience.begin(self._choose(step))
            brought = self.experience.play()
            self.experience.end(brought)
            self.row += 1
            step += args.games
            self.scores.add((step, game) for game in brought.games)
            if step >= args.warm_up and self.replay.ready(args.lookahead):
                self._learn(step)
            if self.row % every == 0 or step >= args.steps:
                self._record(step)
        self._watch(self.row * args.games)
        if keeper is not None:
            keeper.offer(self.row * args.games, self.state(), self.scores.mean)
        return self.policy

    def state(self) -> dict[str, Any]:
        """Return all that `_load` needs, copied."""
        return {
            "row": self.row,
            "counts": [self.updates, self.owed, *self.sums.tolist(), *self.counts.tolist()],
            "policy": self.policy.state(),
            "critics": self.critics.state(),
            "target": self.target.state(),
            "temperature": self.temperature.detach().cpu().numpy().copy(),
            "optimizers": [optimizer_state(optimizer) for optimizer in self.optimizers],
            "random": saved(self.random),
            "scores": self.scores.state(),
            "experience": self.experience.state(),
        }

    def _load(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state`."""
        torch = load_torch()
        self.row = int(state["row"])
        self.updates, self.owed, *counts = state["counts"]
        self.sums, self.counts = np.array(counts[:3]), np.array(counts[3:])
        self.policy.load(state["policy"])
        self.critics.load(state["critics"])
        self.target.load(state["target"])
        with torch.no_grad():
            self.temperature.copy_(torch.from_numpy(np.array(state["temperature"])))
        for optimizer, remembered in zip(self.optimizers, state["optimizers"], strict=True):
            load_optimizer(optimizer, remembered)
        self.random = restored(state["random"])
        self.scores.load(state["scores"])
        if note := self.experience.load(state["experience"]):
            self.recorder.event("not the same memory", note, step=self.row * self.args.games)

    def _noise(self, rows: int) -> Any:
        """Return standard normal numbers, one for each number of an action."""
        drawn = self.random.standard_normal((rows, len(self.world.low)), np.float32)
        return load_torch().from_numpy(drawn).to(self.policy.device)

    def _choose(self, step: int) -> np.ndarray:
        """Return the levels of the actions: of the policy with its chance, of plain chance at first."""
        torch = load_torch()
        if step < self.args.warm_up:
            return levels_of(self.random.uniform(-1.0, 1.0, (self.world.count, len(self.world.low))))
        with torch.no_grad():
            seen = self.policy.prepare(self.world.observation).to(self.policy.device)
            mean, spread = self.policy(seen)
            return levels_of(squash(mean, spread, self._noise(self.world.count))[0].cpu().numpy())

    def _learn(self, step: int) -> None:
        """Take the gradient steps that one row of games pays for."""
        args = self.args
        left = 1.0 - step / args.steps
        for optimizer in self.optimizers:
            optimizer.param_groups[0]["lr"] = self.rate.value * (args.final_rate + (1.0 - args.final_rate) * left)
        self.owed += args.replay_ratio * args.games / args.batch
        while self.owed >= 1.0:
            self.owed -= 1.0
            batch = self.replay.sample(args.batch, self.random, steps=args.lookahead, discount=args.gamma)
            self._improve_critics(batch)
            self.updates += 1
            if self.updates % args.policy_every == 0:
                self._improve_policy(batch)
            self.target.follow(self.critics, args.target_share)

    def _improve_critics(self, batch: Batch) -> None:
        """Take one gradient step towards reward and what follows, less what its certainty costs (2018b, equations 5 and 6)."""
        torch, policy = load_torch(), self.policy
        seen, following, reward, discount = (
            torch.from_numpy(part).to(policy.device)
            for part in (batch.observation, batch.following, batch.reward, batch.discount)
        )
        action = torch.from_numpy(numbers_of(batch.action).astype(np.float32)).to(policy.device)
        with torch.no_grad(), half_precision(policy.device):
            mean, spread = policy(following)
            next_action, log_density = squash(mean, spread, self._noise(len(reward)))
            lower: Any = self.target(following, next_action).amin(0)
            goal = self.args.reward_scale * reward + discount * (lower - self.temperature.exp() * log_density)
        with half_precision(policy.device):
            said: Any = self.critics(seen, action)
        loss = (said - goal).square().mean(1).sum()
        self._step(1, loss)
        self.sums[:2] += float(loss.detach()) / 2.0, float(goal.mean())
        self.counts[0] += 1.0

    def _improve_policy(self, batch: Batch) -> None:
        """Take one gradient step of the policy, and of the temperature (2018b, equations 7 and 18)."""
        torch, policy = load_torch(), self.policy
        seen = torch.from_numpy(batch.observation).to(policy.device)
        with half_precision(policy.device):
            mean, spread = policy(seen)
            action, log_density = squash(mean, spread, self._noise(len(seen)))
            worth: Any = self.critics(seen, action, fixed=True).amin(0)
        self._step(0, (self.temperature.exp().detach() * log_density - worth).mean())
        target = self.args.target_entropy * len(self.world.low)
        surplus = -log_density.detach().mean() - target
        self._step(2, (self.temperature * surplus).sum())
        self.sums[2] += float(surplus) + target
        self.counts[1] += 1.0

    def _step(self, which: int, loss: Any) -> None:
        """Take one gradient step of policy (0), critics (1) or temperature (2)."""
        self.optimizers[which].zero_grad()
        loss.backward()
        self.optimizers[which].step()

    def _watch(self, step: int) -> None:
        """Play the game that is shown at every age."""
        game = play_watched(self.policy, self.args.game)
        self.recorder.log({"watch": text_of(game), "score/watched": game.score}, step=step)
        self.ages.note(step, {"network": self.policy.state()}, last=True)

    def _record(self, step: int) -> None:
        """Write one row of the trace."""
        told: dict[str, float] = {"updates": float(self.updates), **self.scores.summary()}
        critic, policy = self.counts
        if policy:
            told |= {
                "loss": self.sums[0] / critic,
                "value": self.sums[1] / critic,
                "entropy": self.sums[2] / policy,
                "temperature": float(self.temperature.detach().exp()),
                "learning_rate": float(self.optimizers[0].param_groups[0]["lr"]),
            }
            self.sums[:], self.counts[:] = 0.0, 0.0
        self.recorder.log(told, step=step)
