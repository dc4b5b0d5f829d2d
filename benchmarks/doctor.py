"""A ladder of planted faults for the doctor:  python -m benchmarks.doctor [first|second|healthy]

Thirty faults on digits, by which its limits were set; thirty on tables and points with other networks and optimizers, made
by the same rules and run only afterwards; twenty healthy runs. A fault counts as found where one of the causes it is filed
under is among the alarms; an alarm counts as right where it is such a cause or an effect that is filed beside it.
"""

import argparse
import json
import sys
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Case:
    """A training that is to be diagnosed: data, network, and what the doctor should say (nothing for healthy ones)."""

    name: str
    data: str
    layers: tuple[int, ...] = (32,)
    activation: str = "relu"
    optimizer: str = "adam"
    rate: float | None = None
    epochs: int = 6
    count: int = 900
    change: Callable[[dict[str, Any]], None] = lambda _: None
    causes: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    fit: dict[str, Any] = field(default_factory=dict)


NO_SUCCESS = ("no progress", "no better than one answer", "class never predicted")


def data_of(name: str, count: int) -> dict[str, Any]:
    """Inputs, targets, held-back examples, the end of the network and its loss."""
    rng = np.random.default_rng(len(name))
    if name == "digits":
        from chainrule.datasets import mnist

        (x, y), (held, answers) = mnist.load_data()
        x, held = (a.reshape(-1, 784).astype("f4") / 255 for a in (x[:count], held[:400]))
        return {
            "x": x,
            "y": y[:count].astype(int),
            "held": (held, answers[:400].astype(int)),
            "outputs": 10,
            "end": "softmax",
            "loss": "sparse_categorical_crossentropy",
        }
    classes = {"points": 4, "rings": 2, "table": 1}[name]
    n = count + 300
    if name == "points":
        y = rng.integers(0, 4, n)
        x = rng.normal(size=(n, 12)) + rng.normal(size=(4, 12))[y] * 1.5
    elif name == "rings":
        y = rng.integers(0, 2, n)
        angle, radius = rng.uniform(0, 6.3, n), 1 + y + 0.25 * rng.normal(size=n)
        x = np.stack(
            [radius * np.cos(angle), radius * np.sin(angle), *(0.3 * rng.normal(size=(3, n)))], axis=1
        )
    else:
        x = rng.normal(size=(n, 6))
        y = x[:, 0] - 0.5 * x[:, 1] * x[:, 2] + 0.2 * rng.normal(size=n)
    x = x.astype("f4")
    end, loss = {
        4: ("softmax", "sparse_categorical_crossentropy"),
        2: ("sigmoid", "binary_crossentropy"),
        1: ("linear", "mse"),
    }[classes]
    return {
        "x": x[:count],
        "y": y[:count],
        "held": (x[count:], y[count:]),
        "outputs": 4 if classes == 4 else 1,
        "end": end,
        "loss": loss,
    }


def run(case: Case) -> list[tuple[str, str]]:
    """Trains, records, diagnoses: the findings with their weight."""
    from chainrule import Sequential, arrays, diagnosis, optimizers
    from chainrule.layers import Dense, Dropout, Input
    from chainrule.recording.recorder import RunRecorder
    from chainrule.recording.replay import Replay
    from chainrule.runs import Run

    setup: dict[str, Any] = data_of(case.data, case.count) | {
        "layers": case.layers, "activation": case.activation, "dense": {}, "dropout": 0.0, "fit": dict(case.fit), "end_settings": {},
    }  # fmt: skip
    case.change(setup)
    arrays.set_seed(5)
    hidden: list[Any] = []
    for units in setup["layers"]:
        hidden.append(Dense(units, setup["activation"], **setup["dense"]))
        if setup["dropout"]:
            hidden.append(Dropout(setup["dropout"]))
    model = Sequential(
        [Input(setup["x"].shape[1:]), *hidden, Dense(setup["outputs"], setup["end"], **setup["end_settings"])]
    )
    optimizer = optimizers.get(
        {"class_name": case.optimizer, "config": {} if case.rate is None else {"learning_rate": case.rate}}
    )
    metrics = [] if setup["loss"] == "mse" else ["accuracy"]
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        model.compile(optimizer, setup["loss"], metrics, backend="numpy")
        record = RunRecorder(folder, "ladder")
        held = {} if "validation_split" in setup["fit"] else {"validation_data": setup["held"]}
        model.fit(
            setup["x"],
            setup["y"],
            batch_size=32,
            epochs=case.epochs,
            verbose=0,
            callbacks=[record],
            **held,
            **setup["fit"],
        )
        x, y = setup["x"], setup["y"]
        if share := setup["fit"].get("validation_split"):
            cut = int(len(x) * (1 - share))
            x, y = x[:cut], y[:cut]
        examples = model.problem(x, y, "this").examples(x, y, None, setup["fit"].get("class_weight"))
        made = Run(record.folder)
        found = diagnosis.diagnose(made, Replay(made, model, examples))
    return [(finding.severity, finding.name) for finding in found]


def put(**values: Any) -> Callable[[dict[str, Any]], None]:
    """A change of the setup: entries replaced."""
    return lambda setup: setup.update(values)


def scaled(factor: float, offset: float = 0.0) -> Callable[[dict[str, Any]], None]:
    """Inputs of another scale, everywhere."""

    def change(setup: dict[str, Any]) -> None:
        setup["x"] = setup["x"] * np.float32(factor) + np.float32(offset)
        setup["held"] = (setup["held"][0] * np.float32(factor) + np.float32(offset), setup["held"][1])

    return change


def shuffled_labels(setup: dict[str, Any]) -> None:
    """Labels that belong to other examples."""
    rng = np.random.default_rng(1)
    setup["y"], setup["held"] = (
        rng.permutation(setup["y"]),
        (setup["held"][0], rng.permutation(setup["held"][1])),
    )


def swapped_labels(setup: dict[str, Any]) -> None:
    """One in eight labels is another class."""
    rng = np.random.default_rng(2)
    y = setup["y"].copy()
    wrong = rng.random(len(y)) < 0.12
    classes = int(y.max()) + 1
    y[wrong] = (y[wrong] + rng.integers(1, classes, wrong.sum())) % classes
    setup["y"] = y


def constant_inputs(setup: dict[str, Any]) -> None:
    """Every example is the same."""
    setup["x"] = np.ones_like(setup["x"])
    setup["held"] = (np.ones_like(setup["held"][0]), setup["held"][1])


def in_order(setup: dict[str, Any]) -> None:
    """Examples sorted by class, and validation_split."""
    order = np.argsort(setup["y"], kind="stable")
    setup |= {"x": setup["x"][order], "y": setup["y"][order]}
    setup["fit"]["validation_split"] = 0.35


def from_one(setup: dict[str, Any]) -> None:
    """Labels counted from 1, with an output more."""
    setup |= {
        "y": setup["y"] + 1,
        "held": (setup["held"][0], setup["held"][1] + 1),
        "outputs": setup["outputs"] + 1,
    }


def faults(data: str, layers: tuple[int, ...], optimizer: str, second: bool) -> list[Case]:
    """Faults of every kind, by one rule: for this data, network and optimizer."""
    classes = data in ("digits", "points")
    loss_of = "sparse_categorical_crossentropy" if classes else "binary_crossentropy"
    from chainrule import losses
    from chainrule.initializers import Constant, RandomNormal

    logits = (losses.SparseCategoricalCrossentropy if classes else losses.BinaryCrossentropy)(
        from_logits=True
    )
    fast = {"adam": 3.0, "sgd": 30.0, "rmsprop": 3.0}[optimizer]
    common = {"data": data, "layers": layers, "optimizer": optimizer}
    thrown = (
        "dead units",
        "saturated units",
        "exploding gradients",
        "overfitting",
        *NO_SUCCESS,
        "update too large",
    )
    made = [
        Case("rate far too high", **common, rate=fast, causes=("rate too high", "not finite"), effects=thrown),
        Case("rate far too low", **common, rate=1e-7, causes=("rate too low",), effects=(*NO_SUCCESS, "dead units")),
        Case("inputs of 0 to 255 and more", **common, change=scaled(1000.0), causes=("inputs not scaled",), effects=(*thrown, "rate too high", "not finite")),
        Case("inputs far off zero", **common, change=scaled(1.0, 300.0), causes=("inputs not scaled",), effects=(*thrown, "rate too high", "not finite")),
        Case("labels of other examples", **common, change=shuffled_labels, causes=("no progress", "no better than one answer", "overfitting"), effects=NO_SUCCESS),
        Case("all inputs the same", **common, change=constant_inputs, causes=("no progress", "no better than one answer"), effects=("dead units", *NO_SUCCESS)),
        Case("no end, a loss of probabilities", **common, change=put(end="linear", loss=loss_of), causes=("end does not fit the loss",)),
        Case("relu at the end", **common, change=put(end="relu", loss=loss_of), causes=("end does not fit the loss",), effects=("dead units",)),
        Case("probabilities for a loss of logits", **common, change=put(loss=logits), causes=("end does not fit the loss",)),
        Case("weights that begin at zero", **common, change=put(dense={"kernel_initializer": "zeros"}), causes=("dead units", "no progress", "no better than one answer", "vanishing gradients"),
             effects=(*NO_SUCCESS, "update too small")),
        Case("weights that begin large", **common, change=put(dense={"kernel_initializer": RandomNormal(0.0, 5.0)}, layers=(layers[0],) * 4),
             causes=("exploding gradients", "rate too high", "saturated units"), effects=(*thrown, "update too small", "vanishing gradients", "suspicious labels")),
        Case("biases far below zero", **common, change=put(dense={"bias_initializer": Constant(-30.0)}), causes=("dead units",), effects=(*NO_SUCCESS, "vanishing gradients", "update too small")),
        Case("a stack of twelve sigmoids", **common, change=put(layers=(24,) * 12, activation="sigmoid"), causes=("vanishing gradients", "no progress", "no better than one answer"),
             effects=(*NO_SUCCESS, "update too small")),
        Case("a penalty that holds all weights at zero", **common, change=put(dense={"kernel_regularizer": "l2", "kernel_initializer": "glorot_uniform"}, end_settings={"kernel_regularizer": losses_l2()}),
             causes=("no progress", "no better than one answer", "class never predicted", "dead units"), effects=("dead units", *NO_SUCCESS)),
        Case("far too few examples for the network", data, (256, 256), optimizer=optimizer, count=60, epochs=40, causes=("overfitting",), effects=("rate too high",)),
    ]  # fmt: skip
    if classes:
        made += [
            Case("labels swapped", **common, epochs=10, change=swapped_labels, causes=("suspicious labels", "overfitting"), effects=("overfitting",)),
            Case("examples in order of their classes", **common, change=in_order, causes=("sorted data",), effects=("class missing",)),
            Case("labels from 1", **common, change=from_one, causes=("labels from 1",)),
            Case("a class without weight", **common, fit={"class_weight": {1: 0.0}}, causes=("class never predicted",), effects=("overfitting",)),
            Case("softmax over one output", **common, change=put(outputs=1, end="softmax", loss="binary_crossentropy", y=None), causes=("end does not fit the loss",)),
        ]  # fmt: skip
    for case in made:
        if case.name == "softmax over one output":
            case.change = one_output
    return made


def losses_l2() -> Any:
    """A penalty beside which the loss does not count."""
    from chainrule.regularizers import L2

    return L2(20.0)


def one_output(setup: dict[str, Any]) -> None:
    """Two classes told apart by a softmax over one output."""
    setup |= {
        "y": (setup["y"] > 0).astype(int),
        "held": (setup["held"][0], (setup["held"][1] > 0).astype(int)),
        "outputs": 1,
        "end": "softmax",
        "loss": "binary_crossentropy",
    }


def first() -> list[Case]:
    """Thirty on digits: the limits were set by these."""
    return [*faults("digits", (32,), "adam", False), *faults("digits", (64, 32), "sgd", False)[:10]]


def second() -> list[Case]:
    """Thirty on other data, with other networks and optimizers, by the same rules."""
    return [*faults("points", (24, 16), "rmsprop", True), *faults("rings", (16,), "adam", True)[:10]]


def healthy() -> list[Case]:
    """Twenty trainings as people run them."""
    kinds = [("digits", (32,), "adam"), ("digits", (64, 32), "adam"), ("digits", (32,), "rmsprop"), ("points", (16,), "adam"), ("points", (24, 16), "adam"),
             ("rings", (16,), "adam"), ("rings", (24, 12), "adam"), ("table", (16,), "adam"), ("table", (24, 12), "adam"), ("digits", (24,), "sgd")]  # fmt: skip
    return [Case(f"healthy {name} {layers} {optimizer} {activation}", name, layers, activation, optimizer, 0.05 if optimizer == "sgd" else 0.005 if name != "digits" else None, epochs=12 if name != "digits" else 5, count=1500)
            for name, layers, optimizer in kinds for activation in ("relu", "tanh")]  # fmt: skip


def scored(cases: list[Case]) -> dict[str, Any]:
    """Recall and precision, and what went amiss."""
    found = right = alarms = top = 0
    amiss = []
    for case in cases:
        result = run(case)
        serious = [name for severity, name in result if severity != "note"]
        hit = any(name in case.causes for _, name in result)
        good = [name for name in serious if name in (*case.causes, *case.effects)]
        found, right, alarms = found + hit, right + len(good), alarms + len(serious)
        top += bool(result) and result[0][1] in case.causes
        if (case.causes and not hit) or len(good) < len(serious):
            amiss.append(f"{case.data}, {case.optimizer}, {case.name}: {', '.join(serious) or 'nothing'}")
    n = len(cases)
    return {
        "runs": n, "recall": found / n if cases[0].causes else None, "precision": right / alarms if alarms and cases[0].causes else None,
        "the first finding is a cause": top / n if cases[0].causes else None, "alarms": alarms, "amiss": amiss,
    }  # fmt: skip


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.doctor")
    parser.add_argument("parts", nargs="*", default=["first", "second", "healthy"])
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    fields = {
        part: scored({"first": first, "second": second, "healthy": healthy}[part]()) for part in args.parts
    }
    if args.json:
        print(json.dumps(fields, indent=1))
        return
    for part, row in fields.items():
        print(
            f"{part}: "
            + ", ".join(
                f"{key} {value:.2f}" if isinstance(value, float) else f"{key} {value}"
                for key, value in row.items()
                if key != "amiss"
            )
        )
        print("".join(f"  {line}\n" for line in row["amiss"]), end="")


if __name__ == "__main__":
    sys.exit(main())
