import numpy as np
np.random.seed(4)
from keras.models import Sequential
from keras.layers import LSTM, Dense
from keras.preprocessing.sequence import TimeseriesGenerator

series = np.sin(np.arange(300) / 8.0).astype('float32')
n_input = 10
generator = TimeseriesGenerator(series.reshape(-1, 1), series, length=n_input, batch_size=16)
model = Sequential()
model.add(LSTM(12, activation='tanh', input_shape=(n_input, 1)))
model.add(Dense(1))
model.compile(optimizer='adam', loss='mse')
model.fit_generator(generator, steps_per_epoch=len(generator), epochs=25, verbose=0)
loss = model.evaluate_generator(generator, steps=len(generator))
print(loss)
assert loss < 0.1
print(model.predict(series[-n_input:].reshape(1, n_input, 1), verbose=0))
