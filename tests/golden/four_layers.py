"""One step of four layers, worked with pencil and paper: `python four_layers.py` writes the four .json pages beside it.

Nothing of Chainrule is used here. All arithmetic is that of decimal numbers with 50 digits, and beside every number
stands the arithmetic that gave it. The pages: convolution, batch_normalization, lstm_cell, attention_head.
"""

import json
from collections.abc import Callable
from decimal import Decimal, getcontext
from pathlib import Path
from typing import Any

getcontext().prec = 50
FOLDER = Path(__file__).parent


class Number:
    """A value, and how it came about; arithmetic with it writes itself down."""

    def __init__(self, value: Decimal, how: str, text: str | None = None) -> None:
        self.value, self.how = value, how
        self.text = text or f"({how})"  # inside another number's arithmetic

    def __add__(self, other: Any) -> "Number":
        return combined(self, other, "+", lambda a, b: a + b)

    def __sub__(self, other: Any) -> "Number":
        return combined(self, other, "-", lambda a, b: a - b)

    def __mul__(self, other: Any) -> "Number":
        return combined(self, other, "*", lambda a, b: a * b)

    def __truediv__(self, other: Any) -> "Number":
        return combined(self, other, "/", lambda a, b: a / b)

    def json(self) -> dict[str, Any]:
        """As it stands on a page."""
        return {"is": float(self.value), "from": self.how}


def number(text: str) -> Number:
    """A number that needs no arithmetic."""
    return Number(Decimal(text), "given", text if not text.startswith("-") else f"({text})")


def combined(a: Number, b: Any, sign: str, work: Callable[[Decimal, Decimal], Decimal]) -> Number:
    """Two numbers, with the sign between them."""
    b = b if isinstance(b, Number) else number(str(b))
    return Number(work(a.value, b.value), f"{a.text} {sign} {b.text}")


def found(a: Number) -> Number:
    """A result that has its own place on the page: further arithmetic shows six digits of it."""
    text = f"{a.value:.6g}" if a.value else "0"
    return Number(a.value, a.how, f"({text})" if text.startswith("-") else text)


def total(numbers: list[Number]) -> Number:
    """All added up."""
    first, *rest = numbers
    for one in rest:
        first = Number(
            first.value + one.value, f"{first.how if ' ' in first.how else first.text} + {one.text}"
        )
    return found(first)


def exp(a: Number) -> Number:
    """e to the a."""
    return Number(a.value.exp(), f"exp({a.text})", f"exp({a.text})")


def sqrt(a: Number) -> Number:
    """The root of a."""
    return Number(a.value.sqrt(), f"sqrt({a.text})", f"sqrt({a.text})")


def minus(a: Number) -> Number:
    """a with the other sign."""
    return number("0") - a


def sigmoid(z: Number) -> Number:
    """1 / (1 + e^-z)"""
    return found(number("1") / (number("1") + exp(minus(z))))


def tanh(z: Number) -> Number:
    """(e^z - e^-z) / (e^z + e^-z)"""
    return found((exp(z) - exp(minus(z))) / (exp(z) + exp(minus(z))))


def row(*texts: str) -> list[Number]:
    """Given numbers."""
    return [number(text) for text in texts]


def convolution() -> dict[str, Any]:
    """A window of 2 x 2 over a picture of 3 x 3, one channel; the loss is half the squared distance to a target."""
    x = [row("1", "0.5", "0"), row("0", "1", "-0.5"), row("2", "0", "1")]
    w, b = [row("0.5", "-1"), row("0.25", "0.75")], number("0.1")
    t = [row("0", "1"), row("0.5", "0")]
    two = range(2)
    y = [[total([*(x[i + a][j + c] * w[a][c] for a in two for c in two), b]) for j in two] for i in two]
    dy = [[found(y[i][j] - t[i][j]) for j in two] for i in two]
    dw = [[total([x[i + a][j + c] * dy[i][j] for i in two for j in two]) for c in two] for a in two]
    db = total([dy[i][j] for i in two for j in two])
    dx = [
        [
            total(
                [dy[i - a][j - c] * w[a][c] for a in two for c in two if 0 <= i - a < 2 and 0 <= j - c < 2]
                or [number("0")]
            )
            for j in range(3)
        ]
        for i in range(3)
    ]
    after = [[found(w[a][c] - number("0.1") * dw[a][c]) for c in two] for a in two]
    return {
        "about": "A convolution of 2 x 2 over 3 x 3, one channel, and a step of SGD with rate 0.1",
        "given": {"x": x, "w": w, "b": b, "t": t},
        "forward": {"y": y},
        "backward": {"dy": dy, "dw": dw, "db": db, "dx": dx},
        "after": {"w": after, "b": found(b - number("0.1") * db)},
    }


def batch_normalization() -> dict[str, Any]:
    """Three examples of one number."""
    x, dy = row("1", "2", "4.5"), row("1", "-0.5", "0.25")
    gamma, beta, epsilon, n = number("1.5"), number("0.5"), number("0.001"), number("3")
    mean = found(total(x) / n)
    variance = found(total([(one - mean) * (one - mean) for one in x]) / n)
    spread = found(sqrt(variance + epsilon))
    hat = [found((one - mean) / spread) for one in x]
    y = [found(one * gamma + beta) for one in hat]
    g = [found(gamma * d) for d in dy]
    mean_g = found(total(g) / n)
    mean_gx = found(total([a * b for a, b in zip(g, hat, strict=True)]) / n)
    return {
        "about": "A batch normalization of three examples; moving statistics with momentum 0.99 from 0 and 1",
        "given": {"x": x, "dy": dy, "gamma": gamma, "beta": beta, "epsilon": epsilon},
        "forward": {"mean": mean, "variance": variance, "spread": spread, "hat": hat, "y": y},
        "backward": {
            "dgamma": total([d * h for d, h in zip(dy, hat, strict=True)]),
            "dbeta": total(dy),
            "g": g, "mean of g": mean_g, "mean of g hat": mean_gx,
            "dx": [found((a - mean_g - h * mean_gx) / spread) for a, h in zip(g, hat, strict=True)],
        },
        "after": {
            "moving_mean": found(number("0.99") * number("0") + number("0.01") * mean),
            "moving_variance": found(number("0.99") * number("1") + number("0.01") * variance),
        },
    }  # fmt: skip


def lstm_cell() -> dict[str, Any]:
    """One unit, one input, two times; the loss wants the last output to grow: dh = -1."""
    x = row("1", "-0.5")
    w, u, b = row("0.5", "-0.25", "0.75", "1"), row("0.25", "0.5", "-0.5", "0.125"), row("0", "1", "0", "0.5")
    h, c = [number("0")], [number("0")]
    gates: list[list[Number]] = []
    bent: list[Number] = []
    for t in range(2):
        z = [found(x[t] * w[k] + h[t] * u[k] + b[k]) for k in range(4)]
        i, f, g, o = sigmoid(z[0]), sigmoid(z[1]), tanh(z[2]), sigmoid(z[3])
        gates.append([i, f, g, o])
        c.append(found(f * c[t] + i * g))
        bent.append(tanh(c[t + 1]))
        h.append(found(o * bent[t]))
    one, dh, dc = number("1"), number("-1"), number("0")
    dzs: list[list[Number]] = []
    for t in (1, 0):
        i, f, g, o = gates[t]
        dc = found(dc + dh * o * (one - bent[t] * bent[t]))
        dz = [
            found(dc * g * i * (one - i)), found(dc * c[t] * f * (one - f)),
            found(dc * i * (one - g * g)), found(dh * bent[t] * o * (one - o)),
        ]  # fmt: skip
        dzs.insert(0, dz)
        dh = total([dz[k] * u[k] for k in range(4)])
        dc = found(dc * f)
    return {
        "about": "An LSTM of one unit over two times; the gates lie in the order i, f, g, o",
        "given": {"x": x, "w": w, "u": u, "b": b, "dh": number("-1")},
        "forward": {"gates": gates, "c": c[1:], "tanh c": bent, "h": h[1:]},
        "backward": {
            "dz": dzs,
            "dw": [total([x[t] * dzs[t][k] for t in range(2)]) for k in range(4)],
            "du": [total([h[t] * dzs[t][k] for t in range(2)]) for k in range(4)],
            "db": [total([dzs[t][k] for t in range(2)]) for k in range(4)],
            "dx": [total([dzs[t][k] * w[k] for k in range(4)]) for t in range(2)],
        },
    }


def attention_head() -> dict[str, Any]:
    """One query looks at three keys."""
    q, keys, values = (
        row("1", "-0.5"),
        [row("0.5", "1"), row("1", "0"), row("-1", "0.25")],
        row("2", "-1", "0.5"),
    )
    dy, two, three = number("0.5"), range(2), range(3)
    s = [total([q[k] * keys[j][k] for k in two]) for j in three]
    e = [found(exp(one)) for one in s]
    a = [found(one / total(e)) for one in e]
    y = total([a[j] * values[j] for j in three])
    da = [found(dy * values[j]) for j in three]
    mean = total([a[j] * da[j] for j in three])
    ds = [found(a[j] * (da[j] - mean)) for j in three]
    return {
        "about": "One query and three keys of two numbers, values of one; s = q k, a = softmax s, y = a v",
        "given": {"q": q, "keys": keys, "values": values, "dy": dy},
        "forward": {"s": s, "e": e, "a": a, "y": y},
        "backward": {
            "dv": [found(a[j] * dy) for j in three], "da": da, "mean of da": mean, "ds": ds,
            "dq": [total([ds[j] * keys[j][k] for j in three]) for k in two],
            "dk": [[found(ds[j] * q[k]) for k in two] for j in three],
        },
    }  # fmt: skip


PAGES = {page.__name__: page for page in (convolution, batch_normalization, lstm_cell, attention_head)}


def text(name: str) -> str:
    """A page as it lies on the disk: every number on a line of its own."""

    def plain(cell: Any) -> Any:
        if isinstance(cell, Number):
            return cell.json()
        if isinstance(cell, dict):
            return {key: plain(entry) for key, entry in cell.items()}
        return [plain(entry) for entry in cell] if isinstance(cell, list) else cell

    return json.dumps(plain(PAGES[name]()), indent=1) + "\n"


if __name__ == "__main__":
    for page in PAGES:
        (FOLDER / f"{page}.json").write_text(text(page))
