"""Names that a script imports and never uses: they must not stop it.

Notebooks import `plot_model`, `model_to_dot` or `freeze_graph` on their first lines and often never call them.
"""

import ast
from typing import Any, NoReturn

from chainrule.errors import AbsentNameError


def unused_imports(source: str) -> set[tuple[str, str]]:
    """The (module, name) pairs of `from module import name` whose name the source does not mention again.

    What stands in `try:` asks whether something is there, and keeps its answer.

    >>> sorted(unused_imports("from keras.utils import plot_model, to_categorical\\nto_categorical([1])"))
    [('keras.utils', 'plot_model')]
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # running it will say so
        return set()
    mentioned = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    mentioned |= {  # names in __all__, and in texts that are evaluated
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    asking = {id(node) for tried in ast.walk(tree) if isinstance(tried, ast.Try) for node in ast.walk(tried)}
    return {
        (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and not node.level and id(node) not in asking
        for alias in node.names
        if (alias.asname or alias.name) not in mentioned
    }


class Unused:
    """Stands for a name that is not here and that the script does not use; using it after all says so.

    >>> Unused("There is no such layer.")()
    Traceback (most recent call last):
    chainrule.errors.AbsentNameError: There is no such layer.
    """

    def __init__(self, refusal: str) -> None:
        self.__dict__["refusal"] = refusal

    def __getattr__(self, name: str) -> NoReturn:
        raise AbsentNameError(self.__dict__["refusal"])

    def __call__(self, *arguments: Any, **settings: Any) -> NoReturn:
        raise AbsentNameError(self.__dict__["refusal"])
