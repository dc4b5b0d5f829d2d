"""Opens the studio in the browser: watch a network learn, stop it anywhere, open any number.

Without a name it begins with points in the plane. With a run's name it opens that run, with a model's file it draws and
reads with it, with the name of data it learns from them. The page loads nothing from elsewhere, and only this machine's
browser can open it, with the link that is printed. Ctrl-C ends it.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.cli import paths
from chainrule.cli.output import Output
from chainrule.cli.parser import Parser
from chainrule.cli.run_options import add_runs_dir, runs_dir
from chainrule.errors import FileError, require_package, unknown

if TYPE_CHECKING:
    from argparse import Namespace

EXAMPLES = ("chainrule studio", "chainrule studio last", "chainrule studio mnist --port 8800 --no-open")


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument(
        "what", nargs="?", metavar="RUN|MODEL|DATA", help="a run, a .keras or .h5 file, or a data set's name"
    )
    parser.add_argument(
        "--port", type=int, metavar="N", help="the port to listen on (default: the first free one from 8737)"
    )
    parser.add_argument(
        "--no-open", dest="no_open", action="store_true", help="print the link, and open no browser"
    )
    parser.add_argument(
        "--base-url",
        metavar="URL",
        help="the address that a proxy shows the page under, such as JupyterHub's",
    )
    add_runs_dir(parser)


def run(args: "Namespace", out: Output) -> int:
    """Serves until Ctrl-C."""
    for package in ("starlette", "uvicorn", "websockets"):
        require_package(package, "studio", "The studio")
    start = {} if args.what is None else named(args.what, runs_dir(args))
    from chainrule.studio.server import serve

    def told(link: str) -> None:
        out.say(f"The studio is open at {link}")
        out.tell("Ctrl-C ends it.")
        out.flush()

    serve(start, runs_dir(args), args.port, told=told, opens=not args.no_open, base_url=args.base_url)
    return 0


def named(word: str, folder: str) -> dict[str, Any]:
    """What a word on the command line means; SettingError with the nearest name where it means nothing."""
    from chainrule.datasets import NAMES
    from chainrule.runs import find
    from chainrule.studio.toy_data import LINES, SETS

    name = word.lower().replace("-", "_")
    if name in SETS or name in LINES or name in NAMES:
        return {"lesson": {"data": name}}
    if Path(word).suffix.lower() in paths.MODELS:
        return {"model": str(Path(paths.existing(word, "model file")).resolve())}
    try:
        return {"run": str(find(folder, word).path.resolve())}
    except FileError:
        if Path(word).exists():
            return {"lesson": {"data": str(Path(word).resolve())}}
        from chainrule.runs.listing import all_runs

        raise unknown(
            "run, model or data set",
            word,
            [*SETS, *LINES, *NAMES, *(r.name for r in all_runs(folder)), "last"],
        ) from None
