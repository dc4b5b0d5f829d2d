"""Which of Keras's modules, of any year, is which of ours.

A module is a tuple of homes: a name is looked for in the first, then in the next. Names with "+" are of this folder.
"""

LAYERS = ("chainrule.layers", "+old_layers", "+old_functions")
UTILS = ("chainrule.utils", "+old_functions")
CURRENT: dict[str, tuple[str, ...]] = {
    "": ("chainrule",),
    "activations": ("chainrule.activations",),
    "applications": ("chainrule.pretrained",),
    "backend": ("chainrule.backend", "+old_backend"),
    "callbacks": ("chainrule.callbacks",),
    "config": ("chainrule.backend",),
    "constraints": ("chainrule.constraints",),
    "datasets": ("chainrule.datasets",),
    "initializers": ("chainrule.initializers",),
    "layers": LAYERS,
    "losses": ("chainrule.losses", "+old_losses"),
    "metrics": ("chainrule.metrics",),
    "models": ("chainrule.models", "+old_models"),
    "ops": ("chainrule.ops",),
    "ops.image": ("chainrule.ops",),
    "ops.numpy": ("chainrule.ops",),
    "ops.nn": ("chainrule.ops",),
    "optimizers": ("chainrule.optimizers",),
    "optimizers.schedules": ("chainrule.optimizers.schedules",),
    "preprocessing": ("chainrule.preprocessing",),
    "preprocessing.image": ("chainrule.preprocessing.image",),
    "preprocessing.sequence": ("chainrule.preprocessing.sequence",),
    "preprocessing.text": ("chainrule.preprocessing.text",),
    "random": ("chainrule.ops.random",),
    "regularizers": ("chainrule.regularizers", "+old_functions"),
    "saving": ("chainrule.saving",),
    "utils": UTILS,
    "wrappers": ("chainrule.wrappers",),
} | {
    f"datasets.{name}": (f"chainrule.datasets.{name}",)
    for name in (
        "boston_housing", "california_housing", "cifar10", "cifar100", "fashion_mnist", "imdb", "mnist", "reuters",
    )
}  # fmt: skip

# Places that names had in earlier years, and what is said about them.
OLD: dict[str, tuple[str, ...]] = {
    "applications.imagenet_utils": ("chainrule.pretrained",),
    "backend.tensorflow_backend": ("chainrule.backend", "+old_backend"),
    "engine": (*LAYERS, "chainrule.models"),
    "engine.topology": (*LAYERS, "chainrule.models"),
    "engine.training": ("chainrule.models",),
    "engine.sequential": ("chainrule.models",),
    "engine.base_layer": LAYERS,
    "initializations": ("chainrule.initializers",),
    "layers.advanced_activations": LAYERS,
    "layers.convolutional": LAYERS,
    "layers.core": LAYERS,
    "layers.embeddings": LAYERS,
    "layers.experimental": LAYERS,
    "layers.experimental.preprocessing": LAYERS,
    "layers.merge": LAYERS,
    "layers.merging": LAYERS,
    "layers.noise": LAYERS,
    "layers.normalization": LAYERS,
    "layers.pooling": LAYERS,
    "layers.recurrent": LAYERS,
    "layers.wrappers": LAYERS,
    "legacy.preprocessing": ("chainrule.preprocessing",),
    "legacy.preprocessing.image": ("chainrule.preprocessing.image",),
    "legacy.preprocessing.sequence": ("chainrule.preprocessing.sequence",),
    "legacy.preprocessing.text": ("chainrule.preprocessing.text",),
    "objectives": ("chainrule.losses", "+old_losses"),
    "optimizers.experimental": ("chainrule.optimizers",),
    "optimizers.legacy": ("chainrule.optimizers",),
    "preprocessing.timeseries": ("chainrule.preprocessing",),
    "utils.data_utils": UTILS,
    "utils.generic_utils": UTILS,
    "utils.layer_utils": UTILS,
    "utils.np_utils": UTILS,
    "utils.vis_utils": UTILS,
    "utils.io_utils": UTILS,
    "utils.training_utils": UTILS,
    "utils.visualize_util": UTILS,
    "wrappers.scikit_learn": ("+old_wrappers", "chainrule.wrappers"),
}
MODELS = ("chainrule.models",)
OPTIMIZERS = ("chainrule.optimizers",)
INSIDE: dict[str, tuple[tuple[str, ...], str]] = {  # files of Keras's own folders, which scripts took names from
    "callbacks": (("chainrule.callbacks",), "callbacks callbacks_v1 tensorboard_v1"),
    "engine": ((*LAYERS, "chainrule.models"), "functional input_layer input_spec keras_tensor network node saving"),
    "layers": (
        LAYERS,
        ("attention convolutional_recurrent core.activation core.dense core.dropout core.embedding cudnn_recurrent gru local lstm "
        "normalization.batch_normalization normalization.layer_normalization recurrent_v2 rnn"),
    ),
    "legacy": (LAYERS, "interfaces layers"),
    "losses": (("chainrule.losses",), "losses"),
    "metrics": (("chainrule.metrics",), "metrics"),
    "models": (MODELS, "cloning functional model sequential"),
    "optimizer_v1": (OPTIMIZERS, ""),
    "optimizer_v2": (OPTIMIZERS, "adadelta adagrad adam adamax gradient_descent nadam optimizer_v2 rmsprop"),
    "optimizers": (
        OPTIMIZERS, "adadelta_v2 adagrad_v2 adam_v2 adamax_v2 gradient_descent_v2 nadam_v2 rmsprop_v2 adadelta adagrad adam adamax adamw nadam optimizer optimizer_experimental optimizer_v1 optimizer_v2 rmsprop sgd",
    ),
    "preprocessing": (("chainrule.preprocessing", "chainrule.utils"), "image_dataset text_dataset"),
    "preprocessing.image": (("chainrule.preprocessing.image",), "image"),
    "preprocessing.sequence": (("chainrule.preprocessing.sequence",), "sequence"),
    "preprocessing.text": (("chainrule.preprocessing.text",), "text"),
    "saving": (MODELS, "hdf5_format legacy model_config save saving_api"),
    "utils": (UTILS, "conv_utils losses_utils multi_gpu_utils numerical_utils test_utils tf_utils"),
}  # fmt: skip
for _folder, (_homes, _files) in INSIDE.items():
    for _place in (_folder, *(f"{_folder}.{file}" for file in _files.split())):
        if _place not in CURRENT:
            OLD.setdefault(_place, _homes)

SHORT = {
    "cosine": "cosine_similarity", "cosine_proximity": "cosine_similarity", "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
} | {
    word: name
    for short, name in (
        ("bce", "binary_crossentropy"), ("kld", "kl_divergence"), ("mae", "mean_absolute_error"),
        ("mape", "mean_absolute_percentage_error"), ("mse", "mean_squared_error"),
        ("msle", "mean_squared_logarithmic_error"),
    )
    for word in (short, short.upper())
}  # fmt: skip

# Names that had another word in earlier years, by the first part of their place.
NAMES: dict[str, dict[str, str]] = {
    "constraints": {"maxnorm": "MaxNorm", "nonneg": "NonNeg", "unitnorm": "UnitNorm"},
    "initializations": {"normal": "RandomNormal", "one": "Ones", "uniform": "RandomUniform", "zero": "Zeros"},
    "initializers": {"normal": "RandomNormal", "one": "Ones", "uniform": "RandomUniform", "zero": "Zeros"},
    "losses": SHORT,
    "metrics": SHORT,
    "objectives": SHORT,
    "optimizers": {
        "adadelta": "Adadelta", "adagrad": "Adagrad", "adam": "Adam", "adamax": "Adamax", "nadam": "Nadam",
        "rmsprop": "RMSprop", "sgd": "SGD",
    },
    "regularizers": {
        "ActivityRegularizer": "L1L2", "WeightRegularizer": "L1L2", "activity_l1": "L1", "activity_l2": "L2",
    },
    "utils": {"plot": "plot_model"},
}  # fmt: skip

# Where a script may look for Keras.
ROOTS = (
    "tensorflow.python.keras", "tensorflow.keras", "tensorflow.compat.v2.keras", "tensorflow.compat.v1.keras",
    "keras.api", "keras.src", "keras", "tf_keras",
)  # fmt: skip


def split(name: str) -> tuple[str, str] | None:
    """A module's name as its root and its place in Keras; None where it is none of Keras's.

    >>> split("tensorflow.keras.layers"), split("keras"), split("kerastuner")
    (('tensorflow.keras', 'layers'), ('keras', ''), None)
    """
    if name.partition(".")[0] == "keras_preprocessing":  # a package by itself, which Keras 2 was made of
        return "keras_preprocessing", name.replace("keras_", "", 1)
    for root in ROOTS:
        if name == root or name.startswith(root + "."):
            return root, name[len(root) + 1 :]
    return None
