"""A training of one's own in Keras; one callback records it, the rest is as it was. Writes keras.mp4."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")
import keras
import numpy as np

import mlanimated as mla

keras.utils.set_random_seed(0)
x = np.random.default_rng(0).uniform(-1, 1, (512, 2)).astype("float32")
y = ((x**2).sum(axis=1) < 0.5).astype("int64")  # inside of a circle or not
model = keras.Sequential(
    [keras.Input((2,)), keras.layers.Dense(32, "relu"), keras.layers.Dense(32, "relu"), keras.layers.Dense(2)]
)
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
recorder = mla.Recorder(name="inside the circle")  # 1
record = mla.record.keras.Callback(recorder)  # 2
model.fit(
    x[:384], y[:384], batch_size=64, epochs=40, validation_data=(x[384:], y[384:]), verbose=0, callbacks=[record]
)  # 3

layers = mla.views.Layers(gradients="updates/norm", title="How far each layer moves")
curve = mla.views.Lines(("train/accuracy", "test/accuracy"), title="Right, of all")
scene = layers.shared(1.3) | (curve / mla.views.Ridges("weights", tensor=2, title="Weights of the second layer"))
mla.film(scene, recorder.trace, title="A training of one's own, in Keras").save("keras.mp4")
