"""Lists the words of Chainrule's names, options and messages that neither the glossary nor the field's libraries use.

    python docs/words.py            the words, how often, and where one stands
    python docs/words.py --names    the identifiers that hold them

The field's words are those of the identifiers and docstrings in the installed keras, numpy, jax and sklearn.
"""

import argparse
import ast
import importlib.util
import re
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parent
PACKAGE = HERE.parent / "src" / "chainrule"
LIBRARIES = ("keras", "numpy", "jax", "sklearn")
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def words_of(text: str) -> set[str]:
    """The words of an identifier or a sentence, in small letters.

    >>> sorted(words_of("OpenedStep.next_mask"))
    ['mask', 'next', 'opened', 'step']
    """
    return {word.lower() for word in WORD.findall(text) if len(word) > 2}


def names_of(tree: ast.AST) -> set[str]:
    """Every identifier that a module makes: functions, classes, arguments, variables, attributes."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
    return found


def sentences_of(tree: ast.AST) -> set[str]:
    """Every string of a module that is no docstring: options, messages, what is printed."""
    docs = {id(node.body[0].value) for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and node.body
            and isinstance(node.body[0], ast.Expr)}  # fmt: skip
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    }


def field() -> set[str]:
    """The glossary's words and those of the libraries' sources."""
    known = words_of((HERE / "glossary.md").read_text())
    for library in LIBRARIES:
        spec = importlib.util.find_spec(library)
        if spec is None or spec.origin is None:
            raise SystemExit(f"{library} is not installed: pip install keras numpy jax scikit-learn")
        for path in Path(spec.origin).parent.rglob("*.py"):
            known |= words_of(path.read_text(errors="ignore"))
    return known


def main() -> None:
    """Prints what is left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", action="store_true")
    asked, known = parser.parse_args(), field()
    left: dict[str, set[str]] = defaultdict(set)
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text())
        for text in [path.stem, *names_of(tree), *sentences_of(tree)]:
            for word in words_of(text) - known:
                left[word].add(f"{path.relative_to(PACKAGE)}: {' '.join(text.split())[:60]}")
    for word, places in sorted(left.items(), key=lambda item: (-len(item[1]), item[0])):
        print(f"{len(places):4} {word:20} {min(places)}")
        if asked.names:
            print(*(f"         {place}" for place in sorted(places)), sep="\n")
    print(f"{len(left)} words")


if __name__ == "__main__":
    main()
