from __future__ import annotations

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.learn.optimizers import OPTIMIZERS
from mlanimated.learn.surface_descent import Args
from mlanimated.learn.surface_descent import train as descend
from mlanimated.learn.surfaces import SURFACES


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_what_is_recorded_agrees_with_the_surface(surface: str, optimizer: str) -> None:
    trace, _ = train(descend, Args(surface=surface, optimizer=optimizer, steps=60))
    points, shape = values(trace, "point"), SURFACES[surface]
    assert points.shape == (61, 2)
    assert points[0].tolist() == list(shape.start)
    assert np.allclose(values(trace, "height"), shape.height(points[:, 0], points[:, 1]))
    assert np.allclose(values(trace, "gradient"), [shape.gradient(point) for point in points])
    assert values(trace, "height")[-1] < values(trace, "height")[0]


def test_every_optimizer_finds_the_bottom_of_the_ravine() -> None:
    for optimizer in OPTIMIZERS:
        trace, _ = train(descend, Args(optimizer=optimizer, steps=200))
        told = {event.name: event.step for event in trace.events}
        distance = np.hypot(*values(trace, "point").T)
        assert told["converged"] == int(np.argmax(distance <= 0.1)), optimizer


def test_too_large_a_rate_is_told_and_ends() -> None:
    trace, _ = train(descend, Args(learning_rate=1.0, steps=1000))
    assert trace.events[-1].name == "diverged"
    assert np.isfinite(values(trace, "height")).all()


def test_a_checkpoint_goes_on_exactly() -> None:
    args = Args(surface="rosenbrock", optimizer="adam", steps=40)
    whole, spy = train(descend, args, at=15)
    rest, _ = train(descend, args, resume=spy.state)
    same_after(whole, rest, 15)
