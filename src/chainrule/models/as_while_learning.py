"""What a network says with its dropout and noise at work: model(x, training=True)."""

from typing import Any

import numpy as np

from chainrule.backprop import forward_sweep
from chainrule.engine.carried import keep_states
from chainrule.graph import taken
from chainrule.layers.calls_while_learning import noise_of_a_call


def answers(model: Any, x: Any) -> Any:
    """The network's outputs for a batch as in a step that learns; each call draws other noise, and no weight changes.

    SettingError where a layer would also renew averages (BatchNormalization): only `fit` does that.

    >>> from chainrule.layers import Dropout
    >>> from chainrule.models import Sequential
    >>> sorted(set(answers(Sequential([Dropout(0.5, input_shape=(50,))]), np.ones((4, 50))).ravel().tolist()))
    [0.0, 2.0]
    """
    examples, graph = model.inputs_checked(x), model.graph
    inputs = examples.inputs(slice(0, len(examples)))
    noise = noise_of_a_call(graph.layers)
    values, cache = forward_sweep(graph, [layer.params for layer in graph.layers], inputs, noise)
    keep_states(graph, cache)
    given = inputs if isinstance(inputs, tuple) else (inputs,)
    said = tuple(np.asarray(taken([source], values, given), np.float32) for source in graph.outputs)
    return said[0] if len(said) == 1 else said
