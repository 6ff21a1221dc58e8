"""The command trace: recordings of others brought in."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["trace_group"]


@click.group("trace")
def trace_group() -> None:
    """Bring recordings of others into traces."""


@trace_group.command("from-tensorboard")
@click.argument("source", type=click.Path(path_type=Path), metavar="LOGS")
@click.argument("target", type=click.Path(path_type=Path), default=Path("runs"), metavar="[OUT]")
@click.option("--follow", is_flag=True, help="Go on with what is written later, until ctrl-C.")
@click.option("--overwrite", is_flag=True, help="Replace traces that are there.")
def from_tensorboard(source: Path, target: Path, *, follow: bool, overwrite: bool) -> None:
    """Bring TensorBoard's event files into traces: numbers, histograms, pictures, texts, with their steps and times.

    LOGS is the folder that TensorBoard is given; each folder within that has event files is a run. OUT is the folder of the traces, runs by
    default, or with one run a path that ends in .mla.
    """
    from mlanimated.record.tensorboard import import_events

    import_events(source, target, overwrite=overwrite, follow=follow, tell=click.echo)


@trace_group.command("from-checkpoints")
@click.argument("source", type=click.Path(path_type=Path), metavar="FOLDER")
@click.option("-o", "--output", "target", type=click.Path(path_type=Path), help="The .mla file; else runs/FOLDER.mla.")
@click.option(
    "--budget",
    type=click.IntRange(min=0),
    default=64,
    show_default=True,
    help="Megabytes for snapshots of all weights.",
)
@click.option("--overwrite", is_flag=True, help="Replace a trace that is there.")
def from_checkpoints(source: Path, target: Path | None, *, budget: int, overwrite: bool) -> None:
    """Bring checkpoints of PyTorch's into a trace: how the weights moved, without training again.

    FOLDER holds files of torch.save (.pt, .pth, .ckpt, .bin) or of safetensors, each with the number of its step or epoch in its name. They
    are read as plain tensors: nothing in them can run.
    """
    from mlanimated.record.checkpoints import import_checkpoints

    import_checkpoints(source, target, budget=budget * 2**20, overwrite=overwrite, tell=click.echo)
