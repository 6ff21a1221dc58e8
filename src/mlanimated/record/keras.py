"""Record any training of Keras's, on any of its backends, by one callback.

    model.fit(x, y, callbacks=[mla.record.keras.Callback("runs/mine.mla")])

It only reads: what is trained is the same to the last bit. Recorded at each batch: `train/loss` and the other metrics as Keras tells
them, means since the epoch began, as `train/NAME`; `weights/norm` (tensors,), `weights/histogram` (tensors, 40) of a sample each
over ±`weights/range` (tensors,); at the end of each epoch `epoch`, `learning_rate` and `test/NAME` of the validation. `watch/names` says
once which tensors these are. A snapshot of all weights, `weights/NAME` each, is taken as often as the budget allows, at the start and the
end always; with it `activations/LAYER` of the layers asked for. Keras does not show gradients to its callbacks: `updates/norm`
(tensors,) says how far each step moved the sample.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from mlanimated.errors import MissingExtra, MlaError, did_you_mean
from mlanimated.record.architecture import architecture_of_keras
from mlanimated.record.weights import Weights
from mlanimated.trace import Recorder, Stopped

__all__ = ["Callback"]


def Callback(  # noqa: N802 (it is used as the class that it returns one of)
    recorder: Recorder | str | os.PathLike[str],
    *,
    sample: Any = None,
    layers: Sequence[str] = (),
    budget: int = 64 * 2**20,
    every: int = 1,
) -> Any:
    """Return a keras.callbacks.Callback that records the training that it is given to.

    Args:
        recorder: A Recorder, or the .mla file of a new one, which is closed when the training ends.
        sample: Inputs, an array of a few, on which activations are recorded.
        layers: Names of the layers whose activations are wanted.
        budget: Bytes that all snapshots of the weights may take; 0 for none.
        every: Norms and histograms at each so-many-th batch.

    Raises:
        MissingExtra: Keras is not installed.
        MlaError: Layers without a sample, or a trace that is there already. An unknown layer is told when the training begins.
    """
    try:
        keras: Any = importlib.import_module("keras")
    except ModuleNotFoundError as error:
        raise MissingExtra("Recording a training of Keras's", "keras") from error
    if layers and sample is None:
        raise MlaError("Activations are recorded on a sample: give sample=, an array of a few inputs, with layers=.")
    if every < 1:
        raise MlaError(f"every is {every}; it must be 1 or more.")
    own = not isinstance(recorder, Recorder)
    opened = recorder if isinstance(recorder, Recorder) else Recorder(recorder, name="Keras")
    watcher = _Watcher(keras, opened, own, sample, tuple(layers), budget, every)
    base: Any = keras.callbacks.Callback

    class Record(base):
        """Hands on what Keras tells."""

        def on_train_begin(self, logs: Any = None) -> None:
            del logs
            told: Any = self.params
            watcher.begin(self.model, told)

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            del batch
            watcher.batch(logs or {})

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            watcher.epoch(epoch, logs or {})

        def on_train_end(self, logs: Any = None) -> None:
            del logs
            watcher.end()

    return Record()


class _Watcher:
    """What the callback does."""

    def __init__(
        self, keras: Any, recorder: Recorder, own: bool, sample: Any, layers: tuple[str, ...], budget: int, every: int
    ) -> None:
        self._keras, self._recorder, self._own = keras, recorder, own
        self._sample, self._layers, self._budget, self._every = sample, layers, budget, every
        self._model: Any = None
        self._part: Any = None
        self._step = 0

    def begin(self, model: Any, params: Mapping[str, Any] | None) -> None:
        """Record the weights before the first batch; a model that is not built yet has none and begins with its first batch."""
        self._model = model
        if self._layers:
            known = {str(layer.name) for layer in model.layers}
            for name in self._layers:
                if name not in known:
                    raise MlaError(f"The model has no layer {name!r}.{did_you_mean(name, known)}")
        weights: list[Any] = model.weights
        size = 4 * sum(math.prod(map(int, weight.shape)) for weight in weights)
        told = params or {}
        steps = int(told.get("steps") or 0) * int(told.get("epochs") or 0)
        self._weights = Weights([self._name(weight) for weight in model.trainable_weights], size, self._budget, steps)
        text = {"watch/names": json.dumps(self._weights.names), "model/layers": architecture_of_keras(model)}
        self._recorder.log({**text, **self._row()}, step=self._step)

    def batch(self, logs: Mapping[str, Any]) -> None:
        """Record a batch; whatever fails here, the training goes on."""
        self._step += 1
        try:
            row: dict[str, Any] = {f"train/{name}": float(value) for name, value in logs.items()}
            # The loss is that of the weights before the step, the weights are those after it.
            self._recorder.log(row, step=self._step - 1)
            if self._step % self._every == 0:
                self._recorder.log(self._row(), step=self._step)
        except Exception as error:
            warnings.warn(f"A batch was not recorded ({type(error).__name__}: {error}).", stacklevel=2)
        try:
            self._recorder.tick(self._step)
        except Stopped:
            self._model.stop_training = True

    def epoch(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """Record the end of an epoch."""
        row = {
            f"test/{name.removeprefix('val_')}": float(value) for name, value in logs.items() if name.startswith("val_")
        }
        optimizer = getattr(self._model, "optimizer", None)
        if optimizer is not None:
            row["learning_rate"] = float(self._array(optimizer.learning_rate))
        self._recorder.log({"epoch": float(epoch + 1), **row}, step=self._step)

    def end(self) -> None:
        """Record the end."""
        if self._step:
            row = self._weights.last(self._arrays())
            self._recorder.log(row and {**row, **self._activations()}, step=self._step)
        if self._own:
            self._recorder.close()

    def _row(self) -> dict[str, Any]:
        """Return norms and histograms, how far the step moved, and with a snapshot the activations."""
        row = self._weights.row(self._arrays())
        return {**row, **self._activations()} if self._weights.taken else row

    def _arrays(self) -> list[Any]:
        return [self._array(weight) for weight in self._model.trainable_weights]

    def _activations(self) -> dict[str, Any]:
        """Return what the chosen layers give out for the sample."""
        if not self._layers:
            return {}
        if self._part is None:
            outputs = [self._model.get_layer(name).output for name in self._layers]
            self._part = self._keras.Model(self._model.inputs, outputs)
        outputs = self._part(self._keras.ops.convert_to_tensor(self._sample), training=False)
        parts = cast("list[Any]", outputs if isinstance(outputs, list) else [outputs])
        return {f"activations/{name}": self._array(part) for name, part in zip(self._layers, parts, strict=True)}

    def _array(self, tensor: Any) -> Any:
        """Return a tensor of any backend as an array."""
        value = getattr(tensor, "value", tensor)
        if hasattr(value, "detach"):  # PyTorch's own way: Keras's warns under NumPy 2
            return np.array(value.detach().cpu().numpy())
        return np.asarray(self._keras.ops.convert_to_numpy(value))

    @staticmethod
    def _name(weight: Any) -> str:
        return str(getattr(weight, "path", weight.name))
