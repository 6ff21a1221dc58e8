from __future__ import annotations

import numpy as np

from mlanimated.learn.seeding import generator, restored, saved


def test_a_seed_gives_the_same_numbers_and_a_saved_place_goes_on() -> None:
    random = generator(7)
    first = random.normal(size=5)
    place = saved(random)
    assert np.array_equal(generator(7).normal(size=5), first)
    assert not np.array_equal(generator(8).normal(size=5), first)
    assert np.array_equal(restored(place).normal(size=5), random.normal(size=5))
