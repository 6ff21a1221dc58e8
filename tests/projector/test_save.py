"""One way from a film to a file: what is chosen, what is checked, and what an accident leaves behind."""

from __future__ import annotations

import dataclasses
import io
import os
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image as Pillow

from mlanimated.draw.commands import Circle
from mlanimated.draw.frame import Cue, Frame, Reel
from mlanimated.errors import MlaError
from mlanimated.projector import progress as progress_module
from mlanimated.projector.notebook import html
from mlanimated.projector.progress import Bar
from mlanimated.projector.provenance import versions
from mlanimated.projector.save import SUFFIXES, check, save


def film(**changes: object) -> Reel:
    reel = Reel(
        lambda time: Frame(320, 180, (Circle(40 + 200 * time, 90, 20, fill="accent"),)),
        seconds=0.5,
        width=320.0,
        height=180.0,
        title="Disc",
        captions=(Cue(0.0, 0.5, "It moves."),),
        provenance={**versions(), "recipe": "disc"},
    )
    return dataclasses.replace(reel, **changes)  # pyright: ignore[reportArgumentType]


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(path) as container:
        return [picture.to_ndarray(format="rgb24") for picture in container.decode(video=0)]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_suffix_is_written(tmp_path: Path, suffix: str) -> None:
    path = save(film(), tmp_path / f"film{suffix}")
    assert path.stat().st_size > 50
    begins = {
        ".mp4": b"\x00\x00\x00 ftyp",
        ".webm": b"\x1aE\xdf\xa3",
        ".gif": b"GIF89a",
        ".webp": b"RIFF",
        ".png": b"\x89PNG",
        ".svg": b"<svg",
        ".html": b"<!doctype html>",
        ".vtt": b"WEBVTT",
    }
    assert path.read_bytes().startswith(begins[suffix])
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_two_saves_are_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    first = save(film(), tmp_path / f"a{suffix}").read_bytes()
    assert save(film(), str(tmp_path / f"b{suffix.upper()}")).read_bytes() == first


def test_size_and_rate(tmp_path: Path) -> None:
    path = save(film(), tmp_path / "film.mp4", size=(640, 360), fps=10, quality="draft")
    with av.open(path) as container:
        video = container.streams.video[0]
        assert (video.width, video.height, video.average_rate, video.frames) == (640, 360, 10, 6)
    path = save(film(), tmp_path / "film.png", size=(960, 540))
    with Pillow.open(path) as picture:
        assert picture.size == (960, 540)


@pytest.mark.parametrize("size", [(854, 480), (426, 240), (1366, 768), (256, 144)])
def test_a_size_that_is_a_pixel_off_the_shape(tmp_path: Path, size: tuple[int, int]) -> None:
    path = save(film(seconds=0.0), tmp_path / "film.mp4", size=size)
    assert pictures(path)[0].shape == (size[1], size[0], 3)


def test_animated_images_run_at_25_unless_told(tmp_path: Path) -> None:
    with Pillow.open(save(film(), tmp_path / "film.gif")) as picture:
        assert picture.info["duration"] == 40
    with Pillow.open(save(film(fps=10.0), tmp_path / "film.gif")) as picture:
        assert picture.info["duration"] == 100
    with Pillow.open(save(film(), tmp_path / "film.gif", fps=50)) as picture:
        assert picture.info["duration"] == 20


def test_one_moment_or_a_strip(tmp_path: Path) -> None:
    def centre(path: Path) -> float:
        with Pillow.open(path) as picture:
            pixels = np.asarray(picture.convert("RGB")).astype(int)
        return float(np.nonzero(np.abs(pixels - pixels[0, 0]).sum(axis=2) > 60)[1].mean())

    assert centre(save(film(), tmp_path / "first.png")) == pytest.approx(39.5, abs=0.5)
    assert centre(save(film(), tmp_path / "later.png", at=0.4)) == pytest.approx(119.5, abs=0.5)
    with Pillow.open(save(film(), tmp_path / "strip.png", at=(0.0, 0.25, 0.5), columns=3)) as picture:
        assert picture.width == 320
        assert picture.height < 180
    assert "<circle" in save(film(), tmp_path / "later.svg", at=[0.4]).read_text()
    with Pillow.open(save(film(), tmp_path / "spread.png", at=np.linspace(0, 0.5, 3), columns=3)) as picture:
        assert picture.width == 320


def test_a_page_follows_its_reader_unless_a_theme_is_asked_for(tmp_path: Path) -> None:
    assert "prefers-color-scheme: dark" in save(film(), tmp_path / "film.html").read_text()
    assert '<mla-player page theme="dark"' in save(film(), tmp_path / "film.html", theme="dark").read_text()


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("film.mov", {}, r"'\.mov'.*\.mp4 \.webm \.gif \.webp \.png \.svg \.html \.vtt"),
        ("film", {}, r"no suffix.*film\.mp4"),
        ("nowhere/film.mp4", {}, "no folder"),
        ("folder.mp4", {}, "is a folder"),
        ("film.mp4", {"theme": "drak"}, "dark"),
        ("film.mp4", {"quality": "god"}, "good"),
        ("film.mp4", {"size": (641, 360)}, "even.*640x360 or 642x360"),
        ("film.mp4", {"size": (0, 360)}, "above 0"),
        ("film.mp4", {"size": (640, 400)}, "640x360 does"),
        ("film.mp4", {"fps": 0}, "1 to 240"),
        ("film.mp4", {"fps": float("nan")}, "1 to 240"),
        ("film.gif", {"fps": 60}, "1 to 50"),
        ("film.mp4", {"at": 0.1}, r"\.png \.svg"),
        ("film.svg", {"at": (0.1, 0.2)}, "one moment"),
        ("film.png", {"at": 0.6}, "0 to 0.5 seconds"),
        ("film.png", {"columns": 0}, "at least 1"),
    ],
)
def test_what_is_not_possible_is_said_before_anything_is_drawn(
    tmp_path: Path, name: str, options: dict[str, object], says: str
) -> None:
    (tmp_path / "folder.mp4").mkdir()

    def never(time: float) -> Frame:
        raise AssertionError(f"drew {time}")

    with pytest.raises(MlaError, match=says) as caught:
        save(film(frame=never), tmp_path / name, **options)  # pyright: ignore[reportArgumentType]
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.mp4"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(MlaError, match="cannot be written"):
            check(tmp_path / "film.mp4")
    finally:
        tmp_path.chmod(0o700)


def test_check_alone_needs_no_film(tmp_path: Path) -> None:
    check(tmp_path / "film.gif", theme="dark", fps=20, size=(641, 361), quality="best")
    check(tmp_path / "film.png", at=(1.0, 2.0), columns=2)
    with pytest.raises(MlaError, match="even"):
        check(tmp_path / "film.webm", size=(641, 361))


@pytest.mark.parametrize("suffix", [suffix for suffix in SUFFIXES if suffix != ".vtt"])
@pytest.mark.parametrize("accident", [KeyboardInterrupt, MlaError, ZeroDivisionError])
def test_an_accident_leaves_the_old_file(tmp_path: Path, suffix: str, accident: type[BaseException]) -> None:
    def broken(time: float) -> Frame:
        raise accident("by the way")

    path = tmp_path / f"film{suffix}"
    path.write_bytes(b"old")
    with pytest.raises(accident):
        save(film(frame=broken), path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_film_without_provenance_gets_none(tmp_path: Path) -> None:
    with av.open(save(film(provenance={}), tmp_path / "film.mp4")) as container:
        assert "comment" not in container.metadata


class Terminal(io.StringIO):
    """A standard error stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_bar_shows_the_time_left_after_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(sys, "stderr", Terminal())
    with Bar("ball.mp4") as bar:
        clock[0] += 0.5
        bar(5, 100)
        assert sys.stderr.getvalue() == ""
        clock[0] += 0.6
        bar(10, 100)
        bar(20, 100)
    shown = sys.stderr.getvalue()
    assert "ball.mp4" in shown
    assert "20%" in shown


@pytest.mark.parametrize(("stream", "done"), [(io.StringIO, 10), (Terminal, 99)])
def test_no_bar_off_a_terminal_or_at_the_very_end(
    monkeypatch: pytest.MonkeyPatch, stream: type[io.StringIO], done: int
) -> None:
    clock = [100.0]
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(sys, "stderr", stream())
    with Bar("ball.mp4") as bar:
        clock[0] += 5
        bar(done, 100)
    assert sys.stderr.getvalue() == ""


def test_a_notebook_gets_the_player() -> None:
    shown = html(film())
    assert "<iframe" in shown
    assert "mla-player" in shown
