"""What Python alone says of a call that a script got wrong, in one sentence that names what there is.

An argument or an attribute that Chainrule does not have ends a script with Python's TypeError or AttributeError.
"""

import inspect
import re
import sys
from types import FrameType, TracebackType
from typing import Any

from chainrule.errors import nearest
from chainrule.internal.own_classes import is_ours
from chainrule.keras_names.notes import is_users

ARGUMENT = re.compile(r"([\w.<>]+)\(\) got an unexpected keyword argument '(\w+)'")


def sentence(problem: BaseException, trace: TracebackType | None) -> str:
    """The sentence, where the mistake is in the script's own line and about something of Chainrule's; else "".

    >>> from chainrule import callbacks
    >>> try:
    ...     callbacks.EarlyStopping(patientce=1)
    ... except TypeError as problem:
    ...     sentence(problem, None)
    "EarlyStopping has no argument called 'patientce'. Did you mean 'patience'?"
    """
    users, inside = frames(trace)
    if isinstance(problem, AttributeError):
        return about_attribute(problem) if all(map(is_asking, inside)) else ""
    found = ARGUMENT.match(str(problem)) if isinstance(problem, TypeError) else None
    if found is None:
        return ""
    first = found[1].partition(".")[0]
    if users is not None and first in users.f_globals and not is_ours(users.f_globals[first]):
        return ""  # the script's own function of this name
    if inside and not any(
        found[2] in value for value in inside[0].f_locals.values() if isinstance(value, dict)
    ):
        return ""  # not what the script wrote
    return about_argument(*found.groups())


def is_asking(frame: FrameType) -> bool:
    """Whether a frame only looks an attribute up."""
    wrapped = getattr(frame.f_locals.get("original"), "__name__", "")
    return frame.f_code.co_name in ("__getattr__", "missing_member") or wrapped == "__getattr__"


def frames(trace: TracebackType | None) -> tuple[FrameType | None, list[FrameType]]:
    """The script's last frame in a traceback, and those of Chainrule that it led to."""
    users, inside = None, list[FrameType]()
    while trace is not None:
        if is_users(trace.tb_frame.f_code.co_filename):
            users, inside = trace.tb_frame, []
        else:
            inside.append(trace.tb_frame)
        trace = trace.tb_next
    return users, inside


def about_attribute(problem: AttributeError) -> str:
    """A name that an object of ours does not have."""
    thing, name = problem.obj, problem.name
    if thing is None or not name or not is_ours(type(thing)):
        return ""
    guess = nearest(name, [known for known in dir(thing) if not known.startswith("_")])
    return f"{type(thing).__name__} has nothing called {name!r}." + (
        f" Did you mean {guess!r}?" if guess else ""
    )


def about_argument(function: str, name: str) -> str:
    """An argument that a function or class of ours does not take."""
    called = ours(function)
    if called is None:
        return ""
    known = [
        argument.name
        for argument in inspect.signature(called).parameters.values()
        if argument.kind is not argument.VAR_KEYWORD and argument.name != "self"
    ]
    shown = function.removesuffix(".__init__").rpartition(".")[2]
    guess = nearest(name, known)
    return f"{shown} has no argument called {name!r}." + (
        f" Did you mean {guess!r}?" if guess else f" It takes {', '.join(known)}." if known else ""
    )


def ours(qualified: str) -> Any:
    """A function or method of ours by the name that Python gave it; None where it is another's.

    >>> from chainrule.regularizers import L2
    >>> ours("L2.__init__") is L2.__init__, ours("ndarray.reshape")
    (True, None)
    """
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] != "chainrule":
            continue
        found: Any = module
        for part in qualified.split("."):
            found = vars(found).get(part) if hasattr(found, "__dict__") else None
            if found is None:
                break
        else:
            if callable(found) and getattr(found, "__qualname__", "") == qualified:
                return found
    return None
