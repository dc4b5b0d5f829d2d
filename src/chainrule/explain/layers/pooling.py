"""Poolings: the largest or the mean of each window, or of a whole channel."""

import numpy as np

from chainrule.explain.equations import Equation, finished, given, number
from chainrule.explain.layers.base import Backward, LayerFormulas, sum_equation
from chainrule.explain.layers.convolution import seen_by
from chainrule.explain.layers.view import Index, LayerView, flat
from chainrule.explain.opened import OpenedLink

WRITTEN = 9  # numbers of a window that are written out


class WindowFormulas(LayerFormulas):
    """What all poolings share: the inputs of each output's window, channel by channel."""

    def window(self, link: OpenedLink, unit: int) -> np.ndarray:
        """The places of the inputs that one output sees."""
        channels = int(link.x.shape[-1])
        position, channel = divmod(unit, channels)
        patch = seen_by(link.link.window, tuple(link.x.shape[1:]))[position].reshape(-1, channels)[:, channel]
        return np.asarray(patch[patch >= 0])

    def inputs_of(self, link: OpenedLink, unit: int) -> np.ndarray | None:
        return self.window(link, unit)

    def windows_with(self, link: OpenedLink, unit: int) -> list[int]:
        """The outputs whose window holds one input."""
        channels = int(link.x.shape[-1])
        seen = seen_by(link.link.window, tuple(link.x.shape[1:]))
        return sorted({int(p) * channels + unit % channels for p in np.nonzero(seen == unit)[0]})


class WholeChannel(WindowFormulas):
    """Global poolings: the window is a whole channel."""

    def window(self, link: OpenedLink, unit: int) -> np.ndarray:
        channels = int(link.x.shape[-1])
        return np.arange(unit % channels, link.x[0].size, channels)

    def windows_with(self, link: OpenedLink, unit: int) -> list[int]:
        return [unit % int(link.x.shape[-1])]


class MeanFormulas(WindowFormulas):
    """y = Σ x / n."""

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        link = view.link
        window, x = self.window(link, unit), view.x
        letters = [f"{view.input_name(int(i))} / {len(window)}" for i in window]
        pairs = [(float(x[i]), 1 / len(window)) for i in window]
        name = view.output_name(unit)
        return [sum_equation(name, letters, pairs, view.y[unit])]

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        link = view.link
        outputs, above = self.windows_with(link, unit), view.deltas
        if not outputs:
            return Backward(None, [given(view.input_delta(unit), known, "in no window")])
        counts = [len(self.window(link, o)) for o in outputs]
        pairs = [(float(above[o]), 1 / n) for o, n in zip(outputs, counts, strict=True)]
        letters = [f"{view.output_delta(o)} / {n}" for o, n in zip(outputs, counts, strict=True)]
        strongest = outputs[int(np.argmax([abs(d * s) for d, s in pairs]))]
        return Backward(strongest, [sum_equation(view.input_delta(unit), letters, pairs, known)])


class LargestFormulas(WindowFormulas):
    """y = max over the window; the error goes to the largest, of equal ones to the first."""

    def forward(self, view: LayerView, unit: int, index: Index | None = None) -> list[Equation]:
        link = view.link
        window, x = self.window(link, unit), view.x
        name, y = view.output_name(unit), view.y[unit]
        where = view.input_name(int(window[np.argmax(x[window])]))
        if len(window) > WRITTEN:
            return [given(name, y, f"the largest of {len(window)}: {where}")]
        letters = ", ".join(view.input_name(int(i)) for i in window)
        if len(window) == 1:
            return [finished(name, letters, number(x[window[0]]), y)]
        numbers = ", ".join(number(v) for v in x[window])
        return [finished(name, f"max({letters})", f"max({numbers})", y, note=f"{where} is the largest")]

    def share(self, link: OpenedLink, k: int, output: int, unit: int) -> float:
        """Which share of an output's derivative one input of its window gets."""
        window, x = self.window(link, output), flat(link.x, k)
        return float(int(window[np.argmax(x[window])]) == unit)

    def backward(self, view: LayerView, unit: int, known: float, source: int = 0) -> Backward:
        link, k = view.link, view.k
        outputs, above = self.windows_with(link, unit), view.deltas
        name = view.input_delta(unit)
        pairs = [(float(above[o]), self.share(link, k, o, unit)) for o in outputs]
        winning = [m for m, (_, share) in enumerate(pairs) if share]
        if not winning:
            return Backward(None, [finished(name, "0", "0", known, note="not the largest of its window")])
        strongest = max(winning, key=lambda m: abs(pairs[m][0]))
        whole = all(pairs[m][1] == 1 for m in winning)
        shown = [(pairs[m][0],) if whole else pairs[m] for m in winning]
        letters = [view.output_delta(outputs[m]) + ("" if whole else " · share") for m in winning]
        note = "the largest of its window" if whole else "equal largest numbers share the error"
        return Backward(outputs[strongest], [sum_equation(name, letters, shown, known, note=note)])


class GlobalMeanFormulas(WholeChannel, MeanFormulas):
    """The mean of a whole channel."""


class GlobalLargestFormulas(WholeChannel, LargestFormulas):
    """The largest of a whole channel; equal ones share the error."""

    def share(self, link: OpenedLink, k: int, output: int, unit: int) -> float:
        x = flat(link.x, k)[self.window(link, output)]
        return float(flat(link.x, k)[unit] == x.max()) / int((x == x.max()).sum())
