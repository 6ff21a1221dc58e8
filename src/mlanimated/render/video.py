"""MP4 and WebM: a film that plays in browsers, chat programs and slides.

The pictures are converted with BT.709's matrix and limited range, and tagged so, with the transfer curve of sRGB that
they were painted in: a colour of the palette is the same colour on the screen. Captions travel as a subtitle track,
chapters as chapters, and how the film was made as the comment.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from mlanimated.draw.frame import Reel
from mlanimated.errors import MlaError
from mlanimated.render.atomic import replacing
from mlanimated.render.painted import Progress, Quality, painted
from mlanimated.render.raster import Raster

__all__ = ["even_size", "write_mp4", "write_webm"]

BT709 = 1
SRGB = 13
LIMITED = 1
"""Code points of ITU-T H.273: matrix and primaries, transfer, range."""

MILLISECOND = Fraction(1, 1000)

THREADS = 2
"""Encoding threads. A fixed number, because x264 writes other bytes with another number of threads."""

STEADY = "mbtree=0:qcomp=0.8"
"""No macroblock tree: its AVX-512 code reads memory that nobody has written when there are B-frames (x264 build 165), so
that the same film was another file each time. With this crf and qcomp, size and error are what they were with it."""

FLAT = f"{STEADY}:weightp=0:b-adapt=0:scenecut=0:me=dia:subme=2"
"""What a film of flat colours does not need: fades, scene cuts, far searches. Half the time for the same size and error."""

H264: dict[Quality, dict[str, str]] = {
    "draft": {"preset": "ultrafast", "crf": "23"},
    "good": {"preset": "veryfast", "crf": "21", "tune": "animation", "x264-params": FLAT},
    "best": {"preset": "slow", "crf": "15", "tune": "animation", "x264-params": STEADY},
}

VP9: dict[Quality, dict[str, str]] = {
    "draft": {"deadline": "realtime", "cpu-used": "8", "crf": "34"},
    "good": {"deadline": "realtime", "cpu-used": "8", "crf": "24"},
    "best": {"deadline": "good", "cpu-used": "3", "crf": "16"},
}

SUBTITLE_STYLE = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour
Style: Default,Arial,16,&H00FFFFFF

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


class Container(NamedTuple):
    """What one kind of file wants."""

    format: str
    codec: str
    options: dict[Quality, dict[str, str]]
    subtitles: str
    muxing: dict[str, str]


# "bitexact" leaves out random track numbers and FFmpeg's version: the same film is the same file.
MP4 = Container("mp4", "libx264", H264, "mov_text", {"movflags": "+faststart", "fflags": "+bitexact"})
WEBM = Container("webm", "libvpx-vp9", VP9, "webvtt", {"cues_to_front": "1", "fflags": "+bitexact"})


def even_size(width: int, height: int) -> None:
    """Check that a film of this size in pixels can be written as video.

    Raises:
        MlaError: A side is odd, for which yuv420p has no room, below 16 or above 8192; the nearest even size is named.
    """
    if not (16 <= width <= 8192 and 16 <= height <= 8192):
        raise MlaError(f"A video is 16 to 8192 pixels wide and high, not {width}x{height}.")
    if width % 2 or height % 2:
        near = {f"{width + dx}x{height + dy}": None for dx in _parity(width) for dy in _parity(height)}
        raise MlaError(f"A video has even sides, not {width}x{height}. Nearest: {' or '.join(near)}.")


def write_mp4(
    reel: Reel,
    path: Path,
    *,
    theme: str = "light",
    scale: float = 1.0,
    quality: Quality = "good",
    progress: Progress | None = None,
    processes: int = 1,
) -> None:
    """Write a film as H.264 in an MP4 whose index stands in front, so that it plays while it loads.

    Args:
        reel: The film.
        path: Where it goes; what stood there stays until the new one is whole.
        theme: "light" or "dark".
        scale: Pixels per scene unit. Both sides of the picture must come out even.
        quality: "draft" is quick, "good" keeps small text clean, "best" takes about five times as long.
        progress: Told how many frames are done, of how many.
        processes: How many paint; the file is the same, byte for byte.

    Raises:
        MlaError: A side is odd, or the file cannot be written.
    """
    _write(MP4, reel, path, theme=theme, scale=scale, quality=quality, progress=progress, processes=processes)


def write_webm(
    reel: Reel,
    path: Path,
    *,
    theme: str = "light",
    scale: float = 1.0,
    quality: Quality = "good",
    progress: Progress | None = None,
    processes: int = 1,
) -> None:
    """Write a film as VP9 in a WebM; see `write_mp4`."""
    _write(WEBM, reel, path, theme=theme, scale=scale, quality=quality, progress=progress, processes=processes)


def _write(
    kind: Container,
    reel: Reel,
    path: Path,
    *,
    theme: str,
    scale: float,
    quality: Quality,
    progress: Progress | None,
    processes: int,
) -> None:
    """Paint, convert, encode and mux, one frame at a time."""
    import av
    from av.video.reformatter import VideoReformatter

    raster = Raster(reel.width, reel.height, scale, theme)
    even_size(raster.width, raster.height)
    reformatter = VideoReformatter()
    # PyAV's own types are partly unknown, hence Any.
    with replacing(path) as part:
        with av.open(part, "w", format=kind.format, options=kind.muxing) as opened:
            container: Any = opened
            video = _picture_track(container, kind, reel, raster, quality)
            captions = _caption_track(container, kind, reel)
            _describe(container, reel)
            container.start_encoding()
            for packet in _caption_packets(captions, kind, reel):
                container.mux(packet)
            converted = av.VideoFrame()
            for picture in painted(reel, raster, progress, processes):
                if picture.changed:
                    source = av.VideoFrame.from_numpy_buffer(picture.pixels, "bgra")
                    converted = reformatter.reformat(
                        source,
                        format="yuv420p",
                        dst_colorspace=BT709,
                        dst_color_range=LIMITED,
                        interpolation="AREA",  # the mean colour of each four pixels; the default is off by up to 14 of 255
                    )
                converted.pts, converted.time_base = picture.number, 1 / _rate(reel)
                container.mux(video.encode(converted))
            container.mux(video.encode())
        if kind is MP4 and reel.captions:
            _turn_subtitles_off(part)


def _rate(reel: Reel) -> Fraction:
    """Return the frames a second as a fraction that containers can hold."""
    return Fraction(reel.fps).limit_denominator(1001)


def _picture_track(container: Any, kind: Container, reel: Reel, raster: Raster, quality: Quality) -> Any:
    """Add the track of the pictures, tagged with their colours."""
    rate = _rate(reel)
    video = container.add_stream(kind.codec, rate=rate, options={**kind.options[quality], "threads": str(THREADS)})
    video.width, video.height, video.pix_fmt = raster.width, raster.height, "yuv420p"
    context = video.codec_context
    context.time_base = 1 / rate
    context.gop_size = max(1, round(rate * 4))  # one who scrubs waits for four seconds' worth of frames at the most
    context.colorspace = context.color_primaries = BT709
    context.color_trc = SRGB
    context.color_range = LIMITED
    return video


def _caption_track(container: Any, kind: Container, reel: Reel) -> Any:
    """Add the track of the captions, if there are any."""
    if not reel.captions:
        return None
    if kind is MP4:
        words = container.add_stream(kind.subtitles)
        words.codec_context.subtitle_header = SUBTITLE_STYLE.encode()
        words.codec_context.time_base = MILLISECOND
    else:
        words = container.add_mux_stream(kind.subtitles)
    words.time_base = MILLISECOND
    words.metadata["language"] = "eng"
    words.disposition = 0
    return words


def _caption_packets(track: Any, kind: Container, reel: Reel) -> Iterator[Any]:
    """Yield the captions as packets; MP4 wants the silence between them said too, as empty ones."""
    import av

    end = 0
    for cue in reel.captions:
        start, stop = round(cue.start * 1000), round(min(cue.stop, reel.seconds) * 1000)
        if stop <= start:
            continue
        words = (
            [(end, start, ""), (start, stop, cue.text)] if kind is MP4 and start > end else [(start, stop, cue.text)]
        )
        for begin, until, text in words:
            said = text.encode()
            packet: Any = av.Packet(len(said).to_bytes(2, "big") + said if kind is MP4 else said)
            packet.stream, packet.time_base = track, MILLISECOND
            packet.pts = packet.dts = begin
            packet.duration = until - begin
            yield packet
        end = stop


def _describe(container: Any, reel: Reel) -> None:
    """Store title, description, provenance and chapters."""
    words = {"title": reel.title, "description": reel.alt}
    if reel.provenance:
        words["comment"] = json.dumps(dict(reel.provenance))
    container.metadata.update({name: text for name, text in words.items() if text})
    spans = [(round(cue.start * 1000), round(min(cue.stop, reel.seconds) * 1000), cue.text) for cue in reel.chapters]
    container.set_chapters(
        [
            {"id": number, "start": start, "end": stop, "time_base": MILLISECOND, "metadata": {"title": name}}
            for number, (start, stop, name) in enumerate(spans, 1)
            if stop > start
        ]
    )


def _turn_subtitles_off(path: Path) -> None:
    """Clear the "enabled" flag of an MP4's subtitle tracks: the film shows its captions, the track is for those who ask.

    FFmpeg enables the first track of each kind whatever it is told. The flag is the lowest bit of the track header
    (ISO 14496-12, 8.3.2), whose place is found by walking the boxes.
    """
    with path.open("r+b") as file:
        data = file.read(2**24)  # the index stands in front
        for start, stop in _boxes(data, b"moov", 0, len(data)):
            for first, last in _boxes(data, b"trak", start, stop):
                media = next(_boxes(data, b"mdia", first, last))
                handler = next(_boxes(data, b"hdlr", *media))[0]
                if data[handler + 8 : handler + 12] == b"sbtl":
                    flags = next(_boxes(data, b"tkhd", first, last))[0] + 3
                    file.seek(flags)
                    file.write(bytes([data[flags] & 0xFE]))


def _boxes(data: bytes, kind: bytes, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of the content of each box of a kind that stands between two places of an MP4."""
    while start + 8 <= stop:
        size = int.from_bytes(data[start : start + 4], "big")
        if size < 8:
            return
        if data[start + 4 : start + 8] == kind:
            yield start + 8, start + size
        start += size


def _parity(side: int) -> tuple[int, ...]:
    """Return what is to be added to a side so that it is even."""
    return (-1, 1) if side % 2 else (0,)
