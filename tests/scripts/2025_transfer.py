# A trained body, frozen, under a new head.
import numpy as np
import keras
from keras import layers

keras.utils.set_random_seed(1)
(x, y), _ = keras.datasets.mnist.load_data()
x = x[:2000].reshape(-1, 784).astype("float32") / 255
y = y[:2000]
base = keras.Sequential([layers.Input((784,)), layers.Dense(64, activation="relu", name="features"), layers.Dense(10, activation="softmax")])
base.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
base.fit(x, y, epochs=3, verbose=0)
body = keras.Model(base.inputs, base.get_layer("features").output)
body.trainable = False
head = keras.Sequential([body, layers.Dense(1, activation="sigmoid")])
head.compile("adam", "binary_crossentropy", metrics=["accuracy"])
before = body.get_weights()[0].copy()
head.fit(x, y == 3, epochs=12, verbose=0)
assert (before == body.get_weights()[0]).all()
print(head.evaluate(x, y == 3, verbose=0))
assert head.evaluate(x, y == 3, verbose=0)[1] > 0.91
