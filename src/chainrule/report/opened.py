"""One learning step, opened: how one weight got its next value."""

import numpy as np

from chainrule import explain
from chainrule.errors import SettingError
from chainrule.explain import StepExplained
from chainrule.explain.letters import coupled_above, terms_of
from chainrule.recording.replay import Replay
from chainrule.report.markup import Html, h, join
from chainrule.report.material import Material
from chainrule.report.section import Section

STRONGEST = 100  # weights to choose from
EARLY = 300  # steps
SECONDS = 2.0  # as guessed for NumPy, that going there may take


def section(of: Material) -> Section:
    """The section."""
    step = explain.step(of.replay, chosen(of.replay))
    layer, index = weight_of(step)
    trace = step.weight(layer, *index)
    title = f"Step {step.number:,}, opened: how one weight learned"
    text = (
        "A step looks at a few examples, measures how wrong the network is on them, finds for every weight in which direction it should "
        f"change (backpropagation), and changes it a little. Here is all of it for one weight of {layer}, one of those with the largest "
        "gradients. Any other weight of any step can be opened in the same way."
    )
    words = h("summary", "All the arithmetic")
    shown = h("details", words, Html(trace._repr_html_()), open=True)  # what a notebook shows
    return Section("step", "One step, opened", title, join(h("p", text), shown))


def chosen(replay: Replay) -> int:
    """A step early enough that many examples still push; or the nearest before it that is not far from a snapshot."""
    from chainrule.arrays import seconds_on_numpy

    run = replay.run
    if replay.last <= replay.first:
        raise SettingError("No step was recorded.")
    wanted = min(replay.first + EARLY, (replay.first + replay.last) // 2)
    broken = np.flatnonzero(~np.isfinite(run.steps["loss"]))
    if len(broken):  # the last step but one before it broke: what came after has no numbers to show
        wanted = min(wanted, max(replay.first, replay.first + int(broken[0]) - 2))
    near = run.nearest(wanted)
    far = seconds_on_numpy(replay.model.count_params(), run.info.settings.batch, wanted - near)
    return wanted if far <= SECONDS else near


def weight_of(step: StepExplained) -> tuple[str, tuple[int, ...]]:
    """A weight of the first kernel: of those with the largest gradients, one to which many examples contribute."""
    for link in step.links:
        if "kernel" in link.gradient:
            gradient = np.abs(np.asarray(link.gradient["kernel"]))
            strongest = np.argsort(-gradient, axis=None, kind="stable")[:STRONGEST]
            places = [tuple(int(i) for i in np.unravel_index(int(k), gradient.shape)) for k in strongest]
            if coupled_above(step, link) is not None:  # no terms by example
                return link.name, places[0]
            return link.name, max(
                places, key=lambda place: np.count_nonzero(terms_of(step, link, "kernel", place))
            )
    raise SettingError("No layer of it learns by a kernel.")
