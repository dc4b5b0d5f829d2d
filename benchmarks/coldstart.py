"""From the start of a process to a saved model: the fast recipe beside a Keras script of ten epochs.

Cold: no compiled program is found in the cache folder, which is new. Warm: the programs of the first run are.
TensorFlow keeps no compiled programs between processes, so there is only one such row. The files of the libraries
are in the system's memory for all of them: each is started once before.
"""

import json
import os
import tempfile

from benchmarks.processes import run
from benchmarks.quiet import quietly

BACKENDS = {"TensorFlow": "tensorflow", "JAX": "jax"}


def measure(options):
    """{name: {"seconds": [...], "others", "tries", "memory", "accuracy": [...]}}."""
    with tempfile.TemporaryDirectory() as work:
        ways = dict(chainrule_ways(options, work)) | dict(keras_ways(options, work))
        found = {
            name: {"seconds": [], "others": [], "tries": 0, "memory": 0, "accuracy": []} for name in ways
        }
        for number in range(-1, options.cold_rounds):
            options.alone.hold()
            for name, way in ways.items():
                if number < 0 and name.startswith("Keras"):
                    run([*way(0)[0][:1], "-c", "import keras"], way(0)[1])
                    continue
                result = quietly(lambda way=way, number=number: run(*way(number)))
                if number < 0:
                    continue
                row = found[name]
                row["seconds"].append(result["seconds"])
                row["others"].append(result["others"])
                row["tries"] += result["tries"]
                row["memory"] = max(row["memory"], result["memory"])
                row["accuracy"].append(accuracy(result["output"]))
                options.say(f"{name}: {result['seconds']:.2f} s, {row['accuracy'][-1]:.2%}")
    return found


def accuracy(output):
    """What a run printed last: Chainrule's JSON, or a number."""
    last = output.strip().splitlines()[-1]
    return json.loads(last)["accuracy"] if last.startswith("{") else float(last)


def chainrule_ways(options, work):
    """Chainrule's command, with an empty cache of compiled programs and with a filled one."""
    for name in ("cold", "warm"):

        def way(number, name=name):
            cache = os.path.join(work, "warm") if name == "warm" else tempfile.mkdtemp(dir=work)
            out = os.path.join(work, "fast.keras")
            return train_fast(options, number + 1, out), options.env | {"CHAINRULE_HOME": cache}

        yield f"chainrule train --recipe fast, {name}", way


def train_fast(options, seed, out):
    """The command that trains by the fast recipe."""
    command = [options.interpreters.own, "-m", "chainrule", "train", "--recipe", "fast", "--seed", str(seed)]
    return [*command, "--json", "--out", out, "--force"]


def keras_ways(options, work):
    """The Keras script, on each backend that is there."""
    for title, backend in BACKENDS.items():
        python = options.interpreters.having("keras", backend)
        if python is None:
            options.say(f"Keras on {title}: not installed")
            continue

        def way(number, python=python, backend=backend):
            out = os.path.join(work, f"{backend}.keras")
            command = [python, "-m", "benchmarks.jobs.script", "keras", options.mnist, str(number + 1), out]
            return command, {"KERAS_BACKEND": backend}

        yield f"Keras on {title}, ten epochs", way
