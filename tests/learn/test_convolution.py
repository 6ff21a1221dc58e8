from __future__ import annotations

import numpy as np
import pytest
from learning import train as trained

from mlanimated.errors import MlaError
from mlanimated.learn.convolution import Args, output_size, train

CASES = [
    Args(),
    Args(picture_size=6, filter=2, stride=2, padding=0),
    Args(picture_size=7, filter=3, stride=2, padding=1),
    Args(picture_size=8, filter=4, stride=3, padding=2),
    Args(picture_size=2, filter=1, padding=0),
]


@pytest.mark.parametrize("args", CASES)
@pytest.mark.parametrize("pool", [False, True])
def test_the_output_is_that_of_torch(args: Args, pool: bool) -> None:
    torch = pytest.importorskip("torch")
    args = Args(
        picture_size=args.picture_size,
        filter=args.filter,
        stride=args.stride,
        padding=min(args.padding, args.filter // 2) if pool else args.padding,
        pool=pool,
        seed=3,
    )
    trace, _ = trained(train, args)
    picture = torch.from_numpy(np.array(trace.value("picture", 0)))[None, None]
    if pool:
        wanted = torch.nn.functional.max_pool2d(picture, args.filter, args.stride, args.padding)
    else:
        weights = torch.from_numpy(np.array(trace.value("filter", 0)))[None, None]
        wanted = torch.nn.functional.conv2d(picture, weights, stride=args.stride, padding=args.padding)
    assert np.array_equal(trace.value("output", 1e9), wanted[0, 0])
    assert trace.value("output", 1e9).shape == (output_size(args),) * 2


def test_cells_are_filled_one_by_one_where_they_belong() -> None:
    trace, _ = trained(train, Args(seed=3))
    last = trace.value("output", 1e9)
    for index in range(9):
        row, column = divmod(index, 3)
        before, after = (trace.value("output", 2 * index + more) for more in (0, 1))
        assert np.isfinite(before).sum() == index
        assert np.isfinite(after).sum() == index + 1
        assert after[row, column] == last[row, column] == trace.value("products", 2 * index).sum()
        assert trace.value("place", 2 * index).tolist() == [row, column]


def test_what_does_not_fit_is_told() -> None:
    with pytest.raises(MlaError, match="take a larger picture"):
        trained(train, Args(picture_size=2, filter=4, padding=0))
    with pytest.raises(MlaError, match="zeros alone"):
        trained(train, Args(picture_size=3, filter=2, padding=2))
