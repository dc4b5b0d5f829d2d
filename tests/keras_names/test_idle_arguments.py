"""Arguments that said how something was computed, and what a script gets wrong by itself."""

import pytest


def test_what_said_how_to_compute_is_left_out(run_script) -> None:
    """Workers, switches of the first tf.keras and options of files change no result, and end no script."""
    done = run_script(
        """
import numpy as np
from tensorflow import keras
from tensorflow.keras import layers
x, y = np.zeros((8, 3)), np.zeros((8, 1))
model = keras.Sequential([layers.Dense(2, input_shape=(3,), kernel_regularizer=keras.regularizers.l2(l=0.5)),
                          layers.BatchNormalization(fused=True, renorm=False), layers.Dense(1, dynamic=False)])
model.compile("sgd", "mse", run_eagerly=True, steps_per_execution=4, distribute=None, target_tensors=None)
model._make_predict_function()
kept = keras.callbacks.ModelCheckpoint("a.keras", options=None)
model.fit(x, y, shuffle="batch", workers=2, verbose=0, callbacks=[kept])
print(model.predict(x, workers=2, use_multiprocessing=True, verbose=0).shape)
model.train_on_batch(x, y, reset_metrics=False)
print(float(model.layers[0].kernel_regularizer.l2))
print(keras.activations.relu(np.array([-1.0]), alpha=0.5)[0], model.layers[0].activation.__name__)
print([weight.name for weight in model.trainable_weights], model.weights[0].path)
keras.backend.set_learning_phase(0)
layers.LSTM(2, time_major=True)
"""
    )
    assert done.stdout.splitlines() == [
        "(8, 1)",
        "0.5",
        "-0.5 linear",
        "['kernel', 'bias', 'gamma', 'beta', 'kernel', 'bias'] dense/kernel",
    ], done.stderr
    assert "train.py, line 18: LSTM: time_major=True is not supported" in done.stderr


def test_the_first_tensorflows_optimizers_are_todays_with_their_settings(run_script) -> None:
    """tf.train.AdamOptimizer and its like learn in compile; other names of tf.train are refused by name."""
    done = run_script(
        """
import tensorflow as tf
from tensorflow.python.client import device_lib
print([device.device_type for device in device_lib.list_local_devices()])
model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(2,))])
for optimizer in (tf.train.AdamOptimizer(0.01), tf.train.RMSPropOptimizer(0.01), tf.train.GradientDescentOptimizer(0.5),
                  tf.train.MomentumOptimizer(0.1, 0.9), tf.optimizers.Adagrad(0.1)):
    model.compile(optimizer=optimizer, loss=tf.losses.MeanSquaredError())
    model.fit([[0.0, 1.0]], [[1.0]], verbose=0)
    print(type(optimizer).__name__, getattr(optimizer, "epsilon", None))
tf.logging.set_verbosity(tf.logging.ERROR)
tf.enable_eager_execution()
print(tf.zeros_initializer()((2,)).tolist())
tf.train.Saver()
"""
    )
    assert done.stdout.splitlines() == [
        "['CPU']", "Adam 1e-08", "RMSprop 1e-10", "SGD None", "SGD None", "Adagrad 1e-07", "[0.0, 0.0]",
    ], done.stderr  # fmt: skip
    assert "tensorflow.train.Saver is not here" in done.stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("keras.callbacks.EarlyStopping(patientce=3)", "no argument called 'patientce'. Did you mean 'patience'?"),
        ("model.predict([[1.0]], bach_size=3)", "no argument called 'bach_size'. Did you mean 'batch_size'?"),
        ("model.fitt", "Sequential has nothing called 'fitt'. Did you mean 'fit'?"),
        ("model.layers[0].kernell", "Dense has nothing called 'kernell'. Did you mean 'kernel'?"),
    ],
)  # fmt: skip
def test_a_mistyped_argument_or_attribute_is_one_sentence(run_script, line, said) -> None:
    """The line of the script, what there is not, and the nearest that there is."""
    done = run_script(
        f"import keras\nmodel = keras.Sequential([keras.layers.Dense(1, input_shape=(1,))])\n{line}\n"
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("train.py, line 3: ")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_scripts_own_functions_keep_pythons_words(run_script) -> None:
    """A function of the script with a name of ours, called wrongly, ends in Python's own traceback."""
    done = run_script("import keras\ndef predict(x):\n    pass\npredict(y=1)\n")
    assert "Traceback" in done.stderr
    assert "TypeError: predict() got an unexpected keyword argument 'y'" in done.stderr


def test_a_loss_of_keras_3_may_name_itself_first() -> None:
    """Loss.__init__("mine") is the name, as in Keras 3; Loss.__init__("sum") is how losses are put together, as in Keras 2."""
    from chainrule import losses

    class Named(losses.Loss):
        def __init__(self, *arguments) -> None:
            super().__init__(*arguments)

        def call(self, y_true, y_pred):
            return y_pred - y_true

    mine = Named("mine", "sum")
    assert (mine.name, mine.reduction) == ("mine", "sum")
    assert Named("sum").reduction == "sum"
    assert Named("mine").reduction == "sum_over_batch_size"


def test_a_last_axis_of_one_may_be_missing_or_too_many() -> None:
    """Pictures (n, 8, 8) and (n, 8, 8, 1, 1) for a network of (8, 8, 1), as Keras takes them, with the same predictions."""
    import numpy as np

    import chainrule as keras

    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3), keras.layers.Flatten()])
    x = np.random.default_rng(0).normal(size=(3, 8, 8)).astype("float32")
    said = model.predict(x[..., None], verbose=0)
    np.testing.assert_array_equal(model.predict(x, verbose=0), said)
    np.testing.assert_array_equal(model.predict(x[..., None, None], verbose=0), said)
    with pytest.raises(ValueError, match="expects examples of shape"):
        model.predict(x[:, :4], verbose=0)
