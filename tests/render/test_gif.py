"""GIF, decoded again by Pillow and compared with what was painted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from mlanimated.draw.commands import Circle, Image, Pixels, Rect
from mlanimated.draw.frame import Frame, Reel
from mlanimated.draw.text import label
from mlanimated.errors import MlaError
from mlanimated.render.gif import write_gif
from mlanimated.render.indexed import Indexed, packed
from mlanimated.render.raster import Raster

PROVENANCE = {"program": "mlanimated", "arguments": json.dumps({"note": "x" * 600 + " − é"})}


def disc(time: float) -> Frame:
    """A disc that moves for a second and then rests."""
    return Frame(201, 99, (Circle(20 + 150 * min(1.0, time), 50, 12, fill="accent"), label(4, 90, f"{time > 1}", 14)))


def colourful(time: float) -> Frame:
    """More colours than a GIF has: two maps, and flat patches that must stay exact."""
    ramp = bytes(np.linspace(0, 255, 256).astype(np.uint8))
    cloud = bytes(np.random.default_rng(1).integers(0, 256, 64 * 64 * 3, dtype=np.uint8))
    return Frame(
        320,
        180,
        (
            Image(0, 0, 320, 30, Pixels(256, 1, ramp, "sequential"), smooth=True),
            Image(0, 30, 320, 30, Pixels(256, 1, ramp, "diverging"), smooth=True),
            Image(250, 70, 64, 64, Pixels(64, 64, cloud)),
            Rect(0, 70, 100, 60, fill="panel"),
            Rect(100, 70, 100, 60, fill="#123456"),
            Rect(100 + 20 * time, 140, 40, 30, fill="accent"),
        ),
    )


def film(frame: object = disc, **changes: object) -> Reel:
    settings = {"frame": frame, "seconds": 2.0, "fps": 25.0, "width": 201.0, "height": 99.0, "provenance": PROVENANCE}
    return Reel(**{**settings, **changes})  # pyright: ignore[reportArgumentType]


def decoded(path: Path) -> list[tuple[int, np.ndarray]]:
    """When each picture appears, in milliseconds, and its RGB; at last the end and nothing."""
    shown, time = [], 0
    with Pillow.open(path) as picture:
        for number in range(picture.n_frames):
            picture.seek(number)
            shown.append((time, np.asarray(picture.convert("RGB")).astype(int)))
            time += picture.info["duration"]
    return [*shown, (time, np.zeros(0))]


def painted(frame: Frame, theme: str = "light") -> np.ndarray:
    return Raster(frame.width, frame.height, 1.0, theme).paint(frame)[..., 2::-1].astype(int)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_picture_stands_when_it_should(tmp_path: Path, theme: str) -> None:
    path = tmp_path / "film.gif"
    write_gif(film(), path, theme=theme)
    pictures = decoded(path)
    assert [time for time, _ in pictures] == [*range(0, 1001, 40), 1040, 2040]
    for time, picture in pictures[:-1]:
        error = np.abs(picture - painted(disc(time / 1000), theme))
        assert np.count_nonzero(error) < 0.005 * error.size
        assert error.max() <= 4  # edges that were not in the sample


def test_few_colours_are_kept_exactly(tmp_path: Path) -> None:
    def frame(time: float) -> Frame:
        squares = tuple(Rect(8 * index, 10, 8, 8, fill=f"#{index * 10:02x}fc0{index % 10}") for index in range(25))
        return Frame(201, 99, (*squares, Rect(round(100 * time), 40, 20, 20, fill="accent")))

    path = tmp_path / "film.gif"
    write_gif(film(frame), path)
    pictures = decoded(path)
    assert len(pictures) == 52
    for time, picture in pictures[:-1]:
        np.testing.assert_array_equal(picture, painted(frame(time / 1000)))


def test_it_loops_and_says_how_it_was_made(tmp_path: Path) -> None:
    path = tmp_path / "film.gif"
    write_gif(film(), path)
    with Pillow.open(path) as picture:
        assert picture.info["loop"] == 0
        assert json.loads(picture.info["comment"]) == PROVENANCE


def test_many_colours_come_close(tmp_path: Path) -> None:
    path = tmp_path / "film.gif"
    write_gif(film(colourful, width=320.0, height=180.0, seconds=1.0), path)
    for time, picture in decoded(path)[:-1]:
        reference = painted(colourful(time / 1000))
        error = np.abs(picture - reference)
        assert error[:60].mean() < 4
        assert error[70:134, 250:314].mean() < 30
        for corner in ((100, 50), (100, 150), (155, 60)):
            assert not error[corner].any()


@pytest.mark.parametrize("fps", [1, 7, 12.5, 24, 30, 50])
def test_any_rate_keeps_the_films_time(tmp_path: Path, fps: float) -> None:
    path = tmp_path / "film.gif"
    write_gif(film(seconds=1.0, fps=fps), path)
    times = [time for time, _ in decoded(path)]
    assert times[-1] == round((round(fps) + 1) * 100 / fps) * 10
    np.testing.assert_allclose(times[:-1], np.arange(len(times) - 1) * 1000 / fps, atol=5.01)


def test_what_rests_costs_nothing(tmp_path: Path) -> None:
    short, long = tmp_path / "short.gif", tmp_path / "long.gif"
    write_gif(film(seconds=2.0), short)
    write_gif(film(seconds=20.0), long)
    assert long.stat().st_size == pytest.approx(short.stat().st_size, rel=0.02)
    assert decoded(long)[-1][0] == 20040


def test_a_rest_longer_than_a_delay_can_say(tmp_path: Path) -> None:
    path = tmp_path / "film.gif"
    write_gif(film(lambda time: disc(0), seconds=700.0, fps=1.0), path)
    assert decoded(path)[-1][0] == 701_000


def test_the_same_film_is_the_same_file(tmp_path: Path) -> None:
    reel = film(colourful, width=320.0, height=180.0, seconds=0.4)
    write_gif(reel, tmp_path / "a.gif")
    write_gif(reel, tmp_path / "b.gif")
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()


@pytest.mark.parametrize("fps", [0.5, 60])
def test_rates_that_no_gif_has(tmp_path: Path, fps: float) -> None:
    with pytest.raises(MlaError, match="1 to 50 frames"):
        write_gif(film(fps=fps), tmp_path / "film.gif")
    assert not list(tmp_path.iterdir())


def test_every_colour_has_an_entry_that_is_near() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 4), dtype=np.uint8)
    picture = packed(pixels)
    indexed = Indexed.of([picture])
    assert not indexed.exact
    assert len(indexed.palette) <= 255
    chosen = indexed.palette[indexed.numbers(picture)].astype(int)
    wanted = pixels[..., 2::-1].astype(int)
    best = np.abs(wanted[..., None, :] - indexed.palette.astype(int)).sum(axis=-1).min(axis=-1)
    # The nearest by weighted squares is rarely the nearest by sums, but never far from it.
    assert (np.abs(chosen - wanted).sum(axis=-1) - best).mean() < 3
    unseen = np.arange(0, 2**24, 4099, dtype=np.uint32)
    near = np.abs(
        indexed.palette[indexed.numbers(unseen)].astype(int)
        - np.stack([unseen >> 16, (unseen >> 8) & 255, unseen & 255], -1)
    )
    assert near.max() < 90
