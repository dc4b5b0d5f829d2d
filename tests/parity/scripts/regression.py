"""Prices from numbers: mean squared error, a rate that falls on a plateau, R squared."""

import numpy as np
from keras import Sequential, callbacks, layers
from keras.utils import set_random_seed

set_random_seed(3)
rng = np.random.default_rng(1)
x = rng.normal(size=(600, 5))
y = 3 * x[:, 0] - 2 * np.abs(x[:, 1]) + x[:, 2] * x[:, 3] + 0.1 * rng.normal(size=600) + 10

model = Sequential(
    [
        layers.Dense(64, activation="relu", input_shape=(5,)),
        layers.Dense(32, activation="relu"),
        layers.Dense(1),
    ]
)
model.compile(optimizer="adam", loss="mse", metrics=["mae"])
plateau = callbacks.ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=3, min_lr=1e-4)
history = model.fit(
    x[:500],
    y[:500],
    epochs=40,
    batch_size=16,
    validation_data=(x[500:], y[500:]),
    callbacks=[plateau],
    verbose=0,
)
score = model.evaluate(x[500:], y[500:], verbose=0)
predicted = model.predict(x[500:], verbose=0).flatten()
r2 = 1 - ((y[500:] - predicted) ** 2).sum() / ((y[500:] - y[500:].mean()) ** 2).sum()
assert r2 > 0.9
assert len(history.history["learning_rate"]) == 40
