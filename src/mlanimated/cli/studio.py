"""The command studio: the traces of a folder in a browser, live."""

from __future__ import annotations

from pathlib import Path

import click

from mlanimated.cli.book import pages

__all__ = ["open_studio"]


@click.command("studio")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("runs"), metavar="[FOLDER]")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8017, show_default=True, help="The next free one when it is taken."
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Any but this machine's own needs a token.",
    metavar="ADDRESS",
)
@click.option(
    "--token", default="", help="The token for other addresses [default: a new one].", envvar="MLA_STUDIO_TOKEN"
)
@click.option("--open/--no-open", "show", default=True, help="Open the browser.")
@click.option("--demo", is_flag=True, help="Train something small at once, so that there is something to see.")
def open_studio(folder: Path, port: int, host: str, token: str, *, show: bool, demo: bool) -> None:
    """Watch the trainings of a folder live, in a browser, and take them in hand.

    FOLDER is runs by default. Recordings appear as they are begun and grow as they are written, whoever writes them.
    The book, where it has been built, is at /book; its films train again from there.
    """
    from mlanimated.studio.serve import serve

    pages()  # a folder that MLA_BOOK names wrongly is told at once
    serve(folder, host=host, port=port, token=token, show=show, demo=demo, book=pages, tell=click.echo)
