"""Names of files, folders, classes and columns that hold a line end: no line of the output is theirs alone."""

import io
from contextlib import redirect_stderr, redirect_stdout

import numpy as np
import pytest

from chainrule.cli import main

FORGED = "run-1  finished  99.99 %"
EVIL = f"e\x1b[31mX\n{FORGED}\u202e\x85\u2028x"


def said(*words) -> str:
    """What a command prints, both streams together."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        main([str(word) for word in words])
    return out.getvalue()


def honest(text: str) -> bool:
    """Whether no line begins with the forged text, and nothing in it could move a cursor."""
    lines = text.splitlines()
    return not any(line.startswith(FORGED) for line in lines) and all(
        c.isprintable() or c in "\n\u00a0" for c in text
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two classes of pictures and a table, everything with such a name."""
    from PIL import Image

    root = tmp_path_factory.mktemp("forged")
    rng = np.random.default_rng(0)
    for name in (f"a{EVIL}", "b"):
        (root / f"pictures{EVIL}" / name).mkdir(parents=True)
        for k in range(12):
            pixels = rng.integers(0, 256, (6, 6)).astype("u1")
            Image.fromarray(pixels).save(root / f"pictures{EVIL}" / name / f"{k}{EVIL}.png")
    rows = "".join(f'{v:.3f},"{"yes" + EVIL if v > 0 else "no"}"\n' for v in rng.normal(size=60))
    (root / f"table{EVIL}.csv").write_text(f'"col{EVIL}",y\n{rows}', encoding="utf-8")
    return root


@pytest.mark.parametrize("data", [f"pictures{EVIL}", f"table{EVIL}.csv"])
def test_no_command_prints_a_line_of_a_name(folder, monkeypatch, data) -> None:
    """Data shown, checked, learned from; the run listed, shown and diagnosed; the model asked: every line is Chainrule's."""
    monkeypatch.chdir(folder)
    fit = ("--epochs", 1, "--backend", "numpy", "--runs-dir", "runs", "--ignore-data-checks")
    table = ("--target", "y") if data.endswith(".csv") else ()
    texts = [
        said("data", data, *table), said("data", "check", data, *table), said("train", data, *table, *fit, "--out", "m.keras", "--force"),
        said("runs", "--runs-dir", "runs"),
    ]  # fmt: skip
    run = max(path.name for path in (folder / "runs").glob("[!.]*"))
    texts += [said("runs", command, run, "--runs-dir", "runs") for command in ("show", "doctor")]
    new = folder / data if table else next((folder / data / f"a{EVIL}").iterdir())
    texts += [said("predict", "m.keras", new), said("summary", "m.keras")]
    assert all(len(text) > 20 for text in texts)
    assert [text for text in texts if not honest(text)] == []


def test_no_error_prints_a_line_of_a_name(folder, monkeypatch) -> None:
    """Files that are not there, columns that are not there, pictures that are none: also where the error lists them."""
    monkeypatch.chdir(folder)
    broken = folder / "broken"
    for name in ("a", "b", f"c{EVIL}"):
        (broken / name).mkdir(parents=True)
        (broken / name / f"0{EVIL}.png").write_bytes(b"no picture")
    texts = [
        said("data", f"none{EVIL}"), said("data", broken), said("train", f"table{EVIL}.csv", "--target", f"z{EVIL}"),
        said("train", "mnist", "--resume", f"x{EVIL}"), said("runs", "show", f"x{EVIL}", "--runs-dir", "runs"),
        said("predict", f"m{EVIL}.keras", "x.png"), said("train", "--bogus" + EVIL),
    ]  # fmt: skip
    assert [text for text in texts if not honest(text)] == []


def test_a_name_that_is_unknown_costs_little() -> None:
    """A name of 100,000 letters, thousands of known ones: the message is short and made at once."""
    from chainrule.errors import unknown

    told = str(unknown("column", "x" * 100_000, [f"column {k}" for k in range(5000)]))
    assert len(told) < 1500
    assert "and 4,940 more" in told
