"""A training has memory, threads and random numbers to itself."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import numpy as np
import pytest

from mlanimated.learn.isolation import kept_memory, one_thread, seeded

torch = pytest.importorskip("torch")

PAGE = 4096
HELD = 180 * 2**20  # of pieces of 256: up to 64 lie free at the end of the heap, as its threshold allows


def faults(megabytes: int, times: int) -> float:
    """Return how many pages the system had to find for a piece of memory that is asked for and freed again and again, on average.

    Only what comes after the first two times counts.
    """
    resource = pytest.importorskip("resource")
    found = []
    for _ in range(times):
        before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
        piece = np.empty(megabytes * 2**20, np.uint8)
        piece[::PAGE] = 1
        found.append(resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before)
        del piece
    return float(np.mean(found[2:]))


def glibc() -> bool:
    return sys.platform == "linux" and hasattr(ctypes.CDLL(None), "malloc_trim")


def resident() -> int:
    """Return the bytes that the process holds."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE


@pytest.mark.skipif(not glibc(), reason="nothing is changed elsewhere than with glibc")
def test_what_is_freed_stays_while_something_is_trained_and_goes_back_after_it() -> None:
    before = resident()
    with kept_memory():
        assert faults(256, 8) < 10
        held = resident()
    assert held > before + HELD
    assert resident() < held - HELD
    assert faults(256, 8) > 10, "a piece is given back at once again"


@pytest.mark.skipif(not glibc(), reason="nothing is changed elsewhere than with glibc")
def test_memory_goes_back_after_a_fault_too() -> None:
    held = []

    @kept_memory()
    def training() -> None:
        faults(256, 3)
        held.append(resident())
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        training()
    assert resident() < held[0] - HELD


def test_where_there_is_no_glibc_nothing_is_asked_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(ctypes, "CDLL", lambda *_: pytest.fail("asked"))
    with kept_memory():
        pass


def test_threads_and_random_numbers_are_as_they_were() -> None:
    threads, state = torch.get_num_threads(), torch.random.get_rng_state()
    with one_thread(), seeded(3):
        assert torch.get_num_threads() == 1
        first = torch.rand(2)
    with seeded(3):
        assert torch.equal(torch.rand(2), first)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.random.get_rng_state(), state)
