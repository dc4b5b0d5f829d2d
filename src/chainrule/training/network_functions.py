"""Networks from a user's own function: `chainrule train --network FILE.py:function`.

    def network(input_shape):
        return [Conv2D(16, 3, activation="relu"), MaxPooling2D(), Flatten(), Dense(128, activation="relu")]

The function is given the shape of one example (or nothing, if it takes nothing). A list of layers is what lies between
the input and the layer that answers, as with the notation in words; a Sequential is the whole network. The file is run
once, when a training begins. What a run keeps is the layers' settings, so it opens again without running any file.
"""

import importlib.util
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from chainrule import layers
from chainrule.errors import SettingError, unknown
from chainrule.models import Sequential
from chainrule.models.configs import layer_from

NAMED = re.compile(r"(?P<file>.+\.py):(?P<function>\w*)")
Shape = tuple[int, ...]
Config = dict[str, Any]


def is_function(text: str) -> bool:
    """Whether a text names a file and a function, and is not a network in words.

    >>> is_function("nets.py:small"), is_function("conv 16, pool")
    (True, False)
    """
    return NAMED.fullmatch(text.strip()) is not None


def network_config(text: str, input_shape: Shape) -> Config:
    """What FILE.py:function gives for examples of a shape: {"layers": settings of each layer, "whole": bool}.

    whole: whether the layer that answers is among them. SettingError says what is wrong with the file, the function or what it gives.
    """
    found = NAMED.fullmatch(text.strip())
    if found is None:
        raise SettingError(f"--network: expected FILE.py:function; got {text!r}.")
    given = called(function_in(Path(found["file"]), found["function"]), text, input_shape)
    whole = isinstance(given, Sequential)
    if not whole and not (
        isinstance(given, list | tuple) and all(isinstance(x, layers.Layer) for x in given)
    ):
        hint = " Import them from chainrule." if "keras" in origin(given) else ""
        raise SettingError(
            f"--network {text}: the function gives a list of hidden layers, or a Sequential with the layer that "
            f"answers; it gave {shown(given)}.{hint}"
        )
    kept = [layer for layer in (given.layers if whole else given) if not isinstance(layer, layers.InputLayer)]
    for layer in kept:
        if layers.CLASSES.get(type(layer).__name__) is not type(layer):
            raise SettingError(
                f"--network {text}: {type(layer).__name__} is a layer of your own, which a run could not make again. "
                "Train this network from a program: model.fit(x, y)."
            )
    return {"layers": [layers.serialize(layer) for layer in kept], "whole": whole}


def layers_from(config: Config) -> list[Any]:
    """Fresh layers, or models used as layers, with the settings that `network_config` gave."""
    return [layer_from(entry) for entry in config["layers"]]


def function_in(file: Path, name: str) -> Callable[..., Any]:
    """A function of a Python file, which is run for it."""
    if not file.is_file():
        raise SettingError(f"--network: there is no file {str(file)!r}.")
    module = run_file(file)
    known = [
        key for key, value in vars(module).items() if inspect.isfunction(value) and not key.startswith("_")
    ]
    if name not in known:
        raise unknown(f"function in {file}", name, known)
    function: Callable[..., Any] = getattr(module, name)
    return function


def run_file(file: Path) -> ModuleType:
    """A Python file as a module."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise SettingError(f"--network: {str(file)!r} is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as problem:
        raise SettingError(
            f"--network: {file} cannot be run: {type(problem).__name__}: {problem}"
        ) from problem
    return module


def called(function: Callable[..., Any], text: str, input_shape: Shape) -> Any:
    """What the function gives."""
    takes = len(inspect.signature(function).parameters)
    try:
        return function(input_shape) if takes else function()
    except Exception as problem:
        raise SettingError(f"--network {text} failed: {type(problem).__name__}: {problem}") from problem


def origin(given: Any) -> str:
    """The packages that what came is from."""
    several = given if isinstance(given, list | tuple) else [given]
    return " ".join(type(one).__module__.partition(".")[0] for one in several)


def shown(given: Any) -> str:
    """What came, in a few words."""
    if isinstance(given, list | tuple):
        others = [type(one).__name__ for one in given if not isinstance(one, layers.Layer)]
        return f"a {type(given).__name__} with {', '.join(others[:3])} in it"
    return "nothing" if given is None else f"a {type(given).__name__}"
