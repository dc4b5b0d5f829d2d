"""One learning step of a tiny network, worked with pencil and paper: `python one_step.py` writes one_step.json.

Nothing of Chainrule is used here. Sums and products are those of decimal numbers with 50 digits, e^x, log and the
square root are the decimal module's, and beside every number stands the arithmetic that gave it.
"""

import json
from decimal import Decimal, getcontext
from pathlib import Path
from typing import Any

getcontext().prec = 50
PAGE = Path(__file__).with_name("one_step.json")
D = Decimal

# Two inputs, three hidden units with relu, two classes with softmax; two examples; Adam.
X = [["1", "2"], ["-1", "0.5"]]
Y = [["1", "0"], ["0", "1"]]
W1 = [["0.5", "-0.3", "0.8"], ["0.25", "0.4", "-0.6"]]
B1 = ["0.1", "0", "-0.2"]
W2 = [["0.7", "-0.5"], ["-0.4", "0.6"], ["0.3", "0.2"]]
B2 = ["0.05", "-0.05"]
RATE, BETA1, BETA2, EPSILON = "0.1", "0.9", "0.999", "0.0000001"


class Number:
    """A value and how it came about."""

    def __init__(self, value: D, how: str) -> None:
        self.value, self.how = value, how

    def __str__(self) -> str:
        """As it is written inside another number's arithmetic: six digits are enough to follow."""
        text = f"{self.value:.6g}" if self.value else "0"
        return f"({text})" if text.startswith("-") else text

    def json(self) -> dict[str, Any]:
        return {"is": float(self.value), "from": self.how}


def given(values: Any) -> Any:
    """Numbers that need no arithmetic."""
    return [given(value) for value in values] if isinstance(values, list) else Number(D(values), "given")


def products(a: list[Number], b: list[Number], plus: Number | None = None) -> Number:
    """a · b (+ plus), written out."""
    terms = [f"{p}*{q}" for p, q in zip(a, b, strict=True)] + ([str(plus)] if plus else [])
    value = sum((p.value * q.value for p, q in zip(a, b, strict=True)), plus.value if plus else D(0))
    return Number(value, " + ".join(terms))


def across(matrix: list[list[Number]]) -> list[list[Number]]:
    """Rows become columns."""
    return [list(column) for column in zip(*matrix, strict=True)]


def layer(x: list[list[Number]], w: list[list[Number]], b: list[Number]) -> list[list[Number]]:
    """z = x W + b."""
    return [[products(row, column, bias) for column, bias in zip(across(w), b, strict=True)] for row in x]


def relu(z: Number) -> Number:
    return Number(max(z.value, D(0)), f"max({z}, 0)")


def softmax(z: list[Number]) -> list[Number]:
    total = sum(n.value.exp() for n in z)
    written = " + ".join(f"e^{n}" for n in z)
    return [Number(n.value.exp() / total, f"e^{n} / ({written})") for n in z]


def surprise(y: list[Number], p: list[Number]) -> Number:
    """-Σ y log p of one example."""
    value = -sum(a.value * b.value.ln() for a, b in zip(y, p, strict=True))
    return Number(value, "-(" + " + ".join(f"{a}*log {b}" for a, b in zip(y, p, strict=True)) + ")")


def adam(w: Number, g: Number) -> dict[str, Number]:
    """The first step of Adam: m and v begin at 0."""
    m = Number((1 - D(BETA1)) * g.value, f"{BETA1}*0 + (1 - {BETA1})*{g}")
    v = Number((1 - D(BETA2)) * g.value**2, f"{BETA2}*0 + (1 - {BETA2})*{g}^2")
    alpha = D(RATE) * (1 - D(BETA2)).sqrt() / (1 - D(BETA1))
    step = alpha * m.value / (v.value.sqrt() + D(EPSILON))
    how = f"{w} - {float(alpha):.6g}*{m} / (sqrt {v} + {EPSILON})"
    return {"m": m, "v": v, "w": Number(w.value - step, how)}


def worked() -> dict[str, Any]:
    """The whole step, from the weights before it to the weights after it."""
    x, y, w1, b1, w2, b2 = (given(values) for values in (X, Y, W1, B1, W2, B2))
    n = len(X)
    z1 = layer(x, w1, b1)
    a1 = [[relu(z) for z in row] for row in z1]
    z2 = layer(a1, w2, b2)
    p = [softmax(row) for row in z2]
    losses = [surprise(a, b) for a, b in zip(y, p, strict=True)]
    mean = Number(sum(loss.value for loss in losses) / n, f"({' + '.join(map(str, losses))}) / {n}")

    dz2 = [
        [Number((a.value - b.value) / n, f"({a} - {b}) / {n}") for a, b in zip(r, s, strict=True)]
        for r, s in zip(p, y, strict=True)
    ]
    dw2 = [[products(inputs, deltas) for deltas in across(dz2)] for inputs in across(a1)]
    db2 = [Number(sum(d.value for d in column), " + ".join(map(str, column))) for column in across(dz2)]
    da1 = [[products(row, to) for to in w2] for row in dz2]
    dz1 = [
        [
            Number(
                d.value if z.value > 0 else D(0),
                f"{d}, since z = {z} > 0" if z.value > 0 else f"0, since z = {z} <= 0",
            )
            for d, z in zip(r, s, strict=True)
        ]
        for r, s in zip(da1, z1, strict=True)
    ]
    dw1 = [[products(inputs, deltas) for deltas in across(dz1)] for inputs in across(x)]
    db1 = [Number(sum(d.value for d in column), " + ".join(map(str, column))) for column in across(dz1)]

    def updated(w: Any, g: Any) -> Any:
        return adam(w, g) if isinstance(w, Number) else [updated(a, b) for a, b in zip(w, g, strict=True)]

    def taken(of: Any, key: str) -> Any:
        return of[key] if isinstance(of, dict) else [taken(entry, key) for entry in of]

    after = {"W1": updated(w1, dw1), "b1": updated(b1, db1), "W2": updated(w2, dw2), "b2": updated(b2, db2)}
    return {
        "about": "One learning step: 2 inputs, 3 hidden units with relu, 2 classes with softmax and cross-entropy, 2 examples, Adam",
        "adam": {"learning_rate": float(RATE), "beta_1": float(BETA1), "beta_2": float(BETA2), "epsilon": float(EPSILON)},
        "given": {"x": x, "y": y, "W1": w1, "b1": b1, "W2": w2, "b2": b2},
        "forward": {"z1 = x W1 + b1": z1, "a1 = relu(z1)": a1, "z2 = a1 W2 + b2": z2, "p = softmax(z2)": p},
        "loss": {"of each example": losses, "mean": mean},
        "backward": {
            "dz2 = (p - y) / examples": dz2, "dW2 = a1^T dz2": dw2, "db2 = sum of dz2": db2, "da1 = dz2 W2^T": da1,
            "dz1 = da1 where z1 > 0": dz1, "dW1 = x^T dz1": dw1, "db1 = sum of dz1": db1,
        },
        "update": {
            "m": {name: taken(entry, "m") for name, entry in after.items()},
            "v": {name: taken(entry, "v") for name, entry in after.items()},
            "weights after": {name: taken(entry, "w") for name, entry in after.items()},
        },
    }  # fmt: skip


def written(page: Any) -> str:
    """The page as JSON, one number with its arithmetic to a line."""
    if isinstance(page, Number):
        return json.dumps(page.json())
    if isinstance(page, dict):
        body = ",\n".join(f"{json.dumps(key)}: {written(value)}" for key, value in page.items())
        return "{\n" + body + "\n}"
    if isinstance(page, list):
        return "[\n" + ",\n".join(written(value) for value in page) + "\n]"
    return json.dumps(page)


def text() -> str:
    """The file's content."""
    lines, depth = [], 0
    for line in written(worked()).splitlines():
        depth -= line.startswith(("}", "]"))
        lines.append("  " * depth + line)
        depth += line.endswith(("{", "["))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
    print(PAGE)
