"""`chainrule report`: one page about a run, into a file of its own."""

import sys

import pytest

pytest.importorskip("matplotlib", reason="MATPLOTLIB IS NOT INSTALLED: chainrule report was not tested")

from chainrule.cli import main


@pytest.fixture(scope="module")
def recorded(folder, tmp_path_factory):
    """A folder with one small run."""
    root = tmp_path_factory.mktemp("reported")
    words = [
        "train",
        str(folder / "pets.csv"),
        "--target",
        "pet",
        "--layers",
        "4",
        "--epochs",
        "2",
        "--backend",
        "numpy",
        "--seed",
        "1",
    ]
    assert main([*words, "--runs-dir", str(root / "runs"), "--out", str(root / "pets.keras"), "-q"]) == 0
    return root


def test_the_page_is_written_and_its_title_printed(type_, recorded, here) -> None:
    """Without --out it is report.html, then report-2.html; nothing that is there is written over."""
    said = type_("report", "last", "--runs-dir", recorded / "runs")
    assert said.code == 0
    title, last = said.out.splitlines()
    assert title.startswith("It learned nothing usable: ")  # two epochs are too few
    assert last.startswith("Written to report.html, ")
    page = (here / "report.html").read_text()
    assert f"<title>{title}</title>" in page
    result = type_("report", "last", "--runs-dir", recorded / "runs", "--json").json
    assert result["file"] == "report-2.html"
    assert result["bytes"] == (here / "report-2.html").stat().st_size
    assert result["title"] == title
    assert result["sections"][0] == "trained"
    assert result["left_out"] == []
    assert (here / "report.html").read_text() == page


def test_a_file_that_is_there_is_kept(type_, recorded, here) -> None:
    """Until --force says otherwise; another ending, a folder that is not there are refused before any work."""
    (here / "mine.html").write_text("mine")
    said = type_("report", "last", "--runs-dir", recorded / "runs", "--out", "mine.html")
    assert (said.code, (here / "mine.html").read_text()) == (2, "mine")
    assert "is there already and is kept" in said.err
    assert "must end in .html or .htm" in type_("report", "last", "--out", "mine.pdf").err
    assert "there is no folder" in type_("report", "last", "--out", "nowhere/mine.html").err
    assert type_("report", "last", "--runs-dir", recorded / "runs", "--out", "mine.html", "--force").code == 0
    assert (here / "mine.html").read_text().startswith("<!doctype html>")


def test_data_that_have_moved_can_be_named(type_, folder, recorded, here) -> None:
    """What is missing is said on stderr; --data says where the data are now."""
    run = next((recorded / "runs").iterdir())
    path = run / "run.json"
    before = path.read_text()
    try:
        path.write_text(before.replace(str(folder / "pets.csv"), "/gone/pets.csv"))
        said = type_("report", run, "--out", "a.html")
        assert said.code == 0
        assert "Left out: “What it confuses”" in said.err
        result = type_("report", run, "--data", folder / "pets.csv", "--out", "b.html", "--json").json
        assert "confusion" in result["sections"]
        assert "There is no data" in type_("report", run, "--data", "no.csv", "--out", "c.html").err
    finally:
        path.write_text(before)


def test_no_such_run_and_no_matplotlib(type_, recorded, here, monkeypatch) -> None:
    """The nearest name, and the line that installs it."""
    said = type_("report", "lost", "--runs-dir", recorded / "runs")
    assert said.code == 1
    assert "no run" in said.err
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    said = type_("report", "last", "--runs-dir", recorded / "runs")
    assert said.code != 0
    assert 'pip install "chainrule[plot]"' in said.err
    assert list(here.iterdir()) == []
