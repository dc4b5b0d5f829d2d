"""`chainrule train --network`: hidden layers in words or from a function; multiplications are printed."""

import pytest

from chainrule.models import load_model

FAST = ("--epochs", "1", "--batch-size", "10", "--backend", "numpy", "--seed", 1)


def kinds(name: str) -> list[str]:
    return [type(layer).__name__ for layer in load_model(name).layers]


def test_a_network_in_words_is_trained_saved_and_opened_again(type_, folder, here) -> None:
    """The words make the layers, the run resumes and explains with them, and the model file holds them."""
    said = type_("train", folder / "bars.npz", "--network", "conv 4, pool, dense 8", *FAST)
    assert said.code == 0
    assert "-conv 4, pool, dense 8-" in said.err
    assert kinds("bars.keras") == ["Reshape", "Conv2D", "MaxPooling2D", "Flatten", "Dense", "Dense"]
    assert type_("runs", "show", "last").code == 0
    assert "had come to its end" in type_("train", "--resume", "last").err


def test_layers_is_short_for_dense(type_, folder, here) -> None:
    """--layers 12,6 and --network "dense 12, dense 6" give the same weights."""
    type_("train", folder / "bars.npz", "--layers", "12,6", *FAST, "--out", "a.keras")
    type_("train", folder / "bars.npz", "--network", "12,6", *FAST, "--out", "b.keras")
    a, b = (load_model(name).get_weights() for name in ("a.keras", "b.keras"))
    assert all((x == y).all() for x, y in zip(a, b, strict=True))


def test_a_function_is_trained_and_its_run_resumes_without_the_file(type_, folder, here) -> None:
    """FILE.py:function gives the layers; afterwards the file may go."""
    (here / "nets.py").write_text(
        "from chainrule.layers import Dense, Flatten\ndef small(shape):\n    return [Flatten(), Dense(5)]\n"
    )
    assert type_("train", folder / "bars.npz", "--network", "nets.py:small", *FAST).code == 0
    assert kinds("bars.keras") == ["Flatten", "Dense", "Dense"]
    (here / "nets.py").unlink()
    assert type_("train", "--resume", "last").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--network", "konv 16"), "Did you mean 'conv'?"),
        (("--network", "conv 4", "--layers", "8"), "--layers and --network both say the hidden layers"),
        (("--network", "conv 4", "--recipe", "auto"), "the recipe auto chooses the network itself"),
    ],
)
def test_what_makes_no_network_is_refused_before_learning(type_, folder, here, words, said) -> None:
    """The mistake is named, nothing is learned and no file is written."""
    answer = type_("train", folder / "bars.npz", *words, "--backend", "numpy")
    assert answer.code == 2
    assert said in answer.err
    assert not list(here.iterdir())


def test_multiplications_are_printed_by_train_and_summary(type_, folder, here) -> None:
    """A prediction, a step and an epoch: forward, by the weights, and by the input of all but the lowest layer."""
    said = type_("train", folder / "bars.npz", "--layers", "8", *FAST, "--json", "--verbose")
    found = type_("summary", "bars.keras", "--json").json["multiplications"]
    inputs = load_model("bars.keras").layers[-2].params["kernel"].shape[0]
    outputs = load_model("bars.keras").output_shape[0]
    predicting, learning = inputs * 8 + 8 * outputs, 2 * inputs * 8 + 3 * 8 * outputs
    assert found["a prediction"] == predicting
    assert found["a step of 10"] == 10 * learning
    assert f"multiplications: {predicting:,} a prediction, {10 * learning:,} a step" in said.err
    assert f"{found['an epoch']:,} an epoch" in said.err
    assert f"{predicting:,} a prediction" in type_("summary", "bars.keras").out
