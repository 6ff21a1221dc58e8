from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mlanimated.data.images import Images, Split
from mlanimated.learn.augmentation import Augmentation, augmented
from mlanimated.learn.convolutional_network import Architecture, build, learn_pictures, prepared, stored
from mlanimated.learn.supervised import Settings
from mlanimated.trace import Recorder

torch = pytest.importorskip("torch")
RANDOM = np.random.default_rng(0)


def stripes(count: int) -> Images:
    """Pictures of upright and of level stripes at random places, in noise."""
    labels = np.arange(count) % 2
    pictures = RANDOM.integers(0, 60, (count, 16, 16, 3))
    for picture, label, place in zip(pictures, labels, RANDOM.integers(2, 14, count), strict=True):
        (picture if label else picture.transpose(1, 0, 2))[place] += 150
    return Images(pictures.astype(np.uint8), labels, ("upright", "level"), "stripes")


def picture() -> Any:
    return torch.from_numpy(RANDOM.random((2, 3, 12, 12)).astype(np.float32))


def test_nothing_is_changed_by_no_augmentation() -> None:
    x = picture()
    assert augmented(x, Augmentation(rotate=0, shift=0, flip=False)) is x


def test_flips_are_those_of_torch() -> None:
    x = picture().repeat(20, 1, 1, 1)
    done = augmented(x, Augmentation(rotate=0, shift=0, flip=True))
    kept, turned = ((done - y).abs().amax((1, 2, 3)) < 1e-5 for y in (x, x.flip(3)))
    assert bool((kept ^ turned).all())
    assert kept.any()
    assert turned.any()


def test_a_quarter_turn_is_that_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    x = picture()
    monkeypatch.setattr(torch, "rand", lambda *shape: torch.full(shape, 1.0))
    done = augmented(x, Augmentation(rotate=90, shift=0, flip=False))
    assert torch.allclose(done, x.rot90(1, (2, 3)), atol=1e-4) or torch.allclose(done, x.rot90(-1, (2, 3)), atol=1e-4)


def test_a_shift_moves_by_whole_pixels_and_repeats_the_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    x = picture()
    monkeypatch.setattr(torch, "rand", lambda *shape: torch.full(shape, 1.0))
    done = augmented(x, Augmentation(rotate=0, shift=0.25, flip=False))
    assert torch.allclose(done[:, :, :9, :9], x[:, :, 3:, 3:], atol=1e-5)
    assert torch.allclose(done[:, :, :9, 9:], x[:, :, 3:, 11:].expand(-1, -1, -1, 3), atol=1e-5)


@pytest.mark.parametrize("kind", ["linear", "mlp", "cnn"])
def test_first_weights_follow_from_the_seed(kind: Any) -> None:
    nets = [build(Architecture(kind=kind), (16, 16, 3), 4, seed) for seed in (1, 1, 2)]
    weights = [torch.cat([weight.flatten() for weight in net.parameters()]) for net in nets]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert nets[0](prepared(stored(stripes(2).pictures))).shape == (2, 4)


def test_stripes_are_told_apart_and_what_is_seen_is_recorded() -> None:
    split = Split(stripes(200), stripes(50))
    recorder = Recorder()
    with recorder:
        model, result = learn_pictures(
            split, Architecture(filters=4, stages=2), Settings(epochs=4, learning_rate=0.01, rows=6, batch=32),
            Augmentation(rotate=4, shift=0.05), recorder, watch=(3, 0),
        )  # fmt: skip
    trace = recorder.trace
    assert result.accuracy.share > 0.9
    assert trace.value("filters", 0).shape == (4, 5, 5, 3)
    last = trace.last_step
    assert np.array_equal(trace.value("filters", last), model[0].weight.detach().permute(0, 2, 3, 1).numpy())
    shares = torch.softmax(torch.from_numpy(result.outputs[[3, 0]]), 1)
    assert np.allclose(trace.value("probability", last), shares, atol=1e-6)
    seen = prepared(stored(split.test.pictures[3:4]))
    assert np.allclose(trace.value("maps/0", last), model.eval()[:3](seen)[0].detach(), atol=1e-5)
    assert trace.value("maps/1", last).shape == (8, 8, 8)
