from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.learn import losses
from mlanimated.learn.losses import BIAS, SLOPE, Args, Loss, cost, draw_points, pull

LOSSES: tuple[Loss, ...] = ("squared", "absolute", "huber")


@pytest.mark.parametrize("loss", LOSSES)
def test_costs_and_their_slopes_are_torchs(loss: Loss) -> None:
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    of = {"squared": functional.mse_loss, "absolute": functional.l1_loss, "huber": functional.huber_loss}[loss]
    errors = np.array([-7.0, -0.71, -0.2, 0.3, 0.69, 4.0])
    tensor = torch.tensor(errors, requires_grad=True)
    more = {"delta": 0.7} if loss == "huber" else {}
    costs = of(tensor, torch.zeros(6, dtype=torch.float64), reduction="none", **more)
    costs.sum().backward()
    assert np.allclose(cost(loss, errors, 0.7), costs.detach().numpy())
    assert np.allclose(pull(loss, errors, 0.7), tensor.grad.numpy())


def fitted(loss: Loss, **more: float) -> tuple[float, float]:
    trace, _ = train(losses.train, Args(loss=loss, steps=4000, learning_rate=0.02, **more))  # type: ignore[arg-type]
    return float(values(trace, "w")[-1]), float(values(trace, "b")[-1])


def test_squared_error_ends_at_the_line_of_least_squares() -> None:
    points = draw_points(Args())
    assert fitted("squared") == pytest.approx(np.polyfit(points.x, points.y, 1), abs=1e-6)


def test_absolute_error_ends_at_the_best_line_through_two_points() -> None:
    # Among the lines of least absolute error one goes through two of the points.
    points = draw_points(Args())
    best = np.inf
    for i, j in combinations(range(len(points.x)), 2):
        w = (points.y[j] - points.y[i]) / (points.x[j] - points.x[i])
        best = min(best, float(np.abs(w * (points.x - points.x[i]) + points.y[i] - points.y).mean()))
    w, b = fitted("absolute")
    assert np.abs(w * points.x + b - points.y).mean() == pytest.approx(best, rel=0.01)


def test_hubers_line_is_that_of_weighted_squares() -> None:
    # Each error beyond the turn counts as one whose square is weighed down (iteratively reweighted least squares).
    points, weights = draw_points(Args()), np.ones(36)
    for _ in range(200):
        w, b = np.polyfit(points.x, points.y, 1, w=np.sqrt(weights))
        weights = 0.5 / np.maximum(np.abs(w * points.x + b - points.y), 0.5)
    assert fitted("huber") == pytest.approx((w, b), abs=1e-4)


def test_outliers_pull_hardest_at_a_squared_error() -> None:
    traces = {loss: train(losses.train, Args(loss=loss))[0] for loss in LOSSES}
    ends = {loss: {name: float(values(traces[loss], name)[-1]) for name in ("pull", "off", "w")} for loss in LOSSES}
    assert ends["squared"]["pull"] > ends["huber"]["pull"] > ends["absolute"]["pull"]
    assert ends["absolute"]["pull"] == pytest.approx(6 / 36)
    assert ends["squared"]["off"] > 4 * max(ends["huber"]["off"], ends["absolute"]["off"])
    places = np.linspace(-2, 2, 100_001)
    w, b = ends["huber"]["w"], float(values(traces["huber"], "b")[-1])
    exact = np.abs((w - SLOPE) * places + b - BIAS).mean()
    assert ends["huber"]["off"] == pytest.approx(exact, rel=0.02)


def test_without_outliers_nobody_pulls() -> None:
    trace, _ = train(losses.train, Args(outliers=0, steps=3))
    assert values(trace, "pull").tolist() == [0.0] * 4


def test_a_run_can_be_resumed_bit_for_bit() -> None:
    whole, spy = train(losses.train, Args(steps=20), at=11)
    rest, _ = train(losses.train, Args(steps=20), resume=spy.state)
    once = {"x", "y", "outlier", "errors", "costs"}
    assert set(whole.names) - set(rest.names) == once
    for name in rest.names:
        assert np.array_equal(values(whole, name)[11:], values(rest, name)), name
    same_after(whole, train(losses.train, Args(steps=20))[0], 0)
