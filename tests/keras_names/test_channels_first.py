"""Scripts whose pictures have their channels first, as Theano had them, run with the answers they had."""

SCRIPT = """
import numpy as np
from keras import backend as K
from keras.models import Sequential, Model, load_model
from keras.layers import *

x = np.random.RandomState(0).rand(6, 3, 12, 10).astype("float32")
def network(**last):
    a = Input((3, 12, 10) if not last else (12, 10, 3))
    order = last or {"data_format": "channels_first"}
    h = Conv2D(4, 3, activation="relu", padding="same", strides=(2, 1), **order)(a)
    h = BatchNormalization(axis=-1 if last else 1)(h)
    h = UpSampling2D((1, 2), **order)(ZeroPadding2D((1, 0), **order)(h))
    h = AveragePooling2D((2, 3), **order)(h)
    return Model(a, Dense(2)(GlobalMaxPooling2D(**order)(h)))
first, last = network(), network(data_format="channels_last")
last.set_weights(first.get_weights())
print(np.allclose(first.predict(x, verbose=0), last.predict(np.moveaxis(x, 1, -1), verbose=0), atol=1e-6))
for m, inputs in ((first, x), (last, np.moveaxis(x, 1, -1))):
    m.compile("sgd", "mse")
    m.fit(inputs, np.ones((6, 2)), epochs=3, shuffle=False, verbose=0)
print(np.allclose(first.predict(x, verbose=0), last.predict(np.moveaxis(x, 1, -1), verbose=0), atol=1e-5))
"""


def test_layers_with_channels_first_answer_and_learn_as_with_channels_last(run_script) -> None:
    """The same weights give the same answers for the turned pictures, before and after learning."""
    done = run_script(SCRIPT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["True", "True"]
    assert "its channels are first" in done.stderr


def test_the_order_of_a_whole_script_holds_for_every_layer_of_pictures(run_script) -> None:
    """After set_image_dim_ordering("th") the layers look for channels first; what is saved opens with the same answers."""
    done = run_script(
        SCRIPT.split("def network", maxsplit=1)[0]
        + """
K.set_image_dim_ordering("th")
m = Sequential([Conv2D(5, (3, 3), input_shape=(3, 12, 10)), MaxPooling2D((2, 2)), Flatten(), Dense(3, activation="softmax")])
m.compile("adam", "sparse_categorical_crossentropy")
m.fit(x, np.arange(6) % 3, verbose=0)
m.save("m.keras")
print(K.image_dim_ordering(), K.image_data_format(), np.allclose(load_model("m.keras").predict(x, verbose=0), m.predict(x, verbose=0), atol=1e-6))
K.set_image_data_format("channels_last")
print(Sequential([Conv2D(5, 3, input_shape=(12, 10, 3))]).output_shape[-1], len(m.layers))
from keras.preprocessing.image import ImageDataGenerator
print(ImageDataGenerator().flow(x.transpose(0, 2, 3, 1))[0].shape, ImageDataGenerator(data_format="channels_first").flow(x)[0].shape)
K.set_image_data_format("channels_first")
print(m.fit(ImageDataGenerator(horizontal_flip=True).flow(x, np.arange(6) % 3), verbose=0).epoch)
"""
    )
    assert done.stdout.splitlines() == [
        "th channels_first True",
        "5 8",
        "(6, 12, 10, 3) (6, 3, 12, 10)",
        "[0]",
    ], done.stderr


def test_the_shape_of_its_pictures_says_it_in_scripts_of_theanos_years(run_script) -> None:
    """(1, 28, 28) without a word about the order: Keras 1 took it from a file in the user's folder, and such scripts had Theano's."""
    done = run_script(
        """
from keras.layers import Convolution2D, Dense, Flatten, Input, MaxPooling2D
from keras.models import Model, Sequential
print(Sequential([Convolution2D(4, 3, 3, input_shape=(1, 28, 28)), MaxPooling2D((2, 2))]).output_shape)
print(Convolution2D(4, 3, 3, border_mode="same")(Input((1, 28, 28))).shape)
"""
    )
    assert done.stdout.splitlines() == ["(4, 13, 13)", "(None, 4, 28, 28)"], done.stderr
    assert "says that their channels are first" in done.stderr


def test_cifars_pictures_come_as_the_layers_take_them(run_script) -> None:
    """After set_image_dim_ordering("th") load_data gives (n, 3, 32, 32), as Keras does."""
    done = run_script(
        """
import numpy as np, chainrule.datasets.cifar10 as home
home.batches = lambda name, digest, parts, key: [(np.zeros((2, 32, 32, 3), "uint8"), np.zeros((2, 1), "uint8")) for _ in parts]
from keras import backend as K
from keras.datasets import cifar10
print(cifar10.load_data()[0][0].shape[1:])
K.set_image_dim_ordering("th")
print(cifar10.load_data()[1][0].shape)
"""
    )
    assert done.stdout.splitlines() == ["(32, 32, 3)", "(2, 3, 32, 32)"], done.stderr
