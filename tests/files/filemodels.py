"""A small model for the file tests, and a plan that knows four layers, as the models of Chainrule would."""

import math
from typing import Any

import numpy as np

from chainrule.errors import SettingError
from chainrule.files import ModelFile

Config = dict[str, Any]


def dense(name: str, units: Any, **more: Any) -> Config:
    config = {
        "name": name, "units": units, "activation": "relu", "use_bias": True,
        "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}},
        "bias_initializer": {"class_name": "Zeros", "config": {}},
        "kernel_regularizer": {"class_name": "L2", "config": {"l2": 0.01}},
    }  # fmt: skip
    return {"class_name": "Dense", "config": config | more}


def config(*layers: Config, inputs: Any = (4, 4)) -> Config:
    first = {
        "class_name": "InputLayer",
        "config": {"name": "image", "batch_shape": [None, *inputs], "dtype": "float32"},
    }
    flat = {"class_name": "Flatten", "config": {"name": "flatten"}}
    entries = [first, flat, *(layers or (dense("hidden", 5), dense("out", 3)))]
    return {"class_name": "Sequential", "config": {"name": "small", "layers": entries}}


def plan(config: Config) -> list[list[tuple[int, ...]]]:
    """The shapes each layer needs; only four classes are known."""
    shapes: list[list[tuple[int, ...]]] = []
    size: Any = ()
    for layer in config["config"]["layers"]:
        kind, settings = layer["class_name"], layer["config"]
        shapes.append([])
        if kind == "InputLayer":
            size = tuple(settings["batch_shape"][1:])
        elif kind == "Flatten":
            size = (math.prod(size),)
        elif kind == "Dense":
            units = settings["units"]
            if not isinstance(units, int) or units < 1:
                raise SettingError(f"Dense needs a whole number of units, not {units!r}.")
            shapes[-1] = [(*size, units), (units,)]
            size = (units,)
        elif kind not in ("Dropout", "Activation"):
            raise SettingError(f"There is no layer called {kind!r}.")
    return shapes


def model(*, dtype: str = "f4", **more: Any) -> ModelFile:
    """A trained small model: Adam after 7 steps, with extras."""
    rng = np.random.default_rng(5)
    settings = config()
    weights = [[rng.normal(size=shape).astype(dtype) for shape in layer] for layer in plan(settings)]
    optimizer_state: list[Any] = [np.array(7, "i4"), np.array(0.002, "f4")]
    for array in (array for layer in weights for array in layer):
        optimizer_state += [(array * 0.1).astype("f4"), (array * array).astype("f4")]
    compile_config = {
        "optimizer": {"class_name": "Adam", "config": {"learning_rate": 0.002, "beta_1": 0.9, "beta_2": 0.999}},
        "loss": "categorical_crossentropy", "metrics": ["accuracy"],
    }  # fmt: skip
    extras = {"class_names": ["null", "eins", "zwölf"], "accuracy": 0.9831, "preparation": {"invert": True}}
    return ModelFile(settings, weights, **{"compile_config": compile_config, "optimizer_weights": optimizer_state,
                                           "extras": extras, **more})  # fmt: skip


def same(one: ModelFile, other: ModelFile) -> bool:
    """Whether two models are equal in everything, to the last bit."""
    return fingerprint(one) == fingerprint(other)


def fingerprint(model: ModelFile) -> Any:
    def arrays(found: Any) -> Any:
        return [(a.dtype.str, a.shape, a.tobytes()) for a in map(np.asarray, found or [])]

    return (
        model.config,
        model.compile_config,
        model.extras,
        [arrays(layer) for layer in model.weights],
        arrays(model.optimizer_weights),
    )
