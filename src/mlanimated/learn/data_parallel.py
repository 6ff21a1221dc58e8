"""Data parallelism: threads that each take the gradient of a part of a minibatch, and add them up.

A thread of its own for each part keeps a core busy whatever else runs beside it; torch's own threads share out every single layer, and all
wait at each for the last, which costs more than it brings where a game is played at the same time. The gradients are added in
the order of the parts, so that the sum is always the same; with another number of threads it is rounded otherwise.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mlanimated.learn.frameworks import load_torch

__all__ = ["Gradient", "data_parallel"]

Gradient = Callable[[Sequence[Any], Callable[..., tuple[Any, Any]], Sequence[Any]], Any]


@contextlib.contextmanager
def data_parallel(threads: int) -> Generator[Gradient]:
    """Return a context that gives a function which sets parameters' gradients.

    Its arguments are the parameters; a function of samples that returns their loss and a tensor of what else is to be known of them;
    and tensors whose rows are samples, of which each thread is given its part. The losses are added up, as are the other tensors,
    whose sum is returned: means are to be taken over the whole minibatch.

    Args:
        threads: How many take a part; with 1 all is done by the one that asks.
    """
    torch = load_torch()

    def taken(parameters: Sequence[Any], loss: Callable[..., tuple[Any, Any]], samples: Sequence[Any]) -> Any:
        lost, told = loss(*samples)
        return torch.autograd.grad(lost, parameters), told

    pool = None if threads == 1 else ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))

    def gradient(parameters: Sequence[Any], loss: Callable[..., tuple[Any, Any]], samples: Sequence[Any]) -> Any:
        parameters = list(parameters)
        if pool is None:
            sums, told = taken(parameters, loss, samples)
        else:
            parts = zip(*(tensor.chunk(threads) for tensor in samples), strict=True)
            found = [each.result() for each in [pool.submit(taken, parameters, loss, part) for part in parts]]
            sums = [sum(gradients[1:], gradients[0]) for gradients in zip(*(each for each, _ in found), strict=True)]
            told = sum((each for _, each in found[1:]), found[0][1])
        for parameter, value in zip(parameters, sums, strict=True):
            parameter.grad = value
        return told

    try:
        yield gradient
    finally:
        if pool is not None:
            pool.shutdown(cancel_futures=True)
