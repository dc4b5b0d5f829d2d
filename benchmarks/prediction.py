"""From the start of a process to what one picture is, from an .h5 file; time and peak memory."""

import os
import tempfile

from benchmarks.coldstart import train_fast
from benchmarks.processes import run
from benchmarks.quiet import quietly

PICTURE = ["chainrule", "data", "show", "mnist", "--index", "7"]


def measure(options):
    """{name: {"seconds": [...], "others", "tries", "memory", "says"}}."""
    with tempfile.TemporaryDirectory() as work:
        model, picture = os.path.join(work, "mnist.h5"), os.path.join(work, "digit.png")
        run(train_fast(options, 1, model), options.env)
        run([options.interpreters.own, "-m", *PICTURE, "--out", picture], options.env)
        ways = dict(ways_of(options, model, picture))
        found = {name: {"seconds": [], "others": [], "tries": 0, "memory": 0} for name in ways}
        for number in range(-1, options.short_rounds):
            options.alone.hold()
            for name, (command, env) in ways.items():
                result, row = quietly(lambda command=command, env=env: run(command, env)), found[name]
                if number < 0:  # the libraries' files come into the system's memory
                    row["says"] = result["output"].strip().replace(work + os.sep, "")
                    continue
                row["seconds"].append(result["seconds"])
                row["others"].append(result["others"])
                row["tries"] += result["tries"]
                row["memory"] = max(row["memory"], result["memory"])
    return found


def ways_of(options, model, picture):
    """Each program and its environment."""
    own = options.interpreters.own
    yield "chainrule predict", ([own, "-m", "chainrule", "predict", model, picture], options.env)
    for title, backend in (("TensorFlow", "tensorflow"), ("JAX", "jax")):
        python = options.interpreters.having("keras", backend, "pillow")
        if python:
            command = [python, "-m", "benchmarks.jobs.keras_predict", model, picture]
            yield f"Keras on {title}", (command, {"KERAS_BACKEND": backend})
    yield "Python alone", ([own, "-c", "pass"], {})
