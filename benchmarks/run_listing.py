"""How long it takes to list runs: a folder of 2,000 with the records of real ones, read by a process of its own.

    python benchmarks/run_listing.py [how many]

Prints one JSON line: the seconds of the listing alone, and of the whole process with starting Python and importing.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from chainrule import Sequential, layers
from chainrule.models.saving import compile_config
from chainrule.runs import Settings, this_machine
from chainrule.runs.format import Info, new_id

LIST = """
import sys, time
from chainrule.runs import list_runs
began = time.perf_counter()
found = list_runs(sys.argv[1])
print(time.perf_counter() - began, len(found.runs), len(found.problems))
"""


def classic() -> Settings:
    """The settings of the classic job, as they are recorded."""
    model = Sequential([
        layers.Dense(784, activation="relu", input_shape=(784,)), layers.Dense(100, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ])  # fmt: skip
    model.compile("adam", "categorical_crossentropy", ["accuracy"])
    return Settings(
        7, model.get_config(), compile_config(model), {"name": "mnist", "digest": "0" * 64, "n": 60_000, "scale": 1 / 255},
        32, 10, "jax", {"name": "classic"},
    )  # fmt: skip


def main(count: int) -> None:
    """Makes the folder, lists it five times, prints the best."""
    with tempfile.TemporaryDirectory() as runs_dir:
        settings, machine, size = classic(), this_machine(), 0
        for i in range(count):
            name = f"2026-11-{1 + i % 30:02d}T{i % 24:02d}-00-00_mnist_classic-{i}"
            info = Info(
                new_id(), name, f"2026-11-{1 + i % 30:02d}T{i % 24:02d}:00:00+00:00", settings, machine
            )
            text = info.ended("finished", {"loss": 0.08, "accuracy": 0.98}).encode()
            folder = Path(runs_dir, name)
            (folder / "snapshots").mkdir(parents=True)
            (folder / "run.json").write_bytes(text)
            size = len(text)
        best = {"listing_s": 1e9, "process_s": 1e9}
        for _ in range(5):
            began = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-c", LIST, runs_dir], capture_output=True, text=True, check=True
            )
            seconds, found, problems = done.stdout.split()
            assert (int(found), int(problems)) == (count, 0)
            best["process_s"] = min(best["process_s"], time.perf_counter() - began)
            best["listing_s"] = min(best["listing_s"], float(seconds))
        rounded = {name: round(value, 3) for name, value in best.items()}
        print(json.dumps({"runs": count, "run_json_bytes": size, **rounded, "machine": machine}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
