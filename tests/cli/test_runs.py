"""`chainrule train --resume/--fork`, `runs`, `explain`, `check`: what was recorded, and any step of it again."""

import json
import shutil

import numpy as np
import pytest

from chainrule.cli import main
from chainrule.models import load_model
from chainrule.runs import Run

SMALL = ("--layers", "8", "--epochs", "3", "--batch-size", "10", "--backend", "numpy", "--seed", "4")


@pytest.fixture(scope="module")
def first(folder, tmp_path_factory):
    """A folder with one run of 36 steps and its model."""
    root = tmp_path_factory.mktemp("recorded")
    words = [
        "train",
        str(folder / "bars.npz"),
        *SMALL,
        "--runs-dir",
        str(root / "runs"),
        "--out",
        str(root / "bars.keras"),
        "-q",
    ]
    assert main(words) == 0
    return root


@pytest.fixture
def recorded(first, here, monkeypatch):
    """The same in the current folder, for one test; the run's name."""
    shutil.copytree(first, here, dirs_exist_ok=True)
    monkeypatch.delenv("CHAINRULE_RUNS")
    return next((here / "runs").iterdir()).name


def weights(name) -> bytes:
    return b"".join(w.tobytes() for w in load_model(name).get_weights())


def test_training_leaves_a_run_and_says_where(type_, folder, here, monkeypatch) -> None:
    """Under runs/, or where --runs-dir or CHAINRULE_RUNS say; how to open a step stands below."""
    monkeypatch.delenv("CHAINRULE_RUNS")
    said = type_("train", folder / "bars.npz", *SMALL)
    (run,) = (here / "runs").iterdir()
    assert f"ecorded in runs/{run.name}." in said.out
    assert "chainrule explain last@18" in said.out
    assert type_("explain", f"runs/{run.name}@18").code == 0
    assert (
        type_("train", folder / "bars.npz", *SMALL, "--runs-dir", "mine", "--json")
        .json["recorded"]
        .startswith("mine/")
    )
    monkeypatch.setenv("CHAINRULE_RUNS", "theirs")
    assert type_("train", folder / "bars.npz", *SMALL, "--json").json["recorded"].startswith("theirs/")


def test_no_record_leaves_none(type_, folder, here, monkeypatch) -> None:
    """--no-record: no folder, and the same weights."""
    monkeypatch.delenv("CHAINRULE_RUNS")
    said = type_("train", folder / "bars.npz", *SMALL, "--no-record", "--json")
    assert said.json["recorded"] is None
    assert not (here / "runs").exists()
    type_("train", folder / "bars.npz", *SMALL, "--out", "recorded.keras")
    assert weights("bars.keras") == weights("recorded.keras")


def test_the_runs_are_listed_newest_first(type_, recorded) -> None:
    """A line for each: name, network, accuracy, time, status, parent; filters; --json has more."""
    type_("train", "--fork", f"{recorded}@20", "--learning-rate", 0.1, "-q", "--out", "fork.keras")
    said = type_("runs")
    lines = said.out.splitlines()
    assert lines[0].split() == ["run", "network", "accuracy", "time", "status", "parent"]
    assert [line.split()[0].endswith("-fork") for line in lines[1:]] == [True, False]
    assert lines[1].endswith(f"{recorded}@20")
    assert "8-3" in lines[2]
    assert "finished" in lines[2]
    found = type_("runs", "--json").json["runs"]
    assert found[0]["parent"]["step"] == 20
    assert found[1]["seed"] == 4
    assert len(type_("runs", "--parent", recorded, "--json").json["runs"]) == 1
    for words, count in ((("--data", "bars"), 2), (("--data", "mnist"), 0), (("--status", "failed"), 0), (("fork",), 1),
                         (("--limit", "1"), 1), (("--since", "2999-01-01"), 0), (("--recipe", "fast"), 2)):  # fmt: skip
        assert len(type_("runs", *words, "--json").json["runs"]) == count
    assert "No run in runs fits." in type_("runs", "--data", "mnist").out
    assert "There is no run in nowhere yet" in type_("runs", "--runs-dir", "nowhere").out
    assert "and 1 more" in type_("runs", "--limit", "1").out


def test_a_damaged_run_does_not_hide_the_others(type_, recorded, here) -> None:
    """A folder whose run.json is nonsense is a warning; the table stays."""
    (here / "runs" / "broken").mkdir()
    (here / "runs" / "broken" / "run.json").write_text("{")
    said = type_("runs")
    assert said.code == 0
    assert "broken" in said.err
    assert recorded in said.out


def test_show_says_all_about_a_run(type_, recorded) -> None:
    """How it was made, the machine, each epoch; --verify reads every byte and notices one that is wrong."""
    said = type_("runs", "show", "last", "--verify")
    for word in (recorded, "finished", "8-3 on bars, recipe fast, 3 epochs, batch 10, seed 4, numpy", "steps 0 to 36", "val_accuracy",
                 "Every byte is as it was recorded."):  # fmt: skip
        assert word in said.out
    found = type_("runs", "show", recorded, "--json").json
    assert found["steps"] == [0, 36]
    assert [epoch["epoch"] for epoch in found["history"]] == [1, 2, 3]
    assert found["settings"]["recipe"]["hidden"] == [8]
    snapshot = Run(f"runs/{recorded}").path / "snapshots" / "0000000036.safetensors"
    data = bytearray(snapshot.read_bytes())
    data[-1] ^= 1
    snapshot.write_bytes(data)
    said = type_("runs", "show", "last", "--verify")
    assert said.code == 1
    assert "SHA-256 differs" in said.err


def test_break_finds_the_first_step(type_, recorded) -> None:
    """--break: step, epoch and figures, and what to type to open it; nowhere is exit code 1; nonsense is pointed at."""
    losses = np.asarray(Run(f"runs/{recorded}").steps["loss"])
    limit = float(np.sort(losses)[-3])
    said = type_("runs", "show", "last", "--break", f"loss > {limit} after epoch 1", "--json")
    step = (
        int(np.flatnonzero((losses > limit) & (np.arange(36) >= 12))[0])
        if (losses[12:] > limit).any()
        else None
    )
    assert said.json["step"] == step
    first = int(np.flatnonzero(losses > limit)[0])
    said = type_("runs", "show", "last", "--break", f"loss > {limit}")
    assert f"first at step {first}, in epoch 1" in said.out
    assert f"chainrule explain runs/{recorded}@{first}" in said.out
    assert type_("runs", "show", "last", "--break", "loss > 1e9").code == 1
    said = type_("runs", "show", "last", "--break", "los > 2")
    assert said.code == 2
    assert "did you mean 'loss'" in said.err


def test_two_runs_are_compared(type_, recorded) -> None:
    """Differences of the settings first, then curves and ends, then the step at which they part."""
    type_("train", "--fork", f"{recorded}@20", "--learning-rate", 0.1, "-q", "--out", "fork.keras")
    said = type_("runs", "compare", recorded, "last")
    assert "recipe.learning_rate: 0.0013 / 0.1" in said.out
    assert said.out.index("set differently") < said.out.index("epoch") < said.out.index("final")
    assert "They part at step 20" in said.out
    found = type_("runs", "compare", recorded, "last", "--json").json
    assert found["parted"] == 20
    assert found["common"] == [20, 36]
    assert "the same to the last bit" in type_("runs", "compare", "last", "last").out


def test_a_run_is_removed_only_when_that_is_said(type_, recorded, here, monkeypatch) -> None:
    """Nobody to ask: it stays. --yes: it goes, and a file that is not from recording stays."""
    monkeypatch.setattr("sys.stdin", open("/dev/null"))  # noqa: SIM115 - closed with the process
    said = type_("runs", "rm", "last")
    assert said.code == 2
    assert "--yes says so" in said.err
    assert type_("runs", "show", recorded).code == 0
    (here / "runs" / recorded / "notes.txt").write_text("mine")
    said = type_("runs", "rm", recorded, "--yes")
    assert f"{recorded} is removed." in said.out
    assert "notes.txt" in said.err
    assert [p.name for p in (here / "runs" / recorded).iterdir()] == ["notes.txt"]
    assert type_("runs", "rm", recorded, "--yes").code == 1


def test_it_asks_on_a_terminal(type_, recorded, here, monkeypatch) -> None:
    """Anything but yes keeps the run."""
    from chainrule.cli.commands import runs_rm

    for answer, there in (("\n", True), ("no\n", True), ("y\n", False)):
        (here / "answer").write_text(answer)
        monkeypatch.setattr(runs_rm, "is_terminal", lambda stream: True)
        monkeypatch.setattr("sys.stdin", open(here / "answer"))  # noqa: SIM115
        type_("runs", "rm", recorded)
        assert (here / "runs" / recorded / "run.json").exists() == there


def test_a_fork_with_nothing_changed_writes_the_same_model(type_, recorded) -> None:
    """`train --fork RUN@STEP` alone: the weights of the parent, to the last bit."""
    said = type_("train", "--fork", f"{recorded}@17", "--out", "again.keras", "--json")
    assert said.code == 0
    assert weights("again.keras") == weights("bars.keras")
    assert said.json["run"]["steps"] == 36
    assert said.json["run"]["epochs"] == 3


def test_a_finished_run_writes_its_model_again(type_, recorded, folder) -> None:
    """`train --resume` of a run that ended: nothing is learned, the model is there again."""
    said = type_("train", "--resume", recorded, "--out", "again.keras")
    assert said.code == 0
    assert "nothing is left to learn" in said.err
    assert weights("again.keras") == weights("bars.keras")


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (("--resume", "RUN", "--learning-rate", "0.5"), 2, "recipe.learning_rate: 0.0013 / 0.5"),
        (("--resume", "RUN", "--seed", "5"), 2, "recipe.seed: 4 / 5"),
        (("--resume", "RUN", "--layers", "9"), 2, "recipe.hidden[0]: 8 / 9"),
        (("--resume", "RUN", "--test", "0.3"), 2, "data.digest: "),
        (("--resume", "nothing"), 1, "There is no run 'nothing'"),
        (("--resume", "RUN", "--fork", "RUN@3"), 2, "choose one of them"),
        (("--resume", "RUN", "--no-record"), 2, "--no-record is for fresh trainings"),
        (("--fork", "RUN"), 2, "At which step?"),
        (("--fork", "RUN@x"), 2, "Which step?"),
        (("--fork", "RUN@99"), 2, "there is no step 99"),
        (("--fork", "RUN@3", "--layers", "4"), 2, "--layers cannot be changed in a fork"),
        (("--fork", "RUN@3", "--test", "0.5"), 2, "A fork learns from the same data"),
        (("--fork", "RUN@36"), 2, "needs more epochs"),
    ],
)
def test_what_can_not_be_gone_on_with_is_refused(type_, recorded, here, words, code, hint) -> None:
    """One sentence with the difference, before any work, and nothing is written."""
    before = sorted(path.name for path in here.rglob("*"))
    said = type_("train", *(word.replace("RUN", recorded) for word in words))
    assert said.code == code
    assert hint in said.err
    assert "Traceback" not in said.err
    assert sorted(path.name for path in here.rglob("*")) == before


def test_explain_opens_a_step_of_a_run(type_, recorded) -> None:
    """The whole step, a weight, a bias, a unit, a layer, an example; agreement with training is printed once."""
    for words, title in (
        ((), "Step 20"), (("--layer", "dense_1", "--weight", "2,1"), "dense_1.kernel[2, 1] in step 20"),
        (("--layer", "dense_1", "--bias", "1"), "dense_1.bias[1] in step 20"), (("--layer", "dense", "--neuron", "3"), "Unit 3 of dense"),
        (("--layer", "dense"), "dense"), (("--example", "4"), "Example 4"),
    ):  # fmt: skip
        said = type_("explain", f"{recorded}@20", *words)
        assert said.code == 0
        assert title in said.out.splitlines()[0]
        assert " ".join(said.out.split()).count("gives the same bits as training did") == 1
        found = type_("explain", f"{recorded}@20", *words, "--json").json
        assert found["agreement"]["same_bits"]


def test_explain_checks_the_derivative(type_, recorded) -> None:
    """--check: for one weight, or for all of them."""
    said = type_("explain", f"{recorded}@20", "--layer", "dense_1", "--weight", "2,1", "--check")
    assert "They agree: relative error" in " ".join(said.out.split())
    found = type_("explain", f"{recorded}@20", "--check", "--json").json
    assert found["check"]["ok"]
    assert len(found["check"]["rows"]) > 6


def test_explain_answers_questions_about_some_steps(type_, recorded) -> None:
    """RUN@A..B: which examples moved a weight or an answer, when a unit died, which step raised the loss most."""
    said = type_("explain", f"{recorded}@5..9", "--layer", "dense_1", "--weight", "2,1")
    assert "Which examples moved dense_1.kernel[2, 1]" in said.out
    assert "in 5 steps" in said.out
    assert "Unit 3 of dense" in type_("explain", f"{recorded}@5..9", "--layer", "dense", "--neuron", "3").out
    found = type_("explain", f"{recorded}@5..9", "--json").json
    assert 5 <= found["step"] <= 9
    for option in ("--example", "--test-example"):
        said = type_("explain", f"{recorded}@5..9", option, "3")
        assert "the loss of the example went from" in said.out
        assert "in 5 steps" in said.out


def test_a_run_of_another_machine_is_explained_with_a_note(type_, recorded, tmp_path) -> None:
    """Losses that differ by rounding are a warning with a number; by more, a refusal that --tolerance lifts."""
    shutil.copytree(type_("runs", "show", recorded, "--json").json["folder"], tmp_path / "elsewhere")
    info = tmp_path / "elsewhere" / "run.json"
    info.write_text(info.read_text().replace('"backend": "numpy"', '"backend": "jax"'))
    words = ("explain", f"{tmp_path / 'elsewhere'}@20", "--tolerance")
    said = type_(*words, "0.5")
    assert said.code == 0
    assert "Replayed and recorded losses differ by at most" in said.err
    said = type_(*words, "0")
    assert said.code == 2
    assert "more than the tolerance of 0.00%" in said.err
    assert "expected a number such as 0.01" in type_(*words, "x").err


def test_explain_opens_the_next_step_of_a_model(type_, recorded, folder) -> None:
    """A model file, and the data it learned from."""
    said = type_("explain", "bars.keras", "--data", folder / "bars.npz")
    assert "Step 36" in said.out
    assert "10 examples" in said.out
    said = type_("explain", "bars.keras")
    assert said.code == 2
    assert "On which data? The model learned from 'bars'." in said.err


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("RUN@20", "--weight", "1,1"), "--weight needs --layer NAME"),
        (("RUN@20", "--layer", "dens", "--weight", "1,1"), "Did you mean 'dense'?"),
        (("RUN@20", "--layer", "dense", "--weight", "999,0"), "has shape (784, 8)"),
        (("RUN@20", "--layer", "dense", "--weight", "a"), "expected places such as 12,3"),
        (("RUN@20", "--layer", "dense", "--weight", "1,1", "--neuron", "1"), "ask one at a time"),
        (("RUN@36",), "there is no step 36"),
        (("RUN@3..99",), "there is no step"),
        (("RUN@3..5", "--check"), "is about one step"),
        (("RUN@3..5", "--example", "999"), "there is no example 999"),
        (
            ("RUN@3..5", "--example", "1", "--layer", "dense", "--neuron", "1"),
            "ask about one of them at a time",
        ),
        (("RUN@3", "--test-example", "1"), "--test-example is about some steps"),
        (("last@first",), "Which step?"),
    ],
)
def test_what_can_not_be_explained_is_said(type_, recorded, words, hint) -> None:
    """Mistyped layers, places and steps get a sentence."""
    said = type_("explain", *(word.replace("RUN", recorded) for word in words))
    assert said.code == 2
    assert hint in said.err
    assert "Traceback" not in said.err


def test_check_measures_a_whole_model(type_, recorded, folder) -> None:
    """Every rule and every array of weights; exit code 0 when all agree; the worst is named."""
    said = type_("check", "bars.keras", folder / "bars.npz")
    assert said.code == 0
    assert "All derivatives agree." in said.out
    assert "dense_1.kernel" in said.out
    found = type_("check", "bars.keras", folder / "bars.npz", "--json").json
    assert found["ok"]
    assert all(row["error"] < 1e-6 for row in found["rows"])


def test_check_notices_a_rule_that_is_wrong(type_, recorded, folder, monkeypatch) -> None:
    """A backward rule that is off by one in a thousand: exit code 1, and the layer is named."""
    from chainrule.layers import Dense

    right = Dense.backward
    monkeypatch.setattr(Dense, "backward", lambda self, *rest: right(self, *rest) * 1.001)
    said = type_("check", "bars.keras", folder / "bars.npz")
    assert said.code == 1
    assert "wrong" in said.out


def test_a_run_in_the_terminal_is_ascii_where_it_must_be(type_, recorded, monkeypatch) -> None:
    """Where the terminal knows no Unicode, the step is told in plain letters."""
    from chainrule.cli import output

    monkeypatch.setattr(output, "writes_unicode", lambda stream: False)
    said = type_("explain", f"{recorded}@20", "--layer", "dense_1", "--weight", "2,1")
    assert said.out.isascii()
    assert json.loads(type_("runs", "--json").out)["runs"]


@pytest.mark.parametrize(
    ("results", "held", "shown"),
    [
        ({"val_accuracy": 0.975}, 40, "98 %"),
        ({"val_accuracy": 0.98412}, 10_000, "98.41 %"),
        ({"val_accuracy": 0.98412}, None, "98.41 %"),
        ({"val_mae": 227_812.0}, 84, "mae 227,800"),
    ],
)
def test_the_figure_of_a_run_has_the_digits_that_its_examples_support(results, held, shown) -> None:
    """Forty examples give no hundredths; amounts stand without exponents."""
    from chainrule.cli.commands.runs import reached

    assert reached(results, held) == shown
