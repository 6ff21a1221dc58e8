"""Save: the one way from a film to a file. The suffix chooses the writer; everything is checked before anything is drawn."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from mlanimated.draw.frame import Reel
from mlanimated.draw.palette import theme as theme_of
from mlanimated.errors import MlaError, did_you_mean
from mlanimated.projector.progress import Bar
from mlanimated.projector.provenance import command
from mlanimated.render.painted import Progress, Quality

__all__ = ["SUFFIXES", "check", "save"]

IMAGE_FPS = 25.0
"""The quickest rate of an animated image unless another is asked for: delays of four hundredths of a second, exactly."""


@dataclass(frozen=True)
class Plan:
    """What is to be written, checked.

    Attributes:
        reel: The film at its rate, with how it was saved in its provenance.
        path: Where it goes.
        theme: "light" or "dark".
        scale: Pixels per scene unit.
        at: Moments in seconds; none for the film's poster.
        columns: Pictures in a row of a strip; 0 for the writer's own choice.
        quality: "draft", "good" or "best".
        progress: Told how far it is.
    """

    reel: Reel
    path: Path
    theme: str
    scale: float
    at: tuple[float, ...]
    columns: int
    quality: Quality
    progress: Progress


def save(
    reel: Reel,
    path: str | Path,
    *,
    theme: str = "light",
    fps: float | None = None,
    size: tuple[int, int] | None = None,
    at: float | Sequence[float] | None = None,
    columns: int | None = None,
    quality: Quality = "good",
    progress: Progress | None = None,
) -> Path:
    """Write a film into a file; what stood there stays until the new one is whole.

    Args:
        reel: The film.
        path: .mp4 or .webm (video), .gif or .webp (animated image), .png or .svg (a moment), .html (the player), .vtt (captions).
        theme: "light" or "dark". A page follows its reader; there it is what is shown first.
        fps: Frames a second; the film's own by default, at most 25 for animated images.
        size: Width and height in pixels; by default one for each scene unit. It must have the shape of the film.
        at: A moment in seconds, or several for a strip of pictures; for .png and .svg alone. The film's poster by default.
        columns: Pictures in a row of the strip.
        quality: "draft", "good" or "best": time against size and fineness.
        progress: Called with the frames done and all frames; by default a bar on the terminal when it takes over a second.

    Returns:
        The path.

    Raises:
        MlaError: Something of the above is not possible, or the file cannot be written. Nothing is left half-written.
    """
    path = Path(path)
    writer = _writer(path)
    _check_folder(path)
    theme_of(theme)
    if quality not in get_args(Quality):
        raise MlaError(f"There is no quality {quality!r}.{did_you_mean(quality, get_args(Quality))}")
    moments = _moments(reel, path, at)
    if columns is not None and columns < 1:
        raise MlaError(f"A strip has at least 1 column, not {columns}.")
    rate = _rate(reel, path, fps)
    scale, pixels = _scale(reel, path, size)
    told = {
        "canvas": f"{reel.width:g}x{reel.height:g}",
        "size": f"{pixels[0]}x{pixels[1]}",
        "fps": f"{rate:g}",
        "theme": theme,
        "quality": quality,
        "at": ",".join(f"{moment:g}" for moment in moments),
        "columns": "" if columns is None else str(columns),
    }
    provenance = {**reel.provenance, **{name: text for name, text in told.items() if text}}
    if line := command(provenance):
        provenance["command"] = line
    reel = dataclasses.replace(reel, fps=rate, provenance=provenance if reel.provenance else {})
    with Bar(path.name) as bar:
        writer(Plan(reel, path, theme, scale, moments, columns or 0, quality, progress or bar))
    return path


def check(
    path: str | Path,
    *,
    fps: float | None = None,
    size: tuple[int, int] | None = None,
    at: Sequence[float] | None = None,
) -> None:
    """Check what can be known before there is a film, so that a mistake does not cost a training; `save` checks the rest.

    Raises:
        MlaError: No film could be written like this.
    """
    path = Path(path)
    _writer(path)
    _check_folder(path)
    if at is not None:
        _check_still(path, at)
    if fps is not None:
        _check_rate(path, fps)
    if size is not None and path.suffix.lower() in VIDEOS:
        from mlanimated.render.video import even_size

        even_size(*size)


def _mp4(plan: Plan) -> None:
    from mlanimated.render.video import write_mp4

    write_mp4(plan.reel, plan.path, theme=plan.theme, scale=plan.scale, quality=plan.quality, progress=plan.progress)


def _webm(plan: Plan) -> None:
    from mlanimated.render.video import write_webm

    write_webm(plan.reel, plan.path, theme=plan.theme, scale=plan.scale, quality=plan.quality, progress=plan.progress)


def _gif(plan: Plan) -> None:
    from mlanimated.render.gif import write_gif

    write_gif(plan.reel, plan.path, theme=plan.theme, scale=plan.scale, progress=plan.progress)


def _webp(plan: Plan) -> None:
    from mlanimated.render.webp import write_webp

    write_webp(plan.reel, plan.path, theme=plan.theme, scale=plan.scale, quality=plan.quality, progress=plan.progress)


def _png(plan: Plan) -> None:
    from mlanimated.render.picture import write_png, write_strip

    if len(plan.at) > 1:
        write_strip(plan.reel, plan.path, plan.at, theme=plan.theme, scale=plan.scale, columns=plan.columns or None)
    else:
        write_png(plan.reel, plan.path, plan.at[0] if plan.at else None, theme=plan.theme, scale=plan.scale)


def _svg(plan: Plan) -> None:
    from mlanimated.render.svg import write_svg

    write_svg(plan.reel, plan.path, plan.at[0] if plan.at else None, theme=plan.theme)


def _html(plan: Plan) -> None:
    from mlanimated.render.html import write_html

    write_html(plan.reel, plan.path, theme=plan.theme, progress=plan.progress)


def _vtt(plan: Plan) -> None:
    from mlanimated.render.vtt import write_vtt

    write_vtt(plan.reel, plan.path)


Writer = Callable[[Plan], None]

WRITERS: dict[str, Writer] = {
    ".mp4": _mp4,
    ".webm": _webm,
    ".gif": _gif,
    ".webp": _webp,
    ".png": _png,
    ".svg": _svg,
    ".html": _html,
    ".vtt": _vtt,
}

SUFFIXES = tuple(WRITERS)
"""Every suffix that can be written."""

VIDEOS = (".mp4", ".webm")
IMAGES = (".gif", ".webp")
STILLS = (".png", ".svg")


def _writer(path: Path) -> Writer:
    """Return the writer for a path's suffix."""
    suffix = path.suffix.lower()
    if suffix not in WRITERS:
        given = f"{suffix!r} is not a format of films" if suffix else f"{path.name!r} has no suffix"
        raise MlaError(f"{given}; use one of {' '.join(SUFFIXES)}, as in {path.stem or 'film'}.mp4.")
    return WRITERS[suffix]


def _check_folder(path: Path) -> None:
    """Check that a file can be put there, before any work is done for it."""
    folder = path.parent
    if path.is_dir():
        raise MlaError(f"{path} is a folder; name a file in it.")
    if not folder.is_dir():
        raise MlaError(f"There is no folder {folder}; make it first, or write elsewhere with -o.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise MlaError(f"The folder {folder} cannot be written to; write elsewhere with -o.")


def _moments(reel: Reel, path: Path, at: float | Sequence[float] | None) -> tuple[float, ...]:
    """Return the moments that were asked for, checked."""
    if at is None:
        return ()
    moments = tuple(float(moment) for moment in at) if isinstance(at, Sequence) else (float(at),)
    _check_still(path, moments)
    for moment in moments:
        if not 0 <= moment <= reel.seconds:
            raise MlaError(f"The film has no moment {moment:g}; it runs from 0 to {reel.seconds:g} seconds.")
    return moments


def _check_still(path: Path, moments: Sequence[float]) -> None:
    """Check that a file of this format can show these moments."""
    suffix = path.suffix.lower()
    if suffix not in STILLS:
        raise MlaError(f"A moment is for a picture ({' '.join(STILLS)}), not for {suffix}.")
    if suffix == ".svg" and len(moments) > 1:
        raise MlaError("An SVG shows one moment; a strip of several is a .png.")


def _rate(reel: Reel, path: Path, fps: float | None) -> float:
    """Return the frames a second, checked."""
    if fps is None:
        return min(reel.fps, IMAGE_FPS) if path.suffix.lower() in IMAGES else reel.fps
    _check_rate(path, fps)
    return float(fps)


def _check_rate(path: Path, fps: float) -> None:
    """Check that a file of this format can have so many frames a second."""
    most = 50.0 if path.suffix.lower() in IMAGES else 240.0
    if not (math.isfinite(fps) and 1 <= fps <= most):
        raise MlaError(f"{fps:g} frames a second are not possible here; 1 to {most:g} are.")


def _scale(reel: Reel, path: Path, size: tuple[int, int] | None) -> tuple[float, tuple[int, int]]:
    """Return pixels per scene unit and the size in pixels, checked."""
    width, height = size or (round(reel.width), round(reel.height))
    if width < 1 or height < 1:
        raise MlaError(
            f"A picture of {width}x{height} pixels is not possible; the film's own is {reel.width:g}x{reel.height:g}."
        )
    scale = width / reel.width
    if abs(reel.height * scale - height) > 1:
        fitting = round(reel.height * scale)
        raise MlaError(
            f"A film of {reel.width:g}x{reel.height:g} units does not fit {width}x{height} pixels; {width}x{fitting} does,"
            " or lay it out anew with film.sized(width, height)."
        )
    if path.suffix.lower() in VIDEOS:
        from mlanimated.render.video import even_size

        even_size(round(reel.width * scale), round(reel.height * scale))
    return scale, (round(reel.width * scale), round(reel.height * scale))
