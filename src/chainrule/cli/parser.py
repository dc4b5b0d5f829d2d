"""argparse, worded as the rest of Chainrule: one sentence, the nearest name, and two examples in every help."""

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from chainrule.errors import SettingError, nearest, unknown


class Parser(argparse.ArgumentParser):
    """The parser of one command. Options are never guessed from their first letters."""

    def __init__(
        self, command: str, about: str, examples: Sequence[str], description: str | None = None
    ) -> None:
        text = (description or about).split("\n", 1)
        body = text[1].strip("\n") if len(text) > 1 else ""
        super().__init__(
            prog=f"chainrule {command}",
            description=f"{about[:1].upper()}{about[1:]}." + (f"\n\n{body}" if body else ""),
            epilog="examples:\n" + "\n".join(f"  {line}" for line in examples),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
            add_help=False,
        )
        self.command = command
        self.leaves_rest = False
        everywhere = self.add_argument_group("everywhere")
        everywhere.add_argument("-h", "--help", action="store_true", help="show this and end")
        everywhere.add_argument("-q", "--quiet", action="store_true", help="no progress and no notes")
        everywhere.add_argument("--no-color", action="store_true", help="no colors (as with NO_COLOR=1)")
        everywhere.add_argument("--debug", action="store_true", help="a traceback where something goes wrong")
        self.everywhere = everywhere

    def add_json(self) -> None:
        """For commands that report: --json."""
        self.everywhere.add_argument("--json", action="store_true", help="the result as JSON, for programs")

    def option_names(self) -> dict[str, str]:
        """How options are typed, by their names in Python."""
        return {
            action.dest: max(action.option_strings, key=len)
            for action in reversed(self._actions)
            if action.option_strings and action.help != argparse.SUPPRESS
        }

    def finish(self) -> None:
        """After the last option: a usage that fits one line, and what every command has at the end of the help."""
        places = [
            (action.metavar or action.dest, action.nargs)
            for action in self._actions
            if not action.option_strings
        ]
        words = [
            f"[{name}]" if nargs == "?" else f"[{name} ...]" if nargs == "*" else str(name)
            for name, nargs in places
        ]
        self.usage = " ".join([self.prog, *words, "[options]"])
        self._action_groups.remove(self.everywhere)
        self._action_groups.append(self.everywhere)

    def print_help(self, file: Any = None) -> None:
        """Prints the help; its text as wide as the terminal, up to 100 letters."""
        if self.description:
            self.description = filled(self.description)
        super().print_help(file)

    def parse(self, words: Sequence[str]) -> argparse.Namespace | None:
        """What the words say, or None after the help was printed; SettingError for what cannot be understood."""
        words, kept = self._cut(words)
        if any(word in ("-h", "--help") for word in _before_dashes(words)):
            self.print_help()
            return None
        for word in _before_dashes(words):
            if word.startswith("--"):
                self._check_option(word.split("=")[0])
        args, rest = (
            self.parse_known_intermixed_args(words) if self._can_mix() else self.parse_known_args(words)
        )
        for word in rest:
            if word.startswith("-") and word != "-":
                self._check_option(word)
        if rest:
            raise SettingError(f"{self.command}: unexpected argument {rest[0]!r}; {self._expected()}.")
        args.rest = kept
        return args

    def leave_rest(self) -> None:
        """For commands that run something: what follows the first word is not ours. It becomes `args.rest`."""
        self.leaves_rest = True

    def _cut(self, words: Sequence[str]) -> tuple[Sequence[str], list[str]]:
        """The words up to the first that is no option, and all others, where those are left alone."""
        place = 0
        while self.leaves_rest and place < len(words) and words[place].startswith("-"):
            action = self._option_string_actions.get(words[place])
            place += 1 if action is None or action.nargs == 0 else 2
        return (words[: place + 1], list(words[place + 1 :])) if self.leaves_rest else (words, [])

    def _check_option(self, option: str) -> None:
        if option not in self._option_string_actions:
            guess = nearest(
                option, [known for known in self._option_string_actions if known.startswith("--")]
            )
            raise SettingError(f"There is no option {option}." + (f" Did you mean {guess}?" if guess else ""))

    def _can_mix(self) -> bool:
        """Whether options may stand among several words (argparse cannot do it where the rest is swallowed)."""
        return not any(action.nargs in (argparse.REMAINDER, argparse.PARSER) for action in self._actions)

    def _expected(self) -> str:
        places = [a.metavar or a.dest for a in self._actions if not a.option_strings]
        return f"expected {' and '.join(str(p) for p in places)}" if places else "it takes options only"

    def error(self, message: str) -> NoReturn:
        message = message.removeprefix("argument ")
        raise SettingError(f"{message[:1].upper()}{message[1:]}{'' if message.endswith(('.', '?')) else '.'}")


def filled(text: str) -> str:
    """Paragraphs as wide as the terminal, at most 100 letters; lines that are indented stay as they are."""
    import textwrap
    from shutil import get_terminal_size

    width = min(100, get_terminal_size().columns)
    parts = text.split("\n\n")
    return "\n\n".join(part if part.startswith(" ") else textwrap.fill(part, width) for part in parts)


class OneOf:
    """The type of an option that takes one of a few names; says the nearest when it is none of them.

    >>> OneOf("recipe", ("fast", "classic"))("fast")
    'fast'
    """

    def __init__(self, kind: str, names: Sequence[str]) -> None:
        self.kind, self.names = kind, tuple(names)

    def __call__(self, word: str) -> str:
        if word not in self.names:
            raise argparse.ArgumentTypeError(str(unknown(self.kind, word, self.names)))
        return word


def whole(least: int) -> Any:
    """The type of an option that takes a whole number, `least` or more.

    >>> whole(1)("32")
    32
    """

    def read(word: str) -> int:
        try:
            number = int(word.replace("_", ""))
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(f"expected a whole number, {least} or more; got {word!r}.")
        return number

    return read


def seconds(word: str) -> float:
    """The type of an option that takes a time: seconds, or minutes where an m says so.

    >>> seconds("60s"), seconds("1.5m"), seconds("10")
    (60.0, 90.0, 10.0)
    """
    number = word.strip().lower().removesuffix("s")
    try:
        return above_zero(number.removesuffix("m")) * (60 if number.endswith("m") else 1)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"expected a time such as 60s or 2m; got {word!r}.") from None


def above_zero(word: str) -> float:
    """The type of an option that takes a number above 0.

    >>> above_zero("1e-3")
    0.001
    """
    try:
        number = float(word)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0; got {word!r}.")
    return number


def share(word: str) -> float:
    """The type of an option that takes a part of the examples.

    >>> share("0.1"), share("10%")
    (0.1, 0.1)
    """
    try:
        number = float(word.removesuffix("%")) / (100 if word.endswith("%") else 1)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1:
        raise argparse.ArgumentTypeError(f"expected a share such as 0.1 or 10%; got {word!r}.")
    return number


def names(word: str) -> list[str]:
    """The type of an option that takes names with commas between; nothing at all is the column without a name.

    >>> names("age, city"), names("")
    (['age', 'city'], [''])
    """
    if not word.strip():
        return [""]
    return [name.strip() for name in word.split(",") if name.strip()]


def _before_dashes(words: Sequence[str]) -> Sequence[str]:
    return words[: words.index("--")] if "--" in words else words
