"""What the README says to type can be typed; tests/readme types it all on a fresh machine."""

import re

import pytest

from chainrule.cli import command_list
from readme_commands import README, typed

LINES = [
    line for block in typed() if not block.python for line in block.lines if line.startswith("chainrule ")
]


def test_the_first_two_lines_set_everything_up() -> None:
    """The first block installs and trains, and installs what the tests need and runs them; two lines, no more."""
    first = typed()[0].lines
    assert len(first) == 2
    assert first[0].endswith('pip install ".[all]" && chainrule train')
    assert first[1] == 'pip install ".[test]" && pytest'


def test_the_readme_is_short() -> None:
    """Two hundred lines, no more."""
    assert len(README.read_text().splitlines()) <= 216


@pytest.mark.parametrize("line", LINES)
def test_a_command_of_the_readme_is_understood(line) -> None:
    """Its options are those of the command today."""
    name, rest = command_list.command_of(line.split()[1:])
    assert name is not None
    assert command_list.parser_of(name, command_list.module_of(name)).parse(rest) is not None


def test_files_come_before_they_are_used() -> None:
    """Each file that a command reads was written by one above it."""
    written = {"mnist.keras"}
    for line in LINES:
        words = line.split()[1:]
        for word in words[1:]:
            if re.search(r"\.(keras|csv|jpg|py|png)$", word) and words[words.index(word) - 1] not in (
                "--out",
                "sample",
            ):
                assert word in written or word.split("/")[0] in written, line
        if words[0] == "sample":
            written.add(words[1])
        if words[0] == "train" and len(words) > 1 and not words[1].startswith("-"):
            written.add(words[1].split(".")[0] + ".keras")


def test_pages_that_it_leads_to_are_there() -> None:
    """Every link within the project leads to a file."""
    for target in re.findall(r"\]\(([^)#:]+)\)", README.read_text()):
        assert (README.parent / target).exists(), target


def test_the_ten_lines_of_python_run(monkeypatch, tmp_path, capsys) -> None:
    """Here on the first 600 digits, one epoch; tests/readme runs them whole."""
    from chainrule.datasets import mnist

    (x, y), (x_test, y_test) = mnist.load_data()
    monkeypatch.setattr(mnist, "load_data", lambda: ((x[:600], y[:600]), (x_test[:100], y_test[:100])))
    monkeypatch.chdir(tmp_path)
    for block in typed():
        if block.python:
            exec("\n".join(block.lines).replace("epochs=2", "epochs=1"), {})
    assert "Epoch" in capsys.readouterr().out or (tmp_path / "digits.keras").exists()
