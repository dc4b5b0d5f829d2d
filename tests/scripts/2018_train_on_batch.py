# A loop of one's own over batches, with a generator function.
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
import keras.backend as K

np.random.seed(0)
rng = np.random.RandomState(0)
x = rng.rand(128, 3)
y = (x[:, 0] > x[:, 1]).astype(int)


def batches(size):
    while True:
        rows = rng.randint(0, len(x), size)
        yield x[rows], y[rows]


model = Sequential([Dense(8, activation='relu', input_dim=3), Dense(1, activation='sigmoid')])
model.compile('adam', 'binary_crossentropy', metrics=['accuracy'])
source = batches(16)
for step in range(200):
    loss, acc = model.train_on_batch(*next(source))
K.set_value(model.optimizer.lr, 0.01)
model.fit_generator(batches(16), steps_per_epoch=30, epochs=3, verbose=0)
print(model.test_on_batch(x, y))
assert model.evaluate(x, y, verbose=0)[1] > 0.8
