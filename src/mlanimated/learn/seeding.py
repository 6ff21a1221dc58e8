"""Seeding: the same seed gives the same run, and a checkpoint holds the place in the random stream."""

from __future__ import annotations

import json

import numpy as np

__all__ = ["generator", "restored", "saved"]


def generator(seed: int) -> np.random.Generator:
    """Return a random generator that is this run's own; nothing global is seeded."""
    return np.random.default_rng(seed)


def saved(random: np.random.Generator) -> str:
    """Return the generator's place in its stream as text (its numbers have 128 bits), for a checkpoint."""
    return json.dumps(random.bit_generator.state)


def restored(place: str) -> np.random.Generator:
    """Return a generator that goes on from where `saved` was called."""
    random = np.random.default_rng()
    random.bit_generator.state = json.loads(place)
    return random
