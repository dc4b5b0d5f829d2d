"""`chainrule summary` and `chainrule convert`: what is in a model file, and the same in the other format."""

import numpy as np
import pytest

from chainrule.models import load_model


def test_summary_shows_layers_and_origin(type_, models) -> None:
    """Keras's table, then what Chainrule knows: classes, data, recipe, figures, size."""
    said = type_("summary", models / "bars.keras")
    assert "dense (Dense)" in said.out
    assert "12,560" in said.out
    for word in (
        "File: ",
        "Classes: 0, 1, 2",
        "Learned from: bars (digest ",
        "seed 1, numpy",
        "Test accuracy: ",
        "Takes: pictures",
    ):
        assert word in said.out
    assert "Mean absolute error: " in type_("summary", models / "houses.keras").out


def test_summary_for_programs(type_, models) -> None:
    """One object: layers with shapes and weights, and all of Chainrule's additions."""
    found = type_("summary", models / "bars.keras", "--json").json
    assert [layer["class"] for layer in found["layers"]] == ["Flatten", "Dense", "Dense"]
    assert (
        found["weights"] == sum(layer["weights"] for layer in found["layers"]) == 784 * 16 + 16 + 16 * 3 + 3
    )
    assert found["input_shape"] == [28, 28]
    assert found["extras"]["class_names"] == ["0", "1", "2"]
    assert found["bytes"] == (models / "bars.keras").stat().st_size


def test_summary_of_a_file_without_additions(type_, digits) -> None:
    """A file as Keras writes it has a table, and nothing is made up."""
    said = type_("summary", digits / "plain.keras")
    assert "dense_1 (Dense)" in said.out
    assert "Classes" not in said.out


@pytest.mark.parametrize("ending", ["h5", "hdf5", "keras"])
def test_convert_keeps_everything(type_, models, here, ending) -> None:
    """There and back: the same predictions, the same additions, and learning could go on."""
    said = type_("convert", models / "bars.keras", f"a.{ending}")
    assert said.code == 0
    assert f"written as a.{ending} (" in said.out
    first, other = load_model(models / "bars.keras"), load_model(f"a.{ending}")
    x = np.random.default_rng(1).random((3, 28, 28), np.float32)
    assert (first.predict(x, verbose=0) == other.predict(x, verbose=0)).all()
    assert other.extras == first.extras
    assert other.optimizer.iterations == first.optimizer.iterations > 0
    found = type_("convert", f"a.{ending}", "back.keras", "--json").json
    assert found["target_bytes"] == (here / "back.keras").stat().st_size


def test_convert_can_leave_the_optimizer_out(type_, models, here) -> None:
    """--without-optimizer writes about a third."""
    type_("convert", models / "bars.keras", "all.h5")
    type_("convert", models / "bars.keras", "less.h5", "--without-optimizer")
    assert (here / "less.h5").stat().st_size < 0.6 * (here / "all.h5").stat().st_size
    assert load_model("less.h5").optimizer_state is None


def test_convert_replaces_nothing_unasked(type_, models, here) -> None:
    """A file that is there is kept without --force; a file is never converted onto itself; endings decide."""
    (here / "a.h5").write_text("mine")
    said = type_("convert", models / "bars.keras", "a.h5")
    assert said.code == 2
    assert (here / "a.h5").read_text() == "mine"
    assert type_("convert", models / "bars.keras", "a.h5", "--force").code == 0
    said = type_("convert", "a.h5", here / "a.h5", "--force")
    assert said.code == 2
    assert "the same file" in said.err
    assert "must end in" in type_("convert", "a.h5", "a.onnx").err


@pytest.mark.parametrize("command", ["summary", "evaluate", "predict", "convert"])
def test_what_is_no_model_is_refused_by_its_name(type_, folder, here, command) -> None:
    """A missing file with the nearest name, a folder, a picture, an empty file: one sentence, exit code 1."""
    (here / "mnist.keras").write_bytes(b"")
    (here / "text.keras").write_text("hello")
    (here / "sub.keras").mkdir()
    more = {"convert": ["b.h5"], "predict": ["x.png"], "evaluate": ["mnist"]}.get(command, [])
    for name, hint in (("mnits.keras", "Did you mean 'mnist.keras'?"), ("mnist.keras", "is empty"), ("text.keras", "no model file"),
                       ("sub.keras", "is a folder"), ("a\0b.keras", "There is no model file"), ("no/where.keras", "no folder 'no'")):  # fmt: skip
        said = type_(command, name, *more)
        assert said.code == 1
        assert hint in said.err
        assert len(said.err.splitlines()) == 1
        assert not (here / "b.h5").exists()


def test_a_file_is_sealed_in_its_place(type_, here) -> None:
    """Keras's .h5 gets digests, and a flipped bit in it is found from then on; without OUT, --seal must be said."""
    h5py = pytest.importorskip("h5py")
    from chainrule import Sequential, files, layers
    from chainrule.files.extras import ATTRIBUTE

    model = Sequential([layers.Input((8,)), layers.Dense(30)])
    model.save("keras.h5")
    with h5py.File("keras.h5", "r+") as file:  # as Keras writes it
        del file.attrs[ATTRIBUTE], file["model_weights"].attrs["chainrule_sha256"]
    before = files.load("keras.h5").weights
    assert type_("convert", "keras.h5").code == 2
    said = type_("convert", "keras.h5", "--seal")
    assert said.code == 0
    assert "keras.h5 is sealed" in said.out
    after = files.load("keras.h5").weights
    assert [array.tobytes() for own in after for array in own] == [
        array.tobytes() for own in before for array in own
    ]
    raw = bytearray((here / "keras.h5").read_bytes())
    place = raw.find(before[1][0].tobytes())
    raw[place + 100] ^= 1
    (here / "keras.h5").write_bytes(raw)
    assert "SHA-256 differs" in type_("summary", "keras.h5").err
