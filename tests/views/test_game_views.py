"""What every view of a game holds: it is pure, never fails in mid-film, says what it shows, and takes what is not there yet."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from drawn import BOX, trace_of

from mlanimated.draw.box import Box
from mlanimated.errors import MlaError
from mlanimated.trace import Recorder
from mlanimated.views import BanditArms, Board, CatchBoard, Grid, QTable, View
from mlanimated.views.moment import Moment


def row(step: int) -> dict[str, object]:
    random = np.random.default_rng(step)
    board = np.zeros(9)
    board[: step - 3] = np.array([1, -1, 1, -1, -1, 1, 1, 1, -1])[: step - 3]
    discs = np.zeros((6, 7))
    discs[5, : min(7, step - 3)] = 1
    return {
        "board": board,
        "discs": discs,
        "chances": random.random(7),
        "q": random.normal(size=(4, 4)),
        "policy": np.full((4, 4), 0.25),
        "place": float(step % 4),
        "state": float(step % 4),
        "action": float(step % 4),
        "before": 0.5,
        "target": 1.0,
        "after": 0.75,
        "reward": 1.0,
        "truth": random.normal(size=5),
        "estimates": random.normal(size=5),
        "counts": np.arange(5.0) * step,
        "catch": np.array([min(step, 9), 3, 4]) * 1.0,
    }


def broken(step: int) -> dict[str, object]:
    return {name: np.asarray(value) * np.nan if np.ndim(value) else float("nan") for name, value in row(step).items()}


# Every series begins at step 3, is not finite at steps 6 and 7, and goes on from 8.
TRACE = trace_of({0: {"other": 1.0}} | {step: broken(step) if step in (6, 7) else row(step) for step in range(3, 12)})

VIEWS: list[View] = [
    Board(),
    Board("discs", chances="chances", chosen="action"),
    Board("discs", chances="chances"),
    Grid(("S.", "#G"), values="q", policy="q", agent="place", glow="q"),
    Grid(("SF", "HG"), values="q", policy="policy", agent="place"),
    QTable(actions=("left", "down", "right", "up"), learning_rate=0.5, gamma=0.9),
    QTable(closed=(1,), spell=False),
    BanditArms(),
    BanditArms(truth="", counts="", chosen=""),
    CatchBoard("catch"),
]
NAMES = [f"{type(view).__name__}-{index}" for index, view in enumerate(VIEWS)]


@pytest.fixture(params=VIEWS, ids=NAMES)
def view(request: pytest.FixtureRequest) -> View:
    return request.param


@pytest.mark.parametrize("box", [BOX, Box(30, 40, 300, 200), Box(0, 0, 120, 90), Box(0, 0, 3, 2)])
def test_never_fails_in_mid_film(view: View, box: Box) -> None:
    for step in np.arange(0, 11.1, 0.25):
        for pace in (0.0, 0.5, 40.0):
            moment = Moment({"": TRACE}, {"": float(step)}, pace={"": pace})
            view.draw(moment, box)
            assert isinstance(view.describe(moment), str)


def test_equal_moments_are_equal_commands(view: View) -> None:
    first, second = (Moment({"": TRACE}, {"": 4.8}, pace={"": 1.0}) for _ in range(2))
    assert tuple(view.draw(first, BOX)) == tuple(view.draw(second, BOX))


def numbers(data: object) -> list[float]:
    """All numbers in some commands."""
    if isinstance(data, float):
        return [data]
    return [number for part in data for number in numbers(part)] if isinstance(data, list | tuple) else []


def test_every_coordinate_is_finite(view: View) -> None:
    for step in (2, 4.5, 4.9, 6, 6.5, 7.9, 8, 11):
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
