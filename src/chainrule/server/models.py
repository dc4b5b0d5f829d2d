"""The models of a server: loaded and warmed before they are asked, replaced without dropping a request."""

import re
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.engine.examples import Examples
from chainrule.engine.forward import values_at
from chainrule.engine.inputs import check_values
from chainrule.errors import ChainruleError, DataError, SettingError
from chainrule.inference.card import ModelCard
from chainrule.inference.names import names_of
from chainrule.inference.predictor import Predictor
from chainrule.layers.base import Layer
from chainrule.server.batching import SHORT, Arrays, Batcher
from chainrule.server.settings import RefusedError

if TYPE_CHECKING:
    from chainrule.models import Model
    from chainrule.server.settings import Settings


@dataclass
class Stats:
    """What was counted of a model: times in nanoseconds, as Triton gives them."""

    success: int = 0
    success_ns: int = 0
    fail: int = 0
    fail_ns: int = 0
    examples: int = 0
    passes: int = 0
    compute_ns: int = 0
    queue_ns: int = 0
    last: int = 0  # milliseconds since 1970
    reloads: int = 0
    refused_reloads: int = 0
    batches: dict[int, list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0, 0])
    )  # size: passes, ns

    def succeeded(self, began: int) -> None:
        """One request that was answered. began: nanoseconds of time.perf_counter_ns."""
        self.success += 1
        self.success_ns += time.perf_counter_ns() - began

    def failed(self, began: int) -> None:
        """One request that was refused, or whose client has gone."""
        self.fail += 1
        self.fail_ns += time.perf_counter_ns() - began

    def count(self, size: int, compute_ns: int, queue_ns: int) -> None:
        """One forward pass."""
        self.examples += size
        self.passes += 1
        self.compute_ns += compute_ns
        self.queue_ns += queue_ns
        of_size = self.batches[size]
        of_size[0] += 1
        of_size[1] += compute_ns


class ServedModel:
    """A model under its name: network, card, queue and counts. A reload replaces network and card together."""

    def __init__(self, name: str, path: str, settings: "Settings", pool: ThreadPoolExecutor) -> None:
        self.name, self.path, self.settings, self.pool = name, path, settings, pool
        self.stats, self.version = Stats(), 1
        self._use(self._loaded())
        self.stamp = self._stamp()
        self.batcher = Batcher(
            self._forward, settings.max_batch, settings.queue, self.stats.count, pool, self._is_short()
        )

    @property
    def network(self) -> "Model":
        """The network that answers now."""
        return self.predictor.model

    @property
    def card(self) -> ModelCard:
        """What its file says of it."""
        return self.predictor.card

    def _use(self, predictor: Predictor) -> None:
        """From now on this network answers. What is asked of it for every request is looked up once."""
        network = predictor.model
        self.predictor, self.divisor = predictor, predictor.card.divisor
        self.input_names, self.output_names = names_of(network)
        self.input_shapes, self.output_shapes = network.input_tuple(), network.output_tuple()
        self.graph = network.graph
        self.params = [layer.params for layer in self.graph.layers]
        self.picky = any(type(node.layer).check_values is not Layer.check_values for node in self.graph.nodes)

    def check_values(self, xs: Arrays) -> None:
        """RefusedError 400 for numbers that a layer cannot take, such as words that it has no row for."""
        if self.picky:
            try:
                check_values(self.graph, Examples(xs if len(xs) > 1 else xs[0]))
            except DataError as problem:
                raise RefusedError(400, str(problem)) from None

    def reload(self) -> str | None:
        """Loads the file again; returns why the new one was refused (the old one stays), or None."""
        self.stamp = self._stamp()
        try:
            predictor = self._loaded()
            found = names_of(predictor.model), predictor.model.input_tuple()
            if found != ((self.input_names, self.output_names), self.input_shapes):
                raise DataError(
                    f"its examples have the shape {listed(found[1])} instead of {listed(self.input_shapes)}."
                )
        except (ChainruleError, OSError) as problem:
            self.stats.refused_reloads += 1
            return str(problem)
        self._use(predictor)
        self.version += 1
        self.stats.reloads += 1
        return None

    def changed(self) -> bool:
        """Whether the file is another one than the one that was loaded."""
        found = self._stamp()
        return found is not None and found != self.stamp

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = Path(self.path).stat()
        except OSError:  # while it is being replaced
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _loaded(self) -> Predictor:
        """The file's network with its card, after its first answer."""
        from chainrule.models.saving import load_model

        network = load_model(self.path, compile=False)
        network.build()
        if not network.input_tuple() or network.input_shape is None:
            raise SettingError(f"{self.path} does not say which shape its examples have.")
        network.predict_on_batch(zeros(network.input_tuple(), 1))
        return Predictor(network, ModelCard.of(network))

    def _forward(self, xs: Arrays) -> Arrays:
        """The outputs for some examples, checked before."""
        with np.errstate(all="ignore"):
            outputs, _ = values_at(self.graph, self.params, xs if len(xs) > 1 else xs[0], self.graph.outputs)
        self.stats.last = time.time_ns() // 1_000_000
        return outputs

    def _is_short(self) -> bool:
        """Whether a full pass is over before another request would notice."""
        xs = tuple(np.zeros((self.settings.max_batch, *shape), np.float32) for shape in self.input_shapes)
        times = []
        for _ in range(2):
            began = time.perf_counter()
            self._forward(xs)
            times.append(time.perf_counter() - began)
        return min(times) < SHORT


def zeros(shapes: Any, count: int) -> Any:
    """So many examples of zeros, as `predict` takes them."""
    xs = [np.zeros((count, *shape), np.float32) for shape in shapes]
    return xs[0] if len(xs) == 1 else xs


def listed(shapes: Any) -> str:
    """Shapes as people write them."""
    return ", ".join(map(str, shapes))


def named(words: list[str]) -> dict[str, str]:
    """Files by the names under which they are served: NAME=FILE, or the file's own name.

    >>> named(["models/digits.keras", "letters=b.h5"])
    {'digits': 'models/digits.keras', 'letters': 'b.h5'}
    """
    found: dict[str, str] = {}
    for word in words:
        name, equals, path = word.partition("=")
        if not equals or "/" in name:
            name, path = Path(word).stem, word
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
            raise SettingError(f"{name!r} cannot be a model's name in an address; name it: NAME={path}.")
        if name in found:
            raise SettingError(f"Two models are called {name!r}; name one of them: NAME={path}.")
        found[name] = path
    return found
