from __future__ import annotations

import numpy as np
import pytest

from mlanimated.learn.surfaces import SURFACES, height, slope


@pytest.mark.parametrize("name", SURFACES)
def test_gradients_are_those_of_finite_differences(name: str) -> None:
    surface = SURFACES[name]
    random = np.random.default_rng(3)
    left, right, bottom, top = surface.window
    close = 1e-6
    for point in random.uniform((left, bottom), (right, top), (20, 2)):
        measured = [
            (surface.height(*(point + step)) - surface.height(*(point - step))) / (2 * close)
            for step in np.eye(2) * close
        ]
        assert np.allclose(surface.gradient(point), measured, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("name", SURFACES)
def test_the_minimum_is_the_lowest_point_of_the_window_and_flat(name: str) -> None:
    surface = SURFACES[name]
    assert np.allclose(surface.gradient(np.array(surface.minimum)), 0, atol=1e-12)
    xs, ys, heights = surface.grid()
    assert heights.shape == (len(ys), len(xs))
    assert heights[3, 5] == surface.height(xs[5], ys[3])
    assert surface.height(*np.array(surface.minimum)) <= heights.min() + 1e-12
    left, right, bottom, top = surface.window
    for x, y in (surface.start, surface.minimum):
        assert left < x < right
        assert bottom < y < top


def test_the_valley() -> None:
    assert height(1.2345) == pytest.approx(76.83399)
    assert slope(1.2345) == pytest.approx(-17.531)
