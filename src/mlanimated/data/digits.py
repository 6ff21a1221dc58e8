"""Digits: 1797 handwritten digits of 8x8 pixels, written by 43 people, as they ship with scikit-learn.

They are the test half of the UCI set "Optical Recognition of Handwritten Digits" (E. Alpaydin and C. Kaynak, 1998), made smaller
there: real pictures that need no download.
"""

from __future__ import annotations

import importlib
from functools import lru_cache
from typing import Any

import numpy as np

from mlanimated.data.images import Images, Split
from mlanimated.errors import MissingExtra

__all__ = ["load_digits"]

TEST = 450
NAMES = tuple(str(digit) for digit in range(10))


@lru_cache(maxsize=8)
def load_digits(seed: int = 0) -> Split:
    """Return 1347 digits to learn from and 450 others to test with, uint8 (n, 8, 8, 1), dealt anew by each seed.

    Raises:
        MissingExtra: scikit-learn is not installed.
    """
    try:
        sets: Any = importlib.import_module("sklearn.datasets")
    except ModuleNotFoundError as error:
        raise MissingExtra("Handwritten digits", "data") from error
    found: Any = sets.load_digits()
    order = np.random.default_rng(seed).permutation(len(found.target))
    pictures = np.rint(found.images * (255 / 16)).astype(np.uint8)[order, :, :, None]
    labels = np.asarray(found.target, np.int64)[order]
    parts = (slice(TEST, None), slice(TEST))
    return Split(*(Images(pictures[part], labels[part], NAMES, "handwritten digits") for part in parts))
