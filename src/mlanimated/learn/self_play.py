"""Self-play with tree search: a network plays itself, a search makes each of its moves better, and it learns those (PyTorch).

Silver et al., "A general reinforcement learning algorithm that masters chess, shogi, and Go through self-play" (2018), with the root of
Danihelka et al., "Policy improvement by planning with Gumbel" (2022): so few simulations teach that two cores are enough. Nothing is
known but the rules. At each row hundreds of games make a move each, found by `tree_search`; the network learns the search's improved
policy, and how the position turned out.

Departures from the papers:
- A game is over as soon as a search has proven how it ends; that is its result. Nothing is learned from moves that decide nothing.
- Some games begin with random moves, so that it learns to play positions that it would not come to by itself.
- A position's value is learned as a λ-return: what the search thought of it, mixed with what came of it, move by move back from the end.
- The network is a few dense layers, and the average of its weights over recent steps is what plays.

Measured (benchmarks/games.py; the players that ship). Tic Tac Toe, 16 seconds of one core: never a loss from either seat, every reply
tried. Connect Four, 12 minutes of one core, 1,000 random positions of 8 to 30 plies: 94.6% of the network's moves keep what the
position is worth, 98.7% with 800 simulations. Much of that is the search's: an untrained network keeps 80.8%, and 94.4% with 800. It
does not hold the win of the first move yet: when all six discs of the middle column lie it takes column 1, where 3 and 5 alone win.

Recorded by `steps` (positions searched): `games`, `loss/policy`, `loss/value`, `length` (stones when a game is proven), `share/first`,
`share/draw`, `share/second` (how the games from the empty board ended), `board` (empty), `policy` and `value` (what the network alone
thinks of it), `strength/network`, `strength/search` (points of 100 games, half in each seat, against a player that wins at once where
it can, blocks where it must, and is random else), `learning_rate`; at rows 0, 1, 2, 4, 8, … and at the end `player/…`, the averaged
weights in float16.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.learn.board_network import BoardNetwork, forward, fresh
from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.many_boards import Bits, many
from mlanimated.learn.networks import half_precision
from mlanimated.learn.seeding import generator, restored, saved
from mlanimated.learn.self_play_games import Games, Memory, strength
from mlanimated.learn.training import Keeper, load_optimizer, optimizer_state
from mlanimated.learn.tree_search import softmax
from mlanimated.trace import Recorder

__all__ = ["Args", "train"]

Game = Literal["connect-four", "tic-tac-toe"]


class Args(Struct, frozen=True, kw_only=True):
    """Hyperparameters; the defaults are Connect Four's."""

    game: Annotated[Game, Meta(description="The board game.")] = "connect-four"
    steps: Annotated[int, Meta(ge=1, le=10**10, description="Budget: positions searched.")] = 1_500_000
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws weights, openings, noise and minibatches.")] = 0
    simulations: Annotated[int, Meta(ge=1, le=10_000, description="Simulations of each search.")] = 32
    games: Annotated[int, Meta(ge=1, le=65_536, description="Games played side by side.")] = 1024
    openings: Annotated[float, Meta(ge=0, le=1, description="Share of games that begin with random moves.")] = 0.5
    longest_opening: Annotated[int, Meta(ge=0, le=40, description="Random moves at the most.")] = 26
    trace_decay: Annotated[float, Meta(ge=0, le=1, description="λ: how far what came of a position counts.")] = 0.93
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Adam's step length; falls to a twentieth.")] = 1e-3
    weight_decay: Annotated[float, Meta(ge=0, le=1, description="Pull of weights to 0, decoupled.")] = 0.01
    batch: Annotated[int, Meta(ge=1, le=65_536, description="Positions of one gradient step.")] = 1024
    reuse: Annotated[float, Meta(gt=0, le=100, description="How often each position is learned from.")] = 4.0
    memory: Annotated[int, Meta(ge=1, description="Positions remembered.")] = 400_000
    warm_up: Annotated[int, Meta(ge=1, description="Positions remembered before learning begins.")] = 10_000
    averaging: Annotated[float, Meta(ge=0, lt=1, description="What a step keeps of the averaged weights.")] = 0.998
    width: Annotated[int, Meta(ge=1, le=8192, description="Units of a layer.")] = 512
    blocks: Annotated[int, Meta(ge=0, le=40, description="Layers after the first.")] = 2
    record_every: Annotated[int, Meta(ge=1, description="Positions between two rows of the trace.")] = 50_000


def train(
    args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None, keeper: Keeper | None = None
) -> BoardNetwork:
    """Learn a board game from self-play and return the network that plays it, its averaged weights.

    Args:
        args: The hyperparameters.
        recorder: Takes the series and events, and offers `learning_rate` to whoever watches.
        resume: The state of a checkpoint of the same arguments: training goes on exactly as it would have.
        keeper: Is offered the state at each row of the trace, and writes it to a file from time to time.

    Raises:
        MissingExtra: PyTorch is not installed.
        Stopped: Someone who watches asked for it.
    """
    torch = load_torch()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the network is small: threads would wait for each other
    try:
        return _Training(args, recorder, resume).run(keeper)
    finally:
        torch.set_num_threads(threads)


class _Training:
    def __init__(self, args: Args, recorder: Recorder, resume: Mapping[str, Any] | None) -> None:
        torch = self.torch = load_torch()
        self.args, self.recorder, self.rules = args, recorder, many(args.game)
        self.rate = recorder.control("learning_rate", args.learning_rate, minimum=0.0, maximum=1.0)
        moves = self.rules.game.moves
        begun = fresh(self.rules.features, moves, args.width, args.blocks, args.seed)
        self.average = BoardNetwork(self.rules, begun)
        self.weights = {name: torch.tensor(value, requires_grad=True) for name, value in begun.items()}
        self.averaged = {name: torch.from_numpy(value) for name, value in begun.items()}  # the same memory as `average`
        self.optimizer = torch.optim.AdamW(
            list(self.weights.values()), args.learning_rate, weight_decay=args.weight_decay, fused=True
        )
        self.random = generator(args.seed + 1)
        self.games = Games(self.rules, args.games, args.openings, args.longest_opening, args.trace_decay)
        self.memory = Memory(args.memory, moves)
        self.row = self.updates = 0
        self.owed = 0.0
        self.losses = np.zeros(3)
        self.score = math.nan
        self.new = resume is None
        if resume is not None:
            self._load(resume)
        else:
            self.games.begin(self.random)

    def run(self, keeper: Keeper | None) -> BoardNetwork:
        """Play and learn to the end."""
        args, every = self.args, max(1, self.args.record_every // self.args.games)
        if self.new:
            self.recorder.event("initialize", "It knows the rules alone: all moves are alike to it.", step=0)
        while (step := self.row * args.games) < args.steps:
            if self.row % every == 0 or _power_of_two(self.row):
                if self.new:
                    self._record(step)
                if keeper is not None:
                    keeper.offer(step, self.state(), self.score)
            self.new = True
            self.recorder.tick(step, state=self.state)
            self.memory.add(*self.games.step(self._evaluate, args.simulations, self.random))
            self.row += 1
            if self.memory.count >= min(args.warm_up, args.memory):
                self.owed += args.games * args.reuse / args.batch
                while self.owed >= 1:
                    self.owed -= 1
                    self._learn(step / args.steps)
        self._record(step)
        if keeper is not None:
            keeper.offer(step, self.state(), self.score)
        return self.average

    def _evaluate(self, boards: Bits) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Ask the averaged network, in bfloat16 where the machine is faster so."""
        torch = self.torch
        seen = torch.from_numpy(self.rules.inputs(boards))
        with torch.no_grad(), half_precision("cpu"):
            said = forward(self.averaged, seen, _linear(torch), torch.relu_).float().numpy()
        return said[:, :-1], np.tanh(said[:, -1] / 2)

    def _learn(self, done: float) -> None:
        """Make one gradient step."""
        torch, args = self.torch, self.args
        boards, policy, value = self.memory.sample(args.batch, self.random)
        legal = self.rules.legal(boards)
        inputs = self.rules.inputs(boards)
        turns = self.rules.symmetries
        for at, turn in enumerate(turns[1:], 1):  # every way to turn the board has an equal part
            part = slice(at, None, len(turns))
            inputs[part] = inputs[part][:, turn.inputs]
            policy[part], legal[part] = policy[part][:, turn.moves], legal[part][:, turn.moves]
        wanted, won = torch.from_numpy(policy), torch.from_numpy((1 + value) / 2)
        with half_precision("cpu"):
            said = forward(self.weights, torch.from_numpy(inputs), _linear(torch), torch.relu_).float()
        logits = said[:, :-1].masked_fill(torch.from_numpy(~legal), -1e4)
        likely = torch.log_softmax(logits, 1)
        policy_loss = -(wanted * likely).sum(1).mean()
        value_loss = torch.nn.functional.binary_cross_entropy_with_logits(said[:, -1], won)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate.value * (0.05 + 0.95 * (1 + math.cos(math.pi * done)) / 2)
        self.optimizer.zero_grad()
        (policy_loss + value_loss).backward()
        self.optimizer.step()
        self.updates += 1
        keep = min(args.averaging, 1 - 1 / self.updates)
        with torch.no_grad():
            for name, weight in self.weights.items():
                self.averaged[name].lerp_(weight, 1 - keep)
        self.losses += float(policy_loss.detach()), float(value_loss.detach()), 1

    def _record(self, step: int) -> None:
        """Write a row of the trace."""
        args, empty = self.args, self.rules.start(1)
        row: dict[str, Any] = {"games": self.games.finished, "learning_rate": self.rate.value}
        if self.losses[2]:
            row |= {"loss/policy": self.losses[0] / self.losses[2], "loss/value": self.losses[1] / self.losses[2]}
        row |= self.games.told()
        self.losses[:] = 0
        logits, value = self.average(empty)
        row |= {"board": self.rules.game.board(self.rules.game.start), "policy": softmax(logits)[0]}
        row |= {"value": float(value[0])}
        random = np.random.default_rng((args.seed, step))
        alone = strength(self.rules, self.average, 0, random)
        self.score = strength(self.rules, self.average, args.simulations, random)
        row |= {"strength/network": alone, "strength/search": self.score}
        if _power_of_two(self.row) or step >= args.steps:
            row |= {f"player/{name}": value.astype(np.float16) for name, value in self.average.weights.items()}
        self.recorder.log(row, step=step)

    def state(self) -> dict[str, Any]:
        """Return all that `_load` needs, copied."""
        return {
            "row": self.row,
            "counts": [self.updates, self.owed, self.score],
            "losses": self.losses.copy(),
            "weights": {name: value.detach().numpy().copy() for name, value in self.weights.items()},
            "averaged": {name: value.copy() for name, value in self.average.weights.items()},
            "optimizer": optimizer_state(self.optimizer),
            "random": saved(self.random),
            "memory": self.memory.state(),
            "games": self.games.state(),
        }

    def _load(self, state: Mapping[str, Any]) -> None:
        torch = self.torch
        self.row = int(state["row"])
        self.updates, self.owed, self.score = (
            int(state["counts"][0]),
            float(state["counts"][1]),
            float(state["counts"][2]),
        )
        self.losses = np.array(state["losses"])
        with torch.no_grad():
            for name, value in state["weights"].items():
                self.weights[name].copy_(torch.from_numpy(np.array(value)))
                self.averaged[name].copy_(torch.from_numpy(np.array(state["averaged"][name])))
        load_optimizer(self.optimizer, state["optimizer"])
        self.random = restored(state["random"])
        self.memory.load(state["memory"])
        self.games.load(state["games"])


def _power_of_two(row: int) -> bool:
    """Return whether a row is 0, 1, 2, 4, 8, …: early on more happens."""
    return row & (row - 1) == 0


def _linear(torch: Any) -> Any:
    """Return x, weight, bias → x weight + bias."""

    def linear(inputs: Any, weight: Any, bias: Any) -> Any:
        return torch.addmm(bias, inputs, weight)

    return linear
