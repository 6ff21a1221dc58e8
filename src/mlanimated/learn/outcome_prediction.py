"""Outcome prediction: from random games alone, learn how likely each move is to end well; then always make the best one (PyTorch).

Chapters 8, 9, 11 and 12. Every move of many random games becomes an example: what was seen and done, and how the game ended. A
network learns the chance of a good end by supervised learning, and plays the move with the best chance. It is one step of policy
improvement over random play: on plain ice that is enough to reach the goal, against a player who knows the game it is not.

Recorded at each row: `update`, `loss` (cross-entropy of the last minibatches, averaged) and what the task shows, see `outcome_tasks`
and `outcome_boards`. The rows of the games that it plays at the end follow those of learning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.games.connect_four import ConnectFour
from mlanimated.games.tic_tac_toe import TicTacToe
from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.isolation import one_thread
from mlanimated.learn.outcome_boards import Boards
from mlanimated.learn.outcome_tasks import Lake, Pole, Predict, Task
from mlanimated.learn.seeding import generator, restored, saved
from mlanimated.learn.training import load_optimizer, optimizer_state
from mlanimated.learn.words import number
from mlanimated.trace import Recorder

__all__ = ["Args", "network", "predictor", "task_of", "train"]

Body = Literal["smooth", "board", "windows"]
TaskName = Literal["frozen lake", "cart pole", "tic tac toe", "connect four"]


class _Plan(NamedTuple):
    """What suits a task: random games, gradient steps, the hidden layers of its network, and examples of a gradient step."""

    games: int
    updates: int
    body: Body
    batch: int = 256


_PLANS: dict[str, _Plan] = {
    "frozen lake": _Plan(30_000, 1500, "smooth", 512),
    "cart pole": _Plan(5000, 3000, "smooth"),
    "tic tac toe": _Plan(5000, 2000, "board"),
    "connect four": _Plan(14_000, 2500, "windows"),
}
SMOOTH = 50
"""Minibatches over which the recorded loss is averaged."""


class Args(Struct, frozen=True, kw_only=True):
    """Hyperparameters."""

    task: Annotated[TaskName, Meta(description="The game.")] = "frozen lake"
    games: Annotated[
        int, Meta(ge=0, le=1_000_000, description="Random games to learn from; 0 for as many as suit the task.")
    ] = 0
    updates: Annotated[int, Meta(ge=0, le=1_000_000, description="Gradient steps; 0 for as many as suit the task.")] = 0
    batch: Annotated[
        int, Meta(ge=0, le=65_536, description="Examples of one gradient step; 0 for as many as suit the task.")
    ] = 0
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Adam's step length; it falls to 0.")] = 0.003
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws the games, the weights and the minibatches.")] = 0
    rows: Annotated[int, Meta(ge=1, le=10_000, description="How often the learning is recorded.")] = 60


@one_thread()
def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> Predict:
    """Learn from random games and return what predicts how a move ends.

    Args:
        args: The hyperparameters.
        recorder: Takes the series and events, and offers `learning_rate` to whoever watches.
        resume: A checkpoint of an earlier run to go on from; the hyperparameters are those of `args`.

    Raises:
        MissingExtra: PyTorch is not installed.
        Stopped: Someone who watches asked for it.
    """
    torch = load_torch()
    task, plan = task_of(args.task), _plan(args)
    rate = recorder.control("learning_rate", args.learning_rate, minimum=0.0, maximum=1.0)
    examples = task.examples(plan.games, generator(args.seed))
    inputs, outcomes = torch.from_numpy(examples.inputs), torch.from_numpy(examples.outcomes)
    random = generator(args.seed + 1)
    net = network(task.features, plan.body, args.seed)
    optimizer = torch.optim.Adam(net.parameters(), args.learning_rate)
    first, row, losses = 0, 0, list[float]()
    if resume:
        first, row, losses = int(resume["update"]), int(resume["step"]), list(resume["losses"])
        random = restored(resume["random"])
        net.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in resume["weights"].items()})
        load_optimizer(optimizer, resume["optimizer"])
    else:
        loss = _loss(predictor(net), examples.inputs, examples.outcomes)
        for each in task.before(predictor(net)):
            recorder.log({"update": 0, "loss": loss, **each}, step=row)
            row += 1
        good = float(examples.outcomes.mean())
        recorder.event("initialize", _opening(args.task, plan.games, len(inputs), good), step=0)
    predict = predictor(net)
    marked = {round(plan.updates * index / args.rows) for index in range(args.rows + 1)}

    for update in range(first, plan.updates + 1):
        state = {"step": row, "update": update, "losses": list(losses)}
        recorder.tick(row, state=lambda state=state: _state(state, net, optimizer, random))
        if update in marked:
            loss = float(np.mean(losses)) if losses else _loss(predict, examples.inputs, examples.outcomes)
            recorder.log({"update": update, "loss": loss, **task.during(predict)}, step=row)
            if resume is None or update > first:
                _tell(recorder, plan, update, row, loss)
            row += 1
        if update < plan.updates:
            picked = torch.from_numpy(random.integers(len(inputs), size=plan.batch))
            guess = net(inputs[picked])[:, 0]
            error = torch.nn.functional.binary_cross_entropy_with_logits(guess, outcomes[picked])
            optimizer.param_groups[0]["lr"] = rate.value * (1 - update / plan.updates)
            optimizer.zero_grad()
            error.backward()
            optimizer.step()
            losses = [*losses[1 - SMOOTH :], float(error.detach())]

    played = task.after(predict)
    for index, each in enumerate(played):
        recorder.log({"update": plan.updates, **each}, step=row + index)
    if resume is None or first < plan.updates:
        recorder.event("play", "It has learned, and plays the move with the best chance.", step=row)
        recorder.event("result", task.told(predict), step=row + len(played) - 1)
    return predict


def task_of(name: TaskName) -> Task:
    """Return the task of that name."""
    if name == "cart pole":
        return Pole()
    if name == "frozen lake":
        return Lake()
    return Boards(TicTacToe() if name == "tic tac toe" else ConnectFour())


def network(features: int, body: Body, seed: int) -> Any:
    """Return a network that gives the logit of a good end, its weights drawn by a seed of its own.

    Args:
        features: Length of an input.
        body: "smooth" has two hidden layers of 64 with tanh, for numbers; "board" two of 128 with ReLU; "windows" looks at
            each 4 by 4 cells of Connect Four with the same 64 filters, and has a hidden layer of 64 after that.
        seed: Draws the weights.
    """
    torch = load_torch()
    nn = torch.nn
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if body == "windows":
            look = [nn.Unflatten(1, (2, 6, 7)), nn.Conv2d(2, 64, 4), nn.ReLU(), nn.Flatten()]
            return nn.Sequential(*look, nn.Linear(64 * 12, 64), nn.ReLU(), nn.Linear(64, 1))
        units, bend = (64, nn.Tanh) if body == "smooth" else (128, nn.ReLU)
        return nn.Sequential(nn.Linear(features, units), bend(), nn.Linear(units, units), bend(), nn.Linear(units, 1))


def predictor(net: Any) -> Predict:
    """Return what gives the chance of a good end from inputs: NumPy in, NumPy out."""
    torch = load_torch()

    def predict(inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.no_grad():
            return torch.sigmoid(net(torch.from_numpy(inputs))[:, 0]).numpy()

    return predict


def _plan(args: Args) -> _Plan:
    """Return the plan of the task, with what the arguments change."""
    plan = _PLANS[args.task]
    return plan._replace(
        games=args.games or plan.games, updates=args.updates or plan.updates, batch=args.batch or plan.batch
    )


def _loss(predict: Predict, inputs: NDArray[np.float32], outcomes: NDArray[np.float32]) -> float:
    """Return the cross-entropy over the first thousands of examples."""
    chances = predict(inputs[:4096]).astype(np.float64)
    good = outcomes[:4096]
    return float(-(good * np.log(chances) + (1 - good) * np.log(1 - chances)).mean())


def _state(state: dict[str, Any], net: Any, optimizer: Any, random: np.random.Generator) -> dict[str, Any]:
    """Return all that training goes on from."""
    weights = {name: value.detach().numpy().copy() for name, value in net.state_dict().items()}
    return {**state, "weights": weights, "optimizer": optimizer_state(optimizer), "random": saved(random)}


def _opening(task: TaskName, games: int, examples: int, good: float) -> str:
    """Return what there is to learn from."""
    played = f"{number(games)} games are played at random, {number(examples)} moves."
    if task == "cart pole":
        return (
            f"{played} The last ten steps of each are labelled losing, in red: {number(100 * (1 - good), 0)} % of all."
        )
    if task == "frozen lake":
        return (
            f"{played} Each is labelled by how its game ended: {number(100 * good, 1)} % belong to a game that was won."
        )
    return f"{played} Each is labelled by how its game ended for whoever moved: won, drawn or lost."


def _tell(recorder: Recorder, plan: _Plan, update: int, row: int, loss: float) -> None:
    """Record what a film should dwell on."""
    if update == 0 and row:
        recorder.event("first guess", "The network's weights are random: it knows nothing about any move.", step=row)
    elif update == plan.updates:
        recorder.event("learned", f"After {number(update)} gradient steps the loss is {number(loss, 3)}.", step=row)
