"""Scripts written for Keras, run by `chainrule run` and by Keras 3 on JAX: do they end, and how much processor time do they take?

    python benchmarks/keras_scripts.py [FOLDER] [--only TEXT]        # tests/scripts by default

Keras runs a script as it is; `from tensorflow.keras` is read as `from keras`. What Keras refuses is listed as such. Needs keras
and jax. Processor time (user + system) of the whole process, its start included, the smaller of two runs.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parents[1]


def seconds(command: list[str], folder: str, environment: dict[str, str]) -> tuple[int, float, str]:
    """Exit code, processor seconds and the last line of what it said."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.returncode, spent, (done.stderr.strip().splitlines() or [""])[-1]


def for_keras(script: Path, folder: Path) -> Path:
    """The script with TensorFlow's Keras read as Keras."""
    text = script.read_text(encoding="utf-8")
    for old, new in (
        ("from tensorflow.keras", "from keras"), ("import tensorflow.keras as", "import keras as"),
        ("import tensorflow.keras.", "import keras."), ("from tensorflow import keras", "import keras"),
    ):  # fmt: skip
        text = text.replace(old, new)
    path = folder / script.name
    path.write_text(text, encoding="utf-8")
    return path


def measured(script: Path) -> tuple[str, float | None, float | None]:
    """How a script ended here and there, and the processor seconds of both."""
    environment = os.environ | {"KERAS_BACKEND": "jax", "PYTHONWARNINGS": "ignore"}
    with tempfile.TemporaryDirectory() as folder:
        ours = [sys.executable, "-m", "chainrule", "run", "--no-record", "-q", str(script.resolve())]
        theirs = [sys.executable, str(for_keras(script, Path(folder)))]
        best: list[float | None] = [None, None]
        words = []
        for which, command in enumerate((ours, theirs)):
            for _ in range(2):
                code, spent, last = seconds(command, folder, environment)
                if code:
                    words.append(f"{('here', 'Keras')[which]}: {last[:90]}")
                    best[which] = None
                    break
                best[which] = spent if best[which] is None else min(best[which], spent)  # type: ignore[type-var]
    return "; ".join(words), best[0], best[1]


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", default=str(HERE / "tests" / "scripts"))
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    scripts = sorted(
        p for p in Path(args.folder).glob("*.py") if args.only in p.name and not p.name.startswith("test_")
    )
    total = [0.0, 0.0]
    for script in scripts:
        words, ours, theirs = measured(script)
        both = ours is not None and theirs is not None
        if both:
            total = [total[0] + ours, total[1] + theirs]  # type: ignore[operator]
        shown = [f"{s:6.1f} s" if s is not None else "   -    " for s in (ours, theirs)]
        print(
            f"{script.stem:<32} {shown[0]} {shown[1]}  {f'{ours / theirs:.2f}' if both else words}",
            flush=True,
        )  # type: ignore[operator]
    if total[1]:
        print(
            f"{'together, where both end':<32} {total[0]:6.1f} s {total[1]:6.1f} s  {total[0] / total[1]:.2f}"
        )


if __name__ == "__main__":
    main()
