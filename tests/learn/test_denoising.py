from __future__ import annotations

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.data.sets import load_images
from mlanimated.learn import denoising
from mlanimated.learn.denoising import SHOWN, Args, build, decibels, restore

torch = pytest.importorskip("torch")


def quick(kind: str, steps: int = 4) -> Args:
    return Args(kind=kind, filters=2, train=16, test=8, batch=4, steps=steps, rows=8)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["hourglass", "residual", "unet"])
def test_a_run_can_be_repeated_and_resumed_bit_for_bit(kind: str) -> None:
    whole, spy = train(denoising.train, quick(kind), at=2)
    again, _ = train(denoising.train, quick(kind))
    same_after(whole, again, 0)
    rest, _ = train(denoising.train, quick(kind), resume=spy.state)
    for name in ("restored", "test/decibels", "train/loss"):
        assert np.array_equal(values(whole, name)[-1], values(rest, name)[-1])


def test_noise_has_the_decibels_that_its_deviation_says() -> None:
    args = Args(filters=2, train=16, test=50, batch=4, steps=1, rows=2, noise=0.1)
    trace, _ = train(denoising.train, args)
    assert values(trace, "noisy/decibels")[0] == pytest.approx(20, abs=0.1)
    assert decibels(0.01) == pytest.approx(20)
    clean = load_images("doodles", train=16, test=50).test.pictures[:SHOWN]
    assert np.array_equal(values(trace, "clean")[0], clean)


def test_only_a_unet_hands_across() -> None:
    pictures = torch.rand(2, 3, 32, 32)
    for kind, reaches in (("hourglass", False), ("unet", True)):
        args = quick(kind)
        layers = build(args)
        with torch.no_grad():
            for part in layers["bottom"]:
                if hasattr(part, "weight"):
                    part.weight.zero_()
                    part.bias.zero_()
            first, second = (restore(args.kind, layers, picture) for picture in (pictures, pictures.flip(0)))
        assert bool((first - second).abs().max() > 1e-6) == reaches, kind


def test_a_residual_net_that_says_nothing_changes_nothing() -> None:
    args = quick("residual")
    layers = build(args)
    pictures = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        layers["end"].weight.zero_()
        layers["end"].bias.zero_()
        assert torch.equal(restore("residual", layers, pictures), pictures)


@pytest.mark.slow
def test_a_unet_takes_noise_off() -> None:
    trace, _ = train(denoising.train, Args(rows=2))
    assert values(trace, "test/decibels")[-1] > values(trace, "noisy/decibels")[0] + 4
