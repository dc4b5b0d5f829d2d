"""InputSpec: what a layer of one's own says of the inputs that it takes."""

from typing import Any

from chainrule.errors import SettingError, ShapeError


class InputSpec:
    """Rank and sizes that an input must have, with the batch in front; kept as `self.input_spec`, it is asked at every call.

    shape: sizes, None for any.  ndim, min_ndim, max_ndim: how many axes.  axes: the size of some axes, as {-1: 8}.
    allow_last_axis_squeeze: the last axis may be missing where it is 1.  dtype, name and optional say nothing more here.

    >>> InputSpec(min_ndim=2, axes={-1: 8})
    InputSpec(min_ndim=2, axes={-1: 8})
    """

    def __init__(
        self, dtype: Any = None, shape: Any = None, ndim: int | None = None, max_ndim: int | None = None,
        min_ndim: int | None = None, axes: dict[Any, Any] | None = None, allow_last_axis_squeeze: bool = False,
        name: str | None = None, optional: bool = False,
    ) -> None:  # fmt: skip
        for setting, value in (("ndim", ndim), ("max_ndim", max_ndim), ("min_ndim", min_ndim)):
            if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
                raise SettingError(f"InputSpec's {setting} is a whole number; it got {value!r}.")
        try:
            self.shape = None if shape is None else tuple(shape)
            self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        except (TypeError, ValueError, AttributeError):
            raise SettingError(
                f"InputSpec needs a shape such as (None, 8), and axes such as {{-1: 8}}; it got shape={shape!r}, axes={axes!r}."
            ) from None
        self.dtype, self.name, self.optional = dtype, name, bool(optional)
        self.ndim = len(self.shape) if self.shape is not None else ndim
        self.max_ndim, self.min_ndim = max_ndim, min_ndim
        self.allow_last_axis_squeeze = bool(allow_last_axis_squeeze)

    def check(self, label: str, input_shape: Any) -> None:
        """ShapeError where an input, batch in front, is not what is said here."""
        given, rank = tuple(input_shape), len(input_shape)
        ranks = [self.ndim] if self.ndim is not None else []
        if self.allow_last_axis_squeeze and self.shape and self.shape[-1] == 1:
            ranks.append(len(self.shape) - 1)
        wrong = bool(ranks) and rank not in ranks
        wrong = wrong or (self.min_ndim is not None and rank < self.min_ndim)
        wrong = wrong or (self.max_ndim is not None and rank > self.max_ndim)
        sizes = dict(self.axes) | dict(enumerate(self.shape[:rank] if self.shape is not None else ()))
        for axis, size in () if wrong else sizes.items():
            there = -rank <= axis < rank
            wrong = wrong or not there or (size is not None and given[axis] not in (None, size))
        if wrong:
            raise ShapeError(
                f"{label} takes inputs of {self!r}, the batch in front; it got the shape {given}."
            )

    def get_config(self) -> dict[str, Any]:
        """The settings, as Keras stores them."""
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes", "optional")
        return {name: getattr(self, name) for name in names}

    def __repr__(self) -> str:
        said: dict[str, Any] = {
            "shape": self.shape,
            "ndim": None if self.shape else self.ndim,
            "min_ndim": self.min_ndim,
            "max_ndim": self.max_ndim,
        }
        said["axes"] = self.axes or None
        return (
            f"InputSpec({', '.join(f'{name}={value}' for name, value in said.items() if value is not None)})"
        )


def check_specs(layer: Any, input_shape: Any) -> None:
    """Compares a layer's inputs, without the batch, with what it says in `input_spec`, if it says something."""
    said = vars(layer).get("input_spec")
    specs = said if isinstance(said, (list, tuple)) else [said]
    several = bool(input_shape) and isinstance(input_shape[0], (tuple, list))
    shapes = list(input_shape) if several else [input_shape]
    if said is None or not all(isinstance(spec, InputSpec) for spec in specs):
        return
    if len(specs) != len(shapes):
        raise ShapeError(
            f"{layer.label} takes {len(specs)} input(s), as its input_spec says; it got {len(shapes)}."
        )
    for spec, shape in zip(specs, shapes, strict=True):
        spec.check(layer.label, (None, *shape))
