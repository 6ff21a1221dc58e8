"""Markup: the pieces of HTML that pages are made of. The script `book.js` brings them to life; without it they still read."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import Any

from mlanimated.lessons.shelf import Made

__all__ = ["ROOT", "command", "command_line", "element", "figure", "marked", "plain", "rows", "script", "words"]

ROOT = "mla-root:"
"""Stands for the way from a page to where the book begins, until the page's place is known."""


def command(name: str, values: Mapping[str, Any]) -> str:
    """Return the command that makes a film: what differs from the defaults, no more."""
    options = [word for key, value in values.items() for word in (f"--{key.replace('_', '-')}", _word(value))]
    return " ".join(["mla film", name, *options])


def element(made: Made, *, name: str = "", autoplay: bool = False) -> str:
    """Return the player's tag for a film that lies beside the pages, its posters inside for light and dark.

    Args:
        made: The film.
        name: The tag's id, for links to a moment.
        autoplay: Whether it begins when it comes into view.
    """
    folder = f"{ROOT}_films/{made.key}"
    alt = escape(str(made.about["alt"]) or str(made.about["title"]), quote=True)
    width, height = made.about["size"]
    pictures = "".join(
        f'<img class="only-{theme}" loading="lazy" decoding="async" width="{width}" height="{height}" alt="{alt}" '
        f'src="{folder}/poster-{theme}{made.still}.webp">'
        for theme in ("light", "dark")
    )
    identity = f' id="{escape(name, quote=True)}"' if name else ""
    return f'<mla-player{identity} src="{folder}/film.mla.gz"{" autoplay" * autoplay}>{pictures}</mla-player>'


def words(about: Mapping[str, Any]) -> str:
    """Return what a film shows, in words: one sentence, then what happens when."""
    first, *_ = str(about["alt"]).split(str(about["captions"][0][2])) if about["captions"] else (str(about["alt"]),)
    end = str(about["alt"]).rpartition("At the end: ")[2] if "At the end: " in str(about["alt"]) else ""
    rows = "".join(f"<li><b>{_clock(start)}</b> {escape(text)}</li>" for start, _, text in about["captions"])
    told = f"<p>{escape(first.strip())}</p>" + (f"<ol>{rows}</ol>" if rows else "")
    told += f"<p>At the end: {escape(end)}</p>" if end else ""
    return f'<details class="mla-words"><summary>In words</summary>{told}</details>'


def command_line(name: str, values: Mapping[str, Any]) -> str:
    """Return a film's command as a line that can be copied; the studio reads its recipe and arguments, to train it again."""
    text = command(name, values)
    told = f'data-recipe="{escape(name, quote=True)}" data-arguments="{escape(json.dumps(values), quote=True)}"'
    return (
        f'<div class="mla-command" {told}><code>{escape(text)}</code>'
        f'<button type="button" data-copy="{escape(text, quote=True)}">Copy</button></div>'
    )


def figure(kind: str, parts: Iterable[str], **attributes: str) -> str:
    """Return a figure of the book: its kind is its class and what the script knows it by."""
    given = "".join(f' {name.replace("_", "-")}="{escape(value, quote=True)}"' for name, value in attributes.items())
    return f'<figure class="mla-figure mla-{kind}"{given}>{"".join(parts)}</figure>'


def marked(text: str) -> str:
    """Return a text as HTML: what stands between backticks is code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def rows(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a table's head and body; each cell says what it is, for phones show a row's cells below each other.

    Args:
        heads: Name of each column.
        lines: Cells of each row, HTML already.

    Raises:
        ValueError: A row has more or fewer cells than there are columns.
    """
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(
        "<tr>"
        + "".join(f'<td data-label="{name}">{cell}</td>' for name, cell in zip(heads, line, strict=True))
        + "</tr>"
        for line in lines
    )
    return f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"


def script(data: Any) -> str:
    """Return data for the page's script."""
    text = json.dumps(data, ensure_ascii=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return f'<script type="application/json">{text}</script>'


def plain(number: float) -> str:
    """Return a number as a person writes it: 0.00005 and not 5e-05, 0.0003 and not 0.00030000000000000003."""
    return f"{Decimal(f'{number:.12g}'):f}"


def _word(value: Any) -> str:
    """Return a value as a shell reads it."""
    if isinstance(value, bool):
        return str(value).lower()
    return plain(value) if isinstance(value, float) else shlex.quote(str(value))


def _clock(seconds: float) -> str:
    """Return 83.2 as 1:23."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
