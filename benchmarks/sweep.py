"""How much sooner a sweep is done on two workers than on one, on processes and on Ray; and a film painted on two processes.

    python benchmarks/sweep.py                  # must reach: 1.7 on two processes, within 20% of that on Ray, 1.6 for the film
    python benchmarks/sweep.py --runs 16 --rounds 1 --seconds 20

Each comparison's sides take turns, and the least time of each counts. A ratio of times says nothing when others use the
machine: what they took of its cores meanwhile is measured (Linux) and printed, and above a twentieth no verdict is given. Processor time is
printed beside it: it says how much more work two workers do than one does.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import mlanimated as mla

QUIET = 0.05


class Took(NamedTuple):
    """What something took: seconds by the clock, of one core, and the share of the machine's cores that others used."""

    clock: float
    core: float
    others: float


def busy() -> float | None:
    """Return the seconds for which all cores together have been busy since the machine began; None where that is not told."""
    try:
        first = Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0].split()[1:]
    except OSError:
        return None
    ticks = [int(word) for word in first]
    return (sum(ticks[:8]) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")


def own() -> float:
    """Return the processor time of this process and of its children that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def took(work: Callable[[], object]) -> Took:
    began, before, used = time.perf_counter(), busy(), own()
    work()
    clock, mine, after = time.perf_counter() - began, own() - used, busy()
    cores = os.cpu_count() or 1
    others = 0.0 if before is None or after is None else max(0.0, (after - before - mine) / (clock * cores))
    return Took(clock, mine, others)


def swept(runs: int, steps: int, workers: int, on: str) -> Callable[[], object]:
    def work() -> None:
        with tempfile.TemporaryDirectory() as folder:
            done = mla.sweep(
                "sine-net",
                fixed={"steps": steps, "record_every": 100},
                seeds=runs,
                folder=folder,
                workers=workers,
                on=on,
            )
            assert len(done.done) == runs

    return work


def cluster() -> None:
    """Begin what a sweep on Ray finds: a cluster that runs already."""
    ray = importlib.import_module("ray")
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)


def silent(*_: int) -> None:
    """Show no bar."""


def painted(film: mla.Film, processes: int, cores: int = 0) -> Callable[[], object]:
    """Return what saves a film; with `cores`, on as many of this machine's cores (Linux): painting, encoding and all."""

    def work() -> None:
        allowed = os.sched_getaffinity(0)
        if cores:
            os.sched_setaffinity(0, sorted(allowed)[:cores])
        try:
            with tempfile.TemporaryDirectory() as folder:
                film.save(Path(folder) / "film.mp4", processes=processes, progress=silent)
        finally:
            os.sched_setaffinity(0, allowed)

    return work


def compared(sides: dict[str, Callable[[], object]], rounds: int) -> dict[str, Took]:
    """Return the quickest of some rounds of each side, the sides taking turns."""
    found: dict[str, Took] = {}
    for _ in range(rounds):
        for name, work in sides.items():
            now = took(work)
            print(
                f"  {name:18} {now.clock:7.1f} s by the clock, {now.core:6.1f} s of one core; others had {now.others:.0%} of the machine",
                flush=True,
            )
            found[name] = min(found.get(name, now), now)
    return found


def verdict(what: str, ratio: float, least: float, *sides: Took) -> None:
    most = max(side.others for side in sides)
    said = (
        f"{'held' if ratio >= least else 'NOT held'}" if most <= QUIET else f"no verdict: others had up to {most:.0%}"
    )
    print(f"{what}: {ratio:.2f} times as fast; at least {least:.2f}: {said}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=64)
    parser.add_argument("--steps", type=int, default=6000, help="of each run: about a second of one core")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=90.0, help="length of the film")
    parser.add_argument("--without-ray", action="store_true")
    asked = parser.parse_args()
    print(f"{asked.runs} runs of sine-net, {asked.steps} steps each, on {os.cpu_count()} cores")
    sides = {
        f"{count} worker{'s' * (count > 1)}": swept(asked.runs, asked.steps, count, "processes") for count in (1, 2)
    }
    if not asked.without_ray:
        began = time.perf_counter()
        cluster()
        print(f"a Ray cluster of two workers stands on this machine after {time.perf_counter() - began:.1f} s")
        sides["2 workers on Ray"] = swept(asked.runs, asked.steps, 2, "ray")
    found = compared(sides, asked.rounds)
    one, two = found["1 worker"], found["2 workers"]
    verdict("two workers", one.clock / two.clock, 1.7, one, two)
    if "2 workers on Ray" in found:
        ray = found["2 workers on Ray"]
        verdict(
            "Ray beside processes", two.clock / ray.clock, 0.8, two
        )  # Ray's workers count as others: they are its own
    film = mla.film("optimizers").lasting(asked.seconds)
    if not asked.without_ray:
        importlib.import_module("ray").shutdown()
    print(f"the film optimizers, {asked.seconds:g} s of 1280x720")
    drawn = compared(
        {
            "1 process, 1 core": painted(film, 1, cores=1),
            "1 process": painted(film, 1),
            "2 processes, 2 cores": painted(film, 2, cores=2),
        },
        asked.rounds,
    )
    single, first, second = drawn.values()
    verdict("two processes on two cores beside one on one", single.clock / second.clock, 1.6, single, second)
    print(
        f"One process that may use both cores, x264 encoding on the second: two are {first.clock / second.clock:.2f} times as fast."
    )


if __name__ == "__main__":
    main()
