"""Networks: pictures are stored as the formula says, layers are those of the papers, and the same seed gives the same weights."""

from __future__ import annotations

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.learn.isolation import one_thread
from mlanimated.learn.networks import Kind, Network, half_precision, pick

torch = pytest.importorskip("torch")

RANDOM = np.random.default_rng(0)
PICTURES = RANDOM.integers(0, 256, (6, 4, 42, 42), np.uint8)


@pytest.mark.parametrize("stack", [1, 3, 4])
def test_pictures_are_stored_by_the_formula(stack: int) -> None:
    network = Network((stack, 42, 42), {"policy": 3}, "small")
    play = RANDOM.integers(60, 80, (50, stack, 42, 42), np.uint8)
    play[:, :, :20] = 77  # still
    network.measure(play)
    seen = PICTURES[:, :stack]
    stored = network.prepare(seen).numpy()
    assert stored.dtype == np.int8
    assert stored.shape == (6, 42, 42, stack)
    mean, gain = network.mean.astype(int), network.gain.astype(int)
    expected = np.clip((seen.astype(int) // 2 - mean // 2) * gain, -127, 127).transpose(0, 2, 3, 1)
    assert np.array_equal(stored, expected)
    assert (mean[:20] == 77).all()
    assert (gain[:20] == 8).all()  # 16 over the 2 that a still pixel is taken to change by
    deviation = play[:, -1, 20:].std(axis=0) / 2
    assert np.array_equal(gain[20:], np.rint(16 / deviation))
    into = torch.empty((6, 42, 42, stack), dtype=torch.int8)
    assert np.array_equal(network.prepare(seen, out=into).numpy(), into.numpy())
    assert np.array_equal(into.numpy(), expected)


@pytest.mark.parametrize("stack", [3, 4])
def test_only_the_newest_picture_needs_to_be_prepared(stack: int) -> None:
    network = Network((stack, 42, 42), {"policy": 3}, "small")
    network.measure(PICTURES)
    pictures = RANDOM.integers(0, 256, (20, 5, 42, 42), np.uint8)
    window = np.zeros((5, stack, 42, 42), np.uint8)
    before = None
    for at, newest in enumerate(pictures):
        window = np.concatenate([window[:, 1:], newest[:, None]], axis=1)
        begun = [at % 5] if at % 3 == 0 else []
        window[begun] = RANDOM.integers(0, 256, (len(begun), stack, 42, 42), np.uint8)
        stored = network.prepare(window, before=before, begun=begun)
        assert torch.equal(stored, network.prepare(window))
        before = stored


def test_games_move_their_pictures_by_one_a_step() -> None:
    pytest.importorskip("ale_py")
    from mlanimated.envs.atari import Atari, Preprocessing

    games = Atari("breakout", 3, seed=1, preprocessing=Preprocessing(height=42, width=42, frames=300))
    network = Network((4, 42, 42), {"policy": 3}, "small")
    network.measure(PICTURES)
    before, begun, ended = None, list[int](), 0
    for _ in range(200):
        before = network.prepare(games.observation, before=before, begun=begun)
        assert torch.equal(before, network.prepare(games.observation))
        begun = [game.place for game in games.step(RANDOM.integers(0, 4, 3)).games]
        ended += len(begun)
    assert ended > 3


def test_the_shades_of_a_ball_between_two_pixels_are_kept() -> None:
    network = Network((1, 42, 42), {"policy": 3}, "small")
    play = np.full((400, 1, 42, 42), 90, np.uint8)
    play[:, 0, 5:10] = RANDOM.integers(0, 200, (400, 5, 1), np.uint8)  # what is always about
    play[np.arange(400), 0, RANDOM.integers(10, 42, 400), RANDOM.integers(0, 42, 400)] = 180  # the ball, somewhere
    network.measure(play)
    shades = np.full((8, 1, 42, 42), 90, np.uint8)
    shades[:, 0, 20, 30] = np.linspace(90, 180, 8)
    stored = network.prepare(shades).numpy()[:, 20, 30, 0].astype(int)
    steps = np.diff(stored)
    assert (steps >= 5).all(), stored  # well apart, and none cut off
    assert steps.max() - steps.min() <= steps.max() / 5 + 1, stored


@pytest.mark.parametrize(
    ("kind", "size", "count"),
    [
        ("small", 84, 4 * 16 * 64 + 16 + 16 * 32 * 16 + 32 + 2592 * 256 + 256),
        ("nature", 84, 4 * 32 * 64 + 32 + 32 * 64 * 16 + 64 + 64 * 64 * 9 + 64 + 3136 * 512 + 512),
    ],
)
def test_bodies_are_those_of_the_papers(kind: Kind, size: int, count: int) -> None:
    network = Network((4, size, size), {"policy": 6, "value": 1}, kind)
    assert sum(parameter.numel() for parameter in network.modules["body"].parameters()) == count


@pytest.mark.parametrize("kind", ["small", "nature"])
@pytest.mark.parametrize("size", [30, 36, 41, 42, 43, 44, 64, 84, 90, (50, 37)])
def test_every_pixel_of_a_picture_counts(kind: Kind, size: int | tuple[int, int]) -> None:
    height, width = size if isinstance(size, tuple) else (size, size)
    network = Network((4, height, width), {"value": 1}, kind)
    picture = torch.ones((1, height, width, 4), requires_grad=True)
    network.modules["body"] = torch.nn.Sequential(
        *(layer for layer in network.modules["body"] if not isinstance(layer, torch.nn.ReLU))
    )
    network(picture)[0].sum().backward()
    assert picture.grad is not None
    assert (picture.grad != 0).all()


def test_heads_answer_in_their_order() -> None:
    network = Network((4, 42, 42), {"policy": 3, "value": 1}, "small")
    policy, value = network(network.prepare(PICTURES))
    assert policy.shape == (6, 3)
    assert value.shape == (6, 1)


def test_half_precision_is_close_to_full() -> None:
    network = Network((4, 42, 42), {"q": 3}, "small", seed=2)
    stored = network.prepare(PICTURES)
    with torch.no_grad():
        full = network(stored)[0]
        with half_precision("cpu"):
            half = network(stored)[0]
    assert full.dtype == half.dtype == torch.float32
    assert torch.allclose(full, half, atol=0.05 * float(full.abs().max()))


@pytest.mark.parametrize("kind", ["small", "nature-normed"])
def test_gradients_are_those_of_the_plain_layers(kind: Kind) -> None:
    network = Network((4, 44, 44), {"value": 1}, kind, seed=3)
    stored = network.prepare(RANDOM.integers(0, 256, (6, 4, 44, 44), np.uint8))
    found = torch.autograd.grad(network(stored)[0].square().sum(), network.parameters())
    body, head = network.modules["body"], network.modules["value"]
    plain = head(body(stored.permute(0, 3, 1, 2).contiguous().float() / 16))
    for mine, theirs in zip(found, torch.autograd.grad(plain.square().sum(), network.parameters()), strict=True):
        assert torch.allclose(mine, theirs, atol=1e-4 * float(theirs.abs().max()))


@pytest.mark.parametrize("shape", [(42, 42, 4), (7,)])
def test_rows_are_picked_as_indexing_picks_them(shape: tuple[int, ...]) -> None:
    stored = torch.from_numpy(RANDOM.integers(-100, 100, (50, *shape), np.int8))
    which = torch.from_numpy(RANDOM.permutation(50)[:13])
    picked = pick(stored, which)
    assert picked.is_contiguous()
    assert torch.equal(picked, stored[which])


def test_the_same_seed_gives_the_same_weights_and_state_holds_all() -> None:
    one, same, other = (Network((4, 42, 42), {"q": 3}, "small", seed=seed) for seed in (1, 1, 2))
    one.measure(PICTURES)
    first, second = one.state(), same.state()
    assert np.array_equal(first["q.weight"], second["q.weight"])
    assert not np.array_equal(first["q.weight"], other.state()["q.weight"])
    other.load(first)
    stored = one.prepare(PICTURES)
    assert torch.equal(stored, other.prepare(PICTURES))
    assert torch.equal(one(stored)[0], other(stored)[0])


def test_weights_of_another_network_are_refused_in_a_line() -> None:
    state = Network((4, 36, 36), {"q": 3}, "small").state()
    with pytest.raises(
        MlaError, match=r"another network: it has body\.5\.weight of \(256, 288\), this one of \(256, 512\)"
    ):
        Network((4, 42, 42), {"q": 3}, "small").load(state)
    with pytest.raises(MlaError, match=r"no value\.weight"):
        Network((4, 36, 36), {"q": 3, "value": 1}, "small").load(state)


def test_vectors_go_through_as_they_are() -> None:
    network = Network((5,), {"policy": 2}, "mlp")
    seen = RANDOM.normal(size=(3, 5))
    stored = network.prepare(seen)
    assert stored.dtype == torch.float32
    assert np.allclose(stored.numpy(), seen)
    assert network(stored)[0].shape == (3, 2)


def test_a_seed_gives_the_same_weights_on_any_number_of_cores() -> None:
    drawn = list[dict[str, np.ndarray]]()
    with one_thread():  # gives back what was set before
        for threads in (1, 2):
            torch.set_num_threads(threads)
            drawn.append(Network((4, 44, 44), {"policy": 2}, "small").state())
            assert torch.get_num_threads() == threads
    one, two = drawn
    assert all(np.array_equal(one[name], two[name]) for name in one)
