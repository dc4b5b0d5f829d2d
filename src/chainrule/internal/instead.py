"""What to use instead of names of Keras that are not here, where one answer holds for several."""

NUMPY = "NumPy's own functions, on what np.asarray makes of the arrays"
ONE_KIND = "leave it out: all layers work in float32"
LOUD = "verbose=0 or 1 of fit, evaluate and predict"
PICTURES = "RandomFlip, RandomRotation, RandomZoom, RandomTranslation, RandomContrast or RandomBrightness"
OPTIMIZERS = "Adam, AdamW, Nadam or SGD"
OVERLAP = "a metric of your own, with update_state and result"
OWN_LOSS = "a loss of your own, a function of y_true and y_pred"
STORED = "get_config and from_config of the object itself"
PLAIN = "leave it out: Chainrule computes at once, and keeps no graph"


def _each(instead: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), instead)


FOR_KINDS: dict[str, str] = {
    **_each(ONE_KIND, "DTypePolicy FloatDTypePolicy Quantizer config.dtype_policy config.set_dtype_policy"),
    **_each(PLAIN, "RematScope StatelessScope SymbolicScope device name_scope remat utils.legacy legacy"),
    **_each("layers and functions of chainrule.ops, which Model(inputs, outputs) makes a network of", "Function KerasTensor Operation"),
    "Variable": "an array, or a layer with weights of its own (Layer.init)",
    "version": "keras.__version__",
    "src": "the same name without src: keras.layers, keras.models ...",
    **_each(
        PICTURES,
        "layers.AugMix layers.CutMix layers.MixUp layers.Pipeline layers.RandAugment layers.RandomGaussianBlur layers.RandomPerspective "
        "layers.RandomShear layers.ContrastLimitedAdaptiveHistogramEqualization layers.MaxNumBoundingBoxes",
    ),
    "layers.HashedCrossing": "CategoryEncoding of the two columns' numbers combined by hand",
    **_each("the spectrum by NumPy (np.fft.rfft) before fit", "layers.MelSpectrogram layers.STFTSpectrogram initializers.STFT initializers.stft"),
    "layers.Wrapper": "TimeDistributed, Bidirectional, or a Layer of your own",
    **_each(OWN_LOSS, "losses.CTC losses.Circle losses.Dice losses.Tversky losses.circle losses.ctc losses.dice losses.tversky"),
    **_each(
        OVERLAP,
        "metrics.ConcordanceCorrelation metrics.PearsonCorrelation "
        "metrics.SensitivityAtSpecificity metrics.SpecificityAtSensitivity metrics.concordance_correlation metrics.pearson_correlation",
    ),
    "metrics.huber": "losses.huber",
    "callbacks.ProgbarLogger": LOUD,
    "callbacks.RemoteMonitor": "a Callback of your own, or LambdaCallback",
    "callbacks.SwapEMAWeights": "use_ema=True of the optimizer",
    **_each(OPTIMIZERS, "optimizers.Adafactor optimizers.Ftrl optimizers.Lamb optimizers.Lion optimizers.Muon"),
    "optimizers.legacy": "the same name in keras.optimizers",
    **_each(
        LOUD,
        " ".join(f"{place}.{name}" for place in ("config", "utils") for name in
                 ("disable_interactive_logging", "enable_interactive_logging", "is_interactive_logging_enabled")),
    ),
    "utils.Config": "a plain dict",
    "utils.bounding_boxes": "arithmetic of NumPy on the corners",
    "utils.get_source_inputs": "model.inputs",
    **_each(
        STORED,
        "utils.deserialize_keras_object utils.serialize_keras_object saving.deserialize_keras_object saving.serialize_keras_object "
        "activations.deserialize activations.serialize",
    ),
    **_each("a tuple (x, y, sample_weight)", "utils.pack_x_y_sample_weight utils.unpack_x_y_sample_weight"),
    **_each("the class itself, imported from keras.regularizers", "regularizers.Regularizer"),
    **_each("L1, L2 or L1L2", "regularizers.OrthogonalRegularizer regularizers.orthogonal_regularizer"),
    "saving.KerasFileEditor": "load_model and set_weights",
    "saving.load_weights": "model.load_weights",
    "saving.save_weights": "model.save_weights",
    "ops": NUMPY,
}  # fmt: skip
