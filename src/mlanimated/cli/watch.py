"""The command watch: a trained agent plays a game, as a film."""

from __future__ import annotations

import click

from mlanimated.cli.films import recipe_command
from mlanimated.cli.words import called
from mlanimated.errors import MlaError

__all__ = ["watch_group"]


class Played(click.Group):
    """`mla watch`: a command for each game, with the options of its film."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every game."""
        del ctx
        from mlanimated.envs.atari import games

        return list(games())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Return the command that films a game."""
        del ctx
        from mlanimated.envs.atari import name
        from mlanimated.recipes import find

        game = name(cmd_name)
        return recipe_command(find("watch"), {"game": game}, f"watch {game}")

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Ask for the game where none is named."""
        if (not args or args[0].startswith("-")) and not set(args) & set(ctx.help_option_names):
            raise MlaError(f"Which game? {called()} list --atari shows all, as in: {called()} watch pong")
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Leave a hundred games out of the help."""


@click.command("watch", cls=Played, subcommand_metavar="GAME [OPTIONS]")
def watch_group() -> None:
    """Watch a trained agent play, as a film.

    The best agent that ships for the game plays, or the newest that was trained here; --agent names another, such as
    runs/breakout-ppo-0. `mla watch pong --help` shows what can be changed.
    """
