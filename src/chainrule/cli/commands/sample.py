"""Writes something to try the other commands with: a photo of handwritten digits, folders of shapes, a table, a script.

The ending says what: .jpg or .png is a photo of digits, .csv a table, .py a script for Keras, and a name without an ending a folder of pictures with
a subfolder for each class. They are made by the program, and are the same every time.
"""

from typing import TYPE_CHECKING

from chainrule.cli.output import Output
from chainrule.cli.parser import Parser

if TYPE_CHECKING:
    from argparse import Namespace

NEXT = {"jpg": "predict", "jpeg": "predict", "png": "predict", "py": "run"}  # what to do with it
EXAMPLES = ("chainrule sample photo.jpg", "chainrule sample shapes", "chainrule sample rents.csv")


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument(
        "file", metavar="NAME", help="what to write: NAME.jpg, NAME.png, NAME.csv, or a folder"
    )
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Writes it, and says what it can be used for."""
    from chainrule.datasets import samples

    result = samples.write(args.file)
    out.give({"file": args.file, "about": result})
    out.say(result)
    ending = args.file.lower().rpartition(".")[2]
    out.say(f"Try: chainrule {NEXT.get(ending, 'train')} {args.file}")
    return 0
