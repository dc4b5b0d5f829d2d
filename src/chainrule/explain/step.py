"""One learning step with every number: what went in, what came out, what was learned from whom."""

from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.arrays import Array, Params
from chainrule.backprop import State, penalty
from chainrule.engine.epoch import on_host
from chainrule.errors import SettingError, unknown
from chainrule.explain.agreement import Agreement, agreement
from chainrule.explain.moments import Moment, moment, replayed
from chainrule.explain.terms import terms_of
from chainrule.explain.watching import WatchedLink, watched_step
from chainrule.losses.outputs import fused_output
from chainrule.runs import Run

if TYPE_CHECKING:
    from chainrule.explain.check import Checked
    from chainrule.explain.trace import Trace


class LinkExplained:
    """One link of the chain in this step; dicts are by weight ("kernel", "bias").

    x, y: its input and output, (batch, ...).  delta: the derivative of the batch's loss by y (None where nobody below
    learns, and behind a shortcut).  params, learned: weights before and after.  data_gradient: the mean over the
    examples; gradient: with penalties; clipped: as the optimizer used it.  optimizer_state_before, optimizer_state_after: {slot: array}.
    """

    def __init__(self, place: int, seen: WatchedLink, step: "StepExplained") -> None:
        passed, state = step.passed, step.moment.state
        self.place, self.link = place, seen.real
        self.name: str = seen.real.name or type(seen.real).__name__.lower()
        self.x, self.y, self.cache = seen.x, seen.y, seen.cache
        self.delta: Any = passed.step_trace.deltas[place] if place < len(passed.step_trace.deltas) else None
        self.params: Params = state["params"][place]
        self.learned: Params = passed.state["params"][place]
        self.data_gradient: Params = seen.grads
        self.gradient: Params = passed.step_trace.grads[place] if place < len(passed.step_trace.grads) else {}
        self.clipped: Params = step.clipped[place] if place < len(step.clipped) else {}
        self.slots = tuple(step.moment.optimizer.slots)
        self.optimizer_state_before, self.optimizer_state_after = (
            {
                name: {slot: optimizer_state[slot][place][name] for slot in self.slots}
                for name in self.gradient
            }
            for optimizer_state in (state["optimizer_state"], passed.state["optimizer_state"])
        )

    @property
    def update(self) -> Params:
        """What was added to each weight."""
        return {name: self.learned[name] - self.params[name] for name in self.params}

    def terms(self, name: str, *index: int) -> np.ndarray:
        """Each example's term of one weight's mean gradient, (batch,) float64: for a Dense x[k, i] · dz[k, j].

        They add up to `data_gradient[name][index]`, but for float32's rounding.
        """
        return terms_of(self.link, self.params, self.x, self.delta, name, self.index(name, index))

    def index(self, name: str, index: tuple[int, ...]) -> tuple[int, ...]:
        """An index into one of the weights, checked; SettingError says what there is."""
        label = f"{type(self.link).__name__} {self.name!r}"
        if name not in self.params:
            raise unknown(f"weight of {label}", name, self.params)
        shape = tuple(self.params[name].shape)
        place = tuple(int(i) for i in index)
        if len(place) != len(shape) or not all(-n <= i < n for i, n in zip(place, shape, strict=False)):
            raise SettingError(
                f"The {name} of {label} has shape {shape}; there is no {name}{list(place)} in it."
            )
        if name not in self.gradient:
            raise SettingError(f"{label} does not learn (trainable=False): its {name} has no gradient.")
        return tuple(i % n for i, n in zip(place, shape, strict=True))

    def __repr__(self) -> str:
        return f"<LinkExplained {self.name!r}: {self.x.shape} -> {self.y.shape}>"


class StepExplained:
    """A learning step that was taken to be looked at; the model it was taken from is as it was.

    loss: the batch's, penalties included.  losses: one per example.  p: predictions.  number: the step's, from 0 (the
    formulas count t from 1).  rate: the learning rate.  n: examples.  links: a LinkExplained for each link.  state: what came out.
    """

    def __init__(self, moment: Moment) -> None:
        self.moment = moment = moment.on_host()
        self.passed = watched_step(moment)
        self.state: State = self.passed.state
        self.record = self.passed.record
        self.end = fused_output(moment.chain, moment.loss)
        self.clipped = moment.optimizer.clipped(self.passed.step_trace.grads)
        x, y, weight = moment.batch
        self.n, self.number = len(x), int(moment.state["step"])
        self.t = self.number + 1
        self.rate = float(self.passed.step_trace.rate)
        self.links = [LinkExplained(i, seen, self) for i, seen in enumerate(self.passed.links)]
        self.p: Array = self.links[-1].y
        self.z: Array = self.links[self.end.z.node].y if self.end.z.node >= 0 else x
        self.losses = np.asarray(self.end.loss.values(y, self.z))
        self.sample_weight = weight
        self.penalty = float(penalty(moment.chain, moment.state["params"]))
        self.loss = float(self.record["loss"][0]) / float(self.record["loss"][1])

    def link(self, name: str | int) -> LinkExplained:
        """A link by its layer's name ("dense", or "dense:relu" for its activation), or by its place in the chain."""
        if isinstance(name, LinkExplained):
            return name
        if isinstance(name, (int, np.integer)) and -len(self.links) <= name < len(self.links):
            return self.links[name]
        for link in self.links:
            if link.name == name:
                return link
        raise unknown("layer", name, [link.name for link in self.links])

    # ── looking closer ───────────────────────────────────────────────────────────────────────────────────────────
    def weight_of(
        self, layer: str | int, name: str, *index: int, example: int | None = None, check: bool = False
    ) -> "Trace":
        """How any weight got its next value; `weight` and `bias` are short for the usual ones.

        example: whose way is followed, by default of the one that pushes most.  check: adds the measured derivative.
        """
        from chainrule.explain.weight import weight_trace

        return weight_trace(self, self.link(layer), name, index, example, check)

    def weight(
        self, layer: str | int, *index: int, example: int | None = None, check: bool = False
    ) -> "Trace":
        """How kernel[i, j] of a layer got its next value: from input i to unit j."""
        return self.weight_of(layer, "kernel", *index, example=example, check=check)

    def bias(self, layer: str | int, j: int, example: int | None = None, check: bool = False) -> "Trace":
        """How bias[j] of a layer got its next value."""
        return self.weight_of(layer, "bias", j, example=example, check=check)

    def neuron(self, layer: str | int, j: int) -> "Trace":
        """What unit j of a layer said to each example, how it was blamed, and what it learned."""
        from chainrule.explain.neuron import neuron_trace

        return neuron_trace(self, self.link(layer), int(j))

    def example(self, k: int) -> "Trace":
        """What the network said to the k-th example of the batch, and what it learned from it."""
        from chainrule.explain.example import example_trace

        return example_trace(self, int(k))

    def layer(self, name: str | int) -> "Trace":
        """What a layer saw, said and learned, in sizes, with the weights that moved most."""
        from chainrule.explain.layer import layer_trace

        return layer_trace(self, self.link(name))

    def check(self, layer: str | int, name: str, index: tuple[int, ...]) -> "Checked":
        """The derivative by one weight, by central differences in float64."""
        from chainrule.explain.check import check_weight

        return check_weight(
            self.moment, self.link(layer).place, name, self.link(layer).index(name, tuple(index))
        )

    def agreement(self, after: Any = None) -> Agreement:
        """How far this step's result is from what training made of it (a state, or a model that took the step)."""
        if after is None:
            after = self.moment.after
        if after is None:
            raise SettingError("To compare, give the state (or the model) after the step: agreement(after).")
        if hasattr(after, "learning_chain"):
            from chainrule.training.fit import state_of

            after = state_of(after)
        return agreement(self.links, self.state, on_host(after))

    def trace(self) -> "Trace":
        """The whole step, layer by layer, in sizes."""
        from chainrule.explain.overview import overview

        return overview(self)

    def __str__(self) -> str:
        return str(self.trace())

    def _repr_html_(self) -> str:
        return self.trace()._repr_html_()

    def __repr__(self) -> str:
        return f"<StepExplained {self.number}: {self.n} examples, loss {self.loss:.6g}>"


def step(model: Any, x: Any = None, y: Any = None, sample_weight: Any = None, **more: Any) -> StepExplained:
    """Opens one learning step: of a compiled model with a batch (x, y), of a run with a step's number, or of a Moment.

    The step is taken by the engine's own functions on NumPy arrays; the model stays as it was. more: see `moment`. A run: one of
    `chainrule.open_run`, of `chainrule.runs`, or a `Replay`.

    >>> import chainrule, numpy as np
    >>> model = chainrule.Sequential([chainrule.layers.Dense(1, use_bias=False, input_shape=(1,))])
    >>> model.set_weights([np.array([[1.0]])])
    >>> model.compile(chainrule.optimizers.SGD(0.1), "mse")
    >>> opened = step(model, [[2.0]], [[5.0]])                   # p = 2, loss = 9, dw = -12
    >>> opened.loss, opened.link("dense").gradient["kernel"]
    (9.0, array([[-12.]], dtype=float32))
    """
    if isinstance(model, Moment):
        return StepExplained(model)
    if isinstance(model, Run) or hasattr(model, "chosen"):
        return StepExplained(replayed(model, x, **more))
    return StepExplained(moment(model, x, y, sample_weight, **more))
