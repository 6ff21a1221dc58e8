"""Pages: HTML written here, with one small script each; it reads without scripts, and scripts bring it to life."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from mlanimated.draw.palette import THEMES
from mlanimated.studio.cards import SORTS, STATES, Card
from mlanimated.studio.folder import spoken
from mlanimated.studio.tables import GAMES
from mlanimated.views.numbers import significant

__all__ = ["board", "fault", "play", "reference", "row", "runs", "theme_css", "watch"]

_ICON = "data:image/svg+xml," + quote(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="M3 8Q9 30 16 20T29 22" fill="none" stroke="#cb4a0b" '
    'stroke-width="4" stroke-linecap="round"/><circle cx="29" cy="22" r="3" fill="#cb4a0b"/></svg>'
)
_SORTED = {
    "changed": "Last changed",
    "created": "Newest",
    "name": "Name",
    "steps": "Most steps",
    "value": "Lowest value",
}
_ROLES = ("ground", "panel", "ink", "muted", "faint", "accent", "good", "bad", "series-1")


def theme_css() -> str:
    """Return the colours of both themes as custom properties, the same as in films."""

    def roles(name: str) -> str:
        return " ".join(f"--{role}: {THEMES[name].roles[role]};" for role in _ROLES)

    return (
        f":root {{ color-scheme: light; {roles('light')} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root:not([data-theme=light]) {{ color-scheme: dark; {roles('dark')} }} }}\n"
        f":root[data-theme=dark] {{ color-scheme: dark; {roles('dark')} }}\n"
    )


def runs(
    found: Sequence[tuple[Card, list[str]]],
    total: int,
    query: Mapping[str, str],
    folder: str,
    *,
    seen: int = 0,
    book: bool = False,
) -> str:
    """Return the list of runs.

    Args:
        found: Cards with tags, in order.
        total: How many runs fit in all.
        query: What was asked: search, sort, state, tag.
        folder: Name of the folder.
        seen: After how many changes of the list this was read (`Hub.listing`).
        book: Whether there is a book to lead to, as on every page.
    """
    states = "".join(
        f'<label class="chip"><input type="radio" name="state" value="{value}"{" checked" * (query.get("state", "") == value)}>'
        f"<span>{word}</span></label>"
        for value, word in (("", "All"), *((state, state.capitalize()) for state in STATES))
    )
    sorts = "".join(
        f'<option value="{sort}"{" selected" * (query.get("sort", "changed") == sort)}>{_SORTED[sort]}</option>'
        for sort in SORTS
    )
    tag = query.get("tag", "")
    tagged = f'<a class="chip on" href="/">#{escape(tag)} ✕</a><input type="hidden" name="tag" value="{escape(tag, quote=True)}">'
    empty = f"""<div class="empty"><h2>{"No run fits" if any(query.values()) else "No runs yet"}</h2>
<p>Record one into <code>{escape(folder)}</code>, from Python or from any language; it appears here by itself.</p>
<pre tabindex="0"><code>import mlanimated as mla

with mla.Recorder("{escape(folder)}/mine.mla") as recorder:
    for step in range(1000):
        …
        recorder.log({{"train/loss": loss}}, step=step)
        recorder.tick(step)</code></pre>
<p>Or see it at work first: <code>mla studio --demo</code>{_BOOK * book}</p></div>"""
    rows = "".join(row(card, tags) for card, tags in found)
    body = f"""<main class="list">
<div class="headline"><h1>Runs</h1><p class="muted"><span id="total">{total}</span> in <code>{escape(folder)}</code></p></div>
<form id="filter" role="search" action="/" method="get">
<input type="search" name="search" value="{escape(query.get("search", ""), quote=True)}" placeholder="Search names, arguments, tags"
 aria-label="Search" autocomplete="off">
<div class="chips" role="radiogroup" aria-label="State">{states}{tagged * bool(tag)}</div>
<label class="sort">Sort by <select name="sort">{sorts}</select></label>
<noscript><button>Show</button></noscript>
</form>
<div id="runs" role="list" data-seen="{seen}">{rows}</div>
<div id="none"{" hidden" * bool(rows)}>{empty}</div>
<div id="chosen" class="bar" hidden><span></span><a class="button" href="#">Compare</a><button type="button" data-clear>Clear</button></div>
</main>"""
    return _page("Runs", body, "list", here="runs", book=book)


def row(card: Card, tags: Iterable[str]) -> str:
    """Return a run as a row of the list."""
    name = spoken(card.run)
    state = card.state()
    words = card.trouble or card.hypothesis or card.arguments
    title = f'<span class="muted">{escape(card.title)}</span>' if card.title and card.title != name else ""
    value = (
        ""
        if card.value is None
        else f'<b>{escape(significant(card.value))}</b><span class="muted">{escape(card.headline)}</span>'
    )
    links = "".join(f'<a class="tag" href="/?{urlencode({"tag": tag})}">#{escape(tag)}</a>' for tag in tags)
    steps = f"step {card.last_step:,}" if card.last_step >= 0 else "empty"
    run = escape(card.run, quote=True)
    unread = "" if card.status else " data-unread"
    steps, state = (steps, state) if card.status else ("", "")
    return f"""<article class="run" role="listitem" id="run-{run}" data-run="{run}" data-changed="{card.changed:.3f}"{unread}>
<input type="checkbox" aria-label="Choose {escape(name, quote=True)}">
<div class="what"><a class="name" href="/watch?{urlencode({"run": card.run})}">{escape(name)}</a> {title}
<div class="more">{links}<span class="muted">{escape(words)}</span></div></div>
<span class="state {state}">{state}</span>
{_spark(card.points)}
<div class="value">{value}</div>
<div class="when"><span>{steps}</span><time class="muted" data-at="{card.changed:.0f}">{_ago(card.changed)}</time></div>
<div class="do"><button type="button" data-tag title="Tags" aria-label="Tags of {escape(name, quote=True)}">#</button>
<button type="button" data-delete title="Delete" aria-label="Delete {escape(name, quote=True)}">✕</button></div>
</article>"""


def watch(
    title: str, asked: Mapping[str, Any], state: Mapping[str, Any], info: Mapping[str, Any], *, book: bool = False
) -> str:
    """Return the page of one run or several.

    Args:
        title: What is said in the browser's tab.
        asked: What the address asks for: runs, align, at, view.
        state: As a client is told it.
        info: As a client is told it.
        book: Whether there is a book to lead to.
    """
    data = msgspec.json.encode({"asked": asked, "state": state, "info": info}).decode()
    for sign in "<>&":
        data = data.replace(sign, f"\\u{ord(sign):04x}")
    body = f"""<main class="watch">
<div class="top"><div class="headline"><h1>{escape(title)}</h1><div id="legend"></div></div>
<div class="tools" role="toolbar" aria-label="View">
<label>x <select id="x" aria-label="x axis"><option value="step">step</option><option value="time">time</option></select></label>
<label id="aligned" hidden>align <select id="align" aria-label="Align runs by"></select></label>
<button type="button" id="zoom-out" hidden>Whole run</button>
<button type="button" data-open="panels-menu">Panels</button>
<button type="button" data-open="compare-menu">Compare</button>
<button type="button" data-open="export-menu">Export</button>
<button type="button" id="aside-button" aria-expanded="false" aria-controls="aside">Controls</button>
</div></div>
<p id="trouble" role="alert" hidden></p>
<div class="work"><div id="panels" aria-live="off"></div>
<aside id="aside" aria-label="Controls and details" hidden><section id="controls"></section>
<section id="about"></section><section id="events"></section></aside></div>
<div id="none" hidden><div class="empty"><h2>Nothing was recorded here yet</h2><p>Panels appear with the first rows.</p></div></div>
</main>
<div id="menus">
<div id="panels-menu" class="menu" popover></div><div id="compare-menu" class="menu" popover></div>
<div id="export-menu" class="menu" popover></div></div>
<footer id="clock" aria-label="Clock">
<button type="button" id="play" aria-label="Play" title="Play (Space)"><svg viewBox="0 0 24 24"><path class="go" d="M8 5v14l11-7z"/>
<path class="stop" d="M7 5h4v14H7zM13 5h4v14h-4z"/></svg></button>
<div id="scrub"><div id="marks"></div><input type="range" id="at" min="0" max="1" step="any" value="1" aria-label="Step"></div>
<output id="step" for="at" aria-live="off"></output>
<select id="speed" aria-label="Speed">{_SPEEDS}</select>
<button type="button" id="live" aria-pressed="true" title="Follow (L)">Live</button>
<button type="button" data-open="keys" aria-label="Keys" title="Keys (?)">?</button>
</footer>
<div id="keys" class="menu" popover>{_KEYS}</div>
<script type="application/json" id="data">{data}</script>"""
    return _page(title, body, "watch", player=True, book=book)


_BOOK = ', or read <a href="/book/">the book</a>: its films train again from there'
_SPEEDS = "".join(f'<option value="{s}"{" selected" * (s == 1)}>{s}×</option>' for s in (0.25, 0.5, 1, 2, 4))
_KEYS = "<h2>Keys</h2><dl>" + "".join(
    f"<dt>{''.join(f'<kbd>{key}</kbd>' for key in keys.split())}</dt><dd>{words}</dd>"
    for keys, words in (
        ("Space", "play, pause"),
        ("← →", "one row back, on"),
        ("PgUp PgDn", "event before, after"),
        ("Home End", "first step, last step"),
        ("L", "follow live"),
        ("&lt; &gt;", "slower, faster"),
        ("+ −", "look closer, further"),
        ("0", "whole run"),
        ("D", "light, dark"),
        ("C", "controls, details"),
        ("?", "keys"),
    )
) + "</dl>"  # fmt: skip


def board(address: str, *, book: bool = False) -> str:
    """Return the page of cells.

    Args:
        address: Where the studio is asked: host and port.
        book: Whether there is a book to lead to.
    """
    body = f"""<main class="list"><div class="headline"><h1>Board</h1><p class="muted">What programs put here: HTML and pictures.</p></div>
<div id="cells"></div>
<div id="none" hidden><div class="empty"><h2>No cells yet</h2><p>A program of any language puts one here, and changes it while it runs.</p>
<pre tabindex="0"><code>curl {escape(address)}/api/v1/cells -H 'content-type: application/json' \\
  -d '{{"name": "hello", "type": "html", "value": "&lt;h1&gt;Hello&lt;/h1&gt;"}}'</code></pre></div></div></main>"""
    return _page("Board", body, "board", here="board", book=book)


def play(game: str, *, book: bool = False) -> str:
    """Return the page of a game; of "", all games.

    Args:
        game: One of `GAMES`.
        book: Whether there is a book to lead to.
    """
    if not game:
        cards = "".join(
            f'<a class="game" href="/play/{name}"><b>{escape(title)}</b><span class="muted">{escape(words)}</span></a>'
            for name, (title, words) in GAMES.items()
        )
        body = f"""<main class="list"><div class="headline"><h1>Play</h1><p class="muted">Beside an agent, or against one, with what it
thinks.</p></div><div class="games">{cards}</div></main>"""
        return _page("Play", body, "", here="play", book=book)
    title, words = GAMES[game]
    body = f"""<main class="play" data-game="{game}">
<div class="headline"><h1>{escape(title)}</h1><p class="muted">{escape(words)}</p></div>
<p id="trouble" role="alert" hidden></p>
<div class="work"><div class="left"><section class="panel" id="table" aria-label="{escape(title)}"></section>
<p id="told" role="status"></p></div>
<aside id="aside" aria-label="Controls"><section id="controls"></section></aside></div></main>"""
    return _page(title, body, "play", here="play", player=True, book=book)


def reference(api: Mapping[str, Any], address: str, *, book: bool = False) -> str:
    """Return the page of the programming interface.

    Args:
        api: Its OpenAPI description.
        address: Where the studio is asked: host and port.
        book: Whether there is a book to lead to.
    """
    sections: dict[str, list[str]] = {}
    for path, ways in api["paths"].items():
        for method, told in ways.items():
            rows = "".join(
                f"<tr><td><code>{escape(each['name'])}</code></td><td>{escape(each['in'])}</td>"
                f"<td>{escape(each.get('description') or '')}</td></tr>"
                for each in told.get("parameters", [])
            )
            table = f"<table><tbody>{rows}</tbody></table>" if rows else ""
            body = _body(told, api)
            sections.setdefault((told.get("tags") or ["other"])[0], []).append(
                f'<details><summary><b class="method {method}">{method.upper()}</b> <code>{escape(path)}</code>'
                f'<span class="muted">{escape(told.get("summary", ""))}</span></summary>'
                f"<p>{escape(told.get('description', ''))}</p>{table}{body}</details>"
            )
    parts = "".join(f"<h2>{escape(tag.capitalize())}</h2>{''.join(each)}" for tag, each in sections.items())
    asked = f"{escape(address)}/api/v1/runs"
    main = f"""<main class="docs"><div class="headline"><h1>Programs of any language</h1></div>
<p>Numbers, arrays, pictures and texts go in over HTTP, and every open browser shows them. What is answered is on disk.
The whole description is <a href="/openapi.json">openapi.json</a>.</p>
<pre tabindex="0"><code>curl {asked} -H 'content-type: application/json' -d '{{"name": "mine"}}'
curl {asked}/mine/append -H 'content-type: application/json' -d '{{"step": 0, "values": {{"loss": 0.3}}}}'</code></pre>
<p>JavaScript: <a href="/assets/client.js">a client of twenty lines</a> that keeps what was not answered and sends it again.</p>
{parts}</main>"""
    return _page("API", main, "", here="docs", book=book)


def _body(told: Mapping[str, Any], api: Mapping[str, Any]) -> str:
    """Return the fields of a request's body as a table."""
    schema: Any = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if "$ref" in schema:
        schema = api["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>body</td><td>{escape(each.get('description') or each.get('type') or '')}</td></tr>"
        for name, each in schema.get("properties", {}).items()
    )
    return f"<table><tbody>{rows}</tbody></table>" if rows else ""


def fault(status: int, words: str, *, book: bool = False) -> str:
    """Return the page of a request that is not granted."""
    body = f'<main class="list"><div class="empty"><h2>{status}</h2><p>{escape(words)}</p><p><a href="/">All runs</a></p></div></main>'
    return _page(str(status), body, "", book=book)


def _page(title: str, body: str, script: str, *, here: str = "", player: bool = False, book: bool = False) -> str:
    links = "".join(
        f'<a href="{path}"{" aria-current=page" * (here == name)}>{word}</a>'
        for name, path, word in (
            ("runs", "/", "Runs"),
            ("play", "/play", "Play"),
            ("board", "/board", "Board"),
            ("docs", "/docs", "API"),
            ("book", "/book/", "Book"),
        )
        if book or name != "book"
    )
    scripts = '<script src="/assets/player.js" defer></script>' * player
    scripts += '<script type="module" src="/assets/common.js"></script>'
    scripts += f'<script type="module" src="/assets/{script}.js"></script>' * bool(script)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · mlanimated</title>
<link rel="icon" href="{_ICON}">
<link rel="stylesheet" href="/assets/theme.css">
<link rel="stylesheet" href="/assets/studio.css">
<script src="/assets/early.js"></script>
</head>
<body>
<a class="skip" href="#main">To the content</a>
<header class="site"><a class="brand" href="/">mlanimated <span>studio</span></a><nav aria-label="Pages">{links}</nav>
<span id="link" class="link" role="status"></span>
<button type="button" id="theme" aria-label="Light or dark" title="Light or dark (D)">◐</button></header>
<div id="main" tabindex="-1">{body}</div>
<div id="toast" role="status" hidden></div>
{scripts}
</body>
</html>
"""


def _spark(points: Sequence[float]) -> str:
    """Return the small curve of a run."""
    if len(points) < 2:
        return '<svg class="spark" viewBox="0 0 120 32" aria-hidden="true"></svg>'
    low, high = min(points), max(points)
    span = high - low or 1.0
    width = 116 / (len(points) - 1)
    way = " ".join(
        f"{2 + index * width:.1f},{29 - 26 * (value - low) / span:.1f}" for index, value in enumerate(points)
    )
    x, y = way.rpartition(" ")[2].split(",")
    return (
        f'<svg class="spark" viewBox="0 0 120 32" aria-hidden="true"><polyline points="{way}"/>'
        f'<circle cx="{x}" cy="{y}" r="2.5"/></svg>'
    )


def _ago(moment: float) -> str:
    """Return how long ago something was, as a person says it."""
    seconds = max(0.0, time.time() - moment)
    if not math.isfinite(seconds) or moment <= 0:
        return ""
    for limit, unit, word in ((60, 1, "s"), (3600, 60, "min"), (86400, 3600, "h"), (math.inf, 86400, "d")):
        if seconds < limit:
            return f"{seconds // unit:.0f} {word} ago"
    return ""
