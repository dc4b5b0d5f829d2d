import numpy as np
import tensorflow as tf
tf.random.set_seed(2)
import tensorflow.keras.backend as K
from tensorflow import keras

rng = np.random.default_rng(0)
x = rng.normal(size=(256, 3)).astype("float32")
y = (2 * x[:, :1] - x[:, 1:2] + 1).astype("float32")


def log_cosh(y_true, y_pred):
    error = y_pred - y_true
    return K.mean(tf.math.log(tf.exp(error * 0.5) + tf.exp(-error * 0.5)), axis=-1)


def r_squared(y_true, y_pred):
    residual = K.sum(K.square(y_true - y_pred))
    total = K.sum(K.square(y_true - K.mean(y_true)))
    return 1 - residual / (total + K.epsilon())


def quantile(q):
    def loss(y_true, y_pred):
        e = y_true - y_pred
        return tf.reduce_mean(tf.maximum(q * e, (q - 1) * e), axis=-1)
    return loss


for loss in (log_cosh, quantile(0.5), lambda a, b: K.mean(K.abs(a - b), axis=-1)):
    model = keras.Sequential([keras.layers.Dense(1, input_shape=(3,))])
    model.compile(optimizer=keras.optimizers.Adam(0.05), loss=loss, metrics=["mae", r_squared])
    history = model.fit(x, y, epochs=30, verbose=0)
    print(sorted(history.history), history.history["mae"][-1])
    assert history.history["mae"][-1] < 0.15
    assert history.history["r_squared"][-1] > 0.95
