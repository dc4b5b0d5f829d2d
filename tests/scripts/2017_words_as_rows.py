import numpy as np
import keras
from keras.models import Sequential
from keras.layers import Dense, Dropout, Activation
from keras.preprocessing.text import Tokenizer

np.random.seed(5)

max_words = 100
batch_size = 16
texts = ["good great fine film number %d" % i for i in range(40)] + ["bad poor weak film number %d" % i for i in range(40)]
labels = [0] * 40 + [1] * 40
tokenizer = Tokenizer(num_words=max_words)
tokenizer.fit_on_texts(texts)
x = tokenizer.texts_to_matrix(texts, mode='binary')
num_classes = np.max(labels) + 1
y = keras.utils.to_categorical(labels, num_classes)
print('x shape:', x.shape)

model = Sequential()
model.add(Dense(32, input_shape=(max_words,)))
model.add(Activation('relu'))
model.add(Dropout(0.5))
model.add(Dense(num_classes))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
history = model.fit(x, y, batch_size=batch_size, epochs=12, verbose=0, validation_split=0.1)
score = model.evaluate(x, y, batch_size=batch_size, verbose=1)
assert score[1] > 0.9
