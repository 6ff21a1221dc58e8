"""What it costs to watch a PyTorch training: a model of a million weights with and without `mla.record.torch.watch`, in turn.

    python benchmarks/watching.py          # must reach: 10% of the training's own processor time at the most

Every step its norms and histograms are recorded, and snapshots as a budget of 64 MB allows. Both trainings take turns in blocks of 20
steps, so that a machine that has other things to do troubles both alike; the ratio of the medians counts.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import torch

import mlanimated as mla

BLOCK, BLOCKS, BATCH = 20, 15, 256
MOST = 0.10


def model() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(784, 800), torch.nn.ReLU(), torch.nn.Linear(800, 450), torch.nn.ReLU(), torch.nn.Linear(450, 10)
    )


def main() -> None:
    torch.set_num_threads(1)
    x, y = torch.randn(BATCH, 784), torch.randint(0, 10, (BATCH,))
    sides = []
    with tempfile.TemporaryDirectory() as folder:
        for watched in (False, True):
            net, criterion = model(), torch.nn.CrossEntropyLoss()
            optimizer = torch.optim.Adam(net.parameters())
            path = Path(folder) / "mine.mla"
            watching = (
                mla.record.torch.watch(net, optimizer, path, loss=criterion, steps=BLOCK * BLOCKS) if watched else None
            )
            sides.append((net, criterion, optimizer, watching, []))
        for _ in range(BLOCKS):
            for net, criterion, optimizer, _, seconds in sides:
                began = time.process_time()  # the recorder's own thread counts too
                for _ in range(BLOCK):
                    optimizer.zero_grad()
                    criterion(net(x), y).backward()
                    optimizer.step()
                seconds.append((time.process_time() - began) / BLOCK)
        sides[1][3].close()
        size = path.stat().st_size / 2**20
    plain, watched = (statistics.median(side[4]) for side in sides)
    weights = sum(weight.numel() for weight in sides[0][0].parameters())
    print(
        f"{weights} weights, batch {BATCH}: {1000 * plain:.1f} ms a step, watched {1000 * watched:.1f} ms; the file has {size:.0f} MB"
    )
    print(
        f"watching costs {watched / plain - 1:.1%}; at most {MOST:.0%}: {'held' if watched / plain - 1 <= MOST else 'NOT held'}"
    )


if __name__ == "__main__":
    main()
