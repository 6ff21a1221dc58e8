from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.record.sb3 import Callback
from mlanimated.trace import Recorder, Trace

torch = pytest.importorskip("torch")
sb3 = pytest.importorskip("stable_baselines3")
base = pytest.importorskip("stable_baselines3.common.callbacks").BaseCallback

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow]


class Episodes(base):  # type: ignore[misc, valid-type]
    """What a user would note of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[int, float]] = []

    def _on_step(self) -> bool:
        self.seen += [(self.num_timesteps, info["episode"]["r"]) for info in self.locals["infos"] if "episode" in info]
        return True


def ppo(*callbacks: Any) -> Any:
    model = sb3.PPO("MlpPolicy", "CartPole-v1", n_steps=64, batch_size=32, n_epochs=2, seed=4, device="cpu")
    return model.learn(256, callback=list(callbacks), log_interval=1)


def dqn(*callbacks: Any) -> Any:
    model = sb3.DQN("MlpPolicy", "CartPole-v1", learning_starts=50, seed=4, device="cpu", target_update_interval=50)
    return model.learn(300, callback=list(callbacks), log_interval=1)


@pytest.mark.parametrize("train", [ppo, dqn])
def test_the_training_is_the_same_to_the_last_bit_and_recorded(train: Any, tmp_path: Path) -> None:
    notes = Episodes()
    plain = train(notes)
    watched = train(Callback(tmp_path / "mine.mla", every=64))
    mine, theirs = watched.policy.state_dict(), plain.policy.state_dict()
    assert all(torch.equal(mine[name], theirs[name]) for name in theirs)
    trace = Trace.open(tmp_path / "mine.mla")
    assert trace.finished
    rewards = trace.series("episode/reward")
    assert list(zip(rewards.steps.tolist(), rewards.values.tolist(), strict=True)) == notes.seen
    assert len(notes.seen) > 5
    names = json.loads(trace.value("watch/names", 0))
    assert not any("target" in name for name in names)
    last = trace.last_step
    for index, name in enumerate(names):
        weight = mine[name].numpy()
        assert np.array_equal(trace.value(f"weights/{name}", last), weight)
        assert trace.value("weights/norm", last)[index] == pytest.approx(np.linalg.norm(weight), rel=1e-5)
    assert trace.info("train/loss").rows > 1
    assert trace.value("train/loss", last) == pytest.approx(float(plain.logger.name_to_value["train/loss"]))
    assert trace.about.args["algorithm"] == type(plain).__name__


def test_a_training_that_goes_on_is_one_trace(tmp_path: Path) -> None:
    model = sb3.PPO("MlpPolicy", "CartPole-v1", n_steps=64, batch_size=32, n_epochs=1, seed=4, device="cpu")
    record = Callback(tmp_path / "mine.mla")
    model.learn(64, callback=record)
    model.learn(64, callback=record, reset_num_timesteps=False)
    trace = Trace.open(tmp_path / "mine.mla")
    assert trace.last_step == 128
    assert trace.finished


def test_a_viewer_can_stop_it() -> None:
    recorder = Recorder()
    recorder.remote.stop()
    model = ppo(Callback(recorder))
    assert model.num_timesteps == 1
    assert len(model.logger.output_formats) == len(ppo().logger.output_formats), "nothing of ours is left behind"
    with pytest.raises(MlaError, match="every is 0"):
        Callback(recorder, every=0)
