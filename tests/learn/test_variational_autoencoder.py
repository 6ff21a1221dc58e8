from __future__ import annotations

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.learn import variational_autoencoder
from mlanimated.learn.variational_autoencoder import SIDE, STEPS, WINDOW, Args, build, divergence

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")

QUICK = Args(units=8, steps=6, rows=8, batch=16)


def test_the_divergence_is_that_of_torch() -> None:
    mean, log_variance = torch.randn(5, 2), torch.randn(5, 2)
    normal = torch.distributions.Normal
    true = torch.distributions.kl_divergence(normal(mean, (0.5 * log_variance).exp()), normal(0.0, 1.0)).sum(-1)
    assert torch.allclose(divergence(mean, log_variance), true, atol=1e-5)
    assert divergence(torch.zeros(2), torch.zeros(2)) == 0


def test_what_is_recorded_is_what_the_networks_say() -> None:
    trace, _ = train(variational_autoencoder.train, QUICK)
    model = build(QUICK)
    assert values(trace, "latent").shape[1:] == (450, 2)
    corner = torch.tensor([[WINDOW[0], WINDOW[3]]])
    with torch.no_grad():
        made = torch.sigmoid(model["decoder"](corner)).numpy().reshape(8, 8)
    assert np.allclose(values(trace, "manifold")[0][:8, :8], made, atol=1e-6), "the upper left is low x, high y"
    assert values(trace, "manifold").shape[1:] == (SIDE * 8, SIDE * 8)
    way = values(trace, "walk/way")[0]
    latent, labels = values(trace, "latent")[0], values(trace, "labels")[0]
    assert np.allclose(way[0], np.median(latent[labels == 0], axis=0))
    assert np.allclose(way[-1], np.median(latent[labels == 7], axis=0))
    assert np.allclose(np.diff(way, 2, axis=0), 0, atol=1e-6)
    with torch.no_grad():
        walked = torch.sigmoid(model["decoder"](torch.from_numpy(way))).numpy().reshape(STEPS, 8, 8)
    assert np.allclose(values(trace, "walk")[0], walked, atol=1e-6)


def test_a_run_can_be_repeated_and_resumed_bit_for_bit() -> None:
    whole, spy = train(variational_autoencoder.train, QUICK, at=3)
    again, _ = train(variational_autoencoder.train, QUICK)
    same_after(whole, again, 0)
    rest, _ = train(variational_autoencoder.train, QUICK, resume=spy.state)
    for name in ("latent", "manifold", "test/loss"):
        assert np.array_equal(values(whole, name)[-1], values(rest, name)[-1])


@pytest.mark.slow
def test_digits_of_a_kind_come_together() -> None:
    trace, _ = train(variational_autoencoder.train, Args(rows=3))
    latent, labels = values(trace, "latent"), values(trace, "labels")[0]

    def together(points: np.ndarray) -> float:
        apart = ((points[:, None] - points[None]) ** 2).sum(-1)
        np.fill_diagonal(apart, np.inf)
        return float((labels[apart.argmin(1)] == labels).mean())

    assert together(latent[-1]) > 0.5
    assert values(trace, "test/loss")[-1] < 0.7 * values(trace, "test/loss")[0]
