"""Starting and stopping: uvicorn with deadlines for slow clients, signals, and workers that are started again.

SIGTERM and SIGINT: readiness goes off, what was accepted is answered, exit code 0.  SIGHUP: all files are loaded again.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from chainrule.errors import SettingError
from chainrule.internal.child_processes import end_with_parent, start
from chainrule.server.app import App, models_of, reload, watch
from chainrule.server.settings import Settings
from chainrule.server.short_way import ShortWay

TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
RESTART_SECONDS = 1.0  # between two starts of a worker that ends at once


def protocol_of(app: App) -> type[asyncio.Protocol]:
    """uvicorn's HTTP protocol, with limits on the time that a request's head and body may take, and a short way before it."""
    settings = app.settings

    class Deadlines(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
        """Closes connections whose request does not come in time: its head, then its body."""

        timer: Any = None
        waits_for: Any = None  # the request whose body is missing, or "head"
        short_way: ShortWay | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self.short_way = ShortWay(app, self, transport)
            self._wait("head", settings.header_seconds)

        def data_received(self, data: bytes) -> None:
            if self.short_way is not None:
                rest = self.short_way.takes(data)
                if rest is None:
                    if self.short_way.partial:
                        self._wait("body", settings.body_seconds)
                    else:
                        self._end()
                    return
                self._leave()  # this request is uvicorn's, and all that follow
                data = rest
            super().data_received(data)
            cycle = self.cycle
            if cycle is None or cycle.response_complete:  # a head has begun and is not complete
                self._wait("head", settings.header_seconds)
            elif cycle.more_body:
                self._wait(cycle, settings.body_seconds)
            else:
                self._end()

        def connection_lost(self, exc: Exception | None) -> None:
            self._end()
            self._leave()
            super().connection_lost(exc)

        def shutdown(self) -> None:
            if self.short_way is None or not self.short_way.ends_soon():
                super().shutdown()

        def _leave(self) -> None:
            if self.short_way is not None:
                self.short_way.left()
                self.short_way = None

        def _wait(self, what: Any, seconds: float) -> None:
            if self.waits_for is not what:  # a clock that runs already is not set again by every byte
                self._end()
                self.waits_for, self.timer = what, self.loop.call_later(seconds, self._too_slow)

        def _end(self) -> None:
            if self.timer is not None:
                self.timer.cancel()
                self.timer = self.waits_for = None

        def _too_slow(self) -> None:
            self.timer = None
            if not self.transport.is_closing():
                self.transport.write(TOO_SLOW)
                self.transport.close()

    return Deadlines


class Server(uvicorn.Server):
    """uvicorn's server without its handling of signals, and with a stop that answers what was accepted."""

    seconds = 0.5  # for connections that are open when the doors close to bring their request

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves signals to us."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes in who waits at the door, closes it, lets those inside ask, then ends as uvicorn does."""
        loop, waiting = asyncio.get_running_loop(), []
        for sock in sockets or []:
            with contextlib.suppress(OSError):  # nobody waits any more
                while True:
                    waiting.append(sock.accept()[0])
        for server in self.servers:
            server.close()
        for connection in waiting:
            connection.setblocking(False)
            await loop.connect_accepted_socket(self._protocol, connection)
        ends = loop.time() + self.seconds
        while self.server_state.connections and loop.time() < ends and not self.force_exit:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        made: Any = self.config.http_protocol_class
        protocol: asyncio.Protocol = made(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol


def listening(settings: Settings) -> socket.socket:
    """The socket that all workers listen at; SettingError where the address is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    found = socket.socket(
        family, socket.SOCK_STREAM, socket.IPPROTO_TCP
    )  # named: else asyncio leaves Nagle on
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((settings.host, settings.port))
    except (OSError, OverflowError) as problem:
        found.close()
        raise SettingError(
            f"{settings.host}:{settings.port} cannot be listened at: {getattr(problem, 'strerror', None) or problem}."
        ) from None
    found.listen(2048)
    found.set_inheritable(True)
    return found


def serve(
    files: dict[str, str],
    settings: Settings,
    sock: socket.socket,
    shared: str | None = None,
    ready: Any = None,
) -> int:
    """Loads the models, answers until told to stop, and returns the exit code. ready: called once when all is warm."""
    app = App(models_of(files, settings), settings, shared)
    config = uvicorn.Config(
        app, http=protocol_of(app), ws="none", log_level="warning", access_log=False, server_header=False,
        timeout_keep_alive=int(settings.keep_alive_seconds), limit_concurrency=settings.max_connections, backlog=2048,
        timeout_graceful_shutdown=int(settings.stop_seconds), lifespan="on", proxy_headers=False,
    )  # fmt: skip
    server = Server(config)
    server.seconds = settings.drain_seconds
    asyncio.run(_serve(app, server, sock, ready))
    return 0


async def _serve(app: App, server: Server, sock: socket.socket, ready: Any) -> None:
    loop, tasks = asyncio.get_running_loop(), set[asyncio.Task[Any]]()

    def begin(work: Any) -> None:
        task = loop.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def stop() -> None:
        if app.stopping:
            server.force_exit = True  # told twice
            return
        app.stopping = True  # readiness off, connections end with their answer
        await asyncio.sleep(app.settings.drain_seconds)  # for those who were sent here before that was seen
        server.should_exit = True

    def on_signal(name: str, work: Any) -> None:
        if hasattr(signal, name):
            with contextlib.suppress(NotImplementedError):  # Windows
                loop.add_signal_handler(getattr(signal, name), lambda: begin(work()))

    on_signal("SIGTERM", stop)
    on_signal("SIGINT", stop)
    on_signal("SIGHUP", lambda: reload(app))
    begin(watch(app))
    if ready is not None:
        loop.call_soon(ready)
    if any(
        model.card.digits or model.card.preparation.get("kind") == "picture" for model in app.models.values()
    ):
        loop.call_later(0.5, lambda: begin(app.decoder.start()))
    await server.serve(sockets=[sock])
    for task in tasks:
        task.cancel()
    app.metrics.share()


def supervise(
    files: dict[str, str], settings: Settings, sock: socket.socket, workers: int, ready: Any = None
) -> int:
    """Several processes at one socket; one that ends is started again. Signals go to all."""
    import json

    with tempfile.TemporaryDirectory(prefix="chainrule-serve-") as shared:
        result = json.dumps(
            {"files": files, "settings": asdict(settings), "shared": shared, "socket": sock.fileno()}
        )
        command = [sys.executable, "-m", "chainrule.server.run"]
        environment = os.environ | {
            "CHAINRULE_WORKER": result,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }

        def started() -> Any:
            return start(command, env=environment, pass_fds=[sock.fileno()], start_new_session=True)

        running = [started() for _ in range(workers)]
        stopping: list[int] = []

        def stop(number: int, frame: Any) -> None:
            stopping.append(number)
            for process in running:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGTERM)

        def again(number: int, frame: Any) -> None:
            for process in running:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGHUP)

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGHUP, again)
        if ready is not None:
            ready()
        began = dict.fromkeys(range(workers), time.monotonic())
        while not stopping:
            time.sleep(0.05)
            for k, process in enumerate(running):
                if (
                    process.poll() is not None
                    and not stopping
                    and time.monotonic() - began[k] >= RESTART_SECONDS
                ):
                    print(
                        f'{{"worker": {process.pid}, "ended": {process.returncode}, "restart": true}}',
                        file=sys.stderr,
                        flush=True,
                    )
                    running[k], began[k] = started(), time.monotonic()
        codes = [process.wait() for process in running]
    # a worker that was told to end before it had begun has accepted nothing
    return next((code for code in codes if code not in (0, -signal.SIGTERM)), 0)


def worker() -> int:
    """One of several: told what to serve by its parent's environment."""
    import json

    end_with_parent(politely=True)  # what was accepted is answered
    fields = json.loads(os.environ.pop("CHAINRULE_WORKER"))
    given = fields["settings"] | {"allow_hosts": tuple(fields["settings"]["allow_hosts"])}
    return serve(fields["files"], Settings(**given), socket.socket(fileno=fields["socket"]), fields["shared"])


if __name__ == "__main__":
    sys.exit(worker())
