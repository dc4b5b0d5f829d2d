"""A terminal of 80 columns: no line is longer, no word is cut, and whatever takes a while says that it is at work."""

import io
import re
import time

import numpy as np
import pytest

from chainrule.cli import command_list
from chainrule.cli.layout import fitted, table
from chainrule.cli.waiting import Waiting
from chainrule.training.progress import Progress

COMMANDS = list(command_list.COMMANDS)


@pytest.fixture
def narrow(monkeypatch):
    """A terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")


def too_long(text: str) -> list[str]:
    """Lines of more than 80 letters, but for those that are one word (a path)."""
    return [line for line in text.splitlines() if len(line) > 80 and len(line.split()) > 1]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_fits(type_, narrow, command) -> None:
    """Each command's help fits 80 columns."""
    assert too_long(type_(*command.split(), "--help").out) == []


@pytest.fixture(scope="module")
def recorded(folder, tmp_path_factory):
    """A folder with a recorded run of a few steps, its model, and a longer name than anybody would choose."""
    from chainrule.cli import main

    root = tmp_path_factory.mktemp("narrow")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setenv("CHAINRULE_RUNS", "runs")
        words = (
            "--layers",
            "16",
            "--epochs",
            "2",
            "--batch-size",
            "30",
            "--seed",
            "1",
            "-q",
            "--backend",
            "numpy",
        )
        assert main(["train", str(folder / "bars.npz"), *words, "--out", "bars.keras"]) == 0
        assert (
            main(["train", str(folder / "bars.npz"), *words, "--out", "two.keras", "--learning-rate", "0.1"])
            == 0
        )
    return root


ANSWERS = (
    "--help", "doctor", "data", "data mnist", "runs", "runs show last", "runs compare last {first}", "runs doctor last",
    "explain last@2", "explain last@2 --layer dense --neuron 3", "explain last@2 --layer dense_1 --weight 3,1 --check",
    "explain last@2..4 --layer dense_1 --weight 3,1", "explain last@2..4", "explain last@2 --check", "explain last@2 --example 3",
    "summary bars.keras", "evaluate bars.keras {bars}", "check bars.keras {bars}", "data check {bars}", "data {pets} --target pet",
    "data show {bars}", "lr-find {bars} --seed 1 --backend numpy --layers 16", "predict bars.keras {bars} --top 3",
    "train {bars} --layers 16 --epochs 1 --batch-size 30 --seed 1 --backend numpy", "plot", "train {pets}", "trian",
    "explain last@77777", "train {pets} --target nothing", "evaluate bars.keras", "export bars.keras --to py --out bars.py --force",
    "runs rm last",
)  # fmt: skip


@pytest.mark.parametrize("line", ANSWERS)
def test_every_answer_fits(type_, narrow, recorded, folder, monkeypatch, line) -> None:
    """Results, tables, notes and errors are broken between words, never in one."""
    monkeypatch.chdir(recorded)
    monkeypatch.setenv("CHAINRULE_RUNS", "runs")
    first = min(path.name for path in (recorded / "runs").iterdir() if path.is_dir())
    said = type_(*line.format(bars=folder / "bars.npz", pets=folder / "pets.csv", first=first).split())
    assert said.out + said.err
    assert too_long(said.out + said.err) == []
    words = set(re.findall(r"[A-Za-z]{3,}", said.out + said.err))
    monkeypatch.delenv("COLUMNS")
    if line.startswith(
        ("runs", "explain", "summary", "data", "evaluate", "doctor")
    ):  # these say the same again
        again = type_(*line.format(bars=folder / "bars.npz", pets=folder / "pets.csv", first=first).split())
        assert words <= set(re.findall(r"[A-Za-z]{3,}", again.out + again.err))  # no half of a word


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize(
    "line", [line for line in ANSWERS if line.startswith(("explain", "runs", "lr-find", "summary", "data"))]
)
def test_no_answer_dies_on_an_old_terminal(recorded, folder, monkeypatch, encoding, line) -> None:
    """Where a terminal knows few letters, others that look alike stand for those it lacks."""
    from chainrule.cli import main

    monkeypatch.chdir(recorded)
    monkeypatch.setenv("CHAINRULE_RUNS", "runs")
    first = min(path.name for path in (recorded / "runs").iterdir() if path.is_dir())
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2)]
    monkeypatch.setattr("sys.stdout", streams[0])
    monkeypatch.setattr("sys.stderr", streams[1])
    main(line.format(bars=folder / "bars.npz", pets=folder / "pets.csv", first=first).split())
    for stream in streams:
        stream.flush()
        text = stream.buffer.getvalue().decode(encoding)
        assert "\\u" not in text
        assert "unforeseen" not in text


def test_a_line_is_broken_between_words_and_colours_take_no_room() -> None:
    """Words longer than the line stay whole; codes for colours are not counted."""
    long = "x" * 50
    assert fitted(f"see {long} there", 20) == f"see\n  {long}\n  there"
    assert fitted("\x1b[1mtwelve\x1b[0m words", 12) == "\x1b[1mtwelve\x1b[0m words"
    assert fitted("anything " * 40, None) == "anything " * 40


def test_a_table_that_is_too_wide_goes_on_below() -> None:
    """Its words are broken first; then its later columns stand below the others, with the first column again."""
    rows = [["epoch", *(f"figure {k}" for k in range(12))], ["1", *["0.1234"] * 12]]
    lines = table(rows, left=(), columns=60)
    assert max(map(len, lines)) <= 60
    assert sum("epoch" in line for line in lines) >= 2
    assert all(f"figure {k}" in "\n".join(lines) for k in range(12))


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_a_command_shows_that_it_works_and_how_long_it_will_take(narrow) -> None:
    """Within half a second there is a line; with what is done there is a bar and the time left; at the end it is gone."""
    stream = Terminal()
    with Waiting("Drawing", stream=stream) as line:
        time.sleep(0.45)
        assert "Drawing" in stream.getvalue()
        line.advance(1, 10)
        time.sleep(0.4)
        assert re.search(r"Drawing ━━─+ 1/10, \d s, about \d+ s left …", stream.getvalue())
    assert stream.getvalue().rpartition("\r")[0].rpartition("\r")[2].strip() == ""  # wiped
    quiet = Terminal()
    with Waiting("Drawing", quiet=True, stream=quiet):
        time.sleep(0.4)
    assert quiet.getvalue() == ""


def test_fit_s_lines_fit(narrow) -> None:
    """While an epoch lasts, figures that have no room are left out; at its end they stand on a second line."""
    figures = dict.fromkeys(("accuracy", "loss", "val_accuracy", "val_loss", "learning_rate"), 0.1234)
    stream = Terminal()
    progress = Progress(1, 1875, stream)
    progress.update(7, figures)
    progress.finish(figures)
    for line in re.split(r"[\r\n]", stream.getvalue()):
        assert len(line.rstrip()) <= 80
        assert np.all([re.fullmatch(r"\w+: [\d.]+", piece.strip()) for piece in line.split(" - ")[1:]])
    assert all(f"{name}: 0.1234" in stream.getvalue() for name in figures)


def test_help_comes_as_people_ask_for_it(type_) -> None:
    """`help`, `help COMMAND`, `-V` and `runs list` say what --help, COMMAND --help, --version and runs do."""
    assert type_("help").out == type_("--help").out
    assert type_("help", "runs", "show").out == type_("runs", "show", "--help").out
    assert type_("-V").out == type_("--version").out
    assert type_("runs", "list").out == type_("runs").out


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("train {bars} --size 20", "--size does not apply to"),
        ("data {walks}", "Name it with --target."),
        ("train {pets} --target age --color", "--color does not apply to"),
    ],
)
def test_messages_speak_of_options_as_they_are_typed(type_, folder, line, says) -> None:
    """The library's names of arguments never reach somebody who types commands."""
    (folder / "walks.csv").write_text("hours,length\n" + "".join(f"{k / 7},{k / 3}\n" for k in range(60)))
    places = {"bars": folder / "bars.npz", "pets": folder / "pets.csv", "walks": folder / "walks.csv"}
    said = type_(*line.format(**places).split())
    assert said.code == 2
    assert says in said.err
    assert not re.search(r"\b(skip_bad|target=|colour)", said.err)


def test_colours_are_for_results_warnings_and_errors_only(type_, recorded, monkeypatch) -> None:
    """A result may be bold or green, a warning yellow, an error red; nothing else has a colour."""
    monkeypatch.chdir(recorded)
    monkeypatch.setenv("CHAINRULE_RUNS", "runs")
    monkeypatch.setenv("FORCE_COLOR", "1")
    for line in ("runs", "runs show last", "summary bars.keras", "--help", "doctor"):
        assert set(re.findall("\x1b\\[(\\d+)m", type_(*line.split()).out)) <= {"0", "1"}
    assert "\x1b[31m" in type_("trian").err


def test_a_summary_is_as_wide_as_the_terminal(type_, here, monkeypatch) -> None:
    """Long names go on below, within their cell; the box stays whole."""
    from chainrule import layers
    from chainrule.models import Sequential

    monkeypatch.setenv("COLUMNS", "80")
    model = Sequential(
        [layers.Input((9, 9, 3)), layers.Conv2D(2, 3, name="the_first_of_all_convolutions_here")]
    )
    model.save("long.keras")
    lines = type_("summary", "long.keras").out.splitlines()
    box = [line for line in lines if line[0] in "┏┃┡│├└"]
    assert {len(line) for line in box} == {80}
    assert "the_first_of_all_convolutions_h" in "".join(box)
    assert "(Conv2D)" in "".join(box)
