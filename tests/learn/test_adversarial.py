from __future__ import annotations

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.learn import adversarial
from mlanimated.learn.adversarial import HEAPS, WINDOW, Args, build, middles, real_points, visited

torch = pytest.importorskip("torch")

QUICK = Args(steps=6, rows=8, units=8, batch=16)


def test_heaps_are_counted_as_by_hand() -> None:
    points = np.concatenate([np.repeat(middles()[:3], (90, 9, 1), axis=0)[:100], np.zeros((100, 2), np.float32)])
    assert visited(points) == (2, 0.5), "one point of 200 is less than one in a hundred"
    heaps, good = visited(real_points(4000, np.random.default_rng(0)))
    assert heaps == HEAPS
    assert good == pytest.approx(1 - np.exp(-4.5), abs=0.01), "three deviations of a normal cloud in the plane"


def test_the_field_is_what_the_discriminator_says() -> None:
    trace, _ = train(adversarial.train, QUICK)
    judge = build(QUICK)["discriminator"]
    field = values(trace, "field")[0]
    with torch.no_grad():
        low, high = judge(torch.tensor([[WINDOW[0], WINDOW[2]], [WINDOW[1], WINDOW[3]]]))[:, 0].tolist()
    assert field[0, 0] == pytest.approx(low, abs=1e-5)
    assert field[-1, -1] == pytest.approx(high, abs=1e-5)


def test_the_first_losses_are_those_of_the_paper() -> None:
    # The judge of step 0 sees points made by a generator that has already taken its step: the generator's loss alone is known.
    trace, _ = train(adversarial.train, QUICK)
    both = build(QUICK)
    torch.manual_seed(QUICK.seed * 2_000_003)
    with torch.no_grad():
        said = torch.sigmoid(both["discriminator"](both["generator"](torch.randn(QUICK.batch, QUICK.noise))))
    assert values(trace, "train/generator")[0] == pytest.approx(-said.log().mean().item(), rel=1e-5)


@pytest.mark.parametrize("ahead", [1, 3])
def test_a_run_can_be_repeated_and_resumed_bit_for_bit(ahead: int) -> None:
    args = Args(steps=6, rows=8, units=8, batch=16, ahead=ahead)
    whole, spy = train(adversarial.train, args, at=3)
    again, _ = train(adversarial.train, args)
    same_after(whole, again, 0)
    rest, _ = train(adversarial.train, args, resume=spy.state)
    for name in ("made", "field", "train/generator"):
        assert np.array_equal(values(whole, name)[-1], values(rest, name)[-1])
