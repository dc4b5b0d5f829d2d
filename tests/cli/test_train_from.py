"""`chainrule train --from MODEL [--freeze]`: going on from a model that opens, with a new last layer."""

import numpy as np
import pytest

from chainrule import Model, Sequential, datasets, layers
from chainrule.models import load_model
from chainrule.training import recipes
from chainrule.training.transfer import put_weights, start_from, transfer_recipe

FAST = ("--epochs", "1", "--batch-size", "10", "--backend", "numpy", "--seed", 1)


def chain(path, shape=(8, 8)):
    """A model with five classes, of which nobody asks any more."""
    model = Sequential(
        [
            layers.Input(shape),
            layers.Flatten(),
            layers.Dense(6, activation="relu"),
            layers.Dense(5, activation="softmax"),
        ]
    )
    model.save(path)
    return model


def branching(path, shape=(8, 8)):
    """A network with a shortcut, and an activation of its own behind its last layer."""
    a = layers.Input(shape)
    flat = layers.Flatten()(a)
    x = layers.Dense(6, activation="relu")(flat)
    x = layers.Add()([layers.Dense(6)(x), x])
    model = Model(a, layers.Activation("softmax")(layers.Dense(5)(x)))
    model.save(path)
    return model


@pytest.mark.parametrize("make", [chain, branching])
@pytest.mark.parametrize("freeze", [True, False])
def test_what_was_learned_is_kept_and_a_new_last_layer_is_put_on_top(
    type_, folder, here, make, freeze
) -> None:
    """With --freeze the layers of the model stay to the bit, without it they learn on; both answer the new classes."""
    shape = datasets.load(str(folder / "bars.npz")).input_shape
    before = make(here / "old.keras", shape).get_weights()
    said = type_(
        "train",
        folder / "bars.npz",
        "--from",
        "old.keras",
        *(["--freeze"] if freeze else []),
        *FAST,
        "--out",
        "new.keras",
    )
    assert said.code == 0, said.err
    assert "old.keras" in said.err
    assert "a new last layer" in said.err
    after = load_model("new.keras").get_weights()
    same = [np.array_equal(a, b) for a, b in zip(before[:-2], after[:-2], strict=True)]
    assert all(same) if freeze else not any(same)
    assert after[-1].shape == (3,)  # bars.npz has three classes


def test_the_run_opens_and_resumes_when_the_model_file_is_gone(type_, folder, here, monkeypatch) -> None:
    """What a run needs stands in it: the file may go."""
    monkeypatch.setenv("CHAINRULE_RUNS", "runs")
    shape = datasets.load(str(folder / "bars.npz")).input_shape
    branching(here / "old.keras", shape)
    assert type_("train", folder / "bars.npz", "--from", "old.keras", "--freeze", *FAST).code == 0
    (here / "old.keras").unlink()
    assert "had come to its end" in type_("train", "--resume", "last").err
    opened = type_("explain", "last@1")
    assert opened.code == 0, opened.err
    from chainrule.report.material import Material
    from chainrule.report.reproduce import training
    from chainrule.runs import find

    command, faithful = training(Material(find("runs", "last")))
    assert "--from old.keras --freeze" in command
    assert faithful


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--freeze",), "add --from MODEL.keras"),
        (("--from", "old.keras", "--layers", "8"), "leave --layers out"),
        (("--from", "olt.keras"), "old.keras"),
        (("--from", "bare.keras"), "nothing is left of the model"),
        (("--from", "wide.keras"), "takes examples of shape (3,)"),
        (("--from", "old.keras", "--resume", "last"), "for fresh trainings"),
    ],
)
def test_what_cannot_be_gone_on_with_is_refused_before_learning(
    type_, folder, here, monkeypatch, words, said
) -> None:
    """The mistake is named with what to do; nothing is learned."""
    monkeypatch.setenv("CHAINRULE_RUNS", "runs")
    chain(here / "old.keras", datasets.load(str(folder / "bars.npz")).input_shape)
    chain(here / "wide.keras", (3,))
    Sequential([layers.Input((4,)), layers.Dense(2)]).save(here / "bare.keras")
    answer = type_("train", folder / "bars.npz", *words, "--backend", "numpy")
    assert answer.code in (1, 2)
    assert said in answer.err
    assert not (here / "runs").exists()


def test_a_network_that_divides_by_255_itself_is_given_the_pixels_as_they_are(tmp_path) -> None:
    """Keras's image models often begin with Rescaling(1/255): they see what they saw when they learned."""
    model = Sequential(
        [layers.Input((4, 4)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(3), layers.Dense(2)]
    )
    model.save(tmp_path / "pixels.keras")
    x = np.random.default_rng(1).integers(0, 256, (20, 4, 4)).astype(np.uint8)
    y = np.arange(20) % 2
    np.savez(tmp_path / "pixels.npz", x=x, y=y)
    data = datasets.load(str(tmp_path / "pixels.npz"))
    start = start_from(tmp_path / "pixels.keras")
    made = recipes.prepare(transfer_recipe(start, data), data, "numpy")
    put_weights(start, made)
    assert data.scale is not None
    inner = Sequential(model.layers[:-1]).predict(x.astype(np.float32), verbose=0)
    again = Sequential(made.layers[:-1]).predict(recipes.inputs(data, x), verbose=0)
    assert np.allclose(inner, again, rtol=1e-5)
