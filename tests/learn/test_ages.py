from __future__ import annotations

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.learn.ages import Ages, at_age, known_ages, next_age
from mlanimated.trace import Recorder


def test_ages_are_ones_and_threes() -> None:
    found, step = [], -1
    while step < 10**7:
        step = next_age(step)
        found.append(step)
    assert found == [0, 10**4, 3 * 10**4, 10**5, 3 * 10**5, 10**6, 3 * 10**6, 10**7]
    assert next_age(9999) == 10_000
    assert next_age(12_288) == 30_000


def weights(step: int) -> dict[str, np.ndarray]:
    return {"body.weight": np.full((3, 4), step / 64, np.float32), "mean": np.arange(6, dtype=np.uint8).reshape(2, 3)}


def test_weights_are_kept_at_ages_and_at_the_end() -> None:
    with Recorder() as recorder:
        ages = Ages(recorder)
        for step in range(0, 40_001, 4096):
            ages.note(step, {"network": weights(step), "other": 1})
        ages.note(40_000, {"network": weights(40_000)}, last=True)
    trace = recorder.trace
    assert known_ages(trace) == [0, 12_288, 32_768, 40_000]
    found = at_age(trace, 20_000)
    assert np.allclose(found["body.weight"], 12_288 / 64)
    assert found["body.weight"].shape == (3, 4)
    assert np.array_equal(found["mean"], weights(0)["mean"])
    with pytest.raises(MlaError, match="holds no weights"):
        at_age(trace, -1)


def test_a_training_that_is_taken_up_keeps_the_ages_to_come() -> None:
    with Recorder() as recorder:
        ages = Ages(recorder)
        for step in (0, 12_288):
            ages.note(step, {"weights": [np.ones(3), np.zeros((2, 2))]})
        again = Ages(recorder, 16_384)
        for step in (16_384, 20_480, 32_768):
            again.note(step, {"weights": [np.ones(3), np.zeros((2, 2))]})
    assert known_ages(recorder.trace) == [0, 12_288, 32_768]
    assert list(at_age(recorder.trace, 10**6)) == ["0", "1"]


def test_a_state_without_weights_is_passed_over() -> None:
    with Recorder() as recorder:
        Ages(recorder).note(0, {"network": {"a": [1, 2]}})
        Ages(recorder).note(0, {})
        recorder.log({"x": 1.0}, step=0)
    assert known_ages(recorder.trace) == []
