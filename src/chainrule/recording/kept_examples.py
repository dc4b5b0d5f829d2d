"""What a program's runs learned from, kept beside them, so that explain, doctor and report need neither the program nor its data.

The examples lie once for all runs of a folder that learned from the same: `runs/.examples/DIGEST.npz`. Pixels that were
divided by 255 are kept as bytes. What takes more than MOST bytes is not kept: the run has its digest only.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.datasets.rows import Rows
from chainrule.engine.examples import Examples, Scaled
from chainrule.errors import ChainruleError, FileError
from chainrule.graph import tuple_of
from chainrule.runs.removal import EXAMPLES
from chainrule.training.fingerprint import digest_of

MOST = 500_000_000  # bytes


def keep(runs_dir: Any, examples: Examples, validation: Examples | None) -> dict[str, Any]:
    """Writes what is learned from, unless it is there already; what the run says of its data: digest, and the file's
    name or why there is none.
    """
    digest = digest_of(examples)
    name = f"{digest[:24]}-{0 if validation is None else digest_of(validation)[:8]}.npz"
    folder = Path(runs_dir) / EXAMPLES
    if (folder / name).exists():
        return {"digest": digest, "kept": name}
    if any(part is not None and isinstance(part.x, Rows) for part in (examples, validation)):
        return {"digest": digest, "not_kept": "they are read from their files when they are needed"}
    arrays = as_arrays(examples) | {f"val_{key}": array for key, array in as_arrays(validation).items()}
    size = sum(array.nbytes for array in arrays.values())
    if size > MOST:
        why = f"they take {size / 1e6:,.0f} MB, and up to {MOST / 1e6:,.0f} MB are kept"
        return {"digest": digest, "not_kept": why}
    try:
        write(folder / name, arrays)
    except OSError as problem:  # the run is recorded without them
        return {"digest": digest, "not_kept": f"they could not be written: {problem.strerror or problem}"}
    return {"digest": digest, "kept": name}


def write(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Writes arrays beside, then under their name, so that a file of that name is whole; OSError leaves nothing."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def as_arrays(examples: Examples | None) -> dict[str, np.ndarray]:
    """The arrays to write; those of several inputs and outputs are numbered: x, x1, x2."""
    if examples is None:
        return {}
    arrays: dict[str, Any] = {}
    divisor = examples.divisor
    if isinstance(examples.x, np.ndarray):
        arrays["x"], divisor = as_bytes(examples.x, divisor)
    else:
        arrays |= numbered("x", examples.x)
    arrays["divisor"] = np.float64(divisor)
    return arrays | numbered("y", examples.y) | numbered("weight", examples.weight)


def numbered(name: str, value: Any) -> dict[str, np.ndarray]:
    """An array, or the arrays of a tuple, by name.

    >>> sorted(numbered("x", (np.zeros(1), None, np.ones(1))))
    ['x0', 'x2', 'xs']
    """
    if value is None:
        return {}
    if not isinstance(value, tuple):
        return {name: np.asarray(value)}
    found = {f"{name}{i}": np.asarray(array) for i, array in enumerate(value) if array is not None}
    return found | {f"{name}s": np.array(len(value))}


def named(arrays: dict[str, np.ndarray], name: str) -> Any:
    """What `numbered` made arrays of."""
    if f"{name}s" not in arrays:
        return arrays.get(name)
    count = int(arrays[f"{name}s"])
    if not 1 <= count <= len(arrays):
        raise ValueError(f"{count} arrays called {name}0, {name}1, ...")
    return tuple(arrays.get(f"{name}{i}") for i in range(count))


def as_bytes(x: np.ndarray, divisor: float) -> tuple[np.ndarray, float]:
    """float32 numbers that are bytes divided by 255 as those bytes.

    >>> as_bytes(np.array([[0, 51]], np.float32) / np.float32(255), 1.0)
    (array([[ 0, 51]], dtype=uint8), 255.0)
    """
    if x.dtype != np.float32 or divisor != 1.0 or not x.size or x.min() < 0 or x.max() > 1:
        return x, divisor
    pixels = np.round(x * np.float32(255)).astype(np.uint8)
    same = np.array_equal(pixels.astype(np.float32) / np.float32(255), x)
    return (pixels, 255.0) if same else (x, divisor)


def from_arrays(arrays: dict[str, np.ndarray], prefix: str = "") -> Examples | None:
    """Examples from a file's arrays; None where there are none. prefix: "val_" for those that were held back.

    ValueError where they are none: columns of numbers of the same length, and a number that inputs are divided by.
    """
    own = {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}
    x = named(own, "x")
    if x is None or "divisor" not in own:
        return None
    found = Examples(x, named(own, "y"), named(own, "weight"), float(own["divisor"]))
    columns = [c for part in (found.x, found.y, found.weight) for c in tuple_of(part, 1) if c is not None]
    if any(c.ndim == 0 or c.dtype.kind not in "biuf" for c in columns) or len({len(c) for c in columns}) != 1:
        raise ValueError("its arrays are no columns of numbers of one length")
    if not 0 < found.divisor < np.inf:
        raise ValueError(f"inputs divided by {found.divisor:g}")
    return found


def must_be_what_was_learned(path: Path, name: str, problem: Any, examples: Examples) -> None:
    """FileError where examples from a file do not fit a network, whose `problem` it is; name: of the run."""
    x: Any = examples.x
    if examples.divisor != 1:
        x = (
            tuple(Scaled(c, examples.divisor) for c in x)
            if isinstance(x, tuple)
            else Scaled(x, examples.divisor)
        )
    try:
        problem.examples(x, examples.y, examples.weight)
    except ChainruleError as found:
        raise FileError(f"{path} does not hold what {name} learned from: {found}") from None


def has_digest(examples: Examples, begin: str) -> bool:
    """Whether examples have a digest that begins like that, as they are or before they became bytes.

    >>> has_digest(Examples(np.zeros((2, 1), np.float32)), "0")
    False
    """
    if digest_of(examples).startswith(begin):
        return True
    if examples.divisor != 255 or isinstance(examples.x, tuple) or examples.x.dtype != np.uint8:
        return False
    x = examples.x.astype(np.float32) / np.float32(255)
    return digest_of(Examples(x, examples.y, examples.weight)).startswith(begin)
