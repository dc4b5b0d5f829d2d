"""Sessions as the server sees them: a process each, questions through a pipe, frames to whoever watches."""

import asyncio
import itertools
import multiprocessing
import secrets
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from tempfile import TemporaryDirectory
from typing import Any

PATIENCE = 120.0  # seconds for an answer
MOST_SESSIONS = 6
MOST_WATCHERS = 64


class SessionError(Exception):
    """An error as it goes to the page: kind, message and HTTP status."""

    def __init__(self, kind: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.kind, self.message, self.status = kind, message, status


class Watcher:
    """Somebody who watches: the newest frame only, so that a slow page falls behind nobody."""

    def __init__(self) -> None:
        self.frame: bytes | None = None
        self.news = asyncio.Event()
        self.ended: str | None = None

    def give(self, frame: bytes | None, ended: str | None = None) -> None:
        """A new frame, or the end."""
        self.frame, self.ended = frame, ended
        self.news.set()


Started = tuple[Connection, BaseProcess]


def start_process() -> Started:
    """Starts a process that will learn; returns our end of the pipe, and it. Needs no server yet."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=begin, args=(theirs,), daemon=True, name="chainrule studio session")
    process.start()
    theirs.close()
    return ours, process


def begin(pipe: Connection) -> None:
    """What the process does; only there the library is imported."""
    from chainrule.studio.session_process import main

    main(pipe)


class SessionProcess:
    """One process that learns. what: what it was opened with, to find it again."""

    def __init__(self, started: Started | None = None) -> None:
        self.id = secrets.token_urlsafe(6)
        self.what: Any = None
        self.loop = asyncio.get_running_loop()
        self.pipe, self.process = started or start_process()
        self.numbers, self.waiting = itertools.count(), dict[int, asyncio.Future[Any]]()
        self.watchers: set[Watcher] = set()
        self.ended: str | None = None
        self.used = self.loop.time()
        self.sending = threading.Lock()
        threading.Thread(target=self.listen, daemon=True).start()

    # ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────
    async def ask(self, kind: str, what: str, settings: Any) -> Any:
        """The answer to a question: text (JSON) or bytes (packed). SessionError where there is none."""
        if self.ended is not None:
            raise SessionError("SessionEnded", self.ended, 410)
        self.used = self.loop.time()
        number, future = next(self.numbers), self.loop.create_future()
        self.waiting[number] = future
        try:
            await asyncio.to_thread(self.send, (number, kind, what, settings))
            return await asyncio.wait_for(future, PATIENCE)
        except TimeoutError:
            raise SessionError(
                "TooSlow", f"The session gave no answer within {PATIENCE:g} seconds.", 504
            ) from None
        finally:
            self.waiting.pop(number, None)

    def send(self, message: Any) -> None:
        """Puts a message into the pipe; a process that is gone is noticed by who listens."""
        with self.sending, suppress(OSError, ValueError):
            self.pipe.send(message)

    # ── listening ────────────────────────────────────────────────────────────────────────────────────────────────
    def listen(self) -> None:
        """Hands on what the process says; in a thread of its own."""
        with suppress(RuntimeError):  # the loop is closed: the server ends
            while True:
                try:
                    message = self.pipe.recv()
                except (EOFError, OSError):
                    self.loop.call_soon_threadsafe(self.end)
                    return
                self.loop.call_soon_threadsafe(self.hear, *message)

    def hear(self, number: int | None, kind: str, answer: Any) -> None:
        """An answer to who asked, a frame to all who watch."""
        if number is None:
            for watcher in self.watchers:
                watcher.give(answer)
            return
        future = self.waiting.get(number)
        if future is None or future.done():
            return
        if kind == "ok":
            future.set_result(answer)
        else:
            future.set_exception(SessionError(answer["kind"], answer["message"]))

    def end(self) -> None:
        """The process is gone: everybody who waits or watches is told."""
        if self.ended is not None:
            return
        self.process.join(1)
        code = self.process.exitcode
        self.ended = f"The session's process ended (exit code {code}). What it had learned is gone; begin it again with the same settings."
        for future in self.waiting.values():
            if not future.done():
                future.set_exception(SessionError("SessionEnded", self.ended, 410))
        for watcher in self.watchers:
            watcher.give(None, self.ended)

    async def watch(self, watcher: Watcher) -> None:
        """Begins to send frames to somebody."""
        if len(self.watchers) >= MOST_WATCHERS:
            raise SessionError("TooManyWatchers", f"At most {MOST_WATCHERS} pages may watch a session.", 429)
        self.watchers.add(watcher)
        await self.ask("watch", "", settings=True)

    async def leave(self, watcher: Watcher) -> None:
        """Ends it; where nobody is left, no frames are made."""
        self.watchers.discard(watcher)
        if not self.watchers and self.ended is None:
            with suppress(SessionError):
                await self.ask("watch", "", settings=False)

    def close(self) -> None:
        """Ends the process."""
        self.ended = self.ended or "The session was closed."
        for watcher in self.watchers:
            watcher.give(None, self.ended)
        with suppress(OSError):
            self.pipe.close()
        self.process.terminate()


class Sessions:
    """All sessions of the server; a process is always ready for the next one. dropped: where data that were dropped in are kept."""

    def __init__(self) -> None:
        self.dropped = ""
        self.folder: TemporaryDirectory[str] | None = None
        self.open: dict[str, SessionProcess] = {}
        self.spare: SessionProcess | None = None
        self.helper: SessionProcess | None = None
        self.opening: dict[str, asyncio.Lock] = {}

    def prepare(self, started: Started | None = None) -> None:
        """Starts the process for the next session, so that nobody waits for it; or takes one that was started."""
        if self.spare is None or self.spare.ended is not None:
            self.spare = SessionProcess(started)

    async def begin(self, kind: str, settings: Any) -> tuple[SessionProcess, str]:
        """A session for a lesson or a run, and its description; one that is open already with the same settings is given."""
        what = (kind, settings)
        async with self.opening.setdefault(repr(what), asyncio.Lock()):  # two pages at once share one
            return await self.begin_one(what)

    async def begin_one(self, what: tuple[str, Any]) -> tuple[SessionProcess, str]:
        """Finds or opens a session; one at a time for the same settings."""
        for session in self.open.values():
            if session.what == what and session.ended is None:
                return session, str(await session.ask("see", "session", {}))
        self.prepare()
        ready, self.spare = self.spare, None
        assert ready is not None  # prepare made it
        try:
            told = await ready.ask("open", what[0], {"settings": what[1], "dropped": self.dropped})
        except SessionError:
            ready.close()
            raise
        finally:
            self.prepare()
        ready.what = what
        self.make_room()
        self.open[ready.id] = ready
        return ready, str(told)

    def make_room(self) -> None:
        """Closes the session that nobody has used for longest, when there are too many."""
        for session in [s for s in self.open.values() if s.ended is not None and not s.watchers]:
            del self.open[session.id]
        while len(self.open) >= MOST_SESSIONS:
            idle = min(self.open.values(), key=lambda s: (bool(s.watchers), s.used))
            idle.close()
            del self.open[idle.id]

    def get(self, name: str) -> SessionProcess:
        """A session by its id; SessionError where there is none."""
        if name not in self.open:
            raise SessionError(
                "NotFound", "There is no such session any more; begin one with the same settings.", 404
            )
        return self.open[name]

    async def keep(self, content: bytes) -> str:
        """Stores data that were dropped in, until the server ends; what they are."""
        if self.folder is None:
            self.folder = TemporaryDirectory(prefix="chainrule-studio-", ignore_cleanup_errors=True)
            self.dropped = self.folder.name
        return str(await self.help("data", self.dropped, content))

    async def help(self, kind: str, what: str, settings: Any) -> Any:
        """Asks a process that has no session: for drawings, photos and recorded runs."""
        if self.helper is None or self.helper.ended is not None:
            self.helper = SessionProcess()
        return await self.helper.ask(kind, what, settings)

    def close(self) -> None:
        """Ends all of them."""
        for session in [*self.open.values(), self.spare, self.helper]:
            if session is not None:
                session.close()
        if self.folder is not None:
            self.folder.cleanup()
