"""How long an import takes, inside a fresh process: `import chainrule`, and what a script imports first."""

from benchmarks.processes import run

IMPORTS = {  # name: (what is imported, packages it needs, environment)
    "import chainrule": ("import chainrule", ("chainrule",), {}),
    "chainrule's Sequential and Dense": (
        "from chainrule.models import Sequential; from chainrule.layers import Dense", ("chainrule",), {}
    ),
    "import numpy": ("import numpy", ("numpy",), {}),
    "import keras, on TensorFlow": ("import keras", ("keras", "tensorflow"), {"KERAS_BACKEND": "tensorflow"}),
    "import keras, on JAX": ("import keras", ("keras", "jax"), {"KERAS_BACKEND": "jax"}),
    "import torch": ("import torch", ("torch",), {}),
    "import sklearn.neural_network": ("import sklearn.neural_network", ("scikit-learn",), {}),
}  # fmt: skip
CLOCK = "import time; began = time.perf_counter(); {}; print(time.perf_counter() - began)"


def measure(options):
    """{name: {"seconds": [...]}}. Too short to be repeated when disturbed: the median of many counts."""
    found = {
        name: {"seconds": []}
        for name, (_, packages, _) in IMPORTS.items()
        if options.interpreters.having(*packages)
    }
    for number in range(-1, 2 * options.short_rounds):
        options.alone.hold()
        for name, row in found.items():
            if number >= 3 and row["seconds"][0] > 0.5:
                continue  # three of the slow ones are enough
            line, packages, env = IMPORTS[name]
            result = run([options.interpreters.having(*packages), "-c", CLOCK.format(line)], env)
            if number >= 0:  # the first brings files into the system's memory
                row["seconds"].append(float(result["output"]))
    return found
