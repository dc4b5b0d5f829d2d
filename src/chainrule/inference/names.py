"""How a network's inputs and outputs are called outside: in ONNX files and by clients of a server."""

from typing import Any


def names_of(model: Any) -> tuple[list[str], list[str]]:
    """Inputs and outputs: "input" and "output", or the model's own names where there are several.

    >>> from chainrule import Sequential, layers
    >>> names_of(Sequential([layers.Input((3,)), layers.Dense(2, name="scores")]))
    (['input'], ['output'])
    """
    inputs, outputs = list(model.input_names), list(model.output_names)
    inputs = ["input"] if len(inputs) == 1 else inputs
    outputs = ["output"] if len(outputs) == 1 else outputs
    double = {*inputs} & {*outputs} or len(set(outputs)) < len(outputs)
    return inputs, [f"output_{i}" for i in range(len(outputs))] if double else outputs
