from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Polyline, Rect, Text
from mlanimated.errors import MlaError
from mlanimated.views.bandit_arms import BanditArms

TRUTH = np.array([0.5, -1.0, 1.5, 0.0])
TRACE = trace_of(
    {
        0: {"truth": TRUTH, "estimates": np.zeros(4), "counts": np.zeros(4), "action": 1},
        10: {"truth": TRUTH, "estimates": TRUTH + 0.25, "counts": np.array([1, 3, 6, 0]), "action": 2},
    }
)


def arm(commands, index: int):
    return next(command for command in commands if getattr(command, "key", "") == f"arm-{index}")


def test_ticks_and_dots_stand_at_their_values_on_one_scale() -> None:
    commands = drawn(BanditArms(), TRACE, 10)
    ticks, dots = [], []
    for index in range(4):
        ticks += [line.points[1] for line in find((arm(commands, index),), Polyline) if line.stroke == "target"]
        dots += [circle.y for circle in find((arm(commands, index),), Circle)]
    unit = (ticks[1] - ticks[2]) / 2.5
    assert unit > 0
    assert np.diff(ticks) == pytest.approx(-unit * np.diff(TRUTH), abs=0.1)
    assert np.subtract(ticks, dots) == pytest.approx(np.full(4, 0.25 * unit), abs=0.1)
    cloud = next(line for line in find((arm(commands, 0),), Polyline, "cloud") if line.closed)
    heights = np.array(cloud.points[1::2])
    assert heights.max() == pytest.approx(2.4 * unit, abs=0.1)


def test_the_pulled_arm_is_lit_and_arms_never_pulled_are_hollow() -> None:
    commands = drawn(BanditArms(), TRACE, 10)
    fills = [find((arm(commands, index),), Circle)[0].fill for index in range(4)]
    assert fills == ["prediction", "prediction", "accent", "ground"]
    names = [find((arm(commands, index),), Text)[0] for index in range(4)]
    assert [name.text for name in names] == ["1", "2", "3 ★", "4"]
    assert [name.bold for name in names] == [False, False, True, False]


def test_counts_are_bars_with_their_numbers() -> None:
    commands = drawn(BanditArms(), TRACE, 10)
    bars = [find((arm(commands, index),), Rect)[0].height for index in range(4)]
    assert [find((arm(commands, index),), Text)[1].text for index in range(4)] == ["1", "3", "6", "0"]
    assert bars[0] / bars[2] == pytest.approx(1 / 6, abs=0.01)
    assert bars[1] / bars[2] == pytest.approx(1 / 2, abs=0.01)


@pytest.mark.parametrize("box", [BOX, Box(10, 20, 340, 300), Box(0, 0, 1184, 560)])
def test_nothing_overlaps_or_moves_that_should_stay(box: Box) -> None:
    random = np.random.default_rng(0)
    trace = trace_of(
        {
            step: {
                "truth": np.linspace(-2, 2, 10),
                "estimates": random.normal(size=10),
                "counts": np.arange(10) * step,
                "action": step,
            }
            for step in range(4)
        }
    )
    for step in (0, 1.7, 3):
        commands = drawn(BanditArms(), trace, step, box)
        assert not overlapping(text_boxes(commands))
        assert not outside(text_boxes(commands), box)
    still = [
        [command for command in drawn(BanditArms(), trace, step, box) if command.key in ("axes", "legend")]
        for step in (0, 3)
    ]
    assert still[0] == still[1]


def test_words_and_mistakes() -> None:
    said = BanditArms().describe(at(TRACE, 10))
    assert said == "Arm 3 is believed to be the best, with 1.75. Arm 3 is the best, with 1.50."
    assert BanditArms().describe(at(TRACE, 0)) == "Arm 3 is the best, with 1.50."
    with pytest.raises(MlaError, match="name one of the two"):
        BanditArms(truth="", estimates="")
    uneven = trace_of({0: {"truth": np.zeros(3), "estimates": np.zeros(4), "counts": np.zeros(3), "action": 0}})
    with pytest.raises(MlaError, match="3 and 4 arms"):
        drawn(BanditArms(), uneven, 0)
