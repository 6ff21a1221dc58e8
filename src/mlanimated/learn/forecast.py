"""Recurrent networks carry on a wave: each learns to say the next value of a noisy series, then goes on alone from what it has said.

Three kinds of memory: a plain recurrent network (J. Elman, 1990), a long short-term memory (S. Hochreiter and J. Schmidhuber, 1997) and
gated recurrent units (K. Cho et al., 2014), by PyTorch. Their gradients reach back over `window` steps and are cut to a length of 1.

Recorded: `train/loss` of each step; at times `forecast` (AHEAD,), what the network says when it has read the series up to its last known
value and from then on only its own words; `test/loss`, the mean squared distance of that from the wave without its noise; at step 0
`time` (AHEAD,), `truth` (AHEAD,), `past/time` and `past` (PAST,), the end of what it may read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.isolation import seeded
from mlanimated.learn.rounds import repeat
from mlanimated.learn.words import number, small
from mlanimated.trace import Recorder

__all__ = ["AHEAD", "CALLED", "KNOWN", "PAST", "Args", "build", "series", "train", "wave"]

KNOWN = 600
AHEAD = 120
PAST = 60
CALLED = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}


class Args(Struct, frozen=True, kw_only=True):
    """Memory, series and training."""

    kind: Annotated[Literal["rnn", "lstm", "gru"], Meta(description="The kind of memory.")] = "gru"
    units: Annotated[int, Meta(ge=1, le=1024, description="Of the memory.")] = 24
    window: Annotated[int, Meta(ge=2, le=500, description="Values read in one step of learning.")] = 40
    batch: Annotated[int, Meta(ge=1, le=1024, description="Pieces of the series in one step.")] = 16
    noise: Annotated[float, Meta(ge=0, le=1, description="Standard deviation of the noise.")] = 0.05
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Steps of learning.")] = 400
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Adam's step length.")] = 0.01
    rows: Annotated[int, Meta(ge=2, le=1000, description="How often it is asked to go on alone.")] = 60
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws weights, noise and pieces.")] = 0


def wave(time: NDArray[Any]) -> NDArray[np.float64]:
    """Return the series without its noise: a slow wave, and a quick one that swells and fades with it."""
    return 0.6 * np.sin(2 * np.pi * time / 44) + 0.4 * np.sin(2 * np.pi * time / 11) * np.cos(2 * np.pi * time / 88)


def series(args: Args) -> NDArray[np.float32]:
    """Return the known values, float32 (KNOWN,), noise added."""
    noise = np.random.default_rng(args.seed).standard_normal(KNOWN)
    return (wave(np.arange(KNOWN)) + args.noise * noise).astype(np.float32)


def build(args: Args) -> Any:
    """Return memory and readout as one module with the names `memory` and `readout`, weights from the seed."""
    nn = load_torch().nn
    with seeded(args.seed):
        memory = getattr(nn, CALLED[args.kind])(1, args.units, batch_first=True)
        return nn.ModuleDict({"memory": memory, "readout": nn.Linear(args.units, 1)})


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> float:
    """Train it and return how far its last forecast is from the wave, squared.

    Args:
        args: Memory, series and training.
        recorder: Takes the series and events.
        resume: A checkpoint to go on from.

    Raises:
        MissingExtra: PyTorch is not installed.
        Stopped: Someone who watches asked for it.
    """
    torch = load_torch()
    known = series(args)
    later = np.arange(KNOWN, KNOWN + AHEAD)
    truth = wave(later)
    model = build(args)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.learning_rate)
    read = torch.from_numpy(known)[None, :, None]
    last = 0.0

    def look(step: int) -> dict[str, Any]:
        nonlocal last
        said: list[float] = []
        with torch.inference_mode():
            outputs, memory = model["memory"](read)
            value = model["readout"](outputs[:, -1:])
            for _ in range(AHEAD):
                said.append(value.item())
                outputs, memory = model["memory"](value, memory)
                value = model["readout"](outputs)
        last = float(((np.array(said) - truth) ** 2).mean())
        row: dict[str, Any] = {"forecast": np.array(said), "test/loss": last}
        if step == 0:
            row |= {
                "time": later.astype(np.float64),
                "truth": truth,
                "past/time": np.arange(KNOWN - PAST, KNOWN, dtype=np.float64),
                "past": known[-PAST:].astype(np.float64),
            }
        return row

    def learn(_step: int, random: np.random.Generator) -> dict[str, float]:
        starts = random.integers(0, KNOWN - args.window, args.batch)
        pieces = torch.from_numpy(known[starts[:, None] + np.arange(args.window + 1)])[..., None]
        optimizer.zero_grad()
        outputs, _ = model["memory"](pieces[:, :-1])
        loss = torch.nn.functional.mse_loss(model["readout"](outputs), pieces[:, 1:])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return {"train/loss": loss.item()}

    still = float((truth**2).mean())

    def tell(step: int, row: Mapping[str, Any]) -> tuple[str, str] | None:
        off = float(row["test/loss"])
        if step == 0:
            return "initialize", f"Its memory is empty: left alone it says nearly the same value {AHEAD} times."
        if step == args.steps:
            told = f"Left alone for {AHEAD} values it is off by {small(off)} (squared, mean); "
            return "result", f"{told}always saying 0 would be off by {number(still, 2)}."
        if off < 0.1 * still:
            return "follows", f"Step {step}: alone for {AHEAD} values it follows the wave."
        if float(np.ptp(row["forecast"][-40:])) > 0.6:
            return "waves", f"Step {step}: left alone it goes on in waves of its own."
        return None

    repeat(
        look, learn, recorder, steps=args.steps, rows=args.rows, seed=args.seed,
        parts={"model": model, "optimizer": optimizer}, tell=tell, resume=resume,
    )  # fmt: skip
    return last
