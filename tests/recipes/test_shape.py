from __future__ import annotations

import pytest

from mlanimated.draw.box import Box
from mlanimated.recipes.shape import PHONE, SQUARE, Either
from mlanimated.trace import Recorder
from mlanimated.views import Lines, Moment, Words

WIDE, TALL = Words(text="wide"), Words(text="tall")


def moment() -> Moment:
    with Recorder() as recorder:
        recorder.log({"loss": 1.0}, step=0)
    return Moment({"a": recorder.trace, "b": recorder.trace}, {"a": 0.0, "b": 0.0})


@pytest.mark.parametrize(
    ("height", "above", "chosen"),
    [(430.0, PHONE, WIDE), (900.0, PHONE, WIDE), (901.0, PHONE, TALL), (760.0, SQUARE, TALL), (430.0, SQUARE, WIDE)],
)
def test_the_shape_of_the_box_chooses(height: float, above: float, chosen: Words) -> None:
    box, now = Box(48, 60, 1000, height), moment()
    assert Either(WIDE, TALL, above).commands(now, box, "k") == chosen.commands(now, box, "k")
    titled = Either(WIDE, TALL, above).titled("Both")
    assert titled.commands(now, box, "k") == chosen.titled("Both").commands(now, box, "k")


def test_it_stands_in_a_scene_and_takes_a_run() -> None:
    either = Either(Lines("loss") | WIDE, WIDE / Lines("loss"))
    assert [view.run for view in either.of("b").views()] == ["b", "b"]
    assert len(list((either / WIDE).views())) == 3
