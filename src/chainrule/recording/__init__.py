"""Recording a run while it learns, and reaching any of its steps again: replay, resume, fork."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.recording import resume
    from chainrule.recording.recorder import RunRecorder
    from chainrule.recording.resume import OpenRun, open_run

_WHERE = {"RunRecorder": "recorder", "OpenRun": "resume", "open_run": "resume"}

__all__ = ["OpenRun", "RunRecorder", "open_run", "resume"]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(importlib.import_module(f"chainrule.recording.{_WHERE[name]}"), name)
    if name == "resume":
        return importlib.import_module("chainrule.recording.resume")
    raise AttributeError(f"chainrule.recording has nothing called {name!r}.")
