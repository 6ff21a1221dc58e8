from __future__ import annotations

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.data.sets import load_images
from mlanimated.learn import preferred_pictures
from mlanimated.learn.convolutional_network import Architecture, build, prepared, stored
from mlanimated.learn.preferred_pictures import GROUPS, Args, answers

torch = pytest.importorskip("torch")

QUICK = Args(train=40, epochs=1, filters=4, test=30, units=3, steps=6, rows=14)


def test_a_unit_is_its_map_on_average_before_relu_and_an_answer_is_a_score() -> None:
    model = build(Architecture(filters=4), (32, 32, 3), 10, 0).eval()
    found: dict[str, object] = {}
    for group, place in (("second", 5), ("third", 9)):  # where the batch normalizations of stages 2 and 3 stand
        assert isinstance(model[place], torch.nn.BatchNorm2d)
        model[place].register_forward_hook(lambda _m, _i, out, group=group: found.update({group: out.mean((2, 3))}))
    pictures = torch.randn(4, 3, 32, 32)
    with torch.no_grad():
        found["answers"] = model(pictures)
        given = answers(model, pictures)
    assert tuple(given) == GROUPS
    for group, value in given.items():
        assert torch.allclose(value, found[group], atol=1e-6), group


def test_doodles_shown_are_those_that_excite_most_and_pictures_are_measured_beside_them() -> None:
    trace, _ = train(preferred_pictures.train, QUICK)
    model, share = preferred_pictures._network(QUICK)
    assert values(trace, "accuracy")[0] == share
    doodles = load_images("doodles", train=1, test=30).test.pictures
    with torch.no_grad():
        scores = answers(model, prepared(stored(doodles)))["answers"]
        best = values(trace, "best/answers")[0]
        assert np.array_equal(best, doodles[scores.argmax(0).numpy()])
        shown = answers(model, prepared(stored(values(trace, "pictures/answers")[-1])))["answers"].diagonal()
    rises = (shown - scores.mean(0)) / (scores.max(0).values - scores.mean(0))
    assert values(trace, "excited/answers")[-1] == pytest.approx(float(rises.mean()), abs=0.1)  # shown as whole bytes


def test_pixels_learn_and_the_network_does_not() -> None:
    trace, spy = train(preferred_pictures.train, QUICK, at=6)
    for group in GROUPS:
        rows = values(trace, f"excited/{group}")
        assert rows[-1] > rows[0], group
    assert set(spy.state) == {"step", "told", "pictures", "optimizer"}
    assert all(np.abs(part).max() <= 2 for part in spy.state["pictures"].values())


def test_a_run_can_be_repeated_and_resumed_bit_for_bit() -> None:
    whole, spy = train(preferred_pictures.train, QUICK, at=4)
    same_after(whole, train(preferred_pictures.train, QUICK)[0], 0)
    rest, _ = train(preferred_pictures.train, QUICK, resume=spy.state)
    for group in GROUPS:
        assert np.array_equal(values(whole, f"pictures/{group}")[-1], values(rest, f"pictures/{group}")[-1])


def test_what_is_rough_costs() -> None:
    rough = {}
    for smooth in (0.0, 20.0):
        args = Args(train=40, epochs=1, filters=4, test=30, units=2, steps=20, rows=2, smooth=smooth)
        pictures = values(train(preferred_pictures.train, args)[0], "pictures/third")[-1].astype(float)
        rough[smooth] = float((np.diff(pictures, axis=1) ** 2).mean())
    assert rough[20.0] < 0.7 * rough[0.0]
