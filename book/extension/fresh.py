"""What has to be read again: every notebook, when any line of the package has changed. Films come from the shelf all the same.

And by whom: where several processes read, chapters are dealt out to them like cards, for heavy ones stand side by side.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

import mlanimated

__all__ = ["setup"]


def setup(app: Sphinx) -> None:
    """Register what is asked before reading, and what is noted after."""
    app.connect("env-get-outdated", _outdated)
    app.connect("env-before-read-docs", _deal)
    app.connect("doctree-read", _note)
    app.connect("env-purge-doc", _forget)
    app.connect("env-merge-info", _merge)


def _outdated(app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Return the pages that run code, if the code has changed since."""
    del app, added, changed, removed
    now = _state()
    before = getattr(env, "mla_state", None)
    env.mla_state = now  # pyright: ignore[reportAttributeAccessIssue]
    return (
        []
        if before == now
        else [
            page
            for page in env.found_docs
            if page == "index" or page.startswith(("chapters/", "teachers/", "reference/"))
        ]
    )


def _deal(app: Sphinx, env: BuildEnvironment, pages: list[str]) -> None:
    """Put the pages in an order in which each process, which takes a stretch of it, gets some of every part of the book."""
    del env
    pages[:] = [page for first in range(app.parallel) for page in pages[first :: app.parallel]]


def _state() -> str:
    """Return a text that stands for the package, its agents, and the form of the book."""
    total = hashlib.blake2b(os.environ.get("MLA_BOOK_QUICK", "").encode(), digest_size=16)
    folder = Path(mlanimated.__file__).parent
    for path in sorted(path for path in folder.rglob("*") if path.suffix in {".py", ".json", ".js", ".css"}):
        total.update(path.relative_to(folder).as_posix().encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def _note(app: Sphinx, doctree: nodes.document) -> None:
    """Note which films a page shows."""
    films: dict[str, None] = {}
    for raw in doctree.findall(nodes.raw):
        for keys in re.findall(r'data-films?="([^"]+)"', raw.astext()):
            films.update(dict.fromkeys(keys.split()))
    known = getattr(app.env, "mla_films", {})
    known[app.env.docname] = list(films)
    app.env.mla_films = known  # pyright: ignore[reportAttributeAccessIssue]


def _forget(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    """Forget the films of a page that is read again."""
    del app
    getattr(env, "mla_films", {}).pop(page, None)


def _merge(app: Sphinx, env: BuildEnvironment, pages: list[str], other: BuildEnvironment) -> None:
    """Take over what another process has noted of the pages that it has read."""
    del app
    known = getattr(env, "mla_films", {})
    known.update({page: films for page, films in getattr(other, "mla_films", {}).items() if page in pages})
    env.mla_films = known  # pyright: ignore[reportAttributeAccessIssue]
