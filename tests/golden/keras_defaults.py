"""The settings that Keras's optimizers, schedules, initializers, regularizers and constraints have by default, and what schedules say.

python tests/golden/keras_defaults.py        writes keras_defaults.json anew, with the Keras that is installed
"""

import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
FILE = Path(__file__).with_suffix(".json")

NEEDED = {
    "Constant": {}, "CosineDecay": {"initial_learning_rate": 0.1, "decay_steps": 8},
    "CosineDecayRestarts": {"initial_learning_rate": 0.1, "first_decay_steps": 4},
    "ExponentialDecay": {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5},
    "InverseTimeDecay": {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5},
    "PiecewiseConstantDecay": {"boundaries": [3, 6], "values": [0.3, 0.2, 0.1]},
    "PolynomialDecay": {"initial_learning_rate": 0.1, "decay_steps": 8},
}  # fmt: skip
MORE = {  # schedules with settings of their own
    "CosineDecay": [{"alpha": 0.3}, {"warmup_target": 0.5, "warmup_steps": 3}],
    "CosineDecayRestarts": [{"t_mul": 1.0, "m_mul": 0.5, "alpha": 0.1}, {"t_mul": 1.5}],
    "ExponentialDecay": [{"staircase": True}], "InverseTimeDecay": [{"staircase": True}],
    "PolynomialDecay": [{"power": 2.0, "end_learning_rate": 0.01}, {"cycle": True}],
}  # fmt: skip
ROOMS = ("optimizers", "optimizers.schedules", "initializers", "regularizers", "constraints")
STEPS = 21


def told_by_keras() -> dict:
    """{room: {class: settings}}, and the rates of each schedule for the first steps."""
    import keras

    from chainrule import constraints, initializers, optimizers, regularizers

    ours = {
        "optimizers": optimizers, "optimizers.schedules": optimizers.schedules, "initializers": initializers,
        "regularizers": regularizers, "constraints": constraints,
    }  # fmt: skip
    fields: dict = {"rates": {}}
    for room in ROOMS:
        theirs = keras
        for part in room.split("."):
            theirs = getattr(theirs, part)
        fields[room] = {}
        for name in sorted(ours[room].CLASSES):
            if hasattr(theirs, name):
                config = getattr(theirs, name)(**NEEDED.get(name, {})).get_config()
                fields[room][name] = {
                    k: round(v, 9) if isinstance(v, float) else v for k, v in config.items()
                }
    for name, settings in NEEDED.items():
        for more in ({}, *MORE.get(name, [])) if "Decay" in name else ():
            schedule = getattr(keras.optimizers.schedules, name)(**settings, **more)
            fields["rates"][f"{name} {json.dumps(more)}"] = [
                round(float(schedule(k)), 7) for k in range(STEPS)
            ]
    return fields


def main() -> None:
    """Writes the file."""
    FILE.write_text(json.dumps(told_by_keras(), indent=0, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
