"""What Keras says of every layer: its settings with all defaults, the shapes of its weights and of its output.

    python tests/golden/keras_layers.py        writes keras_layers.json anew, with the Keras that is installed

tests/network/test_layer_settings.py holds ours against it without Keras, tests/parity/test_keras_settings.py holds the
file against the Keras that is installed.
"""

import json
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
FILE = Path(__file__).with_suffix(".json")
sys.path.insert(0, str(Path(__file__).parents[1] / "network"))


def plain(value):
    """Settings as JSON gives them back, without what only Keras's own loader needs."""
    if isinstance(value, dict):
        if value.get("class_name") == "DTypePolicy":
            return value["config"]["name"]
        left_out = {"module", "registered_name", "build_config"} if "class_name" in value else set()
        return {key: plain(entry) for key, entry in value.items() if key not in left_out}
    if isinstance(value, float):
        return float(f"{value:.6g}")  # Keras keeps some in float32
    return [plain(entry) for entry in value] if isinstance(value, (list, tuple)) else value


def shapes(value):
    """One shape, or a list of some; without the batch axis."""
    several = isinstance(value[0], (list, tuple))
    return [list(one[1:]) for one in value] if several else list(value[1:])


def told_by_keras() -> list[dict]:
    """For each example of a layer what Keras's own says."""
    import keras
    from layer_examples import PLAIN, SET_UP, input_of

    lines = []
    for ours in (*PLAIN, *SET_UP):
        kind, shape = type(ours).__name__, input_of(ours)
        if not hasattr(keras.layers, kind):
            continue
        layer = getattr(keras.layers, kind).from_config(json.loads(json.dumps(ours.get_config())))
        several = isinstance(shape, list)
        dtype = {"dtype": "int32"} if kind == "Embedding" else {}
        inputs = [keras.Input(one, **dtype) for one in (shape if several else [shape])]
        if kind == "InputLayer":
            y = inputs[0]
        else:
            y = layer(*inputs) if kind == "MultiHeadAttention" else layer(inputs if several else inputs[0])
        ends = y if isinstance(y, (list, tuple)) else [y]
        lines.append({
            "layer": kind,
            "config": plain(layer.get_config()) | {"name": None},
            "output": [list(end.shape[1:]) for end in ends],
            "weights": [list(w.shape) for w in layer.weights if "seed_generator" not in w.path],
        })  # fmt: skip
    return lines


def main() -> None:
    """Writes the file, a layer a line."""
    FILE.write_text(
        "[\n" + ",\n".join(json.dumps(row) for row in told_by_keras()) + "\n]\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
