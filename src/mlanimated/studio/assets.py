"""Assets: what the pages load: their scripts and styles, the player, and the fonts of films. All from this machine."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib import resources

from mlanimated.draw.text import FaceName, font_file
from mlanimated.render.html import player
from mlanimated.studio.pages import theme_css
from mlanimated.studio.refusal import Refusal

__all__ = ["asset"]

_KINDS = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "woff2": "font/ttf"}
_STATIC = (
    "again.js", "board.js", "client.js", "common.js", "early.js", "list.js", "menus.js", "panels.js", "play.js", "side.js", "studio.css",
    "watch.js",
)  # fmt: skip
_FONTS: dict[str, FaceName] = {"regular": "regular", "bold": "bold", "fallback": "fallback"}


@lru_cache(maxsize=32)
def asset(name: str) -> tuple[bytes, str, str]:
    """Return the bytes of an asset, its kind and its tag, which changes when it does.

    Raises:
        Refusal: There is none of that name.
    """
    stem, _, suffix = name.partition(".")
    if name in _STATIC:
        data = (resources.files("mlanimated.studio") / "static" / name).read_bytes()
    elif name == "player.js":
        data = player().encode()
    elif name == "theme.css":
        data = theme_css().encode()
    elif suffix == "woff2" and stem in _FONTS:
        # Whole and as it is: to cut it down takes longer than to send it to this machine. Browsers go by what is inside.
        data = font_file(_FONTS[stem]).read_bytes()
    else:
        raise Refusal(404, f"There is no asset {name[:60]!r}.")
    return data, _KINDS[suffix], hashlib.blake2b(data, digest_size=8).hexdigest()
