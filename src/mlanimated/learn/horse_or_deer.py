"""Horse or deer: a network of one hidden layer learns to give one number, 0 for a horse and 1 for a deer (chapter 5).

It sees 32x32 pixels in grey, 24 hidden units look at all of them, one unit adds up what they say; a sigmoid makes a probability of it.

Recorded beside what `supervised` records: `weights/0` (1024, units), `weights/1` (units, 1), `units` (units, 32, 32), the same weights as
pictures; for the picture that is `shown` (32, 32), `activations/0` (1024,) … `activations/2` (1,); of the pictures that are
watched `pictures` (k, 32, 32, 3) and `probability` (k,), that of the second class.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.data.images import Images
from mlanimated.data.sets import load_images
from mlanimated.learn.augmentation import Augmentation, augmented
from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.isolation import seeded
from mlanimated.learn.picture_classes import HORSE_DEER, watched_places
from mlanimated.learn.supervised import Examples, Fitted, Settings, fit
from mlanimated.trace import Recorder

__all__ = ["WATCHED", "Args", "grey", "train"]

WATCHED = 4
"""Pictures of each class that are watched."""
GREY = np.array([0.2126, 0.7152, 0.0722], np.float32)


class Args(Struct, frozen=True, kw_only=True):
    """Data, network and training."""

    data: Annotated[
        Literal["doodles", "cifar10"], Meta(description="Doodles are drawn here; CIFAR-10 is downloaded once.")
    ] = "doodles"
    units: Annotated[int, Meta(ge=2, le=512, description="Of the hidden layer.")] = 24
    train: Annotated[int, Meta(ge=20, le=1_000_000, description="Pictures to learn from, at most.")] = 4000
    test: Annotated[int, Meta(ge=20, le=100_000, description="Pictures to test with, at most.")] = 1000
    epochs: Annotated[int, Meta(ge=1, le=10_000, description="Times that every picture is learned from.")] = 40
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="The step length at its highest.")] = 0.002
    weight_decay: Annotated[float, Meta(ge=0, le=10, description="Part of each weight taken off, times the rate.")] = (
        0.1
    )
    rows: Annotated[int, Meta(ge=2, le=1000, description="How often it is tested and looked at.")] = 60
    seed: Annotated[
        int, Meta(ge=0, le=2**32 - 1, description="Draws pictures and first weights, deals the batches.")
    ] = 0


def grey(images: Images) -> NDArray[np.float32]:
    """Return pictures as the network sees them: float32 (n, 1, 32, 32), each with mean 0 and deviation 1."""
    seen = images.pictures.astype(np.float32) @ GREY
    seen -= seen.mean(axis=(1, 2), keepdims=True)
    seen /= seen.std(axis=(1, 2), keepdims=True) + 1e-6
    return seen[:, None]


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> Fitted:
    """Train the network and return how it does on pictures that it has not learned from.

    Args:
        args: Data, network and training.
        recorder: Takes the series and events.
        resume: A checkpoint to go on from.

    Raises:
        MissingExtra: PyTorch is not installed.
        MlaError: The data cannot be had.
        Stopped: Someone who watches asked for it.
    """
    torch = load_torch()
    split = load_images(args.data, train=args.train, test=args.test, seed=args.seed, classes=HORSE_DEER)
    places = watched_places(split.test, [(name, which) for name in HORSE_DEER for which in range(WATCHED)])
    tests = grey(split.test)
    with seeded(args.seed):
        model = torch.nn.Sequential(
            torch.nn.Flatten(), torch.nn.Linear(1024, args.units), torch.nn.ReLU(), torch.nn.Linear(args.units, 1)
        )
        for layer in (model[1], model[3]):
            torch.nn.init.zeros_(layer.bias)

    def look(step: int, model: Any, outputs: NDArray[np.float32]) -> dict[str, Any]:
        first, second = (layer.weight.detach().numpy() for layer in (model[1], model[3]))
        with torch.inference_mode():
            hidden = model[:3](torch.from_numpy(tests[places[:1]]))[0].numpy()
        sure = 1 / (1 + np.exp(-outputs[places, 0].astype(np.float64)))
        row: dict[str, Any] = {
            "weights/0": first.T.copy(),
            "weights/1": second.T.copy(),
            "units": first.reshape(-1, 32, 32).copy(),
            "activations/1": hidden.copy(),
            "activations/2": sure[:1],
            "probability": sure,
        }
        if step == 0:
            seen = tests[places[0], 0]
            row |= {
                "pictures": split.test.pictures[places],
                "shown": split.test.pictures[places[0]],
                "activations/0": seen.ravel(),
            }
        return row

    settings = Settings(
        epochs=args.epochs, batch=128, learning_rate=args.learning_rate, weight_decay=args.weight_decay,
        schedule="cosine", rows=args.rows, seed=args.seed,
    )  # fmt: skip
    how = Augmentation(rotate=12, shift=0.08)
    return fit(
        model, Examples(grey(split.train), split.train.labels), Examples(tests, split.test.labels), "binary", settings,
        recorder, names=HORSE_DEER, augment=lambda batch: augmented(batch, how), look=look, resume=resume,
    )  # fmt: skip
