"""Writes docs/reference.md from the docstrings: `python docs/reference.py`. A test fails while the page is not up to date."""

import importlib
import inspect
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("reference.md")

SECTIONS = {
    "models": "Models", "layers": "Layers", "activations": "Activations", "losses": "Losses", "metrics": "Metrics",
    "optimizers": "Optimizers", "optimizers.schedules": "Learning rate schedules", "callbacks": "Callbacks",
    "initializers": "Initializers", "regularizers": "Regularizers", "constraints": "Constraints", "training.learning_rates": "Learning rate test and sweep",
    "diagnosis": "Diagnosis", "plots": "Pictures", "landscapes": "The loss around the weights",
    "report": "Reports", "utils": "Utilities", "errors": "Errors",
}  # fmt: skip
HEAD = """# Reference

Every public name, from the docstrings of the code (`python docs/reference.py` writes this page). Names, settings,
defaults and formulas are Keras's unless it says otherwise; what Keras has and is not listed here is refused by name.
"""


def names_of(module: Any) -> list[str]:
    """A module's public names: `__all__`, or the public classes and functions that it defines."""
    if hasattr(module, "__all__"):
        return [name for name in module.__all__ if not inspect.ismodule(getattr(module, name))]
    own = [
        name for name, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__
    ]
    return sorted(name for name in own if not name.startswith("_"))


def signature(name: str, value: Any) -> str:
    """How a name is called, on one line, without annotations."""
    if inspect.isclass(value) and issubclass(value, Exception):
        return name
    parameters = inspect.signature(value).parameters.values()
    plain = [
        p.replace(annotation=p.empty) for p in parameters if p.name != "self" and not p.name.startswith("_")
    ]
    kept = [p for p in plain if p.kind is not p.VAR_KEYWORD] + [p for p in plain if p.kind is p.VAR_KEYWORD]
    return f"{name}{inspect.Signature(kept)}".replace("<built-in function print>", "print")


def story(value: Any) -> str:
    """The docstring's first paragraphs, up to the example."""
    text = inspect.getdoc(value) or ""
    return text.split(">>>")[0].strip()


def methods(value: Any) -> list[str]:
    """A class's public methods and properties, one line each."""
    lines = []
    members = {name: member for kind in reversed(value.__mro__[:-1]) for name, member in vars(kind).items()}
    for name, member in members.items():
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if name.startswith("_") or not inspect.isfunction(function):
            continue
        said = (inspect.getdoc(member) or "").split("\n\n")[0].replace("\n", " ")
        called = (
            name
            if isinstance(member, property)
            else signature(name, function).replace("(cls, ", "(").replace("(cls)", "()")
        )
        lines.append(f"- `{called}`: {said}")
    return lines


def section(path: str, title: str) -> str:
    """One module of the page."""
    module = importlib.import_module(f"chainrule.{path}")
    parts = [
        f"## {title}: `chainrule.{path}`",
        (inspect.getdoc(module) or "").split("\n\n")[0].replace("\n", " "),
    ]
    for name in names_of(module):
        value = getattr(module, name)
        if not callable(value):
            continue
        parts.append(f"### `{signature(name, value)}`")
        if inspect.isclass(value) and value.__name__ != name:
            parts.append(f"Another name of `{value.__name__}`.")
            continue
        parts.append(story(value))
        if name == "Sequential" and path == "models":
            parts.append("\n".join(methods(value)))
    return "\n\n".join(part for part in parts if part)


def page() -> str:
    """The whole page."""
    return "\n\n".join([HEAD.strip(), *(section(path, title) for path, title in SECTIONS.items())]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE}: {len(page().splitlines())} lines")
