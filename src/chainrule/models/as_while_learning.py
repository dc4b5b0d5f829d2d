"""What a network says with its dropout and noise at work: model(x, training=True), or layers called so."""

import warnings
from typing import Any

import numpy as np

from chainrule.graph import taken
from chainrule.layers.calls_while_learning import keep, noise_of_a_call


def answers(model: Any, x: Any, training: bool | None = True) -> Any:
    """The network's outputs for a batch as in a step that learns; each call draws other noise, and averages are renewed, as in Keras.

    training: True for all layers; None for those that were called with training=True when the network was built.

    >>> from chainrule.layers import Dropout
    >>> from chainrule.models import Sequential
    >>> sorted(set(answers(Sequential([Dropout(0.5, input_shape=(50,))]), np.ones((4, 50))).ravel().tolist()))
    [0.0, 2.0]
    """
    from chainrule.backprop import forward_sweep  # predicting needs no losses

    examples, graph = model.inputs_checked(x)
    inputs = examples.inputs(slice(0, len(examples)))
    places = [
        i for i in range(len(graph.nodes)) if (training or graph.training[i]) and i not in graph.predicting
    ]
    drawn = noise_of_a_call()
    params = [layer.params for layer in graph.layers]
    values, cache = forward_sweep(graph, params, inputs, lambda i: drawn(i) if i in places else None)
    for i, node in enumerate(graph.nodes):
        if i in places or node.layer.stateful:
            keep(node.layer, cache[i])
    given = inputs if isinstance(inputs, tuple) else (inputs,)
    said = tuple(np.asarray(taken([source], values, given), np.float32) for source in graph.outputs)
    return said[0] if len(said) == 1 else said


def is_asked(model: Any) -> bool:
    """Whether a layer stands in the network by a call with training=True, which model(x) keeps to."""
    called = any(call.training for call in getattr(model, "ordered", ()))
    return called or any(is_asked(layer) for layer in model.layers if hasattr(layer, "layers"))


def answers_otherwise(layer: Any) -> bool:
    """Whether a layer, or one in a model that is used as a layer, computes something else while it learns.

    >>> from chainrule.layers import BatchNormalization, Dense, Dropout
    >>> answers_otherwise(Dropout(0.5)), answers_otherwise(Dense(2)), answers_otherwise(BatchNormalization(trainable=False))
    (True, False, False)
    """
    if hasattr(layer, "layers"):
        return any(map(answers_otherwise, layer.layers))
    parts = [part.layer for part in getattr(layer, "parts", ())]
    by_the_batch = layer.couples_examples and layer.trainable
    draws = any(getattr(layer, setting, 0) for setting in ("rate", "stddev", "dropout", "recurrent_dropout"))
    return (
        by_the_batch
        or draws
        or type(layer).__name__.startswith("Random")
        or any(map(answers_otherwise, parts))
    )


def warn_of_calls(model: Any) -> None:
    """Says that `layer(x, training=...)` in a network of called layers is overruled in fit and predict, as in Keras 3."""
    for call in getattr(model, "ordered", ()):
        if call.training is not None and not call.always and answers_otherwise(call.layer):
            instead = (
                "To keep a BatchNormalization's averages, set trainable=False on it before compile; to have no dropout, leave it out."
                if call.training is False
                else "For noise in answers call model(x, training=True)."
            )
            warnings.warn(
                f"{call.layer.name!r} was called with training={call.training}. As in Keras 3 that holds for model(x) alone: in fit "
                f"every layer learns, and in predict none does. {instead}",
                stacklevel=4,
            )
