"""Two networks against each other: a generator turns noise into points, a discriminator tells them from real ones (a GAN, in the plane).

I. Goodfellow et al., "Generative adversarial nets", 2014, with the generator's loss that does not fade (section 3). The real points
lie in eight heaps on a ring. A generator that runs ahead of the discriminator puts all it makes where that is fooled just now, and when
it no longer is, elsewhere: mode collapse. In step with it (`ahead` = 1, the k = 1 of algorithm 1) it finds all heaps.

Recorded: `train/generator` and `train/discriminator`, the losses of each step; at times `made` (n, 2), points made of the same noise
each time; `field` (rows, columns) over `WINDOW`, the discriminator's log-odds that a place is real; `heaps`, in how many heaps at least 1%
of 2000 made points lie, within `NEAR` deviations; `good`, the share of those that lie in any; `share`, the part of the training that
is over; at step 0 `real` (n, 2).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.isolation import seeded
from mlanimated.learn.rounds import repeat
from mlanimated.trace import Recorder

__all__ = ["HEAPS", "NEAR", "WINDOW", "Args", "build", "middles", "real_points", "train", "visited"]

HEAPS = 8
REACH = 2.0
SPREAD = 0.12
NEAR = 3.0
WINDOW = (-3.2, 3.2, -2.9, 2.9)
SHOWN = 400
COUNTED = 2000
ACROSS = 56

Points = NDArray[np.float32]


class Args(Struct, frozen=True, kw_only=True):
    """Both networks and their training."""

    ahead: Annotated[int, Meta(ge=1, le=64, description="Steps of the generator for each of the discriminator.")] = 1
    units: Annotated[int, Meta(ge=2, le=1024, description="Of both hidden layers of both networks.")] = 64
    noise: Annotated[int, Meta(ge=1, le=256, description="Random numbers that a point is made of.")] = 4
    batch: Annotated[int, Meta(ge=1, le=4096, description="Points in a step, real ones and made ones.")] = 128
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Steps of the discriminator.")] = 1500
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Adam's step length, for both.")] = 0.001
    rows: Annotated[int, Meta(ge=2, le=1000, description="How often they are looked at.")] = 70
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws weights, noise and points.")] = 0


def middles() -> Points:
    """Return the middles of the heaps, float32 (HEAPS, 2)."""
    turns = np.arange(HEAPS) * 2 * math.pi / HEAPS
    return (REACH * np.column_stack((np.cos(turns), np.sin(turns)))).astype(np.float32)


def real_points(count: int, random: np.random.Generator) -> Points:
    """Return real points, float32 (count, 2): a heap each by chance, and normal noise."""
    chosen = middles()[random.integers(0, HEAPS, count)]
    return (chosen + SPREAD * random.standard_normal((count, 2))).astype(np.float32)


def visited(points: Points) -> tuple[int, float]:
    """Return in how many heaps at least 1% of the points lie, and the share of all that lie in any."""
    apart = np.linalg.norm(points[:, None] - middles()[None], axis=-1)
    inside = apart < NEAR * SPREAD
    return int((inside.mean(axis=0) >= 0.01).sum()), float(inside.any(axis=1).mean())


def build(args: Args) -> Any:
    """Return both networks as one module with the names `generator` and `discriminator`, weights from the seed."""
    nn = load_torch().nn
    units = args.units

    def layers(inputs: int, outputs: int) -> Any:
        return nn.Sequential(
            nn.Linear(inputs, units), nn.ReLU(), nn.Linear(units, units), nn.ReLU(), nn.Linear(units, outputs)
        )

    with seeded(args.seed):
        return nn.ModuleDict({"generator": layers(args.noise, 2), "discriminator": layers(2, 1)})


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> int:
    """Train both and return in how many heaps the generator's points lie at the end.

    Args:
        args: Both networks and their training.
        recorder: Takes the series and events.
        resume: A checkpoint to go on from.

    Raises:
        MissingExtra: PyTorch is not installed.
        Stopped: Someone who watches asked for it.
    """
    torch = load_torch()
    both = build(args)
    made_by, told_by = both["generator"], both["discriminator"]
    adam = torch.optim.Adam
    makers, tellers = (
        adam(part.parameters(), lr=args.learning_rate, betas=(0.5, 0.999)) for part in (made_by, told_by)
    )
    cost = torch.nn.functional.binary_cross_entropy_with_logits
    fixed = torch.randn(COUNTED, args.noise, generator=torch.Generator().manual_seed(args.seed))
    left, right, bottom, top = WINDOW
    xs = np.linspace(left, right, ACROSS)
    ys = np.linspace(bottom, top, round(ACROSS * (top - bottom) / (right - left)))
    places = torch.from_numpy(np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2).astype(np.float32))
    found = 0

    def look(step: int) -> dict[str, Any]:
        nonlocal found
        with torch.inference_mode():
            points: Points = made_by(fixed).numpy()
            field = told_by(places).numpy().reshape(len(ys), len(xs))
        found, good = visited(points)
        row: dict[str, Any] = {
            "made": points[:SHOWN].copy(),
            "field": field.copy(),
            "heaps": float(found),
            "good": good,
            "share": step / args.steps,
        }
        return row | ({"real": real_points(SHOWN, np.random.default_rng(args.seed))} if step == 0 else {})

    def learn(_step: int, random: np.random.Generator) -> dict[str, float]:
        ones, zeros = torch.ones(args.batch, 1), torch.zeros(args.batch, 1)
        fooled = ones.sum()
        for _ in range(args.ahead):
            makers.zero_grad()
            fooled = cost(told_by(made_by(torch.randn(args.batch, args.noise))), ones)
            fooled.backward()
            makers.step()
        real = torch.from_numpy(real_points(args.batch, random))
        made = made_by(torch.randn(args.batch, args.noise)).detach()
        tellers.zero_grad()
        told = cost(told_by(real), ones) + cost(told_by(made), zeros)
        told.backward()
        tellers.step()
        return {"train/discriminator": told.item() / 2, "train/generator": fooled.item()}

    def tell(step: int, row: Mapping[str, Any]) -> tuple[str, str] | None:
        heaps = int(row["heaps"])
        if step == 0:
            return (
                "initialize",
                "The generator knows nothing: all its points fall on one place, far from the eight heaps.",
            )
        if step == args.steps:
            return "result", f"{row['good']:.0%} of its points lie in a heap, and they lie in {heaps} of {HEAPS} heaps."
        if heaps == HEAPS:
            return "all", f"Step {step}: it makes points in all {HEAPS} heaps."
        return None

    repeat(
        look, learn, recorder, steps=args.steps, rows=args.rows, seed=args.seed,
        parts={"both": both, "makers": makers, "tellers": tellers}, tell=tell, resume=resume,
    )  # fmt: skip
    return found
