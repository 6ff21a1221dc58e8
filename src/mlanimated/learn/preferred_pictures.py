"""The pictures that a unit prefers: from noise, pixels are changed so that one unit of a network answers more and more.

Activation maximization (D. Erhan et al., "Visualizing higher-layer features of a deep network", 2009): the gradient goes to the pixels, the
weights stay. Left alone it finds noise that excites the network and tells no eye anything; what keeps it in bounds is as in J. Yosinski et
al., "Understanding neural networks through deep visualization", 2015, in a simple form: neighbouring pixels that differ cost, so does
leaving grey, and the picture is moved a little at each step, so that nothing hangs on a single pixel. A unit of a stage of filters is
its whole map, on average, before ReLU; a unit of the answers is the score of a class.

The network first learns ten classes of doodles. Recorded of each of `GROUPS`: at times `pictures/group` (units, 32, 32, 3) and
`excited/group`, how much more than the mean of `test` doodles its pictures excite its units, on average, the best of these doodles being
1; at step 0 `best/group` (units, 32, 32, 3), these best doodles, and `accuracy` of the network; `loss`, what is made small, at each step.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.data.images import CLASSES
from mlanimated.data.sets import load_images
from mlanimated.learn.augmentation import Augmentation
from mlanimated.learn.convolutional_network import Architecture, learn_pictures, prepared, stored
from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.isolation import seeded
from mlanimated.learn.rounds import repeat
from mlanimated.learn.supervised import Settings
from mlanimated.learn.words import number
from mlanimated.trace import Recorder

__all__ = ["GROUPS", "Args", "answers", "train"]

GROUPS = ("second", "third", "answers")
"""Units of the second stage of filters, of the third, and the ten classes."""
LIMIT = 2.0
"""Pixels as the network sees them lie within plus and minus so much."""


class Args(Struct, frozen=True, kw_only=True):
    """Network, units and ascent."""

    train: Annotated[int, Meta(ge=20, le=1_000_000, description="Doodles that the network learns from.")] = 4000
    epochs: Annotated[int, Meta(ge=1, le=1000, description="Times that it learns from each.")] = 8
    filters: Annotated[int, Meta(ge=4, le=256, description="Of its first stage; each next one has twice as many.")] = 8
    test: Annotated[int, Meta(ge=20, le=100_000, description="Doodles to compare with, never learned from.")] = 1000
    units: Annotated[int, Meta(ge=1, le=16, description="Of each stage, those that tell doodles apart most.")] = 8
    steps: Annotated[int, Meta(ge=1, le=10_000, description="Steps that the pixels take.")] = 120
    step_length: Annotated[float, Meta(gt=0, le=10, description="Adam's, pixels reaching from −2 to 2.")] = 0.06
    smooth: Annotated[float, Meta(ge=0, le=1000, description="What a difference of neighbouring pixels costs.")] = 2.0
    grey: Annotated[float, Meta(ge=0, le=1000, description="What it costs to leave grey.")] = 0.2
    move: Annotated[int, Meta(ge=0, le=8, description="Pixels that a picture is moved at each step, at the most.")] = 2
    rows: Annotated[int, Meta(ge=2, le=1000, description="How often the pictures are recorded.")] = 60
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws doodles, weights and noise.")] = 0


def answers(model: Any, pictures: Any) -> dict[str, Any]:
    """Return what every unit of each group gives for pictures, (n, units) by group.

    Args:
        model: A network of three stages, as `convolutional_network.build` makes it, in its state of evaluation.
        pictures: Prepared, (n, 3, height, width).
    """
    found: list[Any] = []
    value = pictures
    for layer in model:
        if isinstance(layer, load_torch().nn.ReLU):
            found.append(value.mean(dim=(2, 3)))
        value = layer(value)
    return dict(zip(GROUPS, (*found[1:], value), strict=True))


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> float:
    """Find the pictures and return how excited the ten answers are by theirs, the best doodle of each being 1.

    Args:
        args: Network, units and ascent.
        recorder: Takes the series and events.
        resume: A checkpoint to go on from; the network is trained again, to the same bit.

    Raises:
        MissingExtra: PyTorch is not installed.
        Stopped: Someone who watches asked for it.
    """
    torch = load_torch()
    model, share = _network(args)
    doodles = load_images("doodles", train=1, test=args.test).test.pictures
    with torch.inference_mode():
        parts = [answers(model, prepared(part)) for part in stored(doodles).split(250)]
    known = {group: torch.cat([part[group] for part in parts]) for group in GROUPS}
    units = {group: known[group].std(0).argsort(descending=True)[: args.units].sort().values for group in GROUPS[:-1]}
    units["answers"] = torch.arange(len(CLASSES))
    usual = {group: known[group].mean(0)[units[group]] for group in GROUPS}
    most = {group: known[group].max(0).values[units[group]] - usual[group] for group in GROUPS}
    with seeded(args.seed):
        pictures = torch.nn.ParameterDict(
            {group: torch.nn.Parameter(0.3 * torch.randn(len(units[group]), 3, 32, 32)) for group in GROUPS}
        )
    optimizer = torch.optim.Adam(pictures.parameters(), lr=args.step_length)

    def excited(seen: Any) -> dict[str, Any]:
        """What each unit gives for its own picture, the mean of all doodles being 0 and its best one 1."""
        given = answers(model, torch.cat([seen[group] for group in GROUPS]))
        first, found = 0, dict[str, Any]()
        for group in GROUPS:
            count = len(units[group])
            own = given[group][first : first + count]
            found[group] = (own[torch.arange(count), units[group]] - usual[group]) / most[group].clamp(min=1e-6)
            first += count
        return found

    last = 0.0

    def look(step: int) -> dict[str, Any]:
        nonlocal last
        with torch.inference_mode():
            found = excited(pictures)
        row: dict[str, Any] = {f"excited/{group}": float(value.mean()) for group, value in found.items()}
        row |= {f"pictures/{group}": _bytes(pictures[group].detach()) for group in GROUPS}
        last = row["excited/answers"]
        if step == 0:
            best = {group: known[group].argmax(0)[units[group]].numpy() for group in GROUPS}
            row |= {f"best/{group}": doodles[places] for group, places in best.items()} | {"accuracy": share}
        return row

    def learn(_step: int, random: np.random.Generator) -> dict[str, float]:
        optimizer.zero_grad()
        across, down = (int(way) for way in random.integers(-args.move, args.move + 1, 2))
        gain: Any = sum(
            value.sum() for value in excited({g: p.roll((down, across), (2, 3)) for g, p in pictures.items()}).values()
        )
        loss: Any = -gain
        for picture in pictures.values():
            rough = (picture.diff(dim=2) ** 2).mean((1, 2, 3)) + (picture.diff(dim=3) ** 2).mean((1, 2, 3))
            loss = loss + (args.smooth * rough + args.grey * (picture**2).mean((1, 2, 3))).sum()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for picture in pictures.values():
                picture.clamp_(-LIMIT, LIMIT)
        return {"loss": float(loss.detach())}

    def tell(step: int, row: Mapping[str, Any]) -> tuple[str, str] | None:
        if step == 0:
            return "initialize", f"The network tells {share:.0%} of {args.test} doodles right. Its pictures are noise."
        if step == args.steps:
            told = f"the answers {number(last, 1)} times as much as the doodle that they like best"
            return "result", f"After {args.steps} steps the pictures excite {told}."
        if row["excited/answers"] > 1:
            return (
                "past doodles",
                f"Step {step}: the answers like their pictures better than any of {args.test} doodles.",
            )
        return None

    repeat(
        look, learn, recorder, steps=args.steps, rows=args.rows, seed=args.seed,
        parts={"pictures": pictures, "optimizer": optimizer}, tell=tell, resume=resume,
    )  # fmt: skip
    return last


def _network(args: Args) -> tuple[Any, float]:
    """Return a network that tells ten classes of doodles apart, its weights no longer changing, and the share it tells right."""
    split = load_images("doodles", train=args.train, test=args.test, seed=args.seed)
    settings = Settings(
        epochs=args.epochs, batch=64, learning_rate=0.005, weight_decay=0.02, schedule="cosine", rows=2, seed=args.seed
    )
    with Recorder() as unseen:
        model, fitted = learn_pictures(split, Architecture(filters=args.filters), settings, Augmentation(), unseen)
    model.eval()
    for weight in model.parameters():
        weight.requires_grad_(False)
    return model, fitted.accuracy.share


def _bytes(pictures: Any) -> NDArray[np.uint8]:
    """Return pictures as the network sees them as bytes (n, height, width, 3)."""
    return (pictures * 63.75 + 127.5).clamp(0, 255).round().byte().permute(0, 2, 3, 1).contiguous().numpy()
