from __future__ import print_function
import numpy as np
np.random.seed(1337)
from keras.datasets import mnist
from keras.models import Sequential
from keras.layers import Dense, Dropout, Activation, Flatten
from keras.layers import Convolution2D, MaxPooling2D
from keras.utils import np_utils
from keras import backend as K
K.set_image_dim_ordering('tf')

nb_filters = 8
nb_pool = 2
nb_conv = 3
(X, y), _ = mnist.load_data()
X = X[:1500].reshape(1500, 28, 28, 1).astype('float32')
X /= 255
Y = np_utils.to_categorical(y[:1500], 10)

model = Sequential()
model.add(Convolution2D(nb_filters, nb_conv, nb_conv, border_mode='valid', input_shape=(28, 28, 1)))
model.add(Activation('relu'))
model.add(Convolution2D(nb_filters, nb_conv, nb_conv, subsample=(2, 2)))
model.add(Activation('relu'))
model.add(MaxPooling2D(pool_size=(nb_pool, nb_pool)))
model.add(Dropout(0.25))
model.add(Flatten())
model.add(Dense(32, init='he_normal'))
model.add(Activation('relu'))
model.add(Dense(10))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adadelta', metrics=['accuracy'])
assert model.layers[0].get_weights()[0].shape == (3, 3, 1, 8)
model.fit(X, Y, batch_size=50, nb_epoch=2, verbose=2, show_accuracy=True)
score = model.evaluate(X, Y, verbose=0)
print('accuracy', score[1])
assert score[1] > 0.5
