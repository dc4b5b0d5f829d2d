"""`chainrule train DATA` for data of one's own: the network is chosen, measured beside simple answers, and repeatable."""

import numpy as np
import pytest

from chainrule.models import load_model


@pytest.fixture(scope="session")
def own(tmp_path_factory):
    """A folder with rings.csv (no plane parts its classes) and coins.csv (nothing to learn)."""
    root, rng = tmp_path_factory.mktemp("own"), np.random.default_rng(6)
    angles, inside = rng.uniform(0, 2 * np.pi, 120), np.arange(120) % 2
    radii = 1 + inside + rng.normal(size=120) * 0.1
    rows = [
        f"{r * np.cos(a):.3f},{r * np.sin(a):.3f},{'out' if k else 'in'}"
        for a, r, k in zip(angles, radii, inside, strict=True)
    ]
    (root / "rings.csv").write_text("x,y,where\n" + "\n".join(rows) + "\n")
    coins = [f"{rng.normal():.3f},{rng.normal():.3f},{'heads' if k % 4 else 'tails'}" for k in range(60)]
    (root / "coins.csv").write_text("force,height,side\n" + "\n".join(coins) + "\n")
    return root


def weights(name: str) -> np.ndarray:
    """All weights of a model file in one row."""
    return np.concatenate([w.ravel() for w in load_model(name).get_weights()])


def test_a_table_gets_a_network_that_is_measured_beside_simple_answers(type_, own, here) -> None:
    """What was tried is printed, one is taken, and the end names the commonest class, the linear model and the network."""
    said = type_(
        "train", own / "rings.csv", "--target", "where", "--seed", 1, "--backend", "numpy", "--verbose"
    )
    assert said.code == 0
    for words in (
        "choosing a network on ",
        "linear model ",
        "dense 64, dropout 0.2 ",
        "taken: ",
        "recipe auto",
    ):
        assert words in said.err
    assert "Always the commonest class: " in said.out
    assert "; linear model: " in said.out
    assert "; this network: " in said.out
    extras = load_model("rings.keras").extras
    assert extras["accuracy"] > extras["linear_model"]
    assert any(one.get("taken") for one in extras["recipe"]["tried"])
    assert extras["recipe"]["reason"]


def test_a_run_is_the_plan_that_repeats_it_to_the_bit(type_, own, here) -> None:
    """--plan RUN takes what was chosen without choosing again; with the same seed every weight is the same."""
    first = (
        "train",
        own / "rings.csv",
        "--target",
        "where",
        "--seed",
        2,
        "--backend",
        "numpy",
        "--time",
        "0.01s",
    )
    assert type_(*first, "--runs-dir", "mine", "--out", "a.keras").code == 0
    (run,) = (here / "mine").iterdir()
    said = type_("train", own / "rings.csv", "--target", "where", "--seed", 2, "--backend", "numpy", "--runs-dir", "mine",
                 "--plan", run.name, "--out", "b.keras")  # fmt: skip
    assert said.code == 0
    assert "choosing" not in said.err
    assert (weights("a.keras") == weights("b.keras")).all()


def test_a_plan_with_a_convolutional_network_gives_the_same_bits_again(type_, here) -> None:
    """Pictures that are changed at every step: the second run has the run's engine, steps and noise, without --backend or --time."""
    rng = np.random.default_rng(7)
    pictures = rng.integers(0, 100, (30, 6, 6)).astype(np.uint8)
    pictures[::2, :, :3] += 100
    np.savez(here / "halves.npz", x=pictures, y=np.arange(30) % 2)
    train = ("train", "halves.npz", "--seed", 5, "--runs-dir", "mine")
    first = type_(*train, "--backend", "numpy", "--time", "0.01s", "--out", "a.keras")
    assert first.code == 0
    assert "taken, not compared with others, as time is short" in first.err
    (run,) = (here / "mine").iterdir()
    second = type_(*train, "--plan", run.name, "--out", "b.keras", "--json")
    assert second.json["recipe"]["network"].startswith("conv 16")
    assert second.json["recipe"]["shift"] or second.json["recipe"]["camera"]
    assert second.json["run"]["backend"] == "numpy"
    assert (weights("a.keras") == weights("b.keras")).all()


def test_a_line_that_begins_at_its_solution_is_no_rate_that_is_too_low(type_, here) -> None:
    """Its loss does not fall and its weights do not move, and neither `train` nor the doctor finds fault with that."""
    rng = np.random.default_rng(8)
    rows = [f"{a:.3f},{b:.3f},{50 + 3 * a - b + rng.normal():.3f}" for a, b in rng.normal(size=(80, 2))]
    (here / "line.csv").write_text("a,b,price\n" + "\n".join(rows) + "\n")
    said = type_(
        "train", "line.csv", "--target", "price", "--seed", 1, "--backend", "numpy", "--time", "0.01s"
    )
    assert said.code == 0
    assert "severe" not in said.out
    assert "rate too low" not in said.out + type_("runs", "doctor", "last").out


def test_no_better_than_the_commonest_class_is_said_plainly(type_, own, here) -> None:
    """Where there is nothing to learn, a sentence says so."""
    said = type_(
        "train", own / "coins.csv", "--target", "side", "--seed", 1, "--backend", "numpy", "--time", "0.1s"
    )
    assert said.code == 0
    measured = load_model("coins.keras").extras
    assert ("no better than always answering 'heads'" in said.out) == (
        measured["accuracy"] <= measured["baseline"]
    )
    assert "hardly better than always" in said.out or "no better than always" in said.out


def test_who_says_how_to_learn_keeps_the_recipe_fast(type_, own, here) -> None:
    """With --layers or --epochs nothing is chosen."""
    said = type_("train", own / "rings.csv", "--target", "where", "--layers", 8, "--epochs", 2, "--json")
    assert said.json["recipe"]["name"] == "fast"
    assert "linear_model" not in said.json


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--time", "soon"), "--time: expected a time such as 60s or 2m; got 'soon'."),
        (("--time", "5s", "--recipe", "classic"), "leave --time out, or add --recipe auto."),
        (("--recipe", "auto", "--layers", "8"), "the recipe auto chooses the network itself"),
        (("--plan", "last", "--recipe", "auto"), "leave --recipe and --time out."),
        (("--time", "5s", "--resume", "last"), "leave them out with --resume and --fork"),
    ],
)
def test_options_that_do_not_go_together_are_refused(type_, own, here, words, hint) -> None:
    """One sentence that says what to leave out."""
    said = type_("train", own / "rings.csv", "--target", "where", *words)
    assert said.code == 2
    assert hint in said.err
    assert said.out == ""
