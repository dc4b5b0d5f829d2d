import numpy as np
import keras
from keras import optimizers, losses, metrics, initializers, regularizers
from keras.layers import Dense, LeakyReLU
from keras.models import Sequential
from keras.regularizers import l2

np.random.seed(0)
x = np.random.randn(200, 6)
y = keras.utils.to_categorical(np.argmax(x[:, :3], axis=1), 3)
for optimizer in (optimizers.SGD(lr=0.1, momentum=0.9), optimizers.RMSprop(lr=0.01, rho=0.9, epsilon=None, decay=0.0),
                  optimizers.Adam(lr=0.01, beta_1=0.9, beta_2=0.999, epsilon=None, decay=0.0, amsgrad=False),
                  optimizers.Adagrad(lr=0.1), optimizers.Nadam(lr=0.01), 'adam'):
    model = Sequential()
    model.add(Dense(16, input_dim=6, kernel_initializer=initializers.RandomNormal(stddev=0.1),
                    kernel_regularizer=l2(1e-4), bias_initializer='zeros'))
    model.add(LeakyReLU(alpha=0.1))
    model.add(Dense(3, activation='softmax'))
    model.compile(optimizer=optimizer, loss=losses.categorical_crossentropy, metrics=['acc'])
    h = model.fit(x, y, epochs=40, batch_size=20, verbose=0)
    print(type(model.optimizer).__name__, h.history['acc'][-1])
    assert h.history['acc'][-1] > 0.8
