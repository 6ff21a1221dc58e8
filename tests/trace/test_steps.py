from __future__ import annotations

import numpy as np
import pytest

from mlanimated.trace.steps import ascending


@pytest.mark.parametrize("values", [[], [3], [1, 2, 3], [3, 1, 3, 2, 1], [5, 5, 5]])
def test_ascending_is_what_unique_gives(values: list[int]) -> None:
    steps = np.array(values, np.int64)
    assert ascending(steps).tolist() == np.unique(steps).tolist()
