"""What it costs to watch a PyTorch training: a model of a million weights with and without `mla.record.torch.watch`, in turn.

    python benchmarks/watching.py          # must reach: 10% of the training's own processor time at the most

Every step its norms and histograms are recorded, and snapshots as a budget of 64 MB allows: 16, whatever the length, so that they weigh
most in the shortest training. Whole trainings of both kinds take turns, and of each kind the one counts that a machine with other things
to do has troubled least. Two figures: processor time of the training's own thread, which is what the training waits for where a second
core is free, and of all threads until the file is closed, which is what it waits for where none is.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import torch

import mlanimated as mla

LENGTHS = {300: 4, 3000: 2}  # steps: how many trainings of each kind
BATCH = 256
MOST = 0.10


def model() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(784, 800), torch.nn.ReLU(), torch.nn.Linear(800, 450), torch.nn.ReLU(), torch.nn.Linear(450, 10)
    )


def train(path: Path | None, steps: int) -> tuple[float, float]:
    """Return the processor seconds of a training, recorded to a file or not: of its own thread, and of all."""
    net, criterion = model(), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(net.parameters())
    x, y = torch.randn(BATCH, 784), torch.randint(0, 10, (BATCH,))
    own, every = time.thread_time(), time.process_time()
    watching = path and mla.record.torch.watch(net, optimizer, path, loss=criterion, steps=steps)
    for _ in range(steps):
        optimizer.zero_grad()
        criterion(net(x), y).backward()
        optimizer.step()
    if watching:
        watching.close()
    return time.thread_time() - own, time.process_time() - every


def main() -> None:
    torch.set_num_threads(1)
    print(f"{sum(weight.numel() for weight in model().parameters())} weights, batch {BATCH}; milliseconds a step")
    with tempfile.TemporaryDirectory() as folder:
        train(Path(folder) / "warm.mla", 10)
        for steps, rounds in LENGTHS.items():
            seconds: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
            for turn in range(rounds):
                path = Path(folder) / f"{steps}-{turn}.mla"
                seconds[False].append(train(None, steps))
                seconds[True].append(train(path, steps))
            plain, watched = ([min(column) for column in zip(*seconds[kind], strict=True)] for kind in (False, True))
            costs = [after / before - 1 for before, after in zip(plain, watched, strict=True)]
            print(
                f"{steps} steps: {1000 * plain[1] / steps:.2f}; watched {1000 * watched[1] / steps:.2f}, the file has "
                f"{path.stat().st_size / 2**20:.0f} MB; costs {costs[0]:.1%} of its own thread, {costs[1]:.1%} of all threads; "
                f"at most {MOST:.0%}: {'held' if costs[1] <= MOST else 'NOT held'}"
            )


if __name__ == "__main__":
    main()
