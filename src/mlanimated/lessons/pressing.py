"""Pressing: a film as files for pages: its frames, its posters, and what is to be known of it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import zlib
from pathlib import Path
from typing import Any

from mlanimated.draw.frame import Reel
from mlanimated.projector.provenance import exact
from mlanimated.render.html import write_data

__all__ = ["frame_hash", "picture", "press"]

WIDE = 1280
"""Pixels of a poster's width."""

HEAVY = 5_000_000
"""Bytes that a film of a page should not exceed: pictures that all change in each frame would be fetched for minutes."""

SLOWER = (10.0, 4.0)
"""Frames a second of films that are too heavy else, tried in turn; the last is taken whatever it weighs."""


def press(reel: Reel, folder: Path, *, most: float = math.inf) -> dict[str, Any]:
    """Write a film's data and pictures into a folder and return what there is to know of it.

    Args:
        reel: The film.
        folder: Gets film.mla.gz, poster-light.webp, poster-dark.webp, end.webp and end-dark.webp.
        most: Frames a second at the most.

    Returns:
        title, seconds, alt, captions (start, stop, text), bytes, frames (how many), hash (of all frames), size (width, height).
    """
    for rate in (min(reel.fps, most), *SLOWER):
        reel = dataclasses.replace(reel, fps=min(reel.fps, rate))
        write_data(reel, folder / "film.mla.gz")
        if (folder / "film.mla.gz").stat().st_size <= HEAVY:
            break
    for theme in ("light", "dark"):
        picture(reel, folder / f"poster-{theme}.webp", reel.poster, theme)
    picture(reel, folder / "end.webp", reel.seconds, "light", width=640)
    picture(reel, folder / "end-dark.webp", reel.seconds, "dark", width=640)
    return {
        "title": reel.title,
        "seconds": round(reel.seconds, 2),
        "alt": reel.alt,
        "captions": [(round(cue.start, 2), round(cue.stop, 2), cue.text) for cue in reel.captions],
        "bytes": (folder / "film.mla.gz").stat().st_size,
        "frames": reel.count,
        "hash": frame_hash(folder / "film.mla.gz"),
        "size": (exact(reel.width), exact(reel.height)),
    }


def frame_hash(path: Path) -> str:
    """Return the hash of all that a film shows: frames, pictures, fonts and colours, not how or when it was made.

    Args:
        path: What `render.html.write_data` wrote.
    """
    head, _, rest = zlib.decompress(path.read_bytes(), 31).partition(b"\n")
    shown = json.loads(head)
    shown["about"].pop("provenance", None)
    total = hashlib.blake2b(json.dumps(shown, sort_keys=True).encode(), digest_size=16)
    total.update(rest)
    return total.hexdigest()


def picture(reel: Reel, path: Path, time: float, theme: str, width: int = WIDE) -> None:
    """Write one moment of a film as a WebP.

    Args:
        reel: The film.
        path: The file.
        time: The moment in seconds.
        theme: "light" or "dark".
        width: Pixels; fewer where the film itself is narrower.
    """
    from PIL import Image

    from mlanimated.render.raster import paint

    pixels = paint(reel.frame(time), scale=min(1.0, width / reel.width), theme=theme)
    Image.fromarray(pixels[..., :3]).save(path, "WEBP", quality=82, method=4)
