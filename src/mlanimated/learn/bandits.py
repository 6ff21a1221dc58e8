"""Ways to play a bandit with ten arms, each on thousands of bandits at once (the testbed of Sutton and Barto, chapter 2).

What an arm truly pays is drawn from N(0, 1), each pull adds noise of N(0, 1). Nobody tells the player which arm is best: it
keeps a table of how often each arm was pulled and what it paid, and chooses. With `drift` all arms begin at 0 and wander, one
normal step of that size a pull.

Recorded at step n, after n pulls: means over all bandits `reward`, `optimal` (share that pulled the best arm) and `regret` (what was
lost so far by not always pulling the best arm); and of the first bandit, to be watched: `truth`, `estimates` and `counts`
(arms,), `action`, `pay`, and `explored` where a strategy tries arms by chance.

All strategies with one seed meet the same arms and the same noise. Arrays are (arms, bandits), so that each row is swept in one go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.games.bandit import Bandits
from mlanimated.learn.seeding import generator, restored, saved
from mlanimated.learn.words import number
from mlanimated.trace import Recorder

__all__ = ["STRATEGIES", "Args", "Scores", "Strategy", "train"]

Strategy = Literal[
    "random", "greedy", "epsilon-greedy", "decaying epsilon", "optimistic", "ucb", "gradient", "thompson"
]
STRATEGIES: tuple[Strategy, ...] = (
    "random",
    "greedy",
    "epsilon-greedy",
    "decaying epsilon",
    "optimistic",
    "ucb",
    "gradient",
    "thompson",
)

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


class Args(Struct, frozen=True, kw_only=True):
    """Hyperparameters."""

    strategy: Annotated[Strategy, Meta(description="How the next arm is chosen.")] = "epsilon-greedy"
    epsilon: Annotated[float, Meta(ge=0, le=1, description="Chance of an arm at random, for epsilon-greedy.")] = 0.1
    half: Annotated[float, Meta(gt=0, le=1e6, description="Pulls after which a decaying epsilon is down to 1/2.")] = 5.0
    confidence: Annotated[float, Meta(ge=0, le=100, description="Weight of not knowing, for UCB.")] = 1.0
    preference_rate: Annotated[float, Meta(gt=0, le=10, description="Step size of the gradient bandit.")] = 0.1
    optimism: Annotated[float, Meta(ge=-100, le=100, description="What an optimist expects of every arm.")] = 5.0
    step_size: Annotated[
        float, Meta(ge=0, le=1, description="Part of each error that is learned; 0 takes the average of all pulls.")
    ] = 0.0
    drift: Annotated[float, Meta(ge=0, le=10, description="How far each arm wanders a pull.")] = 0.0
    arms: Annotated[int, Meta(ge=2, le=100, description="Arms of each bandit.")] = 10
    bandits: Annotated[int, Meta(ge=1, le=100_000, description="Bandits that are played at once.")] = 2000
    steps: Annotated[int, Meta(ge=1, le=1_000_000, description="Pulls on each of them.")] = 1000
    seed: Annotated[int, Meta(ge=0, description="Seed of arms, noise and choices.")] = 0


class Scores(NamedTuple):
    """What each bandit brought over all pulls: mean pay, share of pulls of the best arm, and summed regret; each (bandits,)."""

    reward: Floats
    optimal: Floats
    regret: Floats


class Known(NamedTuple):
    """What a player has learned. Each is (arms, bandits) but `mean`, which is (bandits,)."""

    counts: Floats  # how often each arm was pulled
    estimates: Floats  # what it is believed to pay; the preferences of the gradient bandit
    variance: Floats  # how unsure that is, for Thompson sampling
    mean: Floats  # the average pay of all arms so far, the gradient bandit's yardstick


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> Scores:
    """Play every bandit and return what each one brought.

    Args:
        args: The hyperparameters.
        recorder: Takes the series and events, and offers `epsilon` to whoever watches.
        resume: A checkpoint of an earlier run to go on from; the hyperparameters are those of `args`.

    Raises:
        Stopped: Someone who watches asked for it.
    """
    shape = (args.arms, args.bandits)
    columns = np.arange(args.bandits)
    world, player = generator(args.seed).spawn(2)  # arms and pay; choices
    machines = Bandits.drawn(args.bandits, args.arms, world, drift=args.drift)
    truth = np.ascontiguousarray(machines.means.T)
    # Before the first pull an arm pays 0 ± 1, as they are drawn; those that will drift stand at 0 for sure.
    known = Known(np.zeros(shape), np.zeros(shape), np.full(shape, 0.0 if args.drift else 1.0), np.zeros(args.bandits))
    if args.strategy == "optimistic":
        known.estimates.fill(args.optimism)
    scores, first = Scores(*np.zeros((3, args.bandits))), 0
    if resume:
        world, player = restored(resume["world"]), restored(resume["player"])
        truth, first = np.array(resume["truth"]), int(resume["step"])
        machines = Bandits(truth.T, drift=args.drift)
        known, scores = Known(*map(np.array, resume["known"])), Scores(*map(np.array, resume["scores"]))
    epsilon = recorder.control("epsilon", args.epsilon, minimum=0.0, maximum=1.0)
    row: dict[str, Any] = dict(resume["row"]) if resume else {}

    for step in range(first, args.steps + 1):
        if step > first:
            if args.drift:
                machines = machines.drifted(world)
                truth = np.ascontiguousarray(machines.means.T)
            action, explored = _chosen(args, step, epsilon.value, known, player)
            pay = machines.pull(action, world)
            _learn(args, known, action, pay, columns)

            most = truth.max(axis=0)
            lost = most - truth[action, columns]
            scores.reward[:] += pay
            scores.optimal[:] += lost == 0
            scores.regret[:] += lost
            row = {
                "reward": float(pay.mean()),
                "optimal": float((lost == 0).mean()),
                "regret": float(scores.regret.mean()),
                "action": int(action[0]),
                "pay": float(pay[0]),
            }
            if explored is not None:
                row["explored"] = float(explored[0])
        watched = {"truth": truth[:, 0], "estimates": known.estimates[:, 0], "counts": known.counts[:, 0]}
        recorder.log({**row, **watched}, step=step)
        if resume is None or step > first:
            _tell(args, step, known, truth, row, recorder)
        recorder.tick(
            step,
            state=lambda step=step, row=row, truth=truth: {
                "step": step,
                "world": saved(world),
                "player": saved(player),
                "truth": truth.copy(),
                "known": [part.copy() for part in known],
                "scores": [part.copy() for part in scores],
                "row": dict(row),
            },
        )
    pulls = max(1, args.steps)
    return Scores(scores.reward / pulls, scores.optimal / pulls, scores.regret)


def _chosen(
    args: Args, step: int, epsilon: float, known: Known, player: np.random.Generator
) -> tuple[Whole, NDArray[np.bool_] | None]:
    """Return the arm that is pulled on each bandit, and where chance chose it; both (bandits,)."""
    match args.strategy:
        case "random":
            return player.integers(args.arms, size=args.bandits), None
        case "greedy" | "optimistic":
            return _highest(known.estimates), None
        case "epsilon-greedy" | "decaying epsilon":
            if args.strategy == "decaying epsilon":
                epsilon = args.half / (args.half + step - 1)
            explored = player.random(args.bandits) < epsilon
            anything = player.integers(args.arms, size=args.bandits)
            return np.where(explored, anything, _highest(known.estimates)), explored
        case "ucb":
            if step <= args.arms:  # each arm once: one that was never tried may be anything
                return np.full(args.bandits, step - 1), None
            return _highest(known.estimates + args.confidence * np.sqrt(np.log(step) / known.counts)), None
        case "gradient":
            below = player.random(args.bandits) >= np.cumsum(_softmax(known.estimates), axis=0)
            return np.minimum(below.sum(axis=0), args.arms - 1), None
        case "thompson":
            possible = known.estimates + np.sqrt(known.variance) * player.standard_normal(known.estimates.shape)
            return _highest(possible), None


def _learn(args: Args, known: Known, action: Whole, pay: Floats, columns: Whole) -> None:
    """Take in what the arms just paid."""
    pulled = (action, columns)
    known.counts[pulled] += 1
    if args.strategy == "gradient":
        known.mean[:] += (pay - known.mean) * (args.step_size or 1.0 / known.counts.sum(axis=0))
        better = args.preference_rate * (pay - known.mean)
        known.estimates[:] -= better * _softmax(known.estimates)
        known.estimates[pulled] += better
    elif args.strategy == "thompson":
        # Bayes' rule for normal pay, exactly; where arms wander, what is known of all of them fades (a Kalman filter).
        known.variance[:] += args.drift**2
        share = known.variance[pulled] / (known.variance[pulled] + 1.0)
        known.estimates[pulled] += share * (pay - known.estimates[pulled])
        known.variance[pulled] *= 1.0 - share
    else:
        # An optimist must not average: the first pull would wipe out all of its optimism.
        size = args.step_size or (0.1 if args.strategy == "optimistic" else 1.0 / known.counts[pulled])
        known.estimates[pulled] += size * (pay - known.estimates[pulled])


def _softmax(preferences: Floats) -> Floats:
    """Return the chance of each arm, (arms, bandits)."""
    powers = np.exp(preferences - preferences.max(axis=0))
    return powers / powers.sum(axis=0)


def _highest(values: Floats) -> Whole:
    """Return the row of the highest value of each column, the first of equals: arms are in no order, so that is fair."""
    top = values.max(axis=0)
    winner = np.zeros(values.shape[1], np.int64)
    for row in range(len(values) - 1, -1, -1):
        np.copyto(winner, row, where=values[row] == top)
    return winner


def _tell(args: Args, step: int, known: Known, truth: Floats, row: Mapping[str, Any], recorder: Recorder) -> None:
    """Record what a film of the first bandit should dwell on."""
    counts, estimates = known.counts[:, 0], known.estimates[:, 0]
    best = int(truth[:, 0].argmax())
    if step == 0:
        hopes = f"{number(args.optimism)}: an optimist" if args.strategy == "optimistic" else "0: nothing is known yet"
        recorder.event("initialize", f"{args.arms} arms. Every estimate stands at {hopes}.", step=0)
        return
    arm, pay = int(row["action"]), float(row["pay"])
    news: list[tuple[str, str]] = []
    if step == 1:
        news.append(("first pull", f"Arm {arm + 1} pays {number(pay, 2)}: its estimate moves there."))
    if counts[arm] == 1 and arm == best and step > 1:
        news.append(("best arm", f"Pull {step} is the first of arm {arm + 1}, the best one. It pays {number(pay, 2)}."))
    if counts[arm] == 1 and (counts > 0).all():
        news.append(("all tried", f"After {step} pulls every arm was tried at least once."))
    if step == args.steps:
        liked = int(counts.argmax())
        right = "the best one" if liked == best else f"yet arm {best + 1} is best"
        told = f"It pulled arm {liked + 1} most, {int(counts[liked])} of {step} times: {right}."
        if args.strategy not in {"gradient", "random"}:
            told += f" It believes in {number(estimates[liked], 2)}; the truth is {number(truth[liked, 0], 2)}."
        news.append(("result", told))
    if news:
        recorder.event(*news[-1], step=step)
