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
}  # fmt: skip
# What changed nothing in the result and has no name today.
DROPPED = {
    "implementation", "consume_less", "input_dtype", "mode", "trainable_weights", "create_input_layer",
}  # fmt: skip

INITIALIZERS = {
    "uniform": "random_uniform", "normal": "random_normal", "gaussian": "random_normal", "zero": "zeros",
    "one": "ones",
}  # fmt: skip

OPTIMIZER = {"lr": "learning_rate", "epsilon_": "epsilon", "schedule_decay": "schedule_decay"}
# What an optimizer's rate was by itself in Keras 1 and 2; today's are a thousandth and a tenth of it.
OLD_RATES = {"Adadelta": 1.0, "Adagrad": 0.01}

FIT = {"nb_epoch": "epochs", "nb_val_samples": "validation_steps", "nb_worker": None, "max_q_size": None,
       "pickle_safe": None, "workers": None, "use_multiprocessing": None, "max_queue_size": None}  # fmt: skip
COMPILE = {"class_mode": None, "theano_mode": None, "sample_weight_mode": None}
MODEL = {"input": "inputs", "output": "outputs"}
CALLBACK = {"ReduceLROnPlateau": {"epsilon": "min_delta"}}
FUNCTION = {"nb_classes": "num_classes", "nb_words": "num_words"}
