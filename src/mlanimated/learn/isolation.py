"""Isolation: a training has torch's random numbers, threads and memory to itself, and leaves them as they were."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Generator
from typing import Any

from mlanimated.learn.frameworks import load_torch

__all__ = ["kept_memory", "one_thread", "seeded"]

# Of glibc's malloc.h: what mallopt sets, and how far its own defaults grow by themselves.
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
LARGEST = 2**31 - 1
GROWN = {MMAP_THRESHOLD: 32 * 2**20, TRIM_THRESHOLD: 64 * 2**20}


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


@contextlib.contextmanager
def kept_memory() -> Generator[None]:
    """Return a context in which memory that is freed stays with the process, up to 2 GiB of it; on leaving it goes back to the system.

    A training frees and asks for the same megabytes at each minibatch. Of pieces above 32 MiB glibc gives every one back at once, and the
    system must find and clear it again, page by page, while the thread that plays waits for the same lock. Elsewhere than with glibc
    nothing is changed.
    """
    library: Any = ctypes.CDLL(None) if sys.platform == "linux" else None
    if not hasattr(library, "mallopt") or not hasattr(library, "malloc_trim"):
        yield
        return
    for what in GROWN:
        library.mallopt(what, LARGEST)
    try:
        yield
    finally:
        for what, size in GROWN.items():
            library.mallopt(what, size)
        library.malloc_trim(0)
