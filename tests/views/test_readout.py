from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, find, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Text
from mlanimated.errors import MlaError
from mlanimated.views.readout import Number, Readout

TRACE = trace_of(
    {step: {"loss": 700 * 0.5**step, "gradient": np.array([-8.0 + step, 2.0]), "epoch": step} for step in range(9)}
)
VIEW = Readout(
    (
        Number("epoch", "epoch"),
        Number("loss", "loss", unit="°F²", decimals=2),
        Number("slope", "gradient[0]"),
        Number("step"),
    )
)


def test_numbers_are_the_recorded_ones() -> None:
    texts = set(text_boxes(VIEW.draw(at(TRACE, 3.5), BOX)))
    assert {"epoch", "3", "loss", "87.50", "°F²", "slope", "−5.000", "step"} <= texts
    assert VIEW.describe(at(TRACE, 3.5)) == "epoch 3, loss 87.50 °F², slope −5.000, step 3."


def test_digits_stand_still() -> None:
    frames = [VIEW.draw(at(TRACE, step), BOX) for step in (0, 3.5, 8)]
    places = [[(text.x, text.y, text.size, text.anchor) for text in find(frame, Text)] for frame in frames]
    assert places[0] == places[1] == places[2]


@pytest.mark.parametrize("box", [BOX, Box(10, 10, 300, 200), Box(0, 0, 800, 140), Box(0, 0, 200, 500)])
def test_words_stay_in_the_panel_and_apart(box: Box) -> None:
    for step in (0, 4, 8):
        boxes = text_boxes(VIEW.draw(at(TRACE, step), box))
        assert not outside(boxes, box)
        assert not overlapping(boxes)


def test_numbers_grow_with_their_panel() -> None:
    small, large = (
        max(text.size for text in find(VIEW.draw(at(TRACE, 0), box), Text))
        for box in (Box(0, 0, 300, 200), Box(0, 0, 900, 300))
    )
    assert small < large


def test_a_name_alone_is_a_series_and_missing_is_a_dash() -> None:
    trace = trace_of({0: {"epoch": 0}, 5: {"loss": 1.0}, 6: {"loss": float("nan")}})
    for step in (0, 6):
        assert "–" in text_boxes(Readout(("loss",)).draw(at(trace, step), BOX))


def test_bad_arguments_are_one_line() -> None:
    with pytest.raises(MlaError, match="at least one"):
        Readout(())
    with pytest.raises(MlaError, match="loss"):
        Readout(("los",)).draw(at(TRACE, 0), BOX)
