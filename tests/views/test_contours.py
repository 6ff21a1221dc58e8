from __future__ import annotations

import numpy as np
import pytest

from mlanimated.views.contours import contours


def grid(function, size: int = 61):
    xs, ys = np.meshgrid(np.linspace(-3, 3, size), np.linspace(-3, 3, size))
    return function(xs, ys)


def places(line: np.ndarray, size: int = 61) -> tuple[np.ndarray, np.ndarray]:
    return line[:, 0] * 6 / (size - 1) - 3, line[:, 1] * 6 / (size - 1) - 3


def test_a_bowl_has_one_closed_circle() -> None:
    (line,) = contours(grid(lambda x, y: x * x + y * y), 4.0)
    x, y = places(line)
    assert np.hypot(x, y) == pytest.approx(2.0, abs=0.01)
    assert tuple(line[0]) == tuple(line[-1])


def test_a_slope_has_a_straight_line_from_border_to_border() -> None:
    (line,) = contours(grid(lambda x, y: x + 2 * y), 0.5)
    x, y = places(line)
    assert x + 2 * y == pytest.approx(0.5)
    assert {float(line[0, 0]), float(line[-1, 0])} == {0.0, 60.0}


def test_a_saddle_has_two_lines_that_do_not_cross() -> None:
    for level in (0.3, -0.3):
        lines = contours(grid(lambda x, y: x * x - y * y), level)
        assert len(lines) == 2


def test_every_line_agrees_with_contourpy() -> None:
    contourpy = pytest.importorskip("contourpy")
    heights = grid(lambda x, y: np.sin(2 * x) * np.cos(y) + 0.1 * x, 41)
    for level in (-0.7, -0.2, 0.15, 0.6):
        theirs = contourpy.contour_generator(z=heights, name="serial").lines(level)
        ours = contours(heights, level)
        length = [sum(np.hypot(*np.diff(line, axis=0).T).sum() for line in lines) for lines in (ours, theirs)]
        assert len(ours) == len(theirs)
        assert length[0] == pytest.approx(length[1], rel=1e-6)


def test_what_is_not_finite_has_no_line() -> None:
    heights = grid(lambda x, y: x * x + y * y)
    heights[:, 30:] = np.nan
    (line,) = contours(heights, 4.0)
    assert np.isfinite(line).all()
    assert line[:, 0].max() <= 29
    assert contours(np.full((5, 5), np.nan), 0.0) == []
    assert contours(np.zeros((5, 5)), 0.0) == []
