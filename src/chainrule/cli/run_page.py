"""`chainrule export RUN --to html`: some steps of a run in one page, for `cli.commands.export`."""

from argparse import Namespace
from pathlib import Path

from chainrule.cli import paths
from chainrule.cli.output import Output, file_size
from chainrule.cli.run_options import found
from chainrule.errors import SettingError


def is_run(args: Namespace) -> bool:
    """Whether a run is meant and no model's file."""
    if args.steps is not None or args.weights is not None:
        return True
    return Path(args.model).suffix.lower() not in paths.MODELS and not Path(args.model).is_file()


def export_run(args: Namespace, out: Output) -> int:
    """Writes the page and says what it holds."""
    run = found(args, args.model)
    if args.to not in (None, "html"):
        raise SettingError(f"A run is written as html; {args.to} is for a model's file.")
    paths.target(args.out, (".html", ".htm"), args.force)
    from chainrule.studio import offline

    steps = None if args.steps is None else numbers(args.steps)
    written = offline.write(
        run.path, args.out, steps, offline.WEIGHTS if args.weights is None else args.weights
    )
    out.give({"run": run.name, **written})
    shown = ", ".join(f"{step:,}" for step in written["steps"])
    out.say(
        f"Written to {args.out}, {file_size(written['bytes'])}: the steps {shown}. Open it in a browser; it needs no network."
    )
    out.tell(
        f"It holds {written['examples']} examples of the data that the run learned from, and the arithmetic of {written['weights']} weights."
    )
    return 0


def numbers(words: str) -> list[int]:
    """Steps as they are typed.

    >>> numbers("0, 10,1_000")
    [0, 10, 1000]
    """
    found_ = [word.strip().replace("_", "") for word in words.split(",")]
    if not all(word.isascii() and word.isdigit() for word in found_):
        raise SettingError(
            f"--steps takes whole numbers with commas between, such as 0,100,1000; it got {words!r}."
        )
    return [int(word) for word in found_]
