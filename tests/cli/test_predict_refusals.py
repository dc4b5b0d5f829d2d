"""What `predict` refuses, and how: bad files, hostile arrays, damaged models, models and examples that do not fit."""

import io

import numpy as np
import pytest


def test_a_bad_file_does_not_stop_the_others(type_, digits, here) -> None:
    """What cannot be read is said on stderr and as `refused`; the rest is answered; the exit code is 1."""
    (here / "notes.txt").write_text("hello")
    (here / "empty.png").write_bytes(b"")
    (here / "nothing").mkdir()
    said = type_(
        "predict",
        digits / "digits.keras",
        "notes.txt",
        "missing.png",
        "empty.png",
        "nothing",
        digits / "seven.png",
        "--json",
    )
    assert said.code == 1
    assert [line["text"] for line in said.lines] == [None, None, None, None, "7"]
    assert all(line["refused"] for line in said.lines[:4])
    assert said.err.count("chainrule predict: ") == 4
    assert "Traceback" not in said.err


def test_damaged_and_hostile_arrays_are_refused(type_, digits, here) -> None:
    """Cut short, too long, pickled, of text, NaN, of a wrong shape: a sentence each, never a traceback."""
    good = io.BytesIO()
    np.save(good, np.zeros((3, 28, 28), np.uint8))
    content = good.getvalue()
    (here / "short.npy").write_bytes(content[:-1])
    (here / "long.npy").write_bytes(content + b"0")
    (here / "header.npy").write_bytes(content[:9])
    (here / "huge.npy").write_bytes(content.replace(b"(3, 28, 28)", b"(9999999999,)"[:11].ljust(11)))
    np.save("text.npy", np.array(["a"]))
    np.save("object.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.save("nan.npy", np.full((1, 28, 28), np.nan))
    np.save("shape.npy", np.zeros((1, 5, 5), np.uint8))
    np.savez("which.npz", a=np.zeros(1), b=np.zeros(1))
    names = [p.name for p in sorted(here.iterdir())]
    said = type_("predict", digits / "digits.keras", *names)
    assert said.code == 1
    assert said.out == ""
    assert said.err.count("chainrule predict: ") == len(names) == 9
    assert "Traceback" not in said.err
    assert "unforeseen" not in said.err


@pytest.mark.parametrize("cut", [0, 1, 4, 100, 2000, -1])
def test_a_damaged_model_is_refused(type_, digits, here, cut) -> None:
    """A model cut short anywhere: exit code 1 and one sentence."""
    content = (digits / "digits.keras").read_bytes()
    (here / "cut.keras").write_bytes(content[:cut])
    said = type_("predict", "cut.keras", digits / "seven.png")
    assert said.code == 1
    assert len(said.err.splitlines()) == 1
    assert said.err.startswith("chainrule predict: cut.keras ")


def test_the_model_comes_first(type_, digits) -> None:
    """A model in a picture's place, no file at all: what to type is said."""
    said = type_("predict", digits / "digits.keras", digits / "digits.h5")
    assert "is a model file: one MODEL comes first" in said.err
    said = type_("predict", digits / "digits.keras")
    assert said.code == 2
    assert "Which files?" in said.err


def test_a_model_and_examples_that_do_not_fit_are_refused(type_, digits, models, folder) -> None:
    """A table for a model of pictures, a picture for a model of tables."""
    assert (
        "the model takes pictures, not tables"
        in type_("predict", digits / "digits.keras", folder / "pets.csv").err
    )
    assert (
        "the model takes rows of a table" in type_("predict", models / "pets.keras", digits / "seven.png").err
    )


def test_logits_become_probabilities(type_, here, digits) -> None:
    """A model that ends without softmax, as many of Keras's do, is answered with probabilities all the same."""
    from chainrule import Sequential, layers

    model = Sequential([layers.Input((28, 28)), layers.Flatten(), layers.Dense(10)])
    model.save("logits.keras")
    (found,) = type_("predict", "logits.keras", digits / "seven.png", "--json", "--top", 10).lines
    assert sum(one["probability"] for one in found["digits"][0]["top"]) == pytest.approx(1)


@pytest.mark.parametrize("option", [("--stages", "a.png"), ("--explain",), ("--single",), ("--sure", "0.9")])
def test_options_about_handwriting_are_refused_for_other_models(type_, models, folder, here, option) -> None:
    """What would be ignored is refused, and no file is written."""
    said = type_("predict", models / "pictures.keras", folder / "pictures" / "lying" / "0.png", *option)
    assert said.code == 2
    assert f"{option[0]} is for handwritten digits" in said.err
    assert not (here / "a.png").exists()


def test_a_folder_of_class_folders_is_read_to_its_end(type_, models, folder) -> None:
    """Every picture in every folder of it has its answer, in order."""
    said = type_("predict", models / "pictures.keras", folder / "pictures", "--json")
    assert said.code == 0
    files = [line["file"] for line in said.lines]
    assert len(files) == 36
    assert files == sorted(files)


def test_no_numbers_in_more_places_than_there_can_be(type_, digits, here) -> None:
    """A header that says (0, 2^62): its bytes add up, and no such array exists."""
    for shape in ("(0, 4611686018427387904)", "(4611686018427387904, 0, 4)"):
        text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
        (here / "places.npy").write_bytes(b"\x93NUMPY\x01\0" + len(text).to_bytes(2, "little") + text)
        said = type_("predict", digits / "digits.keras", "places.npy")
        assert said.code == 1
        assert "places.npy is damaged: no array has the shape" in said.err
