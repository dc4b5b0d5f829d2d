"""The widgets: the studio's views, each answered by the kernel that made it."""

from functools import cache
from typing import Any

from chainrule.notebook.answers import Answers, reply
from chainrule.studio.modules import widget_module

VIEWS: dict[str, dict[str, Any]] = {  # the views, and what the kernel and the page both know of one
    "step": {"step": 0, "weight": ""},
    "data": {},
    "landscape": {},
    "pad": {"draws": True},
    "curve": {"curve": b""},
}


def widget(view: str, answers: Answers | None = None, **state: Any) -> Any:
    """One of the VIEWS as an anywidget. answers: what it may ask.  state: what it begins with."""
    made = kind(view)(**state)
    made.answers = answers
    if answers is not None:
        made.on_msg(lambda _, message, buffers: made.send(*reply(answers, message, buffers)))
    return made


@cache
def kind(view: str) -> Any:
    """The class of a view's widgets."""
    import anywidget
    import traitlets

    traits = {bool: traitlets.Bool, int: traitlets.Int, str: traitlets.Unicode, bytes: traitlets.Bytes}
    synced = {name: traits[type(value)](value).tag(sync=True) for name, value in VIEWS[view].items()}
    name = f"{view.capitalize()}Widget"
    body = {
        "__module__": __name__,
        "__doc__": f"The view {view!r}.",
        "_esm": widget_module(f"widget_{view}.js"),
        "answers": None,
    }
    return type(name, (anywidget.AnyWidget,), {**body, **synced})
