"""Spellings of earlier years work under `chainrule run`, mean what they meant, and are named once with today's."""

import pytest

DATA = (
    "import numpy as np\nx, y = np.random.RandomState(0).rand(96, 4).astype('float32'), np.arange(96) % 3\n"
)

OLD_AND_NEW = {
    "keras 1": (
        """
from keras.models import Sequential
from keras.layers.core import Dense, Dropout, Activation
from keras.utils import np_utils
model = Sequential()
model.add(Dense(8, input_dim=4, init='uniform', W_regularizer='l2'))
model.add(Activation('relu'))
model.add(Dropout(p=0.25))
model.add(Dense(output_dim=3, init='normal', bias=True))
model.add(Activation('softmax'))
""",
        "kernel_initializer", "units", "rate", "use_bias",
    ),
    "no arguments in today's places": (
        """
from keras.models import Sequential
from keras.layers import Dense
from keras.objectives import categorical_crossentropy
model = Sequential([Dense(4, 8, init='uniform'), Dense(3, 'normal', 'softmax')])
""",
        "input_shape=(4,)", "kernel_initializer", "keras.losses",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", OLD_AND_NEW)
def test_old_layers_are_built_and_named(what, run_script) -> None:
    """The model is the one that was meant, and each older word is answered with today's, once, with its line."""
    code, *words = OLD_AND_NEW[what]
    done = run_script(code + "model.summary()\nprint(model.layers[0].get_weights()[0].std() < 0.04)")
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("True")
    for word in words:
        assert word in done.stderr
    notes = done.stderr.splitlines()
    assert len(set(notes)) == len(notes)
    assert all(note.startswith("train.py:") for note in notes)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("from keras.optimizers import SGD\no = SGD(lr=0.5)\nprint(float(o.learning_rate), float(o.lr))", "0.5 0.5"),
        ("from keras.optimizers import SGD\no = SGD(lr=0.5, decay=0.1)\nprint(float(o.learning_rate(10)), float(o.lr))", "0.25 0.5"),
        ("from keras.optimizers import SGD\no = SGD(0.5, decay=0.1)\nprint(float(o.learning_rate(10)))", "0.25"),
        ("from keras.optimizers import Adam\nprint(Adam(lr=1e-3, epsilon=None).epsilon)", "1e-07"),
        ("from keras.optimizers import Adagrad\nfrom keras.utils import np_utils\nprint(float(Adagrad().learning_rate))", "0.01"),
        ("from keras.optimizers import Adagrad\nprint(float(Adagrad().learning_rate))", "0.001"),
        ("import keras.backend as K\nfrom keras.optimizers import SGD\no = SGD(lr=0.5)\nK.set_value(o.lr, 0.25)\nprint(o.learning_rate)", "0.25"),
        ("import keras.backend as K\nfrom keras.optimizers import SGD\no = SGD(lr=0.5, decay=0.1)\nK.set_value(o.lr, 1)\nprint(float(o.learning_rate(10)))", "0.5"),
        ("from keras.utils.np_utils import to_categorical\nprint(to_categorical([1], nb_classes=3).tolist())", "[[0.0, 1.0, 0.0]]"),
    ],
)  # fmt: skip
def test_an_old_setting_has_its_old_meaning(code, expected, run_script) -> None:
    """lr, decay, epsilon=None and the rates that optimizers had by themselves."""
    done = run_script(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == expected


MODEL = (
    DATA
    + """
import keras
m = keras.Sequential([keras.layers.Dense(3, activation='softmax', input_shape=(4,))])
m.compile('adam', 'sparse_categorical_crossentropy', metrics=['accuracy'])
"""
)


def test_the_old_keys_of_history(run_script) -> None:
    """A script that asks for "acc" and "val_acc" finds them, in callbacks and file names, too."""
    done = run_script(
        MODEL
        + """
import glob
c = keras.callbacks.ModelCheckpoint('w.{epoch:02d}-{val_acc:.2f}.keras', monitor='val_acc', save_best_only=True)
h = m.fit(x, y, nb_epoch=2, verbose=0, validation_split=0.25, callbacks=[c])
print(sorted(h.history), len(h.history['acc']), len(h.history['accuracy']), bool(glob.glob('w.0*.keras')))
"""
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "['acc', 'loss', 'val_acc', 'val_loss'] 2 2 True"


def test_old_methods_of_models(run_script) -> None:
    """predict_classes and predict_proba, and the generators' arguments that mean nothing any more."""
    done = run_script(
        MODEL
        + """
print(m.predict_classes(x).shape, m.predict_classes(x).dtype.kind, m.predict_proba(x, batch_size=8, verbose=0).shape)
m.fit(x, y, verbose=0, workers=4, use_multiprocessing=True)
b = keras.Sequential([keras.layers.Dense(1, activation='sigmoid', input_shape=(4,))])
print(b.predict_classes(x).shape, sorted(set(b.predict_classes(x).ravel()) | {0, 1}))
"""
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[0] == "(96,) i (96, 3)"
    assert "(96, 1)" in done.stdout
    assert "model.predict_classes(x) is" in done.stderr


@pytest.mark.parametrize(
    "code",
    [
        "from keras.optimizers import SGD\nSGD(lr=0.1)", "from keras.layers import Dense\nDense(output_dim=3)",
        "from keras.layers.core import Dense", "from keras.utils import np_utils",
        MODEL + "m.fit(x, y, nb_epoch=2)", MODEL + "m.predict_classes(x)",
    ],
)  # fmt: skip
def test_strict_refuses_as_keras_3_does(code, run_script) -> None:
    """With --strict an older spelling is an error."""
    done = run_script(code, before=("--no-record", "--strict"))
    assert done.returncode == 1
    assert done.stderr.strip()
    assert run_script(code).returncode == 0


def test_what_tensorflow_scripts_do_with_results(run_script) -> None:
    """.numpy() on predictions, losses and metrics; tf.nn.softmax as a function and as an activation."""
    done = run_script(
        DATA
        + """
import tensorflow as tf
tf.random.set_seed(1)
m = tf.keras.Sequential([tf.keras.layers.Dense(3, activation=tf.nn.softmax, input_shape=(4,))])
p = m(x[:2]).numpy()
print(type(p).__name__, p.shape, tf.nn.softmax(p).numpy().sum(axis=1).round(3).tolist())
loss = tf.keras.losses.SparseCategoricalCrossentropy()
print(float(loss(y[:2], p).numpy()) > 0, f"{loss(y[:2], p):.1f}" != "")
print(tf.reduce_mean(tf.constant([1.0, 3.0])).numpy(), tf.cast([1.7], tf.int32).numpy(), tf.argmax([[1, 3]], axis=1).numpy())
d = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(10).batch(32).prefetch(tf.data.AUTOTUNE)
print(len(d), [tuple(a.shape) for a, b in d])
words = tf.keras.layers.StringLookup(vocabulary=["a"])
print(words(["a"]).numpy(), tf.keras.layers.Softmax()(np.array([[1.0, 1.0]])).numpy())
"""
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "ndarray (2, 3) [1.0, 1.0]", "True True", "2.0 [1] [1]", "3 [(32, 4), (32, 4), (32, 4)]", "[1] [[0.5 0.5]]",
    ]  # fmt: skip
