from __future__ import annotations

import click
import msgspec
import pytest
from click.testing import CliRunner

from mlanimated.cli.words import Setting
from mlanimated.learn.arguments import describe


class Args(msgspec.Struct, frozen=True, kw_only=True):
    """What a command of the test takes."""

    point_ends: bool = False
    steps: int = 3


@pytest.mark.parametrize(
    ("words", "given"),
    [
        ("", {"point_ends": None, "steps": None}),
        ("--point-ends", {"point_ends": "true", "steps": None}),
        ("--point-ends --steps 5", {"point_ends": "true", "steps": "5"}),
        ("--steps 5 --point-ends", {"point_ends": "true", "steps": "5"}),
        ("--point-ends false --steps 5", {"point_ends": "false", "steps": "5"}),
        ("--point-ends=no", {"point_ends": "no", "steps": None}),
    ],
)
def test_a_truth_needs_no_word(words: str, given: dict[str, str | None]) -> None:
    got = dict[str, str | None]()
    command = click.Command("x", callback=got.update, params=[Setting(argument) for argument in describe(Args)])
    said = CliRunner().invoke(command, words.split())
    assert said.exit_code == 0, said.output
    assert got == given


def test_a_number_needs_its_word() -> None:
    command = click.Command("x", params=[Setting(argument) for argument in describe(Args)])
    said = CliRunner().invoke(command, ["--steps"])
    assert said.exit_code == 2
    assert "'--steps' requires an argument" in said.output
