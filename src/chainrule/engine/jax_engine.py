"""The learning step compiled by JAX: the same lines as NumPy's, in one loop on the device.

The bounds of `advance` are arguments, so that one compilation serves any number of steps.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chainrule.arrays import Array
from chainrule.backprop import State, StepMetrics
from chainrule.engine.devices import device_for, placed_on
from chainrule.engine.epoch import Step
from chainrule.engine.examples import Examples, as_float, each
from chainrule.internal.forks import must_have_its_threads


class JaxEngine:
    """The same loop, compiled by JAX into one program; the data rest where the program can reach them."""

    name = "jax"
    # Zen 5 and recent Intel processors do Adam's square roots and divisions 1.6 times faster at the full width.
    options = {"xla_cpu_prefer_vector_width": 512}  # noqa: RUF012

    def __init__(self, step: Step, batch: int, device: str | None = None) -> None:
        import jax

        use_compilation_cache()
        self.step, self.batch = step, batch
        self.settings: dict[str, Any] = {"static_argnames": "divisor"}
        self.device = device_for(device)  # None: the processor is all there is
        if self.device is None or self.device.platform == "cpu":
            self.settings["compiler_options"] = self.options
        self.full = jax.jit(self.full_steps, donate_argnums=(0, 1), **self.settings)
        self.alone: Any = None  # `step_on`, compiled when it is first asked for
        self.tail = jax.jit(self.tail_step, donate_argnums=(0, 1), **self.settings)

    def load(self, examples: Examples) -> Examples:
        """The examples, on the device."""
        import jax

        def copied(array: Array) -> Array:  # jnp.asarray would copy twice, and hold both for a while
            return jax.device_put(array, may_alias=False)

        must_have_its_threads()
        with placed_on(self.device):
            x, y, weight = (each(copied, part) for part in (examples.x, examples.y, examples.weight))
        jax.block_until_ready((x, y, weight))  # type: ignore[no-untyped-call]  # from here on the caller may change the arrays
        return Examples(x, y, weight, examples.divisor)

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Another function of the same arrays, compiled; its argument `divisor` is a plain number."""
        import jax

        return jax.jit(function, **self.settings)

    def state(self, state: State) -> State:
        """A copy of a state on the device: the loop writes over what it is given."""
        import jax

        with placed_on(self.device):
            return jax.tree.map(lambda a: jax.numpy.array(a, copy=True), state)  # type: ignore[no-any-return]

    def advance(
        self, state: State, records: StepMetrics, examples: Examples, order: Array, start: int, stop: int
    ) -> tuple[State, StepMetrics]:
        """Runs the steps start..stop of an epoch."""
        import jax.numpy as jnp

        data, divisor = (examples.x, examples.y, examples.weight), examples.divisor
        with placed_on(self.device):
            order = jnp.asarray(order)
            whole = len(order) // self.batch
            if start < min(stop, whole):
                end = min(stop, whole)
                state, records = self.full(state, records, *data, order, start, end, divisor=divisor)
            if stop > max(start, whole):
                rest = order[whole * self.batch :]
                state, records = self.tail(state, records, *data, rest, whole, divisor=divisor)
        return state, records

    def single(self, state: State, examples: Examples) -> tuple[State, StepMetrics]:
        """One step on all of the examples. What it is given is not written over, as `advance` does."""
        if self.alone is None:
            self.alone = self.compiled(self.step_on)
        with placed_on(self.device):
            return self.alone(state, examples.x, examples.y, examples.weight, divisor=examples.divisor)  # type: ignore[no-any-return]

    def step_on(
        self, state: State, x: Array, y: Array, weight: Array | None, divisor: float
    ) -> tuple[State, StepMetrics]:
        """The step on a batch as it came."""
        return self.step(state, (each(lambda one: as_float(one, divisor), x), y, weight))

    def full_steps(
        self, state: State, records: StepMetrics, x: Array, y: Array, weight: Array | None, order: Array,
        start: Array, stop: Array, divisor: float,
    ) -> tuple[State, StepMetrics]:  # fmt: skip
        """Steps of a whole batch each, in one compiled loop."""
        import jax

        def body(k: Array, carried: tuple[State, StepMetrics]) -> tuple[State, StepMetrics]:
            chosen = jax.lax.dynamic_slice(order, (k * self.batch,), (self.batch,))
            return self.tail_step(*carried, x, y, weight, chosen, k, divisor)

        return jax.lax.fori_loop(start, stop, body, (state, records))  # type: ignore[no-any-return]

    def tail_step(
        self, state: State, records: StepMetrics, x: Array, y: Array, weight: Array | None, chosen: Array, k: Array,
        divisor: float,
    ) -> tuple[State, StepMetrics]:  # fmt: skip
        """One step on the chosen examples; compiled alone for the last, smaller batch of an epoch."""
        batch = (
            each(lambda x: as_float(x[chosen], divisor), x),
            *(each(lambda v: v[chosen], part) for part in (y, weight)),
        )
        state, record = self.step(state, batch)
        return state, {name: rows.at[k].set(record[name]) for name, rows in records.items()}


def cache_folder() -> Path:
    """Where Chainrule keeps what can be made again: CHAINRULE_HOME, or the user's cache folder."""
    home = os.environ.get("CHAINRULE_HOME")
    if home:
        return Path(home)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chainrule"


def use_compilation_cache() -> None:
    """Lets JAX keep compiled programs between processes, unless the user has chosen a place for them already."""
    import jax

    must_have_its_threads()
    config: Any = jax.config
    if config.jax_compilation_cache_dir is None:
        config.update("jax_compilation_cache_dir", str(cache_folder() / "jax"))
        config.update("jax_persistent_cache_min_compile_time_secs", 0)
        config.update("jax_persistent_cache_min_entry_size_bytes", -1)
