import numpy as np
import keras
keras.utils.set_random_seed(1)
from keras import layers


def block(x, units):
    shortcut = x
    x = layers.Dense(units, activation="relu")(x)
    x = layers.Dense(units)(x)
    x = layers.Add()([x, shortcut])
    return layers.LayerNormalization()(layers.Activation("relu")(x))


inputs = keras.Input(shape=(6,), name="features")
x = layers.Dense(16, activation="relu")(inputs)
for _ in range(2):
    x = block(x, 16)
price = layers.Dense(1, name="price")(x)
kind = layers.Dense(3, activation="softmax", name="kind")(x)
model = keras.Model(inputs=inputs, outputs=[price, kind])
model.compile(optimizer="adam", loss={"price": "mse", "kind": "sparse_categorical_crossentropy"},
              loss_weights={"price": 0.5, "kind": 1.0}, metrics={"kind": ["accuracy"]})
rng = np.random.default_rng(0)
data = rng.normal(size=(300, 6)).astype("float32")
target = data.sum(axis=1, keepdims=True)
label = data[:, :3].argmax(axis=1)
history = model.fit(data, {"price": target, "kind": label}, epochs=60, batch_size=20, verbose=0)
print(sorted(history.history))
assert history.history["kind_accuracy"][-1] > 0.85
p, k = model.predict(data[:4], verbose=0)
assert p.shape == (4, 1) and k.shape == (4, 3)
