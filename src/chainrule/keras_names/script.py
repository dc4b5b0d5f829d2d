"""Runs a script exactly as `python SCRIPT` does: its arguments, `__main__`, its folder first on the path, its own tracebacks.

Only what Chainrule itself refuses is one sentence, with the script's line.
"""

import builtins
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from chainrule.errors import ChainruleError, FileError
from chainrule.keras_names import hook, methods, mistakes, saving, tensors, translate
from chainrule.keras_names.era import era_of
from chainrule.keras_names.notebook import Cell, cells_of
from chainrule.keras_names.notes import PACKAGE, Notes, is_users
from chainrule.keras_names.unused import unused_imports


@dataclass(frozen=True)
class Ended:
    """How a script ended: its exit code, and the folders of the runs that it left."""

    code: int
    runs: list[Path]


def run(
    script: str,
    arguments: list[str],
    *,
    runs_dir: str | None = "runs",
    keep_examples: bool = True,
    strict: bool = False,
    quiet: bool = False,
) -> Ended:
    """Runs a script or a notebook's cells. runs_dir: where each fit is recorded, or None.
    keep_examples: see `RunRecorder`.  strict: as Keras 3 refuses."""
    path = Path(script)
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise FileError(f"{script} cannot be read: {problem.strerror or problem}.") from None
    cells = cells_of(path, content)
    notes, text = Notes(quiet), "\n".join(cell.text for cell in cells)
    if not strict:
        era = era_of(text)
        translate.install(notes, era)
        methods.install(notes, era)
        saving.install(notes)
    tensors.install()
    recorder = None
    if runs_dir is not None:
        from chainrule.keras_names.record import Recorder

        recorder = Recorder(runs_dir, label(path), notes, keep_examples)
        recorder.install()
    hook.install(notes, strict, unused_imports(text))
    code = executed(path, cells, arguments)
    return Ended(code, [] if recorder is None else recorder.folders)


def label(path: Path) -> str:
    """A script's name as the end of a run's.

    >>> label(Path("my net (2).py"))
    'my-net-2'
    """
    kept = "".join(c if c.isalnum() or c in "-_" else " " for c in path.stem)
    return "-".join(kept.split())[:60] or "script"


def executed(path: Path, cells: list[Cell], arguments: list[str]) -> int:
    """Runs the cells one after the other as `__main__`; the exit code."""
    main = ModuleType("__main__")
    main.__dict__.update(__file__=str(path.absolute()), __builtins__=builtins, __cached__=None)
    sys.modules["__main__"] = main
    sys.argv = [str(path), *arguments]
    sys.path[0:1] = [str(path.resolve().parent)]
    try:
        for cell in cells:
            exec(compile(cell.text, cell.name, "exec", dont_inherit=True), main.__dict__)  # noqa: S102 - the script it was given
    except SystemExit as ended:
        return exit_code(ended)
    except KeyboardInterrupt as problem:
        show(problem)
        return 130
    except BaseException as problem:  # noqa: BLE001 - as Python's own last net
        show(problem)
        return 1
    finally:
        sys.stdout.flush()
    return 0


def exit_code(ended: SystemExit) -> int:
    """What Python makes of sys.exit(...)."""
    if ended.code is None:
        return 0
    if isinstance(ended.code, int):
        return ended.code
    print(ended.code, file=sys.stderr)
    return 1


def show(problem: BaseException) -> None:
    """The user's own traceback, as Python shows it; what Chainrule refuses, as one sentence with the script's line."""
    sys.stdout.flush()
    trace = users(problem.__traceback__)
    is_refusal = isinstance(problem, ChainruleError) and not isinstance(problem, SyntaxError)
    if refusal := str(problem) if is_refusal else mistakes.sentence(problem, trace):
        file, line = place(trace)
        print(f"{file}, line {line}: {refusal}" if file else refusal, file=sys.stderr)
        return
    if sys.excepthook is not sys.__excepthook__:
        sys.excepthook(type(problem), problem, trace)
        return
    traceback.print_exception(type(problem), problem, trace)


def users(trace: TracebackType | None) -> TracebackType | None:
    """The traceback from the script's first line on."""
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(PACKAGE):
        trace = trace.tb_next
    return trace


def place(trace: TracebackType | None) -> tuple[str, int]:
    """The last line of the user's own code in a traceback."""
    found: Any = ("", 0)
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if is_users(name):
            found = Path(name).name, trace.tb_lineno
        trace = trace.tb_next
    return found
