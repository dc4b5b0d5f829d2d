import numpy as np
import keras
keras.utils.set_random_seed(2)
from keras import ops


def mean_pred(y_true, y_pred):
    return ops.mean(y_pred)


@keras.saving.register_keras_serializable(package="mine")
def weighted_error(y_true, y_pred):
    error = ops.square(ops.cast(y_true, y_pred.dtype) - y_pred)
    return ops.mean(ops.where(ops.greater(y_true, 0.5), 2.0 * error, error), axis=-1)


rng = np.random.default_rng(0)
x = rng.normal(size=(200, 4)).astype("float32")
y = (x[:, :1] > 0).astype("float32")
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1, "sigmoid")])
model.compile(keras.optimizers.Adam(0.02), loss=weighted_error, metrics=[mean_pred, "accuracy"])
history = model.fit(x, y, epochs=25, batch_size=20, verbose=0)
print({name: round(values[-1], 3) for name, values in history.history.items()})
assert history.history["accuracy"][-1] > 0.9
assert 0.3 < history.history["mean_pred"][-1] < 0.8
