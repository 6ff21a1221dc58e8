from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Image, Text
from mlanimated.errors import MlaError
from mlanimated.trace import Recorder
from mlanimated.views.picture import Picture

RGB = np.random.default_rng(0).integers(0, 256, (21, 16, 3)).astype(np.uint8)


@pytest.mark.parametrize("box", [BOX, Box(13, 7, 321, 211), Box(0, 0, 47, 60)])
def test_pixels_are_squares_of_whole_units(box: Box) -> None:
    image = find(drawn(Picture("frame"), trace_of({0: {"frame": RGB}}), 0, box), Image)[0]
    scale = image.width / 16
    assert scale == int(scale) == image.height / 21
    assert (scale + 1) * 16 > box.width or (scale + 1) * 21 > box.height
    assert not image.smooth
    assert image.x == int(image.x)
    assert image.y == int(image.y)
    assert image.x + image.width / 2 == pytest.approx(box.centre[0], abs=1)
    assert image.pixels.data == RGB.tobytes()


def test_large_pictures_are_shrunk_and_averaged() -> None:
    large = np.random.default_rng(0).integers(0, 256, (1600, 2400, 3)).astype(np.uint8)
    image = find(drawn(Picture("frame"), trace_of({0: {"frame": large}}), 0, Box(0, 0, 300, 200)), Image)[0]
    assert (image.width, image.height) == (300, 200)
    assert image.smooth
    assert image.pixels.columns <= 1200
    assert np.frombuffer(image.pixels.data, np.uint8).std() < large.std() / 2


def test_the_earlier_picture_stands_until_the_next() -> None:
    trace = trace_of({2: {"frame": RGB}, 4: {"frame": 255 - RGB}})
    assert [
        find(drawn(Picture("frame"), trace, step), Image)[0].pixels.data == RGB.tobytes() for step in (2, 3.9, 4)
    ] == [True, True, False]
    assert find(drawn(Picture("frame"), trace, 1), Text)[0].text == "no picture yet"
    assert Picture("frame").describe(at(trace, 3)) == "The picture 'frame' of step 2."


def test_grey_float_and_transparent_pictures() -> None:
    grey = trace_of(
        {0: {"a": RGB[:, :, 0], "b": RGB[:, :, 0] / 255, "c": np.dstack((RGB, RGB[:, :, 0])), "d": RGB[:, :, :1]}}
    )
    images = [find(drawn(Picture(name), grey, 0), Image)[0].pixels for name in "abcd"]
    assert images[0].data == images[1].data == images[3].data == RGB[:, :, 0].tobytes()
    assert images[0].map == "grey"
    assert images[2].data == RGB.tobytes()
    assert images[2].map == ""


def test_other_arrays_are_no_pictures() -> None:
    with pytest.raises(MlaError, match="HeatMap"):
        drawn(Picture("w"), trace_of({0: {"w": np.zeros(5)}}), 0)
    with pytest.raises(MlaError, match="Did you mean 'frame'"):
        drawn(Picture("frame2"), trace_of({0: {"frame": RGB}}), 0)
    recorder = Recorder()
    recorder.log({"loss": 1.0}, step=0)
    assert find(drawn(Picture("frame"), recorder.trace, 0), Text)[0].text == "no picture yet"
    recorder.close()
