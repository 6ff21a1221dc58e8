"""MP4 and WebM, decoded again by FFmpeg and compared with what was painted."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import get_args

import av
import numpy as np
import pytest

from mlanimated.draw.commands import Circle, Rect
from mlanimated.draw.frame import Cue, Frame, Reel
from mlanimated.draw.text import label
from mlanimated.errors import MlaError
from mlanimated.render.painted import Quality
from mlanimated.render.raster import Raster
from mlanimated.render.video import even_size, write_mp4, write_webm

WRITERS = {".mp4": write_mp4, ".webm": write_webm}
ROLES = ("ink", "muted", "accent", "good", "bad", *(f"series-{number}" for number in range(1, 9)))


def frame(time: float) -> Frame:
    """A row of flat colours above a disc that moves for a second and then rests."""
    patches = tuple(Rect(8 + 24 * index, 8, 24, 32, fill=role) for index, role in enumerate(ROLES))
    disc = Circle(40 + 200 * min(1.0, time), 90, 16, fill="accent")
    return Frame(336, 144, (*patches, disc, label(8, 136, f"{min(1.0, time):.2f}", 18)))


def film(**changes: object) -> Reel:
    settings = {
        "frame": frame,
        "seconds": 2.0,
        "fps": 30.0,
        "width": 336.0,
        "height": 144.0,
        "title": "A disc − moves",
        "captions": (Cue(0.5, 1.0, "It moves."), Cue(1.2, 2.0, "It rests − now.")),
        "chapters": (Cue(0.0, 1.0, "start"), Cue(1.0, 9.0, "rest")),
        "alt": "A disc moves to the right.",
        "provenance": {"program": "mlanimated", "recipe": "disc"},
    }
    return Reel(**{**settings, **changes})  # pyright: ignore[reportArgumentType]


def decoded(path: Path) -> list[np.ndarray]:
    """Every picture as RGB, by FFmpeg's reading of the file's own colour tags."""
    with av.open(path) as container:
        return [
            picture.reformat(format="rgb24", src_colorspace=picture.colorspace, interpolation="BICUBIC").to_ndarray()
            for picture in container.decode(video=0)
        ]


@pytest.mark.parametrize("quality", get_args(Quality))
@pytest.mark.parametrize("suffix", WRITERS)
def test_every_quality_can_be_written(tmp_path: Path, suffix: str, quality: Quality) -> None:
    path = tmp_path / f"film{suffix}"
    WRITERS[suffix](film(seconds=0.1), path, quality=quality)
    assert len(decoded(path)) == 4


@pytest.mark.parametrize("suffix", WRITERS)
def test_pictures_times_and_colours_survive(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"film{suffix}"
    WRITERS[suffix](film(), path, theme="dark")
    with av.open(path) as container:
        video = container.streams.video[0]
        assert (video.width, video.height) == (336, 144)
        assert video.average_rate == Fraction(30)
        context = video.codec_context
        assert context.pix_fmt == "yuv420p"
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 13, 1)
        times = [picture.time for picture in container.decode(video=0)]
    assert times == pytest.approx([number / 30 for number in range(61)], abs=1e-3)
    pictures = decoded(path)
    raster = Raster(336, 144, 1.0, "dark")
    for number in (0, 15, 29, 60):
        painted = raster.paint(frame(number / 30))[..., 2::-1].astype(int)
        error = np.abs(pictures[number].astype(int) - painted)
        assert error.mean() < 2.5
        for index, role in enumerate(ROLES):
            patch = np.s_[16:32, 16 + 24 * index : 24 + 24 * index]
            assert error[patch].mean() < 5, role
    assert np.abs(pictures[0].astype(int) - pictures[60]).max() > 100


def test_colour_is_kept_as_well_as_yuv420p_can(tmp_path: Path) -> None:
    def chequered(time: float) -> Frame:
        return Frame(64, 64, tuple(Rect(x, y, 2, 2, fill="#d01020") for x in range(0, 64, 4) for y in range(0, 64, 4)))

    path = tmp_path / "film.mp4"
    write_mp4(film(frame=chequered, seconds=0.0, width=64.0, height=64.0), path, quality="best")
    with av.open(path) as container:
        planes = next(container.decode(video=0)).to_ndarray()
    painted = Raster(64, 64).paint(chequered(0.0))[..., 2::-1] / 255
    luma = painted @ (0.2126, 0.7152, 0.0722)
    red = 128 + 224 * (painted[..., 0] - luma) / 1.5748
    expected = red.reshape(32, 2, 32, 2).mean(axis=(1, 3))
    assert np.abs(planes[80:].reshape(32, 32) - expected).max() < 4


@pytest.mark.parametrize("suffix", WRITERS)
def test_words_travel_inside(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"film{suffix}"
    WRITERS[suffix](film(), path)
    with av.open(path) as container:
        tags = {name.lower(): text for name, text in container.metadata.items()}
        assert tags["title"] == "A disc − moves"
        assert tags["description"] == "A disc moves to the right."
        assert json.loads(tags["comment"]) == {"program": "mlanimated", "recipe": "disc"}
        chapters = [
            (chapter["metadata"]["title"], *(float(chapter[end] * chapter["time_base"]) for end in ("start", "end")))
            for chapter in container.chapters()
        ]
        assert chapters == [("start", 0.0, 1.0), ("rest", 1.0, 2.0)]
        track = next(stream for stream in container.streams if stream.type == "subtitle")
        assert not track.disposition
        said = [
            (float(packet.pts * packet.time_base), float(packet.duration * packet.time_base), words)
            for packet in container.demux(track)
            if packet.pts is not None and (words := bytes(packet).lstrip(b"\x00")[suffix == ".mp4" :].decode())
        ]
    assert said == [(0.5, pytest.approx(0.5), "It moves."), (1.2, pytest.approx(0.8), "It rests − now.")]
    with av.open(path) as container:
        assert container.duration / av.time_base == pytest.approx(61 / 30, abs=0.05)


def test_the_index_of_an_mp4_stands_in_front(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    write_mp4(film(), path)
    data = path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize("suffix", WRITERS)
def test_the_same_film_is_the_same_file(tmp_path: Path, suffix: str) -> None:
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    WRITERS[suffix](film(), first)
    WRITERS[suffix](film(), second)
    assert first.read_bytes() == second.read_bytes()


def test_a_picture_that_repeats_is_not_painted_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[Frame] = []
    paint = Raster.paint
    monkeypatch.setattr(Raster, "paint", lambda self, picture: painted.append(picture) or paint(self, picture))
    progress: list[tuple[int, int]] = []
    write_mp4(film(), tmp_path / "film.mp4", progress=lambda done, total: progress.append((done, total)))
    assert len(painted) == 31
    assert progress == [(number, 61) for number in range(1, 62)]


def test_scale_gives_pixels(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    write_mp4(film(seconds=0.1), path, scale=2.0, quality="best")
    with av.open(path) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (672, 288)


def test_a_still_without_words(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    write_mp4(film(seconds=0.0, captions=(), chapters=(), title="", alt="", provenance={}), path, quality="draft")
    assert len(decoded(path)) == 1
    with av.open(path) as container:
        assert [stream.type for stream in container.streams] == ["video"]
        assert "comment" not in container.metadata


@pytest.mark.parametrize(
    ("width", "height", "nearest"),
    [(801, 400, "800x400 or 802x400"), (800, 401, "800x400 or 800x402"), (801, 401, "800x400 or 800x402 or 802x400")],
)
def test_odd_sizes_name_the_nearest_even_ones(width: int, height: int, nearest: str) -> None:
    with pytest.raises(MlaError, match=nearest):
        even_size(width, height)


@pytest.mark.parametrize(("width", "height"), [(14, 400), (800, 8194)])
def test_sizes_that_no_video_has(width: int, height: int) -> None:
    with pytest.raises(MlaError, match="16 to 8192"):
        even_size(width, height)


def test_an_odd_film_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"old")
    with pytest.raises(MlaError, match="even"):
        write_mp4(film(width=335.0), path)
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("suffix", WRITERS)
def test_an_interrupt_leaves_the_old_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"film{suffix}"
    path.write_bytes(b"old")

    def interrupted(time: float) -> Frame:
        if time > 0.5:
            raise KeyboardInterrupt
        return frame(time)

    with pytest.raises(KeyboardInterrupt):
        WRITERS[suffix](film(frame=interrupted), path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
