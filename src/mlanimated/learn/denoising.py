"""Noise taken off pictures: an hourglass, a residual net and a U-Net learn what a doodle looked like before noise fell on it.

An hourglass presses a picture through a quarter of its height and width and so loses what is small. A U-Net (O. Ronneberger et al.,
2015) has the same layers and hands what each side of it sees across to the other. A residual net (K. He et al., 2016; for noise, K. Zhang
et al., 2017) keeps the size and says only what is to be taken off.

Recorded: `train/loss`, the mean squared error of each batch, pixels being 0..1; at times `restored` (k, 32, 32, 3), what it makes of
noisy doodles that it has not learned from; `test/decibels`, how far signal stands above error over `test` such doodles (the peak
signal-to-noise ratio, 10 log10(1 / mean squared error)); at step 0 `noisy` and `clean` (k, 32, 32, 3), and `noisy/decibels`, that of
doing nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.data.sets import load_images
from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.isolation import seeded
from mlanimated.learn.rounds import repeat
from mlanimated.learn.words import number
from mlanimated.trace import Recorder

__all__ = ["SHOWN", "Args", "Kind", "build", "decibels", "restore", "train"]

SHOWN = 3
Kind = Literal["hourglass", "residual", "unet"]


class Args(Struct, frozen=True, kw_only=True):
    """Network, noise and training."""

    kind: Annotated[Kind, Meta(description="How the network is built.")] = "unet"
    filters: Annotated[int, Meta(ge=2, le=128, description="Of the first layer.")] = 10
    noise: Annotated[float, Meta(gt=0, le=1, description="Standard deviation of the noise, pixels being 0..1.")] = 0.2
    train: Annotated[int, Meta(ge=8, le=100_000, description="Doodles to learn from.")] = 1000
    test: Annotated[int, Meta(ge=8, le=10_000, description="Doodles to test with.")] = 60
    batch: Annotated[int, Meta(ge=1, le=1024, description="Doodles in a batch.")] = 16
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Batches learned from.")] = 200
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Adam's step length.")] = 0.004
    rows: Annotated[int, Meta(ge=2, le=1000, description="How often it is tested.")] = 30
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws doodles, noise and weights.")] = 0


def decibels(error: float) -> float:
    """Return the peak signal-to-noise ratio of a mean squared error, pixels being 0..1."""
    return -10 * math.log10(max(error, 1e-12))


def build(args: Args) -> Any:
    """Return the layers by name, weights from the seed; `restore` says how a picture goes through them."""
    nn, count = load_torch().nn, args.filters

    def twice(inputs: int, outputs: int) -> Any:
        return nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(), nn.Conv2d(outputs, outputs, 3, padding=1), nn.ReLU()
        )

    def block() -> Any:
        return nn.Sequential(
            nn.ReLU(), nn.Conv2d(count, count, 3, padding=1), nn.ReLU(), nn.Conv2d(count, count, 3, padding=1)
        )

    with seeded(args.seed):
        if args.kind == "residual":
            ends = {"start": nn.Conv2d(3, count, 3, padding=1), "end": nn.Conv2d(count, 3, 3, padding=1)}
            return nn.ModuleDict({**ends, "block1": block(), "block2": block()})
        more = 2 if args.kind == "unet" else 1
        return nn.ModuleDict(
            {
                "down1": twice(3, count),
                "down2": twice(count, 2 * count),
                "bottom": twice(2 * count, 2 * count),
                "up2": twice(2 * count * more, count),
                "up1": twice(count * more, count),
                "out": nn.Conv2d(count, 3, 1),
            }
        )


def restore(kind: Kind, layers: Any, pictures: Any) -> Any:
    """Return pictures without their noise.

    Args:
        kind: How the network is built.
        layers: What `build` returned for it.
        pictures: A float tensor (n, 3, height, width), 0..1; four divides both sides.
    """
    torch = load_torch()
    functional = torch.nn.functional
    if kind == "residual":
        value = layers["start"](pictures)
        for name in ("block1", "block2"):
            value = value + layers[name](value)
        return pictures - layers["end"](torch.relu(value))
    first = layers["down1"](pictures)
    second = layers["down2"](functional.max_pool2d(first, 2))
    deep = functional.interpolate(layers["bottom"](functional.max_pool2d(second, 2)), scale_factor=2)
    if kind == "unet":
        deep = torch.cat((deep, second), 1)
    deep = functional.interpolate(layers["up2"](deep), scale_factor=2)
    if kind == "unet":
        deep = torch.cat((deep, first), 1)
    return layers["out"](layers["up1"](deep))


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> float:
    """Train it and return its decibels over doodles that it has not learned from.

    Args:
        args: Network, noise and training.
        recorder: Takes the series and events.
        resume: A checkpoint to go on from.

    Raises:
        MissingExtra: PyTorch is not installed.
        Stopped: Someone who watches asked for it.
    """
    torch = load_torch()
    learned, tested = load_images("doodles", train=args.train, test=args.test, seed=args.seed)
    pictures, clean = (
        torch.from_numpy(np.array(images.pictures)).permute(0, 3, 1, 2).float() / 255 for images in (learned, tested)
    )
    noisy = clean + args.noise * torch.randn(clean.shape, generator=torch.Generator().manual_seed(args.seed))
    nothing = decibels(float(((noisy - clean) ** 2).mean()))
    model = build(args)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.learning_rate)
    last = 0.0

    def look(step: int) -> dict[str, Any]:
        nonlocal last
        with torch.inference_mode():
            restored = restore(args.kind, model, noisy)
        last = decibels(float(((restored - clean) ** 2).mean()))
        row: dict[str, Any] = {"restored": _shown(restored), "test/decibels": last}
        return row | ({"noisy": _shown(noisy), "clean": _shown(clean), "noisy/decibels": nothing} if step == 0 else {})

    def learn(_step: int, random: np.random.Generator) -> dict[str, float]:
        batch = pictures[torch.from_numpy(random.integers(0, len(pictures), args.batch))]
        optimizer.zero_grad()
        restored = restore(args.kind, model, batch + args.noise * torch.randn(batch.shape))
        loss = torch.nn.functional.mse_loss(restored, batch)
        loss.backward()
        optimizer.step()
        return {"train/loss": loss.item()}

    def tell(step: int, row: Mapping[str, Any]) -> tuple[str, str] | None:
        if step == 0:
            return (
                "initialize",
                f"The weights are random. With all its noise a picture has {number(nothing, 1)} decibels.",
            )
        if step == args.steps:
            return (
                "result",
                f"{number(row['test/decibels'], 1)} decibels over {args.test} doodles never seen; {number(nothing, 1)} with the noise.",
            )
        if row["test/decibels"] > nothing:
            return "better", f"Step {step}: less of the picture is lost than the noise has spoilt."
        return None

    repeat(
        look, learn, recorder, steps=args.steps, rows=args.rows, seed=args.seed,
        parts={"model": model, "optimizer": optimizer}, tell=tell, resume=resume,
    )  # fmt: skip
    return last


def _shown(pictures: Any) -> NDArray[np.uint8]:
    """Return the first pictures as bytes (SHOWN, height, width, 3)."""
    return (255 * pictures[:SHOWN].clamp(0, 1)).round().byte().permute(0, 2, 3, 1).contiguous().numpy()
