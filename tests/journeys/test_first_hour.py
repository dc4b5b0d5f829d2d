"""Six people and their first hour with Chainrule: real commands, typed in a terminal of 80 columns, and what they see."""

import json
import re

import pytest
from terminal import Terminal


@pytest.fixture
def chainrule(tmp_path):
    """A terminal in an empty folder."""
    return Terminal(tmp_path)


def test_somebody_who_wants_to_learn(chainrule, tmp_path) -> None:
    """From the first help to a lesson, a trained network, one of its steps with every number, a picture and a report."""
    seen = chainrule("chainrule")
    assert "train" in seen.text
    assert "lesson" in seen.text
    assert "1_neuron" in chainrule("chainrule lesson").text
    lesson = chainrule("chainrule lesson 1 --run")
    assert "A weight is a number of votes" in lesson.text
    assert "4 of 4 right: 0 neurons" in lesson.text
    trained = chainrule("chainrule train --epochs 1 --seed 1 --layers 64")
    assert re.search(r"Test accuracy 9\d\.\d\d %", trained.text)
    assert "Saved as mnist.keras" in trained.text
    assert "chainrule explain" in trained.text
    assert "mnist_fast" in chainrule("chainrule runs list").text
    explained = chainrule("chainrule explain last@100 --layer dense_1 --weight 3,4 --check")
    assert "dense_1.kernel[3, 4] in step 100" in explained.text
    assert "same bits as training" in explained.text
    assert "Drawn to curves.png" in chainrule("chainrule plot last --what curves").text
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    reported = chainrule("chainrule report last")
    assert "It reads 9" in reported.text
    assert "Written to report.html" in reported.text


def test_a_teacher(chainrule, tmp_path) -> None:
    """Looks whether all is there, hands out a lesson as a notebook, and shows what a network sees, without any network cable."""
    looked = chainrule("chainrule doctor")
    assert "MNIST in the package" in looked.text
    assert "does not" not in looked.text
    chainrule("chainrule lesson article --notebook article.ipynb")
    assert json.loads((tmp_path / "article.ipynb").read_text())["nbformat"] == 4
    asked = chainrule("chainrule lesson 4 --notebook article.ipynb", code=2)
    assert "is there already and is kept" in asked.text
    chainrule("chainrule sample photo.jpg")
    assert "40713" in chainrule("chainrule predict photo.jpg").text
    stages = chainrule("chainrule predict photo.jpg --explain --stages stages.png")
    assert "Without one stage the answer would be" in stages.text
    assert (
        "60000 + 10000" in chainrule("chainrule data mnist").text
        or "60,000" in chainrule("chainrule data mnist").text
    )
    shown = chainrule("chainrule data show mnist --index 7")
    assert "number 7: 9" in shown.text


SCRIPT = """
import keras
from keras import layers

(x, y), _ = keras.datasets.mnist.load_data()
x, y = x[:2000].reshape(-1, 784) / 255.0, y[:2000]
model = keras.Sequential([keras.Input((784,)), layers.Dense(32, activation="relu"), layers.Dense(10, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=2, validation_split=0.1, verbose=2)
model.save("own.keras")
"""


def test_somebody_with_a_script_for_keras(chainrule, tmp_path) -> None:
    """It runs as it is, its steps can be opened, and its file goes on to other programs."""
    (tmp_path / "train.py").write_text(SCRIPT)
    ran = chainrule("chainrule run train.py")
    assert "Epoch 2/2" in ran.text
    assert "train" in chainrule("chainrule runs").text
    assert "same bits as training did" in chainrule("chainrule explain last@3").text
    assert "Dense" in chainrule("chainrule summary own.keras").text
    assert "own.h5" in chainrule("chainrule convert own.keras own.h5").text
    assert "own.py" in chainrule("chainrule export own.keras --to py --out own.py").text


@pytest.mark.timeout(900)  # time enough for all networks of the list, so that a busy machine changes nothing
def test_somebody_with_pictures(chainrule) -> None:
    """Looks at them, has a network chosen and trained for them, hears how good it is, and asks it about others."""
    chainrule("chainrule sample shapes")
    assert "circle" in chainrule("chainrule data shapes").text
    chainrule("chainrule data check shapes")
    trained = chainrule("chainrule train shapes --time 300s --seed 1")
    assert re.search(r"Test accuracy (9\d|100)", trained.text)
    assert "linear" in trained.text
    assert "shapes.keras" in trained.text
    assert "mostly mistaken for" in chainrule("chainrule evaluate shapes.keras shapes").text
    answers = chainrule("chainrule predict shapes.keras shapes")
    assert len(re.findall(r"shapes/(circle|square|triangle)/\d\d\.png: ", answers.text)) == 180


def test_somebody_with_a_table(chainrule, tmp_path) -> None:
    """Is asked what is to be learned, trains, sees what the linear model reaches, and asks about new rows with holes."""
    (tmp_path / "walks.csv").write_text("hours,length\n" + "".join(f"{k / 7},{k / 3}\n" for k in range(60)))
    asked = chainrule("chainrule train walks.csv", code=2)
    assert "--target" in asked.text
    assert "length (amounts), hours (amounts)" in asked.text
    chainrule("chainrule sample rents.csv")
    assert "regression" in chainrule("chainrule data rents.csv").text  # rent, its last column
    trained = chainrule("chainrule train rents.csv --target rent --time 5s --seed 1")
    assert re.search(r"Mean absolute error \d+\.?\d* in rent", trained.text)
    assert "median" in trained.text
    (tmp_path / "new.csv").write_text(
        "rooms,size,floor,district,balcony\n3,66.5,2,Harbour,yes\n2,,1,Moon,no\n"
    )
    answers = chainrule("chainrule predict rents.keras new.csv")
    assert "new.csv[0]: " in answers.text
    assert "new.csv[1]: " in answers.text
    assert "Mean absolute error" in chainrule("chainrule evaluate rents.keras rents.csv").text


def test_somebody_for_whom_something_is_wrong(chainrule, tmp_path) -> None:
    """Every mistake is answered with what to do; a training that fails is not praised, and the doctor names the cause."""
    assert "Did you mean 'train'?" in chainrule("chainrule trian", code=2).text
    assert "Did you mean --learning-rate?" in chainrule("chainrule train --learning-rat 1", code=2).text
    (tmp_path / "no.png").write_text("no picture")
    assert "no.png" in chainrule("chainrule predict no.png", code=1).text
    chainrule("chainrule sample shapes")
    assert "--size" in chainrule("chainrule train --size 9", code=2).text
    failed = chainrule(
        "chainrule train shapes --layers 16 --learning-rate 30 --optimizer sgd --epochs 3 --seed 1"
    )
    assert "nothing usable was learned" in failed.text
    result = chainrule("chainrule runs doctor last", code=1)
    assert "rate" in result.text
    assert "Suggested: " in chainrule("chainrule lr-find shapes --layers 16 --seed 1").text
