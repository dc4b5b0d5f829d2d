"""Steps of a network that are functions of `keras.ops`: how Keras 3 stores them, read into one form and written back.

Keras stores `a / b` as the class TrueDivide of keras.src.ops.numpy, a number beside a place among the arguments of the
call, everything else among the settings. Here it is {"operation": "true_divide", "arguments": [{"slot": 0}, 2.0],
"settings": {}} with its calls naming places only. A function that is not on these lists is not opened.
"""

from typing import Any

import numpy as np

from chainrule.errors import FileError

Config = dict[str, Any]
OPS = "keras.src.ops."
TWO = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "true_divide",
    "power",
    "maximum",
    "minimum",
    "matmul",
    "equal",
    "not_equal",
    "greater",
    "greater_equal",
    "less",
    "less_equal",
    "logical_and",
    "logical_or",
]
ONE = [
    "exp",
    "expm1",
    "log",
    "log1p",
    "sqrt",
    "square",
    "reciprocal",
    "negative",
    "abs",
    "absolute",
    "sin",
    "cos",
    "tanh",
    "sign",
    "floor",
    "ceil",
    "isnan",
    "logical_not",
]
OVER_AXIS = ["sum", "mean", "max", "min", "amax", "amin", "var", "std", "prod", "any", "all"]
# settings that Keras keeps with the class, in the order in which the function takes them after its arrays
SETTINGS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys([*TWO, *ONE, "where", "getitem"], ()),
    **dict.fromkeys(OVER_AXIS, ("axis", "keepdims")),
    **dict.fromkeys(("argmax", "argmin"), ("axis", "keepdims")),
    "reshape": ("newshape",), "expand_dims": ("axis",), "squeeze": ("axis",), "transpose": ("axes",),
    "swapaxes": ("axis1", "axis2"), "concatenate": ("axis",), "stack": ("axis",), "flip": ("axis",),
    "clip": ("x_min", "x_max"), "repeat": ("repeats", "axis"), "tile": ("repeats",),
    "split": ("indices_or_sections", "axis"), "rsqrt": (), "logsumexp": ("axis", "keepdims"),
    "sigmoid": (), "relu": (), "softmax": ("axis",), "log_softmax": ("axis",), "softplus": (), "silu": (), "gelu": (),
    "elu": ("alpha",), "selu": (), "leaky_relu": ("negative_slope",), "relu6": (), "softsign": (),
}  # fmt: skip
ARRAYS = {**dict.fromkeys([*TWO, "getitem"], 2), "where": 3}  # how many arguments stay with the call; else 1
HOME = {
    **dict.fromkeys(("rsqrt", "logsumexp"), "math"),
    **dict.fromkeys(
        [
            "sigmoid",
            "relu",
            "softmax",
            "log_softmax",
            "softplus",
            "silu",
            "gelu",
            "elu",
            "selu",
            "leaky_relu",
            "relu6",
            "softsign",
        ],
        "nn",
    ),
}
MOST_COPIES = 10_000  # of repeat and tile
CLASSES = {
    **{"".join(part.capitalize() for part in name.split("_")): name for name in SETTINGS},
    "GetItem": "getitem",
}
OWN_NAMES = {name: kind for kind, name in CLASSES.items() if kind != "Getitem"}


def is_operation(entry: Config) -> bool:
    """Whether a stored layer is a function of `keras.ops`; an .h5 does not say where a class is from."""
    module, kind, calls = (entry.get(key) for key in ("module", "class_name", "inbound_nodes"))
    if isinstance(module, str) or kind not in CLASSES or kind in ("Concatenate", "Softmax"):
        return isinstance(module, str) and module.startswith(OPS)
    first = calls[0] if isinstance(calls, list) and calls else None
    given = first.get("args") if isinstance(first, dict) else None
    return isinstance(given, list) and bool(given) and (kind not in LAYERS or not isinstance(given[0], list))


LAYERS = ("Add", "Subtract", "Multiply", "Maximum", "Minimum")  # called with one list of inputs


def read(entry: Config, name: str) -> Config:
    """An operation of Keras 3 in the one form; its calls name places only."""
    kind = str(entry.get("class_name"))
    if kind not in CLASSES:
        raise FileError(
            f"has the operation {kind[:80]!r} in it ({name[:80]!r}), which is not known here. It is not opened."
        )
    own = CLASSES[kind]
    settings = {k: v for k, v in entry["config"].items() if k in SETTINGS[own] and v is not None}
    calls = entry.get("inbound_nodes") or []
    if len(calls) > 1 or (calls and not isinstance(calls[0], dict)):
        raise FileError(f"has a graph that is damaged where {name[:80]!r} is called.")
    places: list[Any] = []

    def slotted(value: Any) -> Any:
        if isinstance(value, list):
            return [slotted(one) for one in value]
        if not isinstance(value, dict):
            return value
        word, inside = value.get("class_name"), value.get("config")
        if word == "__keras_tensor__":
            if value not in places:
                places.append(value)
            return {"slot": places.index(value)}
        if word == "__slice__" and isinstance(inside, dict):
            return {"slice": [inside.get(key) for key in ("start", "stop", "step")]}
        if word == "__ellipsis__":
            return {"ellipsis": True}
        if word == "__numpy__" and isinstance(inside, dict):
            return {"array": inside.get("value"), "dtype": inside.get("dtype")}
        raise FileError(f"has an argument in {name[:80]!r} that is not known here. It is not opened.")

    arguments = [slotted(one) for one in calls[0].get("args", [])] if calls else [{"slot": 0}]
    check_copies(own, settings, name)
    return {
        "class_name": "Operation",
        "config": {
            "name": name,
            "operation": own,
            "arguments": arguments,
            "settings": {"settings": settings},
        },
        "inbound_nodes": [{"args": [places] if len(places) > 1 else places, "kwargs": {}}],
    }


def check_copies(operation: str, settings: Any, name: str) -> None:
    """FileError for a repeat or tile that would make very much of little."""
    if operation in ("repeat", "tile"):
        counts = settings.get("repeats", 1)
        counts = counts if isinstance(counts, list) else [counts]
        if not all(isinstance(n, int) and 0 < n <= MOST_COPIES for n in counts) or len(counts) > 8:
            raise FileError(
                f"repeats its numbers more than {MOST_COPIES:,} times in {name[:80]!r}. It is not opened."
            )


def own_entry(config: Config, name: str) -> None:
    """Checks an operation in the own form, as a file by Chainrule holds it."""
    operation, settings = config.get("operation"), config.get("settings")
    if operation not in SETTINGS:
        raise FileError(
            f"has the operation {str(operation)[:80]!r} in it ({name[:80]!r}), which is not known here. It is not opened."
        )
    if not isinstance(config.get("arguments"), list) or not isinstance(settings, dict):
        raise FileError(f"has an operation that is damaged, {name[:80]!r}.")
    inside = settings.get("settings", settings)
    check_copies(operation, inside if isinstance(inside, dict) else {}, name)


def constant(layer: Config) -> Config | None:
    """A Constant as Keras 3 can store it, which has no such layer: where(x, numbers, numbers).

    None where the numbers of an example have another shape than x's, which the two would not give.
    """
    calls, value = layer.get("inbound_nodes", []), np.asarray(layer["config"]["value"], np.float32)
    given = calls[0]["args"][0] if len(calls) == 1 else None
    if not isinstance(given, dict) or tuple(given["config"]["shape"][1:]) != value.shape:
        return None
    numbers = {"array": value.tolist(), "dtype": "float32"}
    config = {
        "name": layer["config"]["name"],
        "operation": "where",
        "arguments": [{"slot": 0}, numbers, numbers],
    }
    return spelled(layer | {"config": config})


def spelled(layer: Config) -> Config | None:
    """An operation as Keras 3 stores it; None where Keras has no such form."""
    config = layer["config"]
    operation = config["operation"]
    if operation not in SETTINGS or len(layer.get("inbound_nodes", [])) != 1:
        return None
    count, names = ARRAYS.get(operation, 1), SETTINGS[operation]
    arguments, more = config["arguments"][:count], config["arguments"][count:]
    given = dict((config.get("settings") or {}).get("settings", {}))
    if operation == "reshape" and "shape" in given:
        given["newshape"] = given.pop("shape")
    settings = dict(zip(names, more, strict=False)) | {k: v for k, v in given.items() if k in names}
    if len(more) > len(names) or set(given) - set(names):
        return None
    (call,) = layer["inbound_nodes"]
    places = call["args"][0] if call["args"] and isinstance(call["args"][0], list) else call["args"]

    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return [filled(one) for one in value]
        if not isinstance(value, dict):
            return value
        if "slot" in value:
            return places[value["slot"]]
        if "slice" in value:
            keys = dict(zip(("start", "stop", "step"), value["slice"], strict=True))
            return {"class_name": "__slice__", "config": keys}
        if "ellipsis" in value:
            return {"class_name": "__ellipsis__", "config": {}}
        return {"class_name": "__numpy__", "config": {"value": value["array"], "dtype": value["dtype"]}}

    kind = OWN_NAMES[operation]
    return {
        "module": OPS + HOME.get(operation, "numpy"),
        "class_name": kind,
        "config": {"name": config["name"], **settings},
        "registered_name": kind,
        "name": layer.get("name", config["name"]),
        "inbound_nodes": [{"args": [filled(one) for one in arguments], "kwargs": {}}],
    }
