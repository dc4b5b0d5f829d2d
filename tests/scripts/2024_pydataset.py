import math
import numpy as np
import keras
keras.utils.set_random_seed(2)


class Rows(keras.utils.PyDataset):
    def __init__(self, x, y, batch_size, **kwargs):
        super().__init__(**kwargs)
        self.x, self.y, self.batch_size = x, y, batch_size
        self.epochs = 0

    def __len__(self):
        return math.ceil(len(self.x) / self.batch_size)

    def __getitem__(self, index):
        low = index * self.batch_size
        high = min(low + self.batch_size, len(self.x))
        return self.x[low:high], self.y[low:high]

    def on_epoch_end(self):
        self.epochs += 1


rng = np.random.default_rng(0)
x = rng.random((150, 4)).astype("float32")
y = (x[:, 0] > 0.5).astype("float32")
data = Rows(x, y, 20, workers=2, use_multiprocessing=False)
model = keras.Sequential([keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(1, activation="sigmoid")])
model.compile(optimizer=keras.optimizers.Adam(0.05), loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(data, epochs=12, validation_data=Rows(x, y, 50), verbose=0)
assert data.epochs == 12
print(history.history["val_accuracy"][-1], model.evaluate(data, verbose=0))
assert model.evaluate(data, verbose=0)[1] > 0.8
assert model.predict(data, verbose=0).shape == (150, 1)
