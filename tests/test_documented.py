"""Every public thing says what it is, and the reference page names all of them."""

import importlib
import importlib.util
import inspect
import pkgutil
from pathlib import Path

import pytest

import chainrule
from chainrule import (
    activations,
    callbacks,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    regularizers,
)
from chainrule.optimizers import schedules

MODULES = sorted(
    found.name
    for found in pkgutil.walk_packages(chainrule.__path__, "chainrule.")
    if found.name != "chainrule.__main__"
)
FACES = {
    "activations", "callbacks", "initializers", "layers", "losses", "metrics", "models", "optimizers", "regularizers",
    "stack", "utils",
}  # fmt: skip
DOCS = Path(__file__).parents[1] / "docs"


def public(module) -> list[str]:
    """The names that a module offers: `__all__`, or the classes and functions that it defines."""
    if hasattr(module, "__all__"):
        return [name for name in module.__all__ if not inspect.ismodule(getattr(module, name))]
    return [
        name for name, value in vars(module).items()
        if (inspect.isclass(value) or inspect.isfunction(value)) and value.__module__ == module.__name__
        and not name.startswith("_")
    ]  # fmt: skip


def first_sentence(text: str | None) -> str:
    return (text or "").strip().split("\n")[0]


@pytest.mark.parametrize("name", MODULES)
def test_a_module_and_all_it_offers_are_documented(name) -> None:
    """A module and its public classes and functions have docstrings; under Keras's names their methods, too."""
    module = importlib.import_module(name)
    silent = [] if (module.__doc__ or "").strip() else [name]
    for thing in public(module):
        value = getattr(module, thing)
        if not (inspect.isclass(value) or inspect.isfunction(value)):
            continue
        if not (value.__doc__ or "").strip() or (inspect.isclass(value) and "__doc__" not in vars(value)):
            silent.append(thing)
        face = name.split(".")[1] in FACES
        for method, function in vars(value).items() if face and inspect.isclass(value) else ():
            member = (
                function.fget if isinstance(function, property) else getattr(function, "__func__", function)
            )
            if (
                inspect.isfunction(member)
                and not method.startswith("_")
                and not inspect.getdoc(getattr(value, method))
            ):
                silent.append(f"{thing}.{method}")
    assert not silent, f"{name}: no docstring for {', '.join(silent)}"


KEYS = {
    "layers": layers.CLASSES, "activations": activations.RULES, "losses": losses.CLASSES, "metrics": metrics.CLASSES,
    "optimizers": optimizers.CLASSES, "schedules": schedules.CLASSES, "initializers": initializers.CLASSES,
    "regularizers": regularizers.CLASSES, "constraints": constraints.CLASSES, "callbacks": dict.fromkeys(callbacks.__all__),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in KEYS.items() for name in names])
def test_the_reference_names_it(kind, name) -> None:
    """Every layer, activation, loss, metric, optimizer, schedule, initializer, penalty and callback has an entry."""
    assert f"### `{name}(" in (DOCS / "reference.md").read_text(encoding="utf-8")


def test_the_reference_is_up_to_date() -> None:
    """docs/reference.md is what docs/reference.py writes: run it after changing a docstring or a signature."""
    spec = importlib.util.spec_from_file_location("reference", DOCS / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    assert (DOCS / "reference.md").read_text(encoding="utf-8") == reference.page(), (
        "run: python docs/reference.py"
    )
