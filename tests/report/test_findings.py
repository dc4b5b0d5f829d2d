"""Titles follow the finding: what a table's answers rest on is only said when a permutation test says so, in plain numbers."""

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="MATPLOTLIB IS NOT INSTALLED: reports were not tested")

from chainrule import arrays, datasets, report
from chainrule.recording import resume
from chainrule.report.columns import effects, title
from chainrule.report.material import Material
from chainrule.runs import Run
from chainrule.training.recipes import recipe


def run_on(folder, rule: str, epochs: int = 25, **changes) -> Run:
    """A run on a table of 400 rows: the answer follows columns a and b as the rule says; c, d and a word do not matter."""
    rng = np.random.default_rng(7)
    a, b, c, d = rng.normal(size=(4, 400))
    words = rng.choice(["red", "green", "blue"], 400)
    answer = {"a": a > 0, "a and b": a + b > 0, "nothing": rng.random(400) > 0.5}[rule]
    rows = [
        f"{a[k]:.3f},{b[k]:.3f},{c[k]:.3f},{'' if k % 9 == 0 else f'{d[k]:.3f}'},{words[k]},{'yes' if answer[k] else 'no'}"
        for k in range(400)
    ]
    table = folder / "table.csv"
    table.write_text("\n".join(["a,b,c,d,word,answer", *rows]) + "\n")
    data = datasets.load(str(table), target="answer")
    arrays.set_seed(1)
    plan = recipe("fast", len(data.x_train), hidden=(8,), epochs=epochs, **changes)
    job = resume.new(
        data, plan, str(table), {"target": "answer"}, 1, backend="numpy", runs_dir=folder / "runs"
    )
    job.learn(0)
    return Run(job.record.folder)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("a", "It listens most to a"),
        ("a and b", "It listens to a and b"),
        ("nothing", "No single column matters more than chance would have it"),
    ],
)
def test_a_column_is_named_only_where_chance_does_not_explain_it(tmp_path, rule, said) -> None:
    """One column that decides is named, two of one weight are not ranked, and labels that follow nothing name none."""
    of = Material(run_on(tmp_path, rule))
    found = sorted(effects(of), key=lambda effect: -effect.worse)
    assert title(found).replace("b and a", "a and b") == said
    assert sorted(effect.name for effect in found) == [
        "a",
        "b",
        "c",
        "d",
        "word",
    ]  # with their flags and words


def test_a_page_of_labels_that_mean_nothing_says_so_at_its_top(tmp_path) -> None:
    """The title is the finding: no better than, or hardly better than, always answering the same."""
    made = report.page(run_on(tmp_path, "nothing"))
    assert made.title.startswith(("It learned nothing usable", "It is hardly better than chance"))


def test_the_floor_of_label_smoothing_is_explained_where_the_loss_is_shown(tmp_path) -> None:
    """Two classes and a smoothing of 0.1: the loss cannot fall below 0.2, and the page says why."""
    made = report.page(run_on(tmp_path, "a"))
    assert "the loss cannot fall below 0.2" in made.html
    plain = report.page(run_on(tmp_path, "a", epochs=2, label_smoothing=0.0))
    assert "cannot fall below" not in plain.html
