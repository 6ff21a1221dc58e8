from __future__ import annotations

import numpy as np
import pytest
from learning import train, values

from mlanimated.data.plane import draw_points, grid
from mlanimated.learn import decision_boundary
from mlanimated.learn.decision_boundary import Args

torch = pytest.importorskip("torch")

QUICK = Args(train=40, test=100, steps=12, rows=4, units=6, show_units=True)


def test_the_field_is_what_the_network_says_of_every_place() -> None:
    trace, _ = train(decision_boundary.train, QUICK)
    model = decision_boundary.build(QUICK)
    places, shape = grid(QUICK.shape)
    with torch.no_grad():
        said = model(torch.from_numpy(places)).numpy()[:, 0].reshape(shape)
    assert np.allclose(values(trace, "field")[0], said, atol=1e-6), "the untouched network at step 0"
    assert not np.allclose(values(trace, "field")[-1], said, atol=1e-3)
    units = values(trace, "units")
    assert units.shape[1] == QUICK.units
    assert (units.min(), units.max()) == (0.0, 1.0)


def test_losses_are_those_of_the_points() -> None:
    trace, _ = train(decision_boundary.train, QUICK)
    model = decision_boundary.build(QUICK)
    for name, seed in (("train/cost", QUICK.seed), ("test/loss", 2**31 + QUICK.seed)):
        points, labels = draw_points(QUICK.shape, 40 if name == "train/cost" else 100, QUICK.noise, seed)
        with torch.no_grad():
            odds = model(torch.from_numpy(points)).numpy()[:, 0].astype(np.float64)
        sure = 1 / (1 + np.exp(-odds))
        cost = -np.log(np.where(labels == 1, sure, 1 - sure)).mean()
        assert values(trace, name)[0] == pytest.approx(cost, rel=1e-5)


@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_the_same_seed_gives_the_same_run_and_a_checkpoint_goes_on_exactly(dropout: float) -> None:
    args = Args(train=30, test=40, steps=10, rows=6, units=6, dropout=dropout)
    whole, spy = train(decision_boundary.train, args, at=4)
    again, _ = train(decision_boundary.train, args)
    assert all(np.array_equal(values(whole, name), values(again, name)) for name in whole.names)
    rest, _ = train(decision_boundary.train, args, resume=spy.state)
    assert np.array_equal(values(whole, "field")[-1], values(rest, "field")[-1])


def test_a_straight_boundary_is_straight() -> None:
    trace, _ = train(decision_boundary.train, Args(units=0, train=30, test=40, steps=20, rows=3))
    field = values(trace, "field")[-1]
    assert np.abs(np.diff(field, 2, axis=0)).max() < 1e-4
    assert np.abs(np.diff(field, 2, axis=1)).max() < 1e-4


@pytest.mark.slow
def test_bias_and_variance_over_four_seeds() -> None:
    def errors(units: int, layers: int, seed: int) -> tuple[float, float]:
        args = Args(
            shape="moons", train=50, noise=0.35, units=units, layers=layers, steps=400, rows=2, seed=seed, test=2000
        )
        trace, _ = train(decision_boundary.train, args)
        return 1 - values(trace, "train/accuracy")[-1], 1 - values(trace, "test/accuracy")[-1]

    stiff, right, supple = (
        np.mean([errors(units, layers, seed) for seed in range(4)], axis=0)
        for units, layers in ((0, 1), (16, 1), (128, 3))
    )
    assert right[1] < stiff[1]
    assert right[1] < supple[1] - 0.02
    assert supple[0] < right[0] < stiff[0]
