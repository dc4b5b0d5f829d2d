"""The end of `chainrule train`: twelve lines at 80 columns, what the doctor says, and the command that cures it."""

import math

import numpy as np
import pytest

from chainrule.cli.training_report import LINES

SMALL = ("--seed", "1", "--backend", "numpy")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """A folder with coins.csv (nothing to learn), steps.csv (easy, with holes and names), and price.csv (amounts of noise)."""
    root, rng = tmp_path_factory.mktemp("tables"), np.random.default_rng(8)
    coins = [f"{a:.3f},{'tails' if k % 4 else 'heads'}" for k, a in enumerate(rng.normal(size=120))]
    (root / "coins.csv").write_text("force,side\n" + "\n".join(coins) + "\n")
    steps = [
        f"Ms. {k},{a:.2f},{'' if k % 7 == 0 else k % 5},2024-{k % 12 + 1:02}-01,{'up' if a > 0 else 'down'}"
        for k, a in enumerate(rng.normal(size=150))
    ]
    (root / "steps.csv").write_text("name,slope,floor,when,way\n" + "\n".join(steps) + "\n")
    price = [f"{a:.3f},{b:.3f}" for a, b in rng.normal(size=(100, 2))]
    (root / "price.csv").write_text("size,price\n" + "\n".join(price) + "\n")
    return root


def lines_of(said) -> int:
    """How many lines of a terminal of 80 columns all of it takes."""
    return sum(max(1, math.ceil(len(line) / 80)) for line in (said.err + said.out).rstrip("\n").split("\n"))


@pytest.mark.parametrize("options", [(), ("--layers", "8", "--epochs", "40"), ("--no-record",)])
def test_a_training_that_went_well_says_at_most_twelve_lines(
    type_, tables, here, monkeypatch, options
) -> None:
    """Data, notes, choice, network, result, file and what to type next, at 80 columns, stdout and stderr together."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("chainrule.training.auto.choice.TIME", 0.1)  # the first two networks
    monkeypatch.setattr("chainrule.training.auto.TIME", 0.1)
    kept = () if "--no-record" in options else ("--runs-dir", "runs")
    said = type_("train", tables / "steps.csv", "--target", "way", *SMALL, *options, *kept)
    assert said.code == 0
    assert lines_of(said) <= LINES
    assert "left out: name" in said.err
    assert "holes filled: floor" in said.err
    assert "Next: chainrule predict steps.keras ROWS.csv" in said.out
    for command in ("report", "plot", "runs doctor"):
        assert (f"chainrule {command} last" in said.out) == ("--no-record" not in options)


@pytest.mark.parametrize(
    ("table", "target", "words"),
    [
        ("coins.csv", "side", "always answering 'tails'"),
        ("price.csv", "price", "always answering the median"),
    ],
)
def test_a_training_that_learned_nothing_is_not_praised(type_, tables, here, table, target, words) -> None:
    """The end says that always giving one answer is as good, after the model is saved, and what to look at."""
    said = type_("train", tables / table, "--target", target, "--layers", 4, "--epochs", 5, *SMALL)
    assert words in said.out.replace("\n", " ")
    assert "better than" in said.out
    assert "  try: chainrule train" in said.out
    assert said.out.index("try: ") < said.out.index("Saved as") < said.out.index("Next:")


def test_a_rate_that_is_too_high_comes_with_a_fork_at_a_lower_one(type_, tables, here) -> None:
    """The command that the doctor prints can be typed as it stands, and is what helps."""
    high = ("--layers", "16,16", "--learning-rate", "20", "--optimizer", "adam", "--epochs", "8")
    said = type_("train", tables / "steps.csv", "--target", "way", *high, *SMALL)
    line = next(line for line in said.out.splitlines() if line.startswith("  try: chainrule train --fork"))
    again = type_(*line.split()[2:], "--out", "cured.keras")
    assert again.code == 0
    assert "--learning-rate 2" in line


def test_two_shares_that_differ_are_not_shown_alike() -> None:
    """What is worse than one answer by half a percent says it with the digits that show it."""
    from chainrule.diagnosis.after_training import reached

    (finding,) = reached({"baseline": 0.965, "test_examples": 200, "accuracy": 0.96}, "no")
    assert "(96.0 % against 96.5 %)" in finding.says


def test_a_training_that_the_clock_ended_is_told_to_take_more_time(tmp_path) -> None:
    """It is for want of time, not of a rate; the command that is printed gives it more."""
    from types import SimpleNamespace

    from chainrule.cli.commands.train import out_of_time
    from chainrule.cli.cures import cure
    from chainrule.diagnosis import Finding
    from chainrule.training.recipes import Recipe

    job = SimpleNamespace(deadline=SimpleNamespace(ended_after=1), recipe=Recipe("auto", epochs=33), record=None,
                          source="photos", options={})  # fmt: skip
    useless = Finding("no better than one answer", "severe", "no better than always answering 'cat'", "")
    slow = Finding("rate too low", "severe", "The loss did not fall", "")
    found = out_of_time(job, [useless, slow])
    assert [one.name for one in found] == ["no better than one answer", "out of time"]
    assert "after 1 of 33 epochs" in found[1].says
    assert cure(found[1], job) == "chainrule train photos --time 5m"
    assert out_of_time(job, [slow]) == []
