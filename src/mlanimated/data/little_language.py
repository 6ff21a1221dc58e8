"""A little language: sentences about people, animals and food, made here, so that words have a company to be known by.

    sentences = draw_sentences(4000, seed=0)      # ["queen", "crown", "she", "throne"], …

Each sentence names one thing and some words that go with it, as sentences do once "the", "is" and "of" are left out. What goes with
whom is written below and nothing else: that a queen is to a king as a woman is to a man is nowhere said.
"""

from __future__ import annotations

import numpy as np

from mlanimated.errors import MlaError

__all__ = ["COMPANY", "KINDS", "draw_sentences", "vocabulary"]

_HE = ("he", "his", "beard", "brother")
_SHE = ("she", "her", "dress", "sister")
_ROYAL = ("crown", "throne", "palace", "rules")
_PLAIN = ("works", "village", "market", "tired")
_YOUNG = ("plays", "school", "small", "toy")
_GROWN = ("tall", "old", "wise", "married")
_ANIMAL = ("tail", "fur", "paw", "wild")
_FOOD = ("eat", "plate", "hungry", "tasty")

COMPANY: dict[str, tuple[str, ...]] = {
    "king": _HE + _ROYAL + _GROWN,
    "queen": _SHE + _ROYAL + _GROWN,
    "prince": _HE + _ROYAL + _YOUNG,
    "princess": _SHE + _ROYAL + _YOUNG,
    "man": _HE + _PLAIN + _GROWN,
    "woman": _SHE + _PLAIN + _GROWN,
    "boy": _HE + _PLAIN + _YOUNG,
    "girl": _SHE + _PLAIN + _YOUNG,
    "cat": (*_ANIMAL, "mouse", "purrs", "milk"),
    "dog": (*_ANIMAL, "bone", "barks", "loyal"),
    "horse": (*_ANIMAL, "gallops", "hay", "saddle"),
    "cow": (*_ANIMAL, "milk", "hay", "field"),
    "bread": (*_FOOD, "butter", "oven"),
    "cheese": (*_FOOD, "butter", "milk"),
    "apple": (*_FOOD, "tree", "sweet"),
    "soup": (*_FOOD, "spoon", "hot"),
}
"""Each thing and the words that go with it."""

KINDS: dict[str, tuple[str, ...]] = {
    "people": ("king", "queen", "prince", "princess", "man", "woman", "boy", "girl"),
    "animals": ("cat", "dog", "horse", "cow"),
    "food": ("bread", "cheese", "apple", "soup"),
}
"""The things, by what they are; all else are words that go with them."""


def vocabulary() -> tuple[str, ...]:
    """Return all words: the things first, then those that go with them, in the order in which they are written above."""
    return tuple(dict.fromkeys([*COMPANY, *(word for company in COMPANY.values() for word in company)]))


def draw_sentences(count: int, seed: int = 0, length: int = 4) -> list[list[str]]:
    """Return so many sentences; the things take turns by chance, each with `length` different words of its company.

    Args:
        count: How many, 1 or more.
        seed: Draws everything.
        length: Words beside the thing, 1 to 6.

    Raises:
        MlaError: A number is out of range.
    """
    if count < 1 or not 1 <= length <= 6:
        raise MlaError(f"{count} sentences of {length} words cannot be made; 1 or more of 1 to 6 words can.")
    random = np.random.default_rng(seed)
    things = tuple(COMPANY)
    made: list[list[str]] = []
    for _ in range(count):
        thing = things[int(random.integers(len(things)))]
        company = COMPANY[thing]
        made.append([thing, *(company[index] for index in random.permutation(len(company))[:length].tolist())])
    return made
