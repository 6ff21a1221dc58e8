from __future__ import annotations

import math

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, trace_of

from mlanimated.draw.commands import Circle, Group, Polyline, Rect
from mlanimated.errors import MlaError
from mlanimated.views.cart_pole import CartPole


def cart(trace: object, step: float, **given: str) -> Group:
    return next(
        group
        for group in drawn(CartPole("state", **given), trace, step)
        if isinstance(group, Group) and group.key == "cart"
    )


def pole(group: Group) -> tuple[float, ...]:
    return next(part.points for part in group.children if isinstance(part, Polyline))


def test_the_pole_tilts_as_recorded_and_the_cart_stands_where_it_is() -> None:
    trace = trace_of({0: {"state": np.zeros(4)}, 1: {"state": np.array([1.2, 0, 0.2, 0])}})
    straight, tilted = cart(trace, 0), cart(trace, 1)
    x0, y0, x1, y1 = pole(straight)
    assert (x0, y0, x1) == (0, 0, 0)
    assert y1 < 0
    assert math.atan2(pole(tilted)[2], -pole(tilted)[3]) == pytest.approx(0.2, abs=1e-3)
    # The pole is a metre long: 1.2 metres on the track are 1.2 poles.
    assert tilted.x - straight.x == pytest.approx(1.2 * -y1, abs=0.1)


def test_it_glides_within_a_game_and_jumps_to_the_next() -> None:
    rows = {0: np.zeros(4), 1: np.array([0.04, 0, 0.1, 0]), 2: np.array([0.08, 0, 0.22, 0]), 3: np.zeros(4)}
    trace = trace_of({step: {"state": state} for step, state in rows.items()})
    assert cart(trace, 0).x < cart(trace, 0.5).x < cart(trace, 1).x
    assert pole(cart(trace, 2.5)) == pole(cart(trace, 2))


def test_colours_and_arrows_say_what_happens() -> None:
    rows = {
        0: {"state": np.zeros(4), "action": 1, "doomed": 0},
        1: {"state": np.zeros(4), "action": 0, "doomed": 1},
        2: {"state": np.array([0, 0, 0.3, 0]), "action": 0, "doomed": 1},
    }
    trace = trace_of(rows)
    for step, colour, way in ((0, "series-1", 1), (1, "bad", -1), (2, "bad", 0)):
        group = cart(trace, step, action="action", doomed="doomed")
        assert next(part.fill for part in group.children if isinstance(part, Rect)) == colour
        pushes = [part for part in group.children if isinstance(part, Group)]
        assert len(pushes) == abs(way)
        if way:
            line = find(pushes, Polyline)[0]
            assert math.copysign(1, line.points[2]) == way


def test_words_and_mistakes() -> None:
    trace = trace_of({0: {"state": np.array([-0.5, 0, math.radians(3), 0])}, 1: {"state": np.array([3.0, 0, 0, 0])}})
    view = CartPole("state")
    assert view.describe(at(trace, 0)) == "The pole tilts by 3.0° to the right; the cart is 0.50 m from the middle."
    assert view.describe(at(trace, 1)) == "The game is over."
    with pytest.raises(MlaError, match="place, speed, tilt, turning speed"):
        drawn(view, trace_of({0: {"state": np.zeros(3)}}), 0)
    assert find(drawn(view, trace, 1), Circle)  # off the track it stands at its edge
    edge = cart(trace, 1)
    assert BOX.x <= edge.x <= BOX.right
