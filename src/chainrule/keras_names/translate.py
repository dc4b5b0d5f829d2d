"""Accepts the arguments of earlier years, with the meaning they had, on the classes of this process.

The classes stay the same objects: only their constructors learn to read the older words.
"""

import functools
import importlib.util
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.keras_names import channels_first, old_gates, spellings
from chainrule.keras_names.channels_first import ORDER
from chainrule.keras_names.era import Era
from chainrule.keras_names.notes import Notes

Arguments = tuple[tuple[Any, ...], dict[str, Any]]
Reader = Callable[[str, tuple[Any, ...], dict[str, Any]], Arguments]


def accept(kind: type, reader: Reader) -> None:
    """Lets a class's constructor be called with what `reader` makes of the arguments."""
    original = kind.__init__

    @functools.wraps(original)
    def __init__(self: Any, *arguments: Any, **settings: Any) -> None:  # noqa: N807
        if (
            type(self) is kind or type(self).__init__ is not __init__
        ):  # a subclass's own constructor calls this one
            arguments, settings = reader(kind.__name__, arguments, settings)
        weights = settings.pop("weights", None) if "weights" not in own else None
        turned = settings.pop("channels_are_first", False)
        original(self, *arguments, **settings)
        if turned:
            self.channels_are_first = True
        if weights is not None:
            begin_with(self, weights)

    own = inspect.signature(original).parameters
    kind.__init__ = __init__  # type: ignore[method-assign]


def begin_with(layer: Any, weights: list[Any]) -> None:
    """The layer's first weights are these (Keras 1 and 2: weights=[...])."""
    build = layer.build

    def built(*arguments: Any, **settings: Any) -> None:
        new = not layer.built
        build(*arguments, **settings)
        if new:
            layer.set_weights(weights)

    layer.build = built


def renamed(
    table: dict[str, str | None], what: str, settings: dict[str, Any], notes: Notes
) -> dict[str, Any]:
    """Settings under today's names; None in the table stands for what has no meaning any more."""
    result = {}
    for name, value in settings.items():
        today = table.get(name, name)
        if today is None:
            notes.say(f"{what}: {name}= has no meaning any more and is left out.")
        else:
            if today != name:
                notes.say(f"{what}: {name}= is called {today} today.")
            result[today] = value
    return result


class Layers:
    """Reads the arguments of layers of earlier years."""

    def __init__(self, notes: Notes, era: Era) -> None:
        self.notes, self.era = notes, era

    def __call__(self, name: str, arguments: tuple[Any, ...], settings: dict[str, Any]) -> Arguments:
        """Positions and names as today's constructor takes them."""
        if arguments or settings:
            arguments, settings = self.positions(name, arguments, settings)
            table = {
                old: new for old, new in spellings.LAYER.items() if not (old == "init" and name == "Lambda")
            }
            table |= spellings.OF_CLASS.get(name, {})
            table |= dict.fromkeys(spellings.DROPPED)
            table |= {old: None for old, values in spellings.AT_REST.items() if settings.get(old) in values}
            settings = renamed(table, name, settings, self.notes)
            settings = self.meanings(name, settings)
            if self.era.year < 3:
                arguments, settings = old_gates.read(name, arguments, settings, self.notes)
        if self.era.year < 3 and ORDER.read(name, settings):
            self.notes.say(f"{name}: the shape of its pictures says that their channels are first.")
        if ORDER.of(name, settings):
            self.notes.say(f"{name}: its channels are first, so it stands between two Permute.")
            settings["channels_are_first"] = True
        return arguments, settings

    def positions(self, name: str, arguments: tuple[Any, ...], settings: dict[str, Any]) -> Arguments:
        """Keras 0 and 1 had other orders: Convolution2D(32, 3, 3), Dense(64, "uniform"), Dense(784, 10)."""
        whole = [isinstance(a, int) and not isinstance(a, bool) for a in arguments]
        if name in ("Conv2D", "SeparableConv2D") and self.era.year < 3 and len(whole) >= 3 and all(whole[:3]):
            self.notes.say(
                f"{name}({arguments[0]}, {arguments[1]}, {arguments[2]}) is {name}({arguments[0]}, kernel_size={arguments[1:3]}) today."
            )
            arguments = (arguments[0], arguments[1:3], *arguments[3:])
        if {"nb_row", "nb_col"} <= settings.keys():
            self.notes.say(f"{name}: nb_row= and nb_col= are called kernel_size today.")
            settings = dict(settings)
            settings["kernel_size"] = (settings.pop("nb_row"), settings.pop("nb_col"))
        if name == "Dense" and len(arguments) > 1:
            if all(whole[:2]):
                self.notes.say(
                    f"Dense({arguments[0]}, {arguments[1]}) is Dense({arguments[1]}, input_shape=({arguments[0]},)) today."
                )
                return (arguments[1], *arguments[2:]), settings | {"input_dim": arguments[0]}
            if arguments[1] in (
                *spellings.INITIALIZERS,
                "glorot_uniform",
                "glorot_normal",
                "he_normal",
                "he_uniform",
                "lecun_uniform",
            ):
                self.notes.say("Dense: the second argument was init; it is called kernel_initializer today.")
                settings = settings | {"kernel_initializer": arguments[1]}
                arguments = (arguments[0], *arguments[2:3])
        return arguments, settings

    def meanings(self, name: str, settings: dict[str, Any]) -> dict[str, Any]:
        """Values that are written otherwise today."""
        for key, value in list(settings.items()):
            if key.endswith("_initializer") and isinstance(value, str):
                settings[key] = spellings.INITIALIZERS.get(value, value)
        if settings.get("data_format") in ("tf", "th"):
            settings["data_format"] = "channels_last" if settings["data_format"] == "tf" else "channels_first"
        if "dim_ordering" in settings:
            order = settings.pop("dim_ordering")
            self.notes.say(f"{name}: dim_ordering={order!r} is called data_format today.")
            settings["data_format"] = "channels_first" if order == "th" else "channels_last"
        if "batch_input_shape" in settings:
            shape = settings.pop("batch_input_shape")
            self.notes.say(f"{name}: batch_input_shape= is Input(batch_shape=...) today.")
            settings["input_shape"] = tuple(shape)[1:]
        if name != "InputLayer" and settings.pop("batch_size", None) is not None:
            self.notes.say(f"{name}: batch_size= belongs to fit; a layer takes batches of any size.")
        if name == "Embedding" and settings.pop("dropout", None):
            self.notes.say(
                "Embedding: dropout= is left out, as Keras 2 does; today a SpatialDropout1D stands behind it."
            )
        length = settings.pop("input_length", None)
        if length is not None and name != "Embedding":
            settings["input_shape"] = (length, settings.pop("input_dim"))
        elif length is not None:
            self.notes.say("Embedding: input_length= is Input(shape=(length,)) today.")
            settings["input_shape"] = (length,) if isinstance(length, int) else tuple(length)
        elif name in ("LSTM", "GRU", "SimpleRNN", "Conv1D") and "input_dim" in settings:
            settings["input_shape"] = (None, settings.pop("input_dim"))
        return settings


class Optimizers:
    """Reads lr=, decay=, epsilon=None, and the rates that Adadelta and Adagrad had by themselves."""

    def __init__(self, notes: Notes, era: Era) -> None:
        self.notes, self.era = notes, era

    def __call__(self, name: str, arguments: tuple[Any, ...], settings: dict[str, Any]) -> Arguments:
        """Positions and names as today's constructor takes them."""
        settings = renamed(dict(spellings.OPTIMIZER), name, settings, self.notes)
        if settings.get("epsilon", 0) is None:
            del settings["epsilon"]
        settings.pop("schedule_decay", None)
        if (
            self.era.year < 3
            and name in spellings.OLD_RATES
            and not arguments
            and "learning_rate" not in settings
        ):
            rate = settings["learning_rate"] = spellings.OLD_RATES[name]
            self.notes.say(
                f"{name}() had a learning rate of {rate:g} when this was written, and has it here; today's is 0.001."
            )
        decay = settings.pop("decay", None)
        if decay:
            self.decay(name, float(decay), arguments, settings)
            arguments = arguments[1:]
        return arguments, settings

    def decay(self, name: str, decay: float, arguments: tuple[Any, ...], settings: dict[str, Any]) -> None:
        """decay= was rate / (1 + decay · step); a schedule of this formula takes its place."""
        from chainrule import optimizers

        kind = getattr(optimizers, name)
        today = inspect.signature(kind.__init__.__wrapped__).parameters.get("learning_rate")
        rate = arguments[0] if arguments else settings.get("learning_rate", today.default if today else 0.001)
        self.notes.say(
            f"{name}: decay={decay:g} is InverseTimeDecay({rate:g}, 1, {decay:g}) as learning_rate today."
        )
        settings["learning_rate"] = optimizers.schedules.InverseTimeDecay(rate, 1, decay)


class Models:
    """Reads input= and output= of Model."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes

    def __call__(self, name: str, arguments: tuple[Any, ...], settings: dict[str, Any]) -> Arguments:
        """Names as today's constructor takes them."""
        return arguments, renamed(dict(spellings.MODEL), "Model", settings, self.notes)


class Callbacks:
    """Reads the arguments of callbacks of earlier years."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes

    def __call__(self, name: str, arguments: tuple[Any, ...], settings: dict[str, Any]) -> Arguments:
        """Names as today's constructor takes them."""
        return arguments, renamed(dict(spellings.CALLBACK.get(name, {})), name, settings, self.notes)


class Initializers:
    """Reads distribution="normal", which tf.keras and Keras 2 took for "truncated_normal"."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes

    def __call__(self, name: str, arguments: tuple[Any, ...], settings: dict[str, Any]) -> Arguments:
        """Names and values as today's constructor takes them."""
        if settings.get("distribution") == "normal":
            self.notes.say(f'{name}: distribution="normal" is called "truncated_normal" today.')
            settings = settings | {"distribution": "truncated_normal"}
        return arguments, settings


def install(notes: Notes, era: Era) -> None:
    """Lets all layers, optimizers and callbacks of this process read the older words."""
    from chainrule import callbacks, initializers, layers, optimizers

    channels_first.install()
    for kind in layers.CLASSES.values():
        accept(kind, Layers(notes, era))
    for kind in optimizers.CLASSES.values():
        accept(kind, Optimizers(notes, era))
    from chainrule import models

    accept(models.Functional, Models(notes))
    accept(initializers.VarianceScaling, Initializers(notes))
    for name in spellings.CALLBACK:
        accept(getattr(callbacks, name), Callbacks(notes))
    every_so_many_epochs(callbacks.ModelCheckpoint, notes)
    for module, functions in spellings.FUNCTIONS.items():
        for name, table in functions.items():
            accept_in_function(f"chainrule.{module}", name, dict(table), notes)
    categorical_as_it_was(notes)


def accept_in_function(module: str, name: str, table: dict[str, str | None], notes: Notes) -> None:
    """Lets a function of a module be called with the older words."""
    if importlib.util.find_spec(module) is None:
        return
    home = importlib.import_module(module)
    original = getattr(home, name)

    @functools.wraps(original)
    def function(*arguments: Any, **settings: Any) -> Any:
        return original(*arguments, **renamed(table, name, settings, notes))

    setattr(home, name, function)


def categorical_as_it_was(notes: Notes) -> None:
    """to_categorical(dtype="int8") gave the rows another type until Keras 3, and counts labels below 0 from the last class."""
    from chainrule import utils

    original = utils.to_categorical

    @functools.wraps(original)
    def to_categorical(x: Any = None, *arguments: Any, dtype: Any = None, **settings: Any) -> Any:
        x = settings.pop("y", None) if x is None else x  # Keras 2's name
        classes = arguments[0] if arguments else settings.get("num_classes")
        labels = np.asarray(x)
        if classes and labels.dtype.kind in "if" and labels.size and -classes <= labels.min() < 0:
            notes.say(
                f"to_categorical: Keras counts labels below 0 from the last class, so that {labels.min():g} is "
                f"{labels.min() + classes:g}."
            )
            x = np.where(labels < 0, labels + classes, labels)
        made = original(x, *arguments, **settings)
        return made if dtype is None else made.astype(dtype)

    utils.to_categorical = to_categorical


def every_so_many_epochs(kind: Any, notes: Notes) -> None:
    """ModelCheckpoint(period=5) looked at each fifth epoch."""
    original = kind.__init__

    @functools.wraps(original)
    def __init__(self: Any, *arguments: Any, period: int = 1, **settings: Any) -> None:  # noqa: N807
        original(self, *arguments, **settings)
        if period > 1:
            notes.say(f"ModelCheckpoint: period={period} is save_freq, counted in batches, today.")
            look = self.on_epoch_end
            self.on_epoch_end = lambda epoch, logs=None: (
                look(epoch, logs) if (epoch + 1) % period == 0 else None
            )

    kind.__init__ = __init__
