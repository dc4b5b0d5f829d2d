"""`chainrule export`: what it prints, and what it refuses."""

import json
import os

import pytest

from chainrule import pretrained
from chainrule.cli import main

MODEL = str(pretrained.digits())


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_people_are_told_what_was_kept_and_how_it_was_verified(capsys) -> None:
    """The format is taken from the file's ending."""
    assert main(["export", MODEL, "--out", "digits.py"]) == 0
    said = capsys.readouterr().out
    assert "written as digits.py, " in said
    assert "Kept: weights, labels" in said
    assert "Verified (run in Python, 1,000 test digits): the outputs differ by at most" in said


def test_programs_get_the_report(capsys) -> None:
    """One object with stable keys."""
    assert main(["export", MODEL, "--to", "onnx", "--pixels", "--out", "digits.onnx", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["model", "path", "format", "bytes", "verified", "difference", "notes"]
    assert found["difference"] < 1e-6


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--to", "onxn", "--out", "a.onnx"], "Did you mean 'onnx'"),
        (["--to", "onnx"], "Where to? --out FILE"),
        (["--out", "a.tflite"], "ends in no format's name"),
        (["--to", "c", "--out", "a.onnx"], "its name must end in .h"),
        (["--pixels", "--out", "a.py"], "--pixels is for onnx; py does not take it"),
        (["--without-optimizer", "--out", "a.h"], "--without-optimizer is for keras and h5"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(capsys, words, sentence) -> None:
    """Exit code 2, nothing written."""
    assert main(["export", MODEL, *words]) == 2
    assert sentence in capsys.readouterr().err
    assert not os.listdir()


def test_a_file_that_is_there_is_kept(capsys) -> None:
    """Until --force."""
    open("a.py", "w").close()
    assert main(["export", MODEL, "--out", "a.py"]) == 2
    assert os.path.getsize("a.py") == 0
    assert main(["export", MODEL, "--out", "a.py", "--force", "--no-verify"]) == 0
    assert "Verified" not in capsys.readouterr().out
