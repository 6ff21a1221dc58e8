"""Rounds: the loop of a training with a loss of its own, so that a learner says only what it looks at and what a step is.

    def look(step): return {"latent": …}                    # recorded at step 0, at the last, and dense at the beginning
    def learn(step, random): …; return {"train/loss": …}    # one step; recorded at each

    repeat(look, learn, recorder, steps=1000, rows=80, seed=0, parts={"model": model, "optimizer": optimizer})

Random numbers begin anew at each step, from the seed and the step alone: a checkpoint need not hold them, what it leads to is the same to
the last bit. A loss that is not a number ends the training with an event that says when.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.isolation import one_thread, seeded
from mlanimated.learn.supervised import moments
from mlanimated.learn.training import load_optimizer, optimizer_state
from mlanimated.learn.words import number
from mlanimated.trace import Recorder

__all__ = ["Learn", "Look", "Tell", "repeat"]

Look = Callable[[int], Mapping[str, Any]]
"""Step → what to record of it."""
Learn = Callable[[int, np.random.Generator], Mapping[str, float]]
"""Step, and random numbers of its own → losses to record; it changes the models."""
Tell = Callable[[int, Mapping[str, Any]], tuple[str, str] | None]
"""Step and what was recorded → the name of an event and its sentence, or nothing. Of each name the first one counts."""


def repeat(
    look: Look,
    learn: Learn,
    recorder: Recorder,
    *,
    steps: int,
    rows: int,
    seed: int,
    parts: Mapping[str, Any],
    tell: Tell | None = None,
    resume: Mapping[str, Any] | None = None,
) -> int:
    """Train, and return the step at which it ended: the last, or that at which a loss was not a number.

    Args:
        look: Gives what to record; what it draws at random does not change the training.
        learn: One step.
        recorder: Takes series and events.
        steps: How many steps.
        rows: How often `look` is asked, about.
        seed: Where random numbers begin.
        parts: Modules and optimizers that a checkpoint holds, by name.
        tell: Gives events.
        resume: A checkpoint to go on from.

    Raises:
        Stopped: Someone who watches asked for it.
    """
    torch = load_torch()
    told, first, names = moments(steps, rows), 0, set[str]()
    if resume:
        first, names = int(resume["step"]), set(resume["told"])
        for name, part in parts.items():
            _load(torch, part, resume[name])

    def state(step: int, known: tuple[str, ...]) -> dict[str, Any]:
        return {"step": step, "told": list(known), **{name: _saved(part) for name, part in parts.items()}}

    with one_thread(), seeded(seed):
        for step in range(first, steps + 1):
            known = tuple(sorted(names))
            torch.manual_seed(seed * 2_000_003 + step)
            if step in told:
                row = dict(look(step))
                recorder.log(row, step=step)
                news = tell(step, row) if tell and not (resume and step == first) else None
                if news and news[0] not in names:
                    names.add(news[0])
                    recorder.event(*news, step=step)
            recorder.tick(step, state=lambda step=step, known=known: state(step, known))
            if step == steps:
                break
            torch.manual_seed(seed * 2_000_003 + step)
            losses = dict(learn(step, np.random.default_rng([seed, step])))
            recorder.log(losses, step=step)
            wrong = [name for name, loss in losses.items() if not math.isfinite(loss)]
            if wrong:
                text = f"At step {number(step)} the loss {wrong[0]} is not a number. Training stops."
                recorder.event("not a number", text, step=step)
                return step
    return steps


def _saved(part: Any) -> Any:
    if hasattr(part, "param_groups"):
        return optimizer_state(part)
    return {name: value.detach().numpy().copy() for name, value in part.state_dict().items()}


def _load(torch: Any, part: Any, state: Any) -> None:
    if hasattr(part, "param_groups"):
        load_optimizer(part, state)
    else:
        part.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in state.items()})
