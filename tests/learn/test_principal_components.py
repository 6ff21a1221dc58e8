from __future__ import annotations

import numpy as np
import pytest

from mlanimated.learn.principal_components import PrincipalComponents, aligned, embedded

ROWS = np.random.default_rng(2).standard_normal((40, 6)) @ np.diag([5.0, 3.0, 1.0, 0.5, 0.2, 0.1])


def test_directions_are_those_of_the_covariance() -> None:
    method = PrincipalComponents(2)
    places = method.fit_transform(ROWS)
    widths, directions = np.linalg.eigh(np.cov(ROWS.T))
    order = np.argsort(-widths)
    for index in range(2):
        assert abs(method.directions[index] @ directions[:, order[index]]) == pytest.approx(1)
    assert method.shares == pytest.approx(widths[order][:2] / widths.sum())
    assert places.var(axis=0, ddof=1) == pytest.approx(widths[order][:2])
    assert np.allclose(method.transform(ROWS[:3]), places[:3])


def test_places_are_turned_and_mirrored_to_follow_those_before() -> None:
    places = PrincipalComponents(2).fit_transform(ROWS)
    turned = places @ np.array([[0.0, 1.0], [1.0, 0.0]])
    assert np.allclose(aligned(turned, places), places)
    assert aligned(places, None) is places
    moved = embedded(ROWS + 0.01, places)
    assert np.allclose(moved, places, atol=1e-6)
    # Nothing is stretched: distances stay.
    again = aligned(places, np.random.default_rng(0).standard_normal(places.shape))
    assert np.allclose(np.linalg.norm(again[0] - again[1:], axis=1), np.linalg.norm(places[0] - places[1:], axis=1))


def test_any_method_may_stand_in_its_place() -> None:
    class First:
        def fit_transform(self, rows: np.ndarray) -> np.ndarray:
            return rows[:, :2]

    assert np.array_equal(embedded(ROWS, method=First()), ROWS[:, :2])
