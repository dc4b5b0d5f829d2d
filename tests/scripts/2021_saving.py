import os
import tempfile
import numpy as np
import tensorflow as tf
from tensorflow.keras.models import Sequential, load_model, clone_model
from tensorflow.keras.layers import Dense

tf.random.set_seed(3)
folder = tempfile.mkdtemp()
x = np.random.rand(64, 4).astype("float32")
y = np.random.randint(0, 3, 64)
model = Sequential([Dense(8, "relu", input_shape=(4,), name="hidden"), Dense(3, "softmax", name="answer")], name="small")
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=2, verbose=0)
for name in ("model.h5", "model.keras"):
    model.save(os.path.join(folder, name))
    again = load_model(os.path.join(folder, name))
    assert np.allclose(again.predict(x, verbose=0), model.predict(x, verbose=0), atol=1e-6)
    again.fit(x, y, verbose=0)
model.save_weights(os.path.join(folder, "model.weights.h5"))
fresh = clone_model(model)
fresh.load_weights(os.path.join(folder, "model.weights.h5"))
assert np.allclose(fresh.predict(x, verbose=0), model.predict(x, verbose=0), atol=1e-6)
copied = Sequential.from_config(model.get_config())
copied.set_weights(model.get_weights())
print([layer.name for layer in copied.layers], model.get_layer("hidden").output_shape if hasattr(model.get_layer("hidden"), "output_shape") else "")
