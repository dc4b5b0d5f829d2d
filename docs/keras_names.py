"""Writes the table of Keras's names in docs/keras.md: `python docs/keras_names.py`."""

import importlib
import re
from pathlib import Path

from chainrule.internal import absent

PAGE = Path(__file__).with_name("keras.md")
MODULES = (
    "activations", "backend", "callbacks", "constraints", "datasets", "initializers", "layers", "losses", "metrics", "models",
    "ops", "optimizers", "optimizers.schedules", "preprocessing.image", "regularizers", "utils", "wrappers",
)  # fmt: skip


def table() -> str:
    """One row for each module: how many of its names are here, and which are not."""
    rows = ["| module | here | of | refused |", "|---|---|---|---|"]
    for name in MODULES:
        module, names = importlib.import_module(f"chainrule.{name}"), sorted(absent.keras_names(name))
        gone = [one for one in names if not hasattr(module, one)]
        shown = ", ".join(f"`{one}`" for one in gone[:12]) + (
            f" and {len(gone) - 12} more" if len(gone) > 12 else ""
        )
        rows.append(f"| `keras.{name}` | {len(names) - len(gone)} | {len(names)} | {shown} |")
    return "\n".join(rows)


def renewed(page: str) -> str:
    """The page with its table written anew."""
    return re.sub(
        r"<!-- names -->\n.*?<!-- end -->",
        lambda _: f"<!-- names -->\n{table()}\n<!-- end -->",
        page,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
