"""Pages made of what was built: every film with the hash of its frames, the gallery, and what was promised with where it is kept."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from extension.places import used_films
from mlanimated.lessons.markup import ROOT, command
from mlanimated.lessons.markup import rows as written
from mlanimated.recipes import everything

__all__ = ["rows", "setup"]

HERE = Path(__file__).parent.parent
PAGES = ("films", "gallery", "traceability")


def setup(app: Sphinx) -> None:
    """Register what fills the pages, and that they are written whenever another page is."""
    app.connect("env-updated", _again)
    app.connect("source-read", _learners)
    app.connect("html-page-context", _fill, priority=400)


def _again(app: Sphinx, env: BuildEnvironment) -> list[str]:
    del app
    return [page for page in PAGES if page in env.found_docs]


def _learners(app: Sphinx, page: str, source: list[str]) -> None:
    """Put the learners' pages of docs/learners into the one page of the book, their links among each other kept."""
    if page != "reference/learners":
        return
    parts: list[str] = []
    for path in sorted((HERE.parent / "docs" / "learners").glob("*.md")):
        app.env.note_dependency(str(path))
        text = re.sub(r"^#", "##", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        text = re.sub(r"\]\((\w+)\.md\)", r"](#learner-\1)", text)
        parts.append(f"(learner-{path.stem})=\n{text}")
    source[0] = source[0].replace("<!-- learners -->", "\n\n".join(parts))


def _fill(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Put a list where a page has its place for it."""
    del template, doctree
    if page not in PAGES or "body" not in context:
        return
    made = {"films": _films, "gallery": _gallery, "traceability": _rows}[page](app)
    context["body"] = context["body"].replace(f'<div data-list="{page}"></div>', made)


def _films(app: Sphinx) -> str:
    """Return the table of all films: what, how long, how heavy, which frames."""
    lines = [
        (
            f"{escape(about['title'])}<br>{_made_by(about)}",
            _pages(app, about["pages"]),
            f"{about['seconds']:.1f}&nbsp;s",
            str(about["frames"]),
            f"{about['bytes'] / 1000:.0f}&nbsp;kB",
            f"<code>{about['hash'][:16]}</code>",
        )
        for about in used_films(app).values()
    ]
    heads = ("Film and command", "Page", "Length", "Frames", "Size", "Hash of its frames")
    return _table(heads, lines, f"{len(lines)} films")


def _gallery(app: Sphinx) -> str:
    """Return one picture of each recipe that a page shows, its last, which sums it up."""
    summaries = {recipe.name: recipe.summary for recipe in everything()}
    seen: dict[str, str] = {}
    for key, about in used_films(app).items():
        name = about["recipe"] or key
        if name in seen:
            continue
        page = about["pages"][0]
        folder = f"{ROOT}_films/{key}"
        pictures = "".join(
            f'<img class="only-{theme}" loading="lazy" width="640" height="360" alt="" src="{folder}/{file}.webp">'
            for theme, file in (("light", "end"), ("dark", "end-dark"))
        )
        seen[name] = (
            f'<li>{pictures}<a href="{ROOT}{page}.html">{escape(about["title"])}</a>'
            f"<p>{escape(summaries.get(name, 'Made from nothing by the code of its page.'))}</p></li>"
        )
    rest = "".join(
        f"<li>{_code(command(recipe.name, {}))}: {escape(recipe.summary)}</li>"
        for recipe in everything()
        if recipe.name not in seen
    )
    more = f"<h2>More films</h2><ul>{rest}</ul>" if rest else ""
    return f'<ul class="mla-gallery">{"".join(seen.values())}</ul>{more}'


def rows() -> list[dict[str, Any]]:
    """Return what was promised, row by row: what, films, commands, chapter, tests."""
    return tomllib.loads((HERE / "promised.toml").read_text(encoding="utf-8"))["row"]


def _rows(app: Sphinx) -> str:
    """Return the table of what was promised."""
    heads = ("What was promised", "Command, and its film", "Chapter", "Tests")
    return _table(heads, _row_lines(app), "What was promised, and where it is kept")


def _row_lines(app: Sphinx) -> Iterator[tuple[str, ...]]:
    for row in rows():
        films = [_film(app, row["chapter"], film) for film in row.get("films", ())]
        yield (
            escape(row["what"]),
            "<br>".join([*films, *map(_code, row.get("commands", ()))]),
            _pages(app, [row["chapter"]]),
            "<br>".join(
                f'<code class="mla-path">{escape(test)}</code>'.replace("/test_", "/<wbr>test_")
                for test in row["tests"]
            ),
        )


def _film(app: Sphinx, chapter: str, film: str) -> str:
    """Return a film's command, as a link to the film where its chapter is built."""
    line = _code(f"mla film {film}")
    return f'<a href="{ROOT}{chapter}.html#{escape(film)}">{line}</a>' if chapter in app.env.titles else line


def _made_by(about: dict[str, Any]) -> str:
    """Return a film's command with the arguments that differ from the defaults; one without a recipe is made by its page."""
    if not about["recipe"]:
        return "made by the code of its page"
    recipe = next(recipe for recipe in everything() if recipe.name == about["recipe"])
    usual = {argument["name"]: argument["default"] for argument in recipe.card()["arguments"]}
    given = {
        name: value for name, value in about["arguments"].items() if json.dumps(value) != json.dumps(usual.get(name))
    }
    return _code(command(recipe.name, given))


def _code(line: str) -> str:
    """Return a command that is broken between its words alone, and not at their hyphens."""
    return "<code>" + " ".join(f"<span>{escape(word)}</span>" for word in line.split(" ")) + "</code>"


def _pages(app: Sphinx, pages: list[str]) -> str:
    titles = app.env.titles
    return ", ".join(
        f'<a href="{ROOT}{page}.html">{escape(titles[page].astext())}</a>' if page in titles else escape(page)
        for page in dict.fromkeys(pages)
    )


def _table(heads: Sequence[str], lines: Iterable[Sequence[str]], caption: str) -> str:
    """Return a table of cells that are HTML already."""
    cells = ([f"<div>{cell}</div>" for cell in line] for line in lines)
    return (
        f'<div class="table-wrapper mla-rows" tabindex="0" role="region" aria-label="{escape(caption)}"><table class="docutils">'
        f"<caption>{escape(caption)}</caption>{written(heads, cells)}</table></div>"
    )
