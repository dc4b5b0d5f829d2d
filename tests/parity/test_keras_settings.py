"""Setting by setting, from Keras's own signatures: each is taken, with Keras's default, or refused by name.

Nothing is accepted and ignored: a setting that a class here does not take must raise an error that names it.
"""

import inspect

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="KERAS IS NOT INSTALLED: nothing was compared with it")

from chainrule import callbacks, constraints, initializers, layers, losses, metrics, optimizers, regularizers
from chainrule.errors import ChainruleError

# all that Keras has, too, but for those made of functions by any name, and the list that fit makes
CALLBACKS = {name for name in dir(keras.callbacks) if name[0].isupper()} - {"LambdaCallback", "CallbackList"}
ROOMS = {
    "layers": layers.CLASSES, "losses": losses.CLASSES, "metrics": metrics.CLASSES, "optimizers": optimizers.CLASSES,
    "schedules": optimizers.schedules.CLASSES, "initializers": initializers.CLASSES,
    "regularizers": regularizers.CLASSES, "constraints": constraints.CLASSES,
    "callbacks": {name: kind for name, kind in vars(callbacks).items() if name in CALLBACKS},
}  # fmt: skip
NEEDED = {  # what a class cannot be made without
    "units": 2, "filters": 2, "kernel_size": 2, "pool_size": 2, "rate": 0.5, "stddev": 0.5, "target_shape": (2,), "dims": (1,),
    "n": 2, "axes": 1, "activation": "relu", "input_dim": 3, "output_dim": 2, "num_heads": 2, "key_dim": 2, "scale": 2.0,
    "initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.5, "first_decay_steps": 5, "boundaries": [1],
    "values": [0.1, 0.2], "shape": (2,), "max_value": 2.0, "filepath": "x.keras", "filename": "x.csv", "backup_dir": "x",
}  # fmt: skip
ELSEWHERE = {
    "name",
    "dtype",
    "kwargs",
    "args",
    "self",
    "trainable",
    "autocast",
}  # of every layer alike, tested there
PASSED_ON = {  # taken, though not by the class's own signature
    "from_logits": "the metric hands it to its loss",
    "label_smoothing": "the metric hands it to its loss",
    "use_cudnn": "which kernel computes, not what is computed",
    "batch_size": "of an input: batches of any size fit, as tests/network/test_layers.py promises",
}
OTHER = {True: False, False: True, None: 3}  # another value than the default


def cases():
    """(room, class, parameter of Keras's) for every class that both libraries have."""
    for room, kinds in ROOMS.items():
        theirs = keras.optimizers.schedules if room == "schedules" else getattr(keras, room)
        for name in kinds:
            if not hasattr(theirs, name):
                continue
            for parameter in inspect.signature(getattr(theirs, name).__init__).parameters.values():
                if parameter.name not in ELSEWHERE and parameter.kind is not parameter.VAR_KEYWORD:
                    yield pytest.param(kinds[name], parameter, id=f"{room}-{name}-{parameter.name}")


def taken(kind: type) -> dict[str, inspect.Parameter]:
    """The settings that a class and those above it say that they take."""
    found: dict[str, inspect.Parameter] = {}
    for each in reversed(kind.__mro__[:-1]):
        if "__init__" in vars(each):
            found |= dict(inspect.signature(each.__init__).parameters)
    return found


def plain(value):
    """A default in a form that can be compared: 1 is (1, 1), "Zeros" is "zeros"."""
    if isinstance(value, (tuple, list)) and len(set(map(str, value))) == 1:
        value = value[0]
    return value.lower() if isinstance(value, str) else value


@pytest.mark.parametrize(("kind", "parameter"), list(cases()))
def test_a_setting_of_keras_is_taken_or_refused(kind, parameter) -> None:
    """Taken with Keras's default, or refused when it is set to anything else."""
    own = taken(kind)
    if parameter.name in own:
        default = own[parameter.name].default
        if parameter.default is not parameter.empty and default is not parameter.empty:
            same = plain(default) == plain(parameter.default)
            if not same and isinstance(default, float) and isinstance(parameter.default, (int, float)):
                same = np.isclose(default, parameter.default)
            assert same, f"default {default!r}, in Keras {parameter.default!r}"
        return
    if parameter.name in PASSED_ON:
        return
    needed = {
        name: value
        for name, value in NEEDED.items()
        if name in own and own[name].default is inspect.Parameter.empty
    }
    default = parameter.default
    other = OTHER.get(default, 7) if default is None or isinstance(default, bool) else "something else"
    with pytest.raises((ChainruleError, TypeError), match=parameter.name):
        kind(**needed, **{parameter.name: other})
