"""`chainrule export RUN`: a run as one page, as TensorBoard's event files, as a table, or the network it ended with."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.cli import choices, paths
from chainrule.cli.output import Output, file_size
from chainrule.cli.run_options import found
from chainrule.errors import SettingError

if TYPE_CHECKING:
    from chainrule.runs import Run


TABLES = ("csv", "parquet")


def is_run(args: Namespace) -> bool:
    """Whether a run is meant and no model's file."""
    if args.steps is not None or args.weights is not None or args.to in choices.RUN_FORMATS[1:]:
        return True
    return Path(args.model).suffix.lower() not in paths.MODELS and not Path(args.model).is_file()


def export_run(args: Namespace, out: Output) -> int:
    """Writes the run in the format asked for; by the ending of --out where none was."""
    if Path(args.model).suffix.lower() in paths.MODELS and args.to in choices.RUN_FORMATS[1:]:
        raise SettingError(f"--to {args.to} is for a recorded run; {args.model} is a model's file.")
    from chainrule.export import format_of

    run = found(args, args.model)
    ending = Path(args.out).suffix.lower().removeprefix(".")
    format_ = args.to or (
        ending if ending in TABLES else "html" if ending in ("html", "htm", "") else format_of(args.out)
    )
    if format_ != "html" and (args.steps is not None or args.weights is not None):
        raise SettingError(f"--steps and --weights are for --to html; {format_} holds every step.")
    if format_ not in choices.RUN_FORMATS:
        return write_model(run, args, out, format_)
    if format_ in TABLES:
        return write_table(run, args, out, format_)
    return {"html": write_page, "tensorboard": write_events, "mlflow": write_mlflow}[format_](run, args, out)


def write_model(run: "Run", args: Namespace, out: Output, format_: str) -> int:
    """The network that the run ended with, in a format of a model; int8 is calibrated on what the run learned from."""
    from chainrule.cli.export_options import lines, options_of
    from chainrule.cli.run_model import model_of
    from chainrule.export import FORMATS, export_model

    options = options_of(args, format_)
    paths.target(args.out, FORMATS[format_][0], args.force)
    model, data, missing = model_of(run)
    if args.data is not None:
        raise SettingError("--data is for a model's file; a run knows its own data.")
    if args.int8 and data is None:
        raise SettingError(f"int8 is calibrated on what the run learned from. {missing}")
    options |= {"data": data} if args.int8 else {}
    written = export_model(model, args.out, format_, verify=not args.no_verify, **options)
    out.give({"run": run.name, **written.to_dict()})
    out.say("\n".join(lines(written, run.name, out)))
    if missing:
        out.tell(f"The file does not say how examples are prepared. {missing}")
    return 0


def write_events(run: "Run", args: Namespace, out: Output) -> int:
    """A folder of event files."""
    from chainrule.integrations.tensorboard import export_tensorboard

    written = export_tensorboard(run, args.out)
    out.give({"run": run.name, "format": "tensorboard", **vars(written), "notes": list(written.notes)})
    out.say(
        f"Written to {args.out}: {written.steps:,} steps, {written.epochs} epochs, {written.histograms} histograms of weights. "
        f"Look at it with: tensorboard --logdir {args.out}"
    )
    for note in written.notes:
        out.tell(note)
    return 0


def write_mlflow(run: "Run", args: Namespace, out: Output) -> int:
    """The run in MLflow's store, a file of SQLite that may hold others."""
    from chainrule.integrations.mlflow import export_mlflow

    name = export_mlflow(run, args.out)
    out.give(
        {"run": run.name, "format": "mlflow", "path": args.out, "mlflow_run": name, "steps": len(run.steps)}
    )
    out.say(
        f"Added to {args.out} as {name}: {len(run.steps):,} steps, {len(run.epochs)} epochs. "
        f"Look at it with: mlflow ui --backend-store-uri sqlite:///{args.out}"
    )
    return 0


def write_table(run: "Run", args: Namespace, out: Output, format_: str) -> int:
    """A CSV or Parquet file with a row for each step."""
    from chainrule.integrations.table import export_csv, export_parquet

    paths.target(args.out, (f".{format_}",), args.force)
    rows = (export_csv if format_ == "csv" else export_parquet)(run, args.out)
    size = Path(args.out).stat().st_size
    out.give({"run": run.name, "format": format_, "path": args.out, "steps": rows, "bytes": size})
    out.say(f"Written to {args.out}, {file_size(size)}: {rows:,} steps.")
    return 0


def write_page(run: "Run", args: Namespace, out: Output) -> int:
    """A page with some steps, and what it holds."""
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
