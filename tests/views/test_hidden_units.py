from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Image, Rect
from mlanimated.errors import MlaError
from mlanimated.views.hidden_units import HiddenUnits

RANDOM = np.random.default_rng(0)
FIRST = RANDOM.normal(size=(6, 10, 10)).astype(np.float16)
TRACE = trace_of(
    {
        0: {"weights/0": FIRST, "weights/1": np.array([1.0, -0.5, 0.0, 0.1, -1.0, 2.0, 9.0])},
        8: {"weights/0": np.zeros_like(FIRST), "weights/1": -np.ones(7)},
    }
)


def pixels(image: Image) -> np.ndarray:
    return np.frombuffer(image.pixels.data, np.uint8).reshape(image.pixels.rows, image.pixels.columns).astype(float)


def test_weights_are_colours_of_one_scale() -> None:
    images = find(drawn(HiddenUnits(limit=2.0), TRACE, 0), Image)
    assert len(images) == 6
    for image, weights in zip(images, FIRST, strict=True):
        assert np.abs(pixels(image) - np.clip(weights / 4 + 0.5, 0, 1) * 255).max() <= 1
        assert image.pixels.map == "diverging"
    usual = find(drawn(HiddenUnits(), TRACE, 0), Image)[0]
    reach = float(np.quantile(np.abs(FIRST), 0.999))
    assert np.abs(pixels(usual) - np.clip(FIRST[0] / (2 * reach) + 0.5, 0, 1) * 255).max() <= 1


def test_pictures_of_many_weights_have_few_shades() -> None:
    trace = trace_of({0: {"weights/0": np.linspace(-1, 1, 64 * 64).reshape(1, 64, 64).astype(np.float16)}, 1: {}})
    (image,) = find(drawn(HiddenUnits(limit=1.0), trace, 0), Image)
    shades = np.unique(pixels(image))
    assert len(shades) == 33
    assert {0.0, 128.0, 255.0} <= set(shades), "the ends and zero are exact"


def test_weights_change_where_they_were_recorded_and_end_grey() -> None:
    shown = [pixels(find(drawn(HiddenUnits(limit=2.0), TRACE, step), Image)[0]) for step in (0, 6, 7.9, 8)]
    assert shown[0].std() > shown[-1].std() == 0
    assert np.array_equal(shown[0], shown[1])
    assert np.array_equal(shown[1], shown[2])


def test_frames_tell_the_votes() -> None:
    frames = [rect for rect in find(drawn(HiddenUnits(votes="weights/1"), TRACE, 0), Rect) if rect.stroke]
    assert [frame.stroke for frame in frames] == [
        "positive",
        "negative",
        "positive",
        "positive",
        "negative",
        "positive",
    ]
    assert frames[5].opacity > frames[0].opacity > frames[2].opacity
    assert "votes against with -0.500" in frames[1].tip


@pytest.mark.parametrize(("box", "columns"), [(BOX, 0), (Box(0, 0, 300, 60), 0), (Box(0, 0, 50, 400), 0), (BOX, 2)])
def test_pictures_stay_in_the_box(box: Box, columns: int) -> None:
    images = find(drawn(HiddenUnits(columns=columns), TRACE, 0, box), Image)
    assert max(image.x + image.width for image in images) <= box.right
    assert max(image.y + image.height for image in images) <= box.bottom
    assert len({(image.x, image.y) for image in images}) == 6
    if columns:
        assert len({image.x for image in images}) == 2


def test_chosen_units_in_order() -> None:
    images = find(drawn(HiddenUnits(units=(4, 1), limit=2.0), TRACE, 0), Image)
    assert np.abs(pixels(images[0]) - np.clip(FIRST[4] / 4 + 0.5, 0, 1) * 255).max() <= 1
    assert (
        HiddenUnits(units=(4, 1)).describe(at(TRACE, 8))
        == "The weights of 2 hidden units; the usual size of one is 0.0000."
    )


def test_another_shape_is_told() -> None:
    with pytest.raises(MlaError, match="a picture for each unit"):
        drawn(HiddenUnits("w"), trace_of({0: {"w": np.zeros((3, 3))}}), 0)
