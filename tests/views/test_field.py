from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, outside, overlapping, text_boxes, trace_of, xs_ys

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Clip, Command, Image, Polyline
from mlanimated.errors import MlaError
from mlanimated.trace import Trace
from mlanimated.views.field import Dots, Field

WINDOW = (-2.0, 2.0, -1.0, 1.0)
XS, YS = np.meshgrid(np.linspace(-2, 2, 41), np.linspace(-1, 1, 21))


def of(table: np.ndarray, after: np.ndarray | None = None, **more: np.ndarray) -> Trace:
    return trace_of({0: {"f": table, **more}} | ({} if after is None else {10: {"f": after}}))


def plane(commands: tuple[Command, ...]) -> Clip:
    (clip,) = (part for group in commands if getattr(group, "key", "") == "field" for part in group.children)  # type: ignore[union-attr]
    assert isinstance(clip, Clip)
    return clip


def test_a_plane_keeps_its_shape_in_the_middle_of_the_box() -> None:
    clip = plane(drawn(Field("f", window=WINDOW), of(XS), 0, Box(10, 20, 600, 400)))
    assert (clip.x, clip.y, clip.width, clip.height) == (10, 70, 600, 300)
    clip = plane(drawn(Field("f", window=WINDOW, equal=False), of(XS), 0, Box(10, 20, 600, 400)))
    assert (clip.width, clip.height) == (600, 400)


def test_the_boundary_stands_where_the_field_has_the_value() -> None:
    trace = of(XS - 0.5 * YS)
    commands = drawn(Field("f", window=WINDOW, level=0.25), trace, 0)
    clip = plane(commands)
    lines = find(commands, Polyline, "boundary")
    xs, ys = (np.array(part) for part in xs_ys(lines))
    x = -2 + 4 * (xs - clip.x) / clip.width
    y = 1 - 2 * (ys - clip.y) / clip.height
    assert len(x) >= 20
    assert np.allclose(x - 0.5 * y, 0.25, atol=0.01)
    assert y.min() < -0.9
    assert y.max() > 0.9


def test_colours_have_the_lowest_row_below_and_half_a_space_to_spare() -> None:
    table = np.zeros((3, 5))
    table[0, 0], table[2, 4] = -1.0, 1.0
    commands = drawn(Field("f", window=WINDOW, strength=1.0, crisp=True), of(table), 0)
    (image,), clip = find(commands, Image), plane(commands)
    shown = np.frombuffer(image.pixels.data, np.uint8).reshape(3, 5)
    assert (shown[2, 0], shown[0, 4], shown[1, 2]) == (0, 255, 128)
    assert not image.smooth
    assert image.width == pytest.approx(clip.width * 5 / 4, abs=0.1)
    # The middle of the lower left rectangle is the corner of the plane.
    assert image.x + image.width / 10 == pytest.approx(clip.x, abs=0.1)
    assert image.y + image.height * 5 / 6 == pytest.approx(clip.y + clip.height, abs=0.1)


def test_probabilities_have_a_half_in_the_middle_and_colours_hold_for_the_whole_film() -> None:
    trace = of(np.full((2, 2), 0.5), np.full((2, 2), 1.0))
    for step, value in ((0, 128), (10, 128 + 255 * 0.22)):
        (image,) = find(drawn(Field("f", window=WINDOW), trace, step), Image)
        assert np.frombuffer(image.pixels.data, np.uint8)[0] == pytest.approx(value, abs=1)
    (image,) = find(drawn(Field("f", window=WINDOW), trace, 7.5), Image)
    assert 128 < image.pixels.data[0] < 128 + 255 * 0.22 - 1


def test_dots_stand_at_their_places_in_the_colours_of_their_classes() -> None:
    points = np.array([[-2.0, -1.0], [2.0, 1.0], [0.0, 0.0], [np.nan, 0.0]])
    trace = of(XS, p=points, c=np.array([0, 1, 1, 0]))
    commands = drawn(Field("f", window=WINDOW, dots=(Dots("p", classes="c"), Dots("p", hollow=True))), trace, 0)
    clip = plane(commands)
    first, second = find(commands, Circle, "dots-0"), find(commands, Circle, "dots-1")
    assert [dot.fill for dot in first] == ["series-2", "series-1", "series-1"]
    assert [dot.fill for dot in second] == [None] * 3
    assert (first[0].x, first[0].y) == pytest.approx((clip.x, clip.y + clip.height), abs=0.1)
    assert (first[1].x, first[1].y) == pytest.approx((clip.x + clip.width, clip.y), abs=0.1)


def test_a_path_grows_and_ends_where_it_is() -> None:
    trace = trace_of({step: {"f": XS**2, "w": np.array([step / 2, 0.0])} for step in range(4)})
    view = Field("f", window=WINDOW, path="w", lines=4)
    for step, count in ((0, 1), (3, 4)):
        commands = drawn(view, trace, step)
        ball = find(commands, Circle, "path")[-1]
        clip = plane(commands)
        assert ball.x == pytest.approx(clip.x + clip.width * (0.5 + step / 8), abs=0.1)
        lines = find(commands, Polyline, "path")
        assert (len(lines[-1].points) // 2 if lines else 1) >= count
    levels = {round(abs(-2 + 4 * (x - clip.x) / clip.width), 2) for x in xs_ys(find(commands, Polyline, "lines"))[0]}
    assert len(levels) == 4


@pytest.mark.parametrize("box", [BOX, Box(0, 0, 260, 240)])
def test_words_have_room(box: Box) -> None:
    view = Field(
        "f", window=WINDOW, axes=True, level=0.0, line_name="boundary", dots=(Dots("p", names=("one", "two")),)
    )
    boxes = text_boxes(drawn(view, of(XS, p=np.zeros((2, 2))), 0, box))
    assert {"one", "two", "boundary"} <= set(boxes)
    assert not overlapping(boxes)
    assert not outside(boxes, box)
    commands = drawn(view, of(XS, p=np.zeros((2, 2))), 0, box)
    clip = plane(commands)
    assert clip.width / clip.height == pytest.approx(2, rel=0.03)


def test_what_is_not_finite_is_survived_and_mistakes_are_told() -> None:
    hole = XS.copy()
    hole[5:9, 5:9] = np.nan
    assert find(drawn(Field("f", window=WINDOW, level=0.0), of(hole), 0), Image)
    assert Field("f", window=WINDOW, level=0.0).describe(at(of(XS), 0)) == "In 49% of the picture f is above 0."
    assert Field("f", window=WINDOW).describe(at(of(XS), 0)) == "f lies between −2.00 and 2.00."
    with pytest.raises(MlaError, match="rows and columns"):
        drawn(Field("f", window=WINDOW), of(np.zeros(4)), 0)
    with pytest.raises(MlaError, match="must be n x 2"):
        drawn(Field("f", window=WINDOW, dots=(Dots("p"),)), of(XS, p=np.zeros(3)), 0)
    with pytest.raises(MlaError, match="2 points but 3 classes"):
        drawn(Field("f", window=WINDOW, dots=(Dots("p", classes="c"),)), of(XS, p=np.zeros((2, 2)), c=np.zeros(3)), 0)
    with pytest.raises(MlaError, match="window"):
        Field("f", window=(1, 0, 0, 1))
    with pytest.raises(MlaError, match="diverging"):
        Field("f", window=WINDOW, map="divergin")
