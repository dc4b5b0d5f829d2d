"""What is installed and found, whether it works, and where things are kept."""

import os
import platform
from typing import TYPE_CHECKING, Any

from chainrule import __version__
from chainrule.cli import installation
from chainrule.cli.output import Output
from chainrule.cli.parser import Parser

if TYPE_CHECKING:
    from argparse import Namespace

EXAMPLES = ("chainrule doctor", "chainrule doctor --json")
SETTINGS = ("CHAINRULE_BACKEND", "CHAINRULE_HOME", "CHAINRULE_OFFLINE", "CHAINRULE_DEBUG", "KERAS_HOME",
            "XDG_CACHE_HOME", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "JAX_PLATFORMS", "NO_COLOR")  # fmt: skip


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Prints what is found; the exit code is 1 when something that is needed does not work."""
    parts = {
        package: {"version": installation.version_of(package) if installation.found(module) else None,
                  "purpose": purpose, "install": how}
        for package, (module, purpose, how) in installation.PARTS.items()
    }  # fmt: skip
    checks = {name: check() for name, check in CHECKS.items()}
    settings = {name: os.environ[name] for name in SETTINGS if name in os.environ}
    found: dict[str, Any] = {
        "chainrule": __version__, "python": platform.python_version(), "system": platform.platform(),
        "cores": os.cpu_count(), "backend": installation.backend(), "parts": parts, "checks": checks,
        "cache": cache_folder(), "environment": settings,
    }  # fmt: skip
    out.give(found)
    out.say(
        f"{out.bold('chainrule ' + __version__)}, Python {found['python']}, {found['system']}, {found['cores']} cores"
    )
    out.say("\n" + out.bold("parts"))
    out.say("\n".join(out.table([row_of(name, part) for name, part in parts.items()], left=(0, 1, 2))))
    out.say("\n" + out.bold("checks"))
    out.say("\n".join(out.table([(f"  {name}", result) for name, result in checks.items()], left=(0, 1))))
    out.say("\n" + out.bold("settings"))
    kept = {"backend of long trainings": found["backend"], "cache folder": found["cache"]} | settings
    out.say("\n".join(out.table([(f"  {name}", value) for name, value in kept.items()], left=(0, 1))))
    return 0 if all(result.startswith("ok") for result in checks.values()) else 1


def row_of(name: str, part: dict[str, str | None]) -> tuple[str, str, str]:
    """One part: its version and purpose, or how to get it."""
    if part["version"]:
        return f"  {name}", part["version"], part["purpose"] or ""
    return (
        f"  {name}",
        "-",
        f"missing: {part['purpose']}" + (f"; {part['install']}" if part["install"] else ""),
    )


def cache_folder() -> str:
    """Where fetched data sets are kept."""
    from chainrule.datasets.downloads import home

    return str(home())


def _learns(backend: str) -> str:
    """A tiny network learns to tell 0 from 1 on this backend."""
    try:
        import numpy as np

        from chainrule import Sequential, layers

        x = np.array([[0.0], [1.0]], np.float32)
        model = Sequential([layers.Dense(1, activation="sigmoid", input_shape=(1,))])
        model.compile("sgd", "binary_crossentropy", backend=backend)
        history = model.fit(x, np.array([0, 1]), epochs=3, verbose=0).history["loss"]
    except Exception as problem:  # noqa: BLE001 - whatever is broken, the doctor names it and goes on
        return f"does not work: {type(problem).__name__}: {problem}"
    return "ok" if history[-1] < history[0] else "does not learn"


def _jax() -> str:
    return _learns("jax") if installation.found("jax") else "ok, not installed: training runs on NumPy"


def _mnist() -> str:
    try:
        from chainrule.datasets import mnist

        return f"ok, {len(mnist.read()[0]):,} + 10,000 digits"
    except Exception as problem:  # noqa: BLE001 - as above
        return f"does not work: {problem}"


def _cache() -> str:
    from pathlib import Path

    place = Path(cache_folder())
    while not place.exists() and place != place.parent:
        place = place.parent
    return (
        "ok" if os.access(place, os.W_OK) else f"{place} is read-only; CHAINRULE_HOME chooses another folder"
    )


CHECKS = {"learning on NumPy": lambda: _learns("numpy"), "learning on JAX": _jax, "MNIST in the package": _mnist,
          "cache folder can be written": _cache}  # fmt: skip
