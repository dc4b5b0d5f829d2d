"""The classic job, time per epoch: every library in a process of its own, one epoch each in turn.

All processes live through the whole run; a round is one epoch of each. The first epoch (round 0), in which compilers work and
data move, is reported apart. Peak memory is that of the whole process, the data (188 MB as float32) included.
"""

from benchmarks.processes import Worker
from benchmarks.quiet import quietly

JOBS = {  # name: (the job and its arguments, packages it needs, environment)
    "Chainrule on JAX": (("sequential", "chainrule"), ("chainrule", "jax"), {"CHAINRULE_BACKEND": "jax"}),
    "Chainrule on NumPy": (("sequential", "chainrule"), ("chainrule",), {"CHAINRULE_BACKEND": "numpy"}),
    "Keras on TensorFlow": (
        ("sequential", "keras"),
        ("keras", "tensorflow"),
        {"KERAS_BACKEND": "tensorflow"},
    ),
    "Keras on JAX": (("sequential", "keras"), ("keras", "jax"), {"KERAS_BACKEND": "jax"}),
    "Keras on PyTorch": (("sequential", "keras"), ("keras", "torch"), {"KERAS_BACKEND": "torch"}),
    "PyTorch, hand-written": (("torch_loop",), ("torch",), {}),
    "scikit-learn": (("sklearn_mlp",), ("scikit-learn",), {}),
}


def measure(options):
    """{name: {"first", "epochs": [seconds], "others": [shares], "tries", "loss", "accuracy", "memory"}}."""
    found, workers = {}, {}
    for name, (job, packages, env) in JOBS.items():
        python = options.interpreters.having(*packages)
        if python is None:
            options.say(f"{name}: not installed")
            continue
        command = [python, "-m", f"benchmarks.jobs.{job[0]}", *job[1:], options.mnist]
        workers[name] = Worker(command, options.env | env)
        found[name] = {"epochs": [], "cpu": [], "others": [], "tries": 0}
    for number in range(options.rounds + 1):
        options.alone.hold()
        for name, worker in workers.items():
            row = found[name]
            if not number:
                row["first"] = worker.turn()["seconds"]
                continue
            epoch = quietly(worker.turn)
            row["epochs"].append(epoch["seconds"])
            row["cpu"].append(epoch["cpu"])
            row["others"].append(epoch["others"])
            row["tries"] += epoch["tries"]
            row |= {figure: epoch[figure] for figure in ("loss", "accuracy") if figure in epoch}
        times = [f"{name} {f['epochs'][-1] if number else f['first']:.2f}" for name, f in found.items()]
        options.say(f"round {number}: {', '.join(times)}")
    for name, worker in workers.items():
        found[name]["memory"] = worker.end()
    return found
