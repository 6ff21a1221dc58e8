"""The commands train and evaluate, and the list of Atari games."""

from __future__ import annotations

import shlex
import signal
from pathlib import Path
from typing import Any

import click

from mlanimated.cli.words import Setting, Steps, called, duration
from mlanimated.errors import MlaError

__all__ = ["evaluate_agent", "list_atari", "train_group"]

RUNS = Path("runs")
"""Where trainings are kept, in the working folder."""


class Games(click.Group):
    """`mla train`: a command for each game, with the options of the learner that is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every game."""
        del ctx
        from mlanimated.envs.atari import games

        return list(games())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Return the command that trains on a game, or on all of them."""
        if cmd_name == "all":
            from mlanimated.cli.sweep import train_all

            return train_all
        return _train_command(cmd_name, ctx.meta.get("learner"))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Find out the learner first: the options are its arguments."""
        for index, word in enumerate(args):
            if word == "--learner" and index + 1 < len(args):
                ctx.meta["learner"] = args[index + 1]
            elif word.startswith("--learner="):
                ctx.meta["learner"] = word.partition("=")[2]
        if not args or args[0].startswith("-"):
            if set(args) & set(ctx.help_option_names):
                return super().parse_args(ctx, args)
            raise MlaError(f"Which game? {called()} list --atari shows all, as in: {called()} train pong")
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Leave a hundred games out of the help."""


@click.command("train", cls=Games, subcommand_metavar="GAME [OPTIONS]")
def train_group() -> None:
    """Train an agent on any Atari game, on connect-four or tic-tac-toe, or on all Atari games (mla train all --help).

    Trace, checkpoint and agent are kept in runs/; ctrl-C keeps them too, and --resume goes on. `mla train pong --help` shows what can
    be changed.
    """


@click.command("evaluate")
@click.argument("name")
@click.option("--games", type=click.IntRange(1, 100_000), default=100, show_default=True, help="Full games.")
@click.option("--sticky", type=click.FloatRange(0, 0.99), default=0.0, help="Chance that a frame repeats the action.")
@click.option("--noops", type=click.IntRange(0, 100), default=30, show_default=True, help="Idle frames at the most.")
@click.option("--seed", type=click.IntRange(0), default=1_000_000, show_default=True, help="Draws the games.")
def evaluate_agent(name: str, games: int, sticky: float, noops: int, seed: int) -> None:
    """Let a trained agent play full games, always its best action, and say its true score; of a board game, from both seats.

    NAME is an agent that ships, or the path of one in runs/.
    """
    from mlanimated.agents.agent import agent
    from mlanimated.agents.board_agent import BoardAgent

    found: object = agent(name)
    if isinstance(found, BoardAgent):
        for seat in (1, -1):
            click.echo(found.match("random", games, seat=seat, seed=seed).summary())
    else:
        click.echo(agent(name).evaluate(games, seed=seed, sticky=sticky, noops=noops).summary())


def list_atari(*, as_json: bool) -> None:
    """Show every Atari game, which have an agent that ships, and its score."""
    from mlanimated.agents.agent import cards
    from mlanimated.envs.atari import games

    found = {game: [card for card in cards() if card.game == game] for game in games()}
    if as_json:
        import json

        import msgspec

        listed = [
            {"game": game, "agents": [msgspec.to_builtins(card) for card in there]} for game, there in found.items()
        ]
        click.echo(json.dumps(listed, indent=2, ensure_ascii=False))
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table("Game", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Agent")
    table.add_column("Learner")
    table.add_column("Score", justify="right")
    table.add_column("Games", justify="right")
    table.add_column("Steps", justify="right")
    for game in sorted(found, key=lambda game: (not found[game], game)):
        for card in found[game]:
            first = card.measured[0] if card.measured else None
            score = f"{first.mean:,.1f} ({first.low:,.1f} to {first.high:,.1f})".replace("-", "−") if first else ""
            table.add_row(game, card.name, card.learner, score, str(first.games) if first else "", f"{card.steps:,}")
        if not found[game]:
            table.add_row(game, "", "", "", "", "")
    console = Console()
    if not console.is_terminal:
        console.width = 200
    console.print(table)
    click.echo(f"{called()} train GAME trains an agent on any of them.")


def _train_command(game: str, chosen: str | None) -> click.Command:
    """Return the command that trains on a game, with the learner that was chosen or else the usual one."""
    from mlanimated.agents.hyperparameters import LEARNERS, arguments_of, usual_learner
    from mlanimated.agents.training import train
    from mlanimated.learn.arguments import describe

    usually = usual_learner(game)
    learner = chosen or usually

    module, usual = arguments_of(game, learner, {})
    settings: list[Setting] = []
    for argument in describe(module.Args):
        if argument.name != "game":
            import msgspec

            setting = Setting(msgspec.structs.replace(argument, default=getattr(usual, argument.name)))
            if argument.name == "steps":
                setting.type = Steps()
            settings.append(setting)

    def run(learner: str, resume: bool, overwrite: bool, start: str, folder: Path, **values: Any) -> None:
        from mlanimated.agents.hyperparameters import run_path
        from mlanimated.agents.progress import Watcher

        given = {name: value for name, value in values.items() if value is not None}
        seed = arguments_of(game, learner, given)[1].seed
        path = run_path(folder, getattr(usual, "game", game), learner, seed)
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # who ends it otherwise loses nothing either
        try:
            with Watcher(game) as watch:
                kept = {"resume": resume, "overwrite": overwrite, "start": start, "folder": folder}
                made = train(game, learner, watch=watch, **kept, **given)
        except KeyboardInterrupt:
            words = given | ({"start": start} if start else {}) | ({"folder": folder} if folder != RUNS else {})
            same = "".join(f" --{name.replace('_', '-')} {shlex.quote(str(value))}" for name, value in words.items())
            which = "" if learner == usually else f" --learner {learner}"
            click.echo(
                f"\nStopped; all is kept. It goes on with: {called()} train {game}{which}{same} --resume", err=True
            )
            raise
        click.echo(f"Recording kept in {path}.mla")
        if made is not None:
            card = made.card
            cost = f"{card.steps:,} steps, {duration(card.seconds)}, {duration(card.cpu_seconds)} of one core"
            click.echo(f"Agent kept in {path}.safetensors ({cost}).")
            click.echo(f"How good is it? {called()} evaluate {shlex.quote(str(path))}")
            if card.learner != "self-play" and not card.shape:  # those with a shape see numbers, and have no screen
                click.echo(f"How does it play? {called()} watch {shlex.quote(str(path))}")

    own: list[click.Parameter] = [
        click.Option(["--learner"], type=click.Choice(tuple(LEARNERS)), default=learner, help="What learns."),
        *settings,
        click.Option(["--resume"], is_flag=True, help="Go on with the training that is there."),
        click.Option(["--overwrite"], is_flag=True, help="Begin anew where there is one."),
        click.Option(
            ["--start"], default="", metavar="AGENT", help="Begin with the weights of this agent (name or path)."
        ),
        click.Option(["--folder"], type=click.Path(path_type=Path), default=RUNS, help="Where all is kept."),
    ]
    return click.Command(game, callback=run, params=own, help=f"Train an agent on {game} with {learner}.")
