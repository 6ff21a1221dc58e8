"""The commands film, list and redo. Every recipe is a command of its own below `mla film`; so is every recording."""

from __future__ import annotations

import math
import re
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import mlanimated
from mlanimated.cli.agents import list_atari
from mlanimated.cli.words import Setting, called, dashed, duration, option, size_of
from mlanimated.errors import MlaError

if TYPE_CHECKING:
    from mlanimated.projector.film import Film
    from mlanimated.recipes import Recipe

__all__ = ["film_group", "list_films", "recipe_command", "redo_film"]

FOLDER = Path("films")
"""Where a film goes when no file is named, in the working folder."""

TRACE = ".mla"
"""The suffix that tells a recording from the name of a film."""

_FILE = click.Path(path_type=Path)


class Size(click.ParamType):  # pyright: ignore[reportMissingTypeArgument]
    """Width and height in pixels, as 1280x720."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Read the two numbers."""
        if isinstance(value, tuple):
            return value  # pyright: ignore[reportUnknownVariableType]
        match = re.fullmatch(r"(\d{1,5})[x×](\d{1,5})", value.strip().lower())
        if match is None or not (16 <= int(match[1]) <= 7680 and 16 <= int(match[2]) <= 7680):
            self.fail(
                f"{value!r} is no size; write width and height in pixels, 16 to 7680 each, as in 1280x720.", param, ctx
            )
        return int(match[1]), int(match[2])


class Moments(click.ParamType):  # pyright: ignore[reportMissingTypeArgument]
    """Seconds of the film, one or several: 2.5 or 0,2.5,end."""

    name = "moments"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """Read the numbers."""
        if isinstance(value, tuple):
            return value  # pyright: ignore[reportUnknownVariableType]
        try:
            return tuple(math.inf if part.strip() == "end" else float(part) for part in value.split(","))
        except ValueError:
            self.fail(
                f"{value!r} is no moment; write seconds of the film, as in 2.5 or end, or several as in 0,2.5,end.",
                param,
                ctx,
            )


class Films(click.Group):
    """`mla film`: a command for each recipe, and one for each recording."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the recipes in the order of the book."""
        del ctx
        from mlanimated.recipes import everything

        return [recipe.name for recipe in everything()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command that films a recipe or a recording."""
        del ctx
        if cmd_name.endswith(TRACE):
            return _trace_command(cmd_name)
        if Path(cmd_name).is_dir():
            return _sweep_command(cmd_name)
        if Path(cmd_name).suffix and Path(cmd_name).exists():
            raise MlaError(
                f"{cmd_name} is no recording: they end in {TRACE}. A film is made again with: mla redo {cmd_name}"
            )
        from mlanimated.recipes import find

        return recipe_command(find(dashed(cmd_name)))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let the film's name stand behind options too."""
        if args and args[0].startswith("-") and not set(args) <= set(ctx.help_option_names):
            names = self.list_commands(ctx)
            for index, word in enumerate(args):
                of_option = args[index - 1] in {"-o", "--output", "--keep-trace"}
                if not of_option and (word in names or word.endswith(TRACE) or Path(word).is_dir()):
                    args = [word, *args[:index], *args[index + 1 :]]
                    break
            else:
                raise MlaError(
                    f"Which film? {called()} list shows all, as in: {called()} film {names[0]} {' '.join(args)}"
                )
        if not args:
            raise MlaError(f"Which film? {called()} list shows all, as in: {called()} film gradient-descent")
        return super().parse_args(ctx, args)


@click.group("film", cls=Films, subcommand_metavar="NAME|RECORDING.mla|SWEEP [OPTIONS]")
def film_group() -> None:
    """Train and write the film, or write the film of a recording or of a sweep's folder.

    `mla film NAME --help` shows what can be changed in a film.
    """


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with every argument.")
@click.option("--atari", is_flag=True, help="Atari games in place of films: which have a trained agent, its score.")
def list_films(*, as_json: bool, atari: bool) -> None:
    """Show every film: name, chapter, one line, how long it takes; or every Atari game."""
    if atari:
        list_atari(as_json=as_json)
        return
    from mlanimated.recipes import everything

    if as_json:
        import json

        click.echo(json.dumps([recipe.card() for recipe in everything()], indent=2, ensure_ascii=False))
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table("Film", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Chapter", justify="right")
    table.add_column("What it shows")
    table.add_column("Takes", justify="right")
    for recipe in everything():
        extra = f" (needs the extra {recipe.extra})" if recipe.extra else ""
        table.add_row(recipe.name, str(recipe.chapter), recipe.summary + extra, duration(recipe.seconds))
    console = Console()
    if not console.is_terminal:
        console.width = 200  # a pipe gets one line a film
    console.print(table)
    click.echo(f"{called()} film NAME makes one; {called()} film NAME --help shows what can be changed in it.")


@click.command("redo")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Where it goes [default: beside FILE]."
)
@click.pass_obj
def redo_film(began: float, file: Path, output: Path | None) -> None:
    """Make a film again from what its file says of how it was made."""
    written = mlanimated.redo(file, output)
    click.echo(f"Written to {written} ({size_of(written)}, made in {duration(time.perf_counter() - began)}).")


def recipe_command(recipe: Recipe, fixed: Mapping[str, str] | None = None, words: str = "") -> click.Command:
    """Return the command that films a recipe: its own arguments first, then what all films have in common.

    Args:
        recipe: The recipe.
        fixed: Arguments that are no options, with their values.
        words: How the command is called, where it is not "film NAME": its file is named so too.
    """
    from mlanimated.learn.arguments import describe

    given = dict(fixed or {})
    settings = [Setting(argument) for argument in describe(recipe.arguments) if argument.name not in given]
    names = [setting.argument.name for setting in settings]
    words = words or f"film {recipe.name}"

    def run(keep_trace: Path | None, **values: Any) -> None:
        chosen = {name: value for name in names if (value := values.pop(name)) is not None}
        if values.pop("seed", None) is not None:
            raise MlaError(f"{recipe.name} draws nothing at random: it has no seed, and every run of it is the same.")
        stem = "-".join(Path(word).name for word in shlex.split(words.removeprefix("film ")))
        take = Take(stem, keep_trace, **values)
        take.write(
            recipe.make(keep=keep_trace, **given, **chosen), f"{words}{_given(chosen)}{_variation(settings, chosen)}"
        )

    own: list[click.Parameter] = [
        *settings,
        *([] if "seed" in names else [click.Option(["--seed"], hidden=True)]),
        option("--keep-trace", "FILE.mla", "Keep the recording.", _FILE),
    ]
    return _command(recipe.name, run, recipe.summary, own)


def _trace_command(name: str) -> click.Command:
    """Return the command that films a recording."""

    def run(**values: Any) -> None:
        take = Take(Path(name).stem, None, **values)
        take.write(mlanimated.film(Path(name)), f"film {name} --theme dark")

    return _command(name, run, "Write the film of a recording: a scene laid out from what it holds.", [])


def _sweep_command(name: str) -> click.Command:
    """Return the command that films a sweep."""

    def run(measure: str, goal: str | None, by: str, best: bool, **values: Any) -> None:
        from mlanimated.scale.drawing import best_film, sweep_film
        from mlanimated.scale.sweep import Sweep

        done = Sweep(name)
        take = Take(Path(name).resolve().name, None, **values)
        if best:
            take.write(best_film(done, series=measure, goal=goal or ""), f"film {name} --best --theme dark")
        else:
            take.write(sweep_film(done, series=measure, goal=goal or "", by=by), f"film {name} --best")

    own = [
        option("--measure", "SERIES", "What runs are compared by [default: loss, score, …].", click.STRING, default=""),
        option("--goal", None, "Which way is better [default: by the series' name].", click.Choice(("min", "max"))),
        option("--by", "PARAMETER", "What results are drawn over [default: the first].", click.STRING, default=""),
        click.Option(["--best"], is_flag=True, help="The best run's own film."),
    ]
    return _command(name, run, "Write the film of a sweep: every run on one clock, and what came of each value.", own)


def _command(name: str, run: Callable[..., None], summary: str, own: Sequence[click.Parameter]) -> click.Command:
    """Return a command with options of its own, and those that all films have in common."""
    formats = ".mp4 .webm .gif .webp .png .svg .html .vtt"
    common = [
        option("-o --output", "FILE", f"Where it goes: {formats} [default: {FOLDER / 'NAME.mp4'}].", _FILE),
        option(
            "--theme", None, "Colours [default: light; a page follows its reader].", click.Choice(("light", "dark"))
        ),
        option("--size", "WxH", "In pixels; another shape than 16:9 is laid out anew [default: 1280x720].", Size()),
        option(
            "--fps",
            "NUMBER",
            "Frames a second [default: the film's own, 25 or 30; 25 for .gif and .webp].",
            click.FLOAT,
        ),
        option(
            "--seconds",
            "NUMBER",
            "Length of the film; what is said must be readable [default: as the training needs].",
            click.FLOAT,
        ),
        option("--at", "SECONDS,...", "A picture of this moment, or a strip of several; end is the last.", Moments()),
        option("--quality", None, "Time against fineness.", click.Choice(("draft", "good", "best")), default="good"),
        option("--processes", "COUNT", "How many paint; the film is the same, and sooner done.", click.INT, default=1),
        click.Option(["--captions"], is_flag=True, help="Write the captions beside it too, as WebVTT (.vtt)."),
        click.Option(["--open/--no-open", "show"], default=False, help="Show it when it is done."),
    ]
    return click.Command(name, callback=run, params=[*own, *common], help=summary, short_help=summary)


@dataclass(frozen=True)
class Take:
    """What a film is written as. Made before the training, so that a mistake costs no time."""

    name: str
    keep_trace: Path | None
    output: Path | None
    theme: str | None
    size: tuple[int, int] | None
    fps: float | None
    seconds: float | None
    at: tuple[float, ...] | None
    quality: str
    processes: int
    captions: bool
    show: bool

    def __post_init__(self) -> None:
        from mlanimated.projector.save import check

        # The folder of films is made when there is something to put into it.
        path = self.path if self.output or FOLDER.exists() else Path(self.path.name)
        at = None if self.at is None else tuple(0.0 if moment == math.inf else moment for moment in self.at)
        check(path, fps=self.fps, size=self.size, at=at, processes=self.processes)
        if self.seconds is not None and not 0 < self.seconds <= 3600:
            raise MlaError(f"A film of {self.seconds:g} s is not possible; above 0 and at most 3600 is.")
        if self.keep_trace is not None:
            if self.keep_trace.suffix != TRACE:
                raise MlaError(f"A recording ends in {TRACE}, as in {self.keep_trace.with_suffix(TRACE)}.")
            if not self.keep_trace.parent.is_dir():
                raise MlaError(f"There is no folder {self.keep_trace.parent} to keep the recording in; make it first.")

    @property
    def path(self) -> Path:
        """Where it goes."""
        return self.output or FOLDER / f"{self.name}.{'png' if self.at else 'mp4'}"

    def write(self, film: Film, another: str) -> None:
        """Write the film, say where it is, and how to make another."""
        if self.output is None:
            FOLDER.mkdir(exist_ok=True)
        if self.size is not None:
            film = film.shaped(*self.size)
        if self.seconds is not None:
            film = film.lasting(self.seconds)
        at = None if self.at is None else tuple(film.seconds if moment == math.inf else moment for moment in self.at)
        film.save(
            self.path,
            theme=self.theme,
            size=self.size,
            fps=self.fps,
            at=at,
            quality=self.quality,
            processes=self.processes,
        )
        width, height = self.size or (round(film.width), round(film.height))
        length = "" if self.path.suffix in {".png", ".svg"} else f"{film.seconds:.1f} s, "
        took = duration(time.perf_counter() - click.get_current_context().obj)
        click.echo(f"Written to {self.path} ({length}{width}x{height}, {size_of(self.path)}, made in {took}).")
        if self.captions:
            click.echo(f"Captions in {film.save(self.path.with_suffix('.vtt'))}")
        if self.keep_trace is not None:
            from mlanimated.recipes.recipe import kept

            for run in film.runs:
                click.echo(f"Recording kept in {kept(self.keep_trace, run)}")
        click.echo(f"Another: {called()} {another} -o another{self.path.suffix}")
        if self.show:
            click.launch(str(self.path))


def _given(chosen: dict[str, Any]) -> str:
    """Return the options that were given, as they are typed."""
    return "".join(f" --{dashed(name)} {shlex.quote(str(value))}" for name, value in chosen.items())


def _variation(settings: Sequence[Setting], chosen: dict[str, Any]) -> str:
    """Return one option that would change the film and was not given."""
    for setting in settings:
        argument = setting.argument
        if argument.name in chosen or argument.name == "seed":
            continue
        if argument.choices:
            others: list[Any] = [choice for choice in argument.choices if choice != argument.default]
        elif argument.type in {int, float} and argument.default:
            others = [argument.type(argument.default * factor) for factor in (3, 0.5)]
        else:
            continue
        for other in others:
            try:
                argument.parse(other)
            except MlaError:
                continue
            return f" --{argument.name.replace('_', '-')} {other if isinstance(other, str) else f'{other:g}'}"
    return " --theme dark"
