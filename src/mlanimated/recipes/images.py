"""Chapters 5 to 7: horse against deer with a hidden layer and with filters, and ten classes with augmentation."""

from __future__ import annotations

from collections.abc import Mapping

from mlanimated.learn import horse_or_deer, picture_classes
from mlanimated.learn.horse_or_deer import WATCHED
from mlanimated.learn.picture_classes import HORSE_DEER, classes_of, watching
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.recipes.shape import SQUARE, Either
from mlanimated.trace import Trace
from mlanimated.views import Bars, Clock, Confusion, Lanes, Lines, Network, Picture, Tiles

__all__ = ["RECIPES"]

EPOCH = Count(word="epoch", series="epoch")
CALLED = {"doodles": "doodles, drawn", "cifar10": "CIFAR-10", "digits": "handwritten digits"}


def accuracy(title: str, *, bounds: tuple[float, float] = (0.0, 1.0)) -> Lines:
    """Return the share of pictures that are right, of those learned from and of the others."""
    return Lines(
        ("train/accuracy", "test/accuracy"),
        ("learned from", "never seen"),
        ("muted", "accent"),
        x="epoch",
        limits=bounds,
        format="{:.2f}",
        y_label="",
        title=title,
    )


def dense(args: horse_or_deer.Args, traces: Mapping[str, Trace]) -> Film:
    """Return the film of the hidden layer: the picture, the network, what its units weigh, and eight pictures between 0 and 1."""
    net = Network(
        (1024, args.units, 1),
        ("weights/0", "weights/1"),
        activations=("activations/0", "activations/1", "activations/2"),
        outputs=("deer?",),
        numbers=False,
        title=f"1024 pixels, {args.units} units, one answer",
    )
    seen = Picture("shown", title="Goes in")
    # Gliding, they would make the page three times as heavy.
    units = Tiles("units", title=f"What each of the {args.units} units weighs", gap=5.0, glide=False)
    lanes = Lanes(
        "probability",
        "pictures",
        truth=(0,) * WATCHED + (1,) * WATCHED,
        names=HORSE_DEER,
        title=f"Never learned from: {CALLED[args.data]}",
    )
    left = (seen.shared(0.42) | net) / units.shared(0.95)
    return Film(
        Either(left.shared(1.1) | lanes, lanes.shared(1.1) / ((seen.shared(0.4) | net) / units), SQUARE),
        traces,
        Clock(first=0.5, seconds=9),
        title="Horse or deer? A network learns to lean to one side",
        count=EPOCH,
        alt="Eight pictures of horses and deer slide between 0 and 1 while the weights of a small network change.",
    )


class Horse(picture_classes.Args, frozen=True, kw_only=True):
    """Horse against deer with filters."""

    classes: picture_classes.Classes = "horse and deer"
    train: picture_classes.Train = 2000
    epochs: picture_classes.Epochs = 10


def filters(args: Horse, traces: Mapping[str, Trace]) -> Film:
    """Return the film of the filters: the picture, the filters, what each stage gives out, and the answer."""
    names = classes_of(args)
    seen = Picture("watched/0", title="Goes in")
    kernel = Tiles("filters", title=f"{args.filters} filters of 5x5", gap=5.0)
    first = Tiles("maps/0", title="What they find", gap=4.0, glide=False)
    second = Tiles("maps/1", title="Then 3x3", gap=4.0, most=25, glide=False)
    third = Tiles("maps/2", title="Then 3x3", gap=4.0, most=36, glide=False)
    answer = Bars("probability/0", names, limits=(0.0, 1.0), format="{:.2f}", title="Comes out")
    curve = accuracy("Right, of all", bounds=(0.4, 1.0))
    return Film(
        Either(
            (seen / answer.shared(0.6)).shared(0.62)
            | (kernel / curve).shared(0.9)
            | first.shared(1.15)
            | (second / third).shared(0.8),
            (seen | answer | kernel) / (first | second | third) / curve.shared(0.8),
            SQUARE,
        ),
        traces,
        Clock(first=0.5, seconds=9),
        title=f"Filters learn what tells a horse from a deer: {CALLED[args.data]}",
        count=EPOCH,
        alt="Filters and the maps that they give of one picture change while a network learns to tell horses from deer.",
    )


class Ten(picture_classes.Args, frozen=True, kw_only=True):
    """Ten classes, with augmentation."""

    watch: picture_classes.Watch = "truck 0, frog 0"


def ten(args: picture_classes.Args, traces: Mapping[str, Trace]) -> Film:
    """Return the film of ten classes: two pictures with ten bars each, how pictures are changed, and how many are right."""
    names = classes_of(args)
    watched = watching(args)[:2]
    rows = [
        Picture(f"watched/{index}", title=f"{which.capitalize()}, never seen").shared(0.5)
        | Bars(f"probability/{index}", names, limits=(0.0, 1.0), format="{:.2f}", title="What it takes it for")
        for index, (which, _) in enumerate(watched)
    ]
    both = rows[0] / rows[-1] if len(rows) > 1 else rows[0]
    right = accuracy(f"Right: {CALLED[args.data]}")
    if args.augment:
        changed = Tiles("augmented", columns=3, title="One picture, changed each time")
        side = changed / right
    else:
        side = right / Confusion(names=names, title="What is taken for what")
    return Film(
        Either(both.shared(1.7) | side, both.shared(1.6) / side, SQUARE),
        traces,
        Clock(first=0.4, seconds=10),
        title=f"Ten classes: {' and '.join(which for which, _ in watched)} among ten bars each",
        count=EPOCH,
        alt="Bars of ten classes for a truck and a frog move while a network learns from pictures that are changed each time.",
    )


def confusion(args: picture_classes.Args, traces: Mapping[str, Trace]) -> Film:
    """Return the film of what is taken for what."""
    names = classes_of(args)
    square = Confusion(names=names, title=f"Never learned from: {CALLED[args.data]}")
    return Film(
        Either(
            square.shared(1.5) | accuracy("Right, of all") / Lines("test/loss", title="Test loss"),
            square.shared(1.6) / accuracy("Right, of all"),
            SQUARE,
        ),
        traces,
        Clock(first=0.4, seconds=10),
        title="What is taken for what, while a network learns ten classes",
        count=EPOCH,
        alt="A square of ten by ten fields fills its diagonal while a network learns.",
    )


RECIPES = (
    Recipe(
        name="horse-or-deer",
        chapter=5,
        summary="A network of one hidden layer learns horse against deer: weights as pictures, probabilities that move.",
        seconds=16,
        arguments=horse_or_deer.Args,
        runs=lambda args: {"": Run(horse_or_deer.train, args)},
        film=dense,
        quick={"train": 60, "test": 40, "epochs": 2, "rows": 4, "units": 4},
        extra="torch",
    ),
    Recipe(
        name="horse-or-deer-filters",
        chapter=6,
        summary="A convolutional network learns horse against deer: its filters and feature maps change.",
        seconds=20,
        arguments=Horse,
        runs=lambda args: {"": Run(picture_classes.train, args)},
        film=filters,
        quick={"train": 60, "test": 40, "epochs": 2, "rows": 4},
        extra="torch",
    ),
    Recipe(
        name="ten-classes",
        chapter=7,
        summary="Ten classes, pictures changed each time: ten bars for a truck, ten for a frog.",
        seconds=40,
        arguments=Ten,
        runs=lambda args: {"": Run(picture_classes.train, args)},
        film=ten,
        quick={"train": 60, "test": 40, "epochs": 2, "rows": 4},
        extra="torch",
    ),
    Recipe(
        name="confusion",
        chapter=7,
        summary="What is taken for what: a square of ten by ten fills its diagonal.",
        seconds=37,
        arguments=Ten,
        runs=lambda args: {"": Run(picture_classes.train, args)},
        film=confusion,
        quick={"train": 60, "test": 40, "epochs": 2, "rows": 4},
        extra="torch",
    ),
)
