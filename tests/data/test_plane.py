from __future__ import annotations

import numpy as np
import pytest

from mlanimated.data.plane import draw_points, grid, window
from mlanimated.errors import MlaError

SHAPES = ("moons", "circles", "spirals", "patches")


@pytest.mark.parametrize("name", SHAPES)
def test_no_straight_line_parts_the_classes(name: str) -> None:
    points, labels = draw_points(name, 600, noise=0.0, seed=1)
    assert points.shape == (600, 2)
    assert np.bincount(labels).tolist() == [300, 300]
    # The best straight line over all directions and places errs often; the nearest other point never does.
    errors = []
    for turn in np.linspace(0, np.pi, 60):
        order = labels[np.argsort(points @ [np.cos(turn), np.sin(turn)])]
        right = np.cumsum(2 * order - 1)
        errors.append(0.5 - max(right.max(initial=0), -right.min(initial=0)) / len(order))
    assert min(errors) > 0.05
    apart = ((points[:, None] - points[None]) ** 2).sum(-1)
    np.fill_diagonal(apart, np.inf)
    assert (labels[apart.argmin(1)] == labels).mean() > 0.97


@pytest.mark.parametrize("name", SHAPES)
def test_points_lie_in_the_window_and_follow_from_the_seed(name: str) -> None:
    left, right, bottom, top = window(name)
    points, _ = draw_points(name, 1000, noise=0.1, seed=3)
    inside = (points > (left, bottom)).all(1) & (points < (right, top)).all(1)
    assert inside.mean() > 0.98
    assert np.array_equal(points, draw_points(name, 1000, noise=0.1, seed=3)[0])
    assert not np.array_equal(points, draw_points(name, 1000, noise=0.1, seed=4)[0])
    places, (rows, columns) = grid(name, 50)
    assert len(places) == rows * columns
    assert places.reshape(rows, columns, 2)[0, -1].tolist() == pytest.approx([right, bottom], abs=1e-6)
    assert (columns - 1) / (rows - 1) == pytest.approx((right - left) / (top - bottom), rel=0.03)


def test_mistakes_are_told() -> None:
    with pytest.raises(MlaError, match="moons"):
        draw_points("moon", 10)
    with pytest.raises(MlaError, match="ask for 1 or more"):
        draw_points("moons", 0)
