"""Writes a model in another format, and verifies that the file says what the model says.

keras, h5: Keras's files, nothing lost.  onnx: for ONNX Runtime and others; labels and preparation in the metadata.
c: one C99 header without dependencies.  html: one page with a pad to draw on, which works without a network.
py: one Python file that needs NumPy only.

A recorded run gives the network it ended with in the formats of a model; int8 is calibrated on what the run learned from. Of a run,
html is a lesson: some of its steps with all their numbers, in one page that works without a network.  tensorboard: a folder of
event files with every step's numbers and the weights of its snapshots.  mlflow: the run in MLflow's store, a file of SQLite.
csv, parquet: a row for each step.

A format refuses by name the layers that it cannot carry. Verified means: the file was read or run again, and its outputs
compared with the model's, on MNIST's test digits where the model reads those.
"""

from typing import TYPE_CHECKING

from chainrule.cli import choices, paths
from chainrule.cli.export_options import data_of, lines, options_of
from chainrule.cli.output import Output
from chainrule.cli.parser import OneOf, Parser, share
from chainrule.cli.run_options import add_runs_dir
from chainrule.cli.run_page import export_run, is_run
from chainrule.errors import SettingError

if TYPE_CHECKING:
    from argparse import Namespace


EXAMPLES = (
    "chainrule export digits.keras --to onnx --out digits.onnx",
    "chainrule export digits.keras --to html --out digits.html",
    "chainrule export last --to html --steps 0,100,1000 --out lesson.html",
    "chainrule export last --to tensorboard --out logs/last",
    "chainrule export last --to mlflow --out mlflow.db",
    "chainrule export last --to csv --out steps.csv",
    "chainrule export last --int8 --out digits.onnx",
)


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument(
        "model",
        metavar="MODEL|RUN",
        help="a .keras or .h5 file, or a recorded run",
    )
    formats = tuple(dict.fromkeys(choices.FORMATS + choices.RUN_FORMATS))
    parser.add_argument("--to", type=OneOf("format", formats), metavar="FORMAT",
                        help=f"{', '.join(formats)} (default: as FILE ends)")  # fmt: skip
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="the file to write; tensorboard: a new folder; mlflow: a store, which may hold other runs",
    )
    parser.add_argument(
        "--pixels", action="store_true", help="onnx: the input is uint8 pixels, scaled in the graph"
    )
    parser.add_argument(
        "--prefix", metavar="NAME", help="c: what all names in the header begin with (default: FILE's name)"
    )
    parser.add_argument(
        "--int8",
        action="store_true",
        help="onnx, c: weights and activations of eight bits, calibrated on the data that the model learned from",
    )
    parser.add_argument(
        "--max-drop",
        type=share,
        metavar="SHARE",
        help="int8: the most accuracy that may be lost, 0.01 or 1%% (default 0.5%%)",
    )
    parser.add_argument(
        "--data", metavar="DATA", help="int8: what the model learned from, where its file names no known set"
    )
    parser.add_argument(
        "--without-optimizer", action="store_true", help="keras, h5: leave out the optimizer's state"
    )
    parser.add_argument(
        "--steps", metavar="N,N", help="a run: the steps that can be opened in the page (default: five)"
    )
    parser.add_argument(
        "--weights",
        type=int,
        metavar="N",
        help="a run: how many weights' arithmetic each step has (default 500)",
    )
    add_runs_dir(parser)
    parser.add_argument("--no-verify", action="store_true", help="do not compare the file with the model")
    parser.add_argument("--force", action="store_true", help="replace FILE if it is there already")
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Writes the file and says how it was verified."""
    if args.out is None:
        raise SettingError("Where to? --out FILE, such as digits.onnx.")
    if is_run(args):
        return export_run(args, out)
    from chainrule.export import FORMATS, export_model, format_of
    from chainrule.models.saving import load_model

    format_ = args.to or format_of(args.out)
    paths.existing(args.model, "model file")
    paths.target(args.out, FORMATS[format_][0], args.force)
    paths.different(args.model, args.out)
    model = load_model(args.model, compile=format_ in ("keras", "h5"))
    options = options_of(args, format_)
    if args.data is not None:
        options["data"] = data_of(model, args.data)
    written = export_model(model, args.out, format_, verify=not args.no_verify, **options)
    out.give({"model": args.model, **written.to_dict()})
    out.say("\n".join(lines(written, args.model, out)))
    return 0
