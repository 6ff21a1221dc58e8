from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.learn.optimizers import OPTIMIZERS, optimizer
from mlanimated.learn.surfaces import SURFACES


def walk(name: str, surface: Any, steps: int, rate: float) -> np.ndarray:
    rule, point = optimizer(name, rate), np.array(surface.start)
    places = [point.copy()]
    for _ in range(steps):
        rule.step([point], [surface.gradient(point)])
        places.append(point.copy())
    return np.array(places)


def written_out(name: str, surface: Any, steps: int, rate: float) -> np.ndarray:
    """The published formulas, number by number, in plain Python: written apart from what is tested."""
    point = [float(part) for part in surface.start]
    velocity, square, places = [0.0, 0.0], [0.0, 0.0], [tuple(point)]
    for t in range(1, steps + 1):
        gradient = surface.gradient(np.array(point))
        for i, g in enumerate(float(part) for part in gradient):
            if name == "sgd":
                point[i] -= rate * g
            elif name == "momentum":
                velocity[i] = 0.9 * velocity[i] + g
                point[i] -= rate * velocity[i]
            elif name == "rmsprop":
                square[i] = 0.99 * square[i] + 0.01 * g**2
                point[i] -= rate * g / (square[i] ** 0.5 + 1e-8)
            else:
                velocity[i] = 0.9 * velocity[i] + 0.1 * g
                square[i] = 0.999 * square[i] + 0.001 * g**2
                point[i] -= rate * (velocity[i] / (1 - 0.9**t)) / ((square[i] / (1 - 0.999**t)) ** 0.5 + 1e-8)
        places.append(tuple(point))
    return np.array(places)


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_are_those_of_the_published_formulas(name: str, surface: Any) -> None:
    rate = surface.learning_rates[name]
    assert np.allclose(walk(name, surface, 60, rate), written_out(name, surface, 60, rate), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_are_those_of_torch(name: str, surface: Any) -> None:
    torch = pytest.importorskip("torch")
    rate = surface.learning_rates[name]
    made = {
        "sgd": lambda p: torch.optim.SGD(p, lr=rate),
        "momentum": lambda p: torch.optim.SGD(p, lr=rate, momentum=0.9),
        "rmsprop": lambda p: torch.optim.RMSprop(p, lr=rate),
        "adam": lambda p: torch.optim.Adam(p, lr=rate),
    }
    point = torch.tensor(surface.start, dtype=torch.float64, requires_grad=True)
    rule = made[name]([point])
    places = [point.detach().numpy().copy()]
    for _ in range(60):
        rule.zero_grad()
        surface.height(point[0], point[1]).backward()
        rule.step()
        places.append(point.detach().numpy().copy())
    assert np.allclose(walk(name, surface, 60, rate), places, rtol=1e-7, atol=1e-9)


def test_plain_descent_in_the_ravine_has_a_closed_form() -> None:
    places = walk("sgd", SURFACES["ravine"], 40, 0.6)
    n = np.arange(41)
    assert np.allclose(places, np.stack([-9 * (1 - 0.06) ** n, 2 * (1 - 1.8) ** n], axis=1))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_memory_can_be_saved_and_loaded(name: str) -> None:
    surface = SURFACES["beale"]
    rule, point = optimizer(name, 0.01), np.array(surface.start)
    for _ in range(5):
        rule.step([point], [surface.gradient(point)])
    again, copy = optimizer(name, 0.01), point.copy()
    again.load(rule.state())
    for _ in range(5):
        rule.step([point], [surface.gradient(point)])
        again.step([copy], [surface.gradient(copy)])
    assert np.array_equal(point, copy)


def test_unknown_optimizers_are_told() -> None:
    with pytest.raises(MlaError, match="Did you mean 'adam'"):
        optimizer("adan", 0.1)
