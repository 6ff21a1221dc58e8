"""Records in forked processes and kills them at random moments: python victim.py FOLDER KILLS [large].

Of large rows the recorder rewrites its file with larger pages when it first writes some; then they are killed around that moment.
Prints a line for each: path, the moment of its first row and the moment of the kill, on the system's monotonic clock.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np

from mlanimated.trace import Recorder

AT_ONCE = 5


def record(path: Path, ready: int, large: bool) -> None:
    """Log rows that carry the moment at which they were logged, until killed."""
    recorder = Recorder(path, budget=100_000_000 if large else 300_000)
    recorder.log({"row": 0, "moment": time.monotonic()}, step=0)
    os.write(ready, b"!")
    weights = np.zeros((20, 1000 if large else 10))
    row = 0
    while True:
        row += 1
        weights += 0.1
        recorder.log({"row": row, "moment": time.monotonic(), "note": f"row {row}"}, step=row)
        if row % 10 == 0 and (not large or row % 100 == 10):
            recorder.log({"weights": weights}, step=row)
            recorder.tick(row, state=lambda row=row: {"row": row})
        time.sleep(0.0005)


def main(folder: Path, kills: int, large: bool) -> None:
    """Fork, wait, kill, `kills` times, some at once."""
    moments = random.Random(0)
    for first in range(0, kills, AT_ONCE):
        victims: list[tuple[float, float, int, Path]] = []
        for number in range(first, min(first + AT_ONCE, kills)):
            path = folder / f"{number}.mla"
            read, write = os.pipe()
            process = os.fork()
            if not process:
                record(path, write, large)
            os.read(read, 1)
            begun = time.monotonic()
            after = moments.uniform(0.1, 0.3) if large else moments.uniform(0.0, 1.4)
            victims.append((begun + after, begun, process, path))
        for moment, begun, process, path in sorted(victims):
            time.sleep(max(0.0, moment - time.monotonic()))
            killed = time.monotonic()
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            print(path, begun, killed, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), large=sys.argv[3:] == ["large"])
