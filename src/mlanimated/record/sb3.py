"""Record any training of Stable-Baselines3's by one callback.

    model.learn(100_000, callback=mla.record.sb3.Callback("runs/mine.mla"))

It only reads: what is trained is the same to the last bit. Recorded, under the number of steps that all environments have taken: each
episode that ends (`episode/reward` and `episode/length`, as the monitor tells them), what the algorithm itself logs, under its own names
(`rollout/ep_rew_mean`, `train/loss`, …), and of the policy's weights `weights/norm` (tensors,), `weights/histogram` (tensors, 40) of a
sample each over ±`weights/range` (tensors,), `updates/norm` (tensors,), how far each has moved; `watch/names` says once which tensors these
are. A snapshot of all weights, `weights/NAME` each, is taken as often as the budget allows, at the start and the end always.

The game itself is recorded by `mla.record.gymnasium.Record`, around the environment and with the same recorder.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import numbers
import os
import warnings
from collections.abc import Mapping
from typing import Any

from mlanimated.errors import MlaError
from mlanimated.record.architecture import architecture_of_torch
from mlanimated.record.weights import Weights
from mlanimated.trace import Recorder, RecordingWarning, Stopped

__all__ = ["Callback"]

_ARGUMENTS = ("seed", "gamma", "batch_size", "n_steps", "n_epochs", "buffer_size", "tau", "ent_coef", "learning_rate")


def Callback(  # noqa: N802 (it is used as the class that it returns one of)
    recorder: Recorder | str | os.PathLike[str], *, budget: int = 64 * 2**20, every: int = 1000
) -> Any:
    """Return a stable_baselines3 callback that records the training that it is given to.

    Args:
        recorder: A Recorder, or the .mla file of a new one, which is closed when the training ends and goes on if there is another.
        budget: Bytes that all snapshots of the weights may take; 0 for none.
        every: Norms and histograms when so many steps have passed since the last ones.

    Raises:
        MlaError: Stable-Baselines3 is not installed. A trace that is there already is told when the training begins.
    """
    try:
        callbacks: Any = importlib.import_module("stable_baselines3.common.callbacks")
        logger: Any = importlib.import_module("stable_baselines3.common.logger")
    except ModuleNotFoundError as error:
        raise MlaError("Recording a training of Stable-Baselines3's needs it: pip install stable-baselines3") from error
    if every < 1:
        raise MlaError(f"every is {every}; it must be 1 or more.")
    watcher = _Watcher(recorder, budget, every)
    writer_base: Any = logger.KVWriter
    callback_base: Any = callbacks.BaseCallback

    class Writer(writer_base):
        """Hears what the algorithm logs."""

        def write(self, key_values: Any, key_excluded: Any, step: int = 0) -> None:
            del key_excluded
            watcher.told(key_values, step)

        def close(self) -> None:
            """Nothing is open."""

    class Record(callback_base):
        """Hands on what Stable-Baselines3 tells."""

        def _on_training_start(self) -> None:
            self._writer = Writer()
            self.logger.output_formats.append(self._writer)
            watcher.begin(self.model, int(self.num_timesteps))

        def _on_rollout_start(self) -> None:
            watcher.rollout(int(self.num_timesteps))

        def _on_step(self) -> bool:
            return watcher.step(int(self.num_timesteps), self.locals.get("infos") or ())

        def _on_training_end(self) -> None:
            with contextlib.suppress(ValueError):
                self.logger.output_formats.remove(self._writer)
            watcher.end(self.logger.name_to_value, int(self.num_timesteps))

    return Record()


class _Watcher:
    """What the callback does; whatever fails here, the training goes on."""

    def __init__(self, recorder: Recorder | str | os.PathLike[str], budget: int, every: int) -> None:
        self._own = not isinstance(recorder, Recorder)
        self._given = recorder
        self._recorder: Recorder | None = None
        self._began = False
        self._budget, self._every = budget, every
        self._weights: Weights | None = None
        self._next = 0

    def begin(self, model: Any, step: int) -> None:
        """Open the trace, and record the weights before the first step."""
        given = self._given
        if isinstance(given, Recorder):
            self._recorder = given
        else:
            args = {name: getattr(model, name, None) for name in _ARGUMENTS}
            told = {name: value for name, value in args.items() if isinstance(value, (bool, int, float, str))}
            name = type(model).__name__
            about: dict[str, Any] = {"args": {"algorithm": name, **told}, "seed": told.get("seed"), "name": name}
            self._recorder = Recorder(given, resume=self._began, **about)
        self._began = True
        named: list[tuple[str, Any]] = [each for each in model.policy.named_parameters() if "target" not in each[0]]
        self._tensors = [tensor for _, tensor in named]
        if self._weights is None:
            size = 4 * sum(int(tensor.numel()) for tensor in self._tensors)
            self._weights = Weights([name for name, _ in named], size, self._budget)
            text = {"watch/names": json.dumps(self._weights.names)}
            with contextlib.suppress(Exception):  # a policy of the user's own may be anything
                text["model/layers"] = architecture_of_torch(model.policy)
            self._recorder.log(text, step=step)
        self._next = step

    def told(self, values: Mapping[str, Any], step: int) -> None:
        """Record what the algorithm logs."""
        if self._recorder is not None:
            row = {name: float(value) for name, value in values.items() if isinstance(value, numbers.Real)}
            self._recorder.log(row, step=step)

    def rollout(self, step: int) -> None:
        """Record the weights when it is time."""
        if step < self._next or self._recorder is None or self._weights is None:
            return
        self._next = step + self._every
        try:
            self._recorder.log(self._weights.row(self._arrays()), step=step)
        except Exception as error:
            _warn(error)

    def step(self, step: int, infos: Any) -> bool:
        """Record the episodes that have ended; False when a viewer asked the training to stop."""
        recorder = self._recorder
        if recorder is None:
            return True
        for info in infos:
            ended = info.get("episode")
            if ended is not None:
                row = {"episode/reward": float(ended["r"]), "episode/length": float(ended["l"])}
                recorder.log(row, step=step)
        try:
            recorder.tick(step)
        except Stopped:
            return False
        return True

    def end(self, left: Mapping[str, Any], step: int) -> None:
        """Record what the last update logged, and the last weights."""
        if self._recorder is None or self._weights is None:
            return
        try:
            self.told(left, step)
            arrays = self._arrays()
            row = self._weights.row(arrays)
            self._recorder.log(row if self._weights.taken else {**row, **self._weights.last(arrays)}, step=step)
        except Exception as error:
            _warn(error)
        if self._own:
            self._recorder.close()
            self._recorder = None

    def _arrays(self) -> list[Any]:
        return [tensor.detach().float().cpu().numpy() for tensor in self._tensors]


def _warn(error: Exception) -> None:
    warnings.warn(f"A step was not recorded ({type(error).__name__}: {error}).", RecordingWarning, stacklevel=3)
