import numpy as np
import keras
keras.utils.set_random_seed(3)
from keras import layers

rng = np.random.default_rng(2)
x = rng.normal(size=(200, 9, 2)).astype("float32")
y = (x[:, :, 0].sum(axis=1) > 0).astype("int32")
inputs = keras.Input(shape=(9, 2))
h = layers.Bidirectional(layers.GRU(8, return_sequences=True))(inputs)
h = layers.GRU(8)(h)
outputs = layers.Dense(1, activation="sigmoid")(h)
model = keras.Model(inputs, outputs)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=15, batch_size=20, verbose=0)
acc = model.evaluate(x, y, verbose=0)[1]
print(acc)
assert acc > 0.7
