"""What can go wrong, and how it is said: what came, what was expected, what to do, the nearest known name.

    ChainruleError
    ├── SettingError      a name or a value that was typed is not one that exists   (also a ValueError)
    ├── ShapeError        arrays that do not fit each other or the layer            (also a ValueError)
    ├── DataError         a picture, table or folder that cannot be learned from   (also a ValueError)
    ├── FileError         a file that is not what it claims, or is not safe to read (also a ValueError)
    ├── MissingFileError  a file that is not where it was looked for                (also a FileNotFoundError)
    ├── DownloadError     a data set that could not be fetched                      (also an OSError)
    ├── NotFiniteError    a number stopped being finite while learning              (also an ArithmeticError, a RuntimeError)
    ├── MissingDependencyError  an optional package is not installed                (also an ImportError)
    ├── AbsentNameError   a name of Keras that Chainrule does not have              (also an AttributeError)
    └── AbsentImportError the same, where it is imported                            (also an ImportError)
        └── AbsentModuleError   a module that Chainrule does not have               (also a ModuleNotFoundError)

This module words errors and handles none.
"""

import difflib
import importlib
import itertools
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
KNOWN = 60  # names that a message lists
LONGEST = 100  # letters of a name that is compared and shown


class ChainruleError(Exception):
    """The root: `except ChainruleError` catches every mistake that Chainrule itself reports."""


class SettingError(ChainruleError, ValueError):
    """A name or a value that was typed is not one that exists."""


class ShapeError(ChainruleError, ValueError):
    """Arrays do not fit each other, or do not fit the layer they were given to."""


class DataError(ChainruleError, ValueError):
    """A picture, a table or a folder cannot be learned from as it is."""


class FileError(ChainruleError, ValueError):
    """A file is not what it claims to be, is damaged, or is not safe to read."""


class MissingFileError(ChainruleError, FileNotFoundError):
    """A file is not where it was looked for."""


class DownloadError(ChainruleError, OSError):
    """A data set could not be fetched or did not have the expected content."""


class NotFiniteError(ChainruleError, ArithmeticError, RuntimeError):
    """A number stopped being finite while learning."""


class MissingDependencyError(ChainruleError, ImportError):
    """An optional package is not installed."""


class AbsentNameError(ChainruleError, AttributeError):
    """A name that Keras has, or that was mistyped, and that Chainrule does not have."""


class AbsentImportError(ChainruleError, ImportError):
    """A name that Chainrule does not have was imported."""


class AbsentModuleError(AbsentImportError, ModuleNotFoundError):
    """A module that Chainrule does not have was imported."""


def nearest(name: object, known: Iterable[str]) -> str | None:
    """The known name most like `name`, or None when none is close.

    >>> nearest("rellu", ["relu", "sigmoid"])
    'relu'
    """
    if len(str(name)) > LONGEST:
        return None
    close = difflib.get_close_matches(str(name).lower(), {k.lower(): k for k in known}, n=1, cutoff=0.6)
    return next((k for k in known if close and k.lower() == close[0]), None)


def missing_file(where: Any) -> MissingFileError:
    """The error for a file that is not there, with the one beside it whose name is most like it.

    >>> str(missing_file("nowhere/model.keras"))
    "There is no file nowhere/model.keras, as there is no folder 'nowhere'."
    """
    path = Path(where)
    try:
        beside = [other.name for other in itertools.islice(path.parent.iterdir(), 10_000)]
    except OSError:
        return MissingFileError(f"There is no file {where}, as there is no folder {str(path.parent)!r}.")
    guess = nearest(path.name, beside)
    return MissingFileError(
        f"There is no file {where}." + (f" Did you mean {path.parent / guess}?" if guess else "")
    )


def unknown(kind: str, name: object, known: Iterable[str]) -> SettingError:
    """The error for a name that does not exist, with the nearest one that does.

    >>> print(unknown("activation", "rellu", ["relu", "sigmoid"]))
    There is no activation called 'rellu'. Did you mean 'relu'? Known: relu, sigmoid.
    """
    known = sorted(known)
    guess = nearest(name, known)
    hint = f" Did you mean {guess!r}?" if guess else ""
    listed = ", ".join(printable(one[:LONGEST]) for one in known[:KNOWN])
    more = f" and {len(known) - KNOWN:,} more" if len(known) > KNOWN else ""
    shown = name if not isinstance(name, str) or len(name) <= LONGEST else name[:LONGEST] + "..."
    return SettingError(f"There is no {kind} called {shown!r}.{hint} Known: {listed}{more}.")


def require_package(module: str, extra: str, purpose: str) -> ModuleType:
    """Imports an optional package, or says which install line brings it.

    >>> require_package("json", "none", "this example").__name__
    'json'
    """
    try:
        return importlib.import_module(module)
    except ImportError as problem:
        package = module.partition(".")[0]
        if (problem.name or "").partition(".")[0] != package:
            raise
        raise MissingDependencyError(
            f'{purpose} needs the package {package}: pip install "chainrule[{extra}]"'
        ) from None


def printable(text: str) -> str:
    """A text from a file or a file's name as it can be shown on one line: control characters are escaped, spaces are plain.

    >>> printable("a\\nb.png")
    'a\\\\nb.png'
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else " " if c in SPACES else c.encode("unicode_escape", "surrogatepass").decode()
        for c in text
    )
