"""Checkpoints, logs, a callback of one's own; models and weights to files and back."""

import csv
import os
import tempfile

import keras
import numpy as np
from keras.callbacks import Callback, CSVLogger, LambdaCallback, ModelCheckpoint
from keras.layers import Dense, Dropout
from keras.models import Sequential, load_model

keras.utils.set_random_seed(9)
rng = np.random.default_rng(3)
x = rng.normal(size=(400, 6))
y = keras.utils.to_categorical((x[:, :3].sum(axis=1) > x[:, 3:].sum(axis=1)).astype(int) + (x[:, 0] > 1), 3)


class Best(Callback):
    """Remembers the best accuracy."""

    def on_train_begin(self, logs=None):
        self.best = 0

    def on_epoch_end(self, epoch, logs=None):
        self.best = max(self.best, logs.get("val_accuracy"))


folder = tempfile.mkdtemp()
model = Sequential(
    [Dense(24, activation="relu", input_shape=(6,)), Dropout(0.1), Dense(3, activation="softmax")]
)
model.compile(optimizer=keras.optimizers.Nadam(0.01), loss="categorical_crossentropy", metrics=["accuracy"])
best, seen = Best(), []
calls = [
    best,
    ModelCheckpoint(
        os.path.join(folder, "best.keras"), monitor="val_accuracy", mode="max", save_best_only=True
    ),
    ModelCheckpoint(os.path.join(folder, "{epoch:02d}.weights.h5"), save_weights_only=True),
    CSVLogger(os.path.join(folder, "log.csv")),
    LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch)),
]
history = model.fit(x, y, epochs=10, batch_size=16, validation_split=0.25, callbacks=calls, verbose=0)
score = model.evaluate(x, y, verbose=0)

kept = load_model(os.path.join(folder, "best.keras"))
assert abs(kept.evaluate(x[300:], y[300:], verbose=0)[1] - best.best) < 1e-6
for name in ("model.keras", "model.h5"):
    path = os.path.join(folder, name)
    model.save(path)
    np.testing.assert_allclose(load_model(path).predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5)
other = Sequential.from_config(model.get_config())
other.load_weights(os.path.join(folder, "10.weights.h5"))
np.testing.assert_allclose(other.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5)
with open(os.path.join(folder, "log.csv")) as log:
    rows = list(csv.DictReader(log))
assert [int(row["epoch"]) for row in rows] == seen == list(range(10))
