"""Pictures: the moment that was asked for, with how it was made inside."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from mlanimated.draw.commands import Rect
from mlanimated.draw.frame import Frame, Reel
from mlanimated.draw.palette import resolve
from mlanimated.draw.text import label
from mlanimated.errors import MlaError
from mlanimated.render.picture import moments, strip, write_png, write_strip
from mlanimated.render.raster import paint


def bar(time: float) -> Frame:
    """A bar that grows from left to right in ten seconds."""
    return Frame(320, 180, (Rect(0, 60, 32 * time, 60, "accent"), label(8, 30, "Growing", 18)))


REEL = Reel(
    bar,
    10.0,
    width=320,
    height=180,
    title="A bar",
    alt="It grows – slowly.",
    poster=7.0,
    provenance={"recipe": "bär", "seed": "7"},
)


def read(path) -> np.ndarray:
    with Image.open(path) as picture:
        assert picture.mode == "RGB"
        return np.asarray(picture)


@pytest.mark.parametrize(("at", "shown"), [(None, 7.0), (0.0, 0.0), (2.5, 2.5), (10.0, 10.0)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_png_is_the_frame_at_its_time(tmp_path, at, shown, theme):
    write_png(REEL, tmp_path / "bar.png", at, theme=theme, scale=2)
    np.testing.assert_array_equal(read(tmp_path / "bar.png"), paint(bar(shown), scale=2, theme=theme)[..., :3])


def test_it_carries_how_it_was_made(tmp_path):
    write_png(REEL, tmp_path / "bar.png")
    write_strip(REEL, tmp_path / "strip.png")
    for name in ("bar.png", "strip.png"):
        with Image.open(tmp_path / name) as picture:
            assert json.loads(picture.text["Comment"]) == REEL.provenance
            assert (picture.text["Title"], picture.text["Description"]) == ("A bar", "It grows – slowly.")


def test_the_same_film_gives_the_same_bytes(tmp_path):
    write_png(REEL, tmp_path / "one.png")
    write_png(REEL, tmp_path / "two.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


@pytest.mark.parametrize("at", [-0.1, 10.1, float("nan")])
def test_a_time_outside_the_film_is_one_clear_line(tmp_path, at):
    with pytest.raises(MlaError, match="0 to 10 s"):
        write_png(REEL, tmp_path / "bar.png", at)
    with pytest.raises(MlaError, match="0 to 10 s"):
        write_strip(REEL, tmp_path / "bar.png", [1.0, at])
    assert list(tmp_path.iterdir()) == []


def test_moments_run_from_the_beginning_to_the_end():
    assert moments(REEL, 3) == (0.0, 5.0, 10.0)
    assert moments(REEL, 1) == (0.0,)
    assert moments(REEL, [9, 1]) == (9.0, 1.0)
    for nothing in (0, -1, []):
        with pytest.raises(MlaError, match="at least"):
            moments(REEL, nothing)


def test_a_strip_shows_its_moments_side_by_side(tmp_path):
    write_strip(REEL, tmp_path / "strip.png", [0.0, 5.0, 10.0], columns=3, width=960)
    shown = read(tmp_path / "strip.png")
    assert shown.shape[1] == 960
    accent = (np.abs(shown.astype(int) - resolve("accent", "light")[:3]).max(axis=-1) < 3).any(axis=0)
    each = (960 - 4 * 24) / 3
    for index, share in enumerate((0.0, 0.5, 1.0)):
        left = 24 + index * (each + 24)
        filled = accent[round(left) + 2 : round(left + each) - 2].mean()
        assert filled == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize(
    ("count", "columns", "across", "down"), [(6, None, 3, 2), (4, 4, 4, 1), (5, 2, 2, 3), (2, 9, 2, 1)]
)
def test_strips_break_into_rows(count, columns, across, down):
    frame = strip(REEL, count, columns=columns)
    assert frame.width == REEL.width
    assert len(frame.children) == 3 * count
    lefts, tops = ({round(child.x, 1) for child in frame.children[1::3]}, {child.y for child in frame.children[1::3]})
    assert (len(lefts), len(tops)) == (across, down)
    for picture in frame.children[1::3]:
        assert picture.x + REEL.width * picture.scale <= frame.width - 20
        assert picture.y + REEL.height * picture.scale <= frame.height - 8


def test_too_many_columns_are_one_clear_line():
    with pytest.raises(MlaError, match="does not fit"):
        strip(REEL, 40, columns=40)
    with pytest.raises(MlaError, match="at least 1"):
        strip(REEL, 4, columns=0)


def test_nothing_is_left_when_a_frame_cannot_be_made(tmp_path):
    def broken(time: float) -> Frame:
        raise MlaError("no such series")

    with pytest.raises(MlaError, match="no such series"):
        write_png(Reel(broken, 1.0), tmp_path / "bar.png")
    assert list(tmp_path.iterdir()) == []
