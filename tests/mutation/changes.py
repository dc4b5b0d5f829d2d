"""The small mistakes that can be made in a module: everywhere a sign flipped, a term dropped, a transpose forgotten.

What says nothing about numbers is left alone: docstrings, annotations, imports, assertions (zip's `strict`), the texts
of errors, printed names.
Everything else is changed, settings and their checks, too.
"""

import ast
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

SWAPPED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.RShift: ast.LShift, ast.BitXor: ast.BitOr,
}  # fmt: skip
RENAMED = {
    "maximum": "minimum", "minimum": "maximum", "max": "min", "min": "max", "sum": "mean", "mean": "sum", "exp": "expm1",
    "log": "log1p", "log1p": "log", "expm1": "exp", "sqrt": "abs", "abs": "sqrt", "argmax": "argmin", "cos": "sin",
    "floor": "ceil", "sign": "abs", "zeros_like": "ones_like", "ones_like": "zeros_like", "any": "all", "all": "any",
    "tanh": "sinh",
}  # fmt: skip


class Spot(NamedTuple):
    """One place in a module's tree, the change there in words, and the change."""

    node: ast.AST
    words: str
    change: Callable[[Any], object]


def spots(tree: ast.Module) -> Iterator[Spot]:
    """Every change that can be made to a module."""
    for node in ast.walk(tree):
        if getattr(node, "skipped", False):
            continue
        spot = partial(Spot, node)
        if isinstance(node, (ast.BinOp, ast.AugAssign, ast.BoolOp)) and type(node.op) in SWAPPED:
            other = SWAPPED[type(node.op)]
            yield spot(
                f"{type(node.op).__name__} -> {other.__name__}",
                lambda n, other=other: setattr(n, "op", other()),
            )
        if isinstance(node, ast.Compare):
            for k, op in enumerate(node.ops):  # 0 <= x < 1 has two
                other = SWAPPED[type(op)]
                yield spot(
                    f"{type(op).__name__} -> {other.__name__}",
                    lambda n, k=k, other=other: n.ops.__setitem__(k, other()),
                )
        if isinstance(node, ast.BinOp):
            yield spot("right side dropped", lambda n: become(n, n.left))
            if isinstance(node.op, (ast.Mult, ast.Add, ast.Sub, ast.MatMult)):
                yield spot("left side dropped", lambda n: become(n, n.right))
            if isinstance(node.op, ast.MatMult):
                yield spot("factors exchanged", exchange_sides)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
            yield spot(f"{type(node.op).__name__} dropped", lambda n: become(n, n.operand))
        if isinstance(node, ast.Attribute) and node.attr == "T":
            yield spot("transpose dropped", lambda n: become(n, n.value))
        if isinstance(node, ast.Attribute) and node.attr in RENAMED:
            words = f"{node.attr} -> {RENAMED[node.attr]}"
            yield spot(words, lambda n: setattr(n, "attr", RENAMED[n.attr]))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "where" and len(node.args) == 3:
            yield spot("choices exchanged", exchange_choices)
        if isinstance(node, ast.IfExp):
            yield spot("always the first", lambda n: become(n, n.body))
            yield spot("always the second", lambda n: become(n, n.orelse))
        if isinstance(node, ast.If):
            yield spot("condition always true", lambda n: setattr(n, "test", ast.Constant(True)))
            yield spot("condition never true", lambda n: setattr(n, "test", ast.Constant(False)))
        if isinstance(node, (ast.Expr, ast.AugAssign)):
            yield spot("line dropped", lambda n: become(n, ast.Pass()))
        if isinstance(node, ast.Constant):
            yield from (
                spot(f"{node.value!r} -> {new!r}", lambda n, new=new: setattr(n, "value", new))
                for new in others(node.value)
            )


def others(value: object) -> list[object]:
    """What a constant is changed to: a neighbour, or a number 10 % off."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1] if value >= 0 else [value - 1]
    if isinstance(value, float):
        return [value * 1.1] if value else [0.1]
    return []


def become(node: ast.AST, other: ast.AST) -> None:
    """Makes a node the same as another, in place."""
    node.__class__ = other.__class__
    node.__dict__.clear()
    node.__dict__.update(other.__dict__)


def exchange_sides(node: ast.BinOp) -> None:
    node.left, node.right = node.right, node.left


def exchange_choices(node: ast.Call) -> None:
    node.args[1], node.args[2] = node.args[2], node.args[1]


def skip(tree: ast.Module) -> None:
    """Marks what says nothing about numbers: docstrings, annotations, assertions, raised errors, printed names."""
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            arguments = [
                *node.args.args,
                *node.args.kwonlyargs,
                *node.args.posonlyargs,
                node.args.vararg,
                node.args.kwarg,
            ]
            parts = [argument.annotation for argument in arguments if argument is not None]
            if isinstance(node, ast.FunctionDef):
                parts += [node.returns, *node.decorator_list]
                if node.name in ("__repr__", "label"):
                    parts.append(node)
        elif isinstance(node, ast.AnnAssign):
            parts = [node if getattr(node.annotation, "id", "") == "TypeAlias" else node.annotation]
        elif (
            isinstance(node, ast.keyword) and node.arg == "strict"
        ):  # of zip: asserts that two are as long as each other
            parts = [node]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "reshape":
            # any negative size stands for the missing one: -2 would do as well as -1
            inside = [part for a in node.args for part in ast.walk(a) if isinstance(part, ast.UnaryOp)]
            parts = [one.operand for one in inside if isinstance(one.op, ast.USub)]
        elif isinstance(node, ast.ClassDef):
            parts = [*node.decorator_list]
        elif isinstance(node, (ast.Raise, ast.JoinedStr, ast.Import, ast.ImportFrom, ast.Assert)):  # noqa: SIM114
            parts = [node]
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):  # noqa: SIM114
            parts = [node]
        elif isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            parts = [node]
        for part in parts:
            for inner in ast.walk(part) if part is not None else ():
                inner.skipped = True  # type: ignore[attr-defined]
