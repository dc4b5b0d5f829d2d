"""The names that may stand in a model file: Keras's classes by kind, and what older versions called them.

A name on a list only means that it may be read as data; whether Chainrule has such a thing is asked further up.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


INITIALIZERS = _words(
    "Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity IdentityInitializer LecunNormal LecunUniform Ones "
    "Orthogonal OrthogonalInitializer RandomNormal RandomUniform TruncatedNormal VarianceScaling Zeros"
)
REGULARIZERS = _words("L1 L1L2 L2 OrthogonalRegularizer")
CONSTRAINTS = _words("MaxNorm MinMaxNorm NonNeg UnitNorm")
ACTIVATION_LAYERS = _words("Activation ELU LeakyReLU PReLU ReLU Softmax")  # as an activation inside a layer
POLICIES = _words("DTypePolicy FloatDTypePolicy Policy")
OPTIMIZERS = _words(
    "Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lamb Lion LossScaleOptimizer Muon Nadam RMSprop SGD"
)
SCHEDULES = _words(
    "CosineDecay CosineDecayRestarts ExponentialDecay InverseTimeDecay PiecewiseConstantDecay PolynomialDecay"
)
OWN_SCHEDULES = frozenset(["OneCycle"])  # Keras has no name for it
LOSSES = _words(
    "BinaryCrossentropy BinaryFocalCrossentropy CTC CategoricalCrossentropy CategoricalFocalCrossentropy "
    "CategoricalHinge Circle CosineSimilarity Dice Hinge Huber KLDivergence LogCosh MeanAbsoluteError "
    "MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson SparseCategoricalCrossentropy "
    "SquaredHinge Tversky"
)
METRICS = LOSSES | _words(
    "AUC Accuracy BinaryAccuracy BinaryIoU CategoricalAccuracy ConcordanceCorrelation F1Score FBetaScore "
    "FalseNegatives FalsePositives IoU LogCoshError Mean MeanIoU OneHotIoU OneHotMeanIoU PearsonCorrelation Precision "
    "PrecisionAtRecall R2Score Recall RecallAtPrecision RootMeanSquaredError SensitivityAtSpecificity "
    "SparseCategoricalAccuracy SparseTopKCategoricalAccuracy SpecificityAtSensitivity Sum TopKCategoricalAccuracy "
    "TrueNegatives TruePositives"
)
FUNCTIONS = _words(
    "celu elu exponential gelu glu hard_shrink hard_sigmoid hard_sigmoid_of_keras_2 hard_silu hard_swish hard_tanh leaky_relu linear "
    "log_sigmoid "
    "log_softmax mish relu relu6 selu sigmoid silu swish soft_shrink softmax softplus softsign sparse_plus sparsemax "
    "squareplus tanh tanh_shrink threshold binary_accuracy binary_crossentropy binary_focal_crossentropy "
    "categorical_accuracy categorical_crossentropy categorical_focal_crossentropy categorical_hinge cosine_similarity "
    "ctc dice hinge huber kl_divergence log_cosh mean_absolute_error mean_absolute_percentage_error mean_squared_error "
    "mean_squared_logarithmic_error poisson sparse_categorical_accuracy sparse_categorical_crossentropy "
    "sparse_top_k_categorical_accuracy squared_hinge top_k_categorical_accuracy tversky"
)
# short names and older names -> the function's own name, which every Keras can look up
ALIASES = {
    "mse": "mean_squared_error", "mae": "mean_absolute_error", "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error", "bce": "binary_crossentropy", "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence", "logcosh": "log_cosh", "huber_loss": "huber",
    "MSE": "mean_squared_error", "MAE": "mean_absolute_error",
}  # fmt: skip
INNER_LAYERS = _words(  # what may stand inside Bidirectional and TimeDistributed
    "Activation BatchNormalization Conv1D Conv2D Dense DepthwiseConv2D Dropout Embedding Flatten GRU LSTM "
    "LayerNormalization MaxPooling1D MaxPooling2D AveragePooling1D AveragePooling2D Reshape SimpleRNN"
)
MODULES = {
    **dict.fromkeys(INNER_LAYERS, "keras.layers"),
    **dict.fromkeys(INITIALIZERS, "keras.initializers"),
    **dict.fromkeys(REGULARIZERS, "keras.regularizers"),
    **dict.fromkeys(CONSTRAINTS, "keras.constraints"),
    **dict.fromkeys(ACTIVATION_LAYERS, "keras.layers"),
    **dict.fromkeys(OPTIMIZERS, "keras.optimizers"),
    **dict.fromkeys(SCHEDULES, "keras.optimizers.schedules"),
}
# layers that carry code or open other files: named in the refusal, whoever asks
REFUSED_LAYERS = {
    "Lambda": "it holds Python code",
    "TorchModuleWrapper": "it holds pickled PyTorch objects",
    "TFSMLayer": "it loads another model from a path",
    "JaxLayer": "it holds Python code",
    "FlaxLayer": "it holds Python code",
    "StringLookup": "it may open another file",
    "IntegerLookup": "it may open another file",
    "TextVectorization": "it may open another file",
}
# the arrays of each layer class, in Keras's order; a class that is not here gets numbered names
WEIGHT_NAMES = {
    "BatchNormalization": ("gamma", "beta", "moving_mean", "moving_variance"),
    "LayerNormalization": ("gamma", "beta"),
    "Embedding": ("embeddings",),
    "PReLU": ("alpha",),
    **dict.fromkeys(("GRU", "LSTM", "SimpleRNN"), ("kernel", "recurrent_kernel", "bias")),
    **dict.fromkeys(
        ("Dense", "Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "EinsumDense"),
        ("kernel", "bias"),
    ),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), ("kernel", "bias")),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), ("depthwise_kernel", "pointwise_kernel", "bias")),
}
