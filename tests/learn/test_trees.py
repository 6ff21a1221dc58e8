from __future__ import annotations

import itertools

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.data.plane import draw_points, grid
from mlanimated.learn import trees
from mlanimated.learn.trees import ACROSS, Args

sklearn = pytest.importorskip("sklearn")
from sklearn.ensemble import RandomForestClassifier  # noqa: E402


def quick(kind: str, steps: int = 5) -> Args:
    return Args(kind=kind, train=40, test=200, steps=steps)  # type: ignore[arg-type]


def test_the_first_question_is_the_best_there_is() -> None:
    trace, _ = train(trees.train, quick("tree"))
    points, labels = draw_points("moons", 40, 0.35, 0)

    def impurity(part: np.ndarray) -> float:
        share = part.mean()
        return 2 * share * (1 - share) * len(part)

    best = min(
        impurity(labels[points[:, axis] <= cut]) + impurity(labels[points[:, axis] > cut])
        for axis in (0, 1)
        for low, high in itertools.pairwise(np.sort(points[:, axis]).tolist())
        for cut in [(low + high) / 2]
    )
    field = values(trace, "field")[1]
    assert len(np.unique(field)) == 2
    places, _ = grid("moons", ACROSS)
    near = ((points[:, None] - places[None]) ** 2).sum(-1).argmin(1)
    said = field.reshape(-1)[near]
    parts = [labels[said == value] for value in np.unique(field)]
    assert sum(map(impurity, parts)) == pytest.approx(best, abs=1e-6)


def test_a_forest_is_the_mean_of_its_trees() -> None:
    trace, _ = train(trees.train, quick("forest", 9))
    points, labels = draw_points("moons", 40, 0.35, 0)
    whole = RandomForestClassifier(9, random_state=0).fit(points, labels)
    places, shape = grid("moons", ACROSS)
    assert np.allclose(values(trace, "field")[-1], whole.predict_proba(places)[:, 1].reshape(shape), atol=1e-6)
    others, other_labels = draw_points("moons", 200, 0.35, 2**31)
    assert values(trace, "test/accuracy")[-1] == pytest.approx(
        (whole.predict(others) == other_labels).mean(), abs=0.011
    )


def test_boosting_lowers_the_loss_with_each_tree() -> None:
    trace, _ = train(trees.train, quick("boosting", 8))
    points, labels = draw_points("moons", 40, 0.35, 0)
    places, _ = grid("moons", ACROSS)
    near = ((points[:, None] - places[None]) ** 2).sum(-1).argmin(1)
    sure = values(trace, "field").reshape(9, -1)[:, near].astype(float)
    loss = -np.log(np.where(labels == 1, sure, 1 - sure)).mean(axis=1)
    assert (np.diff(loss) < 0.02).all()
    assert loss[-1] < 0.75 * loss[0]


@pytest.mark.parametrize("kind", ["tree", "forest", "boosting"])
def test_before_the_first_step_all_is_one_and_a_run_can_be_repeated_and_resumed(kind: str) -> None:
    whole, spy = train(trees.train, quick(kind), at=2)
    assert np.ptp(values(whole, "field")[0]) == 0
    assert whole.steps().tolist() == [0, 1, 2, 3, 4, 5]
    again, _ = train(trees.train, quick(kind))
    same_after(whole, again, 0)
    rest, _ = train(trees.train, quick(kind), resume=spy.state)
    for name in ("field", "test/accuracy"):
        assert np.array_equal(values(whole, name)[2:], values(rest, name))
    assert [event.name for event in whole.events] == ["initialize", "first step", "result"]
