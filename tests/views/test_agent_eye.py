from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Group, Image, Text
from mlanimated.views.agent_eye import AgentEye
from mlanimated.views.lines import Lines
from mlanimated.views.magnified import Magnified


class Fake:
    def __init__(self, text: str) -> None:
        self.count = int(text)

    def picture(self, step: float) -> np.ndarray:
        raise AssertionError(step)

    def seen(self, step: float) -> np.ndarray:
        return np.stack([np.full((42, 42), 10 * index + int(step), np.uint8) for index in range(self.count)])


TRACE = trace_of({0: {"game": "4", "at": 0.0}, 1: {"at": 1.0}})


@pytest.mark.parametrize(
    ("box", "rows", "scale"), [(BOX, 2, 4), (Box(0, 0, 900, 150), 1, 3), (Box(0, 0, 60, 400), 4, 1)]
)
def test_pictures_are_as_large_as_fits_the_newest_last(box: Box, rows: int, scale: int) -> None:
    images = find(drawn(AgentEye(Fake), TRACE, 1.5, box), Image)
    assert [image.pixels.data[0] for image in images] == [1, 11, 21, 31]
    assert len({image.y for image in images}) == rows
    assert {image.width for image in images} == {42 * scale}
    assert max(image.x + image.width for image in images) <= box.right
    assert max(image.y + image.height for image in images) <= box.bottom + 1


def test_ages_are_written() -> None:
    assert [text.text for text in find(drawn(AgentEye(Fake), TRACE, 0), Text)] == [
        "3 before",
        "2 before",
        "1 before",
        "now",
    ]
    assert AgentEye(Fake).describe(at(TRACE, 0)) == "The network sees 4 grey pictures of 42 by 42 pixels."


def test_magnified_draws_all_larger() -> None:
    trace = trace_of({step: {"loss": float(step)} for step in range(5)})
    panel = Lines("loss").titled("Loss")
    plain = panel.commands(at(trace, 3), Box(0, 0, 400, 200), "panel")
    group = Magnified(panel, factor=1.5).commands(at(trace, 3), Box(30, 40, 600, 300), "here")
    assert isinstance(group, Group)
    assert (group.x, group.y, group.scale, group.key) == (30, 40, 1.5, "here")
    assert group.children == (plain,)
    assert next(iter(Magnified(panel).of("a").views())).run == "a"
