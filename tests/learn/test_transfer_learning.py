from __future__ import annotations

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.data.doodles import draw_doodles
from mlanimated.data.sets import load_images
from mlanimated.learn import transfer_learning
from mlanimated.learn.convolutional_network import prepared, stored
from mlanimated.learn.transfer_learning import FEW, NEW, OLD, Args, build, known

torch = pytest.importorskip("torch")


def quick(way: str, **more: int) -> Args:
    given = {"examples": 3, "filters": 2, "before": 21, "epochs": 1, "steps": 6, "test": 30, "rows": 12, **more}
    return Args(way=way, **given)  # type: ignore[arg-type]


def test_old_and_new_classes_are_all_and_none_twice() -> None:
    assert len(OLD) == 7
    assert not set(OLD) & set(NEW)


def test_a_frozen_body_stays_and_a_tuned_one_begins_to_move_at_the_half() -> None:
    _, frozen = train(transfer_learning.train, quick("frozen"), at=6)
    before = known(2, 21, 1, 0).weights
    assert all(np.array_equal(frozen.state["model"][f"0.{name}"], weight) for name, weight in before.items())
    fresh = {name: value.numpy() for name, value in build(2, 3, 0)[1].state_dict().items()}
    assert not any(np.array_equal(frozen.state["model"][f"1.{name}"], weight) for name, weight in fresh.items())
    _, half = train(transfer_learning.train, quick("tuned"), at=3)
    _, later = train(transfer_learning.train, quick("tuned"), at=4)
    assert all(np.array_equal(half.state["model"][f"0.{name}"], weight) for name, weight in before.items())
    assert not any(np.array_equal(later.state["model"][f"0.{name}"], weight) for name, weight in before.items())


def test_frozen_and_tuned_are_one_until_the_half() -> None:
    frozen, tuned = (train(transfer_learning.train, quick(way))[0] for way in ("frozen", "tuned"))
    for name in ("train/loss", "probability"):
        one, other = (trace.series(name) for trace in (frozen, tuned))
        same = np.asarray(one.steps) <= 3
        assert np.array_equal(np.asarray(one.values)[same], np.asarray(other.values)[same])
    assert not np.array_equal(values(frozen, "probability")[-1], values(tuned, "probability")[-1])


def test_what_is_told_is_the_networks_own() -> None:
    trace, spy = train(transfer_learning.train, quick("tuned"), at=6)
    model = build(2, 3, 0)
    model.load_state_dict({name: torch.from_numpy(value) for name, value in spy.state["model"].items()})
    tested = load_images("doodles", train=1, test=30, classes=NEW).test
    with torch.no_grad():
        said = torch.softmax(model(prepared(stored(tested.pictures))), 1).numpy()
    assert np.allclose(values(trace, "probability")[-1], said, atol=1e-6)
    assert values(trace, "test/accuracy")[-1] == (said.argmax(1) == tested.labels).mean()
    assert values(trace, "labels")[0].tolist() == tested.labels.tolist()


def test_only_the_few_are_learned_from_and_they_are_shown() -> None:
    trace, _ = train(transfer_learning.train, quick("scratch"))
    few = draw_doodles(9, FEW, NEW)
    assert np.array_equal(values(trace, "examples")[0], np.concatenate([few.pictures[of::3] for of in range(3)]))
    assert values(trace, "before")[0] == 0


@pytest.mark.parametrize("way", ["scratch", "frozen", "tuned"])
def test_a_run_can_be_repeated_and_resumed_bit_for_bit(way: str) -> None:
    whole, spy = train(transfer_learning.train, quick(way), at=4)
    same_after(whole, train(transfer_learning.train, quick(way))[0], 0)
    rest, _ = train(transfer_learning.train, quick(way), resume=spy.state)
    for name in ("test/accuracy", "probability", "train/loss"):
        assert np.array_equal(values(whole, name)[-1], values(rest, name)[-1]), name


@pytest.mark.slow
def test_what_was_learned_before_helps_where_pictures_are_few() -> None:
    def end(way: str, seed: int) -> float:
        args = Args(way=way, rows=2, steps=30, before=2000, epochs=4, test=200, seed=seed)  # type: ignore[arg-type]
        return float(values(train(transfer_learning.train, args)[0], "test/accuracy")[-1])

    assert np.mean([end("frozen", seed) - end("scratch", seed) for seed in (0, 1)]) > 0.05
