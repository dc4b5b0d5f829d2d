"""What a page may ask to be learned: data, network, optimizer; checked, and made into a compiled model."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule import datasets, layers, losses
from chainrule.arrays import set_seed
from chainrule.datasets.dataset import Dataset
from chainrule.errors import SettingError, unknown
from chainrule.models import Sequential
from chainrule.studio import balls, dropped
from chainrule.studio.toy_data import ENDS as LAST
from chainrule.studio.toy_data import LINES, SETS, toy_data
from chainrule.training import recipes

ACTIVATIONS = ("relu", "tanh", "sigmoid", "linear", "elu", "softplus", "leaky_relu")
OPTIMIZERS = ("sgd", "momentum", "rmsprop", "adam", "adagrad")
MOST_LAYERS, MOST_UNITS, MOST_WEIGHTS = 8, 1024, 3_000_000
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Lesson:
    """All that decides what is learned, as the page's address has it.

    data: a set of points, or whatever `datasets.load` takes.  units: of each hidden layer.
    """

    data: str = "spiral"
    units: tuple[int, ...] = (8, 8)
    activation: str = "tanh"
    optimizer: str = "adam"
    learning_rate: float = 0.01
    batch_size: int = 16
    noise: float = 0.03
    seed: int = 1

    @classmethod
    def from_dict(cls, asked: Mapping[str, Any]) -> "Lesson":
        """A lesson as a page asked for it; SettingError says what is wrong with it.

        >>> Lesson.from_dict({"data": "xor", "units": [4]}).units
        (4,)
        """
        if not isinstance(asked, Mapping):
            raise SettingError(f"A lesson is an object of settings; it got {type(asked).__name__}.")
        for name in asked:
            if name not in cls.__dataclass_fields__:
                raise unknown("setting of a lesson", name, cls.__dataclass_fields__)
        fields = dict(asked)
        if "units" in fields:
            if not isinstance(fields["units"], (list, tuple)):
                raise SettingError(f"units must be a list such as [8, 8]; it got {fields['units']!r}.")
            fields["units"] = tuple(whole("units", n, 1, MOST_UNITS) for n in fields["units"])
            if len(fields["units"]) > MOST_LAYERS:
                raise SettingError(f"At most {MOST_LAYERS} hidden layers; it got {len(fields['units'])}.")
        for name, low, high in (("batch_size", 1, 10_000), ("seed", 0, 2**31)):
            if name in fields:
                fields[name] = whole(name, fields[name], low, high)
        for name, least, most in (("learning_rate", 0.0, 1000.0), ("noise", 0.0, 1.0)):
            if name in fields:
                fields[name] = real(name, fields[name], least, most)
        for name, known in (("activation", ACTIVATIONS), ("optimizer", OPTIMIZERS)):
            if name in fields and fields[name] not in known:
                raise unknown(name, fields[name], known)
        if not isinstance(fields.get("data", ""), str):
            raise SettingError(f"data must be a name; it got {fields['data']!r}.")
        return cls(**fields)

    def changed(self, **changes: Any) -> "Lesson":
        """The same with something changed."""
        checked = Lesson.from_dict({**self.to_dict(), **changes})
        return replace(checked)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self) | {"units": list(self.units)}


def whole(name: str, value: Any, low: int, high: int) -> int:
    """A whole number within limits; SettingError otherwise."""
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or value != value // 1
        or not low <= value <= high
    ):
        raise SettingError(f"{name} must be a whole number from {low} to {high:,}; it got {value!r}.")
    return int(value)


def real(name: str, value: Any, low: float, high: float) -> float:
    """A number within limits; SettingError otherwise."""
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not math.isfinite(value)
        or not low <= value <= high
    ):
        raise SettingError(f"{name} must be a number from {low:g} to {high:g}; it got {value!r}.")
    return float(value)


@lru_cache(maxsize=4)
def data_of(name: str, seed: int, noise: float, home: str = "") -> Dataset:
    """The data set of a lesson. home: where those are that were dropped in."""
    if name.startswith(dropped.PREFIX):
        return dropped.load(name, home, seed)
    return toy_data(name, seed, noise) if name in SETS or name in LINES else datasets.load(name)


def network_of(lesson: Lesson, data: Dataset) -> Sequential:
    """The lesson's network, compiled, with its first weights."""
    inputs = math.prod(data.input_shape)
    sizes = [inputs, *lesson.units, len(data.class_names or (0,))]
    count = sum(a * b for a, b in pairwise(sizes))
    if count > MOST_WEIGHTS:
        raise SettingError(f"This network has {count:,} weights; the studio takes up to {MOST_WEIGHTS:,}.")
    set_seed(lesson.seed)
    recipe = recipes.Recipe(
        "studio", hidden=lesson.units, activation=lesson.activation, batch_size=lesson.batch_size
    )
    model = along_a_line(lesson, data) if data.name in LINES else recipes.network(recipe, data)
    model.compile(
        optimizer_of(lesson), losses.get(recipes.LOSSES[data.task]), metrics_of(data), backend="numpy"
    )
    model.extras = {"class_names": None if data.class_names is None else list(data.class_names), "task": data.task,
                    "preparation": dict(data.preparation)}  # fmt: skip
    return model


def along_a_line(lesson: Lesson, data: Dataset) -> Sequential:
    """A network for points along a line; where it has one weight and one bias, it begins anywhere on its loss's surface."""
    hidden = [layers.Dense(n, activation=lesson.activation) for n in lesson.units]
    model = Sequential([layers.Input(shape=(1,)), *hidden, layers.Dense(1, activation=LAST[data.name])])
    if not hidden:
        balls.start(model, data.name, lesson.seed)
    return model


def optimizer_of(lesson: Lesson) -> Any:
    """The lesson's optimizer with its rate."""
    from chainrule import optimizers

    if lesson.optimizer == "momentum":
        return optimizers.SGD(lesson.learning_rate, momentum=0.9)
    optimizer = optimizers.get(lesson.optimizer)
    optimizer.learning_rate = lesson.learning_rate
    return optimizer


def metrics_of(data: Dataset) -> list[str]:
    """What is counted beside the loss."""
    return ["mae"] if data.task == "regression" else ["accuracy"]


def examples_of(model: Sequential, data: Dataset, part: str = "train") -> Any:
    """A part of the data as the engine takes it."""
    loss = recipes.LOSSES[data.task]
    x, y = getattr(data, f"x_{part}"), getattr(data, f"y_{part}")
    x, y = recipes.inputs(data, x), recipes.targets(data, y, loss)
    return model.problem(x, y).examples(x, y)


ENDS = {
    "two classes": ('Dense(1, activation="sigmoid")', "binary_crossentropy"),
    "regression": ("Dense(1)", "mean_squared_error"),
}


def code_of(lesson: Lesson, data: Dataset) -> str:
    """The lesson as a short program."""
    if lesson.data == "mnist":
        loaded = "(x, y), _ = chainrule.datasets.mnist.load_data()"
    elif lesson.data in SETS or lesson.data in LINES:
        loaded = f"x, y = ...  # {lesson.data}"
    else:
        named = data.name if lesson.data == data.name else lesson.data.replace("\\", "/").rsplit("/", 1)[-1]
        loaded = f"data = chainrule.datasets.load({named!r})\nx, y = data.x_train, data.y_train"
    hidden = "".join(f'    layers.Dense({n}, activation="{lesson.activation}"),\n' for n in lesson.units)
    count = len(data.class_names or (0,))
    end, loss = ENDS.get(
        data.task, (f'Dense({count}, activation="softmax")', "sparse_categorical_crossentropy")
    )
    if LAST.get(data.name):
        end = end.replace(")", f', activation="{LAST[data.name]}")')
    optimizer = {"momentum": "SGD", "sgd": "SGD", "adam": "Adam", "rmsprop": "RMSprop", "adagrad": "Adagrad"}[
        lesson.optimizer
    ]
    more = ", momentum=0.9" if lesson.optimizer == "momentum" else ""
    flat = "    layers.Flatten(),\n" if len(data.input_shape) > 1 else ""
    metric = metrics_of(data)[0]
    return (
        "import chainrule\nfrom chainrule import layers, optimizers\n\n"
        f"chainrule.utils.set_random_seed({lesson.seed})\n{loaded}\n"
        f"model = chainrule.Sequential([\n{flat}{hidden}    layers.{end},\n])\n"
        f'model.compile(optimizers.{optimizer}({lesson.learning_rate:g}{more}), "{loss}", ["{metric}"])\n'
        f"model.fit(x, y, batch_size={lesson.batch_size})\n"
    )
