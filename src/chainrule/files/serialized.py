"""Keras's way of writing an object as JSON, {"module", "class_name", "config", "registered_name"}: read and written.

Reading checks every name against the vocabulary and keeps {"class_name", "config"}; nothing is imported or called.
"""

import builtins
import re
from collections.abc import Set as AbstractSet
from typing import Any

from chainrule.errors import FileError
from chainrule.files import allowed_names as names
from chainrule.internal import custom_objects

KERAS = frozenset(["keras", "keras_core", "tf_keras", "tensorflow"])
# settings that say where something lies on a disk or in a network, wherever they appear
PLACES = frozenset(
    ["filepath", "filename", "path", "url", "vocabulary", "weights", "origin", "cache_dir", "cache_subdir"]
)
PATH = re.compile(
    r"[a-z][a-z0-9+.-]*://|[/\\~]|\.\.?[/\\]|[a-z]:[\\/]|.*[/\\]\.\.([/\\]|$)", re.IGNORECASE | re.DOTALL
)


def plain(value: Any, allowed: AbstractSet[str], where: str, key: str = "") -> Any:
    """A setting in its plain form: objects as {"class_name", "config"}, functions and dtypes as their name.

    `allowed` are the class names that may stand there, `where` names the place in errors.

    >>> plain({"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}}, set(), "layer 'a'")
    'float32'
    """
    if isinstance(value, list):
        return [plain(item, allowed, where, key) for item in value]
    if isinstance(value, dict):
        if "class_name" in value:
            return plain_object(value, allowed, where)
        return {name: plain(item, allowed, where, name) for name, item in value.items()}
    if isinstance(value, str) and (PATH.match(value) or (key in PLACES and value)):
        raise FileError(f"has a path or an address in {where} ({key}: {value[:80]!r}). It is not opened.")
    return value


def plain_object(entry: dict[str, Any], allowed: AbstractSet[str], where: str) -> Any:
    """One {"class_name", ...} entry in its plain form."""
    name = class_name(entry, where)
    config = entry.get("config")
    if name == "__tuple__" and isinstance(entry.get("items"), list):
        return plain(entry["items"], allowed, where)
    if name == "function" and (config in names.FUNCTIONS or (name in allowed and is_name(config))):
        return config
    if name in names.POLICIES and isinstance(config, dict) and isinstance(config.get("name"), str):
        return config["name"]
    if name not in allowed:
        raise FileError(
            f"names {name[:80]!r} in {where}, which is not on the list of what a model file may hold. It is not loaded."
        )
    if not isinstance(config, dict):
        raise FileError(f"has no settings for {name!r} in {where}.")
    return {"class_name": name, "config": plain(config, allowed, where)}


def is_name(value: Any) -> bool:
    """Whether it can be the name of a function of somebody's own, which the program must have registered."""
    known = isinstance(value, str) and re.fullmatch(r"([\w.]+>)?[^\W\d]\w{0,99}", value) is not None
    return known and not hasattr(builtins, value)  # eval, open ... are nobody's activation


def class_name(entry: dict[str, Any], where: str) -> str:
    """The class an entry names, when it is one of Keras's own and says nothing else beside it."""
    name, module, registered = entry.get("class_name"), entry.get("module"), entry.get("registered_name")
    if not isinstance(name, str):
        raise FileError(f"has a class name that is not text in {where}.")
    function = name == "function" and module == "builtins" and registered == "function"
    foreign = module is not None and not (isinstance(module, str) and module.split(".")[0] in KERAS)
    if registered is not None and custom_objects.find(str(registered)) is not None:
        return name  # a class that the running program has handed over or registered
    if foreign and custom_objects.find(name) is not None:
        return name
    if not function and (foreign or registered not in (None, name)):
        raise FileError(
            f"names {str(module)[:80]}.{name[:80]} (registered as {str(registered)[:80]!r}) in {where}. "
            "That is not a class of Keras, and it is not loaded."
        )
    custom = name.removeprefix("Custom>")  # TF-Keras 2.11 and later wrote so before its own optimizers
    return custom if custom in names.OPTIMIZERS else name


def spelled(value: Any, modules: dict[str, str]) -> Any:
    """The way back: every {"class_name", "config"} with its module, as Keras 3 writes it.

    >>> spelled({"class_name": "Zeros", "config": {}}, names.MODULES)["module"]
    'keras.initializers'
    """
    if isinstance(value, (list, tuple)):
        return [spelled(item, modules) for item in value]
    if not isinstance(value, dict):
        return value
    if "class_name" not in value:
        return {key: spelled(item, modules) for key, item in value.items()}
    name = value["class_name"]
    if name == "function":
        return {"module": "builtins", **value, "registered_name": "function"}
    if name not in modules:
        raise FileError(f"cannot be written: Keras has no class {name!r} that may stand in a model file.")
    config = spelled(value.get("config") or {}, modules)
    return {"module": modules[name], "class_name": name, "config": config, "registered_name": None}
