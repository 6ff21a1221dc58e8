from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.record.keras import Callback
from mlanimated.trace import Recorder, Trace

pytest.importorskip("torch")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    keras: Any = pytest.importorskip("keras")

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow]
X = np.random.default_rng(0).normal(size=(64, 5)).astype("float32")
Y = (X[:, 0] > 0).astype("int64")


def model() -> Any:
    keras.utils.set_random_seed(3)
    made = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(7, "relu", name="hidden"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(2),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    made.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    return made


def fitted(*callbacks: Any) -> tuple[Any, Any]:
    made = model()
    history = made.fit(X, Y, batch_size=16, epochs=3, validation_data=(X, Y), verbose=0, callbacks=list(callbacks))
    return made, history


def test_the_training_is_the_same_to_the_last_bit_and_recorded(tmp_path: Path) -> None:
    plain, history = fitted()
    watched, again = fitted(Callback(tmp_path / "mine.mla", sample=X[:4], layers=("hidden",)))
    assert all(np.array_equal(a, b) for a, b in zip(plain.get_weights(), watched.get_weights(), strict=True))
    assert history.history == again.history
    trace = Trace.open(tmp_path / "mine.mla")
    first, names = model().get_weights(), json.loads(trace.value("watch/names", 0))
    assert np.array_equal(trace.value(f"weights/{names[0]}", 0), first[0])
    assert np.array_equal(trace.value(f"weights/{names[0]}", 12), watched.get_weights()[0])
    assert trace.steps("train/loss").tolist() == list(range(12))
    assert np.allclose(trace.series("test/accuracy").values, history.history["val_accuracy"])
    assert np.allclose(
        trace.value("weights/norm", 12), [np.linalg.norm(weight) for weight in watched.get_weights()], rtol=1e-5
    )
    hidden = np.maximum(0, X[:4] @ watched.get_weights()[0] + watched.get_weights()[1])
    assert np.allclose(trace.value("activations/hidden", 12), hidden, atol=1e-5)
    layers = json.loads(trace.value("model/layers", 0))
    assert [(layer["kind"], layer["shape"]) for layer in layers] == [("Dense", [7]), ("Dropout", [7]), ("Dense", [2])]


def test_an_unknown_layer_lists_the_names() -> None:
    with pytest.raises(MlaError, match="Did you mean 'hidden'"):
        fitted(Callback(Recorder(), sample=X[:1], layers=("hiden",)))
    with pytest.raises(MlaError, match="give sample="):
        Callback(Recorder(), layers=("hidden",))


def test_a_viewer_can_stop_it() -> None:
    recorder = Recorder()
    recorder.remote.stop()
    _, history = fitted(Callback(recorder))
    assert len(history.history["loss"]) == 1
