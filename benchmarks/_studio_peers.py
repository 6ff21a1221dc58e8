"""TensorBoard beside the studio: the same run and the same list in the same browser, and how soon its server knows of a new point.

Its page asks its server every 30 s at the most, where reloading is switched on; what is measured here is the server alone. Trackio needs
other versions of Pillow than this project is tested with, so that it can't be measured in one process; its page asks once a second.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PATIENCE = 120.0
CARD = "scalar-card line-chart"

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(address: str) -> Any:
    with _opener.open(address, timeout=10) as answer:
        return json.loads(answer.read())


def wait(known: Callable[[], Any]) -> float | None:
    """Seconds until something is true; None when it never was."""
    began = time.perf_counter()
    while time.perf_counter() - began < PATIENCE:
        with contextlib.suppress(OSError, ValueError, LookupError):
            if known():
                return time.perf_counter() - began
        time.sleep(0.05)
    return None


@contextlib.contextmanager
def tensorboard_serving(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(folder), "--host", "127.0.0.1"]
    process = subprocess.Popen([*command, "--port", str(port), "--load_fast=false"], stderr=subprocess.DEVNULL)
    try:
        wait(lambda: ask(f"http://127.0.0.1:{port}/data/environment"))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def tensorboard(browser: Any, rows: int, runs: int) -> None:
    """The same run, the same list."""
    if not all(map(importlib.util.find_spec, ("tensorboard", "torch"))):
        print("TensorBoard is not installed: pip install torch tensorboard")
        return
    from torch.utils.tensorboard import SummaryWriter

    def points(address: str, run: str) -> list[list[float]]:
        return ask(f"{address}/data/plugin/scalars/scalars?tag=loss&run={run}")

    for name, count, many in ((f"a run of {rows} rows", rows, 1), (f"a list of {runs} runs", 100, runs)):
        with tempfile.TemporaryDirectory() as folder:
            writers = [SummaryWriter(str(Path(folder) / f"run{number}"), max_queue=1000) for number in range(many)]
            for writer in writers:
                for step in range(count):
                    writer.add_scalar("loss", 1 / (step + 1), step)
                writer.flush()
            with tensorboard_serving(Path(folder)) as address:
                last = f"run{many - 1}"
                read = wait(lambda a=address, r=last, c=count: points(a, r)[-1][1] == c - 1)
                print(f"TensorBoard: {name} is read in {_seconds(read)}")
                page = browser.new_page()
                began = time.perf_counter()
                page.goto(address)
                with contextlib.suppress(Exception):
                    page.wait_for_selector(CARD, timeout=1000 * PATIENCE)
                    print(f"TensorBoard: and its first chart stands after {time.perf_counter() - began:.2f} s")
                page.close()
                if many == 1:
                    writers[0].add_scalar("loss", 0.0, 10 * rows)
                    writers[0].flush()
                    known = wait(lambda a=address, r=last: points(a, r)[-1][1] == 10 * rows)
                    print(f"TensorBoard: its server knows of a new point after {_seconds(known)}")
            for writer in writers:
                writer.close()


def _seconds(value: float | None) -> str:
    return f"more than {PATIENCE:.0f} s" if value is None else f"{value:.2f} s"
