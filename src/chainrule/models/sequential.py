"""Sequential: a stack of layers in Keras's shape. It holds weights and hands them to the engine; it computes nothing."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule import custom_objects
from chainrule.arrays import choose_backend, seconds_on_numpy
from chainrule.errors import SettingError, unknown
from chainrule.layers import Layer
from chainrule.layers.base import Shape
from chainrule.models.saving import load_model, model_from_json, save_model
from chainrule.models.stack import Stack

if TYPE_CHECKING:
    from chainrule.metrics import Metric

__all__ = ["Model", "Sequential", "load_model", "model_from_json"]


class Sequential(Stack):
    """Layers one after the other, learning together. Keras's methods, arguments and defaults.

    >>> from chainrule.layers import Dense
    >>> model = Sequential([Dense(3, activation="relu", input_shape=(4,)), Dense(1)])
    >>> model.count_params()
    19
    """

    def __init__(
        self, layers: Sequence[Layer] | None = None, trainable: bool = True, name: str | None = None
    ) -> None:
        if not trainable:
            raise SettingError("Set trainable=False on the layers that should not learn, not on the model.")
        self.extras: dict[str, Any] = {}  # what a model file carries beside Keras's contents
        self.optimizer: Any = None
        self.loss: Any = None
        self.loss_object: Any = None
        self.metrics_asked: list[Any] = []
        self.metric_objects: list[Metric] = []
        self.backend_asked: str | None = None
        self.backend_used: str | None = None  # by the last fit
        self.optimizer_state: Any = None  # the optimizer's, once it has learned something
        self.epochs_seen = 0  # in all calls of fit: decides the order of the next epoch
        self.history: Any = None
        self.epoch_to_start, self.stop_training, self.interrupted = 0, False, False
        self.not_finite, self.stop_on_not_finite = None, True  # the step and the number, after a fit
        self._engines: dict[Any, Any] = {}
        super().__init__(layers, name)

    def __getstate__(self) -> dict[str, Any]:
        """For copies and pickles: all but the compiled loops, which are made again when they are needed."""
        return vars(self) | {"_engines": {}, "history": None}

    def changed(self) -> None:
        self._engines.clear()
        self.optimizer_state = None

    # ── learning ─────────────────────────────────────────────────────────────────────────────────────────────────
    def compile(
        self, optimizer: Any = "rmsprop", loss: Any = None, metrics: Any = None, backend: str | None = None, **rest: Any
    ) -> None:  # fmt: skip
        """Decides how to learn: the optimizer, the loss, what to count. backend: "numpy", "jax", or None to choose."""
        from chainrule import losses, optimizers

        for setting, value in rest.items():
            if setting not in IGNORED_SETTINGS:
                raise SettingError(f"compile has no setting called {setting!r} (it got {value!r}).")
            if value not in IGNORED_SETTINGS[setting] and value != []:
                raise SettingError(f"compile: {setting}={value!r} is not supported; leave it out.")
        if isinstance(loss, (list, tuple)) and len(loss) == 1:
            loss = loss[0]
        if backend is not None:
            choose_backend(backend, 0)
        self.optimizer = optimizers.get(optimizer)
        self.loss, self.loss_object = loss, None if loss is None else losses.for_learning(losses.as_loss(loss))
        self.metrics_asked = flattened(metrics, [layer.name for layer in self.layers])
        for metric in self.metrics_asked:
            _metric(metric, (1,), (1,))
        self.metric_objects = []
        self.backend_asked, self.optimizer_state = backend, None
        self._engines.clear()

    def fit(
        self, x: Any = None, y: Any = None, batch_size: int | None = None, epochs: int = 1, verbose: Any = "auto",
        callbacks: Any = None, validation_split: float = 0.0, validation_data: Any = None, shuffle: bool = True,
        class_weight: Any = None, sample_weight: Any = None, initial_epoch: int = 0, steps_per_epoch: int | None = None,
        validation_steps: int | None = None, validation_batch_size: int | None = None, validation_freq: int = 1, stop_on_not_finite: bool = True,
    ) -> Any:  # fmt: skip
        """Learns from x and y for some epochs; returns a History. All arguments mean what they mean in Keras;
        stop_on_not_finite=False goes on when numbers break, as Keras does, instead of ending with the last good weights."""
        from chainrule.engine.examples import split_last
        from chainrule.training import fit as training
        from chainrule.training import stream_fit, streams
        from chainrule.training.meaningless import check_epochs, check_held_back, warn

        self._compiled("fit")
        check_epochs(epochs, initial_epoch)
        self.stop_on_not_finite = stop_on_not_finite
        validation_data = stream_fit.as_arrays(validation_data, validation_steps, validation_batch_size or batch_size)
        if streams.is_stream(x) or steps_per_epoch is not None:
            return stream_fit.fit_called(
                self, x, y, sample_weight, batch_size, validation_split, shuffle, epochs=epochs, verbose=verbose,
                callbacks=callbacks, validation_data=validation_data, class_weight=class_weight, initial_epoch=initial_epoch,
                steps_per_epoch=steps_per_epoch, validation_freq=validation_freq,
            )  # fmt: skip
        if validation_split and validation_data is None:
            check_held_back(y)
            (x, y, sample_weight), held = split_last((x, y, sample_weight), validation_split)
            validation_data = held if sample_weight is not None else held[:2]
        self._ready(x, y)
        examples = self._examples(x, y, sample_weight, class_weight)
        warn(self, examples.y)
        validation = None
        if validation_data is not None:
            if not isinstance(validation_data, (tuple, list)) or len(validation_data) not in (2, 3):
                raise SettingError("validation_data must be (x, y) or (x, y, sample_weight).")
            validation = self._examples(*validation_data)
        batch = training.batch_size_of(batch_size, len(examples))
        steps = -(-len(examples) // batch) * max(0, epochs - initial_epoch)
        seconds = seconds_on_numpy(self.count_params(), batch, steps)
        self.backend_used = self._backend_for(examples, choose_backend(self.backend_asked, seconds))
        engine = self._engine(self.backend_used, batch)
        self.history = training.fit(
            self, engine,
            training.Plan(
                examples, validation, batch, int(epochs), int(initial_epoch), bool(shuffle), verbose,
                list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks] if callbacks else [],
                int(validation_freq),
            ),
        )  # fmt: skip
        return self.history

    def _backend_for(self, examples: Any, chosen: str) -> str:
        """NumPy where a loss or metric of the user's own can not be followed by JAX."""
        if chosen == "numpy":
            return chosen
        from chainrule.losses.own import is_traceable as loss_is_traceable
        from chainrule.metrics.own import is_traceable as metric_is_traceable

        y, p = examples.y[:2], np.zeros((len(examples.y[:2]), *(self.output_shape or ())), np.float32)
        own = [] if loss_is_traceable(self.loss_object, y, p) else [self.loss_object.name]
        own += [metric.name for metric in self.metric_objects if not metric_is_traceable(metric, y, p)]
        if own and self.backend_asked == "jax":
            raise SettingError(
                f"JAX cannot follow {own[0]}: it calls NumPy, or counts by itself. Write it with keras.ops, or compile(backend='numpy')."
            )
        return "numpy" if own else chosen

    def _engine(self, backend: str, batch: int) -> Any:
        """The loop for this way of learning, made once and kept."""
        from chainrule.backprop import make_step
        from chainrule.engine import ENGINES

        chain = self.learning_chain
        trainable = tuple(link.trainable for link in chain)
        scheduled = not isinstance(self.optimizer.learning_rate, float)
        key = (
            backend, batch, trainable, repr(self.optimizer.get_config()) if scheduled else None, self.augmentation
        )  # fmt: skip
        if key not in self._engines:
            step = make_step(chain, self.loss_object, self.optimizer, self.metric_objects)
            self._engines[key] = ENGINES[backend](step, batch)
        return self._engines[key]

    def _compiled(self, what: str) -> None:
        if self.optimizer is None or self.loss_object is None:
            raise SettingError(
                f"Before {what}, say how to learn: model.compile(optimizer='adam', loss='...')."
            )
        if not self.layers:
            raise SettingError(f"The model has no layers yet; add some before {what}.")

    def _ready(self, x: Any, y: Any) -> None:
        """Builds the model from the data where needed, and finds out which accuracy is meant."""
        from chainrule.engine.examples import Scaled, as_array

        values = x.values if isinstance(x, Scaled) else as_array(x, "inputs")
        if self.input_layer is None:
            self.build((None, *(values.shape[1:] or (1,))))
        self.build()
        y_shape = () if y is None else as_array(y, "targets").shape[1:]
        self.metric_objects = [_metric(m, y_shape, self.output_shape or ()) for m in self.metrics_asked]
        by_name = {metric.name: metric for metric in reversed(self.metric_objects)}
        if "loss" in by_name:
            raise SettingError("A metric cannot be called 'loss': give it a name of its own.")
        self.metric_objects = [metric for metric in self.metric_objects if by_name[metric.name] is metric]  # twice the same is once

    def evaluate(
        self, x: Any = None, y: Any = None, batch_size: int | None = None, verbose: Any = "auto",
        sample_weight: Any = None, steps: int | None = None, callbacks: Any = None, return_dict: bool = False,
    ) -> Any:  # fmt: skip
        """The loss and metrics on examples: [loss, accuracy, ...], or a dict."""
        from chainrule.training import fit as training
        from chainrule.training import stream_fit, streams
        from chainrule.training.progress import Progress

        refuse_settings("evaluate", callbacks=callbacks)
        self._compiled("evaluate")
        if steps is not None and not streams.is_stream(x):
            x = stream_fit.of_arrays(self, x, y, sample_weight, batch_size, shuffle=False)
        if streams.is_stream(x):
            examples = stream_fit.held_out(self, x, steps, "steps")
        else:
            self._ready(x, y)
            examples = self._examples(x, y, sample_weight)
        progress = Progress(verbose, -(-len(examples) // (batch_size or 32)))
        logs = training.evaluate(self, examples)
        progress.finish(logs)
        ordered = {"loss": logs["loss"]} | {m.name: logs[m.name] for m in self.metric_objects}
        if return_dict:
            return ordered
        return list(ordered.values()) if len(ordered) > 1 else ordered["loss"]

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> np.ndarray:
        """What the model says to each example, (examples, outputs) float32."""
        from chainrule.training import stream_fit, streams
        from chainrule.training.progress import Progress

        refuse_settings("predict", callbacks=callbacks)
        if steps is not None and not streams.is_stream(x):
            x = stream_fit.of_arrays(self, x, None, None, batch_size, shuffle=False)
        if streams.is_stream(x):
            return stream_fit.predict(self, x, steps)
        examples = self._inputs(x)
        progress = Progress(verbose, -(-len(examples) // (batch_size or 32)))
        from chainrule.engine.prediction import predictions

        said = predictions(self.chain, examples)
        progress.finish({})
        return said

    def predict_on_batch(self, x: Any) -> np.ndarray:
        """The same, without a word."""
        from chainrule.engine.prediction import predictions

        return predictions(self.chain, self._inputs(x))

    def __call__(self, x: Any, training: bool = False) -> np.ndarray:
        """The same, as Keras allows it: model(x)."""
        if training:
            raise SettingError("A model can be called for predicting only; learning happens in fit.")
        return self.predict_on_batch(x)

    def _examples(self, x: Any, y: Any, sample_weight: Any = None, class_weight: Any = None) -> Any:
        from chainrule.engine.examples import check_examples

        shapes = self.input_shape or (), self.output_shape or ()
        return check_examples(
            x, y, self.loss_object, *shapes, sample_weight, class_weight, self.layers[0].label
        )

    def _inputs(self, x: Any) -> Any:
        from chainrule.engine.examples import Scaled, as_array, check_inputs

        if self.input_layer is None:
            values = x.values if isinstance(x, Scaled) else as_array(x, "inputs")
            self.build((None, *(values.shape[1:] or (1,))))
        self.build()
        return check_inputs(x, self.input_shape, self.layers[0].label if self.layers else "The model")

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """One step on one batch; returns that batch's loss and metrics, as they were before the step."""
        from chainrule.engine.epoch import empty_records, totals_of
        from chainrule.engine.numpy_engine import NumpyEngine
        from chainrule.training import fit as training

        self._compiled("train_on_batch")
        self._ready(x, y)
        examples = self._examples(x, y, sample_weight, class_weight)
        engine: NumpyEngine = self._engine("numpy", len(examples))
        records = empty_records(self.record_names, 1)
        order = np.arange(len(examples))
        state, records = engine.advance(training.state_of(self), records, examples, order, 0, 1)
        training.put_back(self, state)
        logs = training.metrics_of(self, totals_of(records))
        ordered = {"loss": logs["loss"]} | {m.name: logs[m.name] for m in self.metric_objects}
        if return_dict:
            return ordered
        return list(ordered.values()) if len(ordered) > 1 else ordered["loss"]

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """The loss and metrics of one batch."""
        return self.evaluate(x, y, verbose=0, sample_weight=sample_weight, return_dict=return_dict)

    @property
    def record_names(self) -> dict[str, int]:
        """The metrics that a step records, beside the loss, and how many sums each has."""
        return {metric.name: metric.size for metric in self.metric_objects}

    @property
    def metrics_names(self) -> list[str]:
        """The names of the figures, in the order of `evaluate`."""
        return ["loss", *(metric.name for metric in self.metric_objects)]

    def summary(
        self, line_length: int | None = None, print_fn: Callable[[str], Any] = print, **more: Any
    ) -> None:
        """Prints the layers, what comes out of each and how many weights it has, as Keras does."""
        refuse_settings("summary", **more)
        from chainrule.models.summary import summary_lines

        print_fn("\n".join(summary_lines(self, line_length)))

    # ── files ────────────────────────────────────────────────────────────────────────────────────────────────────
    def save(
        self, filepath: Any, overwrite: bool = True, include_optimizer: bool = True, **more: Any
    ) -> None:
        """Writes the whole model to a .keras or .h5 file that Keras opens too."""
        refuse_settings("save", **more)
        save_model(self, filepath, overwrite=overwrite, include_optimizer=include_optimizer)

    def export(self, filepath: Any, format: str = "onnx", verbose: Any = None, input_signature: None = None, **options: Any) -> None:  # noqa: A002 (Keras's name)
        """Writes the model for other programs, verified: "onnx", "c", "html", "py", "keras" or "h5"; see docs/export.md."""
        refuse_settings("export", input_signature=input_signature)
        from chainrule.export import export_model

        written = export_model(self, filepath, format, **options)
        if verbose:
            print(f"Saved artifact at {written.path!r}.")

    def save_weights(self, filepath: Any, overwrite: bool = True) -> None:
        """Writes the weights alone, to a .weights.h5 file."""
        from chainrule.models.saving import save_weights

        save_weights(self, filepath, overwrite=overwrite)

    def load_weights(self, filepath: Any, **more: Any) -> None:
        """Reads the weights alone, from a weights file or a whole model file."""
        refuse_settings("load_weights", **more)
        from chainrule.models.saving import load_weights

        load_weights(self, filepath)


Model = Sequential  # Keras's general name, for type hints and isinstance; every model here is a Sequential

# Settings of compile that change nothing at these values.
IGNORED_SETTINGS: dict[str, tuple[Any, ...]] = {
    "loss_weights": (None,),
    "weighted_metrics": (None,),
    "run_eagerly": (False, None),
    "steps_per_execution": (1, None),
    "jit_compile": ("auto", True, False, None),
    "auto_scale_loss": (True, False),
}


def _metric(metric: Any, y_shape: Shape, output_shape: Shape) -> "Metric":
    from chainrule import metrics

    return metrics.for_learning(metrics.get(metric, y_shape, output_shape))


def flattened(metrics: Any, outputs: list[Any]) -> list[Any]:
    """The metrics of the one output: given as one, a list, a list in a list, or a dict by the output's name.

    >>> flattened({"dense": ["mae"]}, ["dense"]), flattened([["mae"], "mse"], []), flattened("mae", [])
    (['mae'], ['mae', 'mse'], ['mae'])
    """
    if metrics is None:
        return []
    if isinstance(metrics, dict) and "class_name" not in metrics:
        for name in metrics:
            if name not in outputs[-1:]:
                raise unknown("output", name, [str(known) for known in outputs[-1:]])
        metrics = list(metrics.values())
    if isinstance(metrics, (list, tuple)):
        return [one for entry in metrics for one in flattened(entry, outputs)]
    registered = custom_objects.find(metrics) if isinstance(metrics, str) else None
    return [metrics if registered is None else registered]


def refuse_settings(what: str, **settings: Any) -> None:
    """Says of settings that Keras knows that they are not supported, where they are set."""
    for setting, value in settings.items():
        if value is not None and value is not False:
            raise SettingError(f"{what}: {setting} is not supported; leave it out.")
