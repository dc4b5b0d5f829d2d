"""Names, files and imports of earlier years that Keras 3 has no more."""

IMPORTS = """
from keras.layers import Dense, Input, ThresholdedReLU, merge
from keras.layers.merge import add
from keras.regularizers import l1l2, activity_l1
from keras.initializers import normal, glorot_uniform
from keras.models import Sequential, load_model
from keras.callbacks import ModelCheckpoint
import keras.backend.tensorflow_backend as KTF
import numpy as np
"""


def test_names_of_earlier_years_are_what_they_were(run_script) -> None:
    """Regularizers, initializers, merge() and layers of Keras 1 work, with the numbers they had."""
    done = run_script(
        IMPORTS
        + """
first = Dense(3, input_dim=4, batch_size=8, W_regularizer=l1l2(l2=0.5), activity_regularizer=activity_l1(0.01), init=normal())
m = Sequential([first, ThresholdedReLU(theta=0.5), Dense(1)])
print(first.kernel_regularizer.get_config(), m.layers[1].threshold)
a, b = Input((3,)), Input((3,))
print(merge([a, b], mode="concat").shape, merge([a, b]).shape, add([a, b]).shape, glorot_uniform is not None)
"""
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["{'l1': 0.01, 'l2': 0.5} 0.5", "(None, 6) (None, 3) (None, 3) True"]
    assert "regularizers.activity_l1 is called L1 today." in done.stderr


def test_model_files_may_have_any_name(run_script, tmp_path) -> None:
    """What is saved as mnist.model, w.best or new/cp-1.ckpt is a file of that name, and is read again."""
    done = run_script(
        IMPORTS
        + """
m = Sequential([Dense(1, input_dim=4)])
m.compile("sgd", "mse")
x = np.ones((8, 4))
kept = ModelCheckpoint("new/cp-{epoch}.ckpt", save_weights_only=True), ModelCheckpoint("best.model")
m.fit(x, x[:, 0], nb_epoch=1, verbose=0, callbacks=list(kept))
m.save("mnist.model"); m.save_weights("w.best")
want = m.predict(x, verbose=0)
for load in (lambda: load_model("mnist.model"), lambda: load_model("best.model")):
    print((load().predict(x, verbose=0) == want).all())
for name in ("w.best", "new/cp-1.ckpt"):
    m.layers[0].set_weights([np.zeros((4, 1)), np.zeros(1)])
    m.load_weights(name)
    print((m.predict(x, verbose=0) == want).all())
"""
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True"] * 4
    assert {path.name for path in tmp_path.iterdir()} == {
        "best.model",
        "mnist.model",
        "new",
        "train.py",
        "w.best",
    }


def test_an_import_that_is_never_used_stops_nothing(run_script) -> None:
    """Scripts import what they do not use; only using it is refused, with its line."""
    vain = (
        "from keras.layers import TFSMLayer\nfrom tensorflow.python.tools import freeze_graph\nprint('on')\n"
    )
    done = run_script(vain)
    assert (done.returncode, done.stdout) == (0, "on\n"), done.stderr
    used = run_script(vain + "TFSMLayer('x')\n")
    assert used.returncode == 1
    assert "train.py, line 1: Keras's layers.TFSMLayer is not part of Chainrule" in used.stderr
    strict = run_script(vain, before=("--no-record", "--strict"))
    assert strict.returncode == 1
    hidden = run_script("from keras.layers import TFSMLayer\nglobals()['TFSM' + 'Layer']()\n")
    assert "line 2: Keras's layers.TFSMLayer is not part of Chainrule" in hidden.stderr


def test_star_imports_of_every_module(run_script) -> None:
    """`from keras.X import *` works for each module, and lower-case optimizers are classes, not files of ours."""
    modules = (
        "datasets",
        "layers",
        "optimizers",
        "models",
        "utils",
        "callbacks",
        "regularizers",
        "losses",
        "metrics",
    )
    lines = [f"from keras.{name} import *" for name in modules]
    done = run_script(
        "\n".join([*lines, "import keras", "print(type(keras.optimizers.rmsprop(lr=0.1)).__name__)"])
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "RMSprop\n"


def test_short_names_of_losses_are_the_losses(run_script) -> None:
    """keras.losses.mse, KLD and the like are today's functions; VarianceScaling(distribution="normal") is the truncated one."""
    done = run_script("""
import keras
from keras.losses import mse, MAE, KLD, logcosh
from keras.objectives import mape
from keras import losses, initializers
print(mse is losses.mean_squared_error, MAE is losses.mean_absolute_error, KLD is losses.kl_divergence, logcosh is losses.log_cosh)
print(mape is losses.mean_absolute_percentage_error, initializers.VarianceScaling(distribution="normal").distribution)
""")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["True True True True", "True truncated_normal"]


def test_tensorflow_in_a_script_does_not_disturb_other_packages(run_script) -> None:
    """What others ask of a `tensorflow` that is imported is answered: an array of NumPy is no tensor, a result is one."""
    done = run_script("""
import tensorflow as tf, numpy as np
from keras import backend as K
print(tf.is_tensor(np.ones(2)), tf.is_tensor(np.float64(1)), tf.is_tensor(1.0), tf.is_tensor(tf.constant(1.0)), K.tf is tf)
print(tf.test.is_gpu_available(), repr(tf.test.gpu_device_name()), tf.test.is_built_with_cuda())
with tf.device("/cpu:0"):
    print("here")
""")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["False False False True True", "False '' False", "here"]


def test_merge_of_keras_1_joins_values_and_models(run_script) -> None:
    """Merge called with values is merge(); as a Sequential's first layer it makes a network of several inputs that learns and opens."""
    done = run_script("""
import numpy as np
from keras.models import Sequential, load_model
from keras.layers import Activation, Dense, Input, InputLayer, Merge
from keras.utils.np_utils import to_categorical
print(Merge(mode="concat")([Input((2,)), Input((3,))]).shape, to_categorical([0, 2], dtype="int8").dtype)
m = Sequential()
m.add(Merge([Sequential([Dense(4, input_dim=n)]) for n in (2, 3)], mode="concat"))
m.add(Dense(2)), m.add(Activation("tanh")), m.add(Dense(1))
m.compile("sgd", "mse")
x = [np.ones((4, 2)), np.ones((4, 3))]
losses = m.fit(x, np.zeros(4), nb_epoch=3, verbose=0).history["loss"]
m.save("joined.keras")
same = np.allclose(load_model("joined.keras").predict(x, verbose=0), m.predict(x, verbose=0))
again = Sequential([Merge([m, Sequential([InputLayer(input_shape=(5,)), Dense(1)])], mode="sum"), Dense(7)])
print(losses[-1] < losses[0], same, m.count_params(), again.predict([*x, np.ones((4, 5))], verbose=0).shape)
m.add(Merge([again, again], mode="sum"))
""")
    assert done.stdout.splitlines() == ["(None, 5) int8", "True True 49 (4, 7)"], done.stderr
    assert (
        done.stderr.splitlines()[-1]
        == "train.py, line 17: Merge of models can only come first in a Sequential."
    )


def test_gates_have_the_hard_sigmoid_of_their_years(run_script) -> None:
    """LSTM and GRU of Keras 1 and 2, and whatever says hard_sigmoid there: 0.2 x + 0.5; today's in a script of today."""
    body = """
for layer in (LSTM(2), GRU(2), LSTM(2, recurrent_activation="sigmoid"), Dense(2, activation="hard_sigmoid"), Activation("hard_sigmoid")):
    print(getattr(layer, "recurrent_activation", layer.activation), getattr(layer, "reset_after", None))
"""
    old = run_script(
        "from keras.layers.core import Dense, Activation\nfrom keras.layers import GRU, LSTM" + body
    )
    new = run_script("from keras.layers import Activation, Dense, GRU, LSTM" + body)
    assert (old.returncode, new.returncode) == (0, 0), old.stderr + new.stderr
    then = "hard_sigmoid_of_keras_2"
    assert old.stdout.splitlines() == [
        f"{then} None",
        f"{then} False",
        "sigmoid None",
        f"{then} None",
        f"{then} None",
    ]
    assert new.stdout.splitlines() == [
        "sigmoid None",
        "sigmoid True",
        "sigmoid None",
        *["hard_sigmoid None"] * 2,
    ]
    assert "0.2 x + 0.5" in old.stderr


def test_files_of_kerass_own_folders_give_the_names_that_were_taken_from_them(run_script) -> None:
    """keras.engine.saving, keras.src.layers, optimizer_v2.adam, keras_preprocessing; a mistyped one is refused with the nearest."""
    done = run_script(
        """
import keras
from keras.engine.saving import load_model
from keras.src.layers import Dense
from tensorflow.python.keras.optimizer_v2.adam import Adam
from keras_preprocessing.text import Tokenizer
print(load_model is keras.models.load_model, Dense is keras.layers.Dense, Adam is keras.optimizers.Adam)
print(Tokenizer is keras.preprocessing.text.Tokenizer)
import keras.layers.cor
"""
    )
    assert done.stdout.split() == ["True"] * 4, done.stderr
    assert "Keras has no module keras.layers.cor. Did you mean keras.layers.core?" in done.stderr


def test_labels_below_0_count_from_the_last_class_as_in_keras(run_script) -> None:
    """to_categorical of -1 and 1 with two classes is what Keras made of it, and said."""
    done = run_script("import keras\nprint(keras.utils.to_categorical([0, -1, 1], 2).argmax(1))\n")
    assert done.stdout.strip() == "[0 1 1]"
    assert "so that -1 is 1" in done.stderr
    assert run_script("import keras\nkeras.utils.to_categorical([0, -3], 2)\n").returncode == 1


def test_what_a_model_answers_is_a_number_where_it_is_one(run_script) -> None:
    """float(model(x)), and f"{...:.2f}", for one example with one output."""
    done = run_script(
        """
import keras, numpy as np
answer = keras.Sequential([keras.layers.Dense(1, input_shape=(2,), bias_initializer="ones")])(np.zeros((1, 2)))
print(float(answer), int(answer), f"{answer:.2f}", "%.1f" % answer)
"""
    )
    assert done.stdout.split() == ["1.0", "1", "1.00", "1.0"], done.stderr


def test_an_array_of_one_prediction_is_a_number(run_script) -> None:
    """'%d' % predictions[0] and float(model.predict(x)), which NumPy refuses since 2026, give the number; sums are plain numbers."""
    done = run_script(
        """
import math, pickle
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
m = Sequential([Dense(1, activation="sigmoid", kernel_initializer="zeros", input_shape=(2,))])
x = np.ones((3, 2))
p = m.predict(x, verbose=0)
print("%d %d %.2f" % (m.predict_classes(x)[0], (p >= 0.5).astype(int)[0], p[1]), float(p[0]), math.sqrt(p[0]) > 0.7)
print(type(p.sum()).__name__, type(p[0, 0]).__name__, type(pickle.loads(pickle.dumps(p))).__name__)
float(p)
"""
    )
    assert done.stdout.splitlines() == ["0 1 0.50 0.5 True", "float32 float32 ndarray"], done.stderr
    assert "array.item()" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("TypeError: only")


def test_names_stand_where_scripts_of_all_years_looked_for_them(run_script) -> None:
    """optimizers.adam_v2, models.Input, initializations, image.image, keras.Layer, and TensorFlow 1's names of functions of arrays."""
    done = run_script(
        """
import keras
import numpy as np
import tensorflow as tf
from keras import backend as K
from keras import initializations
from keras.engine import Model
from keras.models import Input, Sequential
from keras.optimizers import adam_v2, gradient_descent_v2
from keras.preprocessing.image import image
import tensorflow.compat.v1 as v1

class Doubled(keras.Layer):
    def call(self, x):
        with K.name_scope("twice"), tf.name_scope("twice"):
            return 2 * x

print(isinstance(keras.losses.MeanSquaredError(), keras.Loss), issubclass(keras.optimizers.Adam, keras.Optimizer))
m = Sequential([Doubled(), keras.layers.Dense(1, kernel_initializer=initializations.normal())])
m.compile(adam_v2.Adam(learning_rate=0.1), "mse")
m.fit(np.ones((4, 2)), np.ones(4), verbose=0)
print(m.optimizer.learning_rate, gradient_descent_v2.SGD is keras.optimizers.SGD, image.img_to_array(np.ones((2, 2))).shape)
print(tf.to_float([1]).dtype, float(tf.log(1.0)), float(tf.squared_difference(3.0, 1.0)), tf.sequence_mask([1, 2]).tolist())
print(tf.random_normal((2, 3)).shape, v1.reduce_mean([1.0, 3.0]).numpy(), v1.float32 is np.float32)
print(np.asarray(K.bias_add(np.zeros((1, 3, 2, 2)), np.array([1.0, 2.0, 3.0]), "channels_first"))[0, :, 0, 0])
print(tf.data.experimental.cardinality(tf.data.Dataset.range(3)).numpy())
for name in ("layers.dense", "data.experimental.make_csv_dataset", "compat.v1.get_variable"):
    try:
        thing = tf
        for part in name.split("."):
            thing = getattr(thing, part)
    except AttributeError as problem:
        print(problem)
"""
    )
    assert done.stdout.splitlines() == [
        "True True",
        "0.1 True (2, 2, 1)",
        "float32 0.0 4.0 [[True, False], [True, True]]",
        "(2, 3) 2.0 True",
        "[1. 2. 3.]",
        "3",
        "tensorflow.layers is not here: Chainrule stands in for TensorFlow's Keras only. Instead: tf.keras.layers.",
        "tensorflow.data.experimental.make_csv_dataset is not here: Chainrule stands in for TensorFlow's Keras only.",
        "tensorflow.compat.v1.get_variable is not here: Chainrule stands in for TensorFlow's Keras only. Instead: Keras's models need no graph or session.",
    ], done.stderr
