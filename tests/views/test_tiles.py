from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Image, Polyline
from mlanimated.errors import MlaError
from mlanimated.views.tiles import Tiles

RANDOM = np.random.default_rng(0)
RGB = RANDOM.integers(0, 256, (10, 8, 8, 3)).astype(np.uint8)


def images(
    view: Tiles, value: np.ndarray, step: float = 0, after: np.ndarray | None = None, box: Box = BOX
) -> list[Image]:
    rows = {0: {"x": value}} | ({} if after is None else {1: {"x": after}})
    return find(drawn(view, trace_of(rows), step, box), Image)


def test_pictures_are_shown_as_they_are_in_their_order() -> None:
    found = images(Tiles("x"), RGB)
    assert [image.pixels.data for image in found] == [tile.tobytes() for tile in RGB]
    assert not any(image.smooth for image in found)
    assert {image.width % 8 for image in found} == {0}


def test_weights_have_zero_in_the_middle_each_on_its_own_scale() -> None:
    weights = np.zeros((2, 1, 3))
    weights[0, 0] = [-1.0, 0.0, 0.5]
    weights[1, 0] = [0.0, 10.0, -5.0]
    first, second = (np.frombuffer(image.pixels.data, np.uint8) for image in images(Tiles("x"), weights))
    assert first.tolist() == [0, 128, 191]
    assert second.tolist() == [128, 255, 64]
    assert images(Tiles("x"), weights)[0].pixels.map == "diverging"
    alike, _ = images(Tiles("x", rescale="all"), weights)
    assert np.frombuffer(alike.pixels.data, np.uint8).tolist() == [115, 128, 134]


def test_weights_of_three_channels_are_colours_around_grey() -> None:
    weights = np.zeros((1, 1, 2, 3), np.float32)
    weights[0, 0, 0] = [1.0, -1.0, 0.0]
    (image,) = images(Tiles("x"), weights)
    assert np.frombuffer(image.pixels.data, np.uint8).tolist() == [255, 0, 128, 128, 128, 128]
    assert image.pixels.map == ""


def test_what_is_never_negative_begins_at_the_ground() -> None:
    (image,) = images(Tiles("x"), np.array([[[0.0, 2.0, 4.0]]]))
    assert image.pixels.map == "sequential"
    assert np.frombuffer(image.pixels.data, np.uint8).tolist() == [0, 128, 255]


def test_floats_glide_and_pictures_do_not() -> None:
    before, after = np.array([[[0.0, 1.0]]]), np.array([[[1.0, 0.0]]])
    (image,) = images(Tiles("x", rescale="all"), before, 0.75, after)
    low, high = np.frombuffer(image.pixels.data, np.uint8)
    assert 0 < low < 255
    assert 0 < high < 255
    (still,) = images(Tiles("x", rescale="all", glide=False), before, 0.75, after)
    assert np.frombuffer(still.pixels.data, np.uint8).tolist() == [0, 255]
    assert images(Tiles("x"), RGB, 0.75, 255 - RGB)[0].pixels.data == RGB[0].tobytes()


@pytest.mark.parametrize("box", [BOX, Box(10, 10, 900, 120), Box(0, 0, 150, 500)])
@pytest.mark.parametrize("names", [(), tuple("abcdefghij")])
def test_tiles_stand_in_the_box_and_apart(box: Box, names: tuple[str, ...]) -> None:
    view = Tiles("x", names=names)
    groups = list(drawn(view, trace_of({0: {"x": RGB}}), 0, box))
    places = [(group.x, group.y, group.children[0].width, group.children[0].height) for group in groups]
    assert len(places) == 10
    for index, (x, y, wide, high) in enumerate(places):
        assert x >= box.x - 1
        assert x + wide <= box.right + 1
        assert y >= box.y - 1
        assert y + high + (22 if names else 0) <= box.bottom + 1
        for left, top, *_ in places[index + 1 :]:
            assert abs(left - x) >= wide or abs(top - y) >= high
    if names:
        assert set(text_boxes(groups)) == set(names)


def test_many_are_thinned_evenly_with_first_and_last() -> None:
    many = np.arange(200, dtype=np.uint8).reshape(200, 1, 1) + np.zeros((200, 4, 4), np.uint8)
    found = images(Tiles("x", most=5), many)
    assert [image.pixels.data[0] for image in found] == [0, 50, 100, 149, 199]


def test_a_tile_is_framed() -> None:
    frames = find(drawn(Tiles("x", lit=3), trace_of({0: {"x": RGB}}), 0), Polyline)
    assert [frame.stroke for frame in frames] == ["accent"]


def test_what_is_no_grid_of_pictures_is_told() -> None:
    with pytest.raises(MlaError, match="'x' has the shape"):
        images(Tiles("x"), np.zeros(5))
    with pytest.raises(MlaError, match="10 pictures, but 2 names"):
        images(Tiles("x", names=("a", "b")), RGB)
    with pytest.raises(MlaError, match="it is 'each' or 'all'"):
        Tiles("x", rescale="none")  # type: ignore[arg-type]
    assert Tiles("x").describe(at(trace_of({0: {"x": RGB}}), 0)) == "10 pictures of 8x8 from 'x'."
