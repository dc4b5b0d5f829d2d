"""What was counted: requests by kind and status, how long they took, passes and examples of each model.

Counting is adding to a dict; prometheus-client is imported when somebody asks. Several workers write their counts beside each
other, and whoever is asked adds them up.
"""

import json
import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.server.models import ServedModel

BOUNDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # seconds
OLD = 10.0  # seconds after which another worker's counts are those of one that has gone; they still count


class Metrics:
    """Counts of one worker. shared: a folder for all workers' counts, None for one alone."""

    def __init__(self, models: "dict[str, ServedModel]", shared: str | None = None) -> None:
        self.models, self.shared = models, shared
        self.requests: Counter[str] = Counter()  # "kind status"
        self.buckets: dict[str, list[int]] = {}
        self.seconds: Counter[str] = Counter()  # nanoseconds, by kind
        self.active = 0

    def count(self, kind: str, status: int, ns: int) -> None:
        """One answered request."""
        self.requests[f"{kind} {status}"] += 1
        self.seconds[kind] += ns
        buckets = self.buckets.get(kind)
        if buckets is None:
            buckets = self.buckets[kind] = [0] * (len(BOUNDS) + 1)
        buckets[bisect_left(BOUNDS, ns / 1e9)] += 1

    def snapshot(self) -> dict[str, Any]:
        """All counts as plain numbers."""
        names = (
            "success",
            "fail",
            "examples",
            "passes",
            "compute_ns",
            "queue_ns",
            "reloads",
            "refused_reloads",
        )
        return {
            "requests": dict(self.requests), "seconds": dict(self.seconds), "buckets": self.buckets,
            "active": {"": self.active},
            "waiting": {name: model.batcher.examples for name, model in self.models.items()},
            **{key: {name: getattr(model.stats, key) for name, model in self.models.items()} for key in names},
        }  # fmt: skip

    def share(self) -> None:
        """Writes this worker's counts where the others find them."""
        if self.shared is not None:
            place = Path(self.shared) / f"{os.getpid()}.json"
            with suppress(OSError):
                place.with_suffix(".part").write_text(json.dumps(self.snapshot()))
                place.with_suffix(".part").replace(place)

    def total(self) -> dict[str, Any]:
        """The counts of all workers together."""
        found = self.snapshot()
        for place in sorted(Path(self.shared).glob("*.json")) if self.shared else ():
            if place.stem == str(os.getpid()):
                continue
            with suppress(OSError, ValueError):
                _add(found, json.loads(place.read_text()))
        return found

    def text(self) -> tuple[bytes, str]:
        """Prometheus's text and its content type."""
        from prometheus_client.core import CollectorRegistry
        from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Collector(self.total()))
        return generate_latest(registry), CONTENT_TYPE_LATEST


def _add(total: dict[str, Any], other: dict[str, Any]) -> None:
    for key, counts in other.items():
        mine = total.setdefault(key, {})
        for name, value in counts.items():
            if isinstance(value, list):
                mine[name] = [a + b for a, b in zip(mine.get(name, [0] * len(value)), value, strict=True)]
            else:
                mine[name] = mine.get(name, 0) + value


class _Collector:
    """A snapshot as Prometheus's families."""

    def __init__(self, counts: dict[str, Any]) -> None:
        self.counts = counts

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        c = self.counts
        requests = CounterMetricFamily(
            "chainrule_requests", "Requests answered, by kind and status", labels=["kind", "status"]
        )
        for name, value in sorted(c["requests"].items()):
            requests.add_metric(name.split(" "), value)
        yield requests
        seconds = HistogramMetricFamily(
            "chainrule_request_seconds", "Time from a request's head to its answer", labels=["kind"]
        )
        for kind, buckets in sorted(c["buckets"].items()):
            running, rows = 0, []
            for bound, count in zip([*map(str, BOUNDS), "+Inf"], buckets, strict=True):
                running += count
                rows.append((bound, running))
            seconds.add_metric([kind], rows, c["seconds"][kind] / 1e9)
        yield seconds
        active = GaugeMetricFamily("chainrule_requests_active", "Requests that are being answered")
        active.add_metric([], c["active"][""])
        yield active
        waiting = GaugeMetricFamily(
            "chainrule_examples_waiting", "Examples in a model's queue", labels=["model"]
        )
        for name, value in c["waiting"].items():
            waiting.add_metric([name], value)
        yield waiting
        for key, name, about, scale in (
            ("success", "inferences_succeeded", "Inference requests answered", 1), ("fail", "inferences_failed", "Inference requests refused", 1),
            ("examples", "examples", "Examples answered", 1), ("passes", "passes", "Forward passes", 1),
            ("compute_ns", "compute_seconds", "Time in forward passes", 1e9), ("queue_ns", "queue_seconds", "Time in the queue", 1e9),
            ("reloads", "reloads", "Files loaded again", 1), ("refused_reloads", "reloads_refused", "Files that were refused", 1),
        ):  # fmt: skip
            family = CounterMetricFamily(f"chainrule_{name}", about, labels=["model"])
            for model, value in c[key].items():
                family.add_metric([model], value / scale if scale != 1 else value)
            yield family
