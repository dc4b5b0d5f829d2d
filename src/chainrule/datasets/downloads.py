"""Files from the web, kept: pinned by SHA-256, from the first mirror that works, resumed where it broke off.

A file is looked for in this order, and used only when its content is the expected one:

    1. Chainrule's folder    $CHAINRULE_HOME, else $XDG_CACHE_HOME/chainrule, else the platform's cache folder
    2. Keras's folder        $KERAS_HOME/datasets, else ~/.keras/datasets
    3. the system's          where a Linux distribution installs the set
    4. the mirrors           unless CHAINRULE_OFFLINE is set

A fetch writes beside (NAME.part), checks, and renames; a kill at any moment leaves nothing that could be
taken for the file.
"""

import hashlib
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO

from chainrule.datasets import idx
from chainrule.errors import DownloadError, FileError

PATIENCE = 20.0  # seconds without a byte before a mirror is given up
PIECE = 1 << 18

Report = Callable[[str, int, int], None]  # file name, bytes so far, bytes in all


@dataclass(frozen=True)
class Remote:
    """A file on the web: what it is called, what it must contain, and where it is."""

    folder: str  # the set's own folder in the cache, as Keras calls it
    name: str
    size: int
    sha256: str
    mirrors: tuple[str, ...]  # each with the file's name at its end
    content: str = ""  # SHA-256 of what is inside the gzip, where known: copies packed anew are good too
    system: tuple[str, ...] = ()  # folders of the operating system where it may lie


def home() -> Path:
    """The folder for what was fetched; CHAINRULE_HOME moves it."""
    if place := os.environ.get("CHAINRULE_HOME"):
        return Path(place).expanduser()
    if place := os.environ.get("XDG_CACHE_HOME"):
        return Path(place) / "chainrule"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "chainrule"
    if sys.platform == "win32" and (place := os.environ.get("LOCALAPPDATA")):
        return Path(place) / "chainrule"
    return Path.home() / ".cache" / "chainrule"


def fetch(remote: Remote, report: Report | None = None) -> Path:
    """Where the file is, fetched if it is nowhere yet. Raises DownloadError with the steps by hand."""
    kept = home() / "datasets" / remote.folder / remote.name
    if kept.exists():
        if is_right(kept, remote):
            return kept
        raise DownloadError(
            f"{kept} does not have the expected content (SHA-256 {remote.sha256}). "
            "It is not used. Delete it to have it fetched again."
        )
    for place in elsewhere(remote):
        if place.is_file() and is_right(place, remote):
            return place
    if os.environ.get("CHAINRULE_OFFLINE"):
        raise DownloadError(by_hand(remote, kept, ["CHAINRULE_OFFLINE is set"]))
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise DownloadError(
            f"{kept.parent} cannot be made ({problem.strerror}). "
            "Set CHAINRULE_HOME to a folder that can be written to."
        ) from None
    _download(remote, kept, report or _say)
    return kept


def elsewhere(remote: Remote) -> Iterator[Path]:
    """Where else the file may lie already: Keras's folder, then the system's."""
    keras = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras").expanduser()
    yield keras / "datasets" / remote.folder / remote.name
    yield from (Path(folder) / remote.name for folder in remote.system)


def is_right(path: Path, remote: Remote) -> bool:
    """Whether the file has the expected content; one packed anew is right when what is inside is."""
    try:
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() == remote.sha256:
                return True
        if not remote.content or path.stat().st_size > 2 * remote.size:
            return False
        return hashlib.sha256(idx.unpack(path.read_bytes(), str(path))).hexdigest() == remote.content
    except (OSError, FileError):
        return False


def by_hand(remote: Remote, kept: Path, reasons: list[str]) -> str:
    """What to do when it cannot be fetched."""
    return "\n".join([
        f"{remote.name} of {remote.folder} could not be fetched.",
        *(f"  {reason}" for reason in reasons),
        "To do it by hand, on a machine with a network:",
        "  1. download it from one of",
        *(f"       {url}" for url in remote.mirrors),
        f"  2. check that its SHA-256 is {remote.sha256}",
        f"  3. put it at {kept}",
    ])  # fmt: skip


def _download(remote: Remote, kept: Path, report: Report) -> None:
    """Tries the mirrors in turn; what one began another continues, since the whole is checked at the end."""
    reasons = []
    with _own_part(kept) as part:
        for url in remote.mirrors:
            # twice: what broke off is continued once, and a leftover that turns out wrong is begun anew
            for _ in range(2):
                leftover = part.stat().st_size
                try:
                    _continue(url, remote, part, report)
                except (OSError, HTTPException, DownloadError) as problem:
                    reasons.append(f"{url}: {_reason(problem)}")
                    if isinstance(problem, urllib.error.HTTPError) or part.stat().st_size == 0:
                        break
                    continue
                if is_right(part, remote):
                    part.replace(kept)
                    return
                part.write_bytes(b"")
                if not leftover:
                    reasons.append(f"{url}: sent other content than expected; it was thrown away")
                    break
        raise DownloadError(by_hand(remote, kept, reasons))


def _continue(url: str, remote: Remote, part: Path, report: Report) -> None:
    """Fetches what `part` still lacks. Raises when the mirror stops early or sends more than it should."""
    done = part.stat().st_size
    if done >= remote.size:
        return
    # the addresses are those in `named`, and what comes is checked: no need to audit the scheme
    request = urllib.request.Request(url, headers={"User-Agent": "chainrule", "Accept-Encoding": "identity"})  # noqa: S310
    if done:
        request.add_header("Range", f"bytes={done}-")
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer, part.open("r+b") as file:  # noqa: S310
        # 206 with the right range continues; anything else is the file from its beginning
        if done and not (
            answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {done}-")
        ):
            done = 0
        file.seek(done)
        file.truncate()
        while piece := answer.read(PIECE):
            done += len(piece)
            if done > remote.size:
                file.truncate(0)
                raise DownloadError(f"sent more than the {remote.size:,} bytes expected")
            file.write(piece)
            report(remote.name, done, remote.size)
        file.flush()
        os.fsync(file.fileno())
    if done < remote.size:
        raise DownloadError(f"stopped after {done:,} of {remote.size:,} bytes")


@contextmanager
def _own_part(kept: Path) -> Iterator[Path]:
    """The unfinished file, kept for the next try; a second process at the same time gets one of its own."""
    shared = kept.with_name(kept.name + ".part")
    file = shared.open("ab")
    try:
        if _lock(file):
            yield shared
        else:
            private = kept.with_name(f"{kept.name}.{os.getpid()}.part")
            private.touch()
            try:
                yield private
            finally:
                private.unlink(missing_ok=True)
    finally:
        file.close()


def _lock(file: BinaryIO) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows: an open file cannot be renamed away, which protects as well
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _reason(problem: Exception) -> str:
    if isinstance(problem, urllib.error.HTTPError):
        return f"answered {problem.code} {problem.reason}"
    if isinstance(problem, urllib.error.URLError):
        return str(problem.reason)
    return str(problem) or type(problem).__name__


def _say(name: str, done: int, size: int) -> None:
    """One line on a terminal that shows how far it is; otherwise a line when it is done."""
    if sys.stderr.isatty():
        end = "\n" if done == size else ""
        print(
            f"\rfetching {name}: {done / size:4.0%} of {size / 1e6:.1f} MB",
            end=end,
            file=sys.stderr,
            flush=True,
        )
    elif done == size:
        print(f"fetched {name} ({size / 1e6:.1f} MB)", file=sys.stderr)
