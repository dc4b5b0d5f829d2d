"""compile, fit, evaluate and predict as they were called in earlier years, on the models of this process."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.internal.own_classes import is_ours
from chainrule.keras_names import spellings
from chainrule.keras_names.era import LONG, Era
from chainrule.keras_names.notes import Notes
from chainrule.keras_names.predictions import Predictions, giving_predictions
from chainrule.keras_names.translate import renamed


def install(notes: Notes, era: Era) -> None:
    """Teaches the models of this process the older calls."""
    from chainrule import models
    from chainrule.keras_names import merging

    merging.install()
    Predictions.notes = notes
    if era.seeds_by_numpy:
        np.random.seed = seeding(np.random.seed)
    seen = set[type]()
    for name in ("Model", "Sequential"):
        for kind in getattr(models, name).__mro__:
            if kind not in seen and is_ours(kind):
                seen.add(kind)
                teach(kind, notes, era)
                if era.trainable_when_compiled:
                    for method in ("fit", "train_on_batch", "session"):
                        if method in vars(kind):
                            setattr(kind, method, as_compiled(getattr(kind, method)))


def as_compiled(original: Callable[..., Any]) -> Callable[..., Any]:
    """Before Keras 3, what learned was decided by compile; `layer.trainable` set later counted for later compiles only."""

    @functools.wraps(original)
    def method(self: Any, *arguments: Any, **settings: Any) -> Any:
        then = vars(self).get("trainable_then")
        if then is None:
            return original(self, *arguments, **settings)
        now = {layer: layer.trainable for layer in then}
        try:
            for layer, trainable in then.items():
                layer.trainable = trainable
            return original(self, *arguments, **settings)
        finally:
            for layer, trainable in now.items():
                layer.trainable = trainable

    return method


def seeding(original: Callable[..., Any]) -> Callable[..., Any]:
    """np.random.seed decided the first weights, too: Keras 1 and 2 drew them, or their seeds, by NumPy."""

    @functools.wraps(original)
    def seed(seed: Any = None) -> None:
        from chainrule.arrays import set_seed

        original(seed)
        if isinstance(seed, (int, np.integer)):
            set_seed(int(seed))

    return seed


def teach(kind: Any, notes: Notes, era: Era) -> None:
    """The older calls, on one class."""
    own = vars(kind)
    if "compile" in own:
        kind.compile = compiled(kind.compile, notes, era)
    if "fit" in own:
        kind.fit = fitted(kind.fit, notes)
        kind.fit_generator = old_name(kind.fit, "fit_generator", "fit", notes)
        kind.predict_classes = predict_classes(notes)
        kind.predict_proba = old_name(kind.predict, "predict_proba", "predict", notes)
        kind.predict_generator = old_name(
            kind.predict, "predict_generator", "predict", notes, ("val_samples",)
        )
    for name in ("predict", "train_on_batch", "test_on_batch"):
        if name in own:
            setattr(kind, name, without_workers(getattr(kind, name), name, notes))
    for name in ("predict", "predict_on_batch", "predict_classes"):
        if name in vars(kind):
            setattr(kind, name, giving_predictions(getattr(kind, name)))
    if "evaluate" in own:
        kind.make_predict_function = kind._make_predict_function = nothing_to_make  # noqa: SLF001
        kind.evaluate = evaluated(kind.evaluate, notes)
        kind.evaluate_generator = old_name(
            kind.evaluate, "evaluate_generator", "evaluate", notes, ("val_samples",)
        )


def nothing_to_make(model: Any) -> None:
    """model._make_predict_function(): whatever predicting needs is made by the first predict."""


def without_workers(original: Callable[..., Any], name: str, notes: Notes) -> Callable[..., Any]:
    """predict(workers=4), train_on_batch(reset_metrics=True): what said how to compute, not what."""

    @functools.wraps(original)
    def method(self: Any, *arguments: Any, **settings: Any) -> Any:
        return original(self, *arguments, **renamed(spellings.ON_DATA, name, settings, notes))

    return method


def compiled(original: Callable[..., Any], notes: Notes, era: Era) -> Callable[..., Any]:
    """compile: class_mode= is left out; "accuracy" is called "acc" in scripts that ask for that key."""

    @functools.wraps(original)
    def compile(  # noqa: A001 (Keras's name)
        self: Any,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        *rest: Any,
        **settings: Any,
    ) -> Any:
        settings = renamed(spellings.COMPILE, "compile", settings, notes)
        if settings.get("target_tensors", 0) is None:
            del settings["target_tensors"]
        if era.short_accuracy and isinstance(metrics, (list, tuple)) and "accuracy" in metrics:
            notes.say(
                'metrics=["accuracy"] was recorded as "acc" when this was written, and is here; today\'s key is "accuracy".'
            )
            metrics = ["acc" if metric == "accuracy" else metric for metric in metrics]
        if isinstance(metrics, (list, tuple)) and not {"cosine", "cosine_proximity"}.isdisjoint(
            map(str, metrics)
        ):
            metrics = [cosine(metric, notes) for metric in metrics]
        if isinstance(metrics, (list, tuple)) and set(map(str, metrics)) & era.long_metrics:
            metrics = [LONG[metric] if str(metric) in era.long_metrics else metric for metric in metrics]
        if (
            era.year < 3
            and isinstance(optimizer, str)
            and optimizer.lower() in map(str.lower, spellings.OLD_RATES)
        ):
            from chainrule import optimizers

            optimizer = type(optimizers.get(optimizer))()  # with the rate it had
        original(self, optimizer, loss, metrics, *rest, **settings)
        if era.trainable_when_compiled:
            self.trainable_then = {layer: layer.trainable for layer in self.flat_layers}

    return compile


def cosine(metric: Any, notes: Notes) -> Any:
    """The metric that was called cosine_proximity: minus the cosine, as the loss."""
    if metric not in ("cosine", "cosine_proximity"):
        return metric
    from chainrule.losses import cosine_similarity

    notes.say(
        f'metrics=["{metric}"] was minus the cosine, and is here; today\'s CosineSimilarity is the cosine.'
    )

    def cosine_proximity(y_true: Any, y_pred: Any) -> Any:
        return cosine_similarity(y_true, y_pred)

    cosine_proximity.__name__ = metric
    return cosine_proximity


def fitted(original: Callable[..., Any], notes: Notes) -> Callable[..., Any]:
    """fit: nb_epoch=, show_accuracy=, samples_per_epoch=, and what said how many workers to use."""

    @functools.wraps(original)
    def fit(self: Any, *arguments: Any, **settings: Any) -> Any:
        settings = settings_of_years(self, "fit", spellings.FIT, arguments, settings, notes)
        if "samples_per_epoch" in settings:
            x = arguments[0] if arguments else settings.get("x")
            settings["steps_per_epoch"] = steps_of(settings.pop("samples_per_epoch"), x)
            notes.say("fit: samples_per_epoch= is steps_per_epoch, counted in batches, today.")
            if settings.get("validation_steps"):  # nb_val_samples counted examples, too
                settings["validation_steps"] = steps_of(
                    settings["validation_steps"], settings.get("validation_data")
                )
        if isinstance(settings.get("shuffle"), str):
            notes.say(
                f"fit: shuffle={settings['shuffle']!r} is a text; the examples are shuffled one by one."
            )
            settings["shuffle"] = True
        history = original(self, *arguments, **settings)
        history.history = Figures(history.history)
        return history

    return fit


def evaluated(original: Callable[..., Any], notes: Notes) -> Callable[..., Any]:
    """evaluate: show_accuracy=, val_samples=."""

    @functools.wraps(original)
    def evaluate(self: Any, *arguments: Any, **settings: Any) -> Any:
        return original(
            self, *arguments, **settings_of_years(self, "evaluate", spellings.FIT, arguments, settings, notes)
        )

    return evaluate


def settings_of_years(
    model: Any,
    what: str,
    table: dict[str, str | None],
    arguments: Any,
    settings: dict[str, Any],
    notes: Notes,
) -> dict[str, Any]:
    """Today's names; show_accuracy=True (Keras 0) adds the metric."""
    settings = renamed(table, what, settings, notes)
    if settings.pop("show_accuracy", False):
        notes.say(f"{what}: show_accuracy= is compile(metrics=['accuracy']) today.")
        if not model.metrics_asked:
            model.asked.metrics = ["acc"]
            model.outputs_asked = []
    return settings


def steps_of(samples: int, data: Any) -> int:
    """How many batches so many examples are."""
    return -(-int(samples) // int(getattr(data, "batch_size", 32) or 32))


def old_name(
    original: Callable[..., Any], name: str, today: str, notes: Notes, dropped: tuple[str, ...] = ()
) -> Callable[..., Any]:
    """A method under the name it had."""

    @functools.wraps(original)
    def method(self: Any, *arguments: Any, **settings: Any) -> Any:
        notes.say(f"model.{name} is called {today} today.")
        for setting in (
            *dropped,
            "workers",
            "max_q_size",
            "max_queue_size",
            "use_multiprocessing",
            "pickle_safe",
            "nb_worker",
        ):
            settings.pop(setting, None)
        if "generator" in settings:
            settings["x"] = settings.pop("generator")
        if (
            name == "fit_generator" and len(arguments) > 1
        ):  # generator, steps_per_epoch, epochs, verbose, callbacks
            places = (
                "steps_per_epoch",
                "epochs",
                "verbose",
                "callbacks",
                "validation_data",
                "validation_steps",
                "class_weight",
            )
            settings |= dict(zip(places, arguments[1:], strict=False))
            arguments = arguments[:1]
        elif name != "fit_generator" and name.endswith("_generator") and len(arguments) > 1:
            settings["steps"] = arguments[1]
            arguments = arguments[:1]
        return getattr(self, today)(*arguments, **settings)

    return method


def predict_classes(notes: Notes) -> Callable[..., Any]:
    """The number of each example's class; for one output, 0 or 1."""

    def predict_classes(self: Any, x: Any, batch_size: int | None = None, verbose: Any = 0) -> np.ndarray:
        notes.say(
            "model.predict_classes(x) is model.predict(x).argmax(axis=-1) today, for one output model.predict(x) > 0.5."
        )
        predictions = self.predict(x, batch_size=batch_size, verbose=verbose)
        return (
            predictions.argmax(axis=-1) if predictions.shape[-1] > 1 else (predictions > 0.5).astype("int32")
        )

    return predict_classes


COSINE = (("cosine", "cosine_proximity"),)  # what a metric was asked as, and its key


class Figures(dict[str, Any]):
    """History's figures, which answer to "acc" where they are called "accuracy", and the other way round.

    >>> Figures(accuracy=[0.5])["acc"], Figures(val_acc=[0.5])["val_accuracy"]
    ([0.5], [0.5])
    """

    def __missing__(self, name: str) -> Any:
        short, long = (
            name.replace("accuracy", "acc"),
            name.replace("accuracy", "acc").replace("acc", "accuracy"),
        )
        head = "val_" if name.startswith("val_") else ""
        named = name.removeprefix("val_")
        others = [short_key for short_key, key in (*LONG.items(), *COSINE) if key == named]
        for other in (short, long, *(head + key for key in others)):
            if other != name and other in self:
                return self[other]
        raise KeyError(name)
