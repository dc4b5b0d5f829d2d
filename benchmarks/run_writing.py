"""What recording costs: a snapshot of the classic network with Adam's memory, and the numbers of its 1,875 steps.

    python benchmarks/run_writing.py

Prints one JSON line: milliseconds (median of ten) to write, to reach the disk and to read back, and the bytes of an epoch.
"""

import json
import statistics
import tempfile
import time

import numpy as np

from chainrule.runs import Run, RunWriter, Settings, this_machine

LAYERS = ((784, 784), (784, 100), (100, 10))
COLUMNS = [
    "loss",
    "hits",
    *(f"{what}.{i}" for i in range(5) for what in ("grad", "update", "weight", "dead", "full")),
]
STEPS = 1875


def state() -> dict:
    """As much as learning changes of the classic network, with numbers that do not compress."""
    rng = np.random.default_rng(1)

    def weights() -> list[dict]:
        return [{"kernel": rng.standard_normal(shape, np.float32), "bias": rng.standard_normal(shape[1], np.float32)}
                for shape in LAYERS]  # fmt: skip

    return {"params": weights(), "memory": {"momentum": weights(), "velocity": weights()}}


def timed(action) -> float:
    """How many milliseconds something takes."""
    began = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - began)


def main() -> None:
    """Ten epochs as fast as they can be recorded."""
    settings = Settings(1, {}, {}, {"name": "mnist"}, 32, 10, "numpy")
    rows = np.zeros((STEPS // 5, len(COLUMNS)), np.float32)
    found: dict[str, list[float]] = {"snapshot": [], "steps": [], "epoch": [], "load": []}
    with tempfile.TemporaryDirectory() as runs_dir:
        with RunWriter.create(runs_dir, "cost", settings, state(), columns=COLUMNS) as writer:
            for _ in range(10):
                now = state()
                found["steps"].append(sum(timed(lambda: writer.append_steps(rows)) for _ in range(5)))
                found["epoch"].append(timed(lambda: writer.append_epoch({"loss": 0.1, "accuracy": 0.9}, 1.0)))
                found["snapshot"].append(timed(lambda now=now: writer.snapshot(now)))
        run = Run(writer.folder)
        found["load"] = [timed(lambda step=step: run.load_snapshot(step)) for step in run.snapshots()[1:]]
        size = (run.size - (run.path / "run.json").stat().st_size) // 11
    medians = {f"{name}_ms": round(statistics.median(times), 2) for name, times in found.items()}
    worst = {f"{name}_ms_worst": round(max(times), 2) for name, times in found.items()}
    print(
        json.dumps(
            {"columns": len(COLUMNS), "epoch_bytes": size, **medians, **worst, "machine": this_machine()}
        )
    )


if __name__ == "__main__":
    main()
