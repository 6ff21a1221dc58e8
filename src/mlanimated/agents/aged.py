"""An agent as it was at an earlier age: a training's recording keeps its weights at 0, 10k, 30k, 100k, … steps.

aged("runs/pong-ppo-0.mla@100k")      # what 100,000 steps had taught it
"""

from __future__ import annotations

import re
from typing import Any

from mlanimated.agents.agent import Agent
from mlanimated.agents.card import Card
from mlanimated.envs.atari import Preprocessing, action_names
from mlanimated.envs.atari import name as game_name
from mlanimated.errors import MlaError
from mlanimated.learn.ages import at_age, known_ages
from mlanimated.learn.networks import Network
from mlanimated.trace import Trace

__all__ = ["aged", "is_aged", "steps_of"]

_THOUSANDS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}


def is_aged(name: str) -> bool:
    """Return whether a name means an agent at an age: RECORDING.mla@STEPS."""
    return ".mla@" in name


def aged(name: str) -> Agent:
    """Load an agent as it was when it had learned from so many steps.

    Args:
        name: RECORDING.mla@STEPS, as in runs/pong-ppo-0.mla@100k; the newest weights up to that step are taken.

    Raises:
        MlaError: There is no such recording, it holds no weights, or it is of no game of Atari.
    """
    path, _, word = name.rpartition("@")
    trace = Trace.open(path)
    arrays = at_age(trace, steps_of(word))
    steps = max(age for age in known_ages(trace) if age <= steps_of(word))
    args: dict[str, Any] = dict(trace.about.args)
    if "game" not in args or "size" not in args or "mean" not in arrays:
        raise MlaError(f"{path} holds no weights of an agent that plays Atari from pictures.")
    game = game_name(str(args["game"]))
    chosen = tuple(part.strip() for part in str(args.get("actions", "")).split(",") if part.strip())
    rules = Preprocessing(height=args["size"], width=args["size"], sticky=args.get("sticky", 0.0), actions=chosen)
    heads = {
        key.removesuffix(".weight"): int(array.shape[0])
        for key, array in arrays.items()
        if key.endswith(".weight") and not key.startswith("body.")
    }
    network = Network((rules.stack, rules.height, rules.width), heads, args.get("network", "small"))
    network.load(arrays)
    card = Card(
        name=name, game=game, learner=trace.about.name.rpartition(" ")[2], arguments=args, steps=steps, seconds=0.0,
        cpu_seconds=0.0, machine="", command="", network=network.kind, heads=heads,
        actions=chosen or action_names(game), preprocessing=rules,
    )  # fmt: skip
    return Agent(card, network)


def steps_of(word: str) -> int:
    """Return a number of steps, written as 100000, 100k or 1M.

    Raises:
        MlaError: It is no number.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kmg]?)", word.strip().lower().replace(",", "").replace("_", ""))
    if match is None:
        raise MlaError(f"{word!r} is no number of steps; write it as 100000, 100k or 1M.")
    return round(float(match[1]) * _THOUSANDS[match[2]])
