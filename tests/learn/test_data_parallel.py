"""Threads that each take a part of a minibatch find the gradient that torch finds of the whole."""

from __future__ import annotations

from typing import Any

import pytest

from mlanimated.learn.data_parallel import data_parallel
from mlanimated.learn.isolation import one_thread

torch = pytest.importorskip("torch")

SIZE = 53  # no multiple of any number of threads here


def network() -> Any:
    """Return layers of filters and of sums, of float64, so that a sum in another order is the same but for a hair."""
    random = torch.Generator().manual_seed(0)
    layers = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.Tanh(), torch.nn.Flatten(), torch.nn.Linear(48, 2))
    for parameter in layers.parameters():
        torch.nn.init.normal_(parameter, generator=random)
    return layers.double()


RANDOM = torch.Generator().manual_seed(1)
PICTURES = torch.randn(SIZE, 2, 6, 6, generator=RANDOM, dtype=torch.float64)
GOALS = torch.randn(SIZE, 2, generator=RANDOM, dtype=torch.float64)


def parallel(layers: Any, threads: int) -> tuple[list[Any], Any]:
    """Return the gradients, and the mean loss that is told."""
    seen: list[int] = []

    def loss(pictures: Any, goals: Any) -> tuple[Any, Any]:
        seen.append(len(pictures))
        assert threads == 1 or torch.get_num_threads() == 1
        lost = (layers(pictures) - goals).square().sum() / SIZE
        return lost, lost.detach()

    with data_parallel(threads) as gradient:
        told = gradient(list(layers.parameters()), loss, (PICTURES, GOALS))
    assert len(seen) == threads
    assert sum(seen) == SIZE
    return [parameter.grad for parameter in layers.parameters()], told


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_gradient_is_that_of_the_whole_minibatch(threads: int) -> None:
    layers = network()
    lost = (layers(PICTURES) - GOALS).square().sum(1).mean()
    lost.backward()
    expected = [parameter.grad for parameter in layers.parameters()]
    found, told = parallel(network(), threads)
    for one, other in zip(found, expected, strict=True):
        assert torch.allclose(one, other, rtol=1e-12, atol=1e-12)
    assert torch.allclose(told, lost.detach())


def test_it_is_the_same_to_the_bit_whichever_thread_is_first() -> None:
    ends = [parallel(network(), 3)[0] for _ in range(20)]
    assert all(torch.equal(one, other) for end in ends[1:] for one, other in zip(end, ends[0], strict=True))


def test_a_gradient_takes_the_place_of_the_last_one() -> None:
    layers = network()
    first, _ = parallel(layers, 2)
    again, _ = parallel(layers, 2)
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))


def test_a_fault_in_one_thread_is_raised_and_no_gradient_changes() -> None:
    layers = network()
    with one_thread(), data_parallel(2) as gradient, pytest.raises(ZeroDivisionError):
        gradient(list(layers.parameters()), lambda *_: (1 // 0, 0), (PICTURES, GOALS))
    assert all(parameter.grad is None for parameter in layers.parameters())
