import numpy as np
import tensorflow as tf

tf.random.set_seed(42)
np.random.seed(42)
x = np.linspace(-1, 1, 200).reshape(-1, 1)
y = x ** 2
schedule = tf.keras.optimizers.schedules.ExponentialDecay(0.05, decay_steps=200, decay_rate=0.8, staircase=True)
model = tf.keras.Sequential([
    tf.keras.layers.Dense(32, activation="relu", input_shape=(1,)),
    tf.keras.layers.Dense(1),
])
model.compile(loss="mse", optimizer=tf.keras.optimizers.Adam(learning_rate=schedule), metrics=[tf.keras.metrics.RootMeanSquaredError()])
history = model.fit(x, y, epochs=40, verbose=0)
print(history.history["root_mean_squared_error"][-1], float(schedule(400)))
assert history.history["root_mean_squared_error"][-1] < 0.1
assert abs(float(schedule(400)) - 0.05 * 0.8 ** 2) < 1e-6
