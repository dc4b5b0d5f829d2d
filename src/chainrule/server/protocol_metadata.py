"""What the Open Inference Protocol says of a server and its models: metadata, configuration, statistics. No I/O here."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.server.models import ServedModel


def server_metadata() -> dict[str, Any]:
    """GET /v2."""
    from chainrule import __version__

    extensions = ["binary_tensor_data", "classification", "statistics", "model_repository"]
    return {"name": "chainrule", "version": __version__, "extensions": extensions}


def metadata(model: "ServedModel") -> dict[str, Any]:
    """GET /v2/models/NAME: shapes, and the model card under `parameters`."""
    card = model.card
    return {
        "name": model.name, "versions": ["1"], "platform": "chainrule",
        "inputs": _shapes(model.input_names, model.input_shapes),
        "outputs": _shapes(model.output_names, model.output_shapes),
        "parameters": {
            "task": card.task, "labels": list(card.class_names), "preparation": card.preparation, "reads_pictures": card.digits,
            "outputs": "values" if card.task == "regression" else "logits" if card.logits else "probabilities",
            "dataset": str(card.dataset.get("name") or ""), "results": card.results, "loads": model.version,
        },
    }  # fmt: skip


def _shapes(names: Sequence[str], shapes: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {"name": name, "datatype": "FP32", "shape": [-1, *shape]}
        for name, shape in zip(names, shapes, strict=True)
    ]


def configuration(model: "ServedModel") -> dict[str, Any]:
    """GET /v2/models/NAME/config, as Triton's clients ask for it."""
    return {
        "name": model.name, "platform": "chainrule", "backend": "chainrule", "max_batch_size": model.settings.max_batch,
        "input": [
            {"name": name, "data_type": "TYPE_FP32", "dims": list(shape)}
            for name, shape in zip(model.input_names, model.input_shapes, strict=True)
        ],
        "output": [
            {"name": name, "data_type": "TYPE_FP32", "dims": list(shape)}
            for name, shape in zip(model.output_names, model.output_shapes, strict=True)
        ],
        "dynamic_batching": {"preferred_batch_size": [], "max_queue_delay_microseconds": 0},
    }  # fmt: skip


def statistics(models: "list[ServedModel]") -> dict[str, Any]:
    """GET /v2/models/stats, as Triton gives them."""
    return {"model_stats": [_statistics(model) for model in models]}


def _statistics(model: "ServedModel") -> dict[str, Any]:
    s = model.stats

    def pair(count: int, ns: int) -> dict[str, int]:
        return {"count": count, "ns": ns}

    batches = [
        {
            "batch_size": size,
            "compute_input": pair(n, 0),
            "compute_infer": pair(n, ns),
            "compute_output": pair(n, 0),
        }
        for size, (n, ns) in sorted(s.batches.items())
    ]
    return {
        "name": model.name, "version": "1", "last_inference": s.last, "inference_count": s.examples, "execution_count": s.passes,
        "inference_stats": {
            "success": pair(s.success, s.success_ns), "fail": pair(s.fail, s.fail_ns), "queue": pair(s.success, s.queue_ns),
            "compute_input": pair(s.success, 0), "compute_infer": pair(s.success, s.compute_ns), "compute_output": pair(s.success, 0),
            "cache_hit": pair(0, 0), "cache_miss": pair(0, 0),
        },
        "batch_stats": batches, "memory_usage": [],
    }  # fmt: skip
