"""get_file: a file from the web, kept in Keras's folder; an archive unpacked beside it."""

import urllib.parse
from pathlib import Path
from typing import Any

from chainrule.datasets.web_files import checked, place, unpack
from chainrule.errors import SettingError

__all__ = ["get_file"]


def get_file(
    fname: str | None = None, origin: str | None = None, untar: bool = False, md5_hash: str | None = None,
    file_hash: str | None = None, cache_subdir: str = "datasets", hash_algorithm: str = "auto", extract: bool = False,
    archive_format: Any = "auto", cache_dir: Any = None, force_download: bool = False,
) -> str:  # fmt: skip
    """The path of a file, fetched from `origin` unless it is there already. extract: unpacks it, and gives the folder.

    It is kept where Keras keeps it: ~/.keras (or KERAS_HOME, or cache_dir), in the folder cache_subdir.
    """
    if origin is None:
        raise SettingError("get_file needs origin=, the address of the file.")
    name = fname or Path(urllib.parse.urlsplit(origin).path).name
    if not name:
        raise SettingError(f"get_file needs a name for the file: {origin!r} has none.")
    path = place(name, cache_dir, cache_subdir)
    checked(origin, path, file_hash or md5_hash, hash_algorithm, force_download)
    if not (extract or untar):
        return str(path)
    folder = (
        path.with_name(f"{path.name}_extracted")
        if extract
        else path.with_name(path.name.removesuffix(".tar.gz").removesuffix(".tgz"))
    )
    if not folder.exists() or folder == path:
        folder = folder if folder != path else path.with_name(f"{path.name}_extracted")
        unpack(path, folder)
    return str(folder)
