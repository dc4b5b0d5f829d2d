"""The floor of one epoch: its matrix products at the best rate seen, and one pass over weights and moments.

A product is timed inside a compiled loop in every formulation that gives the same numbers, in other layouts too, on
both of XLA's libraries for products; the quickest counts. The pass reads and writes each weight and its two moments
once. Where they lie decides what that costs, so there are two floors:

    from cache    the arrays of this network, 8.3 MB, passed over again and again: they stay in the caches
    from memory   the same number of bytes at the rate of arrays far larger than any cache

Not counted: activations, softmax, gathering the batch, Adam's square roots and divisions. No real step gets there.
Run as a process of its own (python -m benchmarks.floor, prints JSON), so that the runner imports no JAX.
"""

import json
import time
from itertools import pairwise

SIZES, BATCH, STEPS = (784, 784, 100, 10), 32, 1875
WIDE = {"xla_cpu_prefer_vector_width": 512}
LIBRARIES = {"YNNPACK": WIDE, "Eigen": WIDE | {"xla_cpu_experimental_ynn_fusion_type": ""}}
WAYS = {  # from a (rows, inner) and b (inner, columns), or their transposes
    "a b": ("a", "b", lambda a, b: a @ b), "a bt'": ("a", "bt", lambda a, bt: a @ bt.T),
    "at' b": ("at", "b", lambda at, b: at.T @ b), "at' bt'": ("at", "bt", lambda at, bt: at.T @ bt.T),
    "bt at": ("bt", "at", lambda bt, at: bt @ at), "bt a'": ("bt", "a", lambda bt, a: bt @ a.T),
    "b' at": ("b", "at", lambda b, at: b.T @ at), "b' a'": ("b", "a", lambda b, a: b.T @ a.T),
}  # fmt: skip


def quickest(run, repeats):
    """Least seconds of a few calls: a floor is what the machine can do at its best."""
    run()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)


def looped(function, first, second, options, times=200):
    """Seconds of one function(first, second) inside a compiled loop."""
    import jax

    def loop(first, second, result):
        def body(_, carried):
            first, result = carried
            first = first.at[0, 0].add(result[0, 0] * 1e-9)  # so that no product can be taken out of the loop
            return first, function(first, second)

        return jax.lax.fori_loop(0, times, body, (first, result))

    shape = jax.eval_shape(function, first, second)
    result = jax.numpy.zeros(shape.shape, shape.dtype)
    compiled = jax.jit(loop, compiler_options=options)
    return quickest(lambda: jax.block_until_ready(compiled(first, second, result)), 7) / times


def product(rows, inner, columns):
    """{"us", "GFLOP/s", "way"} of a (rows, inner) by (inner, columns) product, the best of all ways."""
    import jax.numpy as jnp
    import numpy as np

    luck = np.random.default_rng(0)
    a, b = luck.normal(size=(rows, inner)), luck.normal(size=(inner, columns))
    arrays = {name: jnp.asarray(v, jnp.float32) for name, v in (("a", a), ("b", b), ("at", a.T), ("bt", b.T))}
    seconds = {
        f"{way}, {library}": looped(function, arrays[first], arrays[second], options)
        for library, options in LIBRARIES.items() for way, (first, second, function) in WAYS.items()
    }  # fmt: skip
    best = min(seconds, key=seconds.get)
    rate = 2e-9 * rows * inner * columns / seconds[best]
    return {"us": 1e6 * seconds[best], "GFLOP/s": rate, "way": best}


def pass_rate(count, arrays, times):
    """Bytes a second, read and written, of a loop that multiplies arrays of `count` float32 each by a number."""
    import jax

    def loop(state):
        return jax.lax.fori_loop(0, times, lambda _, s: tuple(a * 0.999 for a in s), state)

    compiled = jax.jit(loop, compiler_options=WIDE, donate_argnums=0)
    held = [tuple(jax.numpy.ones(count, "float32") for _ in range(arrays))]

    def run():
        held[0] = jax.block_until_ready(compiled(held[0]))

    return 8 * count * arrays * times / quickest(run, 9)


def floor():
    """All products of a step, both passes, and the two floors in seconds an epoch."""
    products = {}
    for i, (n, k) in enumerate(pairwise(SIZES)):
        products[f"forward {n} x {k}"] = product(BATCH, n, k)
        products[f"dW {n} x {k}"] = product(n, BATCH, k)
        if i:  # nothing below the first layer learns
            products[f"dx {n} x {k}"] = product(BATCH, k, n)
    weights = sum(n * k + k for n, k in pairwise(SIZES))
    rates = {"cache": pass_rate(weights, 3, 200), "memory": pass_rate(60_000_000, 1, 1)}
    step = 1e-6 * sum(p["us"] for p in products.values())
    floors = {place: STEPS * (step + 24 * weights / rate) for place, rate in rates.items()}
    return {
        "products": products,
        "pass GB/s": {place: rate / 1e9 for place, rate in rates.items()},
        "seconds": floors,
    }


def measure(options):
    """The floor of this machine, as `floor` gives it; None without JAX."""
    from benchmarks.processes import run
    from benchmarks.quiet import quietly

    python = options.interpreters.having("jax")
    if python is None:
        return None
    options.alone.hold()
    result = quietly(lambda: run([python, "-m", "benchmarks.floor"]), tries=2)
    found = json.loads(result["output"]) | {"others": result["others"]}
    options.say(
        f"floor: {found['seconds']['cache']:.2f} s from cache, {found['seconds']['memory']:.2f} s from memory"
    )
    return found


if __name__ == "__main__":
    print(json.dumps(floor()))
