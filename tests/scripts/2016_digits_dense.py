'''A dense network for digits, as it was written for Keras 1.'''
from __future__ import print_function
import numpy as np
np.random.seed(1337)  # for reproducibility

from keras.datasets import mnist
from keras.models import Sequential
from keras.layers.core import Dense, Dropout, Activation
from keras.optimizers import SGD, Adam, RMSprop
from keras.utils import np_utils

batch_size = 128
nb_classes = 10
nb_epoch = 3

(X_train, y_train), (X_test, y_test) = mnist.load_data()
X_train = X_train[:6000].reshape(6000, 784).astype('float32') / 255
X_test = X_test[:1000].reshape(1000, 784).astype('float32') / 255
print(X_train.shape[0], 'train samples')

Y_train = np_utils.to_categorical(y_train[:6000], nb_classes)
Y_test = np_utils.to_categorical(y_test[:1000], nb_classes)

model = Sequential()
model.add(Dense(128, input_shape=(784,)))
model.add(Activation('relu'))
model.add(Dropout(0.2))
model.add(Dense(nb_classes))
model.add(Activation('softmax'))
model.summary()

model.compile(loss='categorical_crossentropy', optimizer=RMSprop(), metrics=['accuracy'])
history = model.fit(X_train, Y_train, batch_size=batch_size, nb_epoch=nb_epoch, verbose=1,
                    validation_data=(X_test, Y_test))
score = model.evaluate(X_test, Y_test, verbose=0)
print('Test score:', score[0])
print('Test accuracy:', score[1])
assert score[1] > 0.75
