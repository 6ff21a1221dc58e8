"""Transfer learning: three new classes from a few pictures each, from scratch, with frozen features, and then fine-tuned.

A convolutional network first learns seven classes of doodles from many pictures. Its body, all but the last layer, then serves for three
classes that it has never seen. "scratch" begins with random weights everywhere. "frozen" keeps the body as it is and learns a new
last layer alone. "tuned" does the same for the first half, then lets the body go on learning, with smaller steps (J. Yosinski et al., "How
transferable are features in deep neural networks?", 2014). Group normalization (Y. Wu and K. He, 2018) stands where batch normalization
usually does: it looks at one picture at a time, so that a few pictures spoil nothing.

Recorded: `train/loss` of each step; at times `test/accuracy` over pictures never learned from and `probability` (SHOWN, 3) of the first of
these; at step 0 `labels` (SHOWN,), their classes, `examples` (3 × examples, 32, 32, 3), all that is learned from, and `before`, the
accuracy of the body's network on the seven classes (0 from scratch).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.data.doodles import draw_doodles
from mlanimated.data.images import CLASSES, Images
from mlanimated.data.sets import load_images
from mlanimated.learn.augmentation import Augmentation, augmented
from mlanimated.learn.convolutional_network import prepared, stored
from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.isolation import seeded
from mlanimated.learn.rounds import repeat
from mlanimated.learn.supervised import Examples, Settings, fit
from mlanimated.learn.words import number
from mlanimated.trace import Recorder

__all__ = ["NEW", "OLD", "SHOWN", "Args", "Known", "Way", "build", "known", "train"]

NEW = ("deer", "frog", "ship")
OLD = tuple(name for name in CLASSES if name not in NEW)
SHOWN = 150
FEW = 2**33
"""Seeds of the few pictures lie behind those of all others."""
CHANGED = Augmentation()
"""How each picture is changed whenever it is learned from, the same for every way."""

Way = Literal["scratch", "frozen", "tuned"]


class Args(Struct, frozen=True, kw_only=True):
    """Way, pictures and training."""

    way: Annotated[Way, Meta(description="Where the body comes from, and whether it changes.")] = "tuned"
    examples: Annotated[int, Meta(ge=1, le=1000, description="Pictures of each new class to learn from.")] = 10
    test: Annotated[int, Meta(ge=20, le=100_000, description="Pictures of the new classes to test with.")] = 500
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Steps, each with all those few pictures.")] = 60
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Adam's step length.")] = 0.003
    tuning_rate: Annotated[float, Meta(gt=0, le=1, description="That of a body that is fine-tuned.")] = 0.0005
    filters: Annotated[int, Meta(ge=2, le=256, description="Of the first stage; each next one has twice as many.")] = 8
    before: Annotated[int, Meta(ge=20, le=1_000_000, description="Doodles of seven classes learned before.")] = 3500
    epochs: Annotated[int, Meta(ge=1, le=1000, description="Times that each of those was learned from.")] = 6
    rows: Annotated[int, Meta(ge=2, le=1000, description="How often it is tested.")] = 24
    body: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Seed of what was learned before.")] = 0
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws the few pictures and the new weights.")] = 0


class Known(NamedTuple):
    """What is kept of the training before.

    Attributes:
        weights: Of the body, by name.
        accuracy: Of the whole network, over 700 doodles of the seven classes that it had not learned from, 0..1.
    """

    weights: Mapping[str, NDArray[np.float32]]
    accuracy: float


def build(filters: int, classes: int, seed: int) -> Any:
    """Return body and head one after the other, weights from the seed: three stages of filters, then a sum for each class.

    Args:
        filters: Of the first stage; each next one has twice as many.
        classes: How many numbers the head gives out.
        seed: Draws the weights.
    """
    nn = load_torch().nn
    with seeded(seed):
        layers: list[Any] = []
        inputs = 3
        for stage in range(3):
            count = filters * 2**stage
            slides = {"kernel_size": 3, "padding": 1} if stage else {"kernel_size": 5, "stride": 2, "padding": 2}
            layers += [nn.Conv2d(inputs, count, **slides), nn.GroupNorm(math.gcd(4, count), count), nn.ReLU()]
            layers += [nn.MaxPool2d(2)] if stage else []
            inputs = count
        return nn.Sequential(nn.Sequential(*layers, nn.Flatten()), nn.Linear(inputs * 16, classes))


@lru_cache(maxsize=8)
def known(filters: int, pictures: int, epochs: int, seed: int) -> Known:
    """Learn the seven classes and return what is kept of that; the last answers are kept, so that three ways cost one training."""
    split = load_images("doodles", train=pictures, test=700, seed=seed, classes=OLD)
    model = build(filters, len(OLD), seed)
    learned, tested = (Examples(stored(images.pictures), images.labels) for images in split)
    settings = Settings(
        epochs=epochs, batch=64, learning_rate=0.003, weight_decay=0.01, schedule="cosine", rows=2, seed=seed
    )
    with Recorder() as unseen:
        fitted = fit(
            model, learned, tested, "classes", settings, unseen, names=OLD, prepare=prepared,
            augment=lambda batch: augmented(batch, CHANGED),
        )  # fmt: skip
    weights = {name: value.detach().numpy().copy() for name, value in model[0].state_dict().items()}
    return Known(weights, fitted.accuracy.share)


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> float:
    """Learn the new classes and return the share of pictures never learned from that is right at the end.

    Args:
        args: Way, pictures and training.
        recorder: Takes the series and events.
        resume: A checkpoint to go on from; what was known before is learned again, to the same bit.

    Raises:
        MissingExtra: PyTorch is not installed.
        Stopped: Someone who watches asked for it.
    """
    torch = load_torch()
    model, before = build(args.filters, len(NEW), args.seed), 0.0
    if args.way != "scratch":
        earlier = known(args.filters, args.before, args.epochs, args.body)
        before = earlier.accuracy
        model[0].load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in earlier.weights.items()})
    body, head = model
    free = {"scratch": 0, "frozen": args.steps, "tuned": args.steps // 2}[args.way]
    few = draw_doodles(args.examples * len(NEW), FEW + args.seed, NEW)
    tested = load_images("doodles", train=1, test=args.test, classes=NEW).test
    inputs, targets = prepared(stored(few.pictures)), torch.from_numpy(np.array(few.labels))
    others = prepared(stored(tested.pictures))
    of_head = torch.optim.Adam(head.parameters(), lr=args.learning_rate)
    of_body = torch.optim.Adam(body.parameters(), lr=args.learning_rate if args.way == "scratch" else args.tuning_rate)
    kept: Any = None
    last = 0.0

    def look(step: int) -> dict[str, Any]:
        nonlocal kept, last
        with torch.inference_mode():
            if kept is None or step > free:  # features that have not changed are not worked out again
                kept = torch.cat([body(part) for part in others.split(200)])
            said = torch.softmax(head(kept), 1).numpy()
        last = float((said.argmax(1) == tested.labels).mean())
        row: dict[str, Any] = {"test/accuracy": last, "probability": said[:SHOWN].copy()}
        return row | (_still(few, tested, before) if step == 0 else {})

    def learn(step: int, _random: np.random.Generator) -> dict[str, float]:
        with torch.set_grad_enabled(step >= free):
            features = body(augmented(inputs, CHANGED))
        loss = torch.nn.functional.cross_entropy(head(features), targets)
        for optimizer in (of_head, of_body):
            optimizer.zero_grad()
        loss.backward()
        of_head.step()
        if step >= free:
            of_body.step()
        return {"train/loss": loss.item()}

    def tell(step: int, row: Mapping[str, Any]) -> tuple[str, str] | None:
        right = float(row["test/accuracy"])
        if step == 0:
            begins = f"knows {len(OLD)} other classes" if before else "knows nothing"
            return "initialize", f"The network {begins}: {right:.0%} of {args.test} new pictures are right, by chance."
        if step == args.steps:
            return "result", f"{right:.1%} of {args.test} pictures of {', '.join(NEW)} are right."
        if step > free > 0:
            return "fine-tuning", f"From step {number(free)} on all weights change, with small steps."
        return None

    repeat(
        look, learn, recorder, steps=args.steps, rows=args.rows, seed=args.seed,
        parts={"model": model, "head": of_head, "body": of_body}, tell=tell, resume=resume,
    )  # fmt: skip
    return last


def _still(few: Images, tested: Images, before: float) -> dict[str, Any]:
    """Return what does not change, to be recorded once."""
    order = np.argsort(few.labels, kind="stable")  # class by class, as they are shown
    return {"examples": few.pictures[order], "labels": tested.labels[:SHOWN], "before": before}
