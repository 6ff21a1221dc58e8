"""Q-learning on Mountain Car with the state made discrete: position and velocity become a cell of a table (chapter 14).

Hundreds of cars drive at once and share one table. Each believes at first that the flag is one step away from everywhere (a value of 0,
where each step costs 1), so that what was never tried looks best: the table explores by itself, and epsilon, which begins high and
ends at 0, only helps. Where two cars do the same in the same cell at once, the later one in the row writes.

Recorded at step n, after each car's n-th step, ever more coarsely: `values` (velocities, positions): minus the steps to the flag, as
believed; `visited`, the share of cells a car was in; `solved` and `steps`, the share of starts from which the table alone reaches the
flag and its mean number of steps (`LONGEST` where it does not); `best`, those of the best table so far; `epsilon`, `learning_rate`;
`position` and `velocity` of some cars.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.errors import MlaError
from mlanimated.games.mountain_car import FLAG, LONGEST, POSITIONS, STARTS, VELOCITIES, height, move, rides
from mlanimated.learn.seeding import generator, restored, saved
from mlanimated.learn.words import number
from mlanimated.trace import Recorder

__all__ = ["FLAG_PAYS", "Args", "Reward", "Table", "optimism", "reward", "ride", "train"]

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

SHOWN = 60
"""Cars whose places are recorded."""
Reward = Literal["time", "height", "fuel"]
FLAG_PAYS = 10.0
"""What the flag brings where pushes are paid for."""
TRIALS = np.linspace(*STARTS, 201)
"""Starts from which the table is tried while it learns."""


class Args(Struct, frozen=True, kw_only=True):
    """Hyperparameters."""

    positions: Annotated[int, Meta(ge=2, le=1000, description="Parts that the position is cut into.")] = 100
    velocities: Annotated[int, Meta(ge=2, le=1000, description="Parts that the velocity is cut into.")] = 80
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="How far a value moves at first.")] = 0.5
    learning_rate_last: Annotated[float, Meta(gt=0, le=1, description="How far it moves in the end.")] = 0.05
    epsilon: Annotated[float, Meta(ge=0, le=1, description="Chance of a random action at first; it falls to 0.")] = 0.3
    gamma: Annotated[float, Meta(gt=0, le=1, description="What a reward is worth a step later.")] = 1.0
    cars: Annotated[int, Meta(ge=1, le=100_000, description="Cars that share the table.")] = 500
    steps: Annotated[int, Meta(ge=0, le=10_000_000, description="Steps that each of them drives.")] = 50_000
    reward: Annotated[
        Reward,
        Meta(description="time: -1 a step; height: the car's height, each step; fuel: -1 a push, 10 at the flag."),
    ] = "time"
    start: Annotated[float, Meta(ge=-0.6, le=-0.4, description="Where a recorded ride starts.")] = -0.5
    seed: Annotated[int, Meta(ge=0, description="Seed of starts and random actions.")] = 0


class Table(NamedTuple):
    """What each action is worth in each cell.

    Attributes:
        q: float64 (positions * velocities, actions), the velocity changing fastest.
        positions: Parts of the position.
        velocities: Parts of the velocity.
    """

    q: Floats
    positions: int
    velocities: int

    def cell(self, position: Floats, velocity: Floats) -> Whole:
        """Return the row of the table for each car, (n,)."""
        across = (position - POSITIONS[0]) * (self.positions / (POSITIONS[1] - POSITIONS[0]))
        up = (velocity - VELOCITIES[0]) * (self.velocities / (VELOCITIES[1] - VELOCITIES[0]))
        column = np.minimum(across.astype(np.int64), self.positions - 1)
        return column * self.velocities + np.minimum(up.astype(np.int64), self.velocities - 1)

    def choose(self, position: Floats, velocity: Floats) -> Whole:
        """Return the best action of each car, (n,)."""
        return self.q[self.cell(position, velocity)].argmax(axis=1)

    def picture(self) -> Floats:
        """Return the value of each cell as rows of equal velocity, the highest first: (velocities, positions)."""
        return self.q.max(axis=1).reshape(self.positions, self.velocities).T[::-1]


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> Table:
    """Drive, and return the best table that was seen: the one with which the most starts reach the flag, in the fewest steps.

    Args:
        args: The hyperparameters.
        recorder: Takes the series and events, and offers `epsilon` to whoever watches.
        resume: A checkpoint of an earlier run to go on from; the hyperparameters are those of `args`.

    Raises:
        Stopped: Someone who watches asked for it.
    """
    random = generator(args.seed)
    hoped = optimism(args)
    table = Table(np.full((args.positions * args.velocities, 3), hoped), args.positions, args.velocities)
    visited = np.zeros(len(table.q), np.bool_)
    best, best_q = (0.0, -float(LONGEST)), table.q.copy()
    position, velocity = random.uniform(*STARTS, args.cars), np.zeros(args.cars)
    age = random.integers(LONGEST, size=args.cars)  # so that not all games end in the same step
    first, due = 0, 0.0
    told: set[str] = set()
    if resume:
        random, first, due = restored(resume["random"]), int(resume["step"]), float(resume["due"])
        table.q[:], visited[:], best_q[:] = resume["q"], resume["visited"], resume["best_q"]
        best, told = (float(resume["best"][0]), float(resume["best"][1])), set(resume["told"])
        position, velocity, age = (np.array(resume[name]) for name in ("position", "velocity", "age"))
    control = recorder.control("epsilon", args.epsilon, minimum=0.0, maximum=1.0)
    values = table.q.reshape(-1)  # the same numbers in one row
    here = table.cell(position, velocity)

    for step in range(first, args.steps + 1):
        done = step / max(1, args.steps)
        rate = args.learning_rate * (args.learning_rate_last / args.learning_rate) ** done
        epsilon = control.value * max(0.0, 1.0 - done / 0.8)
        if step > first:
            action = table.q[here].argmax(axis=1)
            explored = random.random(args.cars) < epsilon
            action = np.where(explored, random.integers(3, size=args.cars), action)
            position, velocity, there = move(position, velocity, action)
            after = table.cell(position, velocity)
            paid = reward(args.reward, position, action, there)
            target = paid + args.gamma * np.where(there, 0.0, table.q[after].max(axis=1))
            pair = here * 3 + action
            values[pair] += rate * (target - values[pair])

            visited[here] = True
            age += 1
            over = there | (age >= LONGEST)
            position = np.where(over, random.uniform(*STARTS, args.cars), position)
            velocity, age = np.where(over, 0.0, velocity), np.where(over, 0, age)
            here = np.where(over, table.cell(position, velocity), after)
        recorded = step >= due or step == args.steps
        if recorded or (resume is not None and step == first and resume["recorded"]):
            due = max(step + 20, step * 1.03) if recorded else due
            tried = rides(table.choose, TRIALS)
            score = (float((tried <= LONGEST).mean()), -float(np.minimum(tried, LONGEST).mean()))
            if score > best:
                best = score
                best_q[:] = table.q
            row = {"solved": score[0], "steps": -score[1], "best": -best[1], "epsilon": epsilon, "learning_rate": rate}
            some = {"position": position[:SHOWN], "velocity": velocity[:SHOWN], "visited": float(visited.mean())}
            recorder.log({**row, **some, "values": table.picture().astype(np.float32)}, step=step)
            if step > first or resume is None:
                _tell(args, step, score, best, told, recorder)
        recorder.tick(
            step,
            state=lambda step=step, due=due, best=best, recorded=recorded, at=(position, velocity, age): {
                "random": saved(random),
                "step": step,
                "due": due,
                "recorded": recorded,
                "q": table.q.copy(),
                "visited": visited.copy(),
                "best": list(best),
                "best_q": best_q.copy(),
                "told": sorted(told),
                "position": at[0].copy(),
                "velocity": at[1].copy(),
                "age": at[2].copy(),
            },
        )
    return table._replace(q=best_q) if args.reward == "time" else table


def reward(kind: Reward, position: Floats, action: Whole, there: NDArray[np.bool_]) -> Floats:
    """Return what a step brought to each car, (n,).

    Args:
        kind: "time" is the game's own; the others show what comes of a reward that is not what was meant.
        position: Where the cars are now.
        action: What they did: 0 and 2 are pushes.
        there: Who is at the flag.
    """
    if kind == "time":
        return np.full(len(position), -1.0)
    if kind == "height":
        return np.sin(3.0 * position) * 0.45 + 0.55
    return np.where(action == 1, 0.0, -1.0) + np.where(there, FLAG_PAYS, 0.0)


def optimism(args: Args) -> float:
    """Return what everything is believed to be worth before it is tried: no less than it can be.

    Raises:
        MlaError: Points for height without end, and no discount: then nothing bounds it.
    """
    if args.reward == "time":
        return 0.0
    if args.reward == "fuel":
        return FLAG_PAYS
    if args.gamma == 1:
        raise MlaError("With reward = height the points never end: gamma must be below 1, as in gamma = 0.99.")
    return 1.0 / (1.0 - args.gamma)


def ride(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> int:
    """Train in silence, then record one ride with the table alone, and return its steps; with 0 steps of training, by chance.

    Recorded at step n: `x`, `velocity`, `height`, `action` (the one that led there; from step 1), `points` (the sum of the rewards).
    """
    del resume  # a ride is over in a blink
    with Recorder() as silent:
        table = train(args, silent)
    random = generator(args.seed)
    position, velocity, there = np.array([args.start]), np.zeros(1), np.zeros(1, np.bool_)
    who = "The trained car" if args.steps else "The untrained car"
    recorder.event("start", f"{who} starts at rest between the hills.", step=0)
    step, points, furthest = 0, 0.0, args.start
    recorder.log({"x": args.start, "velocity": 0.0, "height": height(args.start), "points": points}, step=0)
    while not there[0] and step < LONGEST:
        step += 1
        action = table.choose(position, velocity) if args.steps else random.integers(3, size=1)
        position, velocity, there = move(position, velocity, action)
        place = {"x": float(position[0]), "velocity": float(velocity[0]), "height": height(float(position[0]))}
        points += float(reward(args.reward, position, action, there)[0])
        furthest = max(furthest, place["x"])
        recorder.log({**place, "action": int(action[0]), "points": points}, step=step)
        recorder.tick(step)
    how = f"is at the flag after {step} steps" if there[0] else f"is given up after {step} steps, still in the valley"
    if not there[0] and args.reward == "height":
        left = number(FLAG - furthest, 2)
        held = float(position[0]) > furthest - 0.05
        how = f"{'stops' if held else 'turns back'} {left} before the flag: at the flag the points would end"
    elif not there[0] and args.reward == "fuel":
        how = "never gets out of the valley: each push costs more than the flag, so far away, is worth"
    recorder.event("end", f"{who} {how}.", step=step)
    return step


def _tell(
    args: Args, step: int, score: tuple[float, float], best: tuple[float, float], told: set[str], recorder: Recorder
) -> None:
    """Record what a film should dwell on."""
    news: list[tuple[str, str]] = []
    share, steps = score[0], number(-score[1], 1)
    if step == 0:
        cells = number(args.positions * args.velocities)
        news.append(
            (
                "initialize",
                f"{args.cars} cars share a table of {cells} cells. It promises the flag everywhere: nothing was tried yet.",
            )
        )
    elif share > 0 and "first success" not in told:
        news.append(
            ("first success", f"After {number(step)} steps the table alone reaches the flag for the first time.")
        )
    elif share == 1 and "all solved" not in told:
        news.append(
            ("all solved", f"After {number(step)} steps it does so from every start, in {steps} steps on average.")
        )
    if step == args.steps:
        news.append(
            (
                "result",
                f"The best table reaches the flag from {number(100 * best[0], 1)}% of starts, in {number(-best[1], 1)} steps.",
            )
        )
    if news:
        recorder.event(*news[-1], step=step)
    told.update(name for name, _ in news)
