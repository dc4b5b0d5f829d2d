"""Lists the lessons, reads one to you cell by cell, or writes it as a notebook.

A lesson is text, code and what the code prints. You are asked to guess before a cell runs, and exercises tell you whether your
answer is right. --run runs it without stopping. Pictures are written into lesson-pictures, or into --pictures FOLDER.
"""

import os
import sys
from typing import TYPE_CHECKING

from chainrule.cli import paths
from chainrule.cli.output import Output
from chainrule.cli.parser import Parser
from chainrule.errors import SettingError
from chainrule.internal.terminal import is_terminal

if TYPE_CHECKING:
    from argparse import Namespace

EXAMPLES = ("chainrule lesson", "chainrule lesson 1", "chainrule lesson article --notebook article.ipynb")


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument(
        "lesson", nargs="?", metavar="LESSON", help="its number or name; without it, all are listed"
    )
    parser.add_argument("--run", action="store_true", help="run it to its end without stopping")
    parser.add_argument("--notebook", metavar="FILE", help="write it as a notebook (.ipynb) instead")
    parser.add_argument("--script", metavar="FILE", help="write it as a Python file with cells instead")
    parser.add_argument("--force", action="store_true", help="replace FILE if it is there already")
    parser.add_argument(
        "--pictures", metavar="FOLDER", help="where its pictures go (default: lesson-pictures)"
    )
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Lists, reads or writes."""
    from chainrule.lessons import reader

    if args.lesson is None:
        for option in ("run", "notebook", "script", "pictures"):
            if getattr(args, option):
                raise SettingError(f"Which lesson? --{option} is for one: chainrule lesson 1 --{option}.")
        listed = [(path.stem.partition("_")[0], path.stem, reader.about(path)) for path in reader.paths()]
        out.give({"lessons": [{"name": name, "about": about} for _, name, about in listed]})
        out.say(
            "\n".join(out.table([("lesson", "about"), *((name, about) for _, name, about in listed)], (0, 1)))
        )
        out.say("\nchainrule lesson 1 reads the first to you.")
        return 0
    path = reader.find(args.lesson)
    text = path.read_text(encoding="utf-8")
    written = [(args.notebook, ".ipynb", reader.notebook(text)), (args.script, ".py", text)]
    if args.run and (args.notebook or args.script):
        raise SettingError("--run runs the lesson; --notebook and --script write it: choose one of them.")
    for name, ending, content in written:
        if name is not None:
            from chainrule.files.disk import write

            write(paths.target(name, (ending,), args.force), [content.encode()])
            out.say(f"Written to {name}.")
    out.give({"lesson": path.stem, "notebook": args.notebook, "script": args.script})
    if args.notebook or args.script or out.json:
        return 0
    if args.pictures:
        os.environ["LESSON_PICTURES"] = args.pictures
    asking = not args.run and is_terminal(sys.stdin)
    try:
        reader.read(path, out.say, input if asking else None)
    except (KeyboardInterrupt, EOFError):
        out.say("\nUntil next time.")
    return 0
