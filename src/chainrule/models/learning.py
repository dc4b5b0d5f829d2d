"""How a model learns and predicts: Keras's compile, fit, evaluate, predict and their kin."""

from collections.abc import Callable
from os import PathLike
from typing import TYPE_CHECKING, Any

from chainrule.arrays import choose_backend
from chainrule.errors import DataError, SettingError
from chainrule.graph import Graph
from chainrule.internal.memory import within_memory
from chainrule.layers import symbolic
from chainrule.models import as_while_learning
from chainrule.models.compiling import IGNORED_SETTINGS, Asked, answers_by_name, refuse_settings
from chainrule.models.losses_within import loss_to_learn, targets

if TYPE_CHECKING:
    from chainrule.losses.outputs import Output
    from chainrule.metrics import Metric
    from chainrule.training.problem import Problem
    from chainrule.training.session import Session

WHOLE = 1 << 31  # one batch of all


class Learning:
    """The methods of a model that learn, judge and predict."""

    optimizer: Any
    asked: Asked
    outputs_asked: list["Output"]
    backend_asked: str | None
    backend_used: str | None
    optimizer_state: Any
    history: Any
    output_names: Any
    answer_names: list[str] | None = None  # of outputs that were given by name
    graph: Any
    answering_graph: Any
    device_asked: str | None = None
    _engines: dict[Any, Any]
    frozen_then: Any = None  # the layers that did not learn when it was compiled last
    loss_in_file: Any = None  # as the file says it, of a model that was loaded without being compiled
    _single_steps: Any = None  # between calls of train_on_batch

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        loss_weights: Any = None,
        backend: str | None = None,
        device: str | None = None,
        **rest: Any,
    ) -> None:
        """Decides how to learn: the optimizer, the loss, what to count. backend: "numpy", "jax", or None to choose.

        device: "gpu" to learn on JAX's GPU; else the processor learns, also where there is one.

        With several outputs loss, loss_weights and metrics are lists in their order or dicts by their names.
        """
        from chainrule import metrics as metrics_module
        from chainrule import optimizers
        from chainrule.engine import devices
        from chainrule.training import one_at_a_time

        one_at_a_time.check(self)
        for setting, value in rest.items():
            if setting not in IGNORED_SETTINGS:
                raise SettingError(f"compile has no setting called {setting!r} (it got {value!r}).")
            if value not in IGNORED_SETTINGS[setting] and value != []:
                raise SettingError(f"compile: {setting}={value!r} is not supported; leave it out.")
        if isinstance(loss, (list, tuple)) and len(loss) == 1:
            loss = loss[0]
        as_while_learning.warn_of_calls(self)
        loss = loss_to_learn(self, loss)
        device = devices.check(device)
        if device == "gpu" and backend == "numpy":
            raise SettingError("device='gpu' is JAX's; leave backend='numpy' out.")
        if device == "gpu":
            backend = "jax"
        if backend is not None:
            choose_backend(backend, 0)
        asked = Asked(loss, metrics, loss_weights)
        names = self.output_names
        asked.losses(names)
        asked.loss_weights(names)
        for one in [m for own in asked.metrics_by_output(names) for m in own]:
            metrics_module.get(one, (1,), (1,))
        model: Any = self
        frozen = [layer for layer in model.layers if not layer.trainable]
        if (
            optimizer is not self.optimizer or frozen != self.frozen_then
        ):  # else it goes on with what it remembers
            self.optimizer_state = None
        self.optimizer, self.asked, self.frozen_then = optimizers.get(optimizer), asked, frozen
        if self.optimizer_state is None:
            self.optimizer.iterations = 0
        self.outputs_asked = []
        self.backend_asked, self.device_asked = backend, device
        self._engines.clear()
        self._single_steps = None

    @property
    def loss(self) -> Any:
        """The loss as `compile` got it."""
        return self.asked.loss

    @property
    def loss_object(self) -> Any:
        """The loss of the (first) output, or None before `compile`."""
        return self.outputs_asked[0].loss if self.outputs_asked else self.asked.losses(self.output_names)[0]

    @property
    def loss_learned_with(self) -> Any:
        """The loss of the (first) output, also of a model that was loaded without being compiled; None where it is not known."""
        if self.loss_in_file is None or self.asked.loss is not None:
            return self.loss_object
        try:
            return Asked(self.loss_in_file).losses(self.output_names)[0]
        except SettingError:  # a loss of the program that wrote the file
            return None

    @property
    def metrics_asked(self) -> list[Any]:
        """The metrics as `compile` got them; a list by output where there are several."""
        own = self.asked.metrics_by_output(self.output_names)
        return own[0] if len(own) == 1 else own

    @property
    def metric_objects(self) -> list["Metric"]:
        """All metrics, known when the targets' shapes are."""
        return [metric for output in self.outputs_asked for metric in output.metrics]

    def problem(self, x: Any = None, y: Any = None, what: str = "fit") -> "Problem":
        """What is to be learned, without the model: graph, outputs, optimizer, seed. Builds the model where needed.

        x, y: what will be learned from; they decide what "accuracy" means. Without them it is as it was before.
        """
        from chainrule.training.problem import problem_of

        return problem_of(self, x, y, what)

    @within_memory
    def fit(
        self, x: Any = None, y: Any = None, batch_size: int | None = None, epochs: int = 1, verbose: Any = "auto",
        callbacks: Any = None, validation_split: float = 0.0, validation_data: Any = None, shuffle: bool = True,
        class_weight: Any = None, sample_weight: Any = None, initial_epoch: int = 0, steps_per_epoch: int | None = None,
        validation_steps: int | None = None, validation_batch_size: int | None = None, validation_freq: Any = 1,
        stop_on_not_finite: bool = True,
    ) -> Any:  # fmt: skip
        """Learns from x and y for some epochs; returns a History. All arguments mean what they mean in Keras.

        stop_on_not_finite=False goes on when numbers break, as Keras does, instead of ending with the last good weights.
        """
        from chainrule import distribution
        from chainrule.training import one_at_a_time, stream_fit, streams
        from chainrule.training.meaningless import check_counts, check_epochs

        one_at_a_time.check(self)
        check_epochs(epochs, initial_epoch)
        check_counts(validation_batch_size=validation_batch_size)
        check_counts(validation_freq=validation_freq, lists=True)
        if shuffle not in (True, False, 0, 1):
            raise SettingError(f"fit: shuffle is True or False; {shuffle!r} is not supported.")
        self.stop_on_not_finite = stop_on_not_finite
        y = targets(self, x, y)
        if isinstance(validation_data, (tuple, list)) and len(validation_data) == 2:
            validation_data = (validation_data[0], targets(self, *validation_data))
        validation_data = stream_fit.as_arrays(
            validation_data, validation_steps, validation_batch_size or batch_size
        )
        if streams.is_stream(x) or steps_per_epoch is not None:
            return stream_fit.fit_called(
                self, x, y, sample_weight, batch_size, validation_split, shuffle, epochs=epochs, verbose=verbose,
                callbacks=callbacks, validation_data=validation_data, class_weight=class_weight, initial_epoch=initial_epoch,
                steps_per_epoch=steps_per_epoch, validation_freq=validation_freq,
            )  # fmt: skip
        session = self.session(
            x, y, batch_size, epochs, verbose, callbacks, validation_split, validation_data, shuffle, class_weight,
            sample_weight, initial_epoch, validation_freq, validation_batch_size,
        )  # fmt: skip
        processes = distribution.joined()
        if processes is None:
            self.history = session.drain()
        else:
            from chainrule.distribution.leading import drain

            self.history = drain(session, processes)
        return self.history

    def session(
        self, x: Any, y: Any, batch_size: int | None = None, epochs: int = 1, verbose: Any = 0, callbacks: Any = None,
        validation_split: float = 0.0, validation_data: Any = None, shuffle: bool = True, class_weight: Any = None,
        sample_weight: Any = None, initial_epoch: int = 0, validation_freq: Any = 1,
        validation_batch_size: int | None = None,
    ) -> "Session":  # fmt: skip
        """The training that `fit` would run, to be advanced step by step; arguments as in `fit`."""
        from chainrule.callbacks.base import as_list
        from chainrule.distribution import distribution, joined
        from chainrule.engine import carried
        from chainrule.engine.examples import split_last
        from chainrule.engine.windows import in_windows
        from chainrule.training.fit import batch_size_of
        from chainrule.training.masks import warn_of_lost_masks
        from chainrule.training.meaningless import check_held_back, warn
        from chainrule.training.one_at_a_time import check
        from chainrule.training.session import Plan, Session

        check(self)
        if validation_split and validation_data is None:
            check_held_back(y)
            (x, y, sample_weight), held = split_last((x, y, sample_weight), validation_split)
            validation_data = held if sample_weight is not None else held[:2]
        problem = self.problem(x, y)
        examples = problem.examples(x, y, sample_weight, class_weight)
        warn(self, examples.y, examples)
        warn_of_lost_masks(self.graph, examples)
        validation = None
        if validation_data is not None:
            if not isinstance(validation_data, (tuple, list)) or len(validation_data) not in (2, 3):
                raise SettingError("validation_data must be (x, y) or (x, y, sample_weight).")
            validation = problem.examples(*validation_data)
        batch = batch_size_of(batch_size, len(examples))
        if problem.graph.carries_states:
            batch = carried.batch_size_of(problem.graph, batch_size, len(examples))
            carried.begin_states(problem.graph, batch, len(examples))
        shared_out = distribution()
        pieces = None if shared_out is None else shared_out.pieces
        self.backend_used = problem.backend(batch, examples, max(0, epochs - initial_epoch), pieces)
        plan = Plan(
            examples, validation, batch, int(epochs), int(initial_epoch), bool(shuffle), verbose, as_list(callbacks),
            validation_freq, pieces, validation_batch=validation_batch_size,
        )  # fmt: skip
        engine = in_windows(problem.engine(self.backend_used, batch, pieces, joined()), examples)
        return Session(self, engine, plan)

    @within_memory
    def evaluate(
        self, x: Any = None, y: Any = None, batch_size: int | None = None, verbose: Any = "auto",
        sample_weight: Any = None, steps: int | None = None, callbacks: Any = None, return_dict: bool = False,
    ) -> Any:  # fmt: skip
        """The loss and metrics on examples: [loss, accuracy, ...], or a dict."""
        from chainrule.training import fit as training
        from chainrule.training import stream_fit, streams
        from chainrule.training.meaningless import check_counts
        from chainrule.training.progress import Progress

        refuse_settings("evaluate", callbacks=callbacks)
        check_counts(batch_size=batch_size, steps=steps)
        y = targets(self, x, y)
        if steps is not None and not streams.is_stream(x):
            x = stream_fit.of_arrays(self, x, y, sample_weight, batch_size, shuffle=False)
        if streams.is_stream(x):
            examples = stream_fit.held_out(self, x, steps, "steps")
        else:
            examples = self.problem(x, y, "evaluate").examples(x, y, sample_weight)
        progress = Progress(verbose, -(-len(examples) // (batch_size or 32)))
        logs = training.evaluate(self, examples, batch_size or 32, batch_size)
        progress.finish(logs)
        ordered = {name: logs[name] for name in self.metrics_names}
        if return_dict:
            return ordered
        return list(ordered.values()) if len(ordered) > 1 else ordered["loss"]

    @within_memory
    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """What the model says to each example, (examples, outputs) float32."""
        from chainrule.training import stream_fit, streams
        from chainrule.training.meaningless import check_counts
        from chainrule.training.progress import Progress

        refuse_settings("predict", callbacks=callbacks)
        check_counts(batch_size=batch_size, steps=steps)
        if isinstance(x, str | PathLike):
            raise DataError(
                f"predict takes arrays of numbers, and {str(x)!r} is the name of a file: "
                "chainrule.load('model.keras').answer('a.png') reads files and answers with names of classes."
            )
        if steps is not None and not streams.is_stream(x):
            x = stream_fit.of_arrays(self, x, None, None, batch_size, shuffle=False)
        if streams.is_stream(x):
            return stream_fit.predict(self, x, steps)
        examples, graph = self.inputs_checked(x)
        progress = Progress(verbose, -(-len(examples) // (batch_size or 32)))
        from chainrule.engine.prediction import predictions

        predicted = predictions(graph, examples, self.programs_for(graph, len(examples)), batch_size)
        progress.finish({})
        return self.listed(predicted)

    def listed(self, said: Any) -> Any:
        """The answers of several outputs as Keras gives them: in a list, or by the names that the outputs were given."""
        return answers_by_name(said, self.answer_names)

    def predict_on_batch(self, x: Any) -> Any:
        """The same, without a word."""
        from chainrule.engine.prediction import predictions

        examples, graph = self.inputs_checked(x)
        return self.listed(predictions(graph, examples, batch=WHOLE))

    def __call__(self, x: Any, training: bool | None = None, mask: Any = None) -> Any:
        """The same, as Keras allows it: model(x). With a value of a network the model becomes a layer of it."""
        if symbolic.is_symbolic(x):
            return self.listed(symbolic.call(self, x, training))
        if training or (training is None and as_while_learning.is_asked(self)):
            return self.listed(as_while_learning.answers(self, x, training))
        return self.predict_on_batch(x)

    def programs_for(self, graph: Graph, examples: int) -> dict[Any, Any] | None:
        """Where the compiled programs are that answer so many examples; None where NumPy answers."""
        from chainrule.engine.cost import answering_engine

        learned = self.backend_used if self.optimizer_state is not None else None
        answers = answering_engine(graph, examples, self.backend_asked or learned)
        return self._engines if answers == "jax" else None

    def inputs_checked(self, x: Any) -> tuple[Any, Graph]:
        """Inputs ready for the network, which is built where it was not, and the network's graph."""
        from chainrule.engine.inputs import build_for, inputs_of

        build_for(self, x)
        model: Any = self
        if not model.layers:
            raise SettingError(f"{model.label} has no layers yet; add some first.")
        graph = self.answering_graph
        return inputs_of(self, x, graph), graph

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """One step on one batch; returns that batch's loss and metrics, as they were before the step."""
        from chainrule.training.fit import metrics_of
        from chainrule.training.one_at_a_time import alone
        from chainrule.training.single_steps import SingleSteps

        with alone(self):
            problem = self.problem(x, y, "train_on_batch")
            examples = problem.examples(x, y, sample_weight, class_weight)
            if self._single_steps is None or not self._single_steps.suits(problem):
                self._single_steps = SingleSteps(self, problem, examples)
            logs = metrics_of(self, self._single_steps.take(problem, examples))
        ordered = {name: logs[name] for name in self.metrics_names}
        if return_dict:
            return ordered
        return list(ordered.values()) if len(ordered) > 1 else ordered["loss"]

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """The loss and metrics of one batch."""
        return self.evaluate(x, y, WHOLE, 0, sample_weight, return_dict=return_dict)

    def reset_metrics(self) -> None:
        """Keras's; here the figures of each epoch, evaluation and batch begin anew by themselves, so that nothing is left to do."""

    def reset_states(self) -> None:
        """Brings the states of layers with stateful=True back to zero: the next batch begins new sequences."""
        for layer in getattr(self, "flat_layers"):  # noqa: B009 (of the model)
            if hasattr(layer, "reset_state"):
                layer.reset_state()

    @property
    def record_names(self) -> dict[str, int]:
        """What a step records beside the loss (the losses of several outputs, the metrics), and how many sums each has."""
        own = {f"{output.name}_loss": 2 for output in self.outputs_asked if output.name}
        return own | {metric.name: metric.size for metric in self.metric_objects}

    @property
    def metrics_names(self) -> list[str]:
        """The names of the figures, in the order of `evaluate`; the metrics of several outputs by the alphabet, as in Keras."""
        counted = [metric.name for metric in self.metric_objects]
        losses = list(self.record_names)[: -len(counted) or None]
        return ["loss", *losses, *(sorted(counted) if losses else counted)]

    def summary(
        self, line_length: int | None = None, positions: Any = None, print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False, show_trainable: bool = False, layer_range: Any = None, **more: Any,
    ) -> None:  # fmt: skip
        """Prints the layers, what comes out of each and how many weights it has, as Keras does.

        Where the network branches, also what feeds each layer. expand_nested: opens models inside. show_trainable: says
        which layers learn.
        """
        refuse_settings("summary", positions=positions, layer_range=layer_range, **more)
        from chainrule.models.summary import summary_lines

        (print_fn or print)("\n".join(summary_lines(self, line_length, expand_nested, show_trainable)))
