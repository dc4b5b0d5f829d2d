"""A training loop of one's own over batches, penalties on the weights, and a look at what was learned."""

import keras
import numpy as np
from keras import initializers, layers, regularizers

keras.utils.set_random_seed(21)
rng = np.random.default_rng(5)
x = rng.normal(size=(640, 10)).astype("float32")
y = keras.utils.to_categorical((x[:, 0] > 0).astype(int), 2)

model = keras.Sequential(
    [
        keras.Input((10,)),
        layers.Dense(
            20,
            activation="elu",
            kernel_initializer=initializers.HeNormal(seed=1),
            bias_initializer="zeros",
            kernel_regularizer=regularizers.l2(0.001),
            name="hidden",
        ),
        layers.Dense(2, kernel_regularizer=regularizers.L1L2(l1=0.0005, l2=0.0005)),
        layers.Softmax(),
    ]
)
model.compile(keras.optimizers.Adam(0.005, clipnorm=1.0), "categorical_crossentropy", metrics=["accuracy"])


class History:
    history = {"loss": [], "accuracy": []}


history = History()
for epoch in range(8):
    order = rng.permutation(len(x))
    told = []
    for start in range(0, len(x), 32):
        batch = order[start : start + 32]
        told.append(model.train_on_batch(x[batch], y[batch]))
    history.history["loss"].append(float(told[-1][0]))
    history.history["accuracy"].append(float(told[-1][1]))
score = model.test_on_batch(x, y)
score = [float(value) for value in score]
kernel, bias = model.get_layer("hidden").get_weights()
strength = np.abs(kernel).sum(axis=1)
assert strength.argmax() == 0
assert model.count_params() == 10 * 20 + 20 + 20 * 2 + 2
frozen = model.layers[0]
frozen.trainable = False
model.compile("sgd", "categorical_crossentropy")
model.fit(x, y, epochs=1, verbose=0)
np.testing.assert_array_equal(frozen.get_weights()[0], kernel)
