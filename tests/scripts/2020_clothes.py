# TensorFlow's style of 2020: logits, a loss object, and a second model around the first.
import tensorflow as tf
tf.random.set_seed(2)
from tensorflow import keras
import numpy as np

print(tf.__version__)
(train_images, train_labels), (test_images, test_labels) = keras.datasets.mnist.load_data()
class_names = [str(n) for n in range(10)]
train_images, train_labels = train_images[:3000] / 255.0, train_labels[:3000]
model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    keras.layers.Dense(64, activation='relu'),
    keras.layers.Dense(10)
])
predictions = model(train_images[:1]).numpy()
print(tf.nn.softmax(predictions).numpy())
loss_fn = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
assert 1 < loss_fn(train_labels[:1], predictions).numpy() < 5
model.compile(optimizer='adam', loss=loss_fn, metrics=['accuracy'])
model.fit(train_images, train_labels, epochs=2, verbose=2)
test_loss, test_acc = model.evaluate(test_images[:500] / 255.0, test_labels[:500], verbose=2)
probability_model = tf.keras.Sequential([model, tf.keras.layers.Softmax()])
predictions = probability_model.predict(test_images[:500] / 255.0)
assert abs(predictions[0].sum() - 1) < 1e-4
assert (np.argmax(predictions, axis=1) == test_labels[:500]).mean() > 0.75
print(probability_model(test_images[:5] / 255.0))
print(class_names[np.argmax(predictions[0])])
