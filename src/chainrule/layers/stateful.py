"""What a recurrent layer with stateful=True carries: the states after a batch, from which the next batch starts.

They lie among the layer's arrays (`params`), beside its weights, so that a step reads and renews them as it does a
normalization's moving means: the k-th sequence of a batch goes on where the k-th of the batch before ended. No
gradient goes from one batch into the one before, no file holds them, and only `reset_state` brings them back to zero.
"""

from typing import Any, ClassVar

import numpy as np

from chainrule.arrays import Array, Params
from chainrule.errors import SettingError, ShapeError

States = tuple[Array, ...]


class CarriesStates:
    """The states of a layer that has `units`, `state_count` and `label`. stateful: whether they are carried."""

    units: int
    state_count: ClassVar[int]
    stateful: bool = False

    @property
    def state_names(self) -> tuple[str, ...]:
        """What the states are called among the layer's arrays; none where they are not carried."""
        return tuple(f"state_{i}" for i in range(self.state_count)) if self.stateful else ()

    @property
    def params(self) -> Params:
        """The weights, and the states that are carried."""
        return self.__dict__["params"]  # type: ignore[no-any-return]

    @params.setter
    def params(self, given: Params) -> None:
        """Other weights; the states stay where none are given."""
        before = self.__dict__.get("params", {})
        kept = {name: before[name] for name in self.state_names if name in before and name not in given}
        self.__dict__["params"] = {**given, **kept}

    @property
    def states(self) -> list[np.ndarray] | None:
        """Copies of the states that the next batch starts from; None before the first, and where none are carried."""
        found = [np.array(self.params[name]) for name in self.state_names if name in self.params]
        return found or None

    def begin_states(self, batch: int) -> None:
        """Makes states of zeros for batches of so many sequences, where there are none yet; ShapeError where they are others."""
        if not self.states:
            zeros = {name: np.zeros((batch, self.units), np.float32) for name in self.state_names}
            self.params = self.params | zeros
        self.check_batch(self.params, batch)

    def check_batch(self: Any, params: Params, batch: int) -> None:
        """ShapeError where a batch has not as many sequences as there are states."""
        for name in self.state_names:
            if name in params and params[name].shape[0] != batch:
                raise ShapeError(
                    f"{self.label} is stateful and carries the states of {params[name].shape[0]} sequences from batch to batch; "
                    f"it got a batch of {batch}. Give batches of {params[name].shape[0]}, and as many examples as fill them; "
                    "another model with the same weights takes other batches."
                )

    def carried(self, params: Params) -> States | None:
        """The states that a batch starts from; None where none are carried, or none are there yet."""
        found = tuple(params[name] for name in self.state_names if name in params)
        return found or None

    def after_a_batch(self, last: States | None) -> Params:
        """The states after a batch under their names."""
        return {} if last is None else dict(zip(self.state_names, last, strict=True))

    def reset_state(self) -> None:
        """Brings the states back to zero: the next batch begins new sequences."""
        self.params = self.params | {
            name: np.zeros_like(self.params[name]) for name in self.state_names if name in self.params
        }

    def reset_states(self) -> None:
        """The same as `reset_state`, under its older name."""
        self.reset_state()


def refuse_inside(outer: str, layer: Any) -> None:
    """SettingError where a layer that is to stand inside another one is stateful."""
    if layer.stateful:
        raise SettingError(
            f"{outer} takes no layer with stateful=True: which sequence goes on is known to the layer outside alone. Put the "
            "stateful layer into the network by itself."
        )
