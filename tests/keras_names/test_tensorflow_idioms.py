"""What scripts of TensorFlow's years say beside Keras's own names."""


def test_windows_of_a_series_are_pipelines_that_become_batches(run_script) -> None:
    """window, flat_map and batch give a model the last values and the next one."""
    done = run_script(
        """
import numpy as np
import tensorflow as tf
series = np.arange(20, dtype="float32")
data = tf.data.Dataset.from_tensor_slices(series).window(5, shift=1, drop_remainder=True)
data = data.flat_map(lambda part: part.batch(5)).map(lambda part: (part[:-1], part[-1:])).batch(8)
x, y = next(iter(data))
print(x.shape, y.shape, float(x[1, 0]), float(y[1, 0]))
model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(4,))])
model.compile("sgd", "mse")
print(len(model.fit(data.map(lambda x, y: (x / 20, y / 20)), epochs=2, verbose=0).history["loss"]))
pairs = tf.data.Dataset.range(2).concatenate(tf.data.Dataset.range(3)).enumerate(start=5)
print([(int(n), int(item)) for n, item in pairs])
"""
    )
    assert done.stdout.splitlines() == [
        "(8, 4) (8, 1) 1.0 5.0",
        "2",
        "[(5, 0), (6, 1), (7, 0), (8, 1), (9, 2)]",
    ], done.stderr


def test_switches_of_the_first_tensorflow_change_nothing(run_script) -> None:
    """Logging, eager switches, sessions and graphs are called and do nothing; what a session computes is refused by name."""
    done = run_script(
        """
import tensorflow as tf
tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
tf.compat.v1.disable_eager_execution()
tf.set_random_seed(1)
from keras import backend as K
config = tf.ConfigProto(gpu_options=tf.GPUOptions(per_process_gpu_memory_fraction=0.3))
config.gpu_options.allow_growth = True
K.set_session(tf.Session(config=config))
v1 = tf.compat.v1
v1.keras.backend.set_session(v1.Session(config=v1.ConfigProto(intra_op_parallelism_threads=1)))
tf.reset_default_graph()
with tf.get_default_graph().as_default(), tf.Session() as session:
    print("on")
session.run(None)
"""
    )
    assert done.stdout == "on\n", done.stderr
    assert "line 15: tensorflow.Session.run is not here" in done.stderr


def test_formats_that_were_said_beside_a_files_name_are_left_out(run_script) -> None:
    """save_format= of save and save_weights, load_weights(...).expect_partial(), and weights that answer .numpy()."""
    done = run_script(
        """
from tensorflow import keras
m = keras.Sequential([keras.layers.Dense(1, input_shape=(4,))])
m.save("a.h5", save_format="h5")
m.save("folder", save_format="tf")
m.save_weights("weights", save_format="tf")
m.load_weights("weights").expect_partial()
m.reset_metrics()
print(len(keras.models.load_model("folder").layers), m.layers[0].bias.numpy().shape, m.layers[0].kernel.numpy().shape)
"""
    )
    assert done.stdout == "1 (1,) (4, 1)\n", done.stderr
