"""Files that are read must be there; files that are written must not hide somebody else's."""

import os
from pathlib import Path

from chainrule.errors import FileError, SettingError, nearest

MODELS = (".keras", ".h5", ".hdf5")


def existing(name: str, what: str = "file") -> str:
    """The name, if there is a file of it; FileError with the nearest name in its folder otherwise."""
    path = Path(name)
    try:
        if path.exists():
            return name
        others = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        leads = path.readlink() if path.is_symlink() else None
    except (OSError, ValueError) as problem:
        raise FileError(
            f"{name!r} cannot be opened: {getattr(problem, 'strerror', None) or problem}."
        ) from None
    if leads is not None:
        raise FileError(f"{name!r} is a link to {str(leads)!r}, which leads nowhere.")
    if not path.parent.is_dir():
        raise FileError(f"There is no {what} {name!r}: there is no folder {str(path.parent)!r}.")
    guess = nearest(path.name, others)
    hint = f" Did you mean {str(path.with_name(guess))!r}?" if guess else ""
    raise FileError(f"There is no {what} {name!r}.{hint}")


# endings of files that lie beside pictures in a folder, and are none
ASIDE = (
    ".txt",
    ".md",
    ".ini",
    ".db",
    ".log",
    ".json",
    ".xml",
    ".html",
    ".pdf",
    ".doc",
    ".docx",
    ".lnk",
    ".url",
    ".py",
    ".zip",
)


def inside(name: str) -> list[str]:
    """The file itself, or for a folder the files in it (or in its folders), in order, without system files, texts and the like."""
    path = Path(name)
    try:
        if not path.is_dir():
            return [name]
        from chainrule.datasets.tree import is_system_file

        there = [entry for entry in path.iterdir() if not is_system_file(entry.name)]
        files = [entry for entry in there if entry.is_file()]
        if not files:  # a folder for each class
            files = [file for entry in there if entry.is_dir() for file in entry.iterdir()]
            files = [file for file in files if file.is_file() and not is_system_file(file.name)]
    except (OSError, ValueError):
        return [name]  # whoever opens it says why it cannot be
    return sorted(str(file) for file in files if file.suffix.lower() not in ASIDE) or [name]


def data(name: str) -> str:
    """The name of a data set, or of a file or folder that is there; FileError with the nearest one otherwise."""
    from chainrule.datasets import NAMES

    is_path = "/" in name or os.sep in name or Path(name).suffix
    return existing(name, "data") if is_path and name.lower().replace("-", "_") not in NAMES else name


def target(name: str, endings: tuple[str, ...], force: bool) -> str:
    """The name, if a file may be written there; said before any work is done for it."""
    path = Path(name)
    if path.suffix.lower() not in endings:
        raise SettingError(f"{name!r} cannot be written: its name must end in {' or '.join(endings)}.")
    if path.is_dir():
        raise SettingError(f"{name!r} is a folder; name a file in it.")
    if not path.parent.is_dir():
        raise FileError(f"{name!r} cannot be written: there is no folder {str(path.parent)!r}.")
    if not os.access(path.parent, os.W_OK):
        raise FileError(f"{name!r} cannot be written: the folder {str(path.parent)!r} is read-only.")
    if path.exists() and not force:
        raise SettingError(
            f"{name!r} is there already and is kept. Choose another name, or --force to replace it."
        )
    return name


def different(source: str, target: str) -> None:
    """SettingError where a file would be written over the one that it is made from."""
    if Path(target).exists() and Path(source).samefile(target):
        raise SettingError(f"{source!r} and {target!r} are the same file; name another file to write.")


def free(name: str) -> str:
    """The name, or with the first number that makes it a new file: mnist.keras, mnist-2.keras, mnist-3.keras."""
    path, k = Path(name), 1
    while os.path.lexists(path):
        k += 1
        path = Path(name).with_stem(f"{Path(name).stem}-{k}")
    return str(path)


def model_name(data: str) -> str:
    """The default name of a model that learned from this data: letters of any script, digits, - and _.

    >>> model_name("mnist"), model_name("my flowers (2)")
    ('mnist.keras', 'my-flowers-2.keras')
    """
    kept = "".join(c if c.isalnum() or c in "-_" else " " for c in data)
    return ("-".join(kept.split()) or "model")[:80] + ".keras"
