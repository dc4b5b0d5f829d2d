"""One table and one seed: the network that `chainrule train` chooses, beside simple answers and scikit-learn's models.

All learn from the same rows and are measured on the same test rows. Those of scikit-learn are given the inputs that
`datasets.load` makes: filled, one column a word, numbers standardised. Classes: the share of right answers. Amounts: the
mean absolute error, in deviations of the test rows' answers, and beside it the squared one.
"""

import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.owndata.processor_time import ProcessorTime

MODELS = ("network", "linear", "majority", "mlp", "boosting")


def measure(
    name: str, text: str, target: str, classes: bool, seed: int, folder: Path, seconds: float = 60.0
) -> dict[str, Any]:
    """For each model its goodness on every test row: right or wrong, or how far it is off with a minus."""
    from chainrule import datasets

    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    data = datasets.load(
        path, target=target, task="classes" if classes else "regression", seed=seed, skip_bad=True
    )
    data = replace(data, name=name)
    began = time.process_time()
    answers, network = chosen_network(data, seed, seconds)
    took = time.process_time() - began
    answers |= simple(data, seed) | scikits(data, seed)
    spread = float(data.y_test.std()) or 1.0
    goodness = {
        model: goodness_of(data, outputs) / (1.0 if classes else spread) for model, outputs in answers.items()
    }
    found: dict[str, Any] = {
        "table": name, "seed": seed, "classes": classes, "rows": [len(data.x_train), len(data.x_test)],
        "inputs": data.input_shape[0], "network": network, "cpu": round(took, 1),
        "score": {model: float(good.mean()) for model, good in goodness.items()},
        "doubt": {model: float(good.std() / np.sqrt(len(good))) for model, good in goodness.items()},
        "paired": {m: float((goodness["network"] - goodness[m]).std() / np.sqrt(len(data.y_test))) for m in MODELS},
    }  # fmt: skip
    if not classes:
        found["squared"] = {m: float(np.sqrt(np.mean(good**2))) for m, good in goodness.items()}
    return found


def goodness_of(data: Any, said: np.ndarray) -> np.ndarray:
    """For each test row: whether it is right, or how far it is off, with a minus."""
    if data.class_names is None:
        return -np.abs(said.reshape(-1) - data.y_test.astype(np.float64))
    return (said == data.y_test).astype(np.float64)


def answered(data: Any, model: Any) -> np.ndarray:
    """The classes or amounts that a network of Chainrule's gives for the test part."""
    predictions = model.predict(data.x_test, verbose=0)
    if data.class_names is None:
        return predictions.reshape(-1)
    return predictions.argmax(axis=1) if predictions.shape[1] > 1 else (predictions[:, 0] > 0.5).astype(int)


def chosen_network(data: Any, seed: int, seconds: float) -> tuple[dict[str, np.ndarray], str]:
    """What the network that `auto` chooses answers, learned as the command learns it."""
    from chainrule import arrays
    from chainrule.training import auto, recipes
    from chainrule.training.auto.words import title

    recipe = auto.choose(data, seed, seconds, clock=ProcessorTime())
    arrays.set_seed(seed)
    model = recipes.prepare(recipe, data)
    recipes.learn(recipe, data, model, verbose=0, validation=False)
    return {"network": answered(data, model)}, title(recipe)


def simple(data: Any, seed: int) -> dict[str, np.ndarray]:
    """The commonest class or the median, and logistic regression or least squares with scikit-learn's settings."""
    from sklearn.linear_model import LinearRegression, LogisticRegression

    linear = LinearRegression() if data.class_names is None else LogisticRegression(max_iter=1000)
    common = np.median(data.y_train) if data.class_names is None else np.bincount(data.y_train).argmax()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        linear.fit(data.x_train, data.y_train)
    return {"majority": np.full(len(data.y_test), common), "linear": linear.predict(data.x_test)}


def scikits(data: Any, seed: int) -> dict[str, np.ndarray]:
    """scikit-learn's networks with their defaults, and its gradient boosting."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    regression = data.class_names is None
    mlp = (MLPRegressor if regression else MLPClassifier)(random_state=seed)
    boosting = (HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier)(
        random_state=seed
    )
    x, y, scale, middle = data.x_train, data.y_train, 1.0, 0.0
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, model in (("mlp", mlp), ("boosting", boosting)):
            if regression:
                scale, middle = float(y.std()) or 1.0, float(y.mean())
            answers = (y - middle) / scale if regression else y
            predictions = model.fit(x, answers).predict(data.x_test)
            found[name] = predictions * scale + middle if regression else predictions
    return found
