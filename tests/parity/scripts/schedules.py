"""Rates that change: a schedule in the optimizer, then one in a callback, for the same network."""

import keras
import numpy as np
from keras.callbacks import LearningRateScheduler
from keras.optimizers import SGD
from keras.optimizers.schedules import CosineDecay, ExponentialDecay

keras.utils.set_random_seed(5)
rng = np.random.default_rng(2)
x = rng.uniform(-1, 1, (512, 2)).astype("float32")
y = (np.hypot(x[:, 0], x[:, 1]) < 0.7).astype("float32")


def build(optimizer):
    model = keras.models.Sequential(
        [
            keras.layers.Dense(32, activation="tanh", kernel_initializer="he_normal", input_dim=2),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer=optimizer, loss="binary_crossentropy", metrics=["accuracy"])
    return model


for schedule in (ExponentialDecay(0.5, decay_steps=100, decay_rate=0.9), CosineDecay(0.5, decay_steps=600)):
    model = build(SGD(learning_rate=schedule, momentum=0.9, nesterov=True))
    history = model.fit(x, y, epochs=30, batch_size=32, verbose=0)
    assert history.history["accuracy"][-1] > 0.9


def halved(epoch, rate):
    return 0.5 * 0.9**epoch


model = build(SGD(momentum=0.9))
history = model.fit(x, y, epochs=30, batch_size=32, callbacks=[LearningRateScheduler(halved)], verbose=0)
score = model.evaluate(x, y, verbose=0)
assert abs(history.history["learning_rate"][10] - halved(10, 0)) < 1e-6
