"""Writes the tables of options in docs/cli.md: `python docs/cli.py`. A test fails while the page is not up to date."""

import argparse
import re
from pathlib import Path

from chainrule.cli import command_list

PAGE = Path(__file__).with_name("cli.md")
EVERYWHERE = ("-h", "-q", "--no-color", "--debug", "--json")


def table(command: str) -> str:
    """The arguments and options of a command as a table; those that every command has are said once on the page."""
    parser = command_list.parser_of(command, command_list.module_of(command))
    rows = ["| option | what it does |", "|---|---|"]
    for action in parser._actions:  # noqa: SLF001 - argparse has no public name for it
        if set(action.option_strings) & set(EVERYWHERE) or action.help == argparse.SUPPRESS:
            continue
        rows.append(f"| `{spelled(action)}` | {(action.help or '').replace('|', chr(92) + '|')} |")
    if len(rows) == 2:
        return "No options of its own."
    return "\n".join(rows)


def spelled(action: argparse.Action) -> str:
    """An option as it is typed."""
    metavar = str(action.metavar or action.dest).replace("|", r"\|")
    if not action.option_strings:
        return f"[{metavar}]" if action.nargs in ("?", "*") else metavar
    takes_value = action.nargs != 0
    return ", ".join(action.option_strings) + (f" {metavar}" if takes_value else "")


def renewed(page: str) -> str:
    """The page with all its tables written anew."""

    def write(found: re.Match[str]) -> str:
        return f"<!-- options: {found[1]} -->\n{table(found[1])}\n<!-- end -->"

    return re.sub(r"<!-- options: ([a-z -]+) -->\n.*?<!-- end -->", write, page, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text()))
