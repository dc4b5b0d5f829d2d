"""Classes and functions of a user's own, by the names that a model file may call them.

A file never brings code: it may name a class, and only what the running program has registered answers.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from chainrule.errors import SettingError

_registered: dict[str, Any] = {}
_names: dict[Any, str] = {}
_scopes = threading.local()


def find(name: str, given: Mapping[str, Any] | None = None) -> Any:
    """What is registered under a name, or None. given: custom_objects= of load_model."""
    for known in (given or {}, *reversed(getattr(_scopes, "open", [])), _registered):
        if name in known:
            return known[name]
    return _registered.get(f"Custom>{name}")


@contextmanager
def custom_object_scope(custom_objects: Mapping[str, Any], *more: Mapping[str, Any]) -> Iterator[None]:
    """Within it the given names stand for the given classes and functions.

    >>> with custom_object_scope({"Mine": dict}):
    ...     find("Mine") is dict
    True
    """
    if not hasattr(_scopes, "open"):
        _scopes.open = []
    objects = (custom_objects, *more)
    _scopes.open.extend(objects)
    try:
        yield
    finally:
        del _scopes.open[len(_scopes.open) - len(objects) :]


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[Any], Any]:
    """A decorator: model files may name this class or function, as "package>name".

    >>> @register_keras_serializable("mine")
    ... class Doubled: ...
    >>> get_registered_name(Doubled), get_registered_object("mine>Doubled") is Doubled
    ('mine>Doubled', True)
    """

    def register(thing: Any) -> Any:
        full = f"{package}>{name or thing.__name__}"
        if isinstance(thing, type) and not hasattr(thing, "get_config") and not callable(thing):
            raise SettingError(f"{thing.__name__} needs get_config to be registered.")
        _registered[full] = thing
        _names[thing] = full
        return thing

    return register


def get_registered_name(obj: Any) -> str:
    """The name under which something is registered, or its own."""
    return _names.get(obj, getattr(obj, "__name__", str(obj)))


def get_registered_object(
    name: str, custom_objects: Mapping[str, Any] | None = None, module_objects: Any = None
) -> Any:
    """What is registered under a name, or None."""
    found = find(name, custom_objects)
    return found if found is not None else (module_objects or {}).get(name)


def get_custom_objects() -> dict[str, Any]:
    """The dict of all that is registered; what is put in is found, too."""
    return _registered
