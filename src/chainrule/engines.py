"""Two drivers for the one step: NumPy's, a plain loop that can be watched, and JAX's, the same loop compiled.

    advance(state, records, examples, order, start, stop) -> state, records

runs the steps start..stop of an epoch and writes down what each recorded; step k learns from the examples order[k·batch : (k+1)·batch], the last one
from what is left. The bounds are arguments, so that one compilation serves any number of steps, and the state that
comes out is the same to the last bit however an epoch is cut into calls.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.arrays import Array, namespace
from chainrule.backprop import Batch, Record, State
from chainrule.examples import Examples, as_float
from chainrule.threads import for_products, largest_product

Step = Callable[[State, Batch], tuple[State, Record]]

FLUSH_EVERY = 100  # steps
TINY = 1e-30  # a moment this small changes no weight, but decays into numbers that a processor is slow at


def steps_in(n: int, batch: int) -> int:
    """How many steps an epoch of n examples has."""
    return -(-n // batch)


def empty_records(names: Sequence[str], steps: int) -> dict[str, np.ndarray]:
    """Room for what an epoch records: for the loss and each metric a row [sum, weight] per step."""
    return {name: np.zeros((steps, 2), np.float32) for name in ("loss", *names)}


def totals_of(records: Record) -> dict[str, np.ndarray]:
    """The sums over the steps done so far: what an epoch's figures are made of."""
    return {name: np.asarray(rows, np.float64).sum(axis=0) for name, rows in records.items()}


class Watched:
    """The loop in NumPy: every number is there to be looked at."""

    name = "numpy"

    def __init__(self, step: Step, batch: int) -> None:
        self.step, self.batch = step, batch

    def load(self, examples: Examples) -> Examples:
        """The examples, where the loop wants them."""
        return examples

    def state(self, state: State) -> State:
        """A state, where the loop wants it."""
        return state

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Another function of the same arrays, as fast as the engine can; its last argument is a plain number."""
        return function

    def advance(
        self, state: State, records: Record, examples: Examples, order: np.ndarray, start: int, stop: int
    ) -> tuple[State, Record]:
        """Runs the steps start..stop of an epoch."""
        work = largest_product(self.batch, state["params"])
        with for_products(work), np.errstate(all="ignore"):  # a number that stops being finite is reported by the loop, with its place
            for k in range(start, stop):
                state, record = self.step(state, self.batch_of(examples, order, k))
                if (int(state["step"]) % FLUSH_EVERY) == 0:
                    state = state | {"memory": without_tiny(state["memory"])}
                for name, rows in records.items():
                    rows[k] = record[name]
        return state, records

    def batch_of(self, examples: Examples, order: np.ndarray, k: int) -> Batch:
        """The examples of step k: inputs, targets, weights."""
        chosen = order[k * self.batch : (k + 1) * self.batch]
        y, weight = examples.y, examples.weight
        assert y is not None  # fit checked it
        return examples.inputs(chosen), y[chosen], None if weight is None else weight[chosen]


def without_tiny(memory: Any) -> Any:
    """An optimizer's memory with what is too small to matter set to 0 (Adam's moments of pixels that are never lit)."""
    if isinstance(memory, dict):
        return {key: without_tiny(value) for key, value in memory.items()}
    if isinstance(memory, list):
        return [without_tiny(value) for value in memory]
    return np.where(np.abs(memory) < TINY, np.zeros((), memory.dtype), memory)


class Compiled:
    """The same loop, compiled by JAX into one program; the data rest where the program can reach them."""

    name = "jax"
    # Zen 5 and recent Intel processors do Adam's square roots and divisions 1.6 times faster at the full width.
    options = {"xla_cpu_prefer_vector_width": 512}  # noqa: RUF012

    def __init__(self, step: Step, batch: int) -> None:
        import jax

        use_compilation_cache()
        self.step, self.batch = step, batch
        self.settings: dict[str, Any] = {"static_argnames": "divisor"}
        if jax.default_backend() == "cpu":
            self.settings["compiler_options"] = self.options
        self.full = jax.jit(self.full_steps, donate_argnums=(0, 1), **self.settings)
        self.tail = jax.jit(self.tail_step, donate_argnums=(0, 1), **self.settings)

    def load(self, examples: Examples) -> Examples:
        """The examples, on the device."""
        import jax.numpy as jnp

        weight = None if examples.weight is None else jnp.asarray(examples.weight)
        return Examples(jnp.asarray(examples.x), jnp.asarray(examples.y), weight, examples.divisor)

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Another function of the same arrays, compiled; its argument `divisor` is a plain number."""
        import jax

        return jax.jit(function, **self.settings)

    def state(self, state: State) -> State:
        """A copy of a state on the device: the loop writes over what it is given."""
        import jax

        return jax.tree.map(lambda a: jax.numpy.array(a, copy=True), state)  # type: ignore[no-any-return]

    def advance(
        self, state: State, records: Record, examples: Examples, order: Array, start: int, stop: int
    ) -> tuple[State, Record]:
        """Runs the steps start..stop of an epoch."""
        import jax.numpy as jnp

        data, divisor = (examples.x, examples.y, examples.weight), examples.divisor
        order = jnp.asarray(order)
        whole = len(order) // self.batch
        if start < min(stop, whole):
            state, records = self.full(state, records, *data, order, start, min(stop, whole), divisor=divisor)
        if stop > max(start, whole):
            state, records = self.tail(state, records, *data, order[whole * self.batch :], whole, divisor=divisor)
        return state, records

    def full_steps(
        self, state: State, records: Record, x: Array, y: Array, weight: Array | None, order: Array,
        start: Array, stop: Array, divisor: float,
    ) -> tuple[State, Record]:  # fmt: skip
        """Steps of a whole batch each, in one compiled loop."""
        import jax

        def body(k: Array, carried: tuple[State, Record]) -> tuple[State, Record]:
            chosen = jax.lax.dynamic_slice(order, (k * self.batch,), (self.batch,))
            return self.tail_step(*carried, x, y, weight, chosen, k, divisor)

        return jax.lax.fori_loop(start, stop, body, (state, records))  # type: ignore[no-any-return]

    def tail_step(
        self, state: State, records: Record, x: Array, y: Array, weight: Array | None, chosen: Array, k: Array,
        divisor: float,
    ) -> tuple[State, Record]:  # fmt: skip
        """One step on the chosen examples; compiled alone for the last, smaller batch of an epoch."""
        batch = as_float(x[chosen], divisor), y[chosen], None if weight is None else weight[chosen]
        state, record = self.step(state, batch)
        return state, {name: rows.at[k].set(record[name]) for name, rows in records.items()}


def on_host(tree: Any) -> Any:
    """NumPy copies of everything in a state or in records."""
    if isinstance(tree, dict):
        return {key: on_host(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [on_host(value) for value in tree]
    return np.array(tree) if namespace(tree) is not np else tree


ENGINES: dict[str, type[Watched] | type[Compiled]] = {"numpy": Watched, "jax": Compiled}


def cache_folder() -> Path:
    """Where Chainrule keeps what can be made again: CHAINRULE_HOME, or the user's cache folder."""
    home = os.environ.get("CHAINRULE_HOME")
    if home:
        return Path(home)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chainrule"


def use_compilation_cache() -> None:
    """Lets JAX keep compiled programs between processes, unless the user has chosen a place for them already."""
    import jax

    config: Any = jax.config
    if config.jax_compilation_cache_dir is None:
        config.update("jax_compilation_cache_dir", str(cache_folder() / "jax"))
        config.update("jax_persistent_cache_min_compile_time_secs", 0)
        config.update("jax_persistent_cache_min_entry_size_bytes", -1)
