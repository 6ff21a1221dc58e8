"""HTML: a film with its player, to be scrubbed, read aloud and shown.

Two forms. One file that holds all it needs and asks nothing of any network:

    write_html(reel, "film.html")               html_fragment(reel)        # the same, for a notebook

and data beside a player that many films share:

    write_assets("assets")                       player.js and the fonts
    write_data(reel, "films/ball.mla.gz")
    element(reel, "films/ball.mla.gz")           the tag for the page, which loads assets/player.js once
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterable
from functools import lru_cache
from html import escape
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import Any

from mlanimated.draw.frame import Cue, Frame, Reel
from mlanimated.draw.palette import BLACK, MAPS, THEMES, WHITE, lut
from mlanimated.draw.text import FaceName
from mlanimated.errors import MlaError, did_you_mean
from mlanimated.render.atomic import replacing
from mlanimated.render.fonts import subset
from mlanimated.render.pack import Packer, compress
from mlanimated.render.painted import Progress

__all__ = [
    "about",
    "dress",
    "element",
    "html_fragment",
    "packed",
    "palette",
    "player",
    "widget",
    "write_assets",
    "write_data",
    "write_html",
]

PARTS = ("film.js", "paint.js", "controls.js", "player.js")
POSTER_WIDTH = 960
FACES: tuple[FaceName, ...] = ("regular", "bold", "fallback")

SHARED = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x370, 0x400), *range(0x2000, 0x2800)]))
"""What the shared fonts have: Latin, Greek, punctuation, arrows, mathematics, shapes. A film that needs more brings it."""


def write_html(
    reel: Reel,
    path: str | os.PathLike[str],
    *,
    theme: str = "auto",
    autoplay: bool = True,
    loop: bool = False,
    progress: Progress | None = None,
) -> None:
    """Write a film and its player as one file that works from a double click, without a network.

    Args:
        reel: The film.
        path: The file to write; its folder must exist.
        theme: What is shown first: "light", "dark", or "auto" for what the reader's system prefers.
        autoplay: Begin when the page is opened, unless the reader prefers reduced motion.
        loop: Begin anew at the end.
        progress: Called after each frame with the frames done and all frames.

    Raises:
        MlaError: Unknown theme, a frame that cannot be painted, or a path that cannot be written.
    """
    text = _page(reel, theme, autoplay, loop, progress)
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def html_fragment(reel: Reel, *, theme: str = "auto", autoplay: bool = False, loop: bool = False) -> str:
    """Return a film and its player as HTML for a notebook's cell: a frame of its own, which nothing around can disturb.

    Args:
        reel: The film.
        theme: As for `write_html`.
        autoplay: Begin when the cell comes into view.
        loop: Begin anew at the end.
    """
    inside = escape(_page(reel, theme, autoplay, loop, None, bare=True), quote=True)
    share = 100 * reel.height / reel.width
    return (
        '<div style="container-type:inline-size">'
        f'<iframe title="{escape(reel.title or "Film")}" allow="fullscreen; clipboard-write" loading="lazy" '
        f'style="width:100%;height:calc({share:.4f}cqw + 80px);border:0;display:block" srcdoc="{inside}"></iframe></div>'
    )


def write_assets(folder: str | os.PathLike[str]) -> None:
    """Write what all films of a site share: `player.js` and the fonts.

    Args:
        folder: Where to; it is made if need be.

    Raises:
        MlaError: The folder cannot be written to.
    """
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MlaError(f"The folder {target} cannot be made: {(error.strerror or str(error)).lower()}.") from None
    with replacing(target / "player.js") as temporary:
        temporary.write_text(player(), encoding="utf-8", newline="\n")
    for face in FACES:
        with replacing(target / f"{face}.woff2") as temporary:
            temporary.write_bytes(subset(SHARED, face))


def write_data(reel: Reel, path: str | os.PathLike[str], *, progress: Progress | None = None) -> None:
    """Write a film's data alone, for a page that has the player from `write_assets`.

    Args:
        reel: The film.
        path: The file to write; its folder must exist. The name is free; servers should not change its encoding.
        progress: Called after each frame with the frames done and all frames.
    """
    data = _data(reel, progress, shared=True)
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def packed(reel: Reel, *, progress: Progress | None = None) -> bytes:
    """Return a film's data with all that it needs inside, its fonts too, as the player's `load` takes it.

    Args:
        reel: The film.
        progress: Called after each frame with the frames done and all frames.
    """
    return _data(reel, progress, shared=False)


def element(
    reel: Reel, src: str, *, name: str = "", theme: str = "auto", autoplay: bool = False, loop: bool = False
) -> str:
    """Return the tag that shows a film of `write_data`: poster and words stand in the page itself, the film is fetched when seen.

    Args:
        reel: The film.
        src: Address of its data, relative to the page.
        name: The element's id, for links to a moment (`#t=12.3&film=name`).
        theme: As for `write_html`.
        autoplay: Begin when it comes into view.
        loop: Begin anew at the end.
    """
    return f"<mla-player{_attributes(theme, autoplay, loop, src=src, id=name)}>{_poster(reel, theme)}</mla-player>"


@lru_cache(maxsize=1)
def player() -> str:
    """Return the player as one script: the parts of `player/` joined, the style sheet inside, less comments and indents."""
    return "(() => {\n" + _joined(*PARTS) + "})();\n"


@lru_cache(maxsize=1)
def widget() -> str:
    """Return what a notebook's page runs for anywidget: the player, defined once a page, and `player/widget.js`, as one module."""
    return f'if (!customElements.get("mla-player")) {player()}{_joined("around.js", "widget.js")}'


@lru_cache(maxsize=1)
def dress() -> bytes:
    """Return a message of nothing but what frames of any content need: the colours of both themes and the shared fonts.

    The fallback face is left to the reader's system: it is large, and for signs that are rare.
    """
    packer = Packer()
    packer.add(Frame(16.0, 9.0, ()), forget=True)
    fonts: dict[str, bytes] = {face: subset(SHARED, face) for face in ("regular", "bold")}
    about = {"title": "", "seconds": 0, "fps": 1}
    return compress(packer.whole().encode(about=about, palette=palette(MAPS), fonts=fonts))


def _joined(*parts: str) -> str:
    """Return parts of `player/` as one script: style sheets inside, and no names taken from each other."""
    folder = resources.files("mlanimated.render") / "player"

    def style(found: re.Match[str]) -> str:
        sheet = _plain((folder / found[1]).read_text(encoding="utf-8"))
        return f"const STYLE = {json.dumps(sheet, ensure_ascii=False)};"

    sources = [(folder / part).read_text(encoding="utf-8") for part in parts]
    sources = [re.sub(r'^import STYLE from "\./(.+)";', style, source, flags=re.MULTILINE) for source in sources]
    return "".join(
        _plain(re.sub(r"^import .*\n|^export (?!default)", "", source, flags=re.MULTILINE)) for source in sources
    )


def _plain(source: str) -> str:
    """Return a script or style sheet without comments that stand on lines of their own, indents and empty lines."""
    source = re.sub(r"^\s*/\*.*?\*/\n", "", source, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"^\s*(//.*)?\n|^[ \t]+", "", source, flags=re.MULTILINE)


def about(reel: Reel) -> dict[str, Any]:
    """Return what the player knows of a film beside its frames: title, length, captions, chapters, words, poster."""
    return {
        "title": reel.title,
        "seconds": reel.seconds,
        "fps": reel.fps,
        "alt": reel.alt,
        "poster": reel.poster,
        "captions": _cues(reel.captions),
        "chapters": _cues(reel.chapters),
        "provenance": dict(reel.provenance),
    }


def palette(maps: Iterable[str]) -> dict[str, Any]:
    """Return the colours of both themes as the player reads them.

    Args:
        maps: The colour maps that are used; each becomes 256 times six hexadecimal digits.
    """
    used = sorted(set(maps))
    return {
        name: {
            "roles": dict(theme.roles),
            "maps": {each: lut(each, name).tobytes().hex() for each in used},
            "inks": [BLACK, WHITE],
        }
        for name, theme in THEMES.items()
    }


def _cues(cues: Iterable[Cue]) -> list[tuple[float, float, str]]:
    return [(round(cue.start, 3), round(cue.stop, 3), cue.text) for cue in cues]


def _data(reel: Reel, progress: Progress | None, *, shared: bool) -> bytes:
    """Return the film as one compressed message, with the fonts it needs."""
    packer = Packer()
    for number, frame in enumerate(reel.frames(), 1):
        packer.add(frame)
        if progress is not None:
            progress(number, reel.count)
    message = packer.whole()
    wanted: dict[FaceName, str] = packer.characters()
    if shared:
        wanted = {face: characters for face, characters in wanted.items() if not set(characters) <= set(SHARED)}
    fonts: dict[str, bytes] = {face: subset(characters, face) for face, characters in wanted.items()}
    return compress(message.encode(about=about(reel), palette=palette(message.maps()), fonts=fonts))


def _page(reel: Reel, theme: str, autoplay: bool, loop: bool, progress: Progress | None, *, bare: bool = False) -> str:
    attributes = _attributes(theme, autoplay, loop)
    data = base64.b64encode(_data(reel, progress, shared=False)).decode("ascii")
    title = escape(reel.title or "Film")
    provenance = json.dumps(dict(reel.provenance), ensure_ascii=False)
    for sign in "<>&":
        provenance = provenance.replace(sign, f"\\u{ord(sign):04x}")
    return PAGE.format(
        title=title,
        description=escape(reel.alt, quote=True),
        light=THEMES["light"].roles["ground"],
        dark=THEMES["dark"].roles["ground"],
        style=_style(reel),
        cell=' class="cell"' if bare else "",
        provenance=provenance,
        attributes=attributes,
        poster=_poster(reel, theme),
        data=data,
        words="" if bare else _words(reel),
        player=player() + (_joined("around.js") + AROUND) * bare,
    )


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="mlanimated">
<meta name="description" content="{description}">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
img-src data: blob:; font-src data: blob:">
<title>{title}</title>
<script type="application/json" id="mla-provenance">{provenance}</script>
<style>{style}</style>
</head>
<body>
<main{cell}>
<mla-player page{attributes}>{poster}<script type="application/gzip">{data}</script></mla-player>
{words}</main>
<script>
{player}</script>
</body>
</html>
"""


AROUND = """try {
const [film] = document.getElementsByTagName("mla-player");
const gone = new AbortController();
if (!film.hasAttribute("theme")) dressed(parent.document, () => film.setAttribute("theme", theme(parent.document)), gone.signal);
addEventListener("pagehide", ({ persisted }) => persisted || gone.abort());
} catch {}
"""
"""Lets a film in a notebook be light or dark as the notebook is; where a page may not look around, as the reader's system is.

A notebook throws its cells away and makes them anew as one scrolls: what is thrown away looks around no more.
"""


STYLE = """
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { margin: 24px auto; width: min(100% - 32px, 1440px, (100vh - 180px) * var(--shape)); min-width: min(100%, 320px); }
main.cell { margin: 0 auto; width: min(100%, (100vh - 80px) * var(--shape)); }
mla-player:not([ready]) { display: block; aspect-ratio: var(--shape); }
mla-player img { display: block; width: 100%; }
details { padding: 0 16px; color: var(--muted); }
summary { display: inline-block; padding: 12px 0; cursor: pointer; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 24px; margin: 8px 0 24px; }
dd { margin: 0; color: var(--ink); overflow-wrap: anywhere; }
@media (max-width: 640px) {
  main { margin: 0; width: 100%; }
  dl { display: block; }
  dd { margin-bottom: 12px; }
  main.cell { width: min(100%, (100vh - 130px) * var(--shape)); }
}
"""
"""What stands around the player: as large as leaves room for the controls, and for captions where those show."""


def _style(reel: Reel) -> str:
    """Return the style of the page. Its ground follows the film's, whatever the reader chooses there."""

    def theme(name: str) -> str:
        roles = THEMES[name].roles
        return " ".join(f"--{role}: {roles[role]};" for role in ("ground", "ink", "muted"))

    return (
        f":root {{ --shape: {round(reel.width / reel.height, 4)}; {theme('light')} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {theme('dark')} }} }}\n"
        f':root:has([theme="dark"]) {{ {theme("dark")} }}\n'
        f':root:has([theme="light"]) {{ {theme("light")} }}'
        f"{STYLE}"
    )


def _words(reel: Reel) -> str:
    """Return what stands below the film: what it shows and how it was made."""
    rows = [("Shows", reel.alt)] if reel.alt else []
    rows += [(name.capitalize(), text) for name, text in reel.provenance.items()]
    if not rows:
        return ""
    inside = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in rows)
    return f"<details><summary>About this film</summary><dl>{inside}</dl></details>\n"


def _attributes(theme: str, autoplay: bool, loop: bool, **more: str) -> str:
    if theme not in ("auto", *THEMES):
        raise MlaError(f"There is no theme {theme!r} for a page.{did_you_mean(theme, ('auto', *THEMES))}")
    given = {"theme": "" if theme == "auto" else theme, **more}
    text = "".join(f' {name}="{escape(value, quote=True)}"' for name, value in given.items() if value)
    return text + " autoplay" * autoplay + " loop" * loop


def _poster(reel: Reel, theme: str) -> str:
    """Return the film's still as it stands before the player takes over, and where there are no scripts."""
    alt = escape(reel.alt or reel.title or "Film", quote=True)
    if theme != "auto":
        return f'<img alt="{alt}" src="{_still(reel, theme)}">'
    dark = f'<source media="(prefers-color-scheme: dark)" srcset="{_still(reel, "dark")}">'
    return f'<picture>{dark}<img alt="{alt}" src="{_still(reel, "light")}"></picture>'


def _still(reel: Reel, theme: str) -> str:
    """Return the poster as a WebP in a data address."""
    from PIL import Image

    from mlanimated.render.raster import paint

    pixels = paint(reel.frame(reel.poster), scale=min(1.0, POSTER_WIDTH / reel.width), theme=theme)
    stream = BytesIO()
    Image.fromarray(pixels[..., :3]).save(stream, "WEBP", quality=75, method=4)
    return "data:image/webp;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
