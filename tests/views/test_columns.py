from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, find, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Rect, Text
from mlanimated.errors import MlaError
from mlanimated.views.columns import Column, Columns

CELSIUS = (-40.0, -30.0, -10.0, 0.0, 5.0, 10.0, 20.0, 40.0, 60.0, 100.0)
TARGET = np.array(CELSIUS) * 1.8 + 32


def predicted(step: int) -> np.ndarray:
    return np.array(CELSIUS) * (1 + 0.08 * step) + 3.2 * step


TRACE = trace_of(
    {step: {"prediction": predicted(step), "error": (predicted(step) - TARGET) ** 2} for step in range(11)}
)
VIEW = Columns(
    (
        Column("Celsius", CELSIUS, unit="°C"),
        Column("Fahrenheit", tuple(TARGET), unit="°F", colour="target"),
        Column("prediction", "prediction", unit="°F", colour="prediction"),
        Column("squared error", "error", bar=True, highlight="largest", foot="mean"),
    )
)


def numbers(commands, key: str) -> list[Text]:
    return find(commands, Text, key)


def test_every_number_is_the_recorded_one() -> None:
    commands = VIEW.draw(at(TRACE, 4.7), BOX)
    written = [float(text.text.replace("−", "-")) for text in numbers(commands, "column-2")]
    assert written == pytest.approx(predicted(4), abs=0.051)
    assert [text.text for text in numbers(commands, "column-0")] == [
        "−40",
        "−30",
        "−10",
        "0",
        "5",
        "10",
        "20",
        "40",
        "60",
        "100",
    ]


def test_bars_are_as_long_as_the_errors() -> None:
    commands = VIEW.draw(at(TRACE, 0), BOX)
    errors = TRACE.value("error", 0)
    widths = [rect.width for rect in find(commands, Rect, "column-3")]
    long = errors > 0.05 * errors.max()
    assert np.array(widths)[long] / errors[long] == pytest.approx(widths[-1] / errors[-1], rel=1e-3)


def test_largest_error_is_marked_and_the_mean_is_at_the_foot() -> None:
    commands = VIEW.draw(at(TRACE, 0), BOX)
    errors = TRACE.value("error", 0)
    (marked,) = [rect for rect in find(commands, Rect, "column-3") if rect.fill == "accent"]
    assert marked is find(commands, Rect, "column-3")[int(errors.argmax())]
    foot = [text.text for text in numbers(commands, "foot")]
    assert foot == ["mean", f"{errors.mean():.0f}"]
    assert VIEW.describe(at(TRACE, 0)) == f"The mean of squared error is {errors.mean():.0f}."


def test_digits_stand_still() -> None:
    frames = [VIEW.draw(at(TRACE, step), BOX) for step in (0, 2.5, 10)]
    for key in ("column-1", "column-2", "column-3", "foot", "head"):
        places = [[(text.x, text.y, text.size, text.anchor) for text in numbers(frame, key)] for frame in frames]
        assert places[0] == places[1] == places[2]
        assert key == "head" or {text.anchor for text in numbers(frames[0], key)} == {"end"}


@pytest.mark.parametrize("box", [BOX, Box(10, 10, 300, 200), Box(0, 0, 373, 300), Box(0, 0, 800, 520)])
@pytest.mark.parametrize("step", [0, 3, 10])
def test_words_stay_in_the_panel_and_apart(box: Box, step: int) -> None:
    boxes = text_boxes(VIEW.draw(at(TRACE, step), box))
    assert not outside(boxes, box)
    assert not overlapping(boxes)


def test_rows_without_room_are_counted() -> None:
    texts = text_boxes(VIEW.draw(at(TRACE, 0), Box(0, 0, 300, 200)))
    assert any("rows more" in text for text in texts)


def test_what_is_not_finite_is_a_dash_and_no_bar() -> None:
    trace = trace_of({0: {"error": np.array([1.0, np.nan, np.inf])}})
    commands = Columns((Column("error", "error", bar=True, highlight="largest", foot="mean"),)).draw(at(trace, 0), BOX)
    assert [text.text for text in numbers(commands, "column-0")][1:] == ["–", "∞"]
    widths = [rect.width for rect in find(commands, Rect, "column-0")]
    assert widths[0] > widths[1] == widths[2]


def test_nothing_recorded_yet_is_said() -> None:
    trace = trace_of({5: {"error": np.array([1.0])}})
    assert text_boxes(Columns((Column("error", "error"),)).draw(at(trace, 0), BOX)) != {}


def test_bad_arguments_are_one_line() -> None:
    with pytest.raises(MlaError, match="at least one"):
        Columns(())
    with pytest.raises(MlaError, match="highlight"):
        Column("a", (1.0,), highlight="best")  # type: ignore[arg-type]
    with pytest.raises(MlaError, match="prediction"):
        Columns((Column("a", "predction"),)).draw(at(TRACE, 0), BOX)
