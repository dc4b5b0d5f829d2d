"""The least that a loss can be: with label smoothing a cross-entropy never reaches 0, however right the answers are."""

import math
from typing import Any


def lowest(loss: Any, outputs: int) -> float:
    """The least value of a loss for labels that say one class each; 0 where nothing keeps it up.

    loss: as a model file or a run keeps it, {"class_name", "config"}, or its name.  outputs: how many classes, or units of a sigmoid.
    The entropy of the smoothed targets: with smoothing s and k classes, 1 - s + s/k for the right one and s/k for each other.

    >>> loss = {"class_name": "CategoricalCrossentropy", "config": {"label_smoothing": 0.1, "from_logits": False}}
    >>> round(lowest(loss, 10), 3), lowest("mean_squared_error", 1)
    (0.5, 0.0)
    """
    config = loss.get("config") if isinstance(loss, dict) else None
    smoothing = config.get("label_smoothing") if isinstance(config, dict) else None
    if not isinstance(smoothing, int | float) or not 0 < smoothing <= 1:
        return 0.0
    name = str(loss.get("class_name", "")).lower().replace("_", "")
    if name == "binarycrossentropy":
        shares = [1 - smoothing / 2, smoothing / 2]
    elif name == "categoricalcrossentropy" and outputs > 1:
        shares = [1 - smoothing + smoothing / outputs, *[smoothing / outputs] * (outputs - 1)]
    else:
        return 0.0
    return -sum(share * math.log(share) for share in shares if share > 0)
