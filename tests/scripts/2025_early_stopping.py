import keras
import numpy as np

keras.utils.set_random_seed(812)
x = np.random.rand(400, 10)
y = (x[:, 0] > 0.5).astype(int)
model = keras.models.Sequential()
model.add(keras.layers.InputLayer(shape=(10,)))
model.add(keras.layers.Dense(32, activation=keras.activations.relu))
model.add(keras.layers.Dense(2, activation="softmax"))
model.compile(optimizer=keras.optimizers.AdamW(learning_rate=0.01, weight_decay=1e-4),
              loss=keras.losses.SparseCategoricalCrossentropy(),
              metrics=[keras.metrics.SparseCategoricalAccuracy(name="acc")])
stopper = keras.callbacks.EarlyStopping(monitor="val_loss", patience=3, restore_best_weights=True, verbose=1)
history = model.fit(x[:300], y[:300], validation_data=(x[300:], y[300:]), epochs=100, batch_size=16, callbacks=[stopper], verbose=0)
print(len(history.epoch), history.history["val_acc"][-1])
assert max(history.history["val_acc"]) > 0.8
