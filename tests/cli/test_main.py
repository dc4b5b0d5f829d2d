"""What all commands share: help, exit codes, streams, colours, and one sentence when something goes wrong."""

import argparse
import io
import os
import shlex
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule
from chainrule import cli
from chainrule.cli import command_list
from chainrule.cli.output import Output, wants_color
from chainrule.errors import DataError, MissingDependencyError

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
COMMANDS = list(command_list.COMMANDS)


def parser(command: str):
    return command_list.parser_of(command, command_list.module_of(command))


def test_help_lists_all_commands(type_) -> None:
    """`chainrule`, `chainrule -h` and `chainrule --help` say the same: every command with a line about it."""
    said = type_("--help")
    assert said.code == 0
    for command, about in command_list.COMMANDS.items():
        assert f"{command} " in said.out
        assert about in said.out
    assert type_().out == type_("-h").out == said.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_two_examples(type_, command) -> None:
    """Its help says what it does, describes every option, and has at least two examples that can be typed."""
    said = type_(*command.split(), "--help")
    assert said.code == 0
    assert said.out.startswith(f"usage: chainrule {command} ")
    examples = said.out.split("examples:\n")[1].strip().splitlines()
    assert len(examples) >= 2
    for line in examples:
        words = shlex.split(line)
        words = words[: words.index(">")] if ">" in words else words
        assert words[0] == "chainrule"
        assert command_list.command_of(words[1:])[0] in COMMANDS
        found, rest = command_list.command_of(words[1:])
        assert parser(found).parse(rest) is not None  # it is understood
    for action in parser(command)._actions:
        assert action.help, f"{action.dest} has no help"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_is_documented(command) -> None:
    """docs/cli.md has a section for the command, with an example, and names every option."""
    page = PAGE.read_text()
    section = page.split(f"\n## chainrule {command}\n")[1].split("\n## ")[0]
    assert f"\nchainrule {command}" in section
    shared = page.split("## What all commands share")[1].split("\n## ")[0]
    for action in parser(command)._actions:
        for option in () if action.help == argparse.SUPPRESS else action.option_strings:
            assert f"`{option}" in section or f"{option}`" in shared or f"{option}," in shared, (
                f"{option} is not documented"
            )


def test_the_tables_of_options_are_up_to_date() -> None:
    """`python docs/cli.py` would change nothing."""
    import runpy

    renewed = runpy.run_path(str(PAGE.with_suffix(".py")), run_name="page")["renewed"]
    assert renewed(PAGE.read_text()) == PAGE.read_text(), "run: python docs/cli.py"


def test_version_names_what_it_runs_on(type_) -> None:
    """`--version`: Chainrule, Python, NumPy, backend."""
    import numpy as np

    said = type_("--version")
    assert said.out.startswith(f"chainrule {chainrule.__version__} (Python 3.")
    assert f"NumPy {np.__version__}" in said.out
    assert "backend " in said.out


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("trian",), "There is no command called 'trian'. Did you mean 'train'?"),
        (("--vresion",), "Did you mean '--version'?"),
        (("data", "shwo", "mnist"), "data: unexpected argument 'mnist'"),
        (("summary", "a.keras", "b.keras"), "summary: unexpected argument 'b.keras'; expected MODEL."),
        (("doctor", "me"), "doctor: unexpected argument 'me'; it takes options only."),
        (("summary", "--jsn"), "There is no option --jsn. Did you mean --json?"),
        (("summary",), "The following arguments are required: MODEL."),
    ],
)
def test_mistyped_words_have_exit_code_2_and_the_nearest_name(type_, words, hint) -> None:
    """What does not exist is answered with what does, and where to read on."""
    said = type_(*words)
    assert said.code == 2
    assert hint in said.err
    assert "--help shows what there is." in said.err
    assert said.out == ""


def test_options_may_stand_anywhere(type_, digits) -> None:
    """Before the command, between the words, after them; what follows -- is a name."""
    model, seven = digits / "digits.keras", digits / "seven.png"
    expected = type_("predict", model, seven, "--json", "--top", 2).out
    assert type_("--json", "predict", "--top", "2", model, seven).out == expected
    assert type_("predict", model, "--top=2", "--json", seven).out == expected
    assert type_("predict", "--json", "--top", "2", "--", model, seven).out == expected
    assert "There is no file '--top'" in type_("predict", model, "--", "--top").err


@pytest.mark.parametrize(
    ("problem", "code", "words"),
    [
        (DataError("The table is crooked."), 1, "The table is crooked."),
        (MissingDependencyError('X needs y: pip install "chainrule[y]"'), 1, 'pip install "chainrule[y]"'),
        (MemoryError(), 1, "There is not enough memory for this."),
        (PermissionError(13, "Permission denied", "/secret"), 1, "/secret: Permission denied."),
        (OSError(28, "No space left on device"), 1, "No space left on device."),
        (ModuleNotFoundError("No module named 'numpy'", name="numpy"), 1, "The package numpy cannot be imported"),
        (ZeroDivisionError("division by zero"), 1, "Something unforeseen went wrong (ZeroDivisionError: division by zero)."),
        (RecursionError(), 1, "Something unforeseen went wrong (RecursionError)."),
        (KeyboardInterrupt(), 130, "Interrupted."),
        (BrokenPipeError(), 141, ""),
    ],
)  # fmt: skip
def test_whatever_happens_there_is_one_sentence_and_an_exit_code(
    type_, monkeypatch, problem, code, words
) -> None:
    """No exception leaves `main`, and no traceback is shown that nobody asked for."""
    from chainrule.cli.commands import doctor

    def run(args, out):
        raise problem

    monkeypatch.setattr(doctor, "run", run)
    monkeypatch.setattr(cli, "_pipe_closed", lambda: 141)
    said = type_("doctor")
    assert said.code == code
    assert words in said.err
    assert "Traceback" not in said.err
    assert len(said.err.splitlines()) <= 1


def test_debug_shows_the_traceback(type_, monkeypatch) -> None:
    """--debug, or CHAINRULE_DEBUG=1, shows where it went wrong, and still the sentence and the exit code."""
    assert "Traceback" in type_("summary", "nothing.keras", "--debug").err
    monkeypatch.setenv("CHAINRULE_DEBUG", "1")
    said = type_("summary", "nothing.keras")
    assert "paths.py" in said.err
    assert said.err.splitlines()[-1].startswith("chainrule summary: There is no model file 'nothing.keras'.")
    assert said.code == 1


def test_warnings_are_lines_of_their_own(type_, monkeypatch) -> None:
    """A warning of the library has no file name and no line of code, and is said with -q, too."""
    import warnings

    from chainrule.cli.commands import doctor

    monkeypatch.setattr(
        doctor, "run", lambda args, out: warnings.warn("the file holds NaN", stacklevel=1) or 0
    )
    assert type_("doctor", "-q").err == "warning: the file holds NaN\n"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_colours_are_for_terminals_unless_the_environment_says_otherwise() -> None:
    """--no-color, then NO_COLOR, then FORCE_COLOR and CLICOLOR_FORCE, then TERM, then the terminal."""
    tty, file = Terminal(), io.StringIO()
    assert wants_color(tty, [], {})
    assert not wants_color(file, [], {})
    assert not wants_color(tty, [], {"TERM": "dumb"})
    assert wants_color(file, [], {"FORCE_COLOR": "1", "TERM": "dumb"})
    assert wants_color(file, [], {"CLICOLOR_FORCE": "1"})
    assert not wants_color(file, [], {"FORCE_COLOR": "0"})
    assert not wants_color(tty, [], {"NO_COLOR": "1", "FORCE_COLOR": "1"})
    assert wants_color(tty, [], {"NO_COLOR": ""})
    assert not wants_color(tty, ["--no-color"], {"FORCE_COLOR": "1"})
    closed = Terminal()
    closed.close()
    assert not wants_color(closed, [], {})


def test_colours_reach_the_output(type_, monkeypatch) -> None:
    """FORCE_COLOR paints headings; --no-color takes them away; JSON never has any."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1mcommands:\x1b[0m" in type_("--help").out
    assert "\x1b" not in type_("--no-color", "--help").out
    assert "\x1b" not in type_("data", "--json").out
    assert "\x1b[31mchainrule:\x1b[0m" in type_("nothing").err


def test_letters_that_a_terminal_lacks_are_replaced(monkeypatch, models) -> None:
    """On an ASCII terminal the table is drawn with + and -, and a name in Cyrillic does not end the program."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert cli.main(["summary", str(models / "bars.keras")]) == 0
    out = Output()
    out.say("дом")
    out.flush()
    text = raw.getvalue().decode("ascii")
    assert "+---" in text
    assert r"\u0434\u043e\u043c" in text


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="names are Unicode here")
def test_a_file_whose_name_is_no_unicode_can_be_named(type_, digits, here) -> None:
    """A name in an old encoding is read and shown with its bytes escaped."""
    import shutil

    name = os.fsdecode(b"caf\xe9.png")
    shutil.copy(digits / "seven.png", name)
    assert type_("predict", digits / "digits.keras", name).out.startswith(r"caf\udce9.png: 7  ")
    assert type_("predict", digits / "digits.keras", name, "--json").lines[0]["file"] == name


WORDS = ["summary", "convert", "predict", "completion", "data", "show", "--json", "--out", "--top", "-q", "-", "--", "bash", "-h", "--version",
         "mnist.keras", "a.h5", "/", ".", "", "--force", "--debug", "-9", "é", "\0", "--top=x", "nothing.csv"]  # fmt: skip


@settings(max_examples=150)
@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=8), max_size=5))
def test_whatever_is_typed_has_an_exit_code(type_, here, words) -> None:
    """No words, however odd, make it crash."""
    if words[:1] == ["data"] or "-" in words:  # these would read data, or wait for stdin
        words = ["summary", *words[1:]]
    said = type_(*words)
    assert said.code in (0, 1, 2)
    assert "unforeseen" not in said.err
    assert ("Traceback" in said.err) <= ("--debug" in words)


def test_without_stdout_it_still_works(monkeypatch, models) -> None:
    """A program started without stdout (a service) has no stream at all."""
    monkeypatch.setattr(sys, "stdout", None)
    assert cli.main(["summary", str(models / "bars.keras")]) == 0
