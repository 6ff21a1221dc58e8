"""Isolation: a training has torch's random numbers and threads to itself, and leaves them as they were."""

from __future__ import annotations

import contextlib
from collections.abc import Generator

from mlanimated.learn.frameworks import load_torch

__all__ = ["one_thread", "seeded"]


@contextlib.contextmanager
def seeded(seed: int) -> Generator[None]:
    """Return a context in which torch's random numbers follow from a seed; outside of it they go on as if nothing had been."""
    torch = load_torch()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


@contextlib.contextmanager
def one_thread() -> Generator[None]:
    """Return a context in which torch uses one core: sums are then always in the same order, and small layers are quicker."""
    torch = load_torch()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
