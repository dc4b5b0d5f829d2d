"""How to reproduce the run: the commands, the versions, the fingerprints."""

import hashlib
import shlex
from pathlib import Path
from typing import Any

from chainrule.errors import ChainruleError
from chainrule.report.markup import Html, Piece, facts, h, join
from chainrule.report.material import Material
from chainrule.report.section import Section
from chainrule.training import recipes, transfer
from chainrule.training.recipes import Recipe

CHANGES = (
    "activation",
    "loss",
    "optimizer",
    "learning_rate",
    "schedule",
    "batch_size",
    "epochs",
)  # options of `train`
WORDS = {"chainrule": "Chainrule", "python": "Python", "numpy": "NumPy", "jax": "JAX", "jaxlib": "jaxlib"}


def section(of: Material) -> Section:
    """The section."""
    command, faithful = training(of)
    body: list[Piece] = []
    if command:
        text = "The same data, the same seed and the same versions give the same weights, to the last bit on the same kind of processor."
        body += [h("p", text), block([command])]
        body += (
            []
            if faithful
            else [h("p", "The recipe had settings that no option can say; this comes close.", class_="aside")]
        )
    else:
        body.append(
            h("p", "It was recorded by a program of its own, which alone can reproduce it.", class_="aside")
        )
    run = shlex.quote(of.run.name)
    closer = [f"chainrule runs show {run}", f"chainrule runs doctor {run}"]
    if of.settings.recipe.get("seed") is not None and len(of.run.steps):
        closer.append(f"chainrule explain {run}@{of.run.steps.first + len(of.run.steps) // 2}")
    body += [h("p", "With the folder of the run one can look closer:"), block(closer), marks(of)]
    return Section("reproduce", "How to reproduce it", "How to reproduce it", join(*body))


def block(lines: list[str]) -> Html:
    """Commands to type."""
    return h("pre", h("code", "\n".join(lines)), tabindex="0")


def marks(of: Material) -> Html:
    """Versions and fingerprints."""
    machine, info = of.run.info.machine, of.run.info
    versions = ", ".join(f"{word} {machine[name]}" for name, word in WORDS.items() if machine.get(name))
    place = ", ".join(
        str(machine[name]) for name in ("processor", "architecture", "system") if machine.get(name)
    )
    rows: list[tuple[str, Piece]] = [
        ("run", info.name), ("id", h("code", info.id)), ("seed", str(of.settings.recipe.get("seed", of.settings.seed))),
        ("made with", versions), ("on", place),
        ("data, SHA-256", h("code", str(of.settings.data.get("digest", "unknown")), class_="digest")),
        ("weights, SHA-256", learned(of)),
    ]  # fmt: skip
    return facts(rows)


def learned(of: Material) -> Piece:
    """The fingerprint of what was learned: of the bytes of all weights, in their order."""
    try:
        model = of.model
    except ChainruleError:
        return None
    sha = hashlib.sha256(b"".join(weight.tobytes() for weight in model.get_weights()))
    return join(h("code", sha.hexdigest(), class_="digest"), f" (at step {of.step:,})")


def training(of: Material) -> tuple[str, bool]:
    """The command that reproduces the run, and whether it says all of the recipe; no command where none can."""
    stored, data = of.settings.recipe, of.settings.data
    if "seed" not in stored or "source" not in data:
        return "", False
    recipe = Recipe.from_dict(stored)
    if of.run.info.parent is not None:
        parent = of.run.info.parent
        words = [
            "--fork",
            f"{parent.run}@{parent.step}",
            *options({name: getattr(recipe, name) for name in CHANGES[1:]}),
        ]
        return " ".join(["chainrule train", *map(shlex.quote, words)]), True
    words = [] if of.source_name == "mnist" else [of.source_name]
    if recipe.tried:  # chosen for the data: the choice is in the run
        words += ["--plan", of.run.name, "--seed", str(stored["seed"]), "--backend", of.settings.backend]
        return " ".join(
            ["chainrule train", *map(shlex.quote, [*words, *data_options(data.get("options") or {})])]
        ), True
    if recipe.name == transfer.NAME:
        words += [
            "--from",
            *transfer.options_of(recipe),
            *options({name: getattr(recipe, name) for name in CHANGES[1:]}),
        ]
        words += ["--seed", str(stored["seed"]), "--backend", of.settings.backend]
        return " ".join(
            ["chainrule train", *map(shlex.quote, [*words, *data_options(data.get("options") or {})])]
        ), True
    words += ["--recipe", recipe.name]
    plan = recipes.recipe(recipe.name, int(data.get("examples", recipes.MNIST)))
    changed = {
        name: getattr(recipe, name) for name in CHANGES if getattr(recipe, name) != getattr(plan, name)
    }
    if recipe.network != plan.network:
        words += ["--network", recipe.network]
    elif recipe.hidden != plan.hidden:
        words += ["--layers", ",".join(map(str, recipe.hidden)) or "none"]
    words += [
        *options(changed),
        "--seed",
        str(stored["seed"]),
        "--backend",
        of.settings.backend,
        *data_options(data.get("options") or {}),
    ]
    shape = {"network": recipe.network, "network_config": recipe.network_config, "hidden": recipe.hidden}
    faithful = plan.changed(**shape, **changed) == recipe
    return " ".join(["chainrule train", *map(shlex.quote, words)]), faithful


def options(changes: dict[str, Any]) -> list[str]:
    """Settings as options of a command; those that are not set are left out.

    >>> options({"learning_rate": 0.01, "batch_size": 32, "loss": None})
    ['--learning-rate', '0.01', '--batch-size', '32']
    """
    return [
        word
        for name, value in changes.items()
        if value is not None
        for word in (f"--{name.replace('_', '-')}", str(value))
    ]


def data_options(known: dict[str, Any]) -> list[str]:
    """How the data were read, as options of a command.

    >>> data_options({"target": "price", "drop": ["id", "day"], "seed": 3, "skip_bad": True, "size": [24, 48], "colour": False})
    ['--target', 'price', '--drop', 'id,day', '--split-seed', '3', '--skip-bad', '--size', '24x48', '--grey']
    """
    words: list[str] = []
    for name, value in known.items():
        if value is None or value in ((), []):
            continue
        if name == "test" and isinstance(value, str):  # a second table
            value = Path(value).name
        if name == "colour":
            words.append("--colour" if value else "--grey")
        elif name == "skip_bad":
            words += ["--skip-bad"] if value else []
        else:
            several = (
                "x".join(map(str, value)) if name == "size" and isinstance(value, list | tuple) else None
            )
            listed = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            words += [f"--{'split-seed' if name == 'seed' else name.replace('_', '-')}", several or listed]
    return words
