"""The command `mla`: film, list, redo, train, sweep, watch, evaluate, studio, trace.

Libraries are loaded by the command that needs them: `mla --help` loads click alone.
"""

from __future__ import annotations

import io
import os
import re
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import click

import mlanimated
from mlanimated.cli.agents import evaluate_agent, train_group
from mlanimated.cli.book import film_tour, open_book
from mlanimated.cli.films import film_group, list_films, redo_film
from mlanimated.cli.machine import clean_caches, diagnose
from mlanimated.cli.studio import open_studio
from mlanimated.cli.sweep import sweep_command
from mlanimated.cli.trace import trace_group
from mlanimated.cli.watch import watch_group
from mlanimated.cli.words import Setting, dashed
from mlanimated.errors import MlaError, did_you_mean
from mlanimated.plugins import PluginWarning

__all__ = ["main", "mla"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status.

    Args:
        arguments: What follows `mla`; None takes it from the command line.

    Returns:
        0; 2 for a mistake that the user can mend, said in one line; 130 when interrupted. Anything else that goes
        wrong is a mistake of ours and shows its traceback.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console without a minus sign of its own shows a question mark
    words = None if arguments is None else list(arguments)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _told(warnings.showwarning)
            status: Any = mla.main(words, prog_name="mla", standalone_mode=False, obj=time.perf_counter())
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except (click.ClickException, MlaError) as error:
        click.echo(f"mla: {_one_line(error)}", err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:  # who reads has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status if isinstance(status, int) else 0


def _told(shown: Callable[..., None]) -> Callable[..., None]:
    """Return what shows warnings: of another package's plugin in one line, all others as before."""

    def show(message: Warning | str, category: type[Warning], *place: Any) -> None:
        if issubclass(category, PluginWarning):
            click.echo(f"mla: {message}", err=True)
        else:
            shown(message, category, *place)

    return show


def _one_line(error: click.ClickException | MlaError) -> str:
    """Return a mistake as one line that says what would have done."""
    if isinstance(error, MlaError):
        return str(error)
    if not isinstance(error, click.NoSuchOption) or error.ctx is None:
        return error.format_message()
    options = {name: option for option in error.ctx.command.params for name in option.opts if name.startswith("--")}
    meant = did_you_mean(error.option_name, options)
    match = re.search(r"Did you mean '(.+?)'", meant)
    option = options[match[1]] if match else None
    range_of = (
        f" It must be {option.argument.allowed}." if isinstance(option, Setting) and option.argument.allowed else ""
    )
    return f"There is no option {error.option_name}.{meant}{range_of}"


@click.group(
    context_settings={
        "help_option_names": ["-h", "--help"],
        "token_normalize_func": dashed,
        "max_content_width": 100,
    }
)
@click.version_option(mlanimated.__version__, "-V", "--version", message="mlanimated %(version)s")
def mla() -> None:
    """Watch a machine learn.

    \b
      mla film gradient-descent
      mla film gradient-descent --learning-rate 0.95 --theme dark -o ball.gif
      mla film runs/mine.mla -o mine.mp4
      mla train pong
      mla watch pong
      mla list
    """  # noqa: D301  (click wants the control character, which keeps lines apart)


for _command in (
    film_group,
    train_group,
    sweep_command,
    watch_group,
    evaluate_agent,
    open_studio,
    open_book,
    film_tour,
    trace_group,
    list_films,
    redo_film,
    diagnose,
    clean_caches,
):
    mla.add_command(_command)
