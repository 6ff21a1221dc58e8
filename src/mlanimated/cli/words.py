"""What the commands share: how options are written, how times and sizes are said."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mlanimated.learn.arguments import Argument

__all__ = ["Setting", "Steps", "called", "dashed", "duration", "option", "size_of"]


THOUSANDS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}


class Steps(click.ParamType):  # pyright: ignore[reportMissingTypeArgument]
    """A number of steps, as 900000, 900k or 10M."""

    name = "steps"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the number."""
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([kKmMgG]?)", str(value).replace(",", "").replace("_", ""))
        if match is None:
            self.fail(f"{value!r} is no number of steps; write it as 900000, 900k or 10M.", param, ctx)
        return round(float(match[1]) * THOUSANDS[match[2].lower()])


def dashed(word: str) -> str:
    """Return an option as it is listed: --learning_rate is --learning-rate."""
    return word.replace("_", "-")


def called() -> str:
    """Return how the command was called, for lines that a person may copy: scripts/mla names itself here."""
    return os.environ.get("MLA_COMMAND") or "mla"


class Setting(click.Option):
    """An argument of a recipe as an option. Its text goes on as it is: the recipe checks it, here as in Python."""

    def __init__(self, argument: Argument) -> None:
        self.argument = argument
        told = [
            argument.description,
            f"({argument.allowed})" if argument.allowed else "",
            f"[default: {argument.default}]",
        ]
        alone: dict[str, Any] = {"is_flag": False, "flag_value": "true"} if argument.type is bool else {}
        super().__init__(
            [f"--{argument.name.replace('_', '-')}", argument.name],
            type=click.UNPROCESSED,
            metavar={float: "NUMBER", int: "COUNT", bool: "[TRUE|FALSE]"}.get(argument.type, "TEXT"),
            **alone,
            help=" ".join(part for part in told if part),
        )


def option(names: str, metavar: str | None, text: str, kind: Any, **settings: Any) -> click.Option:
    """Return an option of a film."""
    return click.Option(names.split(), type=kind, metavar=metavar, help=text, **settings)


def duration(seconds: float) -> str:
    """Return a time as a person says it: 2.1 s, 48 s, 3 min."""
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def size_of(path: Path) -> str:
    """Return the size of a file: 312 kB, 1.4 MB."""
    size = path.stat().st_size
    return f"{size / 1000:.0f} kB" if size < 1e6 else f"{size / 1e6:.1f} MB"
