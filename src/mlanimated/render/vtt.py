"""VTT: a film's captions beside a video, as WebVTT (W3C, 2019), for a `<track>` or a video player."""

from __future__ import annotations

import os

from mlanimated.draw.frame import Reel
from mlanimated.render.atomic import replacing

__all__ = ["vtt", "write_vtt"]


def write_vtt(reel: Reel, path: str | os.PathLike[str]) -> None:
    """Write the captions and, as notes, title and chapters.

    Args:
        reel: The film.
        path: The file to write; its folder must exist.

    Raises:
        MlaError: The path cannot be written.
    """
    with replacing(path) as temporary:
        temporary.write_text(vtt(reel), encoding="utf-8", newline="\n")


def vtt(reel: Reel) -> str:
    """Return the captions of a film as WebVTT; a film without captions gives a file without cues."""
    blocks = [f"WEBVTT - {_line(reel.title)}" if reel.title else "WEBVTT"]
    if reel.chapters:
        lines = [f"{_clock(cue.start)} {_line(cue.text)}" for cue in reel.chapters]
        blocks.append("\n".join(["NOTE Chapters", *lines]))
    for number, cue in enumerate(reel.captions, 1):
        stop = max(cue.stop, cue.start + 0.001)
        blocks.append(f"{number}\n{_clock(cue.start)} --> {_clock(stop)}\n{_escaped(cue.text)}")
    return "\n\n".join(blocks) + "\n"


def _clock(seconds: float) -> str:
    """Return 83.25 as "00:01:23.250"."""
    thousandths = round(max(0.0, seconds) * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def _escaped(text: str) -> str:
    """Return the text of a cue: marks and an arrow would be read as something else, an empty line would end it."""
    lines = [line.strip() for line in text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").splitlines()]
    return "\n".join(line for line in lines if line)


def _line(text: str) -> str:
    """Return text as one line that a header may hold."""
    return " ".join(text.replace("-->", "→").split())
