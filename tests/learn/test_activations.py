from __future__ import annotations

import numpy as np
import pytest

from mlanimated.learn import activations
from mlanimated.learn.activations import ACTIVATIONS, sigmoid, softmax, softmax_slope

POINTS = np.array([-30.0, -3.3, -1.0, -0.2, 0.1, 0.7, 2.5, 30.0])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slopes_are_those_of_finite_differences(name: str) -> None:
    function, slope = ACTIVATIONS[name]
    close = 1e-5
    measured = (function(POINTS + close) - function(POINTS - close)) / (2 * close)
    assert np.allclose(slope(POINTS), measured, atol=1e-9)


def test_softmax_shares_sum_to_one_and_its_slopes_are_right() -> None:
    x = np.array([1.0, -2.0, 0.5, 3.0])
    assert np.isclose(softmax(x).sum(), 1.0)
    assert np.allclose(softmax(x + 1000.0), softmax(x))
    close = 1e-6
    measured = np.stack([(softmax(x + step) - softmax(x - step)) / (2 * close) for step in np.eye(4) * close], axis=1)
    assert np.allclose(softmax_slope(x), measured, atol=1e-9)
    assert np.allclose(softmax(np.stack([x, -x])).sum(axis=-1), 1.0)


def test_nothing_overflows_far_out() -> None:
    with np.errstate(all="raise", under="ignore"):
        assert sigmoid(np.array([-1e4, 1e4])).tolist() == [0.0, 1.0]
        assert softmax(np.array([-1e4, 1e4])).tolist() == [0.0, 1.0]
    assert activations.relu_slope(np.zeros(1)).tolist() == [0.0]


def test_sigmoid_and_softmax_tell_the_same_story_for_two() -> None:
    x = np.linspace(-5, 5, 21)
    pairs = softmax(np.stack([x, np.zeros_like(x)], axis=1))
    assert np.allclose(pairs[:, 0], sigmoid(x))
