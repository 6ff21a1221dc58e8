from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Image, Polyline, Text
from mlanimated.views.finer import finer
from mlanimated.views.screen import JUMP, Screen, heated, screen_box


class Fake:
    """A console whose every picture tells the step, and that remembers what it was asked for."""

    def __init__(self, text: str) -> None:
        self.text, self.asked = text, list[float]()

    def picture(self, step: float) -> np.ndarray:
        self.asked.append(step)
        return np.full((210, 160, 3), round(step * 4) % 256, np.uint8)

    def seen(self, step: float) -> np.ndarray:
        return np.full((4, 42, 42), int(step), np.uint8)


def rows(**more: Any) -> dict[int, dict[str, Any]]:
    return {step: {"at": float(step), **{name: values[step] for name, values in more.items()}} for step in range(6)}


def game(**more: Any) -> Any:
    told = rows(**more)
    told[0]["game"] = "first"
    return trace_of(told)


def step_shown(trace: Any, step: float, **more: Any) -> float:
    image = find(drawn(Screen(Fake, **more), trace, step), Image)[0]
    return image.pixels.data[0] / 4


def test_the_frames_between_two_steps_are_shown() -> None:
    assert [step_shown(game(), step) for step in (0, 2, 2.25, 2.5, 5)] == [0, 2, 2.25, 2.5, 5]


def test_where_steps_are_left_out_nothing_is_invented() -> None:
    trace = trace_of(
        {0: {"game": "first", "at": 0.0}, 40: {"at": 40.0}, 41: {"game": "second", "at": 0.0}, 42: {"at": 1.0}}
    )
    assert [step_shown(trace, step) for step in (20, 40, 40.5, 41.5)] == [0, 40, 40, 0.5]
    texts = [text.text for text in find(drawn(Screen(Fake), trace, 20), Text)]
    assert texts == ["× 40"]
    assert not find(drawn(Screen(Fake), trace, 40.5), Text), "the next row is of another game"


def test_one_console_serves_all_frames() -> None:
    opened: list[str] = []
    trace = game()
    screen = Screen(lambda text: opened.append(text) or Fake(text))
    for step in (0, 1, 4):
        screen.draw(at(trace, step), BOX)
    assert opened == ["first"]


@pytest.mark.parametrize(
    ("box", "size"),
    [
        (Box(0, 0, 660, 470), (640, 420)),
        (Box(0, 0, 576, 430), (480, 420)),
        (Box(0, 0, 320, 500), (320, 420)),
        (Box(0, 0, 300, 500), (160, 210)),
        (Box(0, 0, 1200, 640), (960, 630)),
        (Box(0, 0, 160, 105), (160, 105)),
    ],
)
def test_pixels_are_whole_units_as_wide_as_fits(box: Box, size: tuple[float, float]) -> None:
    place = screen_box(160, 210, box)
    assert (place.width, place.height) == size
    assert place.x >= box.x
    assert place.right <= box.right


def scale2x(picture: np.ndarray) -> np.ndarray:
    """The rule as its author wrote it, pixel by pixel."""
    high, wide = picture.shape[:2]
    fine = np.zeros((2 * high, 2 * wide, 3), np.uint8)
    for y in range(high):
        for x in range(wide):
            e = tuple(picture[y, x])
            b, h = tuple(picture[max(y - 1, 0), x]), tuple(picture[min(y + 1, high - 1), x])
            d, f = tuple(picture[y, max(x - 1, 0)]), tuple(picture[y, min(x + 1, wide - 1)])
            four = [e] * 4
            if b != h and d != f:
                four = [d if d == b else e, f if b == f else e, d if d == h else e, f if h == f else e]
            for index, colour in enumerate(four):
                fine[2 * y + index // 2, 2 * x + index % 2] = colour
    return fine


def test_finer_is_scale2x() -> None:
    picture = np.random.default_rng(0).integers(0, 2, (17, 12, 1)).astype(np.uint8).repeat(3, 2) * np.array(
        [9, 80, 7], np.uint8
    )
    assert np.array_equal(finer(picture), scale2x(picture))
    assert finer(finer(picture)).shape == (68, 48, 3)


def test_detail_draws_finer_pixels() -> None:
    assert find(drawn(Screen(Fake, detail=4), game(), 0), Image)[0].pixels.rows == 840


def test_the_way_of_a_thing_is_drawn_where_it_went() -> None:
    ball = np.array(
        [[10, 20, 2, 4], [14, 24, 2, 4], [np.nan] * 4, [50, 60, 2, 4], [50 + JUMP + 5, 60, 2, 4], [97, 64, 2, 4]]
    )
    trace = game(ball=ball)
    commands = drawn(Screen(Fake, path="ball"), trace, 1, Box(0, 0, 320, 210))
    (line,), (ring,) = find(commands, Polyline), find(commands, Circle)
    assert line.points == (22, 22, 30, 26), "the middle of the ball, two units a pixel across"
    assert (ring.x, ring.y) == (30, 26)
    assert not find(drawn(Screen(Fake, path="ball"), trace, 2), Circle), "it is not there"
    last = find(drawn(Screen(Fake, path="ball"), trace, 5, Box(0, 0, 320, 210)), Polyline)
    assert len(last) == 2, "neither where it vanished nor where it jumped"


def test_boxes_are_named_and_move_with_the_thing() -> None:
    paddle = np.array([[10.0 + 4 * step, 190, 16, 4] for step in range(6)])
    names = Screen(Fake, boxes=(("paddle", "paddle"),))
    first, later = (
        find(drawn(names, game(paddle=paddle), step, Box(0, 0, 320, 210)), Polyline)[0] for step in (1, 1.5)
    )
    assert later.points[0] - first.points[0] == pytest.approx(4)
    assert [text.text for text in find(drawn(names, game(paddle=paddle), 0), Text)] == ["paddle"]


def test_heat_shines_where_it_is_high() -> None:
    picture = np.full((210, 160, 3), 120, np.uint8)
    heat = np.zeros((7, 8))
    heat[3, 4] = 1.0
    shown = heated(picture, heat).astype(int)
    middle = shown[105, 90]
    assert middle[0] > 150
    assert shown[0, 0].tolist() == [60, 60, 60]
    assert middle[0] - shown[105, 10][0] > 100
    flat = heated(picture, np.full((3, 3), 0.5))
    assert len(np.unique(flat.reshape(-1, 3), axis=0)) == 1


def test_what_is_recorded_tells_the_heat() -> None:
    heat = np.zeros((6, 2, 2), np.float32)
    heat[3] = 4.0
    trace = game(look=heat)
    bright = [find(drawn(Screen(Fake, heat="look"), trace, step), Image)[0].pixels.data[0] for step in (0, 3)]
    assert bright[0] == 0
    assert bright[1] > 100


def test_words() -> None:
    assert Screen(Fake).describe(at(game(), 3.5)) == "The screen after 3 steps of the game."
