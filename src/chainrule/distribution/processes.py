"""The processes of one training: joined by JAX's runtime, their branches added, words passed between them.

Arrays travel by gloo's all-gather, short messages by the key-value store of JAX's coordinator (in process 0).
"""

import atexit
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.distribution.freed_memory import keep_freed_memory
from chainrule.distribution.watchdog import Watchdog
from chainrule.engine.pieces import tree
from chainrule.engine.threads import jax_has_started, one_thread_for_jax
from chainrule.errors import MissingDependencyError, SettingError
from chainrule.internal.silence import silenced

LARGE = 1 << 20  # bytes of sums that are dear to ask the system for in every step
TO_JOIN = 120  # seconds that the processes may begin apart
DAY = 86_400_000  # milliseconds
CHUNK = 1 << 22  # bytes of a large message that travel at once


class Processes:
    """This process and its peers. count: how many.  index: which this is; process 0 leads."""

    def __init__(self, count: int, index: int, client: Any) -> None:
        import jax
        from jax.flatten_util import ravel_pytree
        from jax.sharding import Mesh, NamedSharding, PartitionSpec

        spec: Any = PartitionSpec
        self.count, self.index, self.client = count, index, client
        mesh = Mesh(np.array(jax.devices()), ("process",))
        self.shared_out = NamedSharding(mesh, spec("process"))
        self.all_gather = jax.jit(lambda a: a, out_shardings=NamedSharding(mesh, spec()))
        self.flat = jax.jit(lambda sums: ravel_pytree(sums)[0])
        self.branches: dict[Any, Callable[[Any, Any], Any]] = {}
        self.sent = self.received = 0
        self.watchdog = Watchdog(client, count, index)

    # ── sums ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def total(self, branch: Any, join: Callable[[Any, Any], Any]) -> Any:
        """The sum of all processes' branches, the same bits in each of them."""
        import jax
        from jax.flatten_util import ravel_pytree

        split = self.branches.get(structure := jax.tree.structure(branch))
        if split is None:
            like = jax.tree.map(lambda a: np.zeros(a.shape, a.dtype), branch)
            row, restore = ravel_pytree(like)
            if row.nbytes > LARGE:
                keep_freed_memory()
            split = self.branches[structure] = jax.jit(lambda rows, i: restore(rows[i]))
        rows = self.gather(self.flat(branch))
        return tree(lambda i: split(rows, i), join, 0, self.count)

    def gather(self, row: Any) -> Any:
        """A row of each process: (n,) -> (processes, n), on this process's device."""
        import jax

        with self.watchdog.explained():
            whole = jax.make_array_from_single_device_arrays(
                (self.count, *row.shape), self.shared_out, [jax.numpy.asarray(row)[None]]
            )
            return self.all_gather(whole).addressable_data(0)

    # ── words ────────────────────────────────────────────────────────────────────────────────────────────────────
    def send(self, message: dict[str, Any]) -> None:
        """Tells all others something, from process 0."""
        with self.watchdog.explained():
            self.client.key_value_set(f"chainrule/said/{self.sent}", json.dumps(message))
            if self.sent >= 16:
                self.client.key_value_delete(f"chainrule/said/{self.sent - 16}")
        self.sent += 1

    def receive(self) -> dict[str, Any]:
        """What process 0 said next; waits for it."""
        with self.watchdog.explained():
            text = self.client.blocking_key_value_get(f"chainrule/said/{self.received}", DAY)
        self.received += 1
        found: dict[str, Any] = json.loads(text)
        return found

    def broadcast(self, data: bytes | None, size: int) -> bytes:
        """Process 0's bytes, in every process. data: only process 0's counts.  size: how many there are."""
        parts = []
        for start in range(0, size, CHUNK):
            length = min(CHUNK, size - start)
            own = np.zeros(length, np.uint8)
            if data is not None:
                own[:] = np.frombuffer(data, np.uint8, length, start)
            parts.append(np.asarray(self.gather(own)[0]).tobytes())
        return b"".join(parts)

    def of_all(self, what: str, value: dict[str, Any]) -> list[dict[str, Any]]:
        """What each process says about something, in their order; waits for all."""
        place = f"chainrule/{what}/"
        with self.watchdog.explained():
            self.client.key_value_set(f"{place}{self.index}", json.dumps(value))
            return [
                json.loads(self.client.blocking_key_value_get(f"{place}{i}", DAY)) for i in range(self.count)
            ]

    def of_first(self, what: str, make: Callable[[], Any]) -> Any:
        """What process 0 makes of something, in every process; plain values."""
        key = f"chainrule/first/{what}"
        with self.watchdog.explained():
            if self.index == 0:
                value = make()
                self.client.key_value_set(key, json.dumps(value))
                return value
            return json.loads(self.client.blocking_key_value_get(key, DAY))


def join(address: str | None, count: int | None, index: int | None) -> Processes:
    """Joins this process with the others. address: of process 0; None lets JAX find everything."""
    try:
        import jax
    except ImportError:
        raise MissingDependencyError(
            'Several processes need the package jax: pip install "chainrule[jax]".'
        ) from None
    if jax_has_started():
        raise SettingError(
            "JAX has begun to compute in this process; join the others (distribution.initialize) before anything else."
        )
    one_thread_for_jax()
    config: Any = jax.config
    config.update("jax_cpu_collectives_implementation", "gloo")
    try:
        jax.distributed.initialize(
            address, count, index, initialization_timeout=TO_JOIN, shutdown_timeout_seconds=10
        )
    except (RuntimeError, ValueError) as problem:
        raise SettingError(
            f"The processes could not be joined{f' at {address}' if address else ''}: {str(problem).splitlines()[0]}"
        ) from None
    from jax._src import distributed  # its key-value store has no public name

    state = distributed.global_state
    with silenced(1):  # gloo greets there
        found = Processes(state.num_processes, state.process_id, state.client)
        found.gather(np.zeros(1, np.uint8))
    atexit.register(found.watchdog.end)  # before JAX's own end, which gives the others ten seconds only
    return found
