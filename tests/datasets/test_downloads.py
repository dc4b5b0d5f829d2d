"""Files from the web: only the expected content is ever used, and a broken-off fetch is resumed."""

import contextlib
import gzip
import hashlib
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from chainrule import datasets
from chainrule.datasets import downloads, emnist, fashion_mnist, idx, kmnist
from chainrule.datasets.downloads import Remote, fetch
from chainrule.errors import DownloadError

CONTENT = np.random.default_rng(1).bytes(100_000)
Quiet = {"report": lambda *_: None}


class Mirror:
    """A web server on this machine: files by path, and ways to misbehave."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str | None]] = []  # path, Range
        self.stop_after: int | None = None  # bytes, then the connection breaks; once
        self.ranges = True
        self.pause = 0.0  # seconds between pieces
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        wanted = handler.headers.get("Range")
        self.asked.append((handler.path, wanted))
        content = self.files.get(handler.path.lstrip("/"))
        if content is None:
            handler.send_error(404)
            return
        start = 0
        if wanted and self.ranges:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            handler.send_response(206)
            handler.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            handler.send_response(200)
        handler.send_header("Content-Length", str(len(content) - start))
        handler.end_headers()
        end = self.stop_after if self.stop_after is not None else len(content)
        self.stop_after = None
        piece = 2000 if self.pause else len(content)
        with contextlib.suppress(ConnectionError):  # whoever asked was killed
            for at in range(start, end, piece):
                handler.wfile.write(content[at : min(at + piece, end)])
                time.sleep(self.pause)


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    mirror = Mirror()
    yield mirror
    mirror.server.shutdown()
    mirror.server.server_close()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of Chainrule's and of Keras's, and no way round them."""
    monkeypatch.setenv("CHAINRULE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("CHAINRULE_OFFLINE", raising=False)
    for proxy in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    return tmp_path / "home" / "datasets" / "shelf"


def remote(*mirrors: str, content: bytes = CONTENT, name: str = "a.bin") -> Remote:
    digest = hashlib.sha256(content).hexdigest()
    return Remote("shelf", name, len(content), digest, tuple(f"{url}{name}" for url in mirrors))


def test_a_file_is_fetched_once(mirror: Mirror, home: Path) -> None:
    """The first call fetches, the second finds; nothing but the file is left, and progress reaches the end."""
    mirror.files["a.bin"] = CONTENT
    lines: list[tuple[str, int, int]] = []
    path = fetch(remote(mirror.url), lambda *news: lines.append(news))
    assert path.read_bytes() == CONTENT
    assert fetch(remote(mirror.url)) == path == home / "a.bin"
    assert len(mirror.asked) == 1
    assert lines[-1] == ("a.bin", len(CONTENT), len(CONTENT))
    assert {file.name for file in home.iterdir()} <= {"a.bin"}


@pytest.mark.parametrize("ranges", [True, False])
def test_a_fetch_that_breaks_off_is_resumed(mirror: Mirror, home: Path, ranges: bool) -> None:
    """The rest is asked for; a mirror that cannot continue is taken from its beginning."""
    mirror.files["a.bin"], mirror.stop_after, mirror.ranges = CONTENT, 70_000, ranges
    assert fetch(remote(mirror.url), **Quiet).read_bytes() == CONTENT
    assert [wanted for _, wanted in mirror.asked] == [None, "bytes=70000-"]


def test_what_a_killed_process_left_is_continued(mirror: Mirror, home: Path) -> None:
    """The unfinished file of an earlier process is continued, not begun again."""
    mirror.files["a.bin"] = CONTENT
    home.mkdir(parents=True)
    (home / "a.bin.part").write_bytes(CONTENT[:99_000])
    assert fetch(remote(mirror.url), **Quiet).read_bytes() == CONTENT
    assert mirror.asked == [("/a.bin", "bytes=99000-")]


def test_interrupted_again_and_again_nothing_bad_is_kept(
    mirror: Mirror, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often a fetch is stopped, the file appears only when it is whole, and each try goes on where it was."""
    monkeypatch.setattr(downloads, "PIECE", 1000)
    mirror.files["a.bin"] = CONTENT
    rng = np.random.default_rng(3)
    tries = 0
    while True:
        stop = int(rng.integers(1, 9))

        def stopping(_: str, done: int, __: int, begun: list[int] = [], stop: int = stop) -> None:
            begun.append(done)
            if len(begun) % stop == 0:
                raise KeyboardInterrupt

        tries += 1
        try:
            path = fetch(remote(mirror.url), stopping)
        except KeyboardInterrupt:
            assert not (home / "a.bin").exists() or (home / "a.bin").read_bytes() == CONTENT
            continue
        assert path.read_bytes() == CONTENT
        break
    assert tries > 10


@pytest.mark.parametrize("left", [b"x" * 50_000, b"x" * 100_000, b"x" * 100_001])
def test_a_spoiled_unfinished_file_is_not_used(mirror: Mirror, home: Path, left: bytes) -> None:
    """When what was left turns out wrong, it is thrown away and begun anew."""
    mirror.files["a.bin"] = CONTENT
    home.mkdir(parents=True)
    (home / "a.bin.part").write_bytes(left)
    assert fetch(remote(mirror.url), **Quiet).read_bytes() == CONTENT


def test_the_next_mirror_helps(mirror: Mirror, home: Path) -> None:
    """A mirror without the file, one that is not there and one with other content are passed over."""
    mirror.files |= {"good/a.bin": CONTENT, "bad/a.bin": CONTENT[::-1], "long/a.bin": CONTENT * 2}
    places = [
        mirror.url + "none/",
        "http://127.0.0.1:9/",
        mirror.url + "bad/",
        mirror.url + "long/",
        mirror.url + "good/",
    ]
    assert fetch(remote(*places), **Quiet).read_bytes() == CONTENT


def test_wrong_content_is_never_kept(mirror: Mirror, home: Path) -> None:
    """Content with another checksum leaves no file, and the error says what to do by hand."""
    mirror.files["a.bin"] = CONTENT[::-1]
    with pytest.raises(DownloadError) as problem:
        fetch(remote(mirror.url), **Quiet)
    text = str(problem.value)
    assert not (home / "a.bin").exists()
    for words in (
        "sent other content",
        f"{mirror.url}a.bin",
        hashlib.sha256(CONTENT).hexdigest(),
        str(home / "a.bin"),
    ):
        assert words in text


def test_a_mirror_that_sends_too_much_is_left(mirror: Mirror, home: Path) -> None:
    """A mirror is not listened to beyond the expected size, and nothing of what it sent is kept."""
    mirror.files["a.bin"] = CONTENT * 20
    with pytest.raises(DownloadError, match="sent more than the 100,000 bytes expected"):
        fetch(remote(mirror.url), **Quiet)
    assert (home / "a.bin.part").stat().st_size == 0


def test_a_wrong_file_in_the_cache_is_neither_used_nor_replaced_silently(mirror: Mirror, home: Path) -> None:
    """A cached file that changed is reported with what to do, and left where it is."""
    mirror.files["a.bin"] = CONTENT
    home.mkdir(parents=True)
    (home / "a.bin").write_bytes(b"changed")
    with pytest.raises(DownloadError, match="Delete it to have it fetched again"):
        fetch(remote(mirror.url), **Quiet)
    assert (home / "a.bin").read_bytes() == b"changed"
    assert mirror.asked == []


def test_no_network_gives_the_steps(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Without a network, or told not to use it, the error has the addresses, the checksum and the place."""
    for reason in ("Connection refused", "CHAINRULE_OFFLINE is set"):
        with pytest.raises(DownloadError) as problem:
            fetch(remote("http://127.0.0.1:9/"), **Quiet)
        assert reason in str(problem.value)
        assert str(home / "a.bin") in str(problem.value)
        monkeypatch.setenv("CHAINRULE_OFFLINE", "1")


def test_two_at_once_do_not_disturb_each_other(mirror: Mirror, home: Path) -> None:
    """While one process holds the unfinished file, another fetches beside it; both end with the file."""
    mirror.files["a.bin"] = CONTENT
    home.mkdir(parents=True)
    with downloads._own_part(home / "a.bin") as first:
        first.write_bytes(b"half of")
        assert fetch(remote(mirror.url), **Quiet).read_bytes() == CONTENT
        assert first.read_bytes() == b"half of"
    assert sorted(file.name for file in home.iterdir()) == ["a.bin", "a.bin.part"]


def test_keras_own_copy_is_used(tmp_path: Path) -> None:
    """A verified file in Keras's cache is taken where it is; one that is wrong is passed over."""
    place = tmp_path / "keras" / "datasets" / "shelf" / "a.bin"
    place.parent.mkdir(parents=True)
    place.write_bytes(CONTENT)
    assert fetch(remote()) == place
    place.write_bytes(b"wrong")
    with pytest.raises(DownloadError):
        fetch(remote())


def test_a_copy_packed_anew_is_recognised(tmp_path: Path) -> None:
    """Where the checksum of the content is known, another packing of it is as good."""
    content = idx.encode(np.arange(50, dtype="u1"))
    wanted = replace(
        remote(content=gzip.compress(content, mtime=1), name="a.gz"),
        content=hashlib.sha256(content).hexdigest(), system=(str(tmp_path),),
    )  # fmt: skip
    (tmp_path / "a.gz").write_bytes(gzip.compress(content, 1, mtime=0))
    assert fetch(wanted) == tmp_path / "a.gz"
    (tmp_path / "a.gz").write_bytes(gzip.compress(content[:-1] + b"x", mtime=0))
    with pytest.raises(DownloadError):
        fetch(wanted)


def test_the_cache_is_where_it_is_asked_to_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """CHAINRULE_HOME comes first, then XDG_CACHE_HOME."""
    assert downloads.home() == tmp_path / "home"
    monkeypatch.delenv("CHAINRULE_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert downloads.home() == tmp_path / "chainrule"


def test_a_place_that_can_not_be_written_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A cache folder that cannot be made gives the name of the setting that moves it."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("CHAINRULE_HOME", str(tmp_path / "file"))
    with pytest.raises(DownloadError, match="Set CHAINRULE_HOME"):
        fetch(remote("http://127.0.0.1:9/"))


def four(mirror: Mirror, bases: tuple[Remote, ...]) -> tuple[Remote, ...]:
    """A set in MNIST's shape, small, on the mirror, in place of the real one."""
    rng = np.random.default_rng(0)
    shapes = [(50, 28, 28), (50,), (20, 28, 28), (20,)]
    made = []
    for base, shape in zip(bases, shapes, strict=True):
        high = 256 if len(shape) == 3 else 10
        mirror.files[base.name] = gzip.compress(idx.encode(rng.integers(0, high, shape).astype("u1")))
        made.append(
            replace(remote(mirror.url, content=mirror.files[base.name], name=base.name), folder=base.folder)
        )
    return tuple(made)


@pytest.mark.parametrize(
    ("module", "table", "name"),
    [(fashion_mnist, "FASHION_MNIST", "fashion_mnist"), (kmnist, "KMNIST", "kmnist")],
)
def test_named_sets_load_from_their_four_files(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch, module: object, table: str, name: str
) -> None:
    """A named set is fetched, checked and returned as Keras does, and as a Dataset with its class names."""
    monkeypatch.setattr(module, table, four(mirror, getattr(module, table)))
    (x_train, y_train), (x_test, y_test) = getattr(datasets, name).load_data()
    assert x_train.shape == (50, 28, 28)
    assert y_test.shape == (20,)
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype("uint8")}
    data = datasets.load(name)
    np.testing.assert_array_equal(data.x_train, x_train)
    assert data.class_names is not None
    assert len(data.class_names) == 10
    assert len(mirror.asked) == 4


def test_emnist_letters_stand_upright_and_count_from_zero(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The archive's pictures are turned, its letters 1..26 become 0..25, and a kind that is not there is named."""
    lying = np.zeros((26, 28, 28), "u1")
    lying[:, 3, :] = 200  # a row in the file is a column of the letter
    with zipfile.ZipFile(tmp_path / "made.zip", "w") as archive:
        for part in ("train", "test"):
            for what, array in (("images-idx3", lying), ("labels-idx1", np.arange(1, 27, dtype="u1"))):
                packed = gzip.compress(idx.encode(array))
                archive.writestr(f"gzip/emnist-letters-{part}-{what}-ubyte.gz", packed)
    mirror.files["emnist-gzip.zip"] = (tmp_path / "made.zip").read_bytes()
    made = remote(mirror.url, content=mirror.files["emnist-gzip.zip"], name="emnist-gzip.zip")
    monkeypatch.setattr(emnist, "EMNIST", made)
    data = datasets.load("emnist_letters")
    assert (data.x_train[0, :, 3] == 200).all()
    assert data.x_train[0, 3, 0] == 0
    assert data.y_train.tolist() == list(range(26))
    assert data.class_names is not None
    assert data.class_names[0] == "A"
    with pytest.raises(ValueError, match="no gzip/emnist-digits-train"):
        emnist.load_data("digits")
    with pytest.raises(ValueError, match="Did you mean 'letters'"):
        emnist.load_data("letter")


@pytest.mark.long
def test_a_hundred_kills_leave_no_bad_file(mirror: Mirror, home: Path) -> None:
    """Processes killed while they fetch leave nothing that a later one would take for the file."""
    mirror.files["a.bin"] = CONTENT
    mirror.pause = 0.002
    wanted = remote(mirror.url)
    code = (
        "import sys; from chainrule.datasets import downloads as d; d.PIECE = 1000; print('begun', flush=True);"
        f"d.fetch(d.Remote{(wanted.folder, wanted.name, wanted.size, wanted.sha256, wanted.mirrors)!r})"
    )
    rng = np.random.default_rng(0)
    for _ in range(100):
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdout is not None
        process.stdout.readline()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(rng.uniform(0.0, 0.15))
        process.kill()
        process.communicate()
        if (home / "a.bin").exists():
            assert (home / "a.bin").read_bytes() == CONTENT
            (home / "a.bin").unlink()
    assert fetch(wanted, **Quiet).read_bytes() == CONTENT
    assert sum(asked is not None for _, asked in mirror.asked) > 20  # many were continued
