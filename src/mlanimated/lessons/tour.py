"""Tour: some films one after another, in one page that holds all it needs."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

from mlanimated.draw.palette import THEMES
from mlanimated.lessons.markup import command
from mlanimated.recipes import find
from mlanimated.render.atomic import replacing
from mlanimated.render.html import packed, player

__all__ = ["STOPS", "write_tour"]

STOPS = (
    "countries",
    "gradient-descent",
    "learning-rates",
    "celsius",
    "sine-fit",
    "convolution",
    "ten-arms",
    "value-iteration",
    "frozen-lake-table",
    "mountain-car-rides",
)
"""The films of the tour, in the order of the book; each is trained when the tour is made, and none needs more than the core."""


def write_tour(path: Path, names: Sequence[str] = STOPS, *, tell: Callable[[str], None] = lambda _: None) -> None:
    """Train the films of a tour and write them into one page: the next begins when one has ended.

    Args:
        path: The file to write, .html; its folder must exist.
        names: The recipes, in order.
        tell: Told which film is being made.

    Raises:
        MlaError: An unknown recipe, or a path that cannot be written.
    """
    stops: list[str] = []
    for place, name in enumerate(names, 1):
        recipe = find(name)
        tell(f"{place} of {len(names)}: {recipe.summary}")
        reel = recipe.make().reel
        data = base64.b64encode(packed(reel)).decode("ascii")
        stops.append(
            f'<section id="{name}"><h2><span>{place}</span> {escape(reel.title)}</h2><p>{escape(recipe.summary)}</p>'
            f'<mla-player style="--shape:{reel.width / reel.height:.4f}">'
            f'<script type="application/gzip">{data}</script></mla-player>'
            f"<p><code>{escape(command(name, {}))}</code></p></section>"
        )
    with replacing(path) as temporary:
        temporary.write_text(_page(stops), encoding="utf-8", newline="\n")


def _page(stops: Sequence[str]) -> str:
    """Return the page."""

    def colours(theme: str) -> str:
        roles = THEMES[theme].roles
        return " ".join(f"--{role}: {roles[role]};" for role in ("ground", "ink", "muted", "accent"))

    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; \
style-src 'unsafe-inline'; img-src data: blob:; font-src data: blob:">
<title>A tour of machine learning, animated</title>
<style>
:root {{ {colours("light")} }}
@media (prefers-color-scheme: dark) {{ :root {{ {colours("dark")} }} }}
{STYLE}</style>
</head>
<body>
<main>
<h1>Machine learning, animated</h1>
<p>{len(stops)} films, each trained a moment ago on this machine. Press play: the next one begins when one has ended.
<button type="button" id="begin">Begin the tour</button></p>
{"".join(stops)}
</main>
<script>
{player()}{SCRIPT}</script>
</body>
</html>
"""


STYLE = """
body { margin: 0; background: var(--ground); color: var(--ink); font: 17px/1.5 system-ui, sans-serif; }
main { margin: 0 auto; width: min(100% - 32px, 1180px, (100vh - 260px) * 1.7778); min-width: min(100% - 32px, 320px); }
section { min-height: 100vh; box-sizing: border-box; padding: 24px 0; scroll-margin: 0; }
h1 { margin: 32px 0 8px; }
h2 { margin: 0; font-size: 24px; }
h2 span { color: var(--accent); }
p { margin: 4px 0 12px; color: var(--muted); }
button {
  font: inherit; min-height: 44px; padding: 0 20px; margin-left: 8px; border: 1px solid; border-radius: 8px; background: none;
  color: var(--ink); cursor: pointer;
}
"""

SCRIPT = """
const stops = [...document.querySelectorAll("mla-player")];
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
const go = (player) => {
  player.closest("section").scrollIntoView({ behavior: calm ? "auto" : "smooth" });
  player.focus({ preventScroll: true });
  player.play();
};
document.getElementById("begin").addEventListener("click", () => go(stops[0]));
stops.forEach((player, place) => {
  let played = false;
  player.addEventListener("timeupdate", () => {
    if (player.time < player.seconds) played ||= player.playing;
    else if (played) {
      played = false;
      if (stops[place + 1]) setTimeout(() => player.time >= player.seconds && go(stops[place + 1]), 1500);
    }
  });
});
"""
