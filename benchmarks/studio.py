"""The studio: from log() to a page's canvas and to ten receivers; a long run; a full list. In a real Chromium, against a studio of its own.

    python benchmarks/studio.py [--seconds 10] [--rows 1000000] [--runs 500] [--peers]

Needs the extra `studio`, playwright and a Chromium (MLA_CHROMIUM names another). Times are by the clock: run it on an idle machine.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import mlanimated as mla

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
LOSS = {"kind": "lines", "series": ["loss"]}

PAINTED = """() => {
  const player = document.querySelector("mla-player");
  window.painted = [];
  player.addEventListener("timeupdate", () => {
    const step = state();
    requestAnimationFrame(() => window.painted.push([step, Date.now()]));
  });
  const state = () => Number(document.getElementById("step").textContent.replace(/\\D/g, ""));
}"""


@contextlib.contextmanager
def serving(folder: Path):
    command = [
        shutil.which("mla") or str(Path(sys.executable).parent / "mla"),
        "studio",
        str(folder),
        "--no-open",
        "--port",
        "0",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        line = process.stdout.readline()
        yield re.search(r"http://[\d.:]+", line)[0]
    finally:
        process.terminate()
        process.wait()


async def follow(address: str, came: list[tuple[float, float]], seconds: float) -> None:
    """One receiver: takes frames, and notes when each new last step came."""
    import websockets

    host = address.removeprefix("http://")
    async with websockets.connect(f"ws://{host}/live", max_size=None) as socket:
        await socket.send(
            json.dumps({"watch": {"runs": ["live"], "panels": {"0": {"panel": LOSS, "width": 640}}, "number": 1}})
        )
        last = -1
        with contextlib.suppress(asyncio.TimeoutError, TimeoutError):
            async with asyncio.timeout(seconds):
                async for message in socket:
                    if isinstance(message, bytes):
                        await socket.send(json.dumps({"got": struct.unpack_from("<H", message)[0]}))
                        if last >= 0:
                            came.append((last, time.time()))
                    else:
                        said = json.loads(message)
                        last = said.get("state", {}).get("live", {}).get("last", last) if "state" in said else last


def quantiles(name: str, waits: list[float]) -> None:
    if not waits:
        print(f"{name}: nothing came")
        return
    ordered = sorted(waits)
    at = {share: ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.9, 0.99)}
    print(
        f"{name}: "
        + ", ".join(f"p{share * 100:g} {1000 * value:.0f} ms" for share, value in at.items())
        + f" ({len(waits)} updates)"
    )


def latency(browser, seconds: float) -> None:
    """log() at 30 updates/s, from another process than the studio's, to the canvas of one page and to ten receivers."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as address:
        page = browser.new_page()
        with mla.Recorder(Path(folder) / "live.mla") as recorder:
            recorder.log({"loss": 1.0}, step=0)
            recorder.flush()
            page.goto(f"{address}/watch?run=live")
            page.wait_for_selector(".panel.ready")
            page.evaluate(PAINTED)
            here = str(Path(__file__).parent)
            script = (
                f"import sys; sys.path.insert(0, {here!r}); import studio; studio.receivers({address!r}, {seconds + 2})"
            )
            listeners = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
            page.wait_for_timeout(1500)
            logged: dict[int, float] = {}
            began = time.perf_counter()
            for step in range(1, int(30 * seconds)):
                logged[step] = time.time()
                recorder.log({"loss": math.exp(-step / 100)}, step=step)
                page.wait_for_timeout(max(0.0, 1000 * (began + step / 30 - time.perf_counter())))
            page.wait_for_timeout(800)
            painted = page.evaluate("() => window.painted")
            out, _ = listeners.communicate()
        first = {}
        for step, moment in painted:
            first.setdefault(step, moment / 1000)
        quantiles(
            "log() to the canvas of a page", [moment - logged[step] for step, moment in first.items() if step in logged]
        )
        came = json.loads(out)
        waits = [
            moment - logged[step] for one in came for step, moment in dict(reversed(one)).items() if step in logged
        ]
        quantiles("log() to ten receivers", waits)
        page.close()


def receivers(address: str, seconds: float) -> None:
    """Ten receivers in a process of their own; prints what came when."""

    async def all_of_them() -> list[list[tuple[float, float]]]:
        came: list[list[tuple[float, float]]] = [[] for _ in range(10)]
        await asyncio.gather(*(follow(address, one, seconds) for one in came))
        return came

    print(json.dumps(asyncio.run(all_of_them())))


def long_run(browser, rows: int) -> None:
    """A run of many rows: until its first panel stands, and how many frames a second it scrubs."""
    with tempfile.TemporaryDirectory() as folder, mla.Recorder(Path(folder) / "long.mla") as recorder:
        values = np.exp(-np.arange(rows) / rows * 5) + np.random.default_rng(0).normal(0, 0.02, rows)
        for step, value in enumerate(values.tolist()):
            recorder.log({"loss": value}, step=step)
        recorder.close()
        with serving(Path(folder)) as address:
            page = browser.new_page()
            page.goto(f"{address}/")
            began = time.perf_counter()
            page.goto(f"{address}/watch?run=long")
            page.wait_for_selector(".panel.ready")
            print(f"a run of {rows} rows opens in {time.perf_counter() - began:.2f} s")
            page.evaluate(PAINTED)
            page.evaluate(
                """async () => {
                  const at = document.getElementById("at");
                  for (let began = performance.now(), now = 0; now < 3000; now = performance.now() - began) {
                    at.value = Number(at.max) * now / 3000;
                    at.dispatchEvent(new Event("input"));
                    await new Promise(requestAnimationFrame);
                  }
                }"""
            )
            print(f"and scrubs at {len(page.evaluate('() => window.painted')) / 3:.0f} frames/s")
            page.close()


def full_list(browser, runs: int) -> None:
    """A folder of many runs: until its list stands, for the first time and for the second."""
    with tempfile.TemporaryDirectory() as folder:
        with mla.Recorder(Path(folder) / "run.mla") as recorder:
            for step in range(100):
                recorder.log({"loss": 1 / (step + 1)}, step=step)
        for index in range(runs - 1):
            shutil.copy(Path(folder) / "run.mla", Path(folder) / f"run{index}.mla")
        with serving(Path(folder)) as address:
            page = browser.new_page()
            page.goto(f"{address}/board")
            for which in ("first", "again"):
                began = time.perf_counter()
                page.goto(f"{address}/")
                page.wait_for_selector(".run")
                print(f"a list of {runs} runs stands in {time.perf_counter() - began:.2f} s ({which})")
            page.close()


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--peers", action="store_true", help="TensorBoard and Trackio too, on the same data")
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with sync_playwright() as playwright:
        path = os.environ.get("MLA_CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        latency(browser, given.seconds)
        full_list(browser, given.runs)
        long_run(browser, given.rows)
        if given.peers:
            from _studio_peers import tensorboard, trackio

            tensorboard(browser, given.rows, given.runs)
            trackio(browser, given.rows, given.runs)
        browser.close()


if __name__ == "__main__":
    main()
