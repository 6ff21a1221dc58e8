"""A walk of an agent that learned to walk, recorded as where the walker's parts are: what a film of it needs.

record(Args(agent="walker", age=100_000), recorder)

Recorded at each step (50 a second): `bodies` (5, 3), `contact` (2,), `lidar` (10,), `torque` (4,), `metres` from the start, `speed` in
metres a second, `score`; once `ground` (n, 2), `goal` and `age`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from mlanimated.agents.agent import SHIPPED, agent
from mlanimated.envs.walker import RATE, Walker
from mlanimated.errors import MlaError
from mlanimated.learn.ages import at_age, known_ages
from mlanimated.learn.networks import Network
from mlanimated.learn.words import number
from mlanimated.trace import Recorder, Trace

__all__ = ["AGES", "Args", "ages", "record"]

AGES = SHIPPED / "walker-ages.mla"
"""The recording that ships: the weights of the shipped agent's training at several ages."""
SMOOTH = 25  # steps that the speed is a mean of


class Args(Struct, frozen=True, kw_only=True):
    """Who walks, and where."""

    agent: Annotated[str, Meta(description="Name or path of an agent of BipedalWalker-v3.")] = "walker"
    age: Annotated[
        int, Meta(ge=-1, description="Steps that it had learned from; -1 for the trained agent itself.")
    ] = -1
    trace: Annotated[str, Meta(description="Recording of its training, for an age; none: that which ships.")] = ""
    seed: Annotated[int, Meta(ge=0, le=2**31 - 2, description="Draws the ground.")] = 7
    most: Annotated[int, Meta(ge=1, le=1600, description="Steps at the most.")] = 1600


def ages(trace: str = "") -> dict[int, float]:
    """Return the ages that a recording of a training holds, in steps learned from, with the points that a walk had then.

    Args:
        trace: The recording; none: the one that ships.
    """
    kept = Trace.open(trace or AGES)
    return {age: float(kept.value("score/watched", age)) for age in known_ages(kept)}


def record(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> float:
    """Let an agent walk, record it, and return its score.

    Args:
        args: Who walks, and where.
        recorder: Takes the series and events.
        resume: Not used: a walk takes a second.

    Raises:
        MlaError: There is no such agent, or it walks not.
        MissingExtra: PyTorch or Box2D is not installed.
    """
    del resume
    trained = agent(args.agent)
    if trained.card.game != "BipedalWalker-v3":
        raise MlaError(f"The agent {args.agent!r} plays {trained.card.game}; this film needs one of BipedalWalker-v3.")
    age = trained.card.steps
    if args.age >= 0:
        trace = Trace.open(args.trace or AGES)
        age = max((one for one in known_ages(trace) if one <= args.age), default=0)
        network: Any = Network(trained.card.shape, trained.card.heads, trained.card.network)  # pyright: ignore[reportArgumentType]
        network.load(at_age(trace, args.age))
        trained = type(trained)(trained.card, network)
    walker = Walker(args.seed)
    begin = float(walker.pose.bodies[0, 0])
    way = [0.0]
    recorder.log({"ground": walker.ground, "goal": walker.goal, "age": age}, step=0)
    for step in range(args.most + 1):
        pose = walker.pose
        way.append(float(pose.bodies[0, 0]) - begin)
        speed = (way[-1] - way[max(0, len(way) - 1 - SMOOTH)]) * RATE / min(SMOOTH, len(way) - 1)
        torque = trained.act(pose.seen[None])[0]
        told = {"bodies": pose.bodies, "contact": pose.contact.astype(np.uint8), "lidar": pose.lidar, "torque": torque}
        recorder.log({**told, "metres": way[-1], "speed": speed, "score": pose.score}, step=step)
        if pose.over or step == args.most:
            break
        walker.step(torque)
    pose, last = walker.pose, len(way) - 2
    words = f"After {number(age)} steps of learning" if age else "Before it has learned anything"
    if pose.fallen:
        recorder.event(
            "fall",
            f"{words} it falls after {number(last / RATE, 1)} s, {number(way[-1], 1)} m from the start.",
            step=last,
        )
    elif pose.over and float(pose.bodies[0, 0]) >= walker.goal:
        recorder.event(
            "goal",
            f"{words} it walks to the end in {number(last / RATE, 1)} s: {number(pose.score, 0)} points.",
            step=last,
        )
    else:
        recorder.event("stop", f"{words} it gets {number(way[-1], 1)} m far in {number(last / RATE, 0)} s.", step=last)
    return pose.score
