"""A table of measurements and three kinds: standardised, shuffled, split, learned, and a confusion table."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(7)
rng = np.random.default_rng(0)
centres = np.array([[5.0, 3.4, 1.5, 0.2], [5.9, 2.8, 4.3, 1.3], [6.6, 3.0, 5.6, 2.0]])
x = np.concatenate([rng.normal(centre, 0.45, (150, 4)) for centre in centres])
y = np.repeat([0, 1, 2], 150)
order = rng.permutation(len(x))
x, y = x[order], y[order]
x_train, x_test, y_train, y_test = x[:350], x[350:], y[:350], y[350:]
mean, std = x_train.mean(axis=0), x_train.std(axis=0)
x_train, x_test = (x_train - mean) / std, (x_test - mean) / std

model = keras.Sequential(
    [
        keras.Input(shape=(4,)),
        layers.Dense(16, activation="relu"),
        layers.Dense(16, activation="relu"),
        layers.Dense(3, activation="softmax"),
    ]
)
model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=0.01),
    loss=keras.losses.SparseCategoricalCrossentropy(),
    metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
)
history = model.fit(x_train, y_train, epochs=30, batch_size=16, validation_split=0.1, verbose=0)
score = model.evaluate(x_test, y_test, verbose=0)
predicted = model.predict(x_test, verbose=0).argmax(axis=-1)
confusion = np.zeros((3, 3), int)
np.add.at(confusion, (y_test, predicted), 1)
assert confusion.trace() == round(score[1] * len(y_test))
