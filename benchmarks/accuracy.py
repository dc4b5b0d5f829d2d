"""Is it as good? The classic job beside Keras's over several seeds, and the fast recipe. Nothing is timed here."""

import os
import tempfile

from benchmarks.coldstart import accuracy, train_fast
from benchmarks.processes import run


def measure(options):
    """{name: [test accuracy by seed]}."""
    options.alone.release()  # nothing is timed
    interpreters, found = options.interpreters, {}
    ways = {"Chainrule, classic": (interpreters.own, "chainrule", options.env)}
    for backend in ("jax", "tensorflow"):  # the same formulas: the quicker one, where it is there
        python = interpreters.having("keras", backend)
        if python:
            ways[f"Keras on {backend}, classic"] = (python, "keras", {"KERAS_BACKEND": backend})
            break
    for name in (*ways, "Chainrule, fast"):
        found[name] = []
    with tempfile.TemporaryDirectory() as work:
        for seed in range(options.seeds):
            for name, (python, library, env) in ways.items():
                script = [python, "-m", "benchmarks.jobs.script", library, options.mnist, str(seed)]
                found[name].append(accuracy(run(script, env)["output"]))
            fast = train_fast(options, seed, os.path.join(work, "fast.keras"))
            found["Chainrule, fast"].append(accuracy(run(fast, options.env)["output"]))
            options.say(
                f"seed {seed}: " + ", ".join(f"{name} {values[-1]:.2%}" for name, values in found.items())
            )
    return found
