"""A callback for Keras itself: a `fit` of Keras 3 (on JAX) is recorded as a run, and no bit of it is changed."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from chainrule.errors import FileError, SettingError, require_package
from chainrule.integrations.keras_means import Batches, MeansSoFar, SumsCopied, has_masks
from chainrule.integrations.keras_state import (
    Restore,
    learning_of,
    metric_places,
    nothing,
    places_of,
    rate_place,
)
from chainrule.integrations.keras_steps import kept_batch
from chainrule.runs import RunWriter, Settings, values

__all__ = ["Record", "Restore"]

CHUNK = 64  # steps whose numbers wait on the device before they are fetched and written
SHARE = 0.02  # of the time that snapshots may take


class Record:
    """Records a `fit` of Keras: model.fit(x, y, callbacks=[Record()]). Then `chainrule runs show last` and others work on it.

    runs_dir, label: where the folder is made, and the end of its name.  save_freq: a snapshot of the whole training state
    before the first step of an epoch as often as that takes at most 2 % of the time ("auto"), of every epoch ("epoch"), or before
    every so many steps; there is always one before the first step and one after the last.  folder: where it was recorded, after
    the first step.  Beside a snapshot lies the batch that came next, so `chainrule explain RUN@STEP` opens these steps.

    Of each step: the loss, those metrics that are means, the learning rate. Of each epoch: all that Keras logs, and
    NumPy's random generator, which decides the order of the examples. `Restore` goes on from a snapshot.

    SettingError on another backend than JAX and with steps_per_execution above 1; FileError when nothing can be written.

    >>> Record("runs", label="mine").folder is None                             # until fit begins
    True
    """

    async_safe = True  # Keras: no hook of a batch is used, its steps need not wait for this callback

    def __init__(self, runs_dir: Any = "runs", label: str = "keras", save_freq: Any = "auto") -> None:
        whole = isinstance(save_freq, int) and not isinstance(save_freq, bool) and save_freq > 0
        if save_freq not in ("auto", "epoch") and not whole:
            raise SettingError(
                f"Record's save_freq is 'auto', 'epoch' or a number of steps; it got {save_freq!r}."
            )
        self.runs_dir, self.label, self.save_freq = runs_dir, label, save_freq
        self.folder: Any = None
        self.writer: RunWriter | None = None
        self.means: MeansSoFar | SumsCopied

    def __getattr__(self, name: str) -> Any:
        """Keras's hooks that are not needed here do nothing."""
        if name.startswith("on_"):
            return nothing
        raise AttributeError(f"Record has no {name!r}.")

    # ── called by Keras ──────────────────────────────────────────────────────────────────────────────────────────
    def set_params(self, params: dict[str, Any]) -> None:
        """How many epochs and steps there will be."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """The Keras model that learns."""
        keras = require_package("keras", "jax", "Recording Keras")
        if keras.backend.backend() != "jax":
            raise SettingError(
                f"Record works on Keras's JAX backend; this is {keras.backend.backend()}. Set KERAS_BACKEND=jax."
            )
        self._model = model

    def on_train_begin(self, logs: Any = None) -> None:
        """Puts itself around the function that takes Keras's steps."""
        model = self._model
        if model.steps_per_execution != 1:
            raise SettingError("Record needs steps_per_execution=1: it could not see the steps between.")
        self.taken = getattr(model.train_function, "taken", model.train_function)
        self.step = int(np.asarray(model.optimizer.iterations))
        self.batches, self.rates, self.after, self.spent = Batches(), list[float](), None, 0.0
        self.asked = asked_of(model)  # now: while Keras learns, the model's own variables are empty
        self.places = places_of(model, self.asked[0])
        self.rate_at, self.rate = rate_place(model.optimizer), np.nan
        self.epoch, self.first_of_epoch, self.writer = 0, True, None

        def recorded(state: Any, batches: Iterator[Any]) -> Any:
            return self.take(state, batches)

        recorded.taken = self.taken  # type: ignore[attr-defined]
        model.train_function = recorded

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Keras draws the epoch's order after this."""
        self.epoch, self.first_of_epoch, self.began = epoch, True, time.perf_counter()
        generator = np.random.get_state(legacy=False)["state"]  # noqa: NPY002 - the generator that Keras draws from
        self.generator = {"key": generator["key"].copy(), "pos": np.asarray(generator["pos"], np.int64)}

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Writes the epoch's figures."""
        if self.writer is not None:
            self.flush()
            figures = {name: float(value) for name, value in (logs or {}).items() if np.ndim(value) == 0}
            self.writer.append_epoch(figures, time.perf_counter() - self.began)

    def on_train_end(self, logs: Any = None) -> None:
        """Keeps the last state, closes the run, and leaves Keras as it was."""
        model, writer, self.after = self._model, self.writer, None
        model.train_function = self.taken
        if writer is None:
            return
        self.flush()
        groups = (
            model.trainable_variables,
            model.non_trainable_variables,
            model.optimizer.variables,
            model.metrics_variables,
        )
        state = [[variable.value for variable in group] for group in groups]
        if writer.step != self.kept:
            self.keep(writer, self.whole(state, self.epoch + 1))
        results = {name: float(value) for name, value in (logs or {}).items() if np.ndim(value) == 0}
        failed = not np.isfinite(results.get("loss", 0.0))
        writer.finish("failed" if failed else "finished", results)

    # ── one step ─────────────────────────────────────────────────────────────────────────────────────────────────
    def take(self, state: Any, batches: Iterator[Any]) -> Any:
        """Keras's own step, with a copy of the state before it where one is due: Keras gives the arrays themselves away."""
        first = self.writer is None
        before = self.whole(state, self.epoch) if first or self.due() else None
        if (
            state is not self.after and self.rate_at is not None
        ):  # nothing but Keras's step changes it in between
            self.rate = float(np.asarray(state[2][self.rate_at]))
        self.batches.batches = batches
        try:
            logs, after = self.taken(state, self.batches)
        except StopIteration:  # the epoch is over
            raise
        except BaseException:
            self._model.train_function = self.taken
            if self.writer is not None:
                self.flush()
                self.writer.finish("failed")
            raise
        if before is not None:
            began = time.perf_counter()
            before[0]["batch"] = kept_batch(self.batches.newest)
            self.spent += time.perf_counter() - began
        if first:
            self.begin(before, logs)
        elif before is not None and self.writer is not None:
            self.flush()
            self.keep(self.writer, before)
        self.means.add(logs, after[3], self.batches.size, self.first_of_epoch)
        self.rates.append(self.rate)
        self.step, self.first_of_epoch, self.after = self.step + 1, False, after
        if len(self.rates) >= CHUNK:
            self.flush()
        if isinstance(self.means, MeansSoFar) and (self.batches.weighted or not self.means.even):
            self.flush()
            self.means = SumsCopied(self.names, after[3])
        return logs, after

    def due(self) -> bool:
        """Whether a snapshot is due before this step."""
        if self.save_freq == "auto":
            spent = self.spent + self.one  # with the one that is kept at the end
            return self.first_of_epoch and spent <= SHARE * (time.perf_counter() - self.started)
        return self.first_of_epoch if self.save_freq == "epoch" else self.step % self.save_freq == 0

    def begin(self, before: Any, logs: Any) -> None:
        """Opens the folder after the first step, when the metrics' names are known, with the state from before it."""
        model = self._model
        self.names = metric_places(model, logs)
        uneven = self.batches.weighted or has_masks(model)
        self.means = SumsCopied(self.names, None) if uneven else MeansSoFar(self.names)
        state, extra = before
        began = time.perf_counter()
        try:
            self.writer = RunWriter.create(
                self.runs_dir, self.label, self.settings(), state, columns=[*self.names, "learning_rate"], extra=extra,
                step=self.step, epoch=self.epoch,
            )  # fmt: skip
        except FileError:
            model.train_function = self.taken
            raise
        self.folder, self.kept, self.started = self.writer.folder, self.step, time.perf_counter()
        self.one = self.spent = self.spent + self.started - began

    def settings(self) -> Settings:
        """What Keras was told. The seed is not known here: the generators' states are in the snapshots."""
        keras, (config, training) = require_package("keras", "jax", "Recording Keras"), self.asked
        return Settings(
            seed=0, model=config, training=training, data={"name": self.label}, batch=self.batches.size,
            epochs=int(self.params.get("epochs") or 0), backend="jax", recipe={"name": f"Keras {keras.__version__}"},
        )  # fmt: skip

    def whole(self, state: Any, epoch: int) -> tuple[Any, dict[str, Any]]:
        """All that Keras's step changes, copied, and where it is."""
        began = time.perf_counter()
        learning = learning_of(self.places, state, self.step)
        extra = {"epoch": epoch, "first_of_epoch": self.first_of_epoch, "epochs_seen": epoch, "begun": 0}
        self.spent += time.perf_counter() - began
        return {"learning": learning, "numpy_generator": self.generator}, extra

    def keep(self, writer: RunWriter, found: Any) -> None:
        """Writes a snapshot."""
        began = time.perf_counter()
        writer.snapshot(*found)
        self.kept = writer.step
        self.spent += time.perf_counter() - began

    def flush(self) -> None:
        """Fetches the numbers of the last steps and writes them."""
        if not self.rates or self.writer is None:
            return
        values = self.means.taken()
        rates = self.rates if self.rate_at is not None else self.scheduled(self.step - len(values), self.step)
        self.writer.append_steps(np.column_stack([values, rates]))
        self.rates.clear()

    def scheduled(self, start: int, stop: int) -> np.ndarray:
        """The schedule's rates of the steps start..stop."""
        schedule = self._model.optimizer._learning_rate  # noqa: SLF001 - `learning_rate` is its present value
        return np.array([float(np.asarray(schedule(step))) for step in range(start, stop)])


def asked_of(model: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A Keras model's layers and how it was compiled; only the names where Keras itself cannot store them."""
    named = {"name": model.name, "class_name": type(model).__name__}
    try:
        config = model.get_config() if named["class_name"] in {"Sequential", "Functional"} else named
        training = model.get_compile_config() or {}
        values.plain(config, "model")
        values.plain(training, "training")
    except Exception:  # noqa: BLE001 - whatever a layer's own get_config does, training goes on
        return named, {}
    return config, training
