from __future__ import annotations

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.learn import universal_approximation
from mlanimated.learn.universal_approximation import GRID, Args, curve, forward, gradient, initial


def test_gradients_are_those_of_finite_differences() -> None:
    weights = initial(Args(units=6, seed=3))
    x = np.linspace(-0.93, 0.97, 41)
    target = curve(x)
    _, found = gradient(weights, x, target)
    for array, slope in zip(weights, found, strict=True):
        for place in np.ndindex(array.shape):
            kept = array[place]
            losses = []
            for moved in (1e-7, -1e-7):
                array[place] = kept + moved
                losses.append(float(((forward(weights, x) - target) ** 2).mean()))
            array[place] = kept
            assert slope[place] == pytest.approx((losses[0] - losses[1]) / 2e-7, abs=1e-5)


def test_the_line_bends_where_the_units_say_and_nowhere_else() -> None:
    trace, _ = train(universal_approximation.train, Args(units=4, steps=30))
    said, bends = values(trace, "prediction")[-1], values(trace, "bends")[-1]
    bent = np.abs(np.diff(said, 2)) > 1e-9
    middles = GRID[1:-1][bent]
    gap = GRID[1] - GRID[0]
    assert len(middles)
    assert all(np.abs(bends - middle).min() <= gap + 1e-9 for middle in middles)


def test_the_curve_has_no_jump() -> None:
    fine = np.linspace(-1, 1, 200_001)
    assert np.abs(np.diff(curve(fine))).max() < 2e-4


def test_more_units_come_nearer() -> None:
    worst = [
        values(train(universal_approximation.train, Args(units=units, steps=800))[0], "worst")[-1]
        for units in (3, 12, 60)
    ]
    assert worst[0] > 1.4 * worst[1] > 3 * worst[2]


def test_a_run_can_be_repeated_and_resumed_bit_for_bit() -> None:
    args = Args(units=5, steps=70)
    whole, spy = train(universal_approximation.train, args, at=60)
    again, _ = train(universal_approximation.train, args)
    same_after(whole, again, 0)
    rest, _ = train(universal_approximation.train, args, resume=spy.state)
    for name in ("loss", "prediction", "bends"):
        assert np.array_equal(values(whole, name)[-1], values(rest, name)[-1])
