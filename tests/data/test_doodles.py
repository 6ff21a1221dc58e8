from __future__ import annotations

import numpy as np
import pytest

from mlanimated.data.doodles import NUMBERS, VERSION, draw_doodles
from mlanimated.data.images import CLASSES
from mlanimated.data.sets import load_images
from mlanimated.errors import MlaError


def test_doodles_follow_from_their_seed_and_more_begin_like_fewer() -> None:
    draw_doodles.cache_clear()
    few = draw_doodles(300, seed=5)
    draw_doodles.cache_clear()
    many = draw_doodles(700, seed=5)
    assert few.pictures.shape == (300, 32, 32, 3)
    assert np.array_equal(few.pictures, many.pictures[:300])
    assert np.array_equal(many.pictures, draw_doodles.__wrapped__(700, seed=5).pictures)
    assert (few.pictures == draw_doodles(300, seed=6).pictures).mean() < 0.1


def test_classes_take_turns_and_are_named_as_drawn() -> None:
    doodles = draw_doodles(25, classes=("horse", "deer"))
    assert doodles.names == ("horse", "deer")
    assert doodles.labels.tolist() == [index % 2 for index in range(25)]
    assert doodles.source == f"doodles {VERSION}, drawn"
    assert np.bincount(draw_doodles(1000).labels).tolist() == [100] * 10


def test_kept_doodles_cannot_be_spoilt() -> None:
    doodles = draw_doodles(10)
    with pytest.raises(ValueError, match="read-only"):
        doodles.pictures[0] = 0


@pytest.mark.slow
def test_colour_tells_nothing_of_the_class() -> None:
    """A linear classifier on each colour's mean and deviation over the picture does little better than chance."""
    train, test = draw_doodles(4000, seed=1), draw_doodles(2000, seed=2)

    def told(pictures: np.ndarray) -> np.ndarray:
        flat = pictures.reshape(len(pictures), -1, 3).astype(float)
        return np.column_stack((flat.mean(1), flat.std(1), np.ones(len(flat))))

    weights = np.linalg.lstsq(told(train.pictures), np.eye(10)[train.labels], rcond=None)[0]
    right = (told(test.pictures) @ weights).argmax(1) == test.labels
    assert right.mean() < 0.16


def test_no_pixel_tells_the_class() -> None:
    """The mean picture of a class is as good as the ground: no class has pixels of its own."""
    doodles = draw_doodles(1000, seed=1)
    means = np.stack([doodles.pictures[doodles.labels == label].mean(0) for label in range(10)])
    assert np.abs(means - means.mean(0)).max() < 45


def test_numbers_suffice(monkeypatch: pytest.MonkeyPatch) -> None:
    """No doodle takes more random numbers than are kept ready: the same ones would come again."""
    from mlanimated.data import doodles as module

    taken: list[int] = []

    class Counted:
        def __init__(self, numbers) -> None:
            self.numbers, self.count = list(numbers), 0
            taken.append(0)

        def __next__(self) -> float:
            taken[-1] += 1
            return self.numbers[(taken[-1] - 1) % len(self.numbers)]

    monkeypatch.setattr(module.Pen, "take", lambda pen, numbers: setattr(pen, "_numbers", Counted(numbers)))
    draw_doodles.__wrapped__(500, seed=3)
    assert len(taken) == 500
    assert max(taken) <= NUMBERS


def test_what_cannot_be_drawn_is_told() -> None:
    with pytest.raises(MlaError, match="Did you mean 'deer'"):
        draw_doodles(4, classes=("horse", "der"))
    with pytest.raises(MlaError, match="ask for 1 or more"):
        draw_doodles(0)
    with pytest.raises(MlaError, match="Did you mean 'doodles'"):
        load_images("doodle")


def test_doodles_to_test_with_are_others() -> None:
    one, other = load_images(train=500, test=100, seed=0), load_images(train=500, test=100, seed=1)
    assert np.array_equal(one.test.pictures, other.test.pictures)
    seen = {picture.tobytes() for picture in one.train.pictures}
    assert not any(picture.tobytes() in seen for picture in one.test.pictures)
    assert len(CLASSES) == 10
