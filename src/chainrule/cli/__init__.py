"""The command line: `chainrule COMMAND`, the same as `python -m chainrule COMMAND`.

`main` finds the command, runs it, and turns whatever goes wrong into one sentence and an exit code:

    0 done    1 failed    2 mistyped    130 stopped by Ctrl-C    141 nobody reads the output any more    143 told to end

Each command is a module of its own, imported when it is asked for; `chainrule --help` imports none of them.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext

from chainrule.cli import command_list
from chainrule.cli.output import Output
from chainrule.errors import SettingError

OK, FAILED, MISTYPED, INTERRUPTED, CLOSED_PIPE, TERMINATED = 0, 1, 2, 130, 141, 143

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command line (without the program's name) and returns its exit code; raises nothing.

    >>> main(["data", "--help"]) == main(["--help"]) == 0        # doctest: +ELLIPSIS
    usage: chainrule data ...
    True
    """
    words = [str(word) for word in (sys.argv[1:] if argv is None else argv)]
    name = "chainrule"
    out = Output(words)
    try:
        try:
            command, rest = command_list.command_of(words)
            if command is None:
                code = command_list.without_command(rest, out)
            else:
                name = f"chainrule {command}"
                code = _run(command, rest, out)
        finally:
            out.flush()
    except BrokenPipeError:
        return _pipe_closed()
    except KeyboardInterrupt:
        out.fail(name, "Interrupted.")
        code = INTERRUPTED
    except Exception as problem:  # noqa: BLE001 - the last net: a person gets a sentence, not a traceback
        code = _report(
            problem, name, out, debug="--debug" in words or bool(os.environ.get("CHAINRULE_DEBUG"))
        )
    return code


def _run(command: str, rest: list[str], out: Output) -> int:
    module = command_list.module_of(command)
    parser = command_list.parser_of(command, module)
    out.options = parser.option_names()
    args = parser.parse(rest)
    if args is None:  # --help was answered
        return OK
    args.words = rest
    out.settle(args)
    with (
        out.warnings(),
        out.busy(command_list.BUSY[command]) if command in command_list.BUSY else nullcontext(),
    ):
        code: int = module.run(args, out)
    return code


def _report(problem: Exception, name: str, out: Output, debug: bool) -> int:
    """One sentence about what went wrong; the traceback only for those who ask."""
    if debug:
        import traceback

        out.error_line(traceback.format_exc().rstrip())
    message, code = sentence(problem)
    try:
        out.fail(name, message)
        if isinstance(problem, SettingError):
            out.error_line(f"{name} --help shows what there is.")
        out.flush()
    except BrokenPipeError:
        return _pipe_closed()
    return code


def sentence(problem: Exception) -> tuple[str, int]:
    """What to say about an error, and the exit code.

    >>> sentence(MemoryError())
    ('There is not enough memory for this.', 1)
    """
    from chainrule.errors import ChainruleError

    if isinstance(problem, SettingError):
        return str(problem), MISTYPED
    if isinstance(problem, ChainruleError):
        return str(problem), FAILED
    if isinstance(problem, MemoryError):
        return "There is not enough memory for this.", FAILED
    if isinstance(problem, OSError):
        if problem.strerror:
            return (f"{problem.filename}: " if problem.filename else "") + f"{problem.strerror}.", FAILED
        return str(problem) or type(problem).__name__, FAILED
    if isinstance(problem, ImportError) and problem.name:
        return (
            f"The package {problem.name} cannot be imported ({problem}). chainrule doctor says what is missing.",
            1,
        )
    text = f"{type(problem).__name__}: {problem}".strip(": ")
    return f"Something unforeseen went wrong ({text}). The same command with --debug shows where.", FAILED


def _pipe_closed() -> int:
    """`chainrule … | head`: nobody reads any more. Python must not find out again when it ends."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError, AttributeError):
        pass
    return CLOSED_PIPE
