import numpy as np
import tensorflow as tf
from tensorflow.keras.layers import Input, Dense, Multiply, Average, Concatenate, Reshape, Permute
from tensorflow.keras.models import Model

tf.keras.utils.set_random_seed(1)
a = Input((4,))
b = Input((4,))
x = Dense(6, activation="tanh")(a)
z = Dense(6, activation="tanh")(b)
m = Concatenate()([Multiply()([x, z]), Average()([x, z])])
m = Reshape((3, 4))(m)
m = Permute((2, 1))(m)
m = tf.keras.layers.Flatten()(m)
out = Dense(1)(m)
model = Model([a, b], out)
model.compile(tf.keras.optimizers.Adam(0.01), "mse")
rng = np.random.default_rng(0)
left, right = rng.normal(size=(2, 200, 4))
target = (left * right).sum(axis=1)
first = model.evaluate([left, right], target, verbose=0)
model.fit([left, right], target, epochs=40, verbose=0, batch_size=20)
last = model.evaluate([left, right], target, verbose=0)
print(first, last)
assert last < 0.7 * first
