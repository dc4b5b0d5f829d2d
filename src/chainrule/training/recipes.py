"""Ways of training that have a name: what `chainrule train --recipe NAME` does.

classic      the classic job to the letter: Adam's defaults, batch 32, 10 epochs
fast         the same network to at least 98.3 % in the least time: large batches, a rate that rises and falls
conv         a small convolutional network to at least 99 % in little time; pictures are moved by a pixel at every step
best         the most accurate single network for MNIST: larger kernels, pictures moved by up to two pixels, ten times the epochs
handwriting  the same network for pictures from other people: trained on bent, thicker, softer MNIST digits
auto         a network that is chosen for the data (chainrule.training.auto)
"""

import math
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from chainrule import layers, losses, optimizers
from chainrule.arrays import generator
from chainrule.datasets.data_checks.near_copies import flips_allowed
from chainrule.datasets.dataset import Dataset
from chainrule.engine.examples import Scaled
from chainrule.errors import SettingError, unknown
from chainrule.internal.field_kinds import kinds_of
from chainrule.models import Sequential
from chainrule.optimizers import schedules
from chainrule.training import amounts, pieces
from chainrule.training.augmentation import SIDE, Handwriting
from chainrule.training.network_functions import layers_from
from chainrule.training.networks import hidden_layers
from chainrule.training.picture_augmentation import PictureAugmentation
from chainrule.training.shifts import Shifts
from chainrule.training.standardised import normalization

FORMER_NAMES = {"strangers": "non_digits", "hands": "writing_styles"}  # as earlier versions stored them


@dataclass(frozen=True)
class Recipe:
    """All that decides a training run beside the data and the seed."""

    name: str
    hidden: tuple[int, ...] = (784, 100)
    activation: str = "relu"
    loss: str | None = None  # by the task: cross-entropy for classes, squared error for numbers
    optimizer: str = "adam"
    learning_rate: float | None = None  # None: the optimizer's own default
    optimizer_settings: tuple[tuple[str, float], ...] = ()
    schedule: str = "constant"
    warmup: float = 0.0  # the share of all steps over which the rate rises
    batch_size: int = 32
    epochs: int = 10
    label_smoothing: float = 0.0
    augmentation: bool = (
        False  # pictures are bent anew at every step (chainrule.training.augmentation.Handwriting)
    )
    shift: int = 0  # pixels by which pictures are moved anew at every step (chainrule.training.shifts.Shifts)
    non_digits: float = (
        0.0  # glyphs that are no digits, as a share of the digits: with the answer "all equally likely"
    )
    writing_styles: float = (
        0.0  # digits drawn as MNIST's writers did not write them, as a share of the digits
    )
    network: str = (
        ""  # the hidden layers in words (chainrule.training.networks), instead of `hidden`; "none" for none
    )
    network_config: dict[str, Any] = field(
        default_factory=dict
    )  # settings of the layers that a function gave (chainrule.training.network_functions); `network` is its name
    standardised: bool = False  # whether the network brings its inputs to mean 0 and variance 1
    camera: bool = (
        False  # pictures are moved, turned, lit anew at every step (chainrule.training.picture_augmentation)
    )
    log_target: bool = False  # whether the network works on the logarithm of the amounts that it learns (chainrule.training.amounts)
    pieces: int = (
        0  # into how many each column of numbers is cut (chainrule.training.pieces); 0 leaves them whole
    )
    best_epoch: int = 0  # after which learning ends, as a validation part was answered best there; 0: it goes on to the last
    tried: tuple[dict[str, Any], ...] = ()  # the networks among which this one was chosen, with their scores
    reason: str = ""  # why this one

    def to_dict(self) -> dict[str, Any]:
        """The recipe as a model file carries it."""
        return asdict(self) | {
            "hidden": list(self.hidden),
            "optimizer_settings": dict(self.optimizer_settings),
            "tried": [dict(one) for one in self.tried],
        }

    @property
    def learned_epochs(self) -> int:
        """How many of the epochs are learned, over all of which the rate is planned."""
        return self.best_epoch or self.epochs

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Recipe":
        """The recipe that `to_dict` wrote; what else stands there is left aside."""
        stored = {FORMER_NAMES.get(key, key): value for key, value in stored.items()}
        known = {key: value for key, value in stored.items() if key in cls.__dataclass_fields__}
        try:
            lists = {
                "hidden": tuple(known["hidden"]),
                "optimizer_settings": tuple(known["optimizer_settings"].items()),
                "tried": tuple(known.get("tried", ())),
            }
        except (KeyError, TypeError, AttributeError):
            raise SettingError(
                "This recipe was not written by Chainrule: it has no layers or no optimizer's settings."
            ) from None
        for name, value in (known | lists).items():
            if not isinstance(value, kinds := kinds_of(cls.__dataclass_fields__[name].type)) or (
                isinstance(value, bool) and bool not in kinds
            ):
                raise SettingError(f"This recipe was not written by Chainrule: its {name} is {value!r:.40}.")
        return cls(**known | lists)

    def changed(self, **changes: Any) -> "Recipe":
        """The same with some settings changed; None changes nothing.

        >>> CLASSIC.changed(epochs=3).epochs, CLASSIC.changed(optimizer="sgd").optimizer_settings
        (3, ())
        """
        asked = {key: value for key, value in changes.items() if value is not None}
        if any(value != getattr(self, key) for key, value in asked.items()):  # its best may be elsewhere
            asked = {"best_epoch": 0} | asked
        if asked.get("optimizer", self.optimizer) != self.optimizer:  # another one has other settings
            asked = {"optimizer_settings": (), "learning_rate": None} | asked
        if "crossentropy" not in asked.get("loss", "crossentropy"):
            asked = {"label_smoothing": 0.0} | asked
        if asked.get("network") is not None:  # it says all hidden layers
            asked = {"hidden": (), "network_config": {}} | asked
        elif asked.get("hidden") is not None:
            asked = {"network": "", "network_config": {}} | asked
        return replace(self, **asked)


CLASSIC = Recipe("classic")
# Chosen on the last 10,000 training pictures (benchmarks/LOG.md): forgetting gradients sooner suits so few steps, and
# label smoothing is worth 0.2 points.
FAST = Recipe(
    "fast", learning_rate=0.005, optimizer_settings=(("beta_1", 0.8), ("beta_2", 0.95)), schedule="one-cycle",
    warmup=0.2, batch_size=250, epochs=2, label_smoothing=0.1,
)  # fmt: skip
CONV = Recipe(
    "conv", hidden=(), network="conv 16, pool, conv 32, pool, dense 128", optimizer="adamw", learning_rate=0.005,
    optimizer_settings=(("weight_decay", 0.01), ("beta_1", 0.8), ("beta_2", 0.95)), schedule="one-cycle", warmup=0.2,
    batch_size=100, epochs=2, label_smoothing=0.05, shift=1,
)  # fmt: skip
BEST = replace(
    CONV, name="best", network="conv 16 5, pool, conv 32 5, pool, dense 128", learning_rate=0.004,
    optimizer_settings=(("weight_decay", 0.01),), epochs=20, shift=2,
)  # fmt: skip
HANDWRITING = Recipe(
    "handwriting", learning_rate=0.002, schedule="cosine", warmup=0.01, batch_size=128, epochs=90,
    label_smoothing=0.05, augmentation=True, non_digits=0.3, writing_styles=0.04,
)  # fmt: skip

MNIST = 60_000  # examples, for which FAST, CONV and BEST are tuned
PLANNED = ("fast", "conv", "best")  # with fewer examples they take smaller batches and more epochs
RECIPES = {recipe.name: recipe for recipe in (CLASSIC, FAST, CONV, BEST, HANDWRITING)}
SCHEDULES = ("constant", "one-cycle", "cosine")
LOSSES = {
    "classes": "categorical_crossentropy",
    "two classes": "binary_crossentropy",
    "regression": "mean_squared_error",
}


def recipe(name: str, examples: int = MNIST, **changes: Any) -> Recipe:
    """A recipe by name, planned for so many examples, with some settings changed; None changes nothing.

    >>> recipe("classic", epochs=3).epochs
    3
    """
    if name not in RECIPES:
        raise unknown("recipe", name, RECIPES)
    planned = fewer(RECIPES[name], examples) if name in PLANNED else RECIPES[name]
    return planned.changed(**changes)


def fewer(recipe: Recipe, examples: int) -> Recipe:
    """A recipe made for MNIST's 60,000 examples, planned for fewer: smaller batches, about as many steps.

    The rate goes with the square root of the batch size, as the noise of the gradient does.

    >>> small = fewer(FAST, 1000)
    >>> small.batch_size, small.epochs
    (20, 20)
    """
    if examples >= MNIST:
        return recipe
    batch = min(recipe.batch_size, max(16, examples // 50))
    steps = recipe.epochs * MNIST / recipe.batch_size * (2 if batch < recipe.batch_size else 1)
    rate = (recipe.learning_rate or 0.001) * math.sqrt(batch / recipe.batch_size)
    epochs = max(recipe.epochs, min(50, math.ceil(steps * batch / max(1, examples))))
    return replace(recipe, batch_size=batch, epochs=epochs, learning_rate=float(f"{rate:.2g}"))


def network(recipe: Recipe, data: Dataset) -> Sequential:
    """The recipe's network for a data set, with fresh weights: hidden layers, and an end that fits the task."""
    model = Sequential([layers.Input(shape=data.input_shape)])
    if recipe.standardised and not recipe.pieces:  # which need no scale
        for first in normalization(data):
            model.add(first)
    if recipe.pieces:
        cut, weights = pieces.layers_of(data.x_train, recipe.pieces)
        for one in cut:
            model.add(one)
        cut[0].set_weights(weights)
    if recipe.network_config:
        for layer in layers_from(recipe.network_config):
            model.add(layer)
        if recipe.network_config["whole"]:
            return whole(model, data)
    elif recipe.network not in ("", "none"):
        for layer in hidden_layers(recipe.network, data.input_shape, recipe.activation):
            model.add(layer)
    if len(model.output_shape or ()) > 1:
        model.add(layers.Flatten())
    for units in recipe.hidden:
        model.add(layers.Dense(units, activation=recipe.activation))
    if data.task == "classes":
        model.add(layers.Dense(len(data.class_names or ()), activation="softmax"))
    elif data.task == "two classes":
        model.add(layers.Dense(1, activation="sigmoid"))
    else:
        amounts.put_on(model, recipe, data)
    return model


def whole(model: Sequential, data: Dataset) -> Sequential:
    """A network that brings the layer that answers; SettingError where its outputs are not those of the task."""
    expected = (len(data.class_names or ()) if data.task == "classes" else 1,)
    if model.output_shape != expected:
        raise SettingError(
            f"--network: the network answers with {model.output_shape}; {data.name} needs {expected}. "
            "Give only the hidden layers, in a list, and the end is put on top."
        )
    return model


def optimizer_of(recipe: Recipe, steps: int) -> optimizers.Optimizer:
    """The recipe's optimizer, its rate planned over all steps of the run."""
    optimizer = optimizers.get({"class_name": recipe.optimizer, "config": dict(recipe.optimizer_settings)})
    rate = optimizer.learning_rate if recipe.learning_rate is None else recipe.learning_rate
    warmup = int(recipe.warmup * steps)
    if recipe.schedule == "one-cycle":
        optimizer.learning_rate = schedules.OneCycle(rate, max(1, steps), warmup)
    elif recipe.schedule == "cosine":
        optimizer.learning_rate = schedules.CosineDecay(
            0.0 if warmup else rate,
            max(1, steps - warmup),
            warmup_target=rate if warmup else None,
            warmup_steps=warmup,
        )
    elif recipe.schedule == "constant":
        optimizer.learning_rate = rate
    else:
        raise unknown("schedule", recipe.schedule, SCHEDULES)
    return optimizer


def inputs(data: Dataset, x: Any) -> Any:
    """A part's inputs as fit takes them: pixels stay uint8 and are scaled when a batch is made."""
    return x if data.scale is None else Scaled(x, round(1 / data.scale))


def targets(data: Dataset, y: Any, loss: str) -> Any:
    """A part's targets as the loss wants them."""
    from chainrule.utils import to_categorical

    if data.task != "classes" or losses.as_loss(loss).key == "sparse_categorical_crossentropy":
        return y
    return to_categorical(y, len(data.class_names or ()))


def prepare(recipe: Recipe, data: Dataset, backend: str | None = None) -> Sequential:
    """A compiled network for a recipe and a data set, ready to fit."""
    if recipe.batch_size < 1 or recipe.epochs < 0:
        raise SettingError("A recipe needs a batch_size of 1 or more and epochs of 0 or more.")
    model = network(recipe, data)
    count = len(data.x_train) + sum(drawn(recipe, data))
    steps = -(-count // recipe.batch_size) * recipe.epochs
    loss = recipe.loss or LOSSES[data.task]
    metrics = ["mae"] if data.task == "regression" else ["accuracy"]
    scored = losses.as_loss(loss)
    if isinstance(
        scored, losses.CategoricalCrossentropy | losses.BinaryCrossentropy
    ):  # others have no targets to smooth
        scored.label_smoothing = recipe.label_smoothing
    if recipe.augmentation:
        if data.input_shape != (SIDE, SIDE):
            raise SettingError(
                f"The recipe {recipe.name} bends pictures of 28 x 28; {data.name} has {data.input_shape}."
            )
        model.augmentation = Handwriting(name="handwriting")
    if recipe.camera:
        model.augmentation = PictureAugmentation(flip=flips_allowed(data), name="camera", **camera(data))
    if recipe.shift:
        if len(data.input_shape) < 2:
            raise SettingError(
                f"The recipe {recipe.name} moves pictures; {data.name} has examples of shape {data.input_shape}."
            )
        model.augmentation = Shifts(recipe.shift, name="shifts")
    weight = None
    if data.task == "regression" and recipe.standardised:
        weight = amounts.loss_weight(data, 1 if loss == "mean_absolute_error" else 2)
    weights = None if weight is None else [weight]
    model.compile(optimizer_of(recipe, steps), scored, metrics, loss_weights=weights, backend=backend)
    return model


def camera(data: Dataset) -> dict[str, Any]:
    """How much pictures are changed: those that are no bytes less, within the numbers that they have."""
    if data.scale is not None:
        return {}
    limits = (float(data.x_train.min()), float(data.x_train.max()))
    return {
        "shift": 0.12,
        "rotation": 15.0,
        "scale": 0.15,
        "brightness": 0.0,
        "contrast": 0.3,
        "colour": 0.0,
        "limits": limits,
    }


def learn(
    recipe: Recipe, data: Dataset, model: Sequential, verbose: Any = "auto", callbacks: Any = None,
    validation: bool = True,
) -> Any:  # fmt: skip
    """Fits a prepared model as the recipe says; the validation part, else the test part, is judged after each epoch."""
    loss = recipe.loss or LOSSES[data.task]
    held = (data.x_test, data.y_test) if data.x_val is None else (data.x_val, data.y_val)
    x, y = examples(recipe, data, model.seed)
    return model.fit(
        x, y, batch_size=recipe.batch_size,
        epochs=recipe.learned_epochs, verbose=verbose, callbacks=callbacks,
        validation_data=(inputs(data, held[0]), targets(data, held[1], loss)) if validation else None,
    )  # fmt: skip


def examples(recipe: Recipe, data: Dataset, seed: int) -> tuple[Any, Any]:
    """The inputs and targets that a recipe learns from."""
    x, y = inputs(data, data.x_train), targets(data, data.y_train, recipe.loss or LOSSES[data.task])
    writing_styles, non_digits = drawn(recipe, data)
    if writing_styles:
        x, y = with_writing_styles(x, y, writing_styles, seed)
    return with_non_digits(data, x, y, non_digits, seed) if non_digits else (x, y)


def drawn(recipe: Recipe, data: Dataset) -> tuple[int, int]:
    """How many digits in other writing styles and glyphs that are none a recipe adds: for the ten digits of 28 x 28 only."""
    is_digits = (
        data.input_shape == (SIDE, SIDE)
        and tuple(data.class_names or ()) == tuple("0123456789")
        and data.scale is not None
    )
    if not is_digits or losses.as_loss(recipe.loss or LOSSES[data.task]).key != LOSSES["classes"]:
        return 0, 0
    return round(recipe.writing_styles * len(data.x_train)), round(recipe.non_digits * len(data.x_train))


def with_writing_styles(x: Scaled, y: np.ndarray, count: int, seed: int) -> tuple[Scaled, np.ndarray]:
    """The digits, and after them `count` drawn in styles that MNIST hardly has."""
    from chainrule.images.writing_styles import drawn_digits

    pictures, labels = drawn_digits(count, seed % 2**32)
    return Scaled(np.concatenate([x.values, pictures]), x.divisor), np.concatenate(
        [y, np.eye(y.shape[1], dtype=y.dtype)[labels]]
    )


def with_non_digits(
    data: Dataset, x: Scaled, y: np.ndarray, count: int, seed: int
) -> tuple[Scaled, np.ndarray]:
    """The digits, and after them `count` glyphs that are none; two thirds drawn, one third digits that were spoiled."""
    from chainrule.images.non_digits import drawn_glyphs, spoiled

    rng = generator(seed, "split", 1)
    some = rng.choice(len(data.x_train), size=count // 3, replace=False)
    others = [
        drawn_glyphs(count - count // 3, seed % 2**32),
        spoiled(data.x_train[some], data.y_train[some], seed % 2**32),
    ]
    unsure = np.full((count, y.shape[1]), 1 / y.shape[1], np.float32)
    return Scaled(np.concatenate([x.values, *others]), x.divisor), np.concatenate([y, unsure])


def judge(data: Dataset, model: Sequential) -> dict[str, float]:
    """The model's loss and metrics on the test part."""
    loss = model.loss_object.key
    return dict(model.evaluate(
        inputs(data, data.x_test), targets(data, data.y_test, loss), verbose=0, return_dict=True
    ))  # fmt: skip
