# Regression on a table, with standardised columns.
import numpy
from keras.models import Sequential
from keras.layers import Dense
from keras.optimizers import Adam

numpy.random.seed(7)
X = numpy.random.rand(400, 13)
weights = numpy.linspace(-3, 3, 13)
Y = X.dot(weights) + 20 + numpy.random.randn(400) * 0.1


def baseline_model():
    model = Sequential()
    model.add(Dense(13, input_dim=13, init='normal', activation='relu'))
    model.add(Dense(1, init='normal'))
    model.compile(loss='mean_squared_error', optimizer=Adam(lr=0.01))
    return model


model = baseline_model()
model.fit(X, Y, nb_epoch=150, batch_size=10, verbose=0)
error = model.evaluate(X, Y, verbose=0)
print("mean squared error: %.2f" % error)
assert error < 2
