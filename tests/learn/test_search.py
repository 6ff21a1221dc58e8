from __future__ import annotations

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.learn.search import Args
from mlanimated.learn.search import train as search


def test_grid_search_is_the_best_of_the_grid() -> None:
    trace, _ = train(search, Args(method="grid", steps=37, low=-3, high=22))
    grid = np.linspace(-3, 22, 38)
    assert np.allclose(values(trace, "x"), grid)
    assert values(trace, "looks").tolist() == list(range(1, 39)), "the first look counts"
    best = grid[np.argmin((grid - 10) ** 2)]
    assert values(trace, "best/x")[-1] == pytest.approx(best)
    assert np.allclose(values(trace, "best/y"), np.minimum.accumulate((grid - 10) ** 2))


def test_sign_step_search_halves_its_way_to_the_bottom() -> None:
    trace, _ = train(search, Args(method="sign", steps=80))
    best = values(trace, "best/y")
    assert (np.diff(best) <= 0).all()
    assert best[-1] < 1e-6
    lengths = values(trace, "length")
    assert set(np.unique(lengths[1:] / lengths[:-1])) == {0.5, 1.0}
    assert (np.abs(values(trace, "x")[1:] - values(trace, "best/x")[:-1]) <= 1.0 + 1e-12).all()


@pytest.mark.parametrize("method", ["grid", "sign"])
def test_a_checkpoint_goes_on_exactly(method: str) -> None:
    args = Args(method=method, steps=40)
    whole, spy = train(search, args, at=17)
    rest, _ = train(search, args, resume=spy.state)
    same_after(whole, rest, 17)
