"""Images: pictures with the number of their class, and the sets that films are made of, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.errors import MlaError, did_you_mean

__all__ = ["CLASSES", "Images", "Split"]

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
"""The ten classes of CIFAR-10, in its order; doodles have the same."""


@dataclass(frozen=True, eq=False)
class Images:
    """Pictures and what each shows.

    Attributes:
        pictures: uint8 (n, height, width, channels).
        labels: int64 (n,), an index into `names`.
        names: What each class is called.
        source: Where they come from, for the foot of a film; drawn ones say so.
    """

    pictures: NDArray[np.uint8]
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    source: str

    def __len__(self) -> int:
        return len(self.labels)

    def of(self, names: Sequence[str]) -> Images:
        """Return the pictures of some classes alone, which are numbered anew in this order.

        Raises:
            MlaError: There is no class of such a name.
        """
        for name in names:
            if name not in self.names:
                raise MlaError(f"There is no class {name!r} among the {self.source}.{did_you_mean(name, self.names)}")
        places = np.full(len(self.names), -1)
        places[[self.names.index(name) for name in names]] = np.arange(len(names))
        labels = places[self.labels]
        kept = labels >= 0
        return Images(self.pictures[kept], labels[kept], tuple(names), self.source)

    def first(self, count: int) -> Images:
        """Return the first pictures, at most so many."""
        return Images(self.pictures[:count], self.labels[:count], self.names, self.source)


class Split(NamedTuple):
    """Pictures to learn from, and others that are never learned from."""

    train: Images
    test: Images
