# Five folds by hand, a fresh model for each.
import numpy as np
import keras
keras.utils.set_random_seed(2)
from keras import layers

rng = np.random.default_rng(0)
x = rng.normal(size=(200, 5)).astype("float32")
y = x @ np.array([1.0, 2.0, 0.0, -1.0, 0.5]) + rng.normal(size=200) * 0.05


def build_model():
    model = keras.Sequential([layers.Dense(16, activation="relu"), layers.Dense(1)])
    model.compile(optimizer="rmsprop", loss="mse", metrics=["mae"])
    return model


k = 4
size = len(x) // k
scores = []
for i in range(k):
    held = slice(i * size, (i + 1) * size)
    rest_x = np.concatenate([x[: i * size], x[(i + 1) * size:]], axis=0)
    rest_y = np.concatenate([y[: i * size], y[(i + 1) * size:]], axis=0)
    model = build_model()
    history = model.fit(rest_x, rest_y, validation_data=(x[held], y[held]), epochs=50, batch_size=16, verbose=0)
    scores.append(model.evaluate(x[held], y[held], verbose=0)[1])
    keras.backend.clear_session()
print(np.mean(scores), len(history.history["val_mae"]))
assert np.mean(scores) < 0.6
