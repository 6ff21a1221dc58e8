"""Chromium for the tests: where it is, and frames painted by the player in it."""

from __future__ import annotations

import base64
import os
import shutil
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mlanimated.draw.frame import Frame
from mlanimated.render.fonts import subset
from mlanimated.render.html import palette, player
from mlanimated.render.pack import Packer

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
)


def executable() -> str | None:
    """Return the path of a Chromium: the one that MLA_CHROMIUM names, or the first that is installed."""
    named = os.environ.get("MLA_CHROMIUM")
    if named:
        return shutil.which(named)
    return next(filter(None, map(shutil.which, NAMES)), None)


def packed(frame: Frame) -> str:
    """Return one frame as the player takes it, in base64."""
    packer = Packer()
    packer.add(frame)
    message = packer.whole()
    fonts = {face: subset(characters, face) for face, characters in packer.characters().items()}
    about = {"title": "Frame", "seconds": 0, "fps": 1}
    data = message.encode(about=about, palette=palette(message.maps()), fonts=fonts)
    return base64.b64encode(data).decode()


SHOW = """async ([data, theme, width, height]) => {
    document.body.innerHTML = `<mla-player theme="${theme}" style="width:${width}px"></mla-player>`;
    const player = document.querySelector("mla-player");
    await player.load(Uint8Array.fromBase64?.(data) ?? Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0)));
    if (!player.film) throw new Error(player.shadowRoot.querySelector(".state").textContent);
    const canvas = player.shadowRoot.querySelector("canvas");
    await player.film.prepare(0);
    Object.assign(canvas, {width, height});
    player.painter.frame(player.context, 0, player.colours);
    return canvas.toDataURL("image/png").split(",")[1];
}"""


class Painter:
    """Paints frames as the player does.

    Args:
        page: A page of Playwright's.
    """

    def __init__(self, page) -> None:
        self.page = page
        page.set_content("<!doctype html><body style='margin:0'>")
        page.add_script_tag(content=player())

    def paint(self, frame: Frame, *, scale: float = 1.0, theme: str = "light") -> NDArray[np.uint8]:
        """Return a frame as `render.raster.paint` does: uint8 (height, width, 4)."""
        size = [round(frame.width * scale), round(frame.height * scale)]
        png = base64.b64decode(self.page.evaluate(SHOW, [packed(frame), theme, *size]))
        return np.asarray(Image.open(BytesIO(png)).convert("RGBA"))

    def without(self, tag: str) -> None:
        """Take the painter of one kind of command away, for good."""
        self.page.evaluate(f"() => {{ customElements.get('mla-player').painters.{tag} = () => {{}} }}")


def save(picture: NDArray[np.uint8], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)
