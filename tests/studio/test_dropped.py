"""Data of one's own, dropped into the page: tables, arrays, folders and archives are learned from; what cannot be read is refused."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chainrule.errors import DataError, SettingError
from chainrule.studio import dropped
from chainrule.studio.session import Session

RNG = np.random.default_rng(0)


def message(files, target=None) -> bytes:
    header = json.dumps(
        {"files": [[name, len(content)] for name, content in files], "target": target}
    ).encode()
    return len(header).to_bytes(4, "little") + header + b"".join(content for _, content in files)


def table(rows=60) -> bytes:
    lines = ["height,width,kind"]
    for k in range(rows):
        high, wide = RNG.normal(2 * (k % 3), 0.3), RNG.normal(k % 3, 0.3)
        lines.append(f"{high:.3f},{wide:.3f},{('ant', 'bee', 'cat')[k % 3]}")
    return "\n".join(lines).encode()


def picture(tone) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.clip(RNG.normal(tone, 20, (12, 12)), 0, 255).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def pictures(folder="") -> list[tuple[str, bytes]]:
    return [
        (f"{folder}{kind}/{k}.png", picture(tone))
        for kind, tone in (("dark", 60), ("light", 190))
        for k in range(12)
    ]


def arrays() -> bytes:
    file = io.BytesIO()
    x = RNG.normal(size=(50, 4)).astype(np.float32)
    np.savez(file, x=x, y=(x[:, 0] > 0).astype(np.int64))
    return file.getvalue()


def packed(files) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return file.getvalue()


def learned(home, content, steps=30):
    """A session that has learned some steps from what was dropped."""
    found = dropped.keep(content, str(home))
    session = Session.of_lesson({"data": found["data"], "units": [6], "activation": "relu"}, str(home))
    session.live().advance(steps)
    return found, session


@pytest.mark.parametrize(
    ("files", "shape"),
    [
        ([("flowers.csv", table())], [2]), ([("some.npz", arrays())], [4]), ([("tones.zip", packed(pictures()))], [12, 12]),
        ([("tones.zip", packed(pictures("tones/")))], [12, 12]), (pictures("tones/"), [12, 12]), ([("flowers.zip", packed([("flowers.csv", table())]))], [2]),
        ([("tones.zip", packed([*pictures(), ("__MACOSX/._x", b"junk")]))], [12, 12]),
    ],
    ids=["csv", "npz", "zip", "zip with its folder", "folder", "zip of a table", "zip made on a Mac"],
)  # fmt: skip
def test_what_is_dropped_is_learned_from(tmp_path, files, shape) -> None:
    """A table, arrays, a folder and archives become a session that learns, with every answer and its program."""
    found, session = learned(tmp_path, message(files))
    assert found["about"]["shape"] == shape
    told = session.describe()
    assert told["kind"] == ("rows" if len(shape) == 1 else "picture")
    assert f"datasets.load('{found['name']}')" in told["code"]
    losses = session.branch.losses
    assert losses[-10:].mean() < losses[:10].mean()
    header, shown = session.see("frame", {})
    _, data = session.see("data", {})
    assert len(shown["answers"]) == len(data["y"]) >= 5
    assert 0 <= header["held_out"] <= 1
    assert session.see("step", {"step": "20"})["n"] > 1


def test_a_table_with_two_columns_and_two_classes_is_a_plane(tmp_path) -> None:
    """Its decision surface is drawn, and reaches as far as its points."""
    lines = ["a,b,kind"] + [
        f"{RNG.normal(s, 1):.3f},{RNG.normal(s, 1):.3f},{'in' if s else 'out'}" for s in [0, 3] * 60
    ]
    _, session = learned(tmp_path, message([("two.csv", "\n".join(lines).encode())]))
    header, data = session.see("data", {})
    assert header["kind"] == "plane"
    assert (np.abs(data["x"]) <= header["reach"]).mean() > 0.98
    _, frame = session.see("frame", {})
    assert frame["map:dense"].shape == (6, header["grid"] ** 2)


def test_amounts_are_answered_as_amounts(tmp_path) -> None:
    """A column of numbers is a regression: its answers and targets keep their fractions, its score is a mean error."""
    lines = ["size,age,price"] + [
        f"{a:.3f},{b:.3f},{100 * a - 7 * b + 0.5:.3f}" for a, b in RNG.normal(size=(80, 2))
    ]
    found, session = learned(tmp_path, message([("flats.csv", "\n".join(lines).encode())], "price"), 200)
    assert found["about"]["task"] == "regression"
    assert found["about"]["target"] == "price"
    header, data = session.see("data", {})
    assert header["columns"] == ["size", "age"]
    assert not np.allclose(data["y"], np.round(data["y"]))
    assert "mean_squared_error" in session.describe()["code"]
    assert '"mae"' in session.describe()["code"]


def test_the_column_to_learn_can_be_chosen(tmp_path) -> None:
    """Where it is not plain which column is meant, the sentence names the field; a name decides it."""
    lines = ["a,b,c"] + [f"{a:.2f},{b:.2f},{c:.2f}" for a, b, c in RNG.normal(size=(40, 3))]
    content = [("three.csv", "\n".join(lines).encode())]
    with pytest.raises(DataError, match="Name it in the field “Column to learn”"):
        dropped.keep(message(content), str(tmp_path))
    assert dropped.keep(message(content, "b"), str(tmp_path))["about"]["target"] == "b"
    with pytest.raises(DataError, match="column"):
        dropped.keep(message(content, "d"), str(tmp_path))


def locked() -> bytes:
    content = bytearray(packed([("a.csv", table())]))
    content[6] |= 1  # the flag of a password
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def lying() -> bytes:
    """A zip that says it holds one small file and holds what is damaged."""
    content = bytearray(packed([("a.csv", table())]))
    content[60:90] = b"\xff" * 30
    return bytes(content)


REFUSED = [
    ([("run.py", b"import os")], "not data to learn from"), ([("photo.png", picture(60))], "not data to learn from"), ([("a.csv", b"")], "a.csv"),
    ([("a.csv", b"\0\1\2\3")], "a.csv"), ([("a.npz", b"PK not really")], "a.npz"), ([("a.zip", b"no archive")], "cannot be unpacked"), ([("a.zip", packed([]))], "is empty"),
    ([("a.zip", locked())], "a.zip"), ([("a.zip", lying())], "a.zip"), ([("a.zip", packed([("../../x.csv", table())]))], "is no name for a file"),
    ([("../x.csv", table())], "is no name for a file"), ([("/etc/x.csv", table())], "is no name for a file"), ([("a\\b.csv", table())], "is no name for a file"),
    ([("C:x.csv", table())], "is no name for a file"), ([("a\0.csv", table())], "is no name for a file"), ([("x" * 500 + ".csv", table())], "is no name for a file"),
    ([("cats/only/1.png", picture(9)), ("cats/only/2.png", b"none")], "png"), ([("a.csv", table()), ("a.csv", table())], "came twice"), ([], "files at once"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "words"), REFUSED, ids=[f"{f[0][0][:12]!r} {w[:9]}" if f else w for f, w in REFUSED]
)
def test_what_cannot_be_learned_from_is_refused_in_a_sentence(tmp_path, files, words) -> None:
    """No file, name or archive gets further than its sentence, which names the file and not where it is kept; nothing of it stays."""
    home = tmp_path / "home"
    home.mkdir()
    with pytest.raises(DataError) as refused:
        dropped.keep(message(files), str(home))
    assert words in str(refused.value)
    assert str(tmp_path) not in str(refused.value)
    assert list(tmp_path.rglob("*")) == [home]


@pytest.mark.parametrize("cut", [0, 3, 4, 10, -1])
def test_half_a_message_is_refused(tmp_path, cut) -> None:
    """What did not arrive whole, or is no such message, is said."""
    with pytest.raises(DataError, match=r"whole|holds no files"):
        dropped.keep(message([("a.csv", table())])[:cut], str(tmp_path))


@pytest.mark.parametrize(
    "header",
    [
        b"[]",
        b"{}",
        b'{"files": 3}',
        b'{"files": [["a.csv", -5]]}',
        b'{"files": [["a.csv", "x"]]}',
        b'{"files": [[]]}',
        b"\xff\xfe",
    ],
)
def test_a_wrong_header_is_refused(tmp_path, header) -> None:
    """A header that is not what the page sends is told, never raised raw."""
    with pytest.raises(DataError):
        dropped.keep(len(header).to_bytes(4, "little") + header, str(tmp_path))


def test_an_archive_that_would_grow_too_large_is_not_unpacked(tmp_path, monkeypatch) -> None:
    """The sizes in its list are added before a byte is unpacked."""
    monkeypatch.setattr(dropped, "MOST_UNPACKED", 100_000)
    bomb = packed([("a/x.png", bytes(90_000)), ("b/x.png", bytes(90_000))])
    assert len(bomb) < 2000
    with pytest.raises(DataError, match=r"^a\.zip holds 2 files of 0 MB; at most"):
        dropped.keep(message([("a.zip", bomb)]), str(tmp_path))


@pytest.mark.parametrize(
    "label",
    [
        "dropped/none/x.csv",
        "dropped/../x.csv",
        "dropped/a/..",
        "dropped/",
        "dropped/a/b/c.csv",
        "dropped/a/../../../etc/passwd",
    ],
)
def test_data_that_are_no_more_are_said(tmp_path, label) -> None:
    """A link to dropped data in another studio, and a name that leads elsewhere: one sentence."""
    for home in (str(tmp_path), ""):
        with pytest.raises(SettingError, match="drop it in once more"):
            Session.of_lesson({"data": label}, home)


def test_only_the_newest_are_kept(tmp_path) -> None:
    """However often somebody drops data, the folder stays small."""
    content = message([("flowers.csv", table())])
    labels = [dropped.keep(content, str(tmp_path))["data"] for _ in range(dropped.MOST_KEPT + 3)]
    assert len(list(tmp_path.iterdir())) == dropped.MOST_KEPT
    assert len(dropped.load(labels[-1], str(tmp_path)).x_train) == 48


def test_the_server_takes_data_and_leaves_nothing(studio, runs_dir) -> None:
    """Through the server: a table is learned from, a wrong one refused, and the folder is gone with the server."""
    from studio_client import running

    with running("--runs-dir", str(runs_dir)) as own:
        status, told = own.ask("POST", "/api/data", body=message([("flowers.csv", table())]))
        assert status == 200, told
        session = own.begin(data=told["data"], units=[4])
        status, result = own.ask("GET", f"/api/sessions/{session}/see/session")
        assert result["data"]["classes"] == ["ant", "bee", "cat"]
        status, refused = own.ask("POST", "/api/data", body=message([("a.exe", b"MZ")]))
        assert status == 400
        assert "not data to learn from" in refused["error"]["message"]
        folders = [
            p
            for p in Path("/tmp").glob("chainrule-studio-*")
            if told["data"].split("/")[1] in {c.name for c in p.iterdir()}
        ]
        assert len(folders) <= 1  # elsewhere than in /tmp on some machines
    assert not any(folder.exists() for folder in folders)


def test_a_table_is_dropped_into_the_page(page, studio) -> None:
    """Chosen in Learn: what it is, its answers as a table, its first weights; a step of it opens; a wrong file is refused beside it."""
    page.goto(studio.link)
    page.wait_for_selector("#figure-step")
    page.set_input_files("#own-file", {"name": "flowers.csv", "mimeType": "text/csv", "buffer": table()})
    page.wait_for_selector(
        ".dropped-told:has-text('flowers.csv: 48 examples to learn from, 12 held out; 3 classes, the column kind')"
    )
    page.click("#one-step")
    page.wait_for_selector("#figure-step:text-is('1')")
    page.wait_for_selector(".result tbody tr >> nth=11")
    page.locator(".looks .heat").click()
    page.wait_for_selector(".account-title:has-text('dense.kernel')")
    page.go_back()
    page.set_input_files("#own-file", {"name": "a.csv", "mimeType": "text/csv", "buffer": b"only one line"})
    page.wait_for_selector(".dropped .problem:has-text('a.csv')")
    page.said.clear()  # a browser notes every 400 in its console


def test_a_table_dropped_with_the_hand_is_taken(page, studio) -> None:
    """A drop anywhere in Learn does what choosing the file does."""
    page.goto(studio.link)
    page.wait_for_selector("#figure-step")
    page.evaluate(
        """(text) => {
            const data = new DataTransfer();
            data.items.add(new File([text], "flowers.csv", {type: "text/csv"}));
            document.querySelector(".learn").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
        }""",
        table().decode(),
    )
    page.wait_for_selector(".dropped-told:has-text('flowers.csv: 48 examples')")
