"""The models of a server: loaded and warmed before they are asked, replaced without dropping a request."""

import re
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.errors import ChainruleError, DataError, SettingError
from chainrule.inference.card import ModelCard
from chainrule.inference.predictor import Predictor
from chainrule.server.batching import SHORT, Batcher

if TYPE_CHECKING:
    from chainrule.models import Model
    from chainrule.server.settings import Settings

Array = np.ndarray[Any, Any]


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
        self.predictor = self._loaded()
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

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        return self.network.input_shape or ()

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The shape of one output."""
        return self.network.output_shape or ()

    def reload(self) -> str | None:
        """Loads the file again; returns why the new one was refused (the old one stays), or None."""
        self.stamp = self._stamp()
        try:
            predictor = self._loaded()
            if predictor.model.input_shape != self.input_shape:
                raise DataError(
                    f"its examples have the shape {predictor.model.input_shape} instead of {self.input_shape}."
                )
        except (ChainruleError, OSError) as problem:
            self.stats.refused_reloads += 1
            return str(problem)
        self.predictor = predictor
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
        if network.input_shape is None:
            raise SettingError(f"{self.path} does not say which shape its examples have.")
        if network.graph.inputs != 1 or len(network.graph.outputs) != 1:
            raise SettingError(
                f"{self.path} has several inputs or outputs; a model with one of each can be served."
            )
        network.predict_on_batch(np.zeros((1, *network.input_shape), np.float32))
        return Predictor(network, ModelCard.of(network))

    def _forward(self, x: Array) -> Array:
        said: Array = self.network.predict_on_batch(x)
        self.stats.last = time.time_ns() // 1_000_000
        return said

    def _is_short(self) -> bool:
        """Whether a full pass is over before another request would notice."""
        x = np.zeros((self.settings.max_batch, *self.input_shape), np.float32)
        times = []
        for _ in range(2):
            began = time.perf_counter()
            self.network.predict_on_batch(x)
            times.append(time.perf_counter() - began)
        return min(times) < SHORT


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
