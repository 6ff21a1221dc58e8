"""What every view that explains a model holds: it is pure, never fails in mid-film, and says what it shows."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from drawn import BOX, trace_of

from mlanimated.draw.box import Box
from mlanimated.errors import MlaError
from mlanimated.trace import Recorder
from mlanimated.views import (
    Activation,
    Column,
    Columns,
    Curve,
    Formula,
    Landscape,
    Network,
    Number,
    Readout,
    Surface,
    Table,
    View,
    Words,
)
from mlanimated.views.moment import Moment

X = np.linspace(-1, 1, 9)


def row(step: int) -> dict[str, object]:
    return {
        "x": 1.0 + step / 3,
        "point": np.array([step / 5, 1.0]),
        "w": np.full((2, 3), 0.5 + step),
        "b": np.linspace(-1, 1, 3) * step,
        "prediction": X * step / 10,
        "scores": np.array([1.0, float(step), -1.0]),
        "note": f"step {step}",
    }


def broken(step: int) -> dict[str, object]:
    return {
        name: value if isinstance(value, str) else np.asarray(value) * np.nan if np.ndim(value) else float("nan")
        for name, value in row(step).items()
    }


# Every series begins at step 3, is not finite at steps 6 and 7, and goes on from 8.
TRACE = trace_of({0: {"other": 1.0}} | {step: broken(step) if step in (6, 7) else row(step) for step in range(3, 12)})

VIEWS: list[View] = [
    Landscape(lambda x: (x - 2) ** 2, "x"),
    Landscape(lambda x: (x - 2) ** 2, "x", domain=(0, 5), trail="dots"),
    Surface(lambda x, y: x * x + y * y, "point", window=(-3, 3, -2, 2), minimum=(0, 0)),
    Network((2, 3), ("w",), ("b",), activations=("", "scores")),
    Columns((Column("x", tuple(X)), Column("prediction", "prediction", bar=True, highlight="largest", foot="mean"))),
    Curve(tuple(X), "prediction", tuple(X), residuals=True),
    Activation("sigmoid", "x"),
    Activation("softmax", "scores"),
    Table("w", tint="diverging", highlight="each row", marked="x"),
    Formula((("x", "x"), "=", ("s", "scores[1]"))),
    Words("note"),
    Readout((Number("x", "x"), Number("score", "scores[1]"), Number("step"))),
]
NAMES = [f"{type(view).__name__}-{index}" for index, view in enumerate(VIEWS)]


@pytest.fixture(params=VIEWS, ids=NAMES)
def view(request: pytest.FixtureRequest) -> View:
    return request.param


@pytest.mark.parametrize("box", [BOX, Box(30, 40, 300, 200), Box(0, 0, 120, 90)])
def test_never_fails_in_mid_film(view: View, box: Box) -> None:
    for step in np.arange(0, 11.1, 0.25):
        for pace in (0.0, 0.5, 40.0):
            moment = Moment({"": TRACE}, {"": float(step)}, pace={"": pace})
            view.draw(moment, box)
            assert isinstance(view.describe(moment), str)


def test_equal_moments_are_equal_commands(view: View) -> None:
    first, second = (Moment({"": TRACE}, {"": 4.4}, pace={"": 1.0}) for _ in range(2))
    assert tuple(view.draw(first, BOX)) == tuple(view.draw(second, BOX))


def numbers(data: object) -> list[float]:
    """All numbers in some commands."""
    if isinstance(data, float):
        return [data]
    return [number for part in data for number in numbers(part)] if isinstance(data, list | tuple) else []


def test_every_coordinate_is_finite(view: View) -> None:
    for step in (2, 4.5, 6, 6.5, 8, 11):
        drawn = msgspec.to_builtins(tuple(view.draw(Moment({"": TRACE}, {"": float(step)}), BOX)))
        assert np.isfinite(numbers(drawn)).all(), step


def test_says_one_plain_line(view: View) -> None:
    said = view.describe(Moment({"": TRACE}, {"": 9.0}))
    assert said
    assert "\n" not in said
    assert len(said) < 200


def test_a_series_that_may_still_come_is_no_error(view: View) -> None:
    with Recorder() as recorder:
        recorder.log({"other": 1.0}, step=0)
        moment = Moment({"": recorder.trace}, {"": 0.0})
        assert not recorder.trace.finished
        view.draw(moment, BOX)
        view.describe(moment)


def test_a_series_that_will_not_come_is_one_line(view: View) -> None:
    trace = trace_of({0: {"other": 1.0}})
    with pytest.raises(MlaError) as caught:
        view.draw(Moment({"": trace}, {"": 0.0}), BOX)
    assert "\n" not in str(caught.value)
