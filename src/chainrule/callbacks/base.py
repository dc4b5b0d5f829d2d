"""The hooks that are called while a model learns, and calling them in order."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from chainrule.errors import SettingError, unknown

Logs = dict[str, Any]


class Callback:
    """Does nothing at every hook; subclasses override some.

    >>> class Shout(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(epoch, sorted(logs))
    """

    def __init__(self) -> None:
        self.model: Any = None
        self.params: dict[str, Any] = {}

    def set_model(self, model: Any) -> None:
        """Called by fit with the model that learns."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Called by fit with {"verbose", "epochs", "steps"}."""
        self.params = params

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """After the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before each epoch, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """After each epoch and its validation; logs holds the epoch's figures and may be added to."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before each step of an epoch, counted from 0."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After each step; logs holds the running figures of the epoch."""
        self.on_batch_end(batch, logs)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """An older name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """An older name of `on_train_batch_end`."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Before a validation."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """After a validation."""

    def on_not_finite(self, logs: Logs | None = None) -> None:
        """At once when the loss or a weight is no longer a finite number. Keras has no such hook."""

    def get_state(self) -> dict[str, Any]:
        """What it must know again when learning goes on after a crash: plain values, arrays, lists of arrays.

        Kept by `Record` and `BackupAndRestore`. Keras has no such method.
        """
        return {}

    def set_state(self, state: dict[str, Any]) -> None:
        """Called with what `get_state` said, after on_train_begin, when learning goes on."""


BATCH_HOOKS = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")
HOOKS = (
    "on_train_begin", "on_train_end", "on_epoch_begin", "on_epoch_end", *BATCH_HOOKS, "on_test_begin", "on_test_end",
    "on_not_finite",
)  # fmt: skip
# Keras's other hooks: evaluate and predict take no callbacks here, and a validation is judged in one piece.
NEVER_CALLED = (
    "on_test_batch_begin", "on_test_batch_end", "on_predict_begin", "on_predict_end", "on_predict_batch_begin",
    "on_predict_batch_end",
)  # fmt: skip


class CallbackList:
    """Calls the same hook of several callbacks, in their order; also for a training loop of one's own, as in Keras.

    callbacks: one, or a list.  add_history: a `History` is added as the last, unless there is one; it is `history`.
    model, params: what the callbacks are told of the model and of the training.

    >>> from chainrule.callbacks import LambdaCallback
    >>> each = CallbackList([LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs))], add_history=True)
    >>> each.on_epoch_end(0, {"loss": 0.5}), each.history.history
    0 {'loss': 0.5}
    (None, {'loss': [0.5]})
    """

    def __init__(
        self, callbacks: Any = None, add_history: bool = False, add_progbar: bool = False, model: Any = None, **params: Any
    ) -> None:  # fmt: skip
        if add_progbar:
            raise SettingError("CallbackList: add_progbar is not supported; leave it out.")
        given = as_list(callbacks)
        found = [callback for callback in given if isinstance(callback, History)]
        self.history = found[-1] if found else History()
        self.callbacks = [*given, self.history] if add_history and not found else given
        for callback in self.callbacks:
            if not isinstance(callback, Callback):
                raise SettingError(
                    f"{callback!r} is not a callback: derive it from chainrule.callbacks.Callback."
                )
            for hook in NEVER_CALLED:
                if hasattr(callback, hook):
                    raise SettingError(
                        f"{type(callback).__name__}: the hook {hook} is not supported; fit never calls it."
                    )
            callback.set_model(model)
            callback.set_params(params)

    def __getattr__(self, name: str) -> Callable[..., None]:
        """on_epoch_end(...) and its like."""
        if name not in HOOKS:
            raise AttributeError(f"CallbackList has no {name!r}.")
        return partial(self.call, name)

    @property
    def per_batch(self) -> bool:
        """Whether any callback wants to be called at every step."""
        return any(wants(callback, BATCH_HOOKS) for callback in self.callbacks)

    def call(self, hook: str, *args: Any) -> None:
        """Calls one hook of all callbacks."""
        for callback in self.callbacks:
            getattr(callback, hook)(*args)


def as_list(callbacks: Any) -> list[Any]:
    """Callbacks given as one, a list, a CallbackList or None.

    >>> as_list(None), len(as_list(CallbackList([Callback(), Callback()])))
    ([], 2)
    """
    if isinstance(callbacks, CallbackList):
        return callbacks.callbacks
    return list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks] if callbacks else []


def wants(callback: Any, hooks: tuple[str, ...]) -> bool:
    """Whether a callback overrides one of these hooks."""
    own = [getattr(type(callback), hook, None) for hook in hooks] + [
        vars(callback).get(hook) for hook in hooks
    ]
    plain = [getattr(Callback, hook, None) for hook in hooks]
    return any(method is not None and method not in plain for method in own)


class History(Callback):
    """What fit returns: `history` holds each figure's values, one per epoch; `epoch` their numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.epoch: list[int] = []
        self.history: dict[str, list[float]] = {}

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epoch, self.history = [], {}

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from chainrule.internal.cards import card

        rows = [
            [epoch + 1, *(values[k] if k < len(values) else None for values in self.history.values())]
            for k, epoch in enumerate(self.epoch)
        ]
        return card(
            "Training",
            {"epochs": len(self.epoch)},
            [["epoch", *self.history], *rows],
            self.history.get("loss", ()),
        )

    def begin_after(self, past: Iterable[tuple[int, Logs]]) -> None:
        """Takes over the epochs of a recorded run that is resumed."""
        for epoch, logs in past:
            self.on_epoch_end(epoch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {values[-1]:.4g}" for name, values in self.history.items() if values)
        return f"<History of {len(self.epoch)} epochs{': ' + last if last else ''}>"


class LambdaCallback(Callback):
    """Hooks given as functions: LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch))."""

    def __init__(self, **hooks: Callable[..., Any] | None) -> None:
        super().__init__()
        for name, function in hooks.items():
            if name not in HOOKS:
                raise unknown("hook", name, HOOKS)
            if function is not None:
                setattr(self, name, function)
