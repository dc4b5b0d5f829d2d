"""The options of `chainrule export` for each format, and its report."""

from typing import TYPE_CHECKING, Any

from chainrule.cli import paths
from chainrule.cli.output import Output, file_size
from chainrule.errors import SettingError

if TYPE_CHECKING:
    from argparse import Namespace

    from chainrule.datasets import Dataset
    from chainrule.export import Exported


def data_of(model: Any, name: str) -> "Dataset":
    """Data as the model's own were read."""
    from chainrule import datasets
    from chainrule.inference.card import ModelCard
    from chainrule.inference.evaluation import options_for

    name = paths.data(name)
    return datasets.load(name, **options_for(ModelCard.of(model), name))


def options_of(args: "Namespace", format_: str) -> dict[str, Any]:
    """The options of this format; SettingError for one of another format."""
    takes = {
        "pixels": ("onnx",),
        "prefix": ("c",),
        "without_optimizer": ("keras", "h5"),
        "int8": ("onnx", "c"),
    }
    for name, formats in takes.items():
        if getattr(args, name) and format_ not in formats:
            raise SettingError(
                f"--{name.replace('_', '-')} is for {' and '.join(formats)}; {format_} does not take it."
            )
    if args.max_drop is not None and not args.int8:
        raise SettingError("--max-drop is for --int8.")
    if args.data is not None and not args.int8:
        raise SettingError("--data is for --int8.")
    if args.int8 and args.pixels:
        raise SettingError("--int8 takes pixels always; leave out --pixels.")
    given: dict[str, Any] = {"pixels": True} if args.pixels else {}
    given |= {} if args.prefix is None else {"prefix": args.prefix}
    given |= {"int8": True} if args.int8 else {}
    given |= {} if args.max_drop is None else {"max_drop": args.max_drop}
    return given | ({"include_optimizer": False} if args.without_optimizer else {})


def lines(written: "Exported", source: str, out: Output) -> list[str]:
    """The report, for people."""
    rows = [f"{source} written as {out.bold(written.path)}, {file_size(written.bytes)}."]
    rows += written.notes
    if written.verified:
        rows.append(f"Verified ({written.verified}): the outputs differ by at most {written.difference:.2g}.")
    return rows
