"""Animated WebP: a film in true colour where only an image is taken, half the size of a GIF."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image

from mlanimated.draw.frame import Reel
from mlanimated.errors import MlaError
from mlanimated.render.atomic import replacing
from mlanimated.render.painted import Progress, Quality, painted
from mlanimated.render.raster import Raster

__all__ = ["write_webp"]

EFFORT: dict[Quality, dict[str, int]] = {
    "draft": {"method": 0, "quality": 0},
    "good": {"method": 1, "quality": 50},
    "best": {"method": 4, "quality": 75},
}
"""How hard libwebp searches; the pictures are lossless with each."""

NO_KEYFRAMES = 2**30
"""Every picture stores only what changed, however long the film."""


def write_webp(
    reel: Reel,
    path: Path,
    *,
    theme: str = "light",
    scale: float = 1.0,
    quality: Quality = "good",
    progress: Progress | None = None,
    processes: int = 1,
) -> None:
    """Write a film as an animated WebP that loops, without loss.

    Args:
        reel: The film.
        path: Where it goes; what stood there stays until the new one is whole.
        theme: "light" or "dark".
        scale: Pixels per scene unit.
        quality: How small it gets for the time: "draft", "good" or "best". The pictures are the same.
        progress: Told how many frames are done, of how many.
        processes: How many paint; the file is the same, byte for byte.

    Raises:
        MlaError: The size is one that a WebP cannot have, or the file cannot be written.
    """
    raster = Raster(reel.width, reel.height, scale, theme)
    if max(raster.width, raster.height) > 16383:
        raise MlaError(f"A WebP is at most 16383 pixels wide and high, not {raster.width}x{raster.height}.")
    with replacing(path) as part, part.open("wb") as file:
        pictures = _Pictures(reel, raster, progress, processes)
        pictures.seek(0)
        pictures.save(
            file,
            "WEBP",
            save_all=True,
            duration=_durations(reel),
            loop=0,
            lossless=True,
            kmin=NO_KEYFRAMES - 1,
            kmax=NO_KEYFRAMES,
            xmp=_described(reel),
            **EFFORT[quality],
        )


def _durations(reel: Reel) -> list[int]:
    """Return how long each frame stands, in milliseconds; together they keep the film's time."""
    return np.diff(np.round(np.arange(reel.count + 1) * (1000 / reel.fps)).astype(int)).tolist()


def _described(reel: Reel) -> bytes:
    """Return title, description and provenance as an XMP packet (ISO 16684-1)."""
    told = {"title": reel.title, "description": reel.alt, "source": json.dumps(dict(reel.provenance))}
    lines = "".join(f"<dc:{name}>{escape(text)}</dc:{name}>" for name, text in told.items() if text)
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/">{lines}</rdf:Description></rdf:RDF></x:xmpmeta>'
    ).encode()


class _Pictures(Image.Image):
    """A film as Pillow sees an animation: each picture is painted when it is sought, and only one is held at a time."""

    def __init__(self, reel: Reel, raster: Raster, progress: Progress | None, processes: int) -> None:
        super().__init__()
        self._mode = "RGBX"
        self._size = (raster.width, raster.height)
        self.n_frames = reel.count
        self._coming = painted(reel, raster, progress, processes)
        self._number = -1

    def seek(self, frame: int) -> None:
        """Paint the next picture; Pillow asks for each in turn, and at last for the first one again, which is not needed."""
        while self._number < frame and (picture := next(self._coming, None)) is not None:
            self._number = picture.number
            if picture.changed:
                self.im = Image.frombuffer("RGBX", self.size, picture.pixels, "raw", "BGRX", 0, 1).im

    def tell(self) -> int:
        """Return the number of the picture that is shown."""
        return max(0, self._number)
