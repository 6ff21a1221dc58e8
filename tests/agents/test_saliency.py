from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mlanimated.agents.saliency import blurred, saliency, spots


class Looks:
    """A network that looks at one pixel alone."""

    device, heads = "cpu", ("policy", "value")

    def __init__(self, torch: Any, row: int, column: int) -> None:
        self.torch, self.place = torch, (row, column)
        self.mean = np.zeros((80, 80), np.uint8)

    def prepare(self, observation: np.ndarray) -> Any:
        return self.torch.from_numpy(observation.astype(np.float32))

    def __call__(self, stored: Any) -> tuple[Any, Any]:
        seen = stored[:, -1, self.place[0], self.place[1]]
        return self.torch.stack([seen, -seen], 1), seen[:, None]


def test_a_network_that_looks_at_one_place_is_found_out() -> None:
    torch = pytest.importorskip("torch")
    random = np.random.default_rng(0)
    seen = random.integers(0, 255, (2, 4, 80, 80), np.uint8)
    for row, column in ((12, 60), (41, 7)):
        agent: Any = SimpleNamespace(network=Looks(torch, row, column))
        found = saliency(agent, seen)
        assert found.shape == (2, 16, 16)
        for each in found:
            place = np.unravel_index(each.argmax(), each.shape)
            assert (abs(5 * place[0] + 2 - row), abs(5 * place[1] + 2 - column)) <= (5, 5)
        assert found[:, 0 if row > 40 else 15].max() < found.max() / 20


def test_what_always_stands_there_does_not_shine() -> None:
    """The place looked at is as it is on average: nothing is hidden by hiding it."""
    torch = pytest.importorskip("torch")
    seen = np.random.default_rng(0).integers(0, 255, (1, 4, 80, 80), np.uint8)
    network = Looks(torch, 30, 30)
    network.mean = np.full((80, 80), 9, np.uint8)
    agent: Any = SimpleNamespace(network=network)
    assert saliency(agent, seen).max() > 0
    seen[0, :, 30, 30] = 9
    assert saliency(agent, seen).max() == 0


def test_the_blur_is_that_of_a_normal_curve() -> None:
    picture = np.zeros((1, 80, 80), np.float32)
    picture[0, 40, 30] = 1.0
    found = blurred(picture)[0]
    y, x = np.mgrid[:80, :80]
    expected = np.exp(-((y - 40) ** 2 + (x - 30) ** 2) / 18)
    assert np.abs(found - expected / expected.sum()).max() < 1e-5
    assert np.allclose(blurred(np.full((1, 42, 42), 7.0, np.float32)), 7.0, atol=1e-4)


def test_spots_cover_the_picture() -> None:
    masks = spots(84, 84)
    assert masks.shape == (16, 16, 84, 84)
    assert masks.max(axis=(0, 1)).min() > 0.7
    peak = np.unravel_index(masks[3, 5].argmax(), (84, 84))
    assert abs(peak[0] - 3.5 * 84 / 16) < 1
    assert abs(peak[1] - 5.5 * 84 / 16) < 1
