"""What people send: pictures, forms, arrays, tables, and the page; answered as `chainrule predict` answers."""

import base64
import io
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def page(digits):
    """A picture of a page with 7, 2 and 1 on it."""
    large = [np.kron(digits[k], np.ones((3, 3), np.uint8)) for k in range(3)]
    return 255 - np.pad(np.concatenate(large, axis=1), 30)


def test_a_picture_gets_the_answer_that_predict_gives(ask, page, files, tmp_path) -> None:
    """The same text, probability, boxes and reasons as the command line's --json."""
    (tmp_path / "page.png").write_bytes(png(page))
    words = [
        sys.executable,
        "-m",
        "chainrule",
        "predict",
        files / "digits.keras",
        tmp_path / "page.png",
        "--json",
    ]
    expected = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    said = ask.post("/models/digits/predict", content=png(page), headers={"content-type": "image/png"}).json()
    assert said["model"] == "digits"
    assert said["answers"][0] == expected | {"file": "The picture"}
    assert said["answers"][0]["text"] == "721"


def test_a_form_may_hold_several_pictures(ask, page, digits) -> None:
    """One answer each, in their order, under the names of their files."""
    files = [("a", ("page.png", png(page))), ("a", ("seven.png", png(digits[0])))]
    said = ask.post("/models/digits/predict?top=2", files=files).json()["answers"]
    assert [(answer["file"], answer["text"]) for answer in said] == [("page.png", "721"), ("seven.png", "7")]
    assert len(said[1]["digits"][0]["top"]) == 2


def test_stages_show_how_a_picture_was_prepared(ask, page) -> None:
    """stages=1: the named stages as pictures, and what the network saw."""
    answer = ask.post(
        "/models/digits/predict?stages=1", content=png(page), headers={"content-type": "image/png"}
    ).json()["answers"][0]
    names = [stage["name"] for stage in answer["stage_pictures"]]
    assert {"grey", "mask", "digits"} <= set(names)
    seen = [Image.open(io.BytesIO(base64.b64decode(text))) for text in answer["seen_pictures"]]
    assert [image.size for image in seen] == [(28, 28)] * 3


def test_arrays_come_as_json(ask, small, reader, digits) -> None:
    """{"inputs": [...]} or a list; pixels and fractions."""
    x = [[0.1, 0.2, 0.3, 0.4], [1, 0, 0, 0]]
    said = ask.post("/models/small/predict", json={"inputs": x}).json()["answers"]
    best = small.predict_on_batch(np.array(x, "f4")).argmax(1)
    assert [answer["text"] for answer in said] == ["abc"[k] for k in best]
    assert ask.post("/models/small/predict", json=x).json()["answers"] == said
    said = ask.post("/models/digits/predict", json={"inputs": digits[:4].tolist()}).json()["answers"]
    assert [answer["text"] for answer in said] == ["7", "2", "1", "0"]


def test_a_picture_in_doubt_is_not_answered(ask) -> None:
    """A blank page: no text, and the reason."""
    answer = ask.post(
        "/models/digits/predict",
        content=png(np.full((90, 90), 255, np.uint8)),
        headers={"content-type": "image/png"},
    ).json()
    assert answer["answers"][0]["text"] is None
    assert "no ink" in answer["answers"][0]["refused"]


@pytest.mark.parametrize(
    ("path", "given", "status", "reason"),
    [
        (
            "/models/digits/predict",
            {"content": b"no picture", "headers": {"content-type": "image/png"}},
            422,
            "The picture",
        ),
        (
            "/models/digits/predict",
            {"content": b"", "headers": {"content-type": "image/png"}},
            400,
            "no picture in the request",
        ),
        (
            "/models/digits/predict",
            {"content": b"x", "headers": {"content-type": "text/html"}},
            415,
            "expected one of image/*",
        ),
        ("/models/digits/predict", {"json": {"inputs": [[1, 2], [3]]}}, 400, "examples of one shape"),
        (
            "/models/digits/predict",
            {"json": {"inputs": [[1, 2, 3]]}},
            422,
            "takes examples of shape (28, 28)",
        ),
        ("/models/digits/predict", {"json": {"input": 1}}, 400, "expected JSON such as"),
        ("/models/digits/predict?stage=1", {"json": {"inputs": [1]}}, 400, "There is no parameter 'stage'"),
        ("/models/digits/predict?top=x", {"json": {"inputs": [1]}}, 400, "top: expected a whole number"),
        (
            "/models/small/predict",
            {"files": {"a": ("a.png", png(np.zeros((9, 9), np.uint8)))}},
            422,
            "takes arrays, not pictures",
        ),
        (
            "/models/small/predict",
            {"content": b"a\n1", "headers": {"content-type": "text/csv"}},
            422,
            "takes arrays, not tables",
        ),
        ("/models/digits/predict", {"data": {"a": "text"}, "files": {}}, 415, "expected one of"),
        ("/models/digit/predict", {"json": [1]}, 404, "Did you mean 'digits'"),
        ("/predict", {"json": [1]}, 404, "several models; ask at /models/NAME/predict"),
    ],
)
def test_what_cannot_be_answered_gets_a_status_and_a_reason(ask, path, given, status, reason) -> None:
    """JSON with one sentence; the next good request is answered."""
    said = ask.post(path, **given)
    assert said.status_code == status
    assert reason in said.json()["error"]


def test_too_many_pictures_are_refused(ask, digits) -> None:
    """413."""
    files = [("a", (f"{k}.png", png(digits[k]))) for k in range(17)]
    said = ask.post("/models/digits/predict", files=files)
    assert said.status_code == 413
    assert "at most 16 pictures" in said.json()["error"]


def test_a_broken_form_is_refused(ask) -> None:
    """A boundary that never comes."""
    said = ask.post(
        "/models/digits/predict",
        content=b"--x\r\nbroken",
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    assert said.status_code == 400
    said = ask.post("/models/digits/predict", content=b"--x", headers={"content-type": "multipart/form-data"})
    assert said.status_code == 400


def test_the_page_loads_nothing_from_elsewhere(ask) -> None:
    """The names of the models are in it; a policy forbids other hosts."""
    said = ask.get("/")
    assert said.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in said.headers["content-security-policy"]
    assert '"name": "digits", "pictures": true' in said.text
    assert "://" not in said.text


def test_tables_are_read_as_the_model_learned_them(start, files, tmp_path, monkeypatch) -> None:
    """Rows of a CSV for a model of a table, and a model that stands alone answers at /predict."""
    monkeypatch.chdir(tmp_path)
    rows = "age,pet\n" + "".join(f"{age},{'cat' if age < 10 else 'dog'}\n" for age in list(range(20)) * 4)
    (tmp_path / "pets.csv").write_text(rows)
    words = [sys.executable, "-m", "chainrule", "train", "pets.csv", "--target", "pet", "--layers", "8", "--epochs", "40", "-q",
             "--batch-size", "8", "--learning-rate", "0.05", "--seed", "1", "--backend", "numpy", "--no-record", "--out", "pets.keras"]  # fmt: skip
    subprocess.run(words, check=True, capture_output=True)
    server = start("pets.keras")
    said = server.client.post(
        "/predict", content=b"age\n2\n18\n", headers={"content-type": "text/csv"}
    ).json()["answers"]
    assert [answer["text"] for answer in said] == ["cat", "dog"]
    said = server.client.post("/predict", content=b"years\n2\n", headers={"content-type": "text/csv"})
    assert said.status_code == 422
    assert "tmp" not in said.json()["error"]
