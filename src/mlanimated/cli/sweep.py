"""The command sweep: a recipe or a learner over many values and seeds, on this machine or on a cluster; and train all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlanimated.cli.words import Steps, called, duration, size_of
from mlanimated.errors import MlaError

if TYPE_CHECKING:
    from mlanimated.scale.sweep import Sweep

__all__ = ["sweep_command", "train_all"]

_FOLDER = click.Path(path_type=Path)

SHOWN = 12
"""So many points are listed at the most."""


def _scale_options(folder: Path) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds what sweeps and `train all` have in common.

    Args:
        folder: Where the traces go by default.
    """
    options = (
        click.option("--seeds", type=click.IntRange(1), default=1, show_default=True, help="Each is run with so many."),
        click.option("-o", "--output", "folder", type=_FOLDER, default=folder, show_default=True, help="The folder."),
        click.option(
            "--on",
            default="processes",
            show_default=True,
            metavar="PLACE",
            help="processes of this machine; ray: a running Ray cluster, or one here; ray://HOST:10001 or HOST:6379: the one there.",
        ),
        click.option("--workers", type=click.IntRange(1), help="Runs at a time [default: as many as fit]."),
        click.option("--cpus", type=click.FloatRange(0.1), default=1.0, show_default=True, help="Cores of each run."),
        click.option("--gpus", type=click.FloatRange(0), default=0.0, help="GPUs of each run, on a cluster."),
        click.option("--memory", type=click.FloatRange(0), default=0.0, help="Gigabytes of each run, on a cluster."),
        click.option(
            "--retries", type=click.IntRange(0), default=2, show_default=True, help="Of a run whose worker was lost."
        ),
        click.option(
            "--checkpoint-seconds",
            type=click.FloatRange(0.1),
            default=30.0,
            show_default=True,
            help="How often each run keeps its state.",
        ),
    )

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for one in reversed(options):
            command = one(command)
        return command

    return decorate


@click.command("sweep")
@click.argument("name")
@click.option(
    "--grid", multiple=True, metavar="NAME=VALUE,VALUE,…", help="Every combination is run; may be given again."
)
@click.option(
    "--random", "ranges", multiple=True, metavar="NAME=LOW..HIGH", help="Values are drawn; may be given again."
)
@click.option("--samples", type=click.IntRange(0), default=0, help="How many places are drawn from --random.")
@click.option("--set", "fixed", multiple=True, metavar="NAME=VALUE", help="The same for all runs; may be given again.")
@click.option("--measure", default="", metavar="SERIES", help="What runs are compared by [default: loss, score, …].")
@click.option("--goal", type=click.Choice(("min", "max")), help="Which way is better [default: by the series' name].")
@_scale_options(Path("sweep"))
def sweep_command(
    name: str,
    grid: Sequence[str],
    ranges: Sequence[str],
    fixed: Sequence[str],
    measure: str,
    goal: str | None,
    **settings: Any,
) -> None:
    """Run a recipe or a learner over many values and seeds.

    NAME is a film (mla list) or a learner of mla train. The same command again runs what is missing: after ctrl-C, after a
    crash, or with more values and seeds.

    \b
      mla sweep gradient-descent --grid learning_rate=.0003,.1,.95 -o sweep/
      mla sweep sine-net --random learning_rate=.0001..1 --samples 20 --seeds 5
      mla sweep ppo --set game=pong --grid learning_rate=.001,.0003 --seeds 3 --on ray
      mla studio sweep/                 shows the runs live
      mla film sweep/ -o sweep.mp4      draws what came of it
    """  # noqa: D301
    from mlanimated.scale.parameters import grid_of, ranges_of, settings_of
    from mlanimated.scale.sweep import sweep

    done = _run(
        sweep, name, grid=grid_of(grid), ranges=ranges_of(ranges), fixed=settings_of(fixed), **_settings_for(settings)
    )
    _finish(done, measure, goal or "")


@click.command("train all")
@click.option("--learner", default="ppo", show_default=True, help="What learns: one that plays Atari games.")
@click.option("--steps", default=None, help="Steps of each, as 900k or 10M [default: the learner's own].")
@click.option("--set", "fixed", multiple=True, metavar="NAME=VALUE", help="The same for all; may be given again.")
@_scale_options(Path("runs"))
def train_all(learner: str, steps: str | None, fixed: Sequence[str], **settings: Any) -> None:
    """Train an agent on every Atari game, on this machine or on a cluster.

    The same command again trains what is missing, each game from where it stood.
    """
    from mlanimated.envs.atari import games
    from mlanimated.scale.parameters import settings_of
    from mlanimated.scale.sweep import sweep

    given: dict[str, Any] = dict(settings_of(fixed))
    if steps is not None:
        given["steps"] = Steps().convert(steps, None, None)
    _finish(_run(sweep, learner, grid={"game": tuple(games())}, fixed=given, **_settings_for(settings)))


def _settings_for(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the options that sweeps have in common as `sweep` takes them."""
    from mlanimated.scale.task import Wants

    kept = {name: settings[name] for name in settings if name not in {"cpus", "gpus", "memory"}}
    wants = Wants(cpus=settings["cpus"], gpus=settings["gpus"], memory=int(settings["memory"] * 1e9))
    return {**kept, "wants": wants, "watch": True, "tell": _tell}


def _tell(text: str) -> None:
    click.echo(text, err=True)


def _run(sweep: Callable[..., Sweep], name: str, **settings: Any) -> Sweep:
    """Run a sweep; ctrl-C says how it goes on."""
    try:
        return sweep(name, **settings)
    except KeyboardInterrupt:
        click.echo(f"\nStopped; all is kept in {settings['folder']}. The same command goes on.", err=True)
        raise


def _finish(done: Sweep, measure: str = "", goal: str = "") -> None:
    """Say what came of a sweep.

    Raises:
        MlaError: Some runs failed; the rest is told before.
    """
    whole, failed = done.done, done.failed
    if whole:
        _tell_results(done, measure, goal)
    outcomes = [run.outcome for run in whole if run.outcome is not None]
    cost = f"{duration(sum(one.cpu_seconds for one in outcomes))} of one core, {sum(one.bytes for one in outcomes) / 1e6:.1f} MB"
    click.echo(f"{len(whole)} of {len(done.runs)} runs are whole in {done.folder} ({cost}).")
    if whole:
        click.echo(
            f"{called()} film {done.folder} -o sweep.mp4 draws them; {called()} studio {done.folder} shows them."
        )
    for run in failed[:1]:
        first = run.outcome
        assert first is not None
        more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
        raise MlaError(f"{run.name}{more} failed ({first.error.rstrip('.')}); the same command tries again.")


def _tell_results(done: Sweep, measure: str, goal: str) -> None:
    """Print a table of the points, the best first."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    by = done.measure(measure, goal)
    results = done.results(by)
    many = len({run.task.run for run in done.done}) > 1
    names = done.parameters
    table = Table(*names, box=SIMPLE_HEAD, pad_edge=False)
    if many:
        table.add_column("Run")
    table.add_column(f"{by.series} at the end", justify="right")
    table.add_column("from … to", justify="right")
    table.add_column("Seeds", justify="right")
    for point, runs, values in results[:SHOWN]:
        cells = [_plain(point.get(name, "")) for name in names]
        span = f"{_number(min(values))} … {_number(max(values))}" if len(values) > 1 else ""
        run = [runs[0].task.run] if many else []
        table.add_row(*cells, *run, _number(sum(values) / len(values)), span, str(len(values)))
    console = Console()
    if not console.is_terminal:
        console.width = 200
    console.print(table)
    if len(results) > SHOWN:
        click.echo(f"… and {len(results) - SHOWN} more.")
    best = done.best(measure, goal)
    click.echo(f"Best: {best.path} ({size_of(best.path)}); {by.better}.")


def _plain(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    return f"{value:.4g}".replace("-", "−", 1) if value < 0 else f"{value:.4g}"
