"""The names that options take. They stand here once more so that help and completion need no numerical library."""

RECIPES = ("fast", "classic", "conv", "best", "handwriting")
AUTO = "auto"  # `train` only: the recipe that chooses a network for the data
ACTIVATIONS = (
    "relu", "sigmoid", "tanh", "leaky_relu", "elu", "selu", "gelu", "softplus", "silu", "swish", "softmax", "linear",
    "celu", "exponential", "glu", "hard_shrink", "hard_sigmoid", "hard_sigmoid_of_keras_2", "hard_silu", "hard_swish", "hard_tanh", "log_sigmoid",
    "log_softmax", "mish", "relu6", "soft_shrink", "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax",
    "squareplus", "tanh_shrink",
)  # fmt: skip
LOSSES = (
    "categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy", "mean_squared_error",
    "mean_absolute_error", "huber", "mse", "mae", "mean_absolute_percentage_error", "mean_squared_logarithmic_error",
    "log_cosh", "cosine_similarity", "hinge", "squared_hinge", "categorical_hinge", "poisson", "kl_divergence",
    "binary_focal_crossentropy", "categorical_focal_crossentropy",
)  # fmt: skip
OPTIMIZERS = ("adam", "sgd", "rmsprop", "adagrad", "adadelta", "adamax", "adamw", "nadam")
SCHEDULES = ("constant", "one-cycle", "cosine")
BACKENDS = ("numpy", "jax")
TASKS = ("classes", "two classes", "regression")
FITS = ("stretch", "crop", "pad")
PARTS = ("test", "val", "train", "all")
SHELLS = ("bash", "zsh", "fish")
PICTURES = (
    "sheet", "curves", "sizes", "histograms", "path", "digits", "confusion", "mistakes", "weights", "line", "plane", "line-fit", "valleys",
    "batch-paths",
)  # fmt: skip
SIZES = ("gradient", "update", "weight", "ratio")
FORMATS = ("keras", "h5", "onnx", "c", "html", "py")
RUN_FORMATS = ("html", "tensorboard", "mlflow", "csv", "parquet")
