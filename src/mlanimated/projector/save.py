"""Save: the one way from a film to a file. The suffix chooses the writer; everything is checked before anything is drawn."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, get_args

from mlanimated.draw.frame import Reel
from mlanimated.draw.palette import theme as theme_of
from mlanimated.errors import MlaError, did_you_mean
from mlanimated.projector.progress import Bar
from mlanimated.projector.provenance import command, exact
from mlanimated.render.painted import Progress, Quality
from mlanimated.render.video import even_size, write_mp4, write_webm

__all__ = ["SUFFIXES", "check", "save"]

IMAGE_FPS = 25.0
"""The quickest rate of an animated image unless another is asked for: delays of four hundredths of a second, exactly."""


class Moving(TypedDict):
    """Arguments that all writers of moving pictures share."""

    theme: str
    scale: float
    progress: Progress
    processes: int


@dataclass(frozen=True)
class Plan:
    """What is to be written, checked.

    Attributes:
        reel: The film at its rate, with how it was saved in its provenance.
        path: Where it goes.
        theme: "light" or "dark"; None where none was asked for.
        scale: Pixels per scene unit.
        at: Moments in seconds; none for the film's poster.
        columns: Pictures in a row of a strip; None for the writer's own choice.
        quality: "draft", "good" or "best".
        progress: Told how far it is.
        processes: How many paint.
    """

    reel: Reel
    path: Path
    theme: str | None
    scale: float
    at: tuple[float, ...]
    columns: int | None
    quality: Quality
    progress: Progress
    processes: int = 1

    @property
    def colours(self) -> str:
        """The theme of what cannot follow its reader."""
        return self.theme or "light"

    @property
    def moving(self) -> Moving:
        """What every writer of moving pictures takes."""
        return {"theme": self.colours, "scale": self.scale, "progress": self.progress, "processes": self.processes}


def save(
    reel: Reel,
    path: str | Path,
    *,
    theme: str | None = None,
    fps: float | None = None,
    size: tuple[int, int] | None = None,
    at: float | Iterable[float] | None = None,
    columns: int | None = None,
    quality: Quality = "good",
    progress: Progress | None = None,
    processes: int = 1,
) -> Path:
    """Write a film into a file; what stood there stays until the new one is whole.

    Args:
        reel: The film.
        path: .mp4 or .webm (video), .gif or .webp (animated image), .png or .svg (a moment), .html (player), .vtt (captions).
        theme: "light" or "dark"; light by default. A page follows its reader's system unless one is given.
        fps: Frames a second; the film's own by default, at most 25 for animated images.
        size: Width and height in pixels; by default one for each scene unit. It must have the shape of the film.
        at: A moment in seconds, or several for a strip of pictures; for .png and .svg alone. The film's poster by default.
        columns: Pictures in a row of the strip.
        quality: "draft", "good" or "best": time against size and fineness.
        progress: Called with the frames done and all frames; by default a bar on the terminal when it takes over a second.
        processes: How many paint a film (.mp4, .webm, .gif, .webp); it is the same with any number. Worth it from a minute on.

    Returns:
        The path.

    Raises:
        MlaError: Something of the above is not possible, or the file cannot be written. Nothing is left half-written.
    """
    path, moments = Path(path), _moments(at)
    check(path, theme=theme, fps=fps, size=size, at=moments, columns=columns, quality=quality, processes=processes)
    for moment in moments:
        # The length is told to a tenth of a second, so that much is forgiven.
        if not 0 <= moment <= reel.seconds + 0.05:
            raise MlaError(f"The film has no moment {moment:g}; it runs from 0 to {reel.seconds:.1f} seconds.")
    moments = tuple(min(moment, reel.seconds) for moment in moments)
    suffix = path.suffix.lower()
    rate = float(fps) if fps is not None else min(reel.fps, IMAGE_FPS) if suffix in IMAGES else reel.fps
    scale, pixels = _scale(reel, suffix, size)
    told = {
        "canvas": f"{exact(reel.width)}x{exact(reel.height)}",
        "size": f"{pixels[0]}x{pixels[1]}",
        "fps": exact(rate),
        "theme": theme or "",
        "quality": quality if quality != "good" else "",
        "at": ",".join(map(exact, moments)),
        "columns": "" if columns is None else str(columns),
    }
    provenance = {**reel.provenance, **{name: text for name, text in told.items() if text}}
    if line := command(provenance, suffix):
        provenance["command"] = line
    reel = dataclasses.replace(reel, fps=rate, provenance=provenance if reel.provenance else {})
    with Bar(path.name) as bar:
        WRITERS[suffix](Plan(reel, path, theme, scale, moments, columns, quality, progress or bar, processes))
    return path


def check(
    path: str | Path,
    *,
    theme: str | None = None,
    fps: float | None = None,
    size: tuple[int, int] | None = None,
    at: float | Iterable[float] | None = None,
    columns: int | None = None,
    quality: str = "good",
    processes: int = 1,
) -> None:
    """Check all that can be told before there is a film, so that a mistake costs no training.

    Args:
        path: As for `save`, as are the others.
        theme: A theme's name, or None.
        fps: Frames a second, or None.
        size: Width and height in pixels, or None.
        at: One or several moments, or None.
        columns: Pictures in a row of a strip, or None.
        quality: A quality's name.
        processes: How many paint.

    Raises:
        MlaError: The first that is not possible, in one line.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in WRITERS:
        given = f"{suffix!r} is not a format of films" if suffix else f"{path.name!r} has no suffix"
        raise MlaError(f"{given}; use one of {' '.join(SUFFIXES)}, as in {path.stem or 'film'}.mp4.")
    _check_folder(path)
    if theme is not None:
        theme_of(theme)
    if quality not in get_args(Quality):
        raise MlaError(f"There is no quality {quality!r}.{did_you_mean(quality, get_args(Quality))}")
    if fps is not None:
        most = 50 if suffix in IMAGES else 240
        if not 1 <= fps <= most:
            raise MlaError(f"{fps:g} frames a second are not possible in {suffix}; 1 to {most} are.")
    if size is not None:
        if min(size) < 1:
            raise MlaError(f"A picture of {size[0]}x{size[1]} pixels is not possible; both sides must be above 0.")
        if suffix in VIDEOS:
            even_size(*size)
    moments = _moments(at)
    if moments and suffix not in STILLS:
        raise MlaError(f"A moment is for a picture ({' '.join(STILLS)}), not for {suffix}.")
    if len(moments) > 1 and suffix == ".svg":
        raise MlaError("An SVG shows one moment; a strip of several is a .png.")
    if not 1 <= processes <= 256:
        raise MlaError(
            f"{processes} processes are not possible; 1 to 256 are, as many as there are cores being useful."
        )
    if columns is not None and columns < 1:
        raise MlaError(f"A strip has at least 1 column, not {columns}.")


def _mp4(plan: Plan) -> None:
    write_mp4(plan.reel, plan.path, **plan.moving, quality=plan.quality)


def _webm(plan: Plan) -> None:
    write_webm(plan.reel, plan.path, **plan.moving, quality=plan.quality)


def _gif(plan: Plan) -> None:
    from mlanimated.render.gif import write_gif

    write_gif(plan.reel, plan.path, **plan.moving)


def _webp(plan: Plan) -> None:
    from mlanimated.render.webp import write_webp

    write_webp(plan.reel, plan.path, **plan.moving, quality=plan.quality)


def _png(plan: Plan) -> None:
    from mlanimated.render.picture import write_png, write_strip

    if len(plan.at) > 1:
        write_strip(plan.reel, plan.path, plan.at, columns=plan.columns, theme=plan.colours, scale=plan.scale)
    else:
        write_png(plan.reel, plan.path, *plan.at, theme=plan.colours, scale=plan.scale)


def _svg(plan: Plan) -> None:
    from mlanimated.render.svg import write_svg

    write_svg(plan.reel, plan.path, *plan.at, theme=plan.colours)


def _html(plan: Plan) -> None:
    from mlanimated.render.html import write_html

    write_html(plan.reel, plan.path, theme=plan.theme or "auto", progress=plan.progress)


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


def _check_folder(path: Path) -> None:
    """Check that a file can be put there, before any work is done for it."""
    folder = path.parent
    if path.is_dir():
        raise MlaError(f"{path} is a folder; name a file in it.")
    if not folder.is_dir():
        raise MlaError(f"There is no folder {folder}; make it first, or write elsewhere with -o.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise MlaError(f"The folder {folder} cannot be written to; write elsewhere with -o.")


def _moments(at: float | Iterable[float] | None) -> tuple[float, ...]:
    """Return the moments that were asked for."""
    if at is None:
        return ()
    return tuple(float(moment) for moment in at) if isinstance(at, Iterable) else (float(at),)


def _scale(reel: Reel, suffix: str, size: tuple[int, int] | None) -> tuple[float, tuple[int, int]]:
    """Return pixels per scene unit and the size in pixels, checked."""
    width, height = size or (round(reel.width), round(reel.height))
    scale = width / reel.width
    fitting = round(reel.height * scale)
    if abs(fitting - height) > 1:
        raise MlaError(
            f"A film of {reel.width:g}x{reel.height:g} units does not fit {width}x{height} pixels; {width}x{fitting} does,"
            " or lay it out anew with film.sized(width, height)."
        )
    if fitting != height:
        # The wanted height is a pixel off, as in 854x480: the scale in between that rounds to both.
        scale = (width / reel.width + height / reel.height) / 2
    pixels = round(reel.width * scale), round(reel.height * scale)
    if suffix in VIDEOS:
        even_size(*pixels)
    return scale, pixels
