import numpy as np
import tensorflow as tf
tf.random.set_seed(2)

AUTOTUNE = tf.data.experimental.AUTOTUNE
rng = np.random.default_rng(0)
x = rng.random((500, 6)).astype("float32")
y = (x[:, 0] + x[:, 1] > 1).astype("int32")
dataset = tf.data.Dataset.from_tensor_slices((x, y))
train = dataset.take(400).shuffle(400).batch(32).prefetch(AUTOTUNE)
held = dataset.skip(400).batch(32).cache()


def scaled(features, label):
    return tf.cast(features, tf.float32) * 2.0 - 1.0, label


train, held = train.map(scaled, num_parallel_calls=AUTOTUNE), held.map(scaled)
model = tf.keras.Sequential([
    tf.keras.layers.Input(shape=(6,)),
    tf.keras.layers.Dense(16, activation="relu"),
    tf.keras.layers.Dense(1, activation="sigmoid"),
])
model.compile("adam", tf.keras.losses.BinaryCrossentropy(), metrics=["accuracy"])
history = model.fit(train, validation_data=held, epochs=40, verbose=0)
loss, accuracy = model.evaluate(held, verbose=0)
print(history.history["val_accuracy"][-1], accuracy)
assert accuracy > 0.8
assert model.predict(held.map(lambda a, b: a), verbose=0).shape == (100, 1)
model.fit(train.repeat(), steps_per_epoch=5, epochs=2, verbose=0)
