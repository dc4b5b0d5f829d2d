"""A model file in the other format, with all that is in it: weights, how it learned, and the model card.

The names decide: .keras, or .h5 (.hdf5). Keras opens both. The same as `chainrule export IN --out OUT`, which writes
other formats too. --seal writes a file of Keras's anew in its place, with a digest of every array, so that from then on no
flipped bit goes unnoticed.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.cli import paths
from chainrule.cli.output import Output, file_size
from chainrule.cli.parser import Parser
from chainrule.errors import SettingError

if TYPE_CHECKING:
    from argparse import Namespace

EXAMPLES = (
    "chainrule convert digits.h5 digits.keras",
    "chainrule convert digits.keras digits.h5 --force",
    "chainrule convert keras.h5 --seal",
)


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument("source", metavar="IN", help="the model file to read")
    parser.add_argument("target", metavar="OUT", nargs="?", help="the model file to write, .keras or .h5")
    parser.add_argument(
        "--seal",
        action="store_true",
        help="write IN anew in its place (or OUT), with a digest of every array",
    )
    parser.add_argument("--without-optimizer", action="store_true",
                        help="leave out the optimizer's state: a third of the size, but learning cannot go on")  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace OUT if it is there already")
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Reads the one and writes the other."""
    paths.existing(args.source, "model file")
    if args.target is None:
        if not args.seal:
            raise SettingError(
                "Name the file to write as well: chainrule convert IN OUT; or --seal to write IN anew."
            )
        args.target = args.source
        paths.target(args.target, paths.MODELS, force=True)
    else:
        paths.target(args.target, paths.MODELS, args.force)
        paths.different(args.source, args.target)
    from chainrule.export import export_model
    from chainrule.models.saving import load_model

    before = Path(args.source).stat().st_size
    written = export_model(load_model(args.source), args.target, include_optimizer=not args.without_optimizer)
    out.give(
        {"source": args.source, "source_bytes": before, "target": args.target, "target_bytes": written.bytes}
    )
    if args.seal:
        out.say(
            f"{args.target} is sealed: each of its arrays and texts has a digest, which is compared whenever it is read."
        )
        return 0
    out.say(f"{args.source} ({file_size(before)}) written as {args.target} ({file_size(written.bytes)}).")
    return 0
