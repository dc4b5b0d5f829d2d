"""The names that arguments had in earlier years, and what they are called today. Plain tables; `translate` reads them."""

# Of every layer. What is here and in a layer's own signature is left as it is.
LAYER = {
    "nb_filter": "filters", "filter_length": "kernel_size", "subsample": "strides", "subsample_length": "strides",
    "border_mode": "padding", "bias": "use_bias", "init": "kernel_initializer", "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation", "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer", "U_regularizer": "recurrent_regularizer", "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint", "U_constraint": "recurrent_constraint", "p": "rate", "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout", "pool_length": "pool_size", "poolsize": "pool_size", "stride": "strides",
    "atrous_rate": "dilation_rate", "gamma_init": "gamma_initializer", "beta_init": "beta_initializer",
    "sigma": "stddev", "ratio": "rate", "kernel_init": "kernel_initializer", "bias_init": "bias_initializer",
}  # fmt: skip
OF_CLASS = {
    "Dense": {"output_dim": "units"}, "LSTM": {"output_dim": "units"}, "GRU": {"output_dim": "units"},
    "SimpleRNN": {"output_dim": "units"}, "LeakyReLU": {"alpha": "negative_slope"},
    "Embedding": {"W_regularizer": "embeddings_regularizer", "init": "embeddings_initializer"},
    "UpSampling1D": {"length": "size"}, "Reshape": {"dims": "target_shape"}, "Dropout": {"p": "rate"},
    "InputLayer": {"input_shape": "shape"},
}  # fmt: skip
# What changed nothing in the result and has no name today.
DROPPED = {
    "implementation", "consume_less", "input_dtype", "mode", "trainable_weights", "create_input_layer", "fused",
    "dynamic", "experimental_autocast",
}  # fmt: skip
# What is left out at these values only; at any other it would change the result.
AT_REST = {"renorm": (False,), "time_major": (False,), "virtual_batch_size": (None,), "adjustment": (None,)}

INITIALIZERS = {
    "uniform": "random_uniform", "normal": "random_normal", "gaussian": "random_normal", "zero": "zeros",
    "one": "ones",
}  # fmt: skip

OPTIMIZER = {"lr": "learning_rate", "epsilon_": "epsilon", "schedule_decay": "schedule_decay"}
# What an optimizer's rate was by itself in Keras 1 and 2; today's are a thousandth and a tenth of it.
OLD_RATES = {"Adadelta": 1.0, "Adagrad": 0.01}

FIT = {"nb_epoch": "epochs", "nb_val_samples": "validation_steps", "nb_worker": None, "max_q_size": None,
       "pickle_safe": None, "workers": None, "use_multiprocessing": None, "max_queue_size": None}  # fmt: skip
COMPILE = {
    "class_mode": None, "theano_mode": None, "sample_weight_mode": None, "run_eagerly": None, "steps_per_execution": None,
    "experimental_run_tf_function": None, "experimental_steps_per_execution": None, "distribute": None,
}  # fmt: skip
# Of predict, train_on_batch and test_on_batch: how it was computed.
ON_DATA = {
    "workers": None, "use_multiprocessing": None, "max_queue_size": None, "max_q_size": None, "pickle_safe": None,
    "reset_metrics": None,
}  # fmt: skip
MODEL = {"input": "inputs", "output": "outputs"}
CALLBACK: dict[str, dict[str, str | None]] = {
    "ReduceLROnPlateau": {"epsilon": "min_delta"},
    "ModelCheckpoint": {"options": None, "load_weights_on_restart": None},
}
FUNCTION = {"nb_classes": "num_classes", "nb_words": "num_words"}
# The functions of modules that take an older word, and what it is called today.
FUNCTIONS = {
    "utils": {"to_categorical": FUNCTION},
    "datasets.imdb": {"load_data": FUNCTION},
    "datasets.reuters": {"load_data": FUNCTION},
    "regularizers": {"l1": {"l": "l1"}, "l2": {"l": "l2"}},
    "activations": {"relu": {"alpha": "negative_slope"}, "leaky_relu": {"alpha": "negative_slope"}},
}
