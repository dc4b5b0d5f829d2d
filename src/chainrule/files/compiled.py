"""How a model was compiled (optimizer, loss, metrics), from every era of Keras, in the words of Keras 3; and back."""

from collections.abc import Set as AbstractSet
from typing import Any

from chainrule.errors import FileError
from chainrule.files import allowed_names as names
from chainrule.files.serialized import plain, spelled

Config = dict[str, Any]
NUMBERS = frozenset(
    ["learning_rate", "epsilon", "beta_1", "beta_2", "rho", "momentum", "weight_decay", "clipnorm", "clipvalue",
     "global_clipnorm", "ema_momentum", "ema_overwrite_frequency", "initial_accumulator_value"]
)  # fmt: skip
SWITCHED = frozenset(["nesterov", "amsgrad", "centered", "use_ema"])
HIGHEST_RATE = 1e6
MOST_SCORES = 1000  # losses or metrics
SCORES = ("loss", "loss_weights", "metrics", "weighted_metrics")  # Keras wants all of them, None if need be
SWITCHES = ("run_eagerly", "steps_per_execution", "jit_compile")
FORGOTTEN = frozenset(["decay", "lr", "jit_compile", "is_legacy_optimizer"])  # of optimizers before Keras 3
WRAPPERS = frozenset(["MeanMetricWrapper", "LossFunctionWrapper", "SumOverBatchSizeMetricWrapper"])


def compiled(raw: Config | None) -> Config | None:
    """A stored compile_config (.keras) or training_config (.h5) in one form, or None where there is none."""
    if raw is not None and not isinstance(raw, dict):
        raise FileError("says in no known form how its model was compiled.")
    if not raw or not (raw.get("optimizer") or raw.get("optimizer_config")):
        return None
    scored = {
        "loss": _scored(raw.get("loss"), names.LOSSES, "the loss"),
        "loss_weights": plain(raw.get("loss_weights"), frozenset(), "the loss weights"),
        "metrics": _listed(_scored(raw.get("metrics"), names.METRICS, "the metrics")),
        "weighted_metrics": _listed(_scored(raw.get("weighted_metrics"), names.METRICS, "the metrics")),
        **{key: raw[key] for key in SWITCHES if isinstance(raw.get(key), (bool, int))},
    }
    kept = {key: value for key, value in scored.items() if value is not None}
    return {"optimizer": _optimizer(raw.get("optimizer") or raw["optimizer_config"]), "loss": None, **kept}


def _optimizer(raw: Any) -> Config:
    where = "the optimizer"
    if isinstance(raw, str):
        known = {name.lower(): name for name in names.OPTIMIZERS}
        if raw.lower() not in known:
            raise FileError(f"names {raw[:80]!r} as its optimizer; that is none of Keras's.")
        return {"class_name": known[raw.lower()], "config": {}}
    if isinstance(raw, dict) and "class_name" not in raw:
        raise FileError("has an optimizer without a class name.")
    entry = plain(raw, names.OPTIMIZERS | names.SCHEDULES, where)
    if not isinstance(entry, dict) or entry["class_name"] not in names.OPTIMIZERS:
        raise FileError("has an optimizer that is none of Keras's.")
    old, config = entry["config"], {key: v for key, v in entry["config"].items() if key not in FORGOTTEN}
    if "lr" in old:  # Keras before 2.3
        config.setdefault("learning_rate", old["lr"])
    rate, decay = config.get("learning_rate"), old.get("decay")
    if isinstance(decay, (int, float)) and decay and isinstance(rate, (int, float)):
        settings = {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay, "staircase": False}
        config["learning_rate"] = {"class_name": "InverseTimeDecay", "config": settings}  # what `decay` did
    if config.get("epsilon", 0) is None:
        config["epsilon"] = 1e-7
    _check_settings(entry["class_name"], config)
    return {"class_name": entry["class_name"], "config": config}


def _check_settings(kind: str, config: Config) -> None:
    """Settings of an optimizer that must be numbers are, and the learning rate is one that anybody would set."""
    for key, value in config.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        schedule = key == "learning_rate" and isinstance(value, dict)
        if key in NUMBERS and not (number or schedule or value is None):
            raise FileError(f"sets {key} of {kind} to {str(value)[:40]!r}, which should be a number.")
        if key in SWITCHED and not isinstance(value, bool):
            raise FileError(f"sets {key} of {kind} to {str(value)[:40]!r}, which should be true or false.")
    rate = config.get("learning_rate")
    if isinstance(rate, (int, float)) and not 0 <= rate <= HIGHEST_RATE:
        raise FileError(f"sets the learning rate to {rate:g}; 0 to {HIGHEST_RATE:g} are read.")


def _scored(raw: Any, allowed: AbstractSet[str], where: str) -> Any:
    """A loss or metrics: names stay names, objects lose what other versions added."""
    if isinstance(raw, list):
        if len(raw) > MOST_SCORES:
            raise FileError(f"has {len(raw):,} entries in {where}; up to {MOST_SCORES:,} are read.")
        found = [_scored(item, allowed, where) for item in raw]
        return found[0] if len(found) == 1 and isinstance(found[0], list) else found
    if not isinstance(raw, dict):
        return plain(raw, frozenset(), where)
    if "class_name" not in raw:  # one entry for each output
        found = [_scored(item, allowed, where) for item in raw.values()]
        return found[0] if len(found) == 1 else found
    settings = raw.get("config")
    if raw["class_name"] in WRAPPERS and isinstance(settings, dict):
        return _wrapped(settings, where)
    if isinstance(settings, dict):
        settings = {key: value for key, value in settings.items() if key != "fn"}
        if settings.get("reduction") in ("auto", "AUTO"):
            settings["reduction"] = "sum_over_batch_size"
        raw = {**raw, "config": settings}
    return plain(raw, allowed, where)


def _wrapped(settings: Config, where: str) -> str:
    """TF-Keras's {"class_name": "MeanMetricWrapper", "config": {"name": "accuracy", "fn": "categorical_accuracy"}}."""
    function = settings.get("fn")
    if isinstance(function, dict):
        function = plain(function, frozenset(), where)
    name = settings.get("name")
    if function not in names.FUNCTIONS:
        raise FileError(f"names {str(function)[:80]!r} in {where}; that is none of Keras's functions.")
    if name in ("accuracy", "acc") or (isinstance(name, str) and names.ALIASES.get(name) == function):
        return str(name)
    return str(function)


def _listed(value: Any) -> Any:
    return value if value is None or isinstance(value, list) else [value]


def for_keras(config: Config) -> tuple[Config, Any]:
    """The same in Keras's own spelling, and what Keras has no words for (our learning rate schedule) or None."""
    optimizer = config["optimizer"]
    optimizer = {"class_name": optimizer, "config": {}} if isinstance(optimizer, str) else optimizer
    rate, own = optimizer["config"].get("learning_rate"), None
    if isinstance(rate, dict) and rate.get("class_name") in names.OWN_SCHEDULES:
        own, settings = rate, rate["config"]
        stand_in = {
            "initial_learning_rate": settings.get("peak_learning_rate", 0.001),
            "decay_steps": settings.get("total_steps", 1),
            "end_learning_rate": settings.get("end_learning_rate", 0.0),
            "power": 1.0,
        }
        rate = {"class_name": "PolynomialDecay", "config": stand_in}
        optimizer = {**optimizer, "config": {**optimizer["config"], "learning_rate": rate}}
    spelling = {
        **{key: config.get(key) for key in SCORES},
        **{key: config[key] for key in SWITCHES if key in config},
        "optimizer": spelled(optimizer, names.MODULES),
        "loss": spelled(_unaliased(config.get("loss")), dict.fromkeys(names.LOSSES, "keras.losses")),
    }
    for key in ("metrics", "weighted_metrics"):
        spelling[key] = spelled(config.get(key), dict.fromkeys(names.METRICS, "keras.metrics"))
    return spelling, own


def with_own_schedule(config: Config | None, own: Any) -> Config | None:
    """A compiled model's settings with our own schedule back in its place."""
    if config is None or own is None:
        return config
    schedule = plain(own, names.OWN_SCHEDULES, "the learning rate")
    optimizer = config["optimizer"]
    settings = {**optimizer["config"], "learning_rate": schedule}
    return {**config, "optimizer": {**optimizer, "config": settings}}


def _unaliased(loss: Any) -> Any:
    """Full names, because Keras cannot read "mse" back from the .h5 files that it writes itself."""
    if isinstance(loss, list):
        return [_unaliased(item) for item in loss]
    return names.ALIASES.get(loss, loss) if isinstance(loss, str) else loss
