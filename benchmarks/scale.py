"""What pieces and processes cost: `python -m benchmarks.scale [dense|conv ...]`, beside the model of docs/scale.md.

Every figure is processor time per step (of the busiest process), because a machine whose cores are shared has no wall time that
means anything; the wall time stands beside it. `branch`, `exchange` and `update` are measured alone, and the model adds them up.

Every figure is the least of several starts. `branch` is measured in two processes at once, as it is computed: what another program
does on the next core changes a convolution's time by half (35 or 49 ms), at unchanged times of copies and products of matrices.
"""

import json
import os
import socket
import subprocess
import sys
import time

STEPS = 40
STARTS = 3
NETWORKS = {"dense": 32, "conv": 256}  # and their batches


def network(kind):
    """The classic dense network, or a small convolutional one."""
    from chainrule import Sequential, layers

    if kind == "dense":
        inner = [layers.Flatten(), layers.Dense(784, activation="sigmoid")]
    else:
        inner = [
            layers.Reshape((28, 28, 1)), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2), layers.Flatten(),
        ]  # fmt: skip
    return Sequential([layers.Input((28, 28)), *inner, layers.Dense(10, activation="softmax")])


def timed(run, steps):
    """Processor and wall time of a step, in milliseconds; the best of three."""
    found = []
    for _ in range(3):
        cpu, wall = time.process_time(), time.perf_counter()
        run()
        found.append(
            (1000 * (time.process_time() - cpu) / steps, 1000 * (time.perf_counter() - wall) / steps)
        )
    return min(found)


def learn(kind, count, index, port, pieces):
    """One process's part; what it measured, as JSON."""
    import numpy as np

    from chainrule import distribution
    from chainrule.engine.epoch import empty_records
    from chainrule.engine.pieces import tree

    if count > 1:
        distribution.initialize(f"127.0.0.1:{port}", count, index)
    import jax

    batch, rng = NETWORKS[kind], np.random.default_rng(0)
    x, y = rng.random((2 * batch, 28, 28), np.float32), rng.integers(0, 10, 2 * batch)
    model = network(kind)
    model.compile("adam", "sparse_categorical_crossentropy", backend="jax")
    problem = model.problem(x, y)
    examples = problem.examples(x, y)
    engine = problem.engine("jax", batch, pieces or None, distribution.joined())
    loaded, order = engine.load(examples), np.tile(np.arange(2 * batch, dtype=np.int32), STEPS // 2)
    held = [engine.state(problem.first_state())]

    def steps():
        held[0], records = engine.advance(held[0], empty_records({}, STEPS), loaded, order, 0, STEPS)
        jax.block_until_ready((held[0], records))

    steps()
    found = {"step": timed(steps, STEPS), "weights": model.count_params()}
    if pieces:
        reads = held[0] | {"optimizer_state": None}
        rows, share = order[: batch // pieces], np.float32(1 / pieces)
        data = (loaded.x, loaded.y, loaded.weight)

        def only(function):
            def run():
                for _ in range(STEPS):
                    found = function()
                jax.block_until_ready(found)

            run()
            return timed(run, STEPS)

        def leaf(i):
            return engine.piece(reads, *data, rows, np.uint32(i), share, divisor=loaded.divisor)

        def branch():
            return tree(leaf, engine.join, 0, pieces // 2)

        found["branch"] = only(branch)
        if count > 1:
            own = branch()
            found["exchange"] = only(lambda: engine.peers.total(own, engine.join))
        else:
            sums = branch()

            def update():
                held[0], _ = engine.update(held[0], sums)
                return held[0]

            found["update"] = only(update)
    print(json.dumps(found))


def together(kind, count, pieces):
    """So many processes; the figures of process 0, and the step of the busiest."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
    env = os.environ | {"JAX_PLATFORMS": "cpu"} | ({"NPROC": "1"} if pieces else {})
    words = [sys.executable, "-m", "benchmarks.scale", "--learn", kind, str(count)]
    started = [
        subprocess.Popen([*words, str(i), str(port), str(pieces)], env=env, stdout=subprocess.PIPE, text=True)
        for i in range(count)
    ]
    lines = [json.loads(process.communicate(timeout=600)[0].splitlines()[-1]) for process in started]
    return lines[0] | {"step": max(one["step"] for one in lines)}


def least(kind, count, pieces):
    """The least of each figure, of several starts."""
    found = [together(kind, count, pieces) for _ in range(STARTS)]
    print(f"  {kind}, {count} of {pieces}: {found}", file=sys.stderr)
    return {name: min(one[name] for one in found) for name in found[0]}


def main(kinds):
    """Prints a table."""
    print(
        "network, batch      weights   plain  pieces 8   two: measured  model   (ms of a processor per step; wall in brackets)"
    )
    for kind in kinds:
        plain, one, two = least(kind, 1, 0), least(kind, 1, 8), least(kind, 2, 8)
        branch, update, exchange = two["branch"][0], one["update"][0], two["exchange"][0]
        print(
            f"{kind}, {NETWORKS[kind]:<12} {one['weights']:>9,} {told(plain['step'])} {told(one['step'])} {told(two['step'])} "
            f"{branch + exchange + update:8.2f}   branch of 4 {branch:.2f} (alone {one['branch'][0]:.2f}), exchange {exchange:.2f}, update {update:.2f}"
        )


def told(pair):
    """Processor time, and wall time in brackets."""
    return f"{pair[0]:7.2f} ({pair[1]:.1f})"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--learn"]:
        learn(sys.argv[2], *map(int, sys.argv[3:]))
    else:
        main(sys.argv[1:] or list(NETWORKS))
