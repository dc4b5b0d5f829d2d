"""Keras's own tests for what Chainrule has, run against Chainrule: which pass, by file.

    python -m benchmarks.keras_tests FOLDER [--only TEXT] [--failures]      # FOLDER holds keras/src: a checkout, or where pip put Keras

Needs pytest and absl-py. Keras itself is neither imported nor changed; its test files are copied to a folder that goes away.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

HERE = Path(__file__).parents[1]
PARTS = (
    "activations",
    "constraints",
    "initializers",
    "losses",
    "metrics",
    "optimizers",
    "regularizers",
    "layers",
    "callbacks",
)
HERE_IS = ("passed", "with a reason", "differs", "not here", "broken import")
# Why a test does not pass, by words of its name or of its error.
REASONS = {
    "quantization, mixed precision: all layers work in float32": r"quantiz|int4|int8|float8|gptq|awq|ternary|bfloat16|float16|float64|_policy|dtype",
    "LoRA": r"lora",
    "channels first": r"channels_first|data_format",
    "sparse and ragged tensors, other backends": r"sparse|ragged|tf_data|torch|tensorflow",
    "Keras's insides": r"has no attribute '_|_clip_gradients|load_own_variables|stateless|compute_output_spec|symbolic_call|from_logits_|variable|\.assign|'value'",
    "not in Keras 3.15": r"input_axes|output_axes",
    "a name that Chainrule does not have": r"There is no (initializer|regularizer|optimizer|loss|metric|layer|activation) called|has nothing called|is not part of Chainrule",
    "refused in a sentence": r"There is no (interpolation|curve) called|is not supported|leave it out|works along the last axis|must be on the last axis",
    "masks do not change what merging layers compute": r"(maximum|minimum|multiply)_with_mask",
    "compute_mask does not check the masks that it is given": r"^test_errors_(add|average|concat|maximum|minimum|multiply|subtract)",
    "weights are arrays of NumPy": r"'numpy.ndarray' object has no attribute",
    "names are numbered within each model": r"auto_naming",
    "a warning or words of Keras's own": r"DID NOT WARN|Regex pattern did not match",
    "a batch of one fixed size is not kept in shapes": r"^'?Tuples differ: \(None",
}


def files_of(folder: Path) -> list[Path]:
    """The test files of the parts that Chainrule has."""
    return [path for part in PARTS for path in sorted((folder / "keras" / "src" / part).rglob("*_test.py"))]


def judged(line: dict[str, str]) -> str:
    """What a test's end means.

    >>> judged({"outcome": "failed", "kind": "AssertionError", "words": ""})
    'differs'
    """
    if line["outcome"] == "passed":
        return "passed"
    if line["outcome"] == "skipped":
        return "not here"
    return "with a reason" if reason_of(line) else "differs"


def reason_of(line: dict[str, str]) -> str:
    """Why a test is not passed, where there is a reason for it; "" where it is a difference.

    >>> reason_of({"test": "test_enable_lora", "words": ""})
    'LoRA'
    """
    for reason, words in REASONS.items():
        if re.search(words, line["test"].rpartition("::")[2]) or re.search(words, line["words"].strip()):
            return reason
    return ""


def results(file: Path) -> list[dict[str, str]]:
    """One line for each test of a file."""
    with tempfile.TemporaryDirectory() as kept:
        log = Path(kept) / "log"
        environment = os.environ | {
            "KERAS_TESTS": str(log),
            "KERAS_SRC": str(next(p for p in file.parents if p.name == "src" and p.parent.name == "keras")),
            "PYTHONPATH": f"{HERE / 'src'}{os.pathsep}{HERE}",
        }
        copied = Path(shutil.copy(file, kept))  # away from Keras's packages, which would be imported with it
        command = [
            sys.executable, "-m", "pytest", "-q", "-p", "benchmarks.keras_shim", "-p", "no:cacheprovider", "--noconftest",
            "-c", os.devnull, "--rootdir", kept, str(copied),
        ]  # fmt: skip
        done = subprocess.run(
            command, cwd=kept, env=environment, capture_output=True, text=True, check=False, timeout=600
        )
        lines = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    return lines or [{"test": str(file), "outcome": "import", "kind": "", "words": done.stdout[-300:]}]


def main() -> None:
    """Runs the files and prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="files whose path holds this text")
    parser.add_argument("--failures", action="store_true", help="print each test that differs or is refused")
    asked = parser.parse_args()
    table: dict[str, Counter[str]] = defaultdict(Counter)
    reasons: Counter[str] = Counter()
    for file in files_of(asked.folder):
        name = str(file.relative_to(asked.folder / "keras" / "src"))
        if asked.only not in name:
            continue
        for line in results(file):
            end = "broken import" if line["outcome"] == "import" else judged(line)
            table[name][end] += 1
            if end == "with a reason":
                reasons[reason_of(line)] += 1
            if asked.failures and end in ("differs", "broken import"):
                print(f"  {end}: {line['test'].rpartition('::')[2]}: {line['kind']}: {line['words'][:160]!r}")
        print(f"{name:60}", *(f"{word} {table[name][word]:4}" for word in HERE_IS), flush=True)
    sums: Counter[str] = sum(table.values(), Counter())
    print(f"{'all':60}", *(f"{word} {sums[word]:4}" for word in HERE_IS))
    for reason, count in reasons.most_common():
        print(f"    {count:4} {reason}")


if __name__ == "__main__":
    main()
