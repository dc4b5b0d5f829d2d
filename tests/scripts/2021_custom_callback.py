import numpy as np
import tensorflow as tf
tf.random.set_seed(2)


class StopAt(tf.keras.callbacks.Callback):
    def __init__(self, accuracy):
        super().__init__()
        self.accuracy = accuracy

    def on_epoch_end(self, epoch, logs=None):
        if logs.get("accuracy") > self.accuracy:
            print(f"\nReached {self.accuracy:.0%} accuracy, stopping.")
            self.model.stop_training = True


(x, y), (xt, yt) = tf.keras.datasets.mnist.load_data()
x, y = x[:3000] / 255.0, y[:3000]
model = tf.keras.models.Sequential([
    tf.keras.layers.Flatten(),
    tf.keras.layers.Dense(128, activation="relu"),
    tf.keras.layers.Dense(10, activation="softmax"),
])
model.compile(optimizer=tf.optimizers.Adam() if hasattr(tf, "optimizers") else "adam",
              loss="sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x, y, epochs=10, callbacks=[StopAt(0.85)], verbose=2)
assert len(history.epoch) < 10
