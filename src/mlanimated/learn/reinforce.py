"""REINFORCE: play, then make the actions of good games likelier and those of bad ones rarer (Williams, 1992; PyTorch).

Three variants on Cart Pole. Without a baseline the weight of an action is the discounted return that followed it. With a baseline it
is that return less what a second network expected of the state. The actor-critic no longer waits for the return: the weight is
the error of the second network, reward + γ·value(next) − value, with those of later steps added, each γλ times the one before
(Sutton and Barto, 2018, 13.4 and 13.5; Schulman et al. 2016). Departures: an update for each batch of games, Adam, weights divided by
their deviation (with values their mean is taken off too), several steps of the values for each batch, no factor γᵗ. A game that
lasts 500 steps is cut off, not lost: with values its end is worth that of the state reached.

Recorded at each update: `steps` (mean length of the batch's games), `held` (how many of 20 other games are held to the end,
always taking the likelier push), `entropy`, `weight` (mean size of the weights before they are divided), `loss/value` in
steps², and `map` (41, 41), the chance to push right by tilt and turning speed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.games import cart_pole
from mlanimated.learn.advantages import advantages
from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.isolation import one_thread
from mlanimated.learn.seeding import generator, restored, saved
from mlanimated.learn.training import load_optimizer, optimizer_state
from mlanimated.learn.words import number
from mlanimated.trace import Recorder

__all__ = ["Args", "Games", "Policy", "lengths", "loss_of", "play", "returns", "targets_of", "train", "value_loss"]

Floats = NDArray[np.float64]

VALUE = 100.0
"""The network of values counts in hundreds of steps, so that its outputs are of the size of 1."""
VALUE_RATE = 0.005
TEST_SEEDS = range(10_000, 10_020)
"""Games by which progress is measured; `play` never begins with them."""


class Args(Struct, frozen=True, kw_only=True):
    """Hyperparameters."""

    variant: Annotated[
        Literal["plain", "baseline", "actor-critic"], Meta(description="What an action is weighed by.")
    ] = "baseline"
    updates: Annotated[int, Meta(ge=1, le=100_000, description="Batches of games.")] = 60
    games: Annotated[int, Meta(ge=1, le=4096, description="Games of a batch.")] = 16
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Adam's step length; it falls to 0.")] = 0.01
    value_steps: Annotated[int, Meta(ge=1, le=1000, description="Steps of the network of values for each batch.")] = 10
    gamma: Annotated[float, Meta(ge=0, le=1, description="What a reward is worth one step later.")] = 0.99
    trace_decay: Annotated[
        float, Meta(ge=0, le=1, description="λ: how far the actor-critic's errors reach; 0: one step, 1: to the end.")
    ] = 0.95
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws weights, games and actions.")] = 0


class Games(NamedTuple):
    """Games played side by side: step t of game g stands at [t, g].

    Attributes:
        states: float64 (T + 1, n, 4): the one in which each action was taken; the last is where it led.
        actions: int64 (T, n).
        alive: bool (T, n): the game was still on.
        lost: bool (T, n): it ended with this action; false where it was cut off after 500 steps.
    """

    states: Floats
    actions: NDArray[np.int64]
    alive: NDArray[np.bool_]
    lost: NDArray[np.bool_]


class Policy:
    """Two networks of one hidden layer: which push to take, and what a state is worth."""

    def __init__(self, seed: int) -> None:
        torch = load_torch()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.push, self.value = (
                torch.nn.Sequential(torch.nn.Linear(4, 64), torch.nn.Tanh(), torch.nn.Linear(64, size))
                for size in (2, 1)
            )
            with torch.no_grad():
                self.push[2].weight.mul_(0.01)  # all pushes are as likely at first

    def parameters(self) -> list[Any]:
        """Return the weights and biases of both."""
        return [*self.push.parameters(), *self.value.parameters()]

    def chances(self, states: Floats) -> Floats:
        """Return the chance of each push, (n, 2)."""
        torch = load_torch()
        with torch.no_grad():
            return torch.softmax(self.push(self.seen(states)), 1).double().numpy()

    def values(self, states: Floats) -> Floats:
        """Return what states (…, 4) are expected to be worth, in steps."""
        torch = load_torch()
        with torch.no_grad():
            return VALUE * self.value(self.seen(states))[..., 0].double().numpy()

    def seen(self, states: Floats) -> Any:
        """Return states (…, 4) as the networks see them."""
        return load_torch().from_numpy((states / cart_pole.SCALE).astype(np.float32))


@one_thread()
def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> Policy:
    """Learn by playing and return the policy.

    Args:
        args: The hyperparameters.
        recorder: Takes the series and events, and offers `learning_rate` to whoever watches.
        resume: A checkpoint of an earlier run to go on from; the hyperparameters are those of `args`.

    Raises:
        MissingExtra: PyTorch is not installed.
        Stopped: Someone who watches asked for it.
    """
    torch = load_torch()
    rate = recorder.control("learning_rate", args.learning_rate, minimum=0.0, maximum=1.0)
    policy, random, first = Policy(args.seed), generator(args.seed), 0
    optimizer = torch.optim.Adam(policy.push.parameters(), args.learning_rate)
    critic = torch.optim.Adam(policy.value.parameters(), VALUE_RATE)
    story = _Story(recorder, args)
    if resume:
        first, random = int(resume["step"]), restored(resume["random"])
        story.told = set(resume["told"])
        with torch.no_grad():
            for parameter, kept in zip(policy.parameters(), resume["weights"], strict=True):
                parameter.copy_(torch.from_numpy(np.array(kept)))
        load_optimizer(optimizer, resume["optimizer"])
        load_optimizer(critic, resume["critic"])

    for update in range(first, args.updates + 1):
        kept = (update, policy, (optimizer, critic), random, sorted(story.told))
        recorder.tick(update, state=lambda kept=kept: _state(*kept))
        held = int((lengths(policy, TEST_SEEDS) == cart_pole.LONGEST).sum())
        games = play(policy, args.games, random)
        loss = loss_of(policy, games, args)
        wrong = 0.0 if args.variant == "plain" else float(value_loss(policy, games, args).detach())
        steps = float(games.alive.sum(axis=0).mean())
        _record(recorder, update, policy, steps, held, loss, wrong)
        story.tell(update, steps, held)
        if update < args.updates:
            optimizer.param_groups[0]["lr"] = rate.value * (1 - update / args.updates)
            optimizer.zero_grad()
            loss.total.backward()
            optimizer.step()
            for _ in range(0 if args.variant == "plain" else args.value_steps):
                critic.zero_grad()
                value_loss(policy, games, args).backward()
                critic.step()
    return policy


def play(policy: Policy, count: int, random: np.random.Generator) -> Games:
    """Play games side by side until all are over, drawing each push by its chance."""
    states = [cart_pole.begin(random.integers(2**30, 2**31, size=count).tolist())]
    actions, alive, lost = list[NDArray[np.int64]](), [np.ones(count, np.bool_)], list[NDArray[np.bool_]]()
    for _ in range(cart_pole.LONGEST):
        right = policy.chances(states[-1])[:, 1]
        actions.append((random.random(count) < right).astype(np.int64))
        after, over = cart_pole.step(states[-1], actions[-1])
        lost.append(over & alive[-1])
        # A game that is over stands still.
        states.append(np.where(alive[-1][:, None], after, states[-1]))
        alive.append(alive[-1] & ~over)
        if not alive[-1].any():
            break
    return Games(np.array(states), np.array(actions), np.array(alive[:-1]), np.array(lost))


def returns(games: Games, gamma: float, last: Floats | None = None) -> Floats:
    """Return the discounted rewards that followed each action, (T, n): each step is worth 1.

    Args:
        games: What was played.
        gamma: What a reward is worth one step later.
        last: Value of the last state of each game, (n,), for those that were cut off; None for 0.
    """
    ahead = np.zeros(games.alive.shape[1]) if last is None else last.copy()
    found = np.zeros(games.alive.shape)
    for step in reversed(range(len(games.alive))):
        ahead = np.where(games.alive[step], 1 + gamma * np.where(games.lost[step], 0, ahead), ahead)
        found[step] = np.where(games.alive[step], ahead, 0)
    return found


class Loss(NamedTuple):
    """What is minimized (a tensor), the mean size of the weights in steps, and the entropy of the pushes in nats."""

    total: Any
    weight: float
    entropy: float


def targets_of(policy: Policy, games: Games, args: Args) -> tuple[Floats, Floats]:
    """Return what each state turned out to be worth, and what was expected of it: float64 (T, n) each, in steps."""
    if args.variant == "plain":
        return returns(games, args.gamma), np.zeros(games.alive.shape)
    known = policy.values(games.states)
    if args.variant == "baseline":
        return returns(games, args.gamma, known[-1]), known[:-1]
    better = advantages(np.ones(games.lost.shape), known, games.lost, args.gamma, args.trace_decay)
    return known[:-1] + better, known[:-1]


def loss_of(policy: Policy, games: Games, args: Args) -> Loss:
    """Return the loss whose gradient is REINFORCE's: minus the weighted mean of the log-chances of what was done.

    A weight is what a state turned out to be worth less what was expected of it, divided by the deviation over the batch; with a
    network of values their mean is taken off too. Weights are constants: no gradient flows through them.
    """
    torch = load_torch()
    alive = torch.from_numpy(games.alive)
    logs = torch.log_softmax(policy.push(policy.seen(games.states[:-1])), -1)
    done = logs.gather(-1, torch.from_numpy(games.actions)[..., None])[..., 0]
    entropy = float(-(logs.exp() * logs).sum(-1)[alive].mean().detach())
    found, expected = targets_of(policy, games, args)
    weights = (found - expected)[games.alive]
    scaled = weights if args.variant == "plain" else weights - weights.mean()
    scaled = torch.from_numpy((scaled / (weights.std() + 1e-8)).astype(np.float32))
    return Loss(-(scaled * done[alive]).mean(), float(np.abs(weights).mean()), entropy)


def value_loss(policy: Policy, games: Games, args: Args) -> Any:
    """Return the mean squared error of the network of values, a tensor, in units of `VALUE` squared."""
    torch = load_torch()
    found, _ = targets_of(policy, games, args)
    guess = policy.value(policy.seen(games.states[:-1]))[..., 0]
    wanted = torch.from_numpy((found / VALUE).astype(np.float32))
    return ((guess - wanted) ** 2)[torch.from_numpy(games.alive)].mean()


def lengths(policy: Policy, seeds: range) -> NDArray[np.int64]:
    """Return how many steps it holds the pole in the games of these seeds, always taking the likelier push; 500 at the most."""
    return cart_pole.lengths(lambda states: policy.chances(states).argmax(axis=1), seeds)


def _record(recorder: Recorder, update: int, policy: Policy, steps: float, held: int, loss: Loss, wrong: float) -> None:
    """Write one row of every series."""
    row: dict[str, Any] = {"steps": steps, "held": held, "entropy": loss.entropy, "weight": loss.weight}
    recorder.log({**row, "loss/value": wrong * VALUE**2, "map": _map(policy)}, step=update)


def _map(policy: Policy) -> NDArray[np.float32]:
    """Return the chance to push right for each tilt and turning speed, the cart standing in the middle, (41, 41).

    Rows are turning speeds from 2 down to −2 radians a second, columns are tilts from −12 to 12 degrees.
    """
    tilts, turns = np.linspace(-cart_pole.TILT, cart_pole.TILT, 41), np.linspace(2, -2, 41)
    grid = np.zeros((41, 41, 4))
    grid[..., 2], grid[..., 3] = tilts[None, :], turns[:, None]
    return policy.chances(grid.reshape(-1, 4))[:, 1].reshape(41, 41).astype(np.float32)


def _state(
    update: int, policy: Policy, optimizers: tuple[Any, Any], random: np.random.Generator, told: list[str]
) -> dict[str, Any]:
    """Return all that training goes on from."""
    weights = [parameter.detach().numpy().copy() for parameter in policy.parameters()]
    remembered = {"optimizer": optimizer_state(optimizers[0]), "critic": optimizer_state(optimizers[1])}
    return {"step": update, "weights": weights, **remembered, "random": saved(random), "told": told}


class _Story:
    """Tells each thing when it first happens."""

    def __init__(self, recorder: Recorder, args: Args) -> None:
        self.recorder, self.args = recorder, args
        self.told: set[str] = set()

    def tell(self, update: int, steps: float, held: int) -> None:
        """Record the event of this update, if there is one."""
        longest, tests = cart_pole.LONGEST, len(TEST_SEEDS)
        mean = number(steps, 0)
        if update == 0:
            self._once("initialize", f"Both pushes are as likely. A game lasts {mean} steps.", update)
        elif update == self.args.updates:
            end = f"After {number(update * self.args.games)} games it holds the pole to the end in {held} of {tests} others."
            self._once("result", end, update)
        elif held == tests:
            self._once("all held", f"Update {update}: all {tests} test games are held for {longest} steps.", update)
        elif steps >= 200:
            self._once("200 steps", f"Update {update}: games now last {mean} steps on average.", update)
        elif steps >= 50:
            longer = f"Update {update}: pushes of long games grew likelier; games last {mean} steps."
            self._once("50 steps", longer, update)

    def _once(self, name: str, text: str, update: int) -> None:
        if name not in self.told:
            self.told.add(name)
            self.recorder.event(name, text, step=update)
