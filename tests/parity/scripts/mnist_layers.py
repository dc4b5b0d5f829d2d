"""Layers one by one, labels as they are, dropout, early stopping, predictions as class numbers."""

import numpy as np
from keras import Sequential
from keras.callbacks import EarlyStopping
from keras.datasets import mnist
from keras.layers import Activation, Dense, Dropout, Flatten, Input, Rescaling
from keras.optimizers import RMSprop
from keras.utils import set_random_seed

set_random_seed(1)
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train, y_train, x_test, y_test = x_train[:3000], y_train[:3000], x_test[:1000], y_test[:1000]

model = Sequential(name="digits")
model.add(Input(shape=(28, 28)))
model.add(Rescaling(1.0 / 255))
model.add(Flatten())
model.add(Dense(128))
model.add(Activation("relu"))
model.add(Dropout(0.3))
model.add(Dense(10, activation="softmax", name="classes"))

model.compile(
    loss="sparse_categorical_crossentropy", optimizer=RMSprop(learning_rate=0.002), metrics=["accuracy"]
)
stop = EarlyStopping(monitor="val_loss", patience=2, restore_best_weights=True)
history = model.fit(
    x_train, y_train, epochs=6, batch_size=64, validation_split=0.2, callbacks=[stop], verbose=0
)
score = model.evaluate(x_test, y_test, verbose=0)
classes = np.argmax(model.predict(x_test, verbose=0), axis=1)
assert abs((classes == y_test).mean() - score[1]) < 1e-6
assert model.get_layer("classes").get_weights()[0].shape == (128, 10)
