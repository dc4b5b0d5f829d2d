"""`chainrule predict`: pictures, arrays, tables and stdin; one line each, and a sentence where there is no answer."""

import io
import sys

import numpy as np
import pytest

from chainrule import datasets, pretrained
from chainrule.images import Rejection
from chainrule.models import load_model

KEYS = [
    "version", "file", "row", "text", "label", "probability", "value", "doubt", "refused", "digits", "glyphs", "stages",
]  # fmt: skip


@pytest.fixture
def stdin(monkeypatch):
    """stdin(bytes) is what the next command reads from stdin."""
    return lambda content: monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


@pytest.mark.parametrize("model", ["digits.keras", "digits.h5", "plain.keras"])
def test_a_picture_gets_exactly_the_answer_that_its_array_gets(type_, digits, here, model) -> None:
    """A PNG of a test digit is read, recognised as MNIST's kind and passes unchanged: the same probability."""
    network = load_model(digits / model)
    x = datasets.load("mnist").x_test[:1]
    p = network.predict(x.reshape(1, 28, 28).astype(np.float32) / 255, verbose=0)
    if "rejection" in network.extras:  # probabilities are made honest by the temperature in the file
        p = Rejection.from_dict(network.extras["rejection"]).calibrated(p)
    p = p[0]
    np.save("seven.npy", x)
    (array,) = type_("predict", digits / model, "seven.npy", "--json").lines
    (found,) = type_("predict", digits / model, digits / "seven.png", "--json").lines
    assert list(found) == KEYS
    assert found["text"] == str(p.argmax())
    assert found["probability"] == array["probability"] == pytest.approx(float(p.max()), rel=1e-6)
    assert found["text"] == array["text"]
    (sign,) = found["digits"]
    assert sign == {
        "label": found["text"],
        "probability": found["probability"],
        "box": [0, 0, 28, 28],
        "doubt": None,
    }
    assert (found["row"], found["value"], found["refused"]) == (None, None, None)


def test_arrays_in_every_file_format_get_the_same_answers(type_, digits, here) -> None:
    """npy, npz, IDX, packed IDX; whole numbers, fractions to 1 and to 255; flat or square; one alone."""
    x = datasets.load("mnist").x_test[:5]
    np.save("whole.npy", x)
    np.save("fractions.npy", (x / 255.0).reshape(5, 784))
    np.save("floats.npy", x.astype(np.float64))
    np.save("columns.npy", np.asfortranarray(x))
    np.savez("one.npz", anything=x)
    np.savez("several.npz", x=x, y=np.arange(5))
    datasets.idx.write("packed.gz", x)
    datasets.idx.write("t10k-images", x)
    names = [
        "whole.npy",
        "fractions.npy",
        "floats.npy",
        "columns.npy",
        "one.npz",
        "several.npz",
        "packed.gz",
        "t10k-images",
    ]
    lines = type_("predict", digits / "digits.keras", *names, "--json").lines
    first = [line["text"] for line in lines[:5]]
    for k, name in enumerate(names):
        some = lines[5 * k : 5 * k + 5]
        assert [line["text"] for line in some] == first
        assert [(line["file"], line["row"]) for line in some] == [(name, row) for row in range(5)]
    np.save("alone.npy", x[3])
    assert [
        line["text"] for line in type_("predict", digits / "digits.keras", "alone.npy", "--json").lines
    ] == [first[3]]


def test_people_get_a_line_with_the_answer_and_how_sure_it_is(type_, digits) -> None:
    """file: answer, probability in per cent; --top lists more."""
    said = type_("predict", digits / "digits.keras", digits / "seven.png")
    assert said.out.startswith(f"{digits / 'seven.png'}: 7  ")
    assert said.out.rstrip().endswith("%")
    said = type_("predict", digits / "digits.keras", digits / "seven.png", "--top", 3)
    assert said.out.count("%") == 3
    (found,) = type_("predict", digits / "digits.keras", digits / "seven.png", "--top", 10, "--json").lines
    top = found["digits"][0]["top"]
    assert sorted(one["label"] for one in top) == list("0123456789")
    assert sum(one["probability"] for one in top) == pytest.approx(1, abs=1e-5)


def test_show_draws_what_the_network_saw(type_, digits) -> None:
    """--show adds the picture in blocks."""
    said = type_("predict", digits / "digits.keras", digits / "seven.png", "--show")
    assert len(said.out.splitlines()) == 29
    assert "█" in said.out


def test_a_photo_is_searched_for_digits(type_, digits, here) -> None:
    """A large dark-on-light picture with two digits gives both, in reading order, with their boxes."""
    from PIL import Image

    x = datasets.load("mnist").x_test
    page = np.full((300, 600), 255, np.uint8)
    for left, k in ((60, 0), (330, 3)):  # a seven and a nought
        page[60:228, left : left + 168] -= np.kron(x[k], np.ones((6, 6), np.uint8))
    Image.fromarray(page).save("page.png")
    (found,) = type_("predict", digits / "digits.keras", "page.png", "--json").lines
    assert found["refused"] is None
    assert found["text"] == "70"
    assert found["digits"][0]["box"][2] < found["digits"][1]["box"][0]
    assert found["probability"] == min(digit["probability"] for digit in found["digits"])
    (found,) = type_("predict", digits / "digits.keras", "page.png", "--json", "--single").lines
    assert len(found["digits"]) <= 1


def test_without_a_model_the_bundled_digit_reader_answers(type_, digits, stdin) -> None:
    """`chainrule predict seven.png` works before anything was trained; so does stdin."""
    assert [line["text"] for line in type_("predict", digits / "seven.png", "--json").lines] == ["7"]
    stdin((digits / "seven.png").read_bytes())
    assert [line["text"] for line in type_("predict", "-", "--json").lines] == ["7"]
    assert "There is no file 'nothing.png'" in type_("predict", "nothing.png").err


def test_letters_are_answered_by_their_names(type_, here, digits) -> None:
    """A model whose classes are no digits, but are written like them, answers with its own names."""
    network = load_model(digits / "digits.keras")
    network.extras |= {"class_names": list("ABCDEFGHIJ"), "rejection": None}
    network.save("letters.keras")
    assert type_("predict", "letters.keras", digits / "seven.png", "--json").lines[0]["text"] == "H"


def test_a_doubtful_answer_is_given_with_its_doubt(type_, here, digits) -> None:
    """A digit alone is always named, its probability and its doubt beside it; who asks for more gets "?"."""
    network = load_model(digits / "digits.keras")
    network.extras["rejection"] = Rejection(temperature=30.0).to_dict()
    network.save("timid.keras")
    said = type_("predict", "timid.keras", digits / "seven.png", "--json")
    assert said.code == 0
    (line,) = said.lines
    assert (line["text"], line["label"], line["refused"]) == ("7", "7", None)
    assert line["probability"] < 0.5
    assert line["doubt"] == line["digits"][0]["doubt"] is not None
    assert line["doubt"] in type_("predict", "timid.keras", digits / "seven.png").out
    (line,) = type_("predict", "timid.keras", digits / "seven.png", "--json", "--sure", "0.9").lines
    assert (line["text"], line["label"]) == ("?", "7")


def test_what_is_no_digit_is_said_beside_the_digits(type_, here) -> None:
    """A minus and a point are glyphs with their kinds and boxes, in --json and on stderr, and never digits."""
    from PIL import Image

    x = datasets.load("mnist").x_test
    page = np.full((200, 560), 255, np.uint8)
    for left, k in ((110, 0), (360, 3)):  # a seven and a nought
        page[20:160, left : left + 140] -= np.kron(x[k], np.ones((5, 5), np.uint8))
    page[88:96, 30:80] = page[124:138, 290:304] = 0
    Image.fromarray(page).save("number.png")
    said = type_("predict", "number.png", "--json")
    (line,) = said.lines
    assert line["text"] == "70"
    assert {glyph["kind"] for glyph in line["glyphs"]} == {"minus", "point"}
    assert all(len(glyph["box"]) == 4 for glyph in line["glyphs"])
    assert "1 minus" in type_("predict", "number.png").err


def test_small_pictures_are_pictures_and_a_bad_file_costs_only_itself(type_, here) -> None:
    """PNGs of 16 to 27 pixels are read; among a hundred files one that is broken leaves the others their answers."""
    from PIL import Image

    x = datasets.load("mnist").x_test
    names = []
    for k, side in enumerate((16, 20, 24, 27)):
        names.append(f"{side}.png")
        Image.fromarray(255 - x[k]).resize((side, side), Image.Resampling.BOX).save(names[-1])
    with open("broken.png", "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\nnothing")
    said = type_("predict", names[0], "broken.png", *names[1:], "--json")
    assert [line["text"] for line in said.lines] == ["7", None, "2", "1", "0"]
    assert said.code == 1
    assert "broken.png" in said.err


def test_test_digits_as_files_get_the_answers_of_their_arrays(type_, here) -> None:
    """250 PNG files, the hardest of the test digits among them, and the array of them: the same text and figures."""
    from PIL import Image

    x = datasets.load("mnist").x_test
    model = load_model(pretrained.digits(), compile=False)
    p = model.predict(x.reshape(len(x), *model.input_shape).astype(np.float32) / 255, verbose=0)
    some = np.concatenate([np.argsort(p.max(axis=1))[:150], np.arange(100)])
    np.save("some.npy", x[some])
    for k in some:
        Image.fromarray(x[k]).save(f"{k}.png")
    found = type_("predict", *[f"{k}.png" for k in some], "--json").lines
    arrays = type_("predict", pretrained.digits(), "some.npy", "--json").lines
    assert (
        [line["text"] for line in found]
        == [line["text"] for line in arrays]
        == [str(k) for k in p[some].argmax(axis=1)]
    )
    assert np.allclose(
        [line["probability"] for line in found], [line["probability"] for line in arrays], rtol=1e-5
    )
    assert not any(line["refused"] for line in found)


def test_explain_says_how_a_picture_was_read(type_, digits) -> None:
    """--explain: stages, what the network saw, which training digits are like it, and what each stage was good for."""
    said = type_("predict", digits / "digits.keras", digits / "seven.png", "--explain")
    for words in ("28 x 28 pixels, PNG", "stages: read", "digit 1, in the box (0, 0, 28, 28): 7 ", "most like training digits",
                  "Without one stage the answer would be:"):  # fmt: skip
        assert words in said.out
    assert "█" in said.out


def test_stages_are_written_as_a_picture_and_replace_nothing(type_, here, digits) -> None:
    """--stages draws one picture's stages; a file that is there is kept without --force."""
    from PIL import Image

    (here / "mine.png").write_text("mine")
    said = type_("predict", digits / "digits.keras", digits / "seven.png", "--stages", "mine.png")
    assert said.code == 2
    assert (here / "mine.png").read_text() == "mine"
    assert type_(
        "predict", digits / "digits.keras", digits / "seven.png", "--stages", "mine.png", "--force", "--json"
    ).lines
    assert Image.open("mine.png").width > 200
    said = type_(
        "predict", digits / "digits.keras", digits / "seven.png", digits / "seven.png", "--stages", "two.png"
    )
    assert said.code == 2
    assert "--stages draws one picture; 2 files were named." in said.err


def test_a_folder_with_bad_pictures_in_it_is_read_to_its_end(type_, here) -> None:
    """1,000 pictures, 50 of them broken: 950 answers, 50 reasons, in order of their names; the exit code is 1."""
    from PIL import Image

    (here / "photos").mkdir()
    digits = datasets.load("mnist").x_test[:950]
    for k, digit in enumerate(digits):
        Image.fromarray(np.pad(255 - digit, 6, constant_values=255)).save(here / "photos" / f"{k:03}.png")
    whole = (here / "photos" / "000.png").read_bytes()
    broken = (b"", b"<svg/>", whole[:60], whole[:30] + b"?" + whole[31:], b"GIF89a" + bytes(9))
    for k in range(50):
        (here / "photos" / f"bad {k:02}.png").write_bytes(broken[k % 5])
    (here / "photos" / ".hidden").write_bytes(b"?")
    said = type_("predict", "photos", "--single", "--json")
    assert said.code == 1
    assert [line["file"] for line in said.lines] == sorted(
        f"photos/{path.name}" for path in here.glob("photos/*.png")
    )
    bad = [line for line in said.lines if "bad" in line["file"]]
    assert all(line["refused"] and line["text"] is None and not line["digits"] for line in bad)
    assert sum(bool(line["digits"]) for line in said.lines) == 950
    assert len(said.err.splitlines()) == 50
    (here / "empty").mkdir()
    assert "empty is a folder without files" in type_("predict", "empty").err


def test_nothing_of_a_photos_past_is_in_what_is_written(type_, here) -> None:
    """The strip of stages carries no EXIF, no place, no text, and nothing of a file hidden behind the picture."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    from chainrule.images.formats import png_chunks

    exif, text = Image.Exif(), PngInfo()
    exif[0x010E], exif.get_ifd(0x8825)[2] = "SECRET <script>", (48.0, 8.0, 11.0)
    text.add_text("Comment", "SECRET")
    digit = np.pad(
        np.kron(255 - datasets.load("mnist").x_test[0], np.ones((5, 5), np.uint8)), 30, constant_values=255
    )
    Image.fromarray(digit).save("photo.png", exif=exif, pnginfo=text)
    with open("photo.png", "ab") as file:
        file.write(b"PK\3\4 SECRET <script>alert(1)</script>")
    assert type_("predict", "photo.png", "--stages", "strip.png", "--json").lines[0]["text"] == "7"
    strip = (here / "strip.png").read_bytes()
    assert {name for name, _, _ in png_chunks(strip)} == {b"IHDR", b"IDAT", b"IEND"}
    assert strip.endswith(b"IEND\xaeB`\x82")
    assert b"SECRET" not in strip


def test_a_name_that_would_write_over_the_terminal_is_escaped(type_, here, digits) -> None:
    """A line break or an escape sequence in a file's name is shown, not obeyed, in answers and in refusals."""
    good, bad = here / "a\nb\x1b[31m.png", here / "c\nd\x1b[31m.png"
    good.write_bytes((digits / "seven.png").read_bytes())
    bad.write_bytes(b"<script>")
    said = type_("predict", good.name, bad.name)
    assert said.out.count("\n") == 1
    assert said.err.strip().count("\n") == 0
    assert "a\\nb\\x1b[31m.png: 7" in said.out
    assert "\x1b[31m" not in said.out + said.err


def test_a_picture_without_writing_is_refused_with_a_reason(type_, digits, here) -> None:
    """A blank sheet is an answer, not a failure: a reason, exit code 0."""
    from PIL import Image

    Image.new("L", (200, 200), 255).save("blank.png")
    said = type_("predict", digits / "digits.keras", "blank.png", "--json")
    assert said.code == 0
    assert said.lines[0]["text"] is None
    assert "no ink" in said.lines[0]["refused"]
    assert "blank.png: refused: There is no ink" in type_("predict", digits / "digits.keras", "blank.png").out


def test_other_pictures_are_brought_to_the_models_size(type_, folder, models, here) -> None:
    """A model of pictures from a folder takes pictures of any size."""
    from PIL import Image

    names = []
    for name in ("lying", "standing"):
        Image.open(folder / "pictures" / name / "0.png").resize((280, 280)).save(f"{name}.png")
        names.append(f"{name}.png")
    found = type_("predict", models / "pictures.keras", *names, "--json").lines
    assert [line["text"] for line in found] == ["lying", "standing"]


def test_rows_of_a_table_are_prepared_as_the_file_says(type_, folder, models, here) -> None:
    """A CSV without the target column gives a class, or a number in the target's own unit, for each row."""
    (here / "rows.csv").write_text("age\n1\n19\n")
    assert [line["text"] for line in type_("predict", models / "pets.keras", "rows.csv", "--json").lines] == [
        "dog",
        "cat",
    ]
    (here / "flats.csv").write_text("city,rooms\nBern,4\nBasel,7\n")
    found = type_("predict", models / "houses.keras", "flats.csv", "--json").lines
    assert found[0]["value"] == pytest.approx(4500, rel=0.1)
    assert found[1]["value"] == pytest.approx(7000, rel=0.1)
    assert found[0]["probability"] is None
    assert found[0]["digits"] == []
    said = type_("predict", models / "houses.keras", "flats.csv").out
    assert said.splitlines()[0] == f"flats.csv[0]: {found[0]['value']:.6g}"


def test_stdin_may_hold_a_picture_an_array_or_a_table(type_, digits, models, here, stdin) -> None:
    """- reads stdin; what it is, the first bytes and the model decide."""
    stdin((digits / "seven.png").read_bytes())
    (found,) = type_("predict", digits / "digits.keras", "-", "--json").lines
    assert (found["file"], found["text"]) == ("-", "7")
    buffer = io.BytesIO()
    np.save(buffer, datasets.load("mnist").x_test[:2])
    stdin(buffer.getvalue())
    assert len(type_("predict", digits / "digits.keras", "-", "--json").lines) == 2
    stdin(b"age\n2\n")
    assert type_("predict", models / "pets.keras", "-", "--json").lines[0]["text"] == "dog"
    stdin(b"age\nold\n")
    said = type_("predict", models / "pets.keras", "-")
    assert "stdin:2" in said.err
    stdin(b"")
    assert "stdin is empty" in type_("predict", digits / "digits.keras", "-").err
