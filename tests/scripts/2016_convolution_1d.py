from __future__ import print_function
import numpy as np
np.random.seed(1)
from keras.models import Sequential
from keras.layers import Dense, Dropout, Activation, Convolution1D, GlobalMaxPooling1D, Embedding

X = np.random.randint(1, 60, (300, 20))
y = (X == 7).any(axis=1).astype('int32')
X[::2, 5] = 7
y[::2] = 1
model = Sequential()
model.add(Embedding(60, 12, input_length=20))
model.add(Convolution1D(nb_filter=16, filter_length=3, border_mode='valid', activation='relu', subsample_length=1))
model.add(GlobalMaxPooling1D())
model.add(Dense(8))
model.add(Dropout(0.1))
model.add(Activation('relu'))
model.add(Dense(1))
model.add(Activation('sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
model.fit(X, y, batch_size=32, nb_epoch=40, verbose=0)
acc = model.evaluate(X, y, verbose=0)[1]
print('accuracy', acc)
assert acc > 0.9
