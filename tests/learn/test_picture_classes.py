from __future__ import annotations

import numpy as np
import pytest
from learning import train as trained

from mlanimated.data.sets import load_images
from mlanimated.errors import MlaError
from mlanimated.learn import horse_or_deer, picture_classes
from mlanimated.learn.convolutional_network import Architecture, build
from mlanimated.learn.picture_classes import classes_of, watching

torch = pytest.importorskip("torch")
SMALL = picture_classes.Args(train=60, test=40, epochs=2, rows=6, batch=20, filters=4, watch="truck 1, frog")


def test_the_recorder_begins_with_untouched_weights() -> None:
    trace, _ = trained(picture_classes.train, SMALL)
    fresh = build(Architecture(filters=4), (32, 32, 3), 10, SMALL.seed)
    assert trace.first_step == 0
    assert np.array_equal(trace.value("filters", 0), fresh[0].weight.detach().permute(0, 2, 3, 1).numpy())
    assert not np.array_equal(trace.value("filters", 1e9), trace.value("filters", 0))
    dense, _ = trained(horse_or_deer.train, horse_or_deer.Args(train=60, test=40, epochs=2, rows=6, units=3))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layer = torch.nn.Linear(1024, 3)
    assert np.array_equal(dense.value("weights/0", 0), layer.weight.detach().numpy().T)


def test_pictures_that_are_watched_are_those_of_the_test_set() -> None:
    trace, _ = trained(picture_classes.train, SMALL)
    test = load_images(train=60, test=40).test
    trucks, frogs = (np.flatnonzero(test.labels == label) for label in (9, 6))
    assert np.array_equal(trace.value("watched/0", 0), test.pictures[trucks[1]])
    assert np.array_equal(trace.value("watched/1", 0), test.pictures[frogs[0]])
    assert trace.value("probability/0", 1e9).sum() == pytest.approx(1)
    assert trace.value("augmented", 0).shape == (9, 32, 32, 3)
    assert not np.array_equal(trace.value("augmented", 0)[0], trace.value("augmented", 0)[1])


def test_the_dense_network_records_what_it_says() -> None:
    trace, _ = trained(horse_or_deer.train, horse_or_deer.Args(train=60, test=40, epochs=2, rows=6, units=3))
    last = trace.at(1e9)
    hidden = np.maximum(0, last["activations/0"] @ last["weights/0"] + 0)  # biases are small: compared loosely
    assert np.allclose(hidden, last["activations/1"], atol=0.1)
    assert last["activations/2"][0] == last["probability"][0]
    assert np.array_equal(last["units"].reshape(3, -1).T, last["weights/0"])
    assert last["pictures"].shape == (8, 32, 32, 3)


@pytest.mark.parametrize("at", [2, 4])
def test_a_training_taken_up_again_ends_the_same(at: int) -> None:
    whole, recorder = trained(picture_classes.train, SMALL, at=at)
    rest, _ = trained(picture_classes.train, SMALL, resume=recorder.state)
    for name in ("filters", "probability/0", "test/loss", "train/loss", "augmented"):
        one, other = whole.series(name), rest.series(name)
        assert np.array_equal(one.values[one.steps >= at], other.values)


def test_what_is_watched_is_checked() -> None:
    assert watching(SMALL) == (("truck", 1), ("frog", 0))
    assert len(watching(picture_classes.Args())) == 10
    with pytest.raises(MlaError, match="Did you mean 'truck'"):
        watching(picture_classes.Args(watch="trucks 1"))
    with pytest.raises(MlaError, match="a whole number from 0"):
        watching(picture_classes.Args(watch="truck first"))
    with pytest.raises(MlaError, match="There are 4 test pictures of the class 'truck'"):
        trained(picture_classes.train, picture_classes.Args(train=60, test=40, watch="truck 9"))
    with pytest.raises(MlaError, match="no horses among the digits"):
        classes_of(picture_classes.Args(data="digits", classes="horse and deer"))
