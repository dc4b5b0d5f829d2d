"""The years that a Keras script was written in, read from its source: some spellings meant something else then.

1  Keras 0.x and 1.x (2015, 2016): nb_epoch, output_dim=, border_mode, Convolution2D(32, 3, 3)
2  Keras 2 by itself (2017 to 2019): keras.utils.np_utils, keras.layers.core, lr=
3  tf.keras and Keras 3
"""

import ast
from dataclasses import dataclass

KERAS_1 = {
    "nb_epoch", "nb_filter", "nb_row", "nb_col", "output_dim", "border_mode", "init", "inner_init", "inner_activation",
    "W_regularizer", "b_regularizer", "W_constraint", "b_constraint", "show_accuracy", "samples_per_epoch",
    "nb_val_samples", "subsample", "dim_ordering", "filter_length", "class_mode", "dropout_W", "dropout_U", "nb_worker",
}  # fmt: skip
KERAS_1_MODULES = ("keras.objectives", "keras.utils.visualize_util")
KERAS_2_MODULES = (
    "keras.utils.np_utils", "keras.layers.core", "keras.layers.convolutional", "keras.layers.normalization",
    "keras.layers.recurrent", "keras.layers.embeddings", "keras.layers.advanced_activations", "keras.layers.pooling",
    "keras.layers.noise", "keras.layers.merge", "keras.layers.wrappers", "keras.wrappers.scikit_learn",
    "keras.utils.vis_utils", "keras.utils.generic_utils", "keras.engine", "keras.legacy",
)  # fmt: skip
LONG = {
    "mae": "mean_absolute_error", "mse": "mean_squared_error", "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
}  # fmt: skip
KERAS_2_NAMES = ("set_image_dim_ordering", "image_dim_ordering", "fit_generator", "predict_classes")


@dataclass(frozen=True)
class Era:
    """What a script's source says about its years.

    year: 1, 2 or 3, see above.  short_accuracy: whether it asks for the figures "acc" and "val_acc", the keys that
    metrics=["accuracy"] had until 2019.  long_metrics: "mae", "mse" ... where it asks for them as "mean_absolute_error" ...,
    their keys in those years.  trainable_when_compiled: whether `trainable` counts as it was at `compile`, as before Keras 3.
    seeds_by_numpy: whether np.random.seed may be what decides the first weights, as in Keras 1 and 2 (not in tf.keras).
    """

    year: int = 3
    short_accuracy: bool = False
    long_metrics: frozenset[str] = frozenset()
    trainable_when_compiled: bool = False
    seeds_by_numpy: bool = False


def era_of(source: str) -> Era:
    """Reads a script's source, without running it.

    >>> era_of("model.fit(x, y, nb_epoch=5)").year, era_of("from keras.utils import np_utils").year
    (1, 2)
    >>> era_of("plt.plot(h.history['val_acc'])").short_accuracy
    True
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # running it will say so
        return Era()
    arguments, names, modules, texts = set[str](), set[str](), set[str](), set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg:
            arguments.add(node.arg)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.add(node.value)
    alone = not any(module.split(".")[0] == "tensorflow" for module in modules)
    year = 3
    if arguments & KERAS_1 - {"output_dim"} or modules & set(KERAS_1_MODULES):
        year = 1
    elif alone and (
        any(module.startswith(KERAS_2_MODULES) for module in modules)
        or names & set(KERAS_2_NAMES)
        or "lr" in arguments
    ):
        year = 2
    short = any(text in ("acc", "val_acc") or "{acc" in text or "{val_acc:" in text for text in texts)
    long = any(text == "val_accuracy" or "{val_accuracy" in text for text in texts)
    asked = {text.removeprefix("val_") for text in texts if text.startswith("val_")} if alone else set()
    before_3 = year < 3 or not alone or bool(arguments & {"lr", "decay"})
    named = frozenset(name for name, key in LONG.items() if key in asked)
    return Era(year, short and not long, named, before_3, alone or year < 3)
