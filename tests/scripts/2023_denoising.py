import numpy as np
from keras.layers import Input, Conv2D, MaxPooling2D, UpSampling2D
from keras.models import Model
from keras.datasets import mnist
from keras.utils import set_random_seed

set_random_seed(4)
(x, _), _ = mnist.load_data()
x = (x[:300].astype("float32") / 255.0)[..., None]
noisy = np.clip(x + 0.4 * np.random.default_rng(0).normal(size=x.shape), 0, 1).astype("float32")
inputs = Input(shape=(28, 28, 1))
h = Conv2D(8, (3, 3), activation="relu", padding="same")(inputs)
h = MaxPooling2D((2, 2), padding="same")(h)
h = Conv2D(8, (3, 3), activation="relu", padding="same")(h)
h = UpSampling2D((2, 2))(h)
outputs = Conv2D(1, (3, 3), activation="sigmoid", padding="same")(h)
model = Model(inputs, outputs)
model.compile(optimizer="adam", loss="binary_crossentropy")
history = model.fit(noisy, x, epochs=6, batch_size=20, verbose=0)
assert model.predict(noisy[:3], verbose=0).shape == (3, 28, 28, 1)
assert history.history["loss"][-1] < 0.95 * history.history["loss"][0]
