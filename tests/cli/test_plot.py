"""`chainrule plot`: every picture of a run, of a step, of a model, into a file that is whole."""

import sys
from xml.etree import ElementTree as ET

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="MATPLOTLIB IS NOT INSTALLED: chainrule plot was not tested")

from chainrule.cli import choices, command_list, main, plot_drawings
from chainrule.cli.commands import plot
from chainrule.models import load_model

OF_BOTH = [name for name in choices.PICTURES if name not in (*plot.OF_RUNS, *plot.OF_NOTHING)]


@pytest.fixture(scope="module")
def recorded(folder, tmp_path_factory):
    """A folder with a run of 36 steps and its model; its snapshots are the first and the last."""
    root = tmp_path_factory.mktemp("recorded")
    words = [
        "train",
        folder / "bars.npz",
        "--layers",
        "8",
        "--epochs",
        "3",
        "--batch-size",
        "10",
        "--backend",
        "numpy",
        "--seed",
        "4",
    ]
    assert (
        main(
            [str(word) for word in [*words, "--runs-dir", root / "runs", "--out", root / "bars.keras", "-q"]]
        )
        == 0
    )
    return root


def words_in(path) -> str:
    """All words of an SVG."""
    return " ".join(
        "".join(node.itertext()).strip()
        for node in ET.parse(path).getroot().iter("{http://www.w3.org/2000/svg}text")
    )


SMALL = {name: ["--points", "5", "--examples", "50"] for name in plot.LANDSCAPES}


@pytest.mark.parametrize("what", [name for name in choices.PICTURES if name not in plot.OF_NOTHING])
def test_every_picture_of_a_run(what, type_, recorded, here) -> None:
    """Named by the run; the file is there and is whole."""
    said = type_(
        "plot",
        "last",
        "--runs-dir",
        recorded / "runs",
        "--what",
        what,
        "--out",
        "a.svg",
        *SMALL.get(what, []),
    )
    assert said.code == 0, said.err
    assert said.out == "Drawn to a.svg.\n"
    assert len(ET.parse(here / "a.svg").getroot()) > 0
    assert ("learned again" in said.err) == (what == "path")


@pytest.mark.parametrize("what", OF_BOTH)
def test_every_picture_of_a_model_file(what, type_, recorded, folder, here) -> None:
    """As PNG; the data are named beside the model where the file does not know where they are."""
    named = [] if what == "weights" else ["--data", folder / "bars.npz"]
    said = type_("plot", recorded / "bars.keras", "--what", what, *named, *SMALL.get(what, []))
    assert said.code == 0, said.err
    assert (here / f"{what}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("what", plot.OF_NOTHING)
def test_the_textbooks_pictures_need_nothing(what, type_, here) -> None:
    """No run, no model; the answer for programs names the file."""
    said = type_("plot", "--what", what, "--json")
    assert said.code == 0, said.err
    assert said.json["file"] == f"{what}.png"
    assert (here / f"{what}.png").exists()


def test_run_and_model_file_are_the_same_network(type_, recorded, folder, here) -> None:
    """The mistakes, and the confusion, of a run are those of the model it wrote."""
    for what in ("confusion", "mistakes", "digits"):
        type_("plot", "last", "--runs-dir", recorded / "runs", "--what", what, "--out", "run.svg")
        type_(
            "plot",
            recorded / "bars.keras",
            "--what",
            what,
            "--data",
            folder / "bars.npz",
            "--out",
            "model.svg",
        )
        assert words_in("run.svg") == words_in("model.svg")
        (here / "run.svg").unlink()
        (here / "model.svg").unlink()


def test_a_step_has_its_own_weights(type_, recorded, here, monkeypatch) -> None:
    """RUN@0 are the first weights, RUN@36 the last, RUN@7 are learned again."""
    from chainrule import plots

    seen = []
    monkeypatch.setattr(
        plots,
        "weights",
        lambda model, *rest: (seen.append(model.layers[1].kernel.copy()), plots.valleys(steps=1))[1],
    )
    for step in (0, 7, 36):
        assert type_("plot", f"last@{step}", "--runs-dir", recorded / "runs", "--what", "weights").code == 0
    assert type_("plot", "last", "--runs-dir", recorded / "runs", "--what", "weights").code == 0
    np.testing.assert_array_equal(seen[2], load_model(recorded / "bars.keras").layers[1].kernel)
    np.testing.assert_array_equal(seen[3], seen[2])
    assert not np.array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[1], seen[2])


def test_a_line_leads_from_one_network_to_another(type_, recorded, here, monkeypatch) -> None:
    """From a run's first weights to its last: with the losses of both."""
    from chainrule import plots

    seen = []
    monkeypatch.setattr(plots, "loss_line", lambda line: (seen.append(line), plots.valleys(steps=1))[1])
    words = ["--runs-dir", recorded / "runs", "--what", "line", "--points", "7"]
    assert type_("plot", "last@0", "last", *words).code == 0
    assert type_("plot", "last", recorded / "bars.keras", *words).code == 0
    first, second = (dict(zip(line.places.tolist(), line.losses, strict=True)) for line in seen)
    assert first[0.0] > 1.2 * first[1.0]
    assert first[1.0] == pytest.approx(second[0.0], rel=1e-5)
    assert second[0.0] == pytest.approx(second[1.0], rel=1e-5)
    assert "at most two networks" in type_("plot", "a", "b", "c", "--what", "line").err


def test_several_runs_share_their_curves(type_, recorded, here) -> None:
    """The figure that is asked for, of each run."""
    type_(
        "plot",
        "last",
        "last",
        "--runs-dir",
        recorded / "runs",
        "--what",
        "curves",
        "--figure",
        "accuracy",
        "--out",
        "a.svg",
    )
    name = next((recorded / "runs").iterdir()).name
    text = words_in("a.svg")
    assert text.count(f"{name}, validation") == 2
    assert "accuracy" in text


def test_a_file_that_is_there_is_kept(type_, here) -> None:
    """A name that is taken is refused before any work, unless --force; without a name the next free one is taken."""
    (here / "mine.png").write_text("mine")
    said = type_("plot", "--what", "valleys", "--out", "mine.png")
    assert (said.code, (here / "mine.png").read_text()) == (2, "mine")
    assert type_("plot", "--what", "valleys", "--out", "mine.png", "--force").code == 0
    assert (here / "mine.png").read_bytes().startswith(b"\x89PNG")
    for name in ("valleys.png", "valleys-2.png"):
        assert type_("plot", "--what", "valleys").out == f"Drawn to {name}.\n"


def test_a_run_alone_makes_a_sheet_of_what_fits(type_, recorded, here) -> None:
    """`chainrule plot RUN` draws what there is of the run on one sheet, and names the run."""
    result = type_("plot", "last", "--runs-dir", recorded / "runs", "--json")
    assert result.code == 0
    assert result.json["what"] == "sheet"
    assert (here / "sheet.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Of which run or model? chainrule plot last"),
        (["last", "--what", "curve"], "Did you mean 'curves'?"),
        (["--what", "weights"], "weights of what? chainrule plot RUN --what weights, or a model file."),
        (["--what", "sizes"], "sizes of what? chainrule plot RUN --what sizes."),
        (["last", "--what", "valleys"], "takes no run or model (it got 'last')"),
        (["last", "last", "--what", "sizes"], "a picture of one run or model; got 2"),
        (["a.keras", "--what", "sizes"], "a.keras is a model file, which does not say that"),
        (["last", "--what", "curves", "--out", "a.gif"], "must end in .png or .svg"),
        (["last", "--what", "curves", "--count", "3"], "--count is for digits, mistakes, weights"),
        (["last", "--what", "confusion", "--split-seed", "3"], "says how the data of a model file are read"),
        (["last@1..3", "--what", "weights"], "of one step"),
        (["lst", "--what", "sizes"], "lst"),
    ],
)
def test_what_makes_no_picture_is_refused(words, said, type_, recorded, here) -> None:
    """One sentence, and no file."""
    result = type_("plot", *words, "--runs-dir", recorded / "runs")
    assert result.code in (1, 2)
    assert said in result.err
    assert not list(here.iterdir())


def test_without_classes_nothing_is_confused(type_, models, folder, here) -> None:
    """A network that answers with numbers, or that takes rows of a table, says so."""
    result = type_("plot", models / "houses.keras", "--what", "confusion", "--data", folder / "houses.csv")
    assert "answers with numbers" in result.err
    result = type_("plot", models / "pets.keras", "--what", "mistakes", "--data", folder / "pets.csv")
    assert "are no pictures" in result.err
    assert (
        type_("plot", models / "pets.keras", "--what", "confusion", "--data", folder / "pets.csv").code == 0
    )
    assert (
        type_(
            "plot",
            models / "houses.keras",
            "--what",
            "line",
            "--data",
            folder / "houses.csv",
            "--points",
            "3",
        ).code
        == 0
    )


def test_without_matplotlib_it_says_what_to_install(type_, here, monkeypatch) -> None:
    """Before anything is computed."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    said = type_("plot", "--what", "valleys")
    assert said.code == 1
    assert 'pip install "chainrule[plot]"' in said.err


def test_the_names_are_those_that_are_drawn() -> None:
    """The list that help and completion know is the one of the functions, and every option is of some picture."""
    assert set(choices.PICTURES) == set(plot_drawings.DRAW)
    assert set().union(*plot.TAKES.values()) <= set(choices.PICTURES)
    from chainrule.plots import learning

    assert set(choices.SIZES) == set(learning.SIZES)
    assert "plot" in command_list.COMMANDS
