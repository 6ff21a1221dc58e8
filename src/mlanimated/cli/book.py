"""The commands book and tour: the book in a browser, and ten films one after another."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import webbrowser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click

from mlanimated.errors import MlaError

__all__ = ["book_server", "film_tour", "open_book", "pages"]

CLONE = Path(__file__).parents[3]
"""Where the package lies in a clone."""

SHIPPED = Path(__file__).parents[1] / "book_pages"
"""Where built pages lie in an installed package, if it came with them."""


@click.command("book")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8018, show_default=True, help="The next free one when it is taken."
)
@click.option("--open/--no-open", "show", default=True, help="Open the browser.")
@click.option("--build", is_flag=True, help="Build it anew first; what has not changed is kept.")
def open_book(port: int, *, show: bool, build: bool) -> None:
    """Read the book: its pages are served to this machine alone.

    In a clone they are built when they are first asked for, which takes a while: every film is trained.
    """
    folder = pages()
    if build or folder is None:
        folder = _built()
    with book_server(folder, port) as server:
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        click.echo(f"The book is at {address} · ctrl-C ends it.")
        if show:
            webbrowser.open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("")


@click.command("tour")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("films/tour.html"),
    show_default=True,
    help="The file.",
)
@click.option("--open/--no-open", "show", default=True, help="Open it in the browser.")
def film_tour(output: Path, *, show: bool) -> None:
    """Show ten films one after another: they are trained now, and written into one page."""
    from mlanimated.lessons.tour import write_tour

    if output.suffix.lower() != ".html":
        raise MlaError(f"A tour is a page: name it {output.with_suffix('.html')}.")
    output.parent.mkdir(parents=True, exist_ok=True)
    write_tour(output, tell=click.echo)
    click.echo(f"{output}")
    if show:
        webbrowser.open(output.resolve().as_uri())


def pages() -> Path | None:
    """Return the folder of the built book: the one that MLA_BOOK names, what came with the package, or the clone's; None without."""
    named = os.environ.get("MLA_BOOK", "")
    if named and not (Path(named) / "index.html").is_file():
        raise MlaError(
            f"MLA_BOOK names {named}, in which there is no index.html; name the folder that scripts/book has written."
        )
    places = [*([Path(named)] if named else []), SHIPPED, CLONE / "build" / "book" / "html"]
    return next((place for place in places if (place / "index.html").is_file()), None)


def _built() -> Path:
    """Build the book of a clone and return its folder."""
    script = CLONE / "scripts" / "book"
    bash = shutil.which("bash")
    if not script.is_file() or bash is None:
        raise MlaError(
            "This installation came without the book's pages. In a clone of the project, scripts/book builds them."
        )
    click.echo("Building the book; what has been built before is kept …")
    if subprocess.run([bash, str(script)], check=False).returncode:
        raise MlaError("The book could not be built; the lines above say why.")
    found = pages()
    if found is None:
        raise MlaError("The book was built, but its pages are not where they should be.")
    return found


def book_server(folder: Path, port: int) -> ThreadingHTTPServer:
    """Return a server of the pages for this machine alone, at the port or, when it is taken, at the next that is free."""
    handler = functools.partial(_Quiet, directory=str(folder))
    for attempt in range(20):
        try:
            return ThreadingHTTPServer(("127.0.0.1", port + attempt if port else 0), handler)
        except OSError:
            continue
    raise MlaError(f"The ports {port} to {port + 19} are taken; name another with --port.")


class _Quiet(SimpleHTTPRequestHandler):
    """Answers without writing a line for each request."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""
