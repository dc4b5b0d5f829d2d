"""A file from the web in Keras's own folder, checked by its digest; archives unpacked without leaving their folder."""

import hashlib
import os
import shutil
import tarfile
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

from chainrule.errors import DownloadError, FileError, SettingError


def place(name: str, cache_dir: Any = None, cache_subdir: str = "datasets") -> Path:
    """Where Keras keeps a file: ~/.keras, or KERAS_HOME, or cache_dir.

    >>> place("a.npz", "/tmp").as_posix()
    '/tmp/datasets/a.npz'
    """
    home = Path(cache_dir or os.environ.get("KERAS_HOME") or Path.home() / ".keras").expanduser()
    return home / cache_subdir / name


def checked(
    origin: str, path: Path, digest: str | None = None, algorithm: str = "auto", again: bool = False
) -> Path:
    """The file at `path`, fetched from `origin` unless it is there with the right digest."""
    if again or not path.exists() or (digest and not has_digest(path, digest, algorithm)):
        fetch(origin, path)
        if digest and not has_digest(path, digest, algorithm):
            path.unlink(missing_ok=True)
            raise DownloadError(
                f"{origin} does not have the content expected (its digest is not {digest}); it was thrown away."
            )
    return path


def fetch(origin: str, path: Path) -> None:
    """Fetches a file, beside its place until it is whole."""
    if urllib.parse.urlsplit(origin).scheme not in ("http", "https", "file"):
        raise SettingError(f"get_file fetches http and https addresses; it got {origin!r}.")
    part = path.with_name(path.name + ".part")
    try:
        if os.environ.get("CHAINRULE_OFFLINE"):
            raise OSError("CHAINRULE_OFFLINE is set")
        path.parent.mkdir(parents=True, exist_ok=True)
        request = urllib.request.Request(origin, headers={"User-Agent": "chainrule"})  # noqa: S310 - the scheme is looked at above
        with urllib.request.urlopen(request, timeout=20) as answer, part.open("wb") as file:  # noqa: S310
            shutil.copyfileobj(answer, file)
        part.replace(path)
    except OSError as problem:
        part.unlink(missing_ok=True)
        reason = getattr(problem, "reason", None) or problem
        raise DownloadError(
            f"{path.name} could not be fetched from {origin} ({reason}). To do it by hand, download it and put it at {path}."
        ) from None


def has_digest(path: Path, digest: str, algorithm: str = "auto") -> bool:
    """Whether a file's MD5 or SHA-256 is this."""
    name = "sha256" if algorithm == "sha256" or (algorithm == "auto" and len(digest) == 64) else "md5"
    with path.open("rb") as file:
        return hashlib.file_digest(file, name).hexdigest() == digest.lower()


def unpack(path: Path, folder: Path) -> None:
    """Unpacks a .zip or .tar file; nothing of it lands outside the folder."""
    beside = folder.with_name(folder.name + ".part")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        if tarfile.is_tarfile(path):
            with tarfile.open(path) as archive:
                archive.extractall(beside, filter="data")
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                archive.extractall(beside)  # noqa: S202 - zipfile itself keeps names inside
        else:
            raise FileError(f"{path} is neither a .zip nor a .tar file.")
    except (tarfile.TarError, zipfile.BadZipFile, EOFError) as problem:
        raise FileError(f"{path} is damaged: {problem}.") from None
    beside.replace(folder)
