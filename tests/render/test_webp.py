"""Animated WebP, decoded again by Pillow and compared with what was painted."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image as Pillow

from mlanimated.draw.commands import Circle
from mlanimated.draw.frame import Frame, Reel
from mlanimated.draw.text import label
from mlanimated.render.raster import Raster
from mlanimated.render.webp import write_webp


def disc(time: float) -> Frame:
    """A disc that moves for a second and then rests."""
    return Frame(201, 99, (Circle(20 + 150 * min(1.0, time), 50, 12, fill="accent"), label(4, 90, f"{time > 1}", 14)))


def film(**changes: object) -> Reel:
    settings = {"frame": disc, "seconds": 1.5, "fps": 30.0, "width": 201.0, "height": 99.0, "alt": "A disc & a word."}
    return Reel(**{**settings, "provenance": {"program": "mlanimated", "note": "<−&>"}, **changes})  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_picture_is_what_was_painted(tmp_path: Path, theme: str) -> None:
    path = tmp_path / "film.webp"
    write_webp(film(), path, theme=theme)
    raster = Raster(201, 99, 1.0, theme)
    with Pillow.open(path) as picture:
        assert picture.info["loop"] == 0
        time = 0
        for number in range(picture.n_frames):
            picture.seek(number)
            assert time == pytest.approx(1000 * number / 30, abs=0.51) or number > 30
            expected = raster.paint(disc(time / 1000))[..., 2::-1]
            if number <= 30:
                expected = raster.paint(disc(number / 30))[..., 2::-1]
            np.testing.assert_array_equal(np.asarray(picture.convert("RGB")), expected)
            time += picture.info["duration"]
    assert time == round(46 * 1000 / 30)


def test_how_it_was_made_travels_as_xmp(tmp_path: Path) -> None:
    path = tmp_path / "film.webp"
    write_webp(film(), path)
    with Pillow.open(path) as picture:
        packet = ET.fromstring(picture.info["xmp"])
    told = {entry.tag.rpartition("}")[2]: entry.text for entry in packet[0][0]}
    assert json.loads(told["source"]) == {"program": "mlanimated", "note": "<−&>"}
    assert told["description"] == "A disc & a word."


def test_the_same_film_is_the_same_file(tmp_path: Path) -> None:
    write_webp(film(), tmp_path / "a.webp")
    write_webp(film(), tmp_path / "b.webp")
    assert (tmp_path / "a.webp").read_bytes() == (tmp_path / "b.webp").read_bytes()


def test_progress_and_a_still(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    write_webp(film(), tmp_path / "film.webp", progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (46, 46)
    write_webp(film(seconds=0.0), tmp_path / "still.webp", quality="draft")
    with Pillow.open(tmp_path / "still.webp") as picture:
        assert picture.size == (201, 99)
