"""What model files of Keras 1 and 2 mean by words that mean something else today.

hard_sigmoid    0.2 z + 0.5 cut off at 0 and 1; since Keras 3 relu6(z + 3) / 6
GRU             without a word about reset_after: the reset before the product, as all of them were then
"""

from typing import Any

Config = dict[str, Any]


def of_keras_2(config: Config) -> None:
    """Writes today's words for them into a model's configuration, wherever they stand in it.

    >>> layer = {"class_name": "GRU", "config": {"units": 2, "recurrent_activation": "hard_sigmoid"}}
    >>> of_keras_2(layer); layer["config"]
    {'units': 2, 'recurrent_activation': 'hard_sigmoid_of_keras_2', 'reset_after': False}
    """
    for key in ("activation", "recurrent_activation"):
        if config.get(key) == "hard_sigmoid":
            config[key] = "hard_sigmoid_of_keras_2"
    if config.get("class_name") == "GRU" and isinstance(config.get("config"), dict):
        config["config"].setdefault("reset_after", False)
    for value in config.values():
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict):
                of_keras_2(part)
