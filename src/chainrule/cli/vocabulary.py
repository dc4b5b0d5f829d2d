"""Messages of the library in the words of the command line: `batch_size=0` is `--batch-size 0` to whoever typed it."""

import re
from collections.abc import Mapping

OTHERS = {"colour": "--color", "seed": "--split-seed"}  # options about data, by the library's names


def in_option_names(text: str, options: Mapping[str, str]) -> str:
    """The text with the names of arguments as options are typed. options: of the command, by their Python names.

    >>> known = {"batch_size": "--batch-size", "target": "--target", "drop": "--drop"}
    >>> in_option_names("batch_size must be 1 or more. Name it with target='a', or drop=['b'] (--drop b).", known)
    '--batch-size must be 1 or more. Name it with --target a, or --drop b.'
    >>> in_option_names("There is no option called 'target'. Known: drop. (for a.npz)", known)
    '--target does not apply to a.npz. Options about this kind of data: --drop.'
    >>> in_option_names("In Python, RunRecorder(resume=...) continues it.", {"resume": "--resume"})
    'In Python, RunRecorder(resume=...) continues it.'
    """
    if not options:
        return text
    result = as_typed(text)
    result = re.sub(
        r"There is no option called '(\w+)'\.(?: Did you mean '\w+'\?)? Known: ([\w, ]+)\. \(for (.*)\)",
        lambda found: _foreign(found, options),
        result,
    )
    names = "|".join(map(re.escape, options))
    result = re.sub(
        rf"(?<![\w.'(-])({names})='?([^\s',]+)'?", lambda found: f"{options[found[1]]} {found[2]}", result
    )
    parted = "|".join(re.escape(name) for name in options if "_" in name)
    return (
        re.sub(rf"(?<![\w.'-])({parted})(?![\w(])", lambda found: options[found[1]], result)
        if parted
        else result
    )


def as_typed(text: str) -> str:
    """The text without what is said for Python where the option stands behind it.

    >>> as_typed("target= (--target) names another; say which with task='classes' or task='regression' (--task)")
    '--target names another; say which with --task classes or --task regression'
    """
    if "(--" not in text:
        return text
    value = r"=(?:\[[^]]*\]|'[^']*'|\w*)"
    return re.sub(rf"\b[a-z_]+{value}(?: or [a-z_]+{value})? \((--[^()]+)\)", _typed, text)


def _typed(found: re.Match[str]) -> str:
    """What is said for Python and for the command line: only the latter; a bare option takes the values from before."""
    option = found[1]
    return (
        option
        if " " in option
        else " or ".join(f"{option} {value}" for value in re.findall(r"='([^']*)'", found[0])) or option
    )


def _foreign(found: re.Match[str], options: Mapping[str, str]) -> str:
    def spelled(name: str) -> str:
        return OTHERS.get(name) or options.get(name) or "--" + name.replace("_", "-")

    known = ", ".join(sorted(spelled(name) for name in found[2].split(", ")))
    return f"{spelled(found[1])} does not apply to {found[3]}. Options about this kind of data: {known}."
