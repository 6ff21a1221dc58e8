"""Little tales: one-sentence stories made here by a small grammar, so that a network can be shown learning to write.

    draw_tales(2, seed=0).text      # "one day the fox hides its icy drum because it is bored. …"

A tale has a rule that letters alone do not show: who it is about decides, some letters later, between her, his and its, and many letters
later between she, he and it. Some words are said
more often than others, as in any language: of each list the second half as often as the first, the third a third as often (after G. Zipf,
1935). Since the grammar is known, so is what nobody can foretell: `Tales.bits`. And whether a sentence could be one of these is no matter
of taste: `is_tale`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from mlanimated.errors import MlaError

__all__ = ["ALPHABET", "Tales", "draw_tales", "is_tale", "tale_words"]

_WHO = {
    "she": ("queen", "witch", "girl", "sister"),
    "he": ("king", "wizard", "boy", "brother"),
    "it": ("cat", "dragon", "owl", "fox"),
}
_WHOSE = {"she": "her", "he": "his", "it": "its"}
_OPENS = (
    "one day",
    "at night",
    "in the garden",
    "by the river",
    "every winter",
    "under the bridge",
    "in spring",
    "on the hill",
)
_DOES = ("finds", "hides", "paints", "loses", "carries", "wants", "sells", "breaks")
_HOW = ("red", "small", "golden", "broken", "old", "empty", "icy", "ugly")
_WHAT = ("apple", "lamp", "crown", "boat", "clock", "drum", "letter", "spoon")
_ENDS = (
    "because {} is hungry",
    "and {} laughs",
    "because {} is lonely",
    "and {} sings",
    "because {} is happy",
    "and {} runs home",
    "because {} is bored",
    "and {} sleeps",
    "because {} is clever",
    "and {} weeps",
)

ALPHABET = " .abcdefghijklmnopqrstuvwxyz"
"""Every letter that a tale may have, and two that part words and sentences."""


class Tales(NamedTuple):
    """Sentences one after the other.

    Attributes:
        text: Each ends with a full stop and a space.
        bits: What the choices in it come to, log2 of how likely it is: the least that any reader who foretells each letter can need.
    """

    text: str
    bits: float


def draw_tales(count: int, seed: int = 0) -> Tales:
    """Return so many tales; the first ones of a larger number are the same.

    Args:
        count: How many, 1 or more.
        seed: Draws them.

    Raises:
        MlaError: The number is below 1.
    """
    if count < 1:
        raise MlaError(f"{count} tales cannot be told; ask for 1 or more.")
    random = np.random.default_rng(seed)
    bits = 0.0

    def choose(words: Sequence[str]) -> str:
        nonlocal bits
        shares = 1.0 / np.arange(1, len(words) + 1)
        chosen = int(random.choice(len(words), p=shares / shares.sum()))
        bits -= math.log2(float(shares[chosen] / shares.sum()))
        return words[chosen]

    def perhaps(words: Sequence[str]) -> str:
        return choose(words) if choose(("", "more")) else ""

    told: list[str] = []
    for _ in range(count):
        opens, pronoun = perhaps(_OPENS), choose(tuple(_WHO))
        who, does, how, what = choose(_WHO[pronoun]), choose(_DOES), choose(_HOW), choose(_WHAT)
        words = (opens, "the", who, does, _WHOSE[pronoun], how, what, choose(_ENDS).format(pronoun))
        told.append(" ".join(word for word in words if word) + ". ")
    return Tales("".join(told), bits)


def is_tale(sentence: str) -> bool:
    """Return whether a sentence, its full stop included, is one that the grammar makes."""
    return _grammar().fullmatch(sentence) is not None


@lru_cache(maxsize=1)
def tale_words() -> tuple[str, ...]:
    """Return every word that a tale may have, in the order of the alphabet."""
    parts = (
        *_WHO,
        *_WHOSE.values(),
        *(who for some in _WHO.values() for who in some),
        *_OPENS,
        *_DOES,
        *_HOW,
        *_WHAT,
        *_ENDS,
    )
    words = {word for part in parts for word in part.replace("{} ", "").split()}
    return tuple(sorted(words | {"the"}))


@lru_cache(maxsize=1)
def _grammar() -> re.Pattern[str]:
    """Return the grammar as a pattern; each pronoun has a branch of its own, so that it agrees with whom it stands for."""

    def any_of(words: Sequence[str]) -> str:
        return f"(?:{'|'.join(words)})"

    branches = [
        f"{any_of(who)} {any_of(_DOES)} {_WHOSE[pronoun]} {any_of(_HOW)} {any_of(_WHAT)}"
        f" {any_of([end.format(pronoun) for end in _ENDS])}"
        for pronoun, who in _WHO.items()
    ]
    return re.compile(rf"(?:{any_of(_OPENS)} )?the {any_of(branches)}\.")
