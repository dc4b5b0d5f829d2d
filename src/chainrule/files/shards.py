"""Weights in several files: NAME.weights.json says which group lies in which NAME_00000.weights.h5 beside it.

Source: keras.Model.save_weights(..., max_shard_size=...), Keras 3.10 and later.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from chainrule.errors import FileError
from chainrule.files import hdf5, safe_json
from chainrule.files.disk import Where, opened
from chainrule.files.hdf5 import Group

MOST = 1000  # files
ENDING = ".weights.json"
NAME = re.compile(r"[^/\\:\0]{1,200}\.weights\.h5")


def named(where: Where | bytes) -> bool:
    """Whether this is the name of such a list of files."""
    return not isinstance(where, bytes) and str(where).lower().endswith(ENDING)


@contextmanager
def tree(where: Where) -> Iterator[Group]:
    """The groups of all files as if they were one; open while they are read.

    Only ordinary files in the folder of the list are opened, and only those that the list names.
    """
    with opened(where) as source:
        listed = safe_json.parse_object(
            source.read(0, min(source.size, safe_json.BYTES + 1)), "list of files"
        )
    places = listed.get("weight_map")
    if not isinstance(places, dict):
        raise FileError("is no list of files of weights: it has no weight_map.")
    names = {name for value in places.values() for name in (value if isinstance(value, list) else [value])}
    if len(names) > MOST:
        raise FileError(f"names {len(names):,} files; at most {MOST:,} are read.")
    for name in names:
        if not isinstance(name, str) or not NAME.fullmatch(name) or not name.isprintable():
            raise FileError(
                f"names {str(name)[:80]!r}, which is not a file of weights beside it. It is not opened."
            )
    with ExitStack() as stack:
        whole: Group | None = None
        for name in sorted(names):
            path = Path(where).with_name(name)
            if not path.exists():
                raise FileError(
                    f"needs the file {name} beside it, which is not there. Copy all of its files."
                )
            if path.is_symlink():
                raise FileError(f"needs {name}, which is a link. It is not opened.")
            part = hdf5.read(stack.enter_context(opened(path)))
            if whole is None:
                whole = part
            else:
                _merge(whole, part)
        if whole is None:
            raise FileError("names no file of weights.")
        yield whole


def _merge(whole: Group, part: Group) -> None:
    """Puts what a further file holds into the tree."""
    for name, child in part.children.items():
        there = whole.children.get(name)
        if there is None:
            whole.children[name] = child
        elif isinstance(there, Group) and isinstance(child, Group):
            _merge(there, child)
        else:
            raise FileError(f"has {child.path!r} in two of its files; nobody can say which one counts.")
