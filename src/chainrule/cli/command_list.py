"""The commands there are, and the help about them all; nothing here imports a command before it is asked for."""

import importlib
from typing import TYPE_CHECKING, Any

from chainrule.errors import unknown

if TYPE_CHECKING:
    from chainrule.cli.output import Output
    from chainrule.cli.parser import Parser

COMMANDS = {
    "train": "learn from data and write a model file",
    "evaluate": "measure a model on examples it has not learned from",
    "predict": "say what pictures, arrays or rows of a table are",
    "run": "run a script that was written for Keras, as it is",
    "runs": "list the trainings that were recorded",
    "runs show": "say all about a recorded run, or find a step in it",
    "runs doctor": "say what is wrong with a run's learning, and what helps",
    "runs compare": "set two recorded runs beside each other",
    "runs rm": "take recorded runs away, after asking",
    "studio": "open a page where networks learn and every number can be opened",
    "plot": "draw a picture of a run or a model",
    "report": "write all about a run into one page to hand on",
    "sweep": "train with many settings, some at once, and list what each came to",
    "lr-find": "find a learning rate that works",
    "explain": "open one learning step: how a weight gets its next value",
    "check": "measure whether a model's backpropagation is right",
    "data": "say what is in a data set",
    "data check": "look for what is wrong with data before learning",
    "data show": "draw one example in the terminal or to a file",
    "summary": "show a model's layers and where it comes from",
    "export": "write a model for other programs: ONNX, C, a web page, Python, Keras",
    "serve": "answer over HTTP: the Open Inference Protocol, pictures, a page",
    "convert": "turn .h5 into .keras and back",
    "sample": "write a photo, pictures or a table to try things with",
    "lesson": "read a lesson: from one neuron to networks that read",
    "completion": "print a script that completes commands on TAB",
    "doctor": "check this installation and list its optional parts",
}

EXAMPLES = ("chainrule train", "chainrule predict mnist.keras seven.png")

# What a terminal says while a command works. Those that draw or ask for themselves are not here.
BUSY = {
    "train": "Getting ready", "evaluate": "Measuring", "predict": "Reading", "runs": "Looking", "runs show": "Looking",
    "runs doctor": "Looking at the run", "runs compare": "Comparing", "plot": "Drawing", "report": "Writing the report",
    "lr-find": "Trying rates", "explain": "Opening the step", "check": "Checking", "data": "Reading the data",
    "data check": "Looking at the data", "data show": "Reading the data", "summary": "Reading", "export": "Writing",
    "convert": "Writing", "doctor": "Checking",
}  # fmt: skip

# These never need a pool of threads for matrix products; starting one costs a tenth of their time.
ONE_THREAD = (
    "predict",
    "summary",
    "convert",
    "export",
    "serve",
    "data",
    "data show",
    "runs",
    "runs show",
    "runs compare",
    "runs rm",
)


def command_of(words: list[str]) -> tuple[str | None, list[str]]:
    """The command in a command line, and all other words.

    >>> command_of(["--debug", "data", "show", "mnist"])
    ('data show', ['--debug', 'mnist'])
    >>> command_of(["help", "runs", "show"]), command_of(["runs", "list"])
    (('runs show', ['--help']), ('runs', []))
    """
    place = next((i for i, word in enumerate(words) if not word.startswith("-")), None)
    if place is None or any(word in ("--help", "-h", "--version", "-V") for word in words[:place]):
        return None, words
    if words[place] == "help":
        return command_of([*words[:place], *words[place + 1 :], "--help"])
    if words[place : place + 2] == ["runs", "list"]:
        words = words[: place + 1] + words[place + 2 :]
    name, rest = words[place], words[:place] + words[place + 1 :]
    if rest[place : place + 1] and f"{name} {rest[place]}" in COMMANDS:
        name = f"{name} {rest.pop(place)}"
    if name not in COMMANDS:
        raise unknown("command", name, [command for command in COMMANDS if " " not in command])
    return name, rest


def module_of(command: str) -> Any:
    """The module that a command is in. The command's numerical library is told not to start threads it won't use."""
    if command in ONE_THREAD:
        _one_thread()
    return importlib.import_module(f"chainrule.cli.commands.{command.replace(' ', '_').replace('-', '_')}")


def parser_of(command: str, module: Any) -> "Parser":
    """The parser of a command, made by its module."""
    from chainrule.cli.parser import Parser

    parser = Parser(command, COMMANDS[command], module.EXAMPLES, module.__doc__)
    module.arguments(parser)
    parser.finish()
    return parser


def without_command(words: list[str], out: "Output") -> int:
    """`chainrule --help`, `chainrule --version`, or a stray option."""
    if "--version" in words or "-V" in words:
        out.say(version())
        return 0
    for word in words:
        if word not in ("--help", "-h", "--debug", "--no-color"):
            raise unknown("option", word, ["--help", "--version", "-V", "--debug", "--no-color"])
    out.say(overview(out))
    return 0


def overview(out: "Output") -> str:
    """What `chainrule --help` prints."""
    lines = ["usage: chainrule COMMAND [options]", ""]
    lines += ["Chainrule trains neural networks and shows its work.", "", out.bold("commands:")]
    lines += [f"  {out.bold(f'{name:<12}')} {about}" for name, about in COMMANDS.items()]
    lines += [
        "",
        out.bold("options:"),
        "  -V, --version    the versions of Chainrule, Python and NumPy, and the backend",
    ]
    lines += ["", out.bold("examples:"), *(f"  {line}" for line in EXAMPLES), ""]
    return "\n".join([*lines, "chainrule help COMMAND says all about one command."])


def version() -> str:
    """Chainrule's version and those of what it runs on."""
    import platform

    from chainrule import __version__
    from chainrule.cli.installation import backend, version_of

    numpy = version_of("numpy") or "missing"
    return f"chainrule {__version__} (Python {platform.python_version()}, NumPy {numpy}, backend {backend()})"


def _one_thread() -> None:
    import os
    import sys

    if "numpy" not in sys.modules and "OMP_NUM_THREADS" not in os.environ:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
