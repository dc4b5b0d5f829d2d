import numpy
from keras.models import Sequential
from keras.layers import Dense
from keras.layers import LSTM
from keras.layers.embeddings import Embedding
from keras.preprocessing import sequence

numpy.random.seed(7)
top_words = 50
max_review_length = 12
lengths = numpy.random.randint(4, 12, 400)
X = [list(numpy.random.randint(3, top_words, n)) for n in lengths]
y = numpy.array([1 if numpy.mean(x) > 26 else 0 for x in X])
X = sequence.pad_sequences(X, maxlen=max_review_length)
model = Sequential()
model.add(Embedding(top_words, 8, input_length=max_review_length))
model.add(LSTM(16))
model.add(Dense(1, activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
print(model.summary())
model.fit(X, y, nb_epoch=15, batch_size=16, verbose=0)
scores = model.evaluate(X, y, verbose=0)
print("Accuracy: %.2f%%" % (scores[1] * 100))
assert scores[1] > 0.8
