"""Process 0 leads: it alone has callbacks, progress, validation and files. The others take the same steps when told.

Leader   an engine that tells the others everything that it is asked to do
drain    a training, gone through by all processes together
follow   what the others do instead of a training loop
"""

import itertools
import json
import platform
from typing import Any

import numpy as np

from chainrule.backprop import State, StepMetrics
from chainrule.distribution.last_words import last_words
from chainrule.distribution.processes import Processes
from chainrule.distribution.watchdog import HOW_TO_GO_ON
from chainrule.engine.epoch import empty_records, on_host, steps_in
from chainrule.engine.examples import Examples
from chainrule.engine.pieces import PiecesEngine
from chainrule.errors import DataError, SettingError
from chainrule.runs import this_machine
from chainrule.training.fingerprint import compile_config, digest_of
from chainrule.training.fit import put_back, state_of

NUMBERS = itertools.count()  # of the trainings in this program


class Leader:
    """The engine of process 0: what it does, the others do at the same time.

    engine: the steps in pieces.  processes: all of them.
    """

    def __init__(self, engine: PiecesEngine, processes: Processes) -> None:
        self.engine, self.processes = engine, processes
        self.name, self.batch = engine.name, engine.batch
        self.known: Any = None  # the weights that the others have, too
        self.order: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)  # load, compiled: of this process alone

    def state(self, state: State) -> State:
        """A state on the device, in every process."""
        found = self.engine.state(state)
        self.share(found)
        return found

    def share(self, state: State) -> None:
        """Tells the others the state."""
        data, shapes = packed(state)
        self.processes.send({"do": "state", "arrays": shapes})
        self.processes.broadcast(data, len(data))
        self.known = state["params"]

    def advance(
        self, state: State, records: StepMetrics, examples: Examples, order: Any, start: int, stop: int
    ) -> tuple[State, StepMetrics]:
        """Runs the steps start..stop of an epoch, everywhere."""
        if state["params"] is not self.known:
            self.share(state)
        if order is not self.order:
            data = np.ascontiguousarray(order, np.int32).tobytes()
            self.processes.send({"do": "order", "size": len(data)})
            self.processes.broadcast(data, len(data))
            self.order = order
        self.processes.send({"do": "steps", "start": start, "stop": stop, "rate": float(state["rate"])})
        state, records = self.engine.advance(state, records, examples, order, start, stop)
        self.known = state["params"]
        return state, records

    def end(self, model: Any, history: Any) -> None:
        """Tells the others what was learned, and that it is over."""
        self.share(self.engine.state(state_of(model)))
        logs = {name: [float(value) for value in values] for name, values in history.history.items()}
        self.processes.send({
            "do": "end", "epochs_seen": model.epochs_seen, "history": logs, "epoch": list(map(int, history.epoch)),
        })  # fmt: skip


def drain(session: Any, processes: Processes) -> Any:
    """Goes through a training to its end together with the other processes; returns the History."""
    model, plan, engine, watchdog = session.model, session.plan, session.engine, processes.watchdog
    watchdog.training = True
    try:
        with watchdog.explained():
            compare(model, plan, engine, processes, next(NUMBERS))
            return lead(session, processes) if processes.index == 0 else followed(session, processes)
    finally:
        watchdog.training = False


def lead(session: Any, processes: Processes) -> Any:
    """What process 0 does: the whole training, told to the others."""
    session.engine = session.state.engine = leader = Leader(session.engine, processes)
    try:
        history = session.drain()
    except BaseException as problem:
        if not processes.watchdog.concerns(problem):
            processes.send({"do": "fail", "because": str(problem) or type(problem).__name__})
        raise
    leader.end(session.model, history)
    return history


def followed(session: Any, processes: Processes) -> Any:
    """What the others do."""
    with last_words(f"chainrule: Process 0 cannot be reached any more. {HOW_TO_GO_ON}"):
        return follow(session.model, session.engine, session.plan.examples, processes)


def follow(model: Any, engine: PiecesEngine, examples: Examples, processes: Processes) -> Any:
    """Takes the steps that process 0 says, until it says that it is over; returns its History."""
    from chainrule.callbacks import History

    loaded, state, order = engine.load(examples), None, np.zeros(0, np.int32)
    records = empty_records(model.record_names, steps_in(len(examples), engine.batch))
    while True:
        message = processes.receive()
        if message["do"] == "state":
            size = sum(entry["size"] for entry in message["arrays"])
            state = engine.state(
                unpacked(processes.broadcast(None, size), message["arrays"], state_of(model))
            )
        elif message["do"] == "order":
            order = np.frombuffer(processes.broadcast(None, message["size"]), np.int32)
        elif message["do"] == "steps":
            assert state is not None  # process 0 says it first
            rate = np.asarray(message["rate"], state["rate"].dtype)
            state = state | {"rate": state["rate"].__array_namespace__().asarray(rate)}
            state, _ = engine.advance(state, records, loaded, order, message["start"], message["stop"])
        elif message["do"] == "end":
            put_back(model, state)
            model.epochs_seen = message["epochs_seen"]
            history = History()
            history.history, history.epoch = message["history"], message["epoch"]
            return history
        else:
            raise SettingError(f"Process 0 has ended the training: {message['because']}")


def compare(model: Any, plan: Any, engine: PiecesEngine, processes: Processes, which: int) -> None:
    """Raises where the processes are not about to learn the same from the same; warns where they round differently.

    which: the number of the training in this program, so that each compares anew.
    """
    import warnings

    own = {
        "seed": model.seed, "digest": digest_of(plan.examples), "batch": plan.batch, "pieces": engine.pieces.pieces,
        "network": plain([layer.get_config() for layer in model.layers]), "compiled": plain(compile_config(model)),
        "shuffle": plan.shuffle, "versions": {n: this_machine()[n] for n in ("chainrule", "jax", "jaxlib")},
        "product": probe(engine), "host": platform.node(),
    }  # fmt: skip
    everybody = processes.of_all(f"start/{which}", own)
    first = everybody[0]
    model.seed = first["seed"]
    for i, theirs in enumerate(everybody):
        if theirs["digest"] != first["digest"]:
            raise DataError(
                f"Process {i} has other data than process 0: their digest is {theirs['digest'][:12]}, not "
                f"{first['digest'][:12]}. Every process needs the same data, in the same types."
            )
        for what in ("batch", "pieces", "network", "compiled", "shuffle", "versions"):
            if theirs[what] != first[what]:
                raise SettingError(
                    f"Process {i} learns otherwise than process 0: its {what} is {short(theirs[what])}, not {short(first[what])}."
                )
        if theirs["product"] != first["product"] and processes.index == 0:
            warnings.warn(
                f"Process {i} (on {theirs['host']}) rounds otherwise than process 0 (on {first['host']}): their processors "
                "differ, so this training will not have the same bits on another number of processes.",
                stacklevel=4,
            )


def probe(engine: PiecesEngine) -> str:
    """The bits of some products, a sum and an exponential, as this process computes them."""
    import hashlib

    import jax.numpy as jnp

    a = np.sin(np.arange(64 * 96, dtype=np.float32)).reshape(64, 96)

    def computed(a: Any, divisor: float) -> Any:
        b = jnp.tanh(a @ a.T / divisor)
        return jnp.exp(b @ a).sum(axis=0)

    return hashlib.sha256(np.asarray(engine.compiled(computed)(a, divisor=8.0)).tobytes()).hexdigest()[:16]


def packed(state: State) -> tuple[bytes, list[dict[str, Any]]]:
    """The arrays of a state, one after the other, and their shapes."""
    import jax

    arrays = [np.asarray(leaf) for leaf in jax.tree.leaves(on_host(state))]
    shapes = [{"shape": list(a.shape), "dtype": str(a.dtype), "size": int(a.nbytes)} for a in arrays]
    return b"".join(np.ascontiguousarray(a).tobytes() for a in arrays), shapes


def unpacked(data: bytes, shapes: list[dict[str, Any]], like: State) -> State:
    """A state from its bytes. like: one of the same structure."""
    import jax

    arrays, start = [], 0
    for entry in shapes:
        flat = np.frombuffer(data, entry["dtype"], entry["size"] // np.dtype(entry["dtype"]).itemsize, start)
        arrays.append(flat.reshape(entry["shape"]).copy())
        start += entry["size"]
    return jax.tree.unflatten(jax.tree.structure(like), arrays)  # type: ignore[no-any-return]


def plain(value: Any) -> Any:
    """A configuration as JSON would have it."""
    return json.loads(json.dumps(value, default=str))


def short(value: Any) -> str:
    """The beginning of a value.

    >>> short("x" * 100)
    "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..."
    """
    text = repr(value)
    return text if len(text) <= 63 else text[:60] + "..."
