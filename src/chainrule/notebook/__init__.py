"""Chainrule in a notebook: a run's steps, explanations, data, landscapes and answers as live views.

    %load_ext chainrule.notebook        what a cell ends with is live from here on
    notebook.show(run, step=300)        the same, asked for
    notebook.pad(model)                 a pad to draw a digit on
    model.fit(..., callbacks=[notebook.LiveCurve()])

The views are the studio's own. Needs the extra `notebook`.
"""

from typing import TYPE_CHECKING, Any

from chainrule.errors import SettingError, require_package

if TYPE_CHECKING:
    from chainrule.notebook.live import LiveCurve

__all__ = ["LiveCurve", "load_ipython_extension", "pad", "show"]

SHOWN = {
    "chainrule.recording.resume": ("OpenRun", "RunState"), "chainrule.explain.step": ("StepExplained",),
    "chainrule.datasets.dataset": ("Dataset",), "chainrule.landscapes.views": ("Line", "Plane"),
    "chainrule.inference.handwriting": ("Reading",), "chainrule.inference.answer": ("Answer",),
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name == "LiveCurve":
        from chainrule.notebook.live import LiveCurve

        return LiveCurve
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def show(thing: Any, step: int | None = None, weight: str | None = None) -> Any:
    """A live view of a run, a step of one, an explained step, a data set, a landscape, or a picture that was read.

    step: of a run; the last one without it.  weight: "dense.kernel,630,245": its arithmetic is open.
    SettingError for a thing that has no such view, or a step that the run does not have.

    >>> import chainrule
    >>> show(chainrule.open_run("last"), step=300)  # doctest: +SKIP
    """
    require_package("anywidget", "notebook", "A live view")
    from chainrule.datasets import Dataset
    from chainrule.explain import StepExplained
    from chainrule.inference.answer import Answer
    from chainrule.inference.handwriting import Reading
    from chainrule.landscapes import Line, Plane
    from chainrule.notebook import answers
    from chainrule.notebook.widgets import widget
    from chainrule.recording.resume import OpenRun, RunState

    if isinstance(thing, RunState):
        return show(thing.run, thing.number, weight)
    if isinstance(thing, OpenRun):
        from chainrule.studio.session import Session

        session = Session.of_replay(thing.replay)
        last = session.branch.head - 1
        number = last if step is None else step
        if not session.branch.first <= number <= last:
            raise SettingError(
                f"The run has the steps {session.branch.first:,} to {last:,}; there is no step {number:,}."
            )
        return widget("step", answers.OfSession(session), step=number, weight=weight or "")
    if isinstance(thing, StepExplained):
        from chainrule.notebook.one_step import session_of

        return widget(
            "step", answers.OfSession(session_of(thing), alone=True), step=thing.number, weight=weight or ""
        )
    if isinstance(thing, Dataset):
        return widget("data", answers.OfData(thing))
    if isinstance(thing, Line | Plane):
        return widget("landscape", answers.OfLandscape(thing))
    reading = thing.reading if isinstance(thing, Answer) else thing
    if isinstance(reading, Reading):
        return widget("pad", answers.OfReading(reading=reading), draws=False)
    raise SettingError(
        f"There is no live view of a {type(thing).__name__}: a run, an explained step, a data set, a landscape "
        "or a picture that was read have one."
    )


def pad(model: Any = None) -> Any:
    """A pad to draw a digit on, with each stage of its preparation and the answer. model: None for the package's own.

    >>> pad()  # doctest: +SKIP
    """
    require_package("anywidget", "notebook", "A pad")
    from chainrule import pretrained
    from chainrule.inference.card import ModelCard
    from chainrule.inference.predictor import Predictor
    from chainrule.models.saving import load_model
    from chainrule.notebook import answers
    from chainrule.notebook.widgets import widget

    used: Any = load_model(str(pretrained.digits()), compile=False) if model is None else model
    reader = Predictor(used, ModelCard.of(used), single=True).reader
    return widget("pad", answers.OfReading(reader=reader), draws=True)


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext chainrule.notebook` does: things that a cell ends with are shown live, beside what they showed before."""
    require_package("anywidget", "notebook", "A live view")
    formatter = (
        shell.display_formatter.formatters.get("mimebundle") or shell.display_formatter.mimebundle_formatter
    )
    for module, names in SHOWN.items():
        for name in names:
            formatter.for_type_by_name(module, name, bundle)


def bundle(thing: Any, include: Any = None, exclude: Any = None) -> Any:
    """A thing's live view as a notebook takes it; what has none keeps what it had."""
    try:
        return show(thing)._repr_mimebundle_()
    except SettingError:
        return None
