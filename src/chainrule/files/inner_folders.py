"""Where the arrays of layers with parts lie in Keras 3's layout: a recurrent layer's in its cell, a wrapper's within.

lstm/cell/vars/0 · bidirectional/forward_layer/cell/vars/0 · time_distributed/layer/vars/0
multi_head_attention/query_dense/vars/0
"""

from typing import Any

from chainrule.internal.snake_case import snake_case

MODELS = ("Sequential", "Functional", "Model")
RECURRENT = frozenset(["GRU", "LSTM", "SimpleRNN"])
WRAPPERS = frozenset(["Bidirectional", "TimeDistributed"])
INSIDE = ("layer", "backward_layer")  # settings of wrappers that hold a layer
ATTENTION_PARTS = ("query", "key", "value", "output")
Config = dict[str, Any]


def numbers(layers: list[Config]) -> list[str]:
    """The folder of each layer: its class in snake case, with a number from the second one on."""
    seen: dict[str, int] = {}
    folders = []
    for layer in layers:
        name = snake_case(layer["class_name"])
        count = seen[name] = seen.get(name, -1) + 1
        folders.append(f"{name}_{count}" if count else name)
    return folders


def inner_folders(layer: Config) -> list[str]:
    """The folders within a layer's own that hold its arrays, in the order of its weights; "" is its own.

    >>> inner_folders({"class_name": "Bidirectional", "config": {"layer": {"class_name": "GRU", "config": {}}}})
    ['forward_layer/cell/', 'backward_layer/cell/']
    """
    kind, config = layer["class_name"], layer.get("config") or {}
    if kind in MODELS:
        inside = config["layers"]
        return [
            f"layers/{folder}/{below}"
            for folder, one in zip(numbers(inside), inside, strict=True)
            for below in inner_folders(one)
        ]
    if kind in RECURRENT:
        return ["cell/"]
    if kind == "TimeDistributed":
        return [f"layer/{below}" for below in _below(config.get("layer"))]
    if kind == "Bidirectional":
        there, back = config.get("layer"), config.get("backward_layer") or config.get("layer")
        return [
            *(f"forward_layer/{below}" for below in _below(there)),
            *(f"backward_layer/{below}" for below in _below(back)),
        ]
    if kind == "MultiHeadAttention":
        return [f"{part}_dense/" for part in ATTENTION_PARTS]
    return [""]


def _below(layer: Any) -> list[str]:
    return (
        inner_folders(layer) if isinstance(layer, dict) and isinstance(layer.get("class_name"), str) else [""]
    )


def shared_out(layer: Config, arrays: list[Any]) -> dict[str, list[Any]]:
    """Which arrays lie in which inner folder.

    >>> shared_out({"class_name": "LSTM", "config": {}}, ["kernel", "recurrent", "bias"])
    {'cell/': ['kernel', 'recurrent', 'bias']}
    """
    if (
        layer["class_name"] in MODELS
    ):  # a model used as a layer: `counts` says how many arrays each of its layers has
        found: dict[str, list[Any]] = {}
        inside = layer["config"]["layers"]
        for folder, one, count in zip(numbers(inside), inside, layer["counts"], strict=True):
            own, arrays = arrays[:count], arrays[count:]
            found |= {f"layers/{folder}/{path}": part for path, part in shared_out(one, own).items()}
        return found
    folders = inner_folders(layer)
    counts = [len(arrays) // len(folders)] * len(folders)
    if layer["class_name"] == "Bidirectional" and len(folders) == 2:
        counts[0] = 2 + bool(layer["config"]["layer"]["config"].get("use_bias", True))  # kernels, bias
    ends = [sum(counts[: k + 1]) for k in range(len(folders) - 1)] + [len(arrays)]
    return {folder: arrays[start:end] for folder, start, end in zip(folders, [0, *ends], ends, strict=False)}
