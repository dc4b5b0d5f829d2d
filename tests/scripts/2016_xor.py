import numpy as np
from keras.models import Sequential
from keras.layers.core import Dense, Activation
from keras.optimizers import SGD

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
y = np.array([[0], [1], [1], [0]], "float32")
np.random.seed(3)
model = Sequential()
model.add(Dense(8, input_dim=2, init='glorot_normal'))
model.add(Activation('tanh'))
model.add(Dense(output_dim=1))
model.add(Activation('sigmoid'))
sgd = SGD(lr=0.05, decay=1e-6, momentum=0.9, nesterov=True)
model.compile(loss='binary_crossentropy', optimizer=sgd, class_mode='binary')
model.fit(X, y, nb_epoch=500, batch_size=1, verbose=0, show_accuracy=True)
print(model.predict_proba(X, verbose=0))
assert model.predict_classes(X, verbose=0).ravel().tolist() == [0, 1, 1, 0]
