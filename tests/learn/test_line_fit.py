from __future__ import annotations

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.errors import MissingExtra
from mlanimated.learn import frameworks, line_fit_torch
from mlanimated.learn.line_fit import CELSIUS, FAHRENHEIT, Args
from mlanimated.learn.line_fit import train as fit


def closed_form(steps: np.ndarray, rate: float) -> np.ndarray:
    """w and b after each of `steps` from (1, 1): the loss is quadratic, so each eigenvector of its Hessian shrinks by itself."""
    inputs = np.stack([CELSIUS, np.ones(10)], axis=1)
    hessian = 2 * inputs.T @ inputs / 10
    best = np.linalg.solve(inputs.T @ inputs, inputs.T @ FAHRENHEIT)
    bends, axes = np.linalg.eigh(hessian)
    off = axes.T @ (np.array([1.0, 1.0]) - best)
    return best + ((1 - rate * bends) ** steps[:, None] * off) @ axes.T


@pytest.mark.parametrize("rate", [0.0005, 0.0002])
def test_every_step_is_that_of_the_closed_form(rate: float) -> None:
    trace, _ = train(fit, Args(learning_rate=rate, epochs=2000))
    expected = closed_form(np.arange(2001), rate)
    assert np.allclose(values(trace, "w"), expected[:, 0], atol=1e-9)
    assert np.allclose(values(trace, "b"), expected[:, 1], atol=1e-9)
    predictions = expected[:, :1] * CELSIUS + expected[:, 1:]
    assert np.allclose(values(trace, "prediction"), predictions, atol=1e-6)
    assert np.allclose(values(trace, "squared_error"), (predictions - FAHRENHEIT) ** 2, atol=1e-4)
    assert np.allclose(values(trace, "loss"), ((predictions - FAHRENHEIT) ** 2).mean(axis=1), atol=1e-4)


def test_it_ends_where_the_chapter_says() -> None:
    trace, _ = train(fit, Args())
    w, b = values(trace, "w")[-1], values(trace, "b")[-1]
    assert trace.last_step == 8000
    assert (round(float(w), 5), round(float(b), 3), round(float(w * 50 + b), 2)) == (1.80025, 31.97, 121.98)
    told = {event.name: event.step for event in trace.events}
    losses = values(trace, "loss")
    steps = trace.steps("loss")
    assert told["half way"] == steps[np.argmax(losses <= losses[0] / 2)]
    assert told["converged"] == steps[np.argmax(losses <= 0.01)]
    assert [event.name for event in trace.events][:: len(told) - 1] == ["initialize", "result"]
    slow = next(event for event in trace.events if event.name == "steep part done")
    assert "b grows slowly" in slow.text
    assert (np.diff(values(trace, "b")[slow.step :]) > 0).all()
    assert "w comes down with it" in slow.text
    assert (np.diff(values(trace, "w")[slow.step :]) < 0).all()


def test_too_large_a_rate_diverges_and_says_so() -> None:
    trace, _ = train(fit, Args(learning_rate=0.001))
    assert trace.last_step < 50
    assert {"diverging", "result"} <= {event.name for event in trace.events}
    assert np.isfinite(values(trace, "loss")).all()


def test_a_checkpoint_goes_on_exactly() -> None:
    args = Args(epochs=60)
    whole, spy = train(fit, args, at=25)
    rest, _ = train(fit, args, resume=spy.state)
    same_after(whole, rest, 25)


def test_torch_agrees_to_the_last_digits() -> None:
    pytest.importorskip("torch")
    args = Args(epochs=300)
    ours, _ = train(fit, args)
    theirs, spy = train(line_fit_torch.train, args, at=120)
    assert set(theirs.names) == set(ours.names)
    for name in ours.names:
        assert np.allclose(values(ours, name), values(theirs, name), rtol=1e-9, atol=1e-7), name
    rest, _ = train(line_fit_torch.train, args, resume=spy.state)
    same_after(theirs, rest, 120)


def test_without_torch_the_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(frameworks.importlib, "import_module", missing)
    with pytest.raises(MissingExtra, match=r"mlanimated\[torch\]"):
        frameworks.load_torch()
