"""A variational autoencoder presses handwritten digits through two numbers and makes digits out of any two numbers.

D. Kingma and M. Welling, "Auto-encoding variational Bayes", 2014. The encoder says for each picture where it lies in the plane (a
mean) and how surely (a deviation); the decoder makes a picture of a point drawn there. The loss is how far that is from the picture
(binary cross-entropy, summed over pixels) plus how far the encoder's cloud is from a standard normal one (Kullback-Leibler divergence).

Recorded: `train/picture` and `train/spread`, the two parts of the loss of each batch; at times `test/loss`, their sum over pictures
that are not learned from, drawn once each; `latent` (n, 2), the means of those; `manifold` (SIDE * 8, SIDE * 8), what the decoder makes
of a square of points over `WINDOW`, 0..1; `walk` (STEPS, 8, 8), what lies on the straight way between the middles of the digits
`walk_from` and `walk_to`; `walk/way` (STEPS, 2), that way; at step 0 `labels` (n,).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.data.digits import load_digits
from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.isolation import seeded
from mlanimated.learn.rounds import repeat
from mlanimated.trace import Recorder

__all__ = ["SIDE", "STEPS", "WINDOW", "Args", "build", "divergence", "train"]

WINDOW = (-3.2, 3.2, -3.2, 3.2)
SIDE = 17
STEPS = 11

Pictures = NDArray[np.float32]


class Args(Struct, frozen=True, kw_only=True):
    """Network and training."""

    units: Annotated[int, Meta(ge=2, le=2048, description="Of each of the two hidden layers on both sides.")] = 128
    spread: Annotated[float, Meta(ge=0, le=100, description="How much the encoder's cloud counts in the loss.")] = 1.0
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Batches learned from.")] = 1500
    batch: Annotated[int, Meta(ge=1, le=1347, description="Pictures in a batch.")] = 128
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Adam's step length.")] = 0.002
    walk_from: Annotated[int, Meta(ge=0, le=9, description="The digit that the walk begins at.")] = 0
    walk_to: Annotated[int, Meta(ge=0, le=9, description="The digit that it ends at.")] = 7
    rows: Annotated[int, Meta(ge=2, le=1000, description="How often it is looked at.")] = 60
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Deals the digits, draws weights and points.")] = 0


def build(args: Args) -> Any:
    """Return encoder and decoder as one module with these names; weights from the seed."""
    nn = load_torch().nn
    units = args.units
    with seeded(args.seed):
        encoder = nn.Sequential(
            nn.Linear(64, units), nn.ReLU(), nn.Linear(units, units), nn.ReLU(), nn.Linear(units, 4)
        )
        decoder = nn.Sequential(
            nn.Linear(2, units), nn.ReLU(), nn.Linear(units, units), nn.ReLU(), nn.Linear(units, 64)
        )
        return nn.ModuleDict({"encoder": encoder, "decoder": decoder})


def divergence(mean: Any, log_variance: Any) -> Any:
    """Return the Kullback-Leibler divergence of normal clouds from the standard one, summed over their axes (appendix B)."""
    return -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum(-1)


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> float:
    """Train both networks and return the last loss over test pictures.

    Args:
        args: Network and training.
        recorder: Takes the series and events.
        resume: A checkpoint to go on from.

    Raises:
        MissingExtra: PyTorch or scikit-learn is not installed.
        Stopped: Someone who watches asked for it.
    """
    torch = load_torch()
    learned, tested = load_digits(args.seed)
    pictures, others = (torch.from_numpy(_flat(images.pictures)) for images in (learned, tested))
    labels = tested.labels
    model = build(args)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.learning_rate)
    fixed = torch.randn(len(others), 2, generator=torch.Generator().manual_seed(args.seed))
    xs, ys = np.linspace(*WINDOW[:2], SIDE), np.linspace(WINDOW[3], WINDOW[2], SIDE)
    square = torch.from_numpy(np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2).astype(np.float32))
    last = 0.0

    def parts(batch: Any, noise: Any) -> tuple[Any, Any, Any]:
        mean, log_variance = model["encoder"](batch).chunk(2, 1)
        made = model["decoder"](mean + noise * (0.5 * log_variance).exp())
        off = torch.nn.functional.binary_cross_entropy_with_logits(made, batch, reduction="none").sum(1).mean()
        return off, divergence(mean, log_variance).mean(), mean

    def look(step: int) -> dict[str, Any]:
        nonlocal last
        with torch.inference_mode():
            off, spread, mean = parts(others, fixed)
            last = float(off + args.spread * spread)
            latent = mean.numpy()
            start, stop = (np.median(latent[labels == digit], axis=0) for digit in (args.walk_from, args.walk_to))
            way = (start + np.linspace(0, 1, STEPS)[:, None] * (stop - start)).astype(np.float32)
            made, walked = (
                torch.sigmoid(model["decoder"](places)).numpy().reshape(-1, 8, 8)
                for places in (square, torch.from_numpy(way))
            )
        row: dict[str, Any] = {
            "test/loss": last,
            "latent": latent.copy(),
            "manifold": made.reshape(SIDE, SIDE, 8, 8).swapaxes(1, 2).reshape(SIDE * 8, SIDE * 8),
            "walk": walked.copy(),
            "walk/way": way,
        }
        return row | ({"labels": labels} if step == 0 else {})

    def learn(_step: int, random: np.random.Generator) -> dict[str, float]:
        batch = pictures[torch.from_numpy(random.integers(0, len(pictures), args.batch))]
        optimizer.zero_grad()
        off, spread, _ = parts(batch, torch.randn(len(batch), 2))
        (off + args.spread * spread).backward()
        optimizer.step()
        return {"train/picture": off.item(), "train/spread": spread.item()}

    def tell(step: int, row: Mapping[str, Any]) -> tuple[str, str] | None:
        latent = row["latent"]
        if step == 0:
            return (
                "initialize",
                "Nothing is learned: all digits lie at one place, and every place makes the same grey picture.",
            )
        near = _neighbours(latent, labels)
        if step == args.steps:
            told = f"{near:.0%} of {len(labels)} digits never seen lie next to one of their own kind; no label was ever told."
            return "result", f"Two numbers for 64 pixels: {told}"
        for share in (0.6, 0.4):
            if near >= share:
                told = f"More than {share:.0%} of digits lie next to one of their own kind, though nobody said which is which."
                return f"{share:.0%}", told
        return None

    repeat(
        look, learn, recorder, steps=args.steps, rows=args.rows, seed=args.seed,
        parts={"model": model, "optimizer": optimizer}, tell=tell, resume=resume,
    )  # fmt: skip
    return last


def _flat(pictures: NDArray[np.uint8]) -> Pictures:
    """Return pictures as the encoder sees them: float32 (n, 64), 0..1."""
    return (pictures.reshape(len(pictures), -1) / 255.0).astype(np.float32)


def _neighbours(latent: Pictures, labels: NDArray[np.int64]) -> float:
    """Return the share of points whose nearest neighbour is of the same class."""
    apart = ((latent[:, None] - latent[None]) ** 2).sum(-1)
    np.fill_diagonal(apart, np.inf)
    return float((labels[apart.argmin(1)] == labels).mean())
