"""Where things lie: the player and its fonts, films beside the pages, the way to them from each page, and a page's own film at its top."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from extension import mathml
from mlanimated.lessons.markup import ROOT
from mlanimated.render.html import write_assets

__all__ = ["setup", "used_films"]


def setup(app: Sphinx) -> None:
    """Register what is done before reading, at each page, and at the end."""
    app.connect("config-inited", _assets, priority=100)
    app.connect("source-read", _present)
    app.connect("doctree-read", _lift)
    app.connect("doctree-read", _name)
    app.connect("html-page-context", _point, priority=900)  # after the theme has put its side bar together
    app.connect("build-finished", _lay)


def used_films(app: Sphinx) -> dict[str, dict[str, Any]]:
    """Return what is known of each film that a page shows, by key, in the order of the pages' names."""
    films = Path(os.environ["MLA_BOOK_FILMS"])
    found: dict[str, dict[str, Any]] = {}
    for page, keys in sorted(getattr(app.env, "mla_films", {}).items()):
        for key in keys:
            about = json.loads((films / key / "about.json").read_text(encoding="utf-8"))
            found.setdefault(key, {**about, "key": key, "pages": []})["pages"].append(page)
    return found


def _assets(*_: Any) -> None:
    """Write the player and all fonts where Sphinx takes static files from."""
    folder = Path(os.environ["MLA_BOOK_BUILD"]) / "static"
    write_assets(folder)
    (folder / "math.woff2").write_bytes(mathml.font())


def _present(app: Sphinx, page: str, source: list[str]) -> None:
    """Where only some chapters are built, leave the rest out of the table of contents."""
    if page != "index" or not os.environ.get("MLA_BOOK_ONLY"):
        return
    there = [Path(docname) for docname in app.env.found_docs]
    lines = source[0].splitlines()
    kept = [
        line
        for line in lines
        if "*" not in line
        or not line.startswith(("chapters/", "teachers/", "reference/"))
        or any(path.match(line) for path in there)
    ]
    source[0] = re.sub(r"```\{toctree\}\n(:.*\n)*\n```\n", "", "\n".join(kept) + "\n")


def _lift(app: Sphinx, doctree: nodes.document) -> None:
    """Put a film that a page makes of its own, and heads, at its top too: the code that makes it stands further down."""
    del app
    made = next((raw for raw in doctree.findall(nodes.raw) if "mla-headline" in raw.astext()), None)
    goal = next(
        (text for text in doctree.findall(nodes.paragraph) if text.astext().startswith("What you will see")), None
    )
    if made is None or goal is None:
        return
    text = made.astext()
    goal.parent.insert(goal.parent.index(goal), nodes.raw("", text, format="html"))
    made.children[:] = [nodes.Text(text.replace(" autoplay>", ">"))]


def _name(app: Sphinx, doctree: nodes.document) -> None:
    """Let the first film of each recipe on a page have the recipe's name to be linked by, and the others the name and a number."""
    del app
    seen: Counter[str] = Counter()

    def own(found: re.Match[str]) -> str:
        seen[found[1]] += 1
        return f'<mla-player id="{found[1]}{f"-{seen[found[1]]}" * (seen[found[1]] > 1)}"'

    for raw in doctree.findall(nodes.raw):
        text = raw.astext()
        if "<mla-player id=" in text:
            raw.children[:] = [nodes.Text(re.sub(r'<mla-player id="([^"]+)"', own, text))]


def _point(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Put the way from this page to the root into its body."""
    del app, page, template, doctree
    for part in ("body", "furo_navigation_tree"):
        if part in context:
            text = context[part].replace(ROOT, context["content_root"])
            # A caption of a table of contents says that it is a heading; it has to say of which level.
            context[part] = text.replace('role="heading">', 'role="heading" aria-level="2">')
    if "<mla-player" not in context.get("body", ""):  # as on the page of search, which brings scripts of its own
        context["script_files"] = [
            file for file in context["script_files"] if "player.js" not in str(getattr(file, "filename", file))
        ]


def _lay(app: Sphinx, error: Exception | None) -> None:
    """Copy the films that pages show beside them, and no others."""
    if error is not None or app.builder.format != "html":
        return
    goal = Path(app.outdir) / "_films"
    used = used_films(app)
    goal.mkdir(exist_ok=True)
    for folder in goal.iterdir():
        if folder.name not in used:
            shutil.rmtree(folder)
    for key in used:  # a question may have added a picture to a film that lies there already
        (goal / key).mkdir(exist_ok=True)
        for path in (Path(os.environ["MLA_BOOK_FILMS"]) / key).iterdir():
            if not (goal / key / path.name).exists():
                shutil.copy(path, goal / key)
    listed = [
        {
            name: about[name]
            for name in ("key", "recipe", "arguments", "title", "seconds", "frames", "bytes", "hash", "pages")
        }
        for about in used.values()
    ]
    (Path(app.outdir) / "films.json").write_text(json.dumps(listed, ensure_ascii=False, indent=1), encoding="utf-8")
