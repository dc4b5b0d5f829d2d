"""A training's folder from the first moment on: run.json says what was asked for, so that one that never began begins anew."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.cli.options import KEYS
from chainrule.cli.run_options import found
from chainrule.errors import SettingError

if TYPE_CHECKING:
    from argparse import Namespace

    from chainrule.datasets import Dataset
    from chainrule.runs import Run
    from chainrule.runs.starting import Starting

ASKED = (
    "data", "recipe", "time", "plan", "from_model", "freeze", "layers", "network", "activation", "loss", "optimizer", "schedule", "learning_rate", "batch_size",
    "epochs", "seed", "backend", "pieces", "ignore_data_checks", "split_seed", *(key for key in KEYS if key != "seed"),
)  # fmt: skip

OPTIONS = {"data": "DATA", "from_model": "--from"}


@contextmanager
def beginning(
    args: "Namespace", again: "Run | None", runs_dir: str | None, data: "Dataset", seed: int, recipe: str
) -> Iterator["Starting | None"]:
    """The folder of a run that is about to begin, taken away again where it is refused; None where none is recorded.

    again: the run that ended before its first step, whose folder it is to be.
    """
    from chainrule.runs import Settings
    from chainrule.runs.starting import Starting

    if args.plan is not None:
        args.plan = str(found(args, args.plan).path.resolve())  # "last" is another one in a moment
    starting: Starting | None = None
    if again is not None:
        starting = Starting.again(again.path)
    elif runs_dir is not None:
        asked = what_was_asked(args) | {"seed": seed}
        known = Settings(
            seed, {}, {}, {"name": data.name}, 0, 0, args.backend or "", {"name": recipe, "seed": seed}
        )
        try:
            starting = Starting.begin(runs_dir, f"{data.name}_{recipe}", known, asked)
        except OSError:
            starting = None  # whoever records says so when learning begins
    try:
        yield starting
    except BaseException:
        if starting is not None and again is None:
            starting.give_up()
        elif starting is not None:
            starting.release()
        raise


def what_was_asked(args: "Namespace") -> dict[str, Any]:
    """The words of a command, with files as they are called from anywhere."""
    from chainrule.datasets import NAMES

    asked = {name: getattr(args, name, None) for name in ASKED}
    for name in ("data", "test", "from_model"):
        word = asked[name]
        if isinstance(word, str) and word.lower().replace("-", "_") not in NAMES:
            asked[name] = str(Path(word).resolve())
    return {name: value for name, value in asked.items() if value not in (None, False)}


def as_asked(args: "Namespace", run: "Run") -> None:
    """Gives the command the words with which a run was begun. SettingError where it says others."""
    from chainrule.runs.values import plain

    asked = run.info.asked
    for name, value in plain(what_was_asked(args)).items():
        if value != asked.get(name):
            option = OPTIONS.get(name, f"--{name.replace('_', '-')}")
            raise SettingError(
                f"{run.name} had ended before its first step and begins anew as it was asked for: {option} was "
                f"{asked.get(name, 'not given')}, and is {value} now. Leave {option} out, or begin a training of its own."
            )
    for name in ASKED:
        value = asked.get(name)
        setattr(args, name, tuple(value) if isinstance(value, list) else value)
