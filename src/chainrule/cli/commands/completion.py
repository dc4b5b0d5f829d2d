"""A script that makes a shell complete commands, options and their values on TAB.

    chainrule completion bash >> ~/.bash_completion
    chainrule completion zsh > "${fpath[1]}/_chainrule"
    chainrule completion fish > ~/.config/fish/completions/chainrule.fish

The script is made from the commands as they are in this version and does not run Chainrule.
"""

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainrule.cli import choices, command_list
from chainrule.cli.output import Output
from chainrule.cli.parser import OneOf, Parser

if TYPE_CHECKING:
    from argparse import Namespace

EXAMPLES = (
    "chainrule completion bash",
    "chainrule completion fish > ~/.config/fish/completions/chainrule.fish",
)


@dataclass(frozen=True)
class Option:
    """An option of a command as a shell needs to know it."""

    names: tuple[str, ...]
    help: str
    takes: bool  # a value
    values: tuple[str, ...] = ()  # the known ones; files where there are none


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument(
        "shell", type=OneOf("shell", choices.SHELLS), metavar="SHELL", help="bash, zsh or fish"
    )


def run(args: "Namespace", out: Output) -> int:
    """Prints the script."""
    out.say({"bash": bash, "zsh": zsh, "fish": fish}[args.shell]())
    return 0


def options_of(command: str) -> list[Option]:
    """The options of a command, in the order of its help."""
    parser = command_list.parser_of(command, command_list.module_of(command))
    return [
        Option(tuple(action.option_strings), (action.help or "").replace("%%", "%"),
               action.nargs != 0 and not isinstance(action, argparse._StoreConstAction),  # noqa: SLF001 - has no public name
               action.type.names if isinstance(action.type, OneOf) else ())
        for action in parser._actions if action.option_strings and action.help != argparse.SUPPRESS  # noqa: SLF001 - nor has this
    ]  # fmt: skip


def first_words(command: str) -> tuple[str, ...]:
    """What may stand at a command's first place, beside files."""
    from chainrule.datasets import NAMES

    if command == "completion":
        return choices.SHELLS
    if more := _more_words(command):
        return (*more, *(NAMES if command == "data" else ()))
    return NAMES if command in ("train", "evaluate", "data show", "data check") else ()


def bash() -> str:
    """The script for bash."""
    cases, values = [], []
    for command in command_list.COMMANDS:
        options = options_of(command)
        names = " ".join(name for option in options for name in option.names)
        cases.append(f'    "{command}") options="{names}"; words="{" ".join(first_words(command))}" ;;')
        for option in options:
            if option.values:
                pattern = "|".join(f"{command} {name}" for name in option.names)
                pattern = pattern.replace(" ", r"\ ")
                values.append(f'    {pattern}) choices="{_lines(option.values)}" ;;')
    return f"""# chainrule: completion for bash, made by `chainrule completion bash`
_chainrule() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}" command="" options="" words="" choices="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "${{COMP_WORDS[i]}}" in
      -*) ;;
      *) command="${{COMP_WORDS[i]}}"
         if [[ $((i + 1)) -lt $COMP_CWORD ]]; then
           case "$command ${{COMP_WORDS[i+1]}}" in {_pattern()}) command="$command ${{COMP_WORDS[i+1]}}" ;; esac
         fi
         break ;;
    esac
  done
  local IFS=$'\\n'
  if [[ -z $command ]]; then
    COMPREPLY=($(compgen -W $'{_lines(_plain_commands(), "bash")}\\n--help\\n--version' -- "$current"))
    return
  fi
  case "$command" in
{chr(10).join(cases)}
  esac
  case "$command $previous" in
{chr(10).join(values)}
  esac
  if [[ -n $choices ]]; then
    COMPREPLY=($(compgen -W "$choices" -- "$current"))
  elif [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "${{options// /$'\\n'}}" -- "$current"))
  else
    COMPREPLY=($(compgen -W "${{words// /$'\\n'}}" -- "$current") $(compgen -f -- "$current"))
    compopt -o filenames 2>/dev/null
  fi
}}
complete -F _chainrule chainrule"""


def zsh() -> str:
    """The script for zsh."""
    described = " ".join(_quoted(f"{name}:{command_list.COMMANDS[name]}") for name in _plain_commands())
    cases = []
    for command in command_list.COMMANDS:
        specs = []
        for option in options_of(command):
            about = option.help.replace("[", "(").replace("]", ")").replace(":", "\\:")
            value = (
                f":value:({' '.join(v.replace(' ', chr(92) + ' ') for v in option.values)})"
                if option.values
                else ":value:_files"
            )
            specs += [_quoted(f"{name}[{about}]{value if option.takes else ''}") for name in option.names]
        words = " ".join(first_words(command))
        specs.append(
            _quoted(
                f"*:file: _alternative 'names:name:({words})' 'files:file:_files'"
                if words
                else "*:file:_files"
            )
        )
        lines = " \\\n        ".join(specs)
        cases.append(f"    {_quoted(command)})\n      _arguments -s \\\n        {lines} ;;")
    return f"""#compdef chainrule
# chainrule: completion for zsh, made by `chainrule completion zsh`
_chainrule() {{
  local -a commands
  commands=({described})
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="$words[2]"
  if (( CURRENT > 3 )); then
    case "$command $words[3]" in
      ({_pattern()}) command="$command $words[3]"; shift words; (( CURRENT-- )) ;;
    esac
  fi
  shift words
  (( CURRENT-- ))
  case "$command" in
{chr(10).join(cases)}
  esac
}}
if [[ $funcstack[1] == _chainrule ]]; then _chainrule "$@"; else compdef _chainrule chainrule; fi"""


def fish() -> str:
    """The script for fish."""
    plain = " ".join(_plain_commands())
    lines = ["# chainrule: completion for fish, made by `chainrule completion fish`"]
    lines += [
        f"complete -c chainrule -n {_quoted(f'not __fish_seen_subcommand_from {plain}')} -f -a {name} -d {_quoted(about)}"
        for name, about in command_list.COMMANDS.items() if " " not in name
    ]  # fmt: skip
    for command in command_list.COMMANDS:
        seen = " && ".join(f"__fish_seen_subcommand_from {word}" for word in command.split())
        if more := _more_words(command):
            seen += f" && not __fish_seen_subcommand_from {' '.join(more)}"
        if words := " ".join(first_words(command)):
            lines.append(f"complete -c chainrule -n {_quoted(seen)} -a {_quoted(words)}")
        for option in options_of(command):
            names = " ".join(f"-l {n[2:]}" if n.startswith("--") else f"-s {n[1:]}" for n in option.names)
            value = (
                f" -x -a {_quoted(' '.join(v.replace(' ', chr(92) + ' ') for v in option.values))}"
                if option.values
                else " -r"
            )
            lines.append(
                f"complete -c chainrule -n {_quoted(seen)} {names}{value if option.takes else ''} -d {_quoted(option.help)}"
            )
    return "\n".join(lines)


def _more_words(command: str) -> tuple[str, ...]:
    """The second words of a command: those of `runs` are show, compare and rm."""
    return tuple(name.split()[1] for name in command_list.COMMANDS if name.startswith(f"{command} "))


def _pattern() -> str:
    """The commands of two words, as the pattern of a shell's case."""
    return "|".join(name.replace(" ", r"\ ") for name in command_list.COMMANDS if " " in name)


def _plain_commands() -> list[str]:
    return [name for name in command_list.COMMANDS if " " not in name]


def _lines(values: "list[str] | tuple[str, ...]", shell: str = "") -> str:
    """Values with a line end between, as bash reads them inside $'...' or "..."."""
    return ("\\n" if shell == "bash" else "\n").join(values)


def _quoted(text: str) -> str:
    """A text in single quotes, for a shell."""
    return "'" + text.replace("'", "'\\''") + "'"
