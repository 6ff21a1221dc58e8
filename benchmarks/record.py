"""What recording costs a training, beside the loggers that people use, on the same work.

    scripts/bench record                      # this project, and each peer that is installed
    scripts/bench record --points 1000000     # longer

A training logs one scalar a step, as fast as it can. What is counted for each: microseconds of one call as the training sees
it (mean and 99th percentile), points a second from the first call until the file is closed, and bytes on disk a point. Every call
is timed, for all alike; who takes under three seconds has three tries. Peers that are not installed are named:
pip install tensorboardX tensorboard trackio wandb
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import importlib
import importlib.metadata
import importlib.util
import io
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import mlanimated as mla

MICROSECONDS, POINTS_A_SECOND, BYTES = 5.0, 400_000, 20.0
"""A call takes at most so long, so many points a second reach the disk, and a point takes at most so many bytes."""

Log = Callable[[int, float], Any]
Start = Callable[[Path], tuple[Log, Callable[[], Any]]]


class Result(NamedTuple):
    """What one logger took."""

    mean: float
    slow: float
    rate: float
    size: float


def mlanimated(folder: Path) -> tuple[Log, Callable[[], Any]]:
    recorder = mla.Recorder(folder / "run.mla")
    return lambda step, value: recorder.log({"train/loss": value}, step=step), recorder.close


def plain_csv(folder: Path) -> tuple[Log, Callable[[], Any]]:
    file = (folder / "run.csv").open("w", newline="")
    rows = csv.writer(file)
    return lambda step, value: rows.writerow((step, time.time(), value)), file.close


def tensorboardx(folder: Path) -> tuple[Log, Callable[[], Any]]:
    writer = importlib.import_module("tensorboardX").SummaryWriter(str(folder))
    return lambda step, value: writer.add_scalar("train/loss", value, step), writer.close


def tensorboard(folder: Path) -> tuple[Log, Callable[[], Any]]:
    # What torch.utils.tensorboard.SummaryWriter writes with, and as it does.
    writer = importlib.import_module("tensorboard.summary.writer.event_file_writer").EventFileWriter(str(folder))
    proto = importlib.import_module("tensorboard.compat.proto.event_pb2").Event
    summary = importlib.import_module("tensorboard.compat.proto.summary_pb2").Summary

    def log(step: int, value: float) -> None:
        entry = summary(value=[summary.Value(tag="train/loss", simple_value=value)])
        writer.add_event(proto(wall_time=time.time(), step=step, summary=entry))

    return log, writer.close


def trackio(folder: Path) -> tuple[Log, Callable[[], Any]]:
    os.environ |= {"TRACKIO_DIR": str(folder), "HF_HUB_OFFLINE": "1"}
    for module in [module for module in sys.modules if module.partition(".")[0] == "trackio"]:
        del sys.modules[module]  # it looks at its folder once, when it is loaded
    run = importlib.import_module("trackio").init(project="bench", embed=False)
    return lambda step, value: run.log({"train/loss": value}, step=step), run.finish


def wandb(folder: Path) -> tuple[Log, Callable[[], Any]]:
    os.environ |= {"WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false"}
    run = importlib.import_module("wandb").init(mode="offline", dir=str(folder))
    return lambda step, value: run.log({"train/loss": value}, step=step), run.finish


PEERS: dict[str, Start] = {
    "csv": plain_csv,
    "tensorboard": tensorboard,
    "tensorboardX": tensorboardx,
    "trackio": trackio,
    "wandb": wandb,
}


def best(start: Start, values: list[float]) -> Result:
    """Log all values three times, or once if that takes long, and return the quickest: other programs only ever slow it down."""
    results = [run(start, values)]
    while len(results) < 3 and len(values) / results[0].rate < 3.0:
        results.append(run(start, values))
    return max(results, key=lambda result: result.rate)


def run(start: Start, values: list[float]) -> Result:
    """Log all values, in a folder of its own."""
    now = time.perf_counter_ns
    spent = np.empty(len(values), np.int64)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log, close = start(folder)
        began = now()
        for step, value in enumerate(values):
            before = now()
            log(step, value)
            spent[step] = now() - before
        close()
        seconds = (now() - began) / 1e9
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
    count = len(values)
    return Result(spent.mean() / 1e3, float(np.percentile(spent, 99)) / 1e3, count / seconds, size / count)


def show(name: str, result: Result, ours: Result | None) -> None:
    """Print a line of the table; with `ours`, how many times better this project is."""
    line = f"{name:<20}{result.mean:>9.2f}{result.slow:>9.2f}{result.rate:>13,.0f}{result.size:>9.1f}"
    if ours is not None:
        ratios = result.mean / ours.mean, result.slow / ours.slow, ours.rate / result.rate, result.size / ours.size
        line += "   " + "".join(f"{ratio:>8.1f}x" for ratio in ratios)
    print(line, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=200_000, help="how many scalars each logs (default: %(default)s)")
    points = parser.parse_args().points
    values = np.random.default_rng(0).normal(size=points).tolist()
    run(mlanimated, values[:1000])  # so that it pays for no loading below

    print(f"{points:,} scalars, one a call")
    print(f"{'':<20}{'µs a call':>9}{'p99':>9}{'points/s':>13}{'bytes':>9}      mlanimated better by")
    ours = best(mlanimated, values)
    show("mlanimated", ours, None)
    for name, start in PEERS.items():
        if name != "csv" and importlib.util.find_spec(name) is None:
            print(f"{name:<20}  not installed")
            continue
        version = "" if name == "csv" else importlib.metadata.version(name)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                run(start, values[:1000])
                result = best(start, values)
        except Exception as error:
            print(f"{name:<20}  failed here: {type(error).__name__}: {str(error).splitlines()[0][:80]}")
            continue
        show(f"{name} {version}", result, ours)

    good = ours.mean <= MICROSECONDS and ours.rate >= POINTS_A_SECOND and ours.size <= BYTES
    print(
        f"\na call {ours.mean:.2f} µs  ≤ {MICROSECONDS:g}; {ours.rate:,.0f} points/s  ≥ {POINTS_A_SECOND:,};"
        f" {ours.size:.1f} bytes  ≤ {BYTES:g}: {'met' if good else 'MISSED'}"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
