"""TensorBoard and Trackio beside the studio: the same run and the same list in the same browser, and how soon a new point is there.

TensorBoard's page asks its server every 30 s at the most, where reloading is switched on; what is measured here is the server alone.
Trackio asks for other versions of Pillow than this project is tested with, so that it is installed into an environment of its own
(build/peers/trackio); its page asks its server by itself, and what is measured is when its chart looks different.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
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


TRACKIO = Path(__file__).parent.parent / "build/peers/trackio"
CHART = ".vega-embed canvas"

LOG = """
import sys, time
import trackio

rows, runs, pause = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
for run in range(runs):
    trackio.init(project="bench", name=f"run{run}", embed=False)
    for row in range(rows):
        if pause:
            time.sleep(pause)
            print(f"logged {time.time()}", flush=True)
        trackio.log({"loss": (row % 2) if pause else 1 / (row + 1)})
    trackio.finish()
"""

CHANGES = """() => {
  window.changed = [];
  let before = "";
  const look = () => {
    const now = document.querySelector(".vega-embed canvas")?.toDataURL() ?? before;
    if (now !== before) window.changed.push(Date.now() / 1000);
    before = now;
    setTimeout(look, 20);
  };
  look();
}"""


def trackio(browser: Any, rows: int, runs: int) -> None:
    """The same run and the same list; then a row every five seconds, and when the chart of a page looks different."""
    python = TRACKIO / "bin/python"
    if not python.exists():
        print("Installing Trackio into an environment of its own …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(TRACKIO)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "trackio"], check=True)
    for name, count, many in ((f"a run of {rows} rows", rows, 1), (f"a list of {runs} runs", 100, runs)):
        with tempfile.TemporaryDirectory() as folder:
            environment = os.environ | {"TRACKIO_DIR": folder, "HF_HOME": folder, "HF_HUB_OFFLINE": "1"}
            environment |= {"GRADIO_ANALYTICS_ENABLED": "False", "BROWSER": "true"}

            def log(*given: object, environment: dict[str, str] = environment) -> subprocess.Popen[str]:
                command = [str(python), "-c", LOG, *map(str, given)]
                return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

            log(count, many, 0).communicate()
            with trackio_serving(environment) as address:
                page = browser.new_page()
                began = time.perf_counter()
                page.goto(address)
                try:
                    page.wait_for_selector(CHART, timeout=1000 * PATIENCE)
                    print(f"Trackio: {name}: its first chart stands after {time.perf_counter() - began:.2f} s")
                except Exception:
                    print(f"Trackio: {name}: no chart stands after {PATIENCE:.0f} s")
                page.close()
                if many == 1:
                    continue
                # A small run of its own, so that what is drawn is seen to change.
                page = browser.new_page()
                page.goto(f"{address}&runs=live")
                page.wait_for_selector(CHART, timeout=1000 * PATIENCE)
                page.evaluate(CHANGES)
                said = log(8, 1, 5).communicate()[0]
                page.wait_for_timeout(5000)
                logged = [float(line.split()[1]) for line in said.splitlines() if line.startswith("logged ")]
                changed = page.evaluate("() => window.changed")
                waits = [min((at - moment for at in changed if at > moment), default=PATIENCE) for moment in logged]
                print(f"Trackio: log() to a chart that looks different: {', '.join(f'{wait:.2f}' for wait in waits)} s")
                page.close()


@contextlib.contextmanager
def trackio_serving(environment: dict[str, str]) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(TRACKIO / "bin/trackio"), "show", "--project", "bench"]
    environment = environment | {"GRADIO_SERVER_PORT": str(port)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/?project=bench"
    try:
        wait(lambda: _opener.open(address, timeout=10).status == 200)
        yield address
    finally:
        process.terminate()
        process.wait()


def _seconds(value: float | None) -> str:
    return f"more than {PATIENCE:.0f} s" if value is None else f"{value:.2f} s"
