"""`chainrule completion` and `chainrule doctor`."""

import shutil
import subprocess

import pytest

from chainrule.cli import choices, command_list
from chainrule.cli.commands.completion import options_of

BASH = shutil.which("bash")


@pytest.mark.parametrize("shell", choices.SHELLS)
def test_every_command_and_option_is_completed(type_, shell) -> None:
    """Each script names every command, every option and every known value."""
    script = type_("completion", shell).out
    for command in command_list.COMMANDS:
        for word in command.split():
            assert word in script
        for option in options_of(command):
            for name in option.names:
                assert (
                    name if shell != "fish" else f" {name[2:]}" if name.startswith("--") else f"-s {name[1:]}"
                ) in script
            for value in option.values:
                assert value.replace(" ", r"\ ") in script or value in script


def complete(script: str, *words: str) -> list[str]:
    """What bash offers for the last of these words."""
    typed = " ".join(f"'{word}'" for word in words)
    code = f"{script}\nCOMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; _chainrule; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run([BASH, "--norc", "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split("\n")[:-1]


@pytest.mark.skipif(BASH is None, reason="there is no bash here")
def test_bash_completes_commands_options_values_and_files(type_, here) -> None:
    """The script works in a real bash."""
    script = type_("completion", "bash").out
    (here / "mnist.keras").write_text("")
    assert complete(script, "chainrule", "tr") == ["train"]
    assert "--version" in complete(script, "chainrule", "")
    assert complete(script, "chainrule", "train", "--rec") == ["--recipe"]
    assert complete(script, "chainrule", "train", "--recipe", "") == [*choices.RECIPES, choices.AUTO]
    assert complete(script, "chainrule", "train", "--task", "two") == ["two classes"]
    assert complete(script, "chainrule", "data", "sh") == ["show"]
    assert complete(script, "chainrule", "data", "show", "mnist", "--p") == ["--part"]
    assert complete(script, "chainrule", "data", "show", "--part", "v") == ["val"]
    assert complete(script, "chainrule", "predict", "mnist.k") == ["mnist.keras"]
    assert complete(script, "chainrule", "completion", "z") == ["zsh"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_can_read_their_scripts(type_, here, shell) -> None:
    """Where the shell is installed, it finds no mistake in its script."""
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    (here / "script").write_text(type_("completion", shell).out)
    subprocess.run([shell, "-n", "script"], check=True, capture_output=True)


def test_an_unknown_shell_is_answered_with_the_nearest(type_) -> None:
    """`completion bsh` means bash."""
    said = type_("completion", "bsh")
    assert said.code == 2
    assert "Did you mean 'bash'?" in said.err


def test_the_names_of_options_values_are_those_of_the_library() -> None:
    """What help and completion offer without importing the library is what the library knows."""
    from chainrule import activations, arrays, losses, optimizers
    from chainrule.datasets import dataset, pictures
    from chainrule.training import recipes

    assert set(choices.RECIPES) == set(recipes.RECIPES)
    assert set(choices.SCHEDULES) == set(recipes.SCHEDULES)
    assert set(choices.ACTIVATIONS) == set(activations.RULES) | set(activations.ALIASES)
    assert {losses.get(name).__name__ for name in choices.LOSSES} == {
        kind.key.removesuffix("_loss") for kind in losses.CLASSES.values()
    }
    assert set(choices.OPTIMIZERS) == {name.lower() for name in optimizers.CLASSES}
    assert set(choices.BACKENDS) == set(arrays.BACKENDS)
    assert set(choices.TASKS) == set(dataset.TASKS)
    assert set(choices.FITS) == set(pictures.FITS)


def test_doctor_checks_and_lists(type_, monkeypatch) -> None:
    """Versions of all parts, whether learning and the data work, where things are kept."""
    monkeypatch.setenv("CHAINRULE_HOME", "/somewhere")
    said = type_("doctor")
    found = type_("doctor", "--json").json
    assert found["checks"]["learning on NumPy"] == "ok"
    assert found["checks"]["MNIST in the package"].startswith("ok")
    assert found["parts"]["numpy"]["version"]
    assert found["cache"] == "/somewhere"
    for word in ("numpy", "pillow", "jax", "learning on NumPy", "cache folder", "/somewhere"):
        assert word in said.out
    assert said.code in (0, 1)


def test_doctor_fails_when_something_needed_is_broken(type_, monkeypatch) -> None:
    """Damaged data in the package: exit code 1 and the reason."""
    from chainrule.datasets import mnist

    monkeypatch.setitem(mnist.FILES, "train-labels-idx1-ubyte.gz", "0" * 64)
    said = type_("doctor")
    assert said.code == 1
    assert "is damaged; install chainrule again" in said.out
