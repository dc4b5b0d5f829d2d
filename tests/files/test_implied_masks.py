"""Graphs of Keras 3 in which masks are written out: opened where layers pass the same masks by themselves, else refused."""

from typing import Any

import pytest

from chainrule.errors import FileError
from chainrule.files import keras_versions

OPS = "keras.src.ops.numpy"


def tensor(layer: str, dtype: str = "float32") -> dict[str, Any]:
    """A place of a stored graph."""
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": [None, 4], "dtype": dtype, "keras_history": [layer, 0, 0]},
    }


def entry(
    kind: str, name: str, args: Any, kwargs: Any = None, module: str = "keras.layers", **config: Any
) -> dict[str, Any]:
    """A layer with one call."""
    nodes = [] if args is None else [{"args": args, "kwargs": kwargs or {}}]
    return {
        "module": module,
        "class_name": kind,
        "config": {"name": name, **config},
        "name": name,
        "inbound_nodes": nodes,
    }


def stored(nothing: Any, source: str = "words", mask_zero: bool = True) -> dict[str, Any]:
    """Words, an embedding and a recurrent layer that is called with the mask NotEqual(source, nothing)."""
    layers = [
        entry("InputLayer", "words", None, batch_shape=[None, 4]),
        entry("InputLayer", "others", None, batch_shape=[None, 4]),
        entry("Embedding", "embedding", [tensor("words")], input_dim=9, output_dim=3, mask_zero=mask_zero),
        entry("NotEqual", "not_equal", [tensor(source), nothing], module=OPS),
        entry("LSTM", "lstm", [tensor("embedding")], {"training": False, "mask": tensor("not_equal", "bool")}, units=2),
        entry("Dense", "dense", [tensor("others")], units=2),
        entry("Add", "add", [[tensor("lstm"), tensor("dense")]]),
    ]  # fmt: skip
    ends = {"input_layers": [["words", 0, 0], ["others", 0, 0]], "output_layers": [["add", 0, 0]]}
    return {"class_name": "Functional", "config": {"name": "m", "layers": layers, **ends}}


def test_a_mask_that_the_embedding_makes_is_left_to_it() -> None:
    """The step that computed it is gone, and nothing is said of a mask any more."""
    layers = keras_versions.model(stored(0))["config"]["layers"]
    assert [layer["name"] for layer in layers] == ["words", "others", "embedding", "lstm", "dense", "add"]
    assert "mask" not in str(layers[3]["inbound_nodes"])


@pytest.mark.parametrize(
    "config", [stored(1), stored(0, "others"), stored(0, mask_zero=False)], ids=["value", "input", "no mask"]
)
def test_a_mask_of_another_kind_is_refused(config) -> None:
    """Compared with another number or input, or where no layer makes one: what it does would be lost."""
    with pytest.raises(FileError, match="called with mask"):
        keras_versions.model(config)
