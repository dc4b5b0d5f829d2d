"""The process in which a session learns, so that the page never waits for it and its end is nobody else's.

Messages come through a pipe, (number, kind, what, settings), and are answered as (number, "ok" | "error", answer).
While somebody watches, frames are sent on their own: (None, "frame", bytes).
"""

import json
import signal
import time
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from chainrule.errors import ChainruleError
from chainrule.studio.frames import packed

FRAMES = 30  # a second, at most
COST = 35  # seconds of learning for each second that a frame takes: the frame rate gives way before the learning does
RENEWED = 0.5  # seconds between two looks at a run that another process learns
SLICE, LEAST_SLICE = 0.03, 0.002  # seconds of learning between two looks at the pipe


def main(pipe: Connection) -> None:
    """Opens what the first message names, then answers until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to hear
    import chainrule.studio.session  # noqa: F401 - before anybody waits for it

    with suppress(EOFError, OSError, BrokenPipeError):
        Serving(pipe).serve()


class Serving:
    """One session and its pipe."""

    def __init__(self, pipe: Connection) -> None:
        self.pipe = pipe
        self.session: Any = None
        self.watched, self.next_frame, self.sent_step, self.changed = False, 0.0, (-1, -1), True
        self.rested = False  # whether the speed that was asked for left time over
        self.users: Any = None
        self.next_look = 0.0

    def serve(self) -> None:
        """Learns and answers by turns."""
        while True:
            playing = self.session is not None and self.session.playing
            running = self.session is not None and self.session.running
            idle = 1 / FRAMES if self.watched and self.changed else RENEWED if running else 5
            waiting = self.pipe.poll(0 if playing else idle)
            if waiting:
                self.answer(*self.pipe.recv())
                continue
            try:
                if running:
                    self.look()
                if playing:
                    self.turn()
                if self.session is not None and self.watched:
                    self.send_frame()
            except (OSError, EOFError):
                raise  # nobody is there any more
            except Exception:  # noqa: BLE001 - learning that breaks must not take the answers with it
                traceback.print_exc()
                self.session.playing, self.changed = False, False

    def look(self) -> None:
        """Takes up what another process has learned of the run, now and then."""
        now = time.perf_counter()
        if now >= self.next_look:
            self.changed = self.session.renew() or self.changed
            self.next_look = time.perf_counter() + RENEWED

    def turn(self) -> None:
        """A slice of learning, as long as a frame lasts, or until the next frame is due."""
        session: Any = self.session
        began = time.perf_counter()
        length = min(SLICE, max(LEAST_SLICE, self.next_frame - began)) if self.watched else SLICE
        session.learn(length)
        self.changed = True
        rest = length - (time.perf_counter() - began)
        self.rested = bool(session.speed) and rest > 0
        if self.rested:
            self.pipe.poll(rest)

    def send_frame(self) -> None:
        """A frame, if something changed and it is time for one."""
        now = time.perf_counter()
        if not self.changed or now < self.next_frame:
            return
        session: Any = self.session
        since = self.sent_step[1] if self.sent_step[0] == session.current else None
        if since is not None and since > session.branch.head:
            since = None
        header, arrays = session.views.frame(since)
        self.sent_step = session.current, session.branch.head
        self.changed = session.playing
        self.pipe.send((None, "frame", packed(header, arrays)))
        learns_less = session.playing and not self.rested  # a frame takes time that learning would have
        self.next_frame = now + max(1 / FRAMES, COST * (time.perf_counter() - now) if learns_less else 0)

    def answer(self, number: int, kind: str, what: str, settings: Any) -> None:
        """Answers one message; a mistake is told, and nothing ends because of it."""
        try:
            found = self.found(kind, what, settings)
        except ChainruleError as problem:
            self.pipe.send((number, "error", {"kind": type(problem).__name__, "message": str(problem)}))
        except (KeyError, ValueError, TypeError, IndexError) as problem:
            message = f"This question cannot be answered: {problem}."
            self.pipe.send((number, "error", {"kind": "SettingError", "message": message}))
        except MemoryError:
            message = "There is not enough memory for this."
            self.pipe.send((number, "error", {"kind": "MemoryError", "message": message}))
        except Exception:  # noqa: BLE001 - what nobody thought of must not end the session either
            traceback.print_exc()
            message = "Something went wrong in the session; its terminal says what."
            self.pipe.send((number, "error", {"kind": "InternalError", "message": message}))
        else:
            self.pipe.send((number, "ok", found))

    def found(self, kind: str, what: str, settings: Any) -> Any:
        """The answer: JSON as text, or a packed message."""
        from chainrule.studio.session import Session

        if kind == "open":
            asked = settings["settings"]
            self.session = (
                Session.of_run(asked) if what == "run" else Session.of_lesson(asked, settings["dropped"])
            )
            return as_json(self.session.describe())
        if kind == "watch":
            self.watched, self.changed, self.sent_step = bool(settings), True, (-1, -1)
            return as_json({})
        if kind == "use":
            if self.users is None:
                from chainrule.studio.use import Users

                self.users = Users()
            shown = self.users.see(self.session, what, settings)
        elif kind == "data":
            from chainrule.studio import dropped

            shown = dropped.keep(settings, what)
        elif kind == "runs":
            from chainrule.studio import run_list

            shown = run_list.see(what, settings)
        else:
            if self.session is None:
                raise KeyError("no session is open")
            if kind == "do":
                result = self.session.do(what, settings)
                self.changed = True
                return as_json(result)
            shown = self.session.see(what, settings)
        return packed(*shown) if isinstance(shown, tuple) else as_json(shown)


def as_json(found: Any) -> str:
    """JSON that every browser reads."""
    return json.dumps(found, allow_nan=False, ensure_ascii=False)
