"""Bidirectional: one recurrent layer reads from the first time to the last, another from the last to the first."""

from typing import Any

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError, unknown
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.naming import Shape, snake_case
from chainrule.layers.recurrent import Recurrent
from chainrule.layers.wrapper import Wrapper, noise_of_part, stored

MERGE_MODES = ("ave", "concat", "mul", "sum")


class Bidirectional(Wrapper):
    """Two copies of a recurrent layer, forwards and backwards, and their outputs merged.

    layer: SimpleRNN, LSTM or GRU.  merge_mode: "concat" side by side, "sum", "ave", "mul", None for both apart.
    backward_layer: another layer for the way from the last time to the first, with go_backwards=True.
    Settings, defaults and weights (forward ones first) are those of Keras's Bidirectional.
    Schuster and Paliwal (1997).

    >>> from chainrule.layers.lstm import LSTM
    >>> Bidirectional(LSTM(8)).output_shape_for((20, 3))
    (16,)
    """

    def __init__(
        self,
        layer: Layer,
        merge_mode: str | None = "concat",
        weights: None = None,
        backward_layer: Layer | None = None,
        **settings: Any,
    ) -> None:
        for one in (layer, backward_layer):
            if one is not None and not isinstance(one, Recurrent):
                raise SettingError(
                    f"Bidirectional needs a recurrent layer (SimpleRNN, LSTM, GRU); it got {one!r}."
                )
        if merge_mode not in (*MERGE_MODES, None):
            raise unknown("merge_mode", merge_mode, [*MERGE_MODES, "None"])
        if weights is not None:
            raise SettingError("Bidirectional: weights is not supported; use set_weights after building.")
        there: Any = copied(layer, "forward_", {})
        back: Any = backward_layer or copied(layer, "backward_", {"go_backwards": True})
        back.name = (
            back.name or f"backward_{snake_case(type(back).__name__)}"
        )  # files tell layers by their names
        for setting in ("return_sequences", "return_state"):
            if getattr(there, setting) != getattr(back, setting):
                raise SettingError(f"Bidirectional needs the same {setting} in both layers.")
        if there.go_backwards == back.go_backwards:
            raise SettingError("Bidirectional needs one layer with go_backwards=True and one without.")
        for one in (there, back):
            one.zero_output_for_mask = one.return_sequences  # as in Keras
        super().__init__(there, (back, "backward_"), prefix="forward_", **settings)
        self.forward_layer, self.backward_layer, self.merge_mode = there, back, merge_mode
        self.adds_loss = any(part.adds_loss for part in self.parts)  # type: ignore[misc]

    def forward(self, params: Params, x: Any, context: Context = PREDICTING) -> tuple[Any, Any]:
        sequence, *states = x if isinstance(x, tuple) else (x,)
        half = len(states) // 2
        results, caches = [], []
        for k, (part, own) in enumerate(zip(self.parts, (states[:half], states[half:]), strict=True)):
            result = context._replace(noise=noise_of_part(context.noise, k, 2))
            y, cache = part.forward(params, (sequence, *own) if own else sequence, result)
            results.append(y if isinstance(y, tuple) else (y,))
            caches.append(cache)
        (a, *a_states), (b, *b_states) = results
        b = b[:, ::-1] if self.forward_layer.return_sequences else b  # in the order of the sequence again
        y = merged(a, b, self.merge_mode)
        y = (*y, *a_states, *b_states) if isinstance(y, tuple) else (y, *a_states, *b_states)
        return (y[0] if len(y) == 1 else y), (caches, a, b)

    def backward_and_gradients(self, params: Params, cache: Any, dy: Any) -> tuple[Any, Params]:
        caches, a, b = cache
        shown = 2 if self.merge_mode is None else 1
        count = self.forward_layer.state_count if self.forward_layer.return_state else 0
        dys = (*(dy if isinstance(dy, tuple) else (dy,)), *[None] * 6)
        da, db = d_merged(dys[:shown], a, b, self.merge_mode)
        if self.forward_layer.return_sequences and db is not None:
            db = db[:, ::-1]
        d_states = dys[shown : shown + count], dys[shown + count : shown + 2 * count]
        results = [
            part.backward_and_gradients(params, one, (d, *of_states) if of_states else d)
            for part, one, d, of_states in zip(self.parts, caches, (da, db), d_states, strict=True)
        ]
        (dx_a, grads_a), (dx_b, grads_b) = results
        if isinstance(dx_a, tuple):
            return (dx_a[0] + dx_b[0], *dx_a[1:], *dx_b[1:]), grads_a | grads_b
        return dx_a + dx_b, grads_a | grads_b  # both read the same x

    def added_loss(self, cache: Any) -> Any:
        """The penalties on the outputs of both directions."""
        return sum(part.added_loss(own) for part, own in zip(self.parts, cache[0], strict=True))

    def next_mask(self, x: Any, mask: Any) -> Any:
        mask = mask[0] if isinstance(mask, tuple) else mask
        kept = mask if self.forward_layer.return_sequences else None
        outputs = (2 if self.merge_mode is None else 1, self.forward_layer.state_count * 2)
        count = outputs[0] + (outputs[1] if self.forward_layer.return_state else 0)
        return kept if count == 1 else (*[kept] * outputs[0], *[None] * (count - outputs[0]))

    def inputs_of(self, x: Any, *more: Any, initial_state: Any = None, **named: Any) -> Any:
        """A sequence, and the states that it starts from if they are given: those forwards, then those backwards."""
        return self.forward_layer.inputs_of(x, *more, initial_state=initial_state, **named)

    def stored_arguments(self, given: list[Any]) -> list[Any]:
        """How a file holds the inputs: the sequence, and a list of the states."""
        return self.forward_layer.stored_arguments(given)  # type: ignore[no-any-return]

    def inner_shape(self, input_shape: Any) -> Any:
        if not input_shape or not isinstance(input_shape[0], tuple):
            return input_shape
        sequence, *states = input_shape
        return (sequence, *states[: len(states) // 2])

    def output_shape_for(self, input_shape: Any) -> Any:
        parts: Any = [part.layer.output_shape_for(self.inner_shape(input_shape)) for part in self.parts]
        (a, *a_states), (b, *b_states) = parts if self.forward_layer.return_state else [[p] for p in parts]
        if self.merge_mode is None:
            return (a, b, *a_states, *b_states)
        y: Shape = (*a[:-1], a[-1] + b[-1]) if self.merge_mode == "concat" else a
        return (y, *a_states, *b_states) if a_states else y

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "merge_mode": self.merge_mode,
            "layer": stored(self.forward_layer),
            "backward_layer": stored(self.backward_layer),
        }


def copied(layer: Any, prefix: str, changes: dict[str, Any]) -> Any:
    """A layer with the same settings and weights of its own, its name with a prefix."""
    name = layer.name or snake_case(type(layer).__name__)
    settings = {"name": prefix + name.removeprefix(prefix)}
    return type(layer).from_config(layer.get_config() | settings | changes)


def merged(a: Array, b: Array, mode: str | None) -> Any:
    """The outputs of both directions as one."""
    if mode == "concat":
        return namespace(a).concatenate([a, b], axis=-1)
    if mode == "mul":
        return a * b
    if mode is None:
        return a, b
    return a + b if mode == "sum" else (a + b) / 2


def d_merged(dys: tuple[Any, ...], a: Array, b: Array, mode: str | None) -> tuple[Any, Any]:
    """The derivative by either output, from that by the merged one."""
    if mode is None:
        return dys[0], dys[1]
    dy = dys[0]
    if dy is None:
        return None, None
    if mode == "concat":
        return dy[..., : a.shape[-1]], dy[..., a.shape[-1] :]
    if mode == "mul":
        return dy * b, dy * a
    return (dy, dy) if mode == "sum" else (dy / 2, dy / 2)
