from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.learn.sine_fit import GRID, TARGET, Args, _pieces, backward, forward, initial
from mlanimated.learn.sine_fit import train as fit

KINDS = ("relu", "tanh", "sigmoid", "none")


@pytest.mark.parametrize("activation", KINDS)
def test_gradients_are_those_of_finite_differences(activation: str) -> None:
    weights, biases = initial(5)
    x, target = GRID[:, None], TARGET[:, None]

    def loss() -> float:
        return float(((forward(x, weights, biases, activation).outputs[-1] - target) ** 2).mean())

    run = forward(x, weights, biases, activation)
    by_weights, by_biases = backward(run, 2 * (run.outputs[-1] - target) / len(x), weights, activation)
    close = 1e-6
    for array, gradient in zip([*weights, *biases], [*by_weights, *by_biases], strict=True):
        assert array.shape == gradient.shape
        for place in np.ndindex(array.shape):
            kept = array[place]
            array[place] = kept + close
            above = loss()
            array[place] = kept - close
            below = loss()
            array[place] = kept
            assert gradient[place] == pytest.approx((above - below) / (2 * close), abs=1e-6)


@pytest.mark.parametrize("activation", KINDS)
def test_gradients_are_those_of_torch(activation: str) -> None:
    torch = pytest.importorskip("torch")
    weights, biases = initial(11)
    run = forward(GRID[:, None], weights, biases, activation)
    ours = backward(run, 2 * (run.outputs[-1] - TARGET[:, None]) / len(GRID), weights, activation)
    theirs = [[torch.tensor(array, requires_grad=True) for array in arrays] for arrays in (weights, biases)]
    function = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "none": lambda x: x}[activation]
    out = torch.tensor(GRID[:, None])
    for layer, (weight, bias) in enumerate(zip(*theirs, strict=True)):
        out = out @ weight + bias
        out = function(out) if layer < 2 else out
    ((out[:, 0] - torch.tensor(TARGET)) ** 2).mean().backward()
    assert np.allclose(run.outputs[-1], out.detach().numpy(), atol=1e-12)
    for mine, yours in zip(ours, theirs, strict=True):
        for gradient, array in zip(mine, yours, strict=True):
            assert np.allclose(gradient, array.grad.numpy(), atol=1e-12)


def test_with_relu_it_learns_the_sine() -> None:
    trace, _ = train(fit, Args())
    assert values(trace, "loss")[-1] < 0.001
    assert np.abs(values(trace, "prediction")[-1] - np.sin(GRID)).max() < 0.1
    told = [event.name for event in trace.events]
    assert told[:2] == ["initialize", "first step"]
    assert told[-1] == "result"
    assert "close" in told


@pytest.mark.parametrize("bends", [(), (-1.0,), (-2.0, 0.5, 1.9), (-2.5, -1.3, 0.0, 1.1, 2.2)])
def test_straight_pieces_are_counted_as_they_are_seen(bends: tuple[float, ...]) -> None:
    curve = 0.3 * GRID + sum(0.7 * np.maximum(GRID - bend, 0) for bend in bends)
    assert _pieces(curve) == len(bends) + 1
    assert _pieces(curve + 0.01 * np.maximum(GRID - 2.8, 0)) == len(bends) + 1, "a bend that nobody sees"


def test_without_an_activation_it_comes_to_the_best_straight_line_and_no_further() -> None:
    trace, _ = train(fit, Args(activation="none"))
    tilt, level = np.polyfit(GRID, TARGET, 1)
    assert np.allclose(values(trace, "prediction")[-1], tilt * GRID + level, atol=1e-3)
    best = float(((tilt * GRID + level - TARGET) ** 2).mean())
    assert values(trace, "loss")[-1] == pytest.approx(best, rel=1e-4)
    assert "straight line" in trace.events[-1].text
    for curve in values(trace, "prediction")[::20]:
        assert np.abs(np.diff(curve, 2)).max() < 1e-12


def test_what_is_recorded_fits_together() -> None:
    trace, _ = train(fit, Args(steps=150))
    parts, bias = values(trace, "parts"), values(trace, "biases/2")
    assert np.allclose(parts.sum(axis=1) + bias, values(trace, "prediction"))
    assert np.allclose(((values(trace, "prediction") - TARGET) ** 2).mean(axis=1), values(trace, "loss"))
    hidden = np.maximum(np.pi / 2 * values(trace, "weights/0")[:, 0] + values(trace, "biases/0"), 0)
    assert np.allclose(values(trace, "activations/1"), hidden)
    first, _ = initial(0)
    assert np.array_equal(values(trace, "weights/1")[0], first[1])
    rows = {*range(101), *range(105, 151, 5), *(event.step for event in trace.events)}
    assert trace.steps("loss").tolist() == sorted(rows)


def test_a_checkpoint_goes_on_exactly() -> None:
    args = Args(steps=90)
    whole, spy = train(fit, args, at=40)
    rest, _ = train(fit, args, resume=spy.state)
    same_after(whole, rest, 40)
    assert any(event.step > 40 for event in whole.events)


@pytest.mark.parametrize(("activation", "name"), [("relu", "half way"), ("none", "stuck")])
@pytest.mark.parametrize("at", [30, 260])
def test_a_training_that_goes_on_tells_nothing_twice(activation: Any, name: str, at: int) -> None:
    args = Args(steps=300, activation=activation)
    whole, spy = train(fit, args, at=at)
    rest, _ = train(fit, args, resume=spy.state)
    told = [(event.step, event.text) for event in whole.events]
    assert [(event.step, event.text) for event in rest.events] == [each for each in told if each[0] > at]
    assert name in {event.name for event in whole.events}


@pytest.mark.slow
def test_three_seeds_of_four_learn_the_sine() -> None:
    losses = [values(train(fit, Args(seed=seed))[0], "loss")[-1] for seed in range(40)]
    assert sum(loss < 0.001 for loss in losses) >= 28
