"""The example that teaches Keras to catch: its game is that of `games.catch`, and it learns from taken actions alone."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mlanimated as mla
from mlanimated.games.catch import Catch, State

PATH = Path(__file__).parent.parent.parent / "examples/catch_keras.py"
BACKENDS = [name for name in ("torch", "jax", "tensorflow") if importlib.util.find_spec(name)]

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras on PyTorch


@pytest.fixture(scope="module")
def example() -> Any:
    if not importlib.util.find_spec("keras") or not BACKENDS:
        pytest.skip("Keras or what it runs on is not installed")
    spec = importlib.util.spec_from_file_location("catch_keras", PATH)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_is_short() -> None:
    assert len(PATH.read_text(encoding="utf-8").splitlines()) < 200


def test_its_game_is_catch(example: Any) -> None:
    game = Catch()
    assert sorted(map(tuple, example.STARTS.tolist())) == sorted((start.fruit, start.basket) for start in game.starts)
    states = np.array([(row, fruit, basket) for row in range(9) for fruit in range(10) for basket in range(1, 9)])
    assert np.array_equal(
        example.pixels(states).reshape(-1, 10, 10), [game.picture(State(*s)) for s in states.tolist()]
    )
    for action in range(3):
        after = example.moved(states, np.full(len(states), action))
        rewards = example.rewards(after)
        for state, then, reward in zip(states.tolist(), after.tolist(), rewards.tolist(), strict=True):
            assert game.step(State(*state), action)[:2] == (State(*then), reward)


def test_only_the_action_that_was_taken_is_learned(example: Any) -> None:
    convert = example.keras.ops.convert_to_tensor
    values = np.array([[1.0, 2.0, 3.0], [0.0, 5.0, 0.0]], np.float32)
    targets = np.array([[np.nan, 4.0, np.nan], [1.0, np.nan, np.nan]], np.float32)
    loss = float(example.keras.ops.convert_to_numpy(example.loss_of_taken(convert(targets), convert(values))))
    assert loss == pytest.approx((2.0**2 + 1.0**2) / 6)


def test_nothing_follows_when_the_fruit_is_down(example: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    taught: list[np.ndarray] = []

    class Net:
        def predict_on_batch(self, boards: np.ndarray) -> np.ndarray:
            return np.full((len(boards), 3), 10.0)

        def train_on_batch(self, boards: np.ndarray, targets: np.ndarray) -> None:
            taught.append(targets)

    falling = (np.array([3, 2, 2]), 1, 0, np.array([4, 2, 2]))
    caught = (np.array([8, 2, 2]), 2, 1, np.array([9, 2, 3]))
    for memory, action, target in (([falling], 1, 9.0), ([caught], 2, 1.0)):
        example.learn(Net(), memory, np.random.default_rng(0))
        assert np.unique(taught[-1][:, action]).tolist() == [target]
        assert np.isnan(np.delete(taught[-1], action, axis=1)).all()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_every_start_is_caught(example: Any, seed: int) -> None:
    with mla.Recorder() as recorder:
        net = example.train(recorder, seed)
    ends = example.play(net, example.STARTS)[0][-1]
    assert (example.rewards(ends) == 1).sum() == 63
    film = example.film(recorder.trace)
    assert film.frame(film.seconds).children
    assert film.cues[-1].text == "1000 games played: from 63 of 63 starts the fruit is caught."
