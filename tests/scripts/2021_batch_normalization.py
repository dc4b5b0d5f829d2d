import numpy as np
import tensorflow as tf
from tensorflow.keras.layers import BatchNormalization, Dense, Activation, Dropout
from tensorflow.keras.models import Sequential
from tensorflow.keras.optimizers import Adam

tf.random.set_seed(3)
rng = np.random.default_rng(0)
x = rng.normal(3, 5, (400, 10))
y = (x[:, 0] * x[:, 1] > 9).astype(int)
model = Sequential()
model.add(BatchNormalization(input_shape=(10,)))
model.add(Dense(32))
model.add(BatchNormalization(momentum=0.9))
model.add(Activation("relu"))
model.add(Dropout(0.1))
model.add(Dense(1, activation="sigmoid"))
model.compile(optimizer=Adam(learning_rate=0.01), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=30, batch_size=40, verbose=0)
print(model.evaluate(x, y, verbose=0))
assert model.evaluate(x, y, verbose=0)[1] > 0.8
assert len(model.get_weights()) == 12
assert len(model.trainable_weights) == 8
