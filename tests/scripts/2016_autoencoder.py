from keras.layers import Input, Dense
from keras.models import Model
from keras.datasets import mnist
import numpy as np

np.random.seed(7)

encoding_dim = 16
input_img = Input(shape=(784,))
encoded = Dense(encoding_dim, activation='relu')(input_img)
decoded = Dense(784, activation='sigmoid')(encoded)

autoencoder = Model(input=input_img, output=decoded)
encoder = Model(input=input_img, output=encoded)
encoded_input = Input(shape=(encoding_dim,))
decoder_layer = autoencoder.layers[-1]
decoder = Model(input=encoded_input, output=decoder_layer(encoded_input))
autoencoder.compile(optimizer='adadelta', loss='binary_crossentropy')

(x_train, _), (x_test, _) = mnist.load_data()
x_train = x_train[:2000].astype('float32') / 255.
x_train = x_train.reshape((len(x_train), np.prod(x_train.shape[1:])))
h = autoencoder.fit(x_train, x_train, nb_epoch=3, batch_size=256, shuffle=True, verbose=2)
imgs = encoder.predict(x_train[:10])
back = decoder.predict(imgs)
assert imgs.shape == (10, 16) and back.shape == (10, 784)
assert np.allclose(back, autoencoder.predict(x_train[:10]), atol=1e-5)
assert h.history['loss'][-1] < h.history['loss'][0]
