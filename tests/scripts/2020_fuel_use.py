import numpy as np
import tensorflow as tf
tf.random.set_seed(2)
from tensorflow import keras
from tensorflow.keras import layers

np.set_printoptions(precision=3, suppress=True)
rng = np.random.default_rng(0)
train_features = rng.random((300, 4)) * np.array([8, 400, 230, 5000])
train_labels = 40 - train_features[:, 3] / 200 + train_features[:, 0] * 0.1
normalizer = layers.experimental.preprocessing.Normalization(axis=-1)
normalizer.adapt(np.array(train_features))
print(normalizer.mean.numpy() if hasattr(normalizer.mean, "numpy") else normalizer.mean)
model = keras.Sequential([
    normalizer,
    layers.Dense(32, activation='relu'),
    layers.Dense(1)
])
model.compile(loss='mean_absolute_error', optimizer=tf.keras.optimizers.Adam(0.03))
history = model.fit(train_features, train_labels, validation_split=0.2, verbose=0, epochs=60)
print(history.history['val_loss'][-1])
assert history.history['val_loss'][-1] < 1.5
