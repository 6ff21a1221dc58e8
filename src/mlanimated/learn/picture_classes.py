"""Pictures told apart: a network learns classes from doodles, photographs or digits, with what a film shows of it (chapters 6 and 7).

Recorded beside what `convolutional_network` records: `watched/0`, `watched/1`… (height, width, channels), the test pictures that are
watched, and `probability/0`, `probability/1`… (classes,) of each; with augmentation `augmented` (9, height, width, channels), one
training picture, nine times changed as it is whenever it is learned from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.data.images import CLASSES, Images
from mlanimated.data.sets import load_images
from mlanimated.errors import MlaError, did_you_mean
from mlanimated.learn.augmentation import Augmentation, augmented
from mlanimated.learn.convolutional_network import Architecture, Network, learn_pictures, prepared, stored
from mlanimated.learn.supervised import Fitted, Settings
from mlanimated.trace import Recorder

__all__ = [
    "HORSE_DEER",
    "Args",
    "Classes",
    "Epochs",
    "Train",
    "Watch",
    "classes_of",
    "train",
    "watched_places",
    "watching",
]

CHANGED = 9
"""So often the training picture is shown changed."""
HORSE_DEER = ("horse", "deer")

Classes = Annotated[Literal["all", "horse and deer"], Meta(description="Which classes.")]
Train = Annotated[int, Meta(ge=20, le=1_000_000, description="Pictures to learn from, at most.")]
Epochs = Annotated[int, Meta(ge=1, le=10_000, description="Times that every picture is learned from.")]
Watch = Annotated[
    str, Meta(description="Test pictures that are watched: a class and which of it, from 0, as in 'truck 0, frog 3'.")
]


class Args(Struct, frozen=True, kw_only=True):
    """Data, network and training."""

    data: Annotated[
        Literal["doodles", "cifar10", "digits"],
        Meta(description="Doodles are drawn here; CIFAR-10 is downloaded once."),
    ] = "doodles"
    classes: Classes = "all"
    network: Annotated[Network, Meta(description="A sum of pixels, a hidden layer, or filters that slide.")] = "cnn"
    train: Train = 4000
    test: Annotated[int, Meta(ge=20, le=100_000, description="Pictures to test with, at most.")] = 1000
    epochs: Epochs = 20
    batch: Annotated[int, Meta(ge=1, le=10_000, description="Pictures learned from in one step.")] = 128
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="The step length at its highest.")] = 0.005
    weight_decay: Annotated[float, Meta(ge=0, le=10, description="Part of each weight taken off, times the rate.")] = (
        0.02
    )
    filters: Annotated[int, Meta(ge=2, le=256, description="Of the first stage; each next one has twice as many.")] = 16
    dropout: Annotated[float, Meta(ge=0, lt=1, description="Part of the last units left out at each step.")] = 0.1
    augment: Annotated[
        bool, Meta(description="Turn, move and mirror each picture anew whenever it is learned from.")
    ] = True
    rotate: Annotated[float, Meta(ge=0, le=180, description="Degrees that it is turned at the most.")] = 12.0
    shift: Annotated[float, Meta(ge=0, le=0.5, description="Part of its width that it is moved at the most.")] = 0.1
    flip: Annotated[bool, Meta(description="Mirror every second one.")] = True
    watch: Watch = ""
    rows: Annotated[int, Meta(ge=2, le=1000, description="How often it is tested and looked at.")] = 60
    seed: Annotated[
        int, Meta(ge=0, le=2**32 - 1, description="Draws pictures and first weights, deals the batches.")
    ] = 0


def classes_of(args: Args) -> tuple[str, ...]:
    """Return the names of the classes, in the order of their labels.

    Raises:
        MlaError: Horses and deer were asked for among digits.
    """
    if args.classes == "all":
        return CLASSES if args.data != "digits" else tuple(str(digit) for digit in range(10))
    if args.data == "digits":
        raise MlaError("There are no horses among the digits; leave classes out, or take data=doodles.")
    return HORSE_DEER


def watching(args: Args) -> tuple[tuple[str, int], ...]:
    """Return class and number of each test picture that is watched; the first of each class where none is named.

    Raises:
        MlaError: There is no such class, or it is not a number.
    """
    names = classes_of(args)
    found: list[tuple[str, int]] = []
    for part in filter(None, (part.strip() for part in args.watch.split(","))):
        name, _, which = part.partition(" ")
        if name not in names:
            raise MlaError(f"watch names the class {name!r}, which is not among these.{did_you_mean(name, names)}")
        if which.strip() and not which.strip().isdigit():
            raise MlaError(
                f"watch says {part!r}; after the class there is a whole number from 0, as in 'truck 0, frog 3'."
            )
        found.append((name, int(which or 0)))
    return tuple(found) or tuple((name, 0) for name in names)


def watched_places(test: Images, wanted: Sequence[tuple[str, int]]) -> list[int]:
    """Return the places of some test pictures, each named by its class and its number in it.

    Raises:
        MlaError: There are not so many of a class.
    """
    places: list[int] = []
    for name, which in wanted:
        found = np.flatnonzero(test.labels == test.names.index(name)).tolist()
        if which >= len(found):
            raise MlaError(
                f"There are {len(found)} test pictures of the class {name!r}, so {which} is none; take a lower number."
            )
        places.append(found[which])
    return places


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> Fitted:
    """Train a network on pictures and return how it does.

    Args:
        args: Data, network and training.
        recorder: Takes the series and events.
        resume: A checkpoint to go on from.

    Raises:
        MissingExtra: PyTorch is not installed.
        MlaError: The data cannot be had.
        Stopped: Someone who watches asked for it.
    """
    wanted = watching(args)
    split = load_images(
        args.data, train=args.train, test=args.test, seed=args.seed, classes=() if args.classes == "all" else HORSE_DEER
    )
    places = watched_places(split.test, wanted)
    how = Augmentation(rotate=args.rotate, shift=args.shift, flip=args.flip) if args.augment else None
    settings = Settings(
        epochs=args.epochs, batch=args.batch, learning_rate=args.learning_rate, weight_decay=args.weight_decay,
        schedule="cosine", half=args.network == "cnn", rows=args.rows, seed=args.seed,
    )  # fmt: skip
    one = stored(split.train.pictures[:1])

    def look(step: int, _model: Any, outputs: NDArray[np.float32]) -> dict[str, Any]:
        chosen = outputs[places].astype(np.float64)
        shares = np.exp(chosen - chosen.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        row: dict[str, Any] = {f"probability/{index}": share for index, share in enumerate(shares)}
        if how is not None and how.changes:
            changed = augmented(prepared(one.repeat(CHANGED, 1, 1, 1)), how)
            row["augmented"] = (
                (changed * 63.75 + 127.5).clamp(0, 255).round().byte().permute(0, 2, 3, 1).contiguous().numpy()
            )
        if step == 0:
            row |= {f"watched/{index}": split.test.pictures[place] for index, place in enumerate(places)}
        return row

    architecture = Architecture(kind=args.network, filters=args.filters, dropout=args.dropout)
    _, fitted = learn_pictures(split, architecture, settings, how, recorder, watch=places, look=look, resume=resume)
    return fitted
