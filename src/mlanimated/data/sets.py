"""Sets: pictures to learn from and to test with, by the name of the set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from mlanimated.data.cifar10 import load_cifar10
from mlanimated.data.digits import load_digits
from mlanimated.data.doodles import draw_doodles
from mlanimated.data.images import CLASSES, Images, Split
from mlanimated.errors import MlaError, did_you_mean

__all__ = ["DataName", "load_images"]

DataName = Literal["doodles", "cifar10", "digits"]
APART = 2**32
"""Seeds of doodles to test with lie behind those of any training."""


def load_images(
    name: str = "doodles", *, train: int = 4000, test: int = 1000, seed: int = 0, classes: Sequence[str] = ()
) -> Split:
    """Return pictures of a set, dealt into those to learn from and those to test with.

    Args:
        name: "doodles" (drawn here), "digits" (real, inside scikit-learn) or "cifar10" (real, downloaded once).
        train: How many to learn from, at most.
        test: How many to test with, at most.
        seed: Draws doodles, deals digits. The doodles to test with are the same for every seed.
        classes: The classes wanted, in the order of their labels; empty for all.

    Raises:
        MissingExtra: A library that brings the set is not installed.
        MlaError: There is no such set or class, or it cannot be downloaded.
    """
    names = tuple(classes)
    if name == "doodles":
        return Split(draw_doodles(train, seed, names or CLASSES), draw_doodles(test, APART, names or CLASSES))
    if name not in {"digits", "cifar10"}:
        raise MlaError(f"There is no set of pictures {name!r}.{did_you_mean(name, ('doodles', 'digits', 'cifar10'))}")
    found = load_digits(seed) if name == "digits" else load_cifar10()
    return Split(*(_some(images, names, most) for images, most in zip(found, (train, test), strict=True)))


def _some(images: Images, names: Sequence[str], most: int) -> Images:
    return (images.of(names) if names else images).first(most)
