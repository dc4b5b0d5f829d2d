"""What the other end of a stream can show: how wide its lines are, which letters it has, whether a person looks."""

import codecs
import os
from typing import Any

# Letters that not every terminal has, in those that all have.
ASCII = {
    "·": "*", "×": "x", "⊙": "*", "√": "sqrt", "²": "^2", "Σ": "sum", "Π": "prod_", "≈": "~", "≤": "<=", "≥": ">=", "≠": "!=",
    "−": "-", "±": "+-", "½": "1/2", "°": " degrees", "∞": "inf", "∂": "d", "∇": "grad ", "′": "'", "ᵀ": "^T", "\u0302": "_hat",
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "eps", "η": "eta", "μ": "mu", "ρ": "rho", "σ": "sigma", "‖": "|",
    "→": "->", "⟶": "->", "←": "<-", "↑": "^", "…": "...", "—": "-", "–": "-", "“": '"', "”": '"', "’": "'", "‘": "'", "•": "*",
    "─": "-", "━": "=", "│": "|", "┃": "|", "▲": "^", "█": "#", "▀": "#", "▓": "#", "▒": "+", "░": ".",
    **dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True)),
}  # fmt: skip
PLAINER = "chainrule.plainer"


def columns_of(stream: Any) -> int | None:
    """How many letters a line of this stream has: COLUMNS, or its terminal's; None where nothing says so.

    >>> import io
    >>> columns_of(io.StringIO()) == (int(os.environ["COLUMNS"]) if "COLUMNS" in os.environ else None)
    True
    """
    result = os.environ.get("COLUMNS", "")
    if result.isdecimal() and int(result):
        return int(result)
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except (OSError, ValueError, AttributeError):
        return None


def is_terminal(stream: Any) -> bool:
    """Whether a person looks at this stream."""
    return hasattr(stream, "isatty") and not stream.closed and bool(stream.isatty())


def writes_unicode(stream: Any) -> bool:
    """Whether this stream can show more than ASCII."""
    return (getattr(stream, "encoding", None) or "").lower().replace("-", "").startswith("utf")


def plainer(problem: UnicodeError) -> tuple[str, int]:
    """An error handler of codecs: letters that a stream lacks, by others that look alike, or by their number.

    >>> "a · b → c ✂".encode("ascii", PLAINER).decode()
    'a * b -> c \\\\u2702'
    """
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    letters = problem.object[problem.start : problem.end]
    text = "".join(ASCII.get(c) or c.encode("ascii", "backslashreplace").decode() for c in letters)
    return text, problem.end


codecs.register_error(PLAINER, plainer)
