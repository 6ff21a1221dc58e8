"""A training in a process of its own: python training.py FILE. Prints what happens to it."""

from __future__ import annotations

import sys
import time

from mlanimated.trace import Recorder, Stopped


def main(path: str) -> None:
    """Count up, by a rate that viewers may change, until stopped."""
    with Recorder(path, resume=True) as recorder:
        rate = recorder.control("rate", 1.0, minimum=0.0, maximum=10.0)
        step, total = recorder.resumed.state if recorder.resumed is not None else (0, 0.0)
        print("from", step, total, flush=True)
        try:
            while True:
                step += 1
                total += rate.value
                recorder.log({"total": total, "rate": rate.value}, step=step)
                recorder.tick(step, state=lambda step=step, total=total: (step, total))
                time.sleep(0.001)
        except Stopped as stopped:
            print("stopped", stopped.step, total, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
