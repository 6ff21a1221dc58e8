"""The command watch: a trained agent plays a game, as a film."""

from __future__ import annotations

import shlex

import click

from mlanimated.cli.films import recipe_command
from mlanimated.cli.words import called
from mlanimated.errors import MlaError, did_you_mean

__all__ = ["watch_group"]


class Played(click.Group):
    """`mla watch`: a command for each game and each agent, with the options of its film."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every game."""
        del ctx
        from mlanimated.envs.atari import games

        return list(games())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Return the command that films a game: as its best agent plays it, or as the agent does that is named."""
        del ctx
        from mlanimated.agents.agent import card_of, is_agent, names
        from mlanimated.envs.atari import games, name
        from mlanimated.recipes import find

        try:
            game = name(cmd_name)
        except MlaError:
            if not is_agent(cmd_name):
                meant = did_you_mean(cmd_name.lower(), (*games(), *names()))
                raise MlaError(f"There is no Atari game or agent {cmd_name!r}.{meant}") from None
            card = card_of(cmd_name)
            if card.learner == "self-play":
                how = f"{called()} film {card.game}-self-play shows how its player learned"
                raise MlaError(f"{card.game} is played on a board: {how}.") from None
            if card.game not in games():
                how = f"{called()} evaluate {shlex.quote(cmd_name)} says how good it is"
                raise MlaError(
                    f"{cmd_name} plays {card.game}, which is no Atari game and has no screen: {how}."
                ) from None
            return recipe_command(find("watch"), {"agent": cmd_name, "game": ""}, f"watch {shlex.quote(cmd_name)}")
        return recipe_command(find("watch"), {"game": game}, f"watch {game}")

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Ask for the game where none is named."""
        if (not args or args[0].startswith("-")) and not set(args) & set(ctx.help_option_names):
            raise MlaError(f"Which game? {called()} list --atari shows all, as in: {called()} watch pong")
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Leave a hundred games out of the help."""


@click.command("watch", cls=Played, subcommand_metavar="GAME|AGENT [OPTIONS]")
def watch_group() -> None:
    """Watch a trained agent play, as a film.

    Of a game the best agent that ships plays, or the newest that was trained here. An agent is named as `mla list
    --atari` shows it, or by its path, such as runs/breakout-ppo-0. `mla watch pong --help` shows what can be changed.
    """
