# Plain lists, integers and numbers in double precision, as a beginner has them.
import keras
keras.utils.set_random_seed(3)

celsius = [-40, -10, 0, 8, 15, 22, 38]
fahrenheit = [-40, 14, 32, 46, 59, 72, 100]
import numpy as np
layer = keras.layers.Dense(units=1, input_shape=[1])
model = keras.Sequential([layer])
model.compile(loss="mean_squared_error", optimizer=keras.optimizers.Adam(0.5))
history = model.fit(np.array(celsius, dtype=float), np.array(fahrenheit, dtype=float), epochs=400, verbose=False)
print(model.predict(np.array([100.0])))
print("weights", layer.get_weights())
assert abs(float(model.predict(np.array([100.0]), verbose=0)[0, 0]) - 212) < 12
assert len(history.history["loss"]) == 400
