"""What all estimators share: their parameters, making the model, looking at the data, learning."""

import inspect
from collections.abc import Callable
from typing import Any, Self

import numpy as np

from chainrule.errors import DataError, SettingError, ShapeError, require_package

FIT = ("batch_size", "epochs", "verbose", "callbacks", "validation_split", "validation_batch_size", "shuffle", "class_weight",
       "initial_epoch", "validation_freq")  # fmt: skip
COMPILE = ("optimizer", "loss", "metrics")


class Estimator:
    """A model as an estimator. model: a function that returns a model (compiled or not), or a model.

    What the function's arguments are called can be set as parameters, units=32 or model__units=32, and searched over;
    optimizer, loss and metrics compile a model that is not compiled yet; batch_size, epochs and the like go to fit.
    """

    def __init__(
        self, model: Any = None, *, build_fn: Any = None, warm_start: bool = False, random_state: Any = None,
        optimizer: Any = "rmsprop", loss: Any = None, metrics: Any = None, batch_size: int | None = None, epochs: int = 1,
        verbose: Any = 0, callbacks: Any = None, validation_split: float = 0.0, shuffle: bool = True, **kwargs: Any,
    ) -> None:  # fmt: skip
        self.model, self.build_fn, self.warm_start, self.random_state = (
            model,
            build_fn,
            warm_start,
            random_state,
        )
        self.optimizer, self.loss, self.metrics, self.batch_size, self.epochs = (
            optimizer,
            loss,
            metrics,
            batch_size,
            epochs,
        )
        self.verbose, self.callbacks, self.validation_split, self.shuffle = (
            verbose,
            callbacks,
            validation_split,
            shuffle,
        )
        self._more = tuple(kwargs)
        vars(self).update(kwargs)

    # ── parameters ───────────────────────────────────────────────────────────────────────────────────────────────
    @classmethod
    def _own(cls) -> list[str]:
        """The names in the constructor."""
        return [
            name
            for name, p in inspect.signature(cls.__init__).parameters.items()
            if p.kind.name != "VAR_KEYWORD" and name != "self"
        ]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name, those of the building function among them."""
        return {name: getattr(self, name) for name in sorted((*self._own(), *self._more))}

    def set_params(self, **params: Any) -> Self:
        """Changes parameters."""
        known = self.get_params()
        for name, value in params.items():
            if (
                name not in known
                and name.partition("__")[0] not in ("model", "fit", "optimizer")
                and name not in self._arguments()
            ):
                raise SettingError(
                    f"{type(self).__name__} has no parameter {name!r}. Known: {', '.join(known)}."
                )
            if name not in known:
                self._more = (*self._more, name)
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        defaults = {name: p.default for name, p in inspect.signature(type(self).__init__).parameters.items()}
        shown = [
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if value is not defaults.get(name)
        ]
        return f"{type(self).__name__}({', '.join(shown)})"

    def __sklearn_tags__(self) -> Any:
        utils = require_package("sklearn.utils", "sklearn", "An estimator in scikit-learn")
        tags = utils.Tags(estimator_type=None, target_tags=utils.TargetTags(required=True), transformer_tags=None,
                          regressor_tags=None, classifier_tags=None)  # fmt: skip
        tags.non_deterministic = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    # ── the model ────────────────────────────────────────────────────────────────────────────────────────────────
    def _pattern(self) -> Any:
        """What models are made by, or like; None where nothing was given."""
        return self.model if self.model is not None else self.build_fn

    def _builder(self) -> Any:
        build = self._pattern()
        if build is None:
            raise SettingError(
                f"{type(self).__name__} needs model=: a function that returns a model, or a model."
            )
        return build

    def _arguments(self) -> dict[str, Any]:
        """The arguments of the building function, with their defaults."""
        build = self._pattern()
        if build is None or hasattr(build, "get_config"):
            return {}
        return {name: p.default for name, p in inspect.signature(build).parameters.items()}

    def make(self) -> Any:
        """A fresh model, compiled."""
        if self.random_state is not None:
            from chainrule.arrays import set_seed

            rng = self.random_state
            set_seed(int(rng) if isinstance(rng, (int, np.integer)) else int(rng.randint(2**31 - 1)))
        build = self._builder()
        if hasattr(build, "get_config"):  # a model is a pattern for fresh ones
            model = type(build).from_config(build.get_config())
            if build.optimizer is not None:
                fresh = type(build.optimizer).from_config(build.optimizer.get_config())
                model.compile(fresh, build.loss, metrics=build.metrics_asked)
        else:
            model = build(**self._given())
        if getattr(model, "optimizer", None) is None:
            self.compile(model)
        return model

    def _given(self) -> dict[str, Any]:
        """What the building function is called with: its own arguments, as far as they are parameters."""
        params, arguments = self.get_params(), self._arguments()
        given = {name: params[name] for name in arguments if name in params and name not in ("model", "self")}
        given |= {name[7:]: value for name, value in params.items() if name.startswith("model__")}
        if "meta" in arguments:
            given["meta"] = {name: value for name, value in vars(self).items() if name.endswith("_")}
        if "compile_kwargs" in arguments:
            given["compile_kwargs"] = {name: params[name] for name in COMPILE}
        for name in set(given) - set(arguments):
            if not any(
                p.kind.name == "VAR_KEYWORD" for p in inspect.signature(self._builder()).parameters.values()
            ):
                raise SettingError(
                    f"The building function has no argument {name!r}; it has {', '.join(arguments) or 'none'}."
                )
        return given

    def compile(self, model: Any) -> None:
        """Compiles a model that the building function left uncompiled."""
        from chainrule import optimizers

        settings = {
            name[11:]: value for name, value in self.get_params().items() if name.startswith("optimizer__")
        }
        optimizer: Any = self.optimizer
        if settings:
            optimizer = type(optimizers.get(optimizer))(**settings)
        model.compile(
            optimizer, self.loss if self.loss is not None else self.own_loss(model), metrics=self.metrics
        )

    def own_loss(self, model: Any) -> str:
        """The loss for a model that says none."""
        raise NotImplementedError

    # ── data and learning ────────────────────────────────────────────────────────────────────────────────────────
    def inputs(self, x: Any, first: bool) -> np.ndarray:
        """The inputs as an array of numbers, as many columns as when it learned. first: this is fit."""
        validation = require_package("sklearn.utils.validation", "sklearn", "An estimator in scikit-learn")
        checked = validation.validate_data(
            self, x, reset=first, dtype="numeric", allow_nd=True, ensure_min_samples=1
        )
        return np.asarray(checked, dtype=np.float32)

    def learn(self, x: np.ndarray, y: np.ndarray, sample_weight: Any, settings: dict[str, Any]) -> Self:
        """Makes the model, unless warm_start keeps it, and lets it learn."""
        if not (self.warm_start and hasattr(self, "model_")):
            self.model_ = self.make()
        params = (
            self.get_params()
            | {name[5:]: value for name, value in self.get_params().items() if name.startswith("fit__")}
            | settings
        )
        given = {name: params[name] for name in FIT if params.get(name) is not None}
        if sample_weight is not None:
            sample_weight = np.asarray(sample_weight, np.float32)
            if len(sample_weight) != len(x):
                raise ShapeError(f"There are {len(x)} examples but {len(sample_weight)} sample weights.")
            if not sample_weight.any():
                raise DataError("All sample weights are zero: there is nothing to learn from.")
        history = self.model_.fit(x, y, sample_weight=sample_weight, **given)
        self.history_ = {name: list(values) for name, values in history.history.items()}
        return self

    def outputs(self, x: Any, settings: dict[str, Any]) -> np.ndarray:
        """What the model says, (n, outputs)."""
        validation = require_package("sklearn.utils.validation", "sklearn", "An estimator in scikit-learn")
        validation.check_is_fitted(self)
        predictions = self.model_.predict(
            self.inputs(x, first=False), batch_size=self.batch_size, verbose=settings.get("verbose", 0)
        )
        return np.asarray(predictions)


def check_length(x: np.ndarray, y: np.ndarray) -> None:
    """One target for each example."""
    if len(x) != len(y):
        raise DataError(f"There are {len(x)} examples but {len(y)} targets.")


Settings = dict[str, Any]
Build = Callable[..., Any]
