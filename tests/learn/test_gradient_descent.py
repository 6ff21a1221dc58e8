from __future__ import annotations

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.learn.gradient_descent import Args, outcome
from mlanimated.learn.gradient_descent import train as descend


@pytest.mark.parametrize(("rate", "steps"), [(0.1, 30), (0.95, 58), (0.0003, 30), (0.5, 4)])
def test_places_are_those_of_the_closed_form(rate: float, steps: int) -> None:
    trace, _ = train(descend, Args(learning_rate=rate, steps=steps))
    n = np.arange(steps + 1)
    assert trace.steps("x").tolist() == n.tolist()
    expected = 10 + (1.2345 - 10) * (1 - 2 * rate) ** n
    assert np.allclose(values(trace, "x"), expected, rtol=0, atol=1e-9)
    assert np.allclose(values(trace, "y"), (expected - 10) ** 2, atol=1e-7)
    assert np.allclose(values(trace, "gradient"), 2 * (expected - 10), atol=1e-8)


@pytest.mark.parametrize(
    ("rate", "steps", "how"),
    [
        (0.1, 30, "converged"),
        (0.95, 58, "oscillated"),
        (0.95, 20, "oscillating"),
        (0.0003, 30, "too slow"),
        (1.05, 30, "diverged"),
        (1.0, 30, "oscillating"),
    ],
)
def test_outcome_is_found_from_the_places(rate: float, steps: int, how: str) -> None:
    assert outcome((10 + (1.2345 - 10) * (1 - 2 * rate) ** np.arange(steps + 1)).tolist()) == how


def events(rate: float, steps: int) -> dict[str, tuple[int, str]]:
    trace, _ = train(descend, Args(learning_rate=rate, steps=steps))
    assert len({event.step for event in trace.events}) == len(trace.events)
    return {event.name: (event.step, event.text) for event in trace.events}


def test_events_fall_where_the_numbers_say() -> None:
    good = events(0.1, 30)
    assert {name: step for name, (step, _) in good.items()} == {
        "initialize": 0,
        "first step": 1,
        "half way": 4,  # .8⁴ < 1/2
        "converged": 21,  # .8²¹ < 1/100
        "result": 30,
    }
    assert "to 2.99, y fell from 76.8 to 49.2" in good["first step"][1]
    assert events(0.95, 58)["oscillating"][0] == 4
    assert "too slow" in events(0.0003, 30)["result"][1].lower()


def test_a_descent_that_diverges_ends_while_its_numbers_are_finite() -> None:
    trace, _ = train(descend, Args(learning_rate=2.0, steps=5000))
    assert np.isfinite(values(trace, "y")).all()
    assert trace.last_step < 20
    assert [event.name for event in trace.events][-1] == "result"


def test_a_checkpoint_goes_on_exactly() -> None:
    args = Args(learning_rate=0.13, steps=20)
    whole, spy = train(descend, args, at=8)
    rest, _ = train(descend, args, resume=spy.state)
    same_after(whole, rest, 8)
