"""Deep Q-learning while it is watched: what it plays at every age, what its network then says, and its replay memory.

The algorithm is that of `dqn.py`, gradient step by gradient step (its `learn` is called); the games are played by their rules alone,
many at once, so that a whole training takes seconds. A row of the trace is no step of the training but a picture of the film, so that
games and learning can take turns; `played` says how many steps were played until then.

Recorded in rows of learning: `played`, `loss`, `score` (greedy), `epsilon`; of the memory `memory` (200,), for each part of it the mean
steps until the game was over (not a number where nothing is stored yet), `memory/next`, where is written next, `memory/drawn` (200,),
how many samples of the batch that follows come from there, and `memory/stored`. In rows of play, at each age: `state`, `action`, `q`
(actions,), `input`, `hidden/0` and `hidden/1`, the activations, `steps` and `age`. At each age `weights/…` and `biases/…`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.learn import dqn
from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.networks import Network
from mlanimated.learn.replay import Replay
from mlanimated.learn.seeding import generator, restored, saved
from mlanimated.learn.training import load_optimizer, optimizer_state
from mlanimated.learn.watched_games import GameName, WatchedGame, game_of
from mlanimated.learn.words import number
from mlanimated.trace import Recorder

__all__ = ["CATCH", "PARTS", "Args", "train"]

CATCH: dict[str, Any] = {
    "game": "catch",
    "reward_scale": 1.0,
    "lookahead": 3,
    "batch": 128,
    "memory": 6000,
    "warm_up": 500,
    "target_every": 50,
    "epsilon_steps": 6000,
    "games": 8,
}
"""Arguments that suit Catch, with a learning rate of .003, gamma .9 and epsilon .1 in the end."""

PARTS = 200  # that the memory is drawn in
WATCHED = 50  # rows of a game that is played at an age, and
LAST = 150  # of the last one
SCORED = 4  # rows of learning for each that tells how well it plays


class Args(Struct, frozen=True, kw_only=True):
    """Hyperparameters; the defaults are Cart Pole's."""

    game: Annotated[GameName, Meta(description="What is played.")] = "cart pole"
    steps: Annotated[int, Meta(ge=100, le=10**7, description="Budget: steps of all games together.")] = 16_000
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws weights, games, actions and batches.")] = 0
    double: Annotated[bool, Meta(description="The online network chooses, the target network values.")] = True
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Adam's step length; it falls to 0.")] = 1e-3
    gamma: Annotated[float, Meta(ge=0, le=1, description="What a reward is worth one step later.")] = 0.995
    reward_scale: Annotated[float, Meta(gt=0, description="Rewards are multiplied by it for learning.")] = 0.02
    lookahead: Annotated[int, Meta(ge=1, le=50, description="Rewards summed before the value of what follows.")] = 20
    batch: Annotated[int, Meta(ge=1, le=65_536, description="Samples of one gradient step.")] = 256
    every: Annotated[int, Meta(ge=1, description="Rows of all games for one gradient step.")] = 1
    memory: Annotated[int, Meta(ge=100, le=10**7, description="Transitions remembered.")] = 12_000
    warm_up: Annotated[int, Meta(ge=1, description="Steps played before learning begins.")] = 1_000
    target_every: Annotated[int, Meta(ge=1, description="Gradient steps between two copies to the target.")] = 100
    epsilon: Annotated[float, Meta(ge=0, le=1, description="Share of random actions in the end; 1 at first.")] = 0.05
    epsilon_steps: Annotated[int, Meta(ge=1, description="Steps in which it falls.")] = 6_000
    games: Annotated[int, Meta(ge=1, le=4096, description="Games played side by side.")] = 16
    rows: Annotated[int, Meta(ge=6, le=10_000, description="How often the learning is recorded.")] = 90
    ages: Annotated[int, Meta(ge=2, le=100, description="How often it is seen to play, first and last among them.")] = 5


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> Network:
    """Train, and play at every age; return the network, head `q`.

    Args:
        args: The hyperparameters.
        recorder: Takes the series and events, and offers `learning_rate` to whoever watches.
        resume: A checkpoint of the same arguments; the memory begins empty again.

    Raises:
        MissingExtra: PyTorch is not installed.
        Stopped: Someone who watches asked for it.
    """
    torch = load_torch()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so small a matrix is not worth a second core
    try:
        return _Training(args, recorder, resume).run()
    finally:
        torch.set_num_threads(threads)


class _Training:
    """All that a training consists of."""

    def __init__(self, args: Args, recorder: Recorder, resume: Mapping[str, Any] | None) -> None:
        self.args, self.recorder = args, recorder
        self.rate = recorder.control("learning_rate", args.learning_rate, minimum=0.0, maximum=1.0)
        self.game: WatchedGame = game_of(args.game)
        heads = {"q": len(self.game.actions)}
        self.network, self.target = (
            Network((self.game.features,), heads, "mlp", seed=args.seed, gains={"q": 0.1}) for _ in range(2)
        )
        self.optimizer = load_torch().optim.Adam(self.network.parameters(), args.learning_rate, eps=1e-5, fused=True)
        self.given = dqn.Args(double=args.double, reward_scale=args.reward_scale)
        self.random = generator(args.seed + 1)
        self.replay = Replay(args.memory // args.games, args.games, (self.game.features,), np.float32)
        self.played = self.row = self.updates = 0
        self.loss: list[float] = []
        self.solved = False
        if resume is not None:
            self.played, self.row, self.updates = (int(resume[name]) for name in ("played", "row", "updates"))
            self.network.load(resume["network"])
            self.target.load(resume["target"])
            load_optimizer(self.optimizer, resume["optimizer"])
            self.random = restored(resume["random"])

    def run(self) -> Network:
        """Play and learn until the budget is used up; record as it goes."""
        args, game = self.args, self.game
        rows = [round(args.steps * share**1.5) for share in np.linspace(0, 1, args.rows + 1)]
        ages = {rows[round(index * args.rows / (args.ages - 1))] for index in range(args.ages)}
        states = game.begin(args.games, self.random)
        length, first = np.zeros(args.games, np.int64), np.ones(args.games, np.bool_)
        due = iter(row for row in rows if row >= self.played)
        following = next(due)
        while True:
            if self.played >= following:
                self._learned(scored=following in ages or rows.index(following) % SCORED == 0)
                if following in ages:  # its first picture is that of the learning
                    self._plays(last=following == rows[-1])
                else:
                    self.row += 1
                later = next((row for row in due if row > self.played), None)
                if later is None:
                    return self.network
                following = later
            self.recorder.tick(self.row, state=self._state)
            seen = game.seen(states)
            actions = self._choose(seen)
            happened = game.step(states, actions)
            length += 1
            cut = ~happened.over & (length >= game.longest)
            self.replay.add(seen, first, actions.astype(np.uint8), happened.reward, happened.over, cut)
            first, states = happened.over | cut, happened.states
            states[first], length[first] = game.begin(int(first.sum()), self.random), 0
            self.played += args.games
            enough = self.played >= args.warm_up and self.replay.ready(args.lookahead)
            if enough and (self.played // args.games) % args.every == 0:
                self._improve()

    def _choose(self, seen: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the actions: the best, or any now and then."""
        chance = self.random.random(len(seen)) < self._epsilon()
        return np.where(chance, self.random.integers(0, len(self.game.actions), len(seen)), self.best(seen))

    def best(self, seen: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the most valued actions."""
        torch = load_torch()
        with torch.no_grad():
            return self.network(torch.from_numpy(seen))[0].numpy().argmax(axis=1)

    def _improve(self) -> None:
        """Take one gradient step."""
        args = self.args
        self.optimizer.param_groups[0]["lr"] = self.rate.value * (1.0 - self.played / (args.steps + args.games))
        batch = self.replay.sample(args.batch, self.random, steps=args.lookahead, discount=args.gamma)
        self.loss.append(dqn.learn(self.given, self.network, self.target, self.optimizer, batch))
        self.updates += 1
        if self.updates % args.target_every == 0:
            self.target.load(self.network.state())

    def _epsilon(self) -> float:
        return max(self.args.epsilon, 1.0 - (1.0 - self.args.epsilon) * self.played / self.args.epsilon_steps)

    def _learned(self, *, scored: bool) -> None:
        """Record a row of learning; to score it takes as long as many gradient steps."""
        told: dict[str, Any] = {"played": self.played, "epsilon": self._epsilon(), **self._memory()}
        if scored:
            told["score"] = self.game.score(self.best)
        if self.loss:
            told["loss"] = float(np.mean(self.loss))
            self.loss.clear()
        self.recorder.log({**told, **self._weights()}, step=self.row)
        if scored:
            self._tell(told["score"])

    def _memory(self) -> dict[str, Any]:
        """Return what there is to draw of the replay memory."""
        replay = self.replay
        last = np.full(replay.games, -1.0)
        ends: NDArray[np.float64] = np.zeros((replay.rows, replay.games))
        newest = min(replay.added, replay.rows)
        order = [(replay.added - 1 - back) % replay.rows for back in range(newest)]
        for row in order:
            last = np.where(replay.done[row], 1.0, np.where(last < 0, last, last + 1.0))
            ends[row] = np.where(last < 0, self.game.longest, np.minimum(last, self.game.longest))
        place = (np.arange(replay.rows) * PARTS) // replay.rows
        stored = np.zeros(replay.rows)
        stored[order] = 1.0
        count = np.bincount(place, stored, PARTS)
        sums = np.bincount(place, ends.mean(axis=1) * stored, PARTS)
        drawn = np.zeros(PARTS)
        if self.updates:
            low, high = replay.span(self.args.lookahead)
            sampled = self.random_like().integers(low, high, self.args.batch) % replay.rows
            drawn = np.bincount(place[sampled], minlength=PARTS).astype(np.float64)
        return {
            "memory": np.divide(sums, count, out=np.full(PARTS, np.nan), where=count > 0),
            "memory/next": int(place[replay.added % replay.rows]),
            "memory/drawn": drawn,
            "memory/stored": len(replay),
        }

    def random_like(self) -> np.random.Generator:
        """Return a generator that draws what the next batch will draw, without using up the learner's own."""
        return restored(saved(self.random))

    def _weights(self) -> dict[str, Any]:
        """Return weights and biases by layer."""
        state = self.network.state()
        names = [name.removesuffix(".weight") for name in state if name.endswith(".weight")]
        found = {f"weights/{at}": state[f"{name}.weight"].T for at, name in enumerate(names)}
        return found | {f"biases/{at}": state[f"{name}.bias"] for at, name in enumerate(names)}

    def _plays(self, *, last: bool) -> None:
        """Play from the start that is shown at every age, and record each step with what the network says."""
        torch, game = load_torch(), self.game
        body = self.network.modules["body"]
        most = LAST if last else WATCHED
        for start in game.watched:
            state, steps, over = start[None], 0, False
            while True:
                seen = game.seen(state)
                with torch.no_grad():
                    layers = [torch.from_numpy(seen)]
                    for layer in body:
                        layers.append(layer(layers[-1]))
                    q = self.network.modules["q"](layers[-1])[0].numpy()
                hidden = [layer[0].numpy() for layer, kind in zip(layers[1:], body, strict=True) if _bends(kind)]
                row = {"state": state[0], "input": seen[0], "q": q / self.args.reward_scale, "steps": steps}
                row |= {f"hidden/{at}": values for at, values in enumerate(hidden)} | game.shown(state, self._worth)
                action = -1 if over else int(q.argmax())
                self.recorder.log({**row, "action": action, "age": self.played}, step=self.row)
                self.row += 1
                if over or steps >= most:
                    break
                happened = game.step(state, np.array([action]))
                state, over, steps = happened.states, bool(happened.over[0]), steps + 1

    def _worth(self, seen: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the values of the best actions."""
        torch = load_torch()
        with torch.no_grad():
            return self.network(torch.from_numpy(seen))[0].numpy().max(axis=1) / self.args.reward_scale

    def _tell(self, score: float) -> None:
        """Record what a film should dwell on."""
        if not self.row:
            self.recorder.event("initialize", "Random weights, and an empty memory: it knows nothing.", step=0)
        elif self.played >= self.args.steps:
            text = f"After {number(self.played)} steps and {number(self.updates)} batches: {self.game.told(score)}."
            self.recorder.event("result", text, step=self.row)
        elif score >= self.game.best and not self.solved:
            self.solved = True
            self.recorder.event("solved", f"After {number(self.played)} steps it {self.game.solved}.", step=self.row)

    def _state(self) -> dict[str, Any]:
        """Return what `resume` takes; the memory is not kept."""
        return {
            "played": self.played,
            "row": self.row,
            "updates": self.updates,
            "network": self.network.state(),
            "target": self.target.state(),
            "optimizer": optimizer_state(self.optimizer),
            "random": saved(self.random),
        }


def _bends(layer: Any) -> bool:
    """Return whether a layer is an activation: what it gives out is what its neurons show."""
    return not hasattr(layer, "weight") and type(layer).__name__ != "Flatten"
