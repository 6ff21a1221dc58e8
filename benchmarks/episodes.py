"""What it costs to record the games of CartPole-v1: not at all, as text that is played again, and as pictures of every step.

    python benchmarks/episodes.py          # must reach: 10% of the environment's own processor time at the most

All take turns in blocks, so that a machine that has other things to do troubles all alike; the medians count. Gymnasium's own wrapper that
does nothing stands beside them.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import gymnasium
import numpy as np

import mlanimated as mla

BLOCK, BLOCKS = 2000, 60
MOST = 0.10


def block(env: gymnasium.Env, steps: int) -> float:
    """Play so many steps and return microseconds a step."""
    actions = np.random.default_rng(0).integers(0, 2, steps).tolist()
    began = time.process_time()  # the recorder's own thread counts too
    for action in actions:
        told = env.step(action)
        if told[2] or told[3]:
            env.reset()
    return 1e6 * (time.process_time() - began) / steps


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        record = mla.record.gymnasium.Record
        painted = gymnasium.make("CartPole-v1", render_mode="rgb_array")
        sides = {
            "not recorded": gymnasium.make("CartPole-v1"),
            "an empty wrapper": gymnasium.Wrapper(gymnasium.make("CartPole-v1")),
            "recorded": record(gymnasium.make("CartPole-v1"), Path(folder) / "games.mla"),
            "pictures": record(painted, Path(folder) / "pictures.mla", pictures=True, episodes=lambda _: True),
        }
        taken: dict[str, list[float]] = {name: [] for name in sides}
        for env in sides.values():
            env.reset(seed=0)
        for number in range(BLOCKS):
            for name, env in sides.items():
                if name != "pictures" or number < 2:
                    taken[name].append(block(env, BLOCK if name != "pictures" else 100))
        for env in sides.values():
            env.close()
        size = (Path(folder) / "games.mla").stat().st_size / (BLOCK * BLOCKS)
    plain = statistics.median(taken["not recorded"])
    for name, seen in taken.items():
        print(
            f"{name:>18}: {statistics.median(seen):8.2f} µs a step, {statistics.median(seen) / plain:7.2f} of not recorded"
        )
    more = statistics.median(taken["recorded"]) / plain - 1
    print(
        f"recording costs {more:.1%} and {size:.2f} bytes a step; at most {MOST:.0%}: {'held' if more <= MOST else 'NOT held'}"
    )


if __name__ == "__main__":
    main()
