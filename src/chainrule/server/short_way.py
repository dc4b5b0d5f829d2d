"""The short way of the commonest request: an inference of moderate size in a form that needs no HTTP library to be read.

A connection begins on it. Its first request that is anything else (a head in pieces, a header that appears twice, another address)
is uvicorn's, with all that follows on that connection; so the library's rules decide whatever is not plain.
"""

import asyncio
import re
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.server.app import App
    from chainrule.server.models import ServedModel
    from chainrule.server.protocol import Inference

    Head = tuple[ServedModel, dict[bytes, bytes], int]

HEADER = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*((?:[!-~](?:[ -~\t]*[!-~])?)?)[ \t]*")
OTHERS = (
    b"connection",
    b"content-encoding",
    b"expect",
    b"te",
    b"trailer",
    b"transfer-encoding",
    b"upgrade",
)  # the library's
LONGEST, LARGEST = 4096, 1 << 16  # bytes of a head, of a body
KNOWN = 100  # heads that are remembered
PHRASES = {200: b"OK", 400: b"Bad Request", 401: b"Unauthorized", 403: b"Forbidden", 413: b"Content Too Large", 415: b"Unsupported Media Type",
           422: b"Unprocessable Content", 429: b"Too Many Requests", 500: b"Internal Server Error", 503: b"Service Unavailable"}  # fmt: skip


class ShortWay:
    """One connection's. protocol: uvicorn's, for its limits and its clock.  transport: where answers are written."""

    def __init__(self, app: "App", protocol: Any, transport: Any) -> None:
        self.app, self.protocol, self.transport = app, protocol, transport
        self.client = (transport.get_extra_info("peername") or ("",))[0]
        self.future: asyncio.Future[Any] | None = None  # of the request that is being answered
        self.partial, self.later = (
            b"",
            b"",
        )  # a request whose body is missing; what came while another is answered
        self.last = 0.0  # when the last answer was given
        self.clock: Any = None
        self.closes = False

    def takes(self, data: bytes) -> bytes | None:
        """Takes what came, and answers when a request is whole: None. Or all bytes that are for the library."""
        if self.future is not None:  # one after the other
            self.later += data
            self.transport.pause_reading()
            return None
        if self.partial:
            data, self.partial = self.partial + data, b""
        end = data.find(b"\r\n\r\n", 0, LONGEST)
        if end < 0:
            return data
        head = data[:end]
        found = self.app.heads.get(head) or self._read(head)
        if found is None:
            return data
        missing = end + 4 + found[2] - len(data)
        if missing < 0 or self._crowded():
            return data
        if missing:  # many clients send the body in a piece of its own
            self.partial = data
        else:
            self._begin(found[0], found[1], data[end + 4 :])
        return None

    def left(self) -> None:
        """The connection is uvicorn's from now on, or gone: nobody waits for an answer."""
        if self.clock is not None:
            self.clock.cancel()
            self.clock = None
        if self.future is not None:
            self.future.cancel()

    def ends_soon(self) -> bool:
        """Whether a request has come and is not answered; the connection closes after that."""
        self.closes = self.future is not None or bool(self.partial)
        return self.closes

    def _read(self, head: bytes) -> "Head | None":
        """Model, headers and the body's length where a head is plain; it is remembered, as clients send the same again."""
        line, *rest = head.split(b"\r\n")
        model = self.app.lines.get(line)
        if model is None:
            return None
        headers: dict[bytes, bytes] = {}
        for text in rest:
            match = HEADER.fullmatch(text)
            if match is None:
                return None
            name = match[1].lower()
            if name in headers or name in OTHERS:
                return None
            headers[name] = match[2]
        length = headers.get(b"content-length", b"")
        if b"host" not in headers or not length.isdigit() or len(length) > 9:
            return None
        if int(length) > min(LARGEST, self.app.settings.max_body):
            return None
        if len(self.app.heads) >= KNOWN:
            self.app.heads.clear()
        found = self.app.heads[head] = model, headers, int(length)
        return found

    def _crowded(self) -> bool:
        """Whether uvicorn's limits are reached: it refuses such a request, or waits for a client that does not read."""
        state, limit = self.protocol.server_state, self.protocol.limit_concurrency
        return self.protocol.flow.write_paused or (limit is not None and len(state.connections) >= limit)

    def _begin(self, model: "ServedModel", headers: dict[bytes, bytes], content: bytes) -> None:
        """Reads the request and lets it wait for its turn."""
        began, app = time.perf_counter_ns(), self.app
        app.metrics.active += 1
        identity = app.identity(headers.get(b"x-request-id"))
        try:
            app.guard.check(headers, b"", self.client)
            asked = app.asked(content, headers, model)
            self.future = model.batcher.submit(asked.xs)
        except Exception as problem:  # noqa: BLE001 - one request must not take the server with it
            model.stats.failed(began)
            self._give(model, headers, identity, began, *app.refusal(problem, identity))
            return
        self.future.add_done_callback(
            lambda future: self._done(future, asked, model, headers, identity, began)
        )

    def _done(
        self, future: "asyncio.Future[Any]", asked: "Inference", model: "ServedModel", headers: dict[bytes, bytes], identity: bytes, began: int
    ) -> None:  # fmt: skip
        """The network has answered, or the client has gone."""
        self.future = None
        if future.cancelled():
            model.stats.failed(began)
            self.app.metrics.active -= 1
            self.app.metrics.count("infer", 499, time.perf_counter_ns() - began)
            return
        try:
            body, more = self.app.answered(asked, future.result(), model)
            status = 200
            model.stats.succeeded(began)
        except Exception as problem:  # noqa: BLE001 - as above
            model.stats.failed(began)
            status, body, more = self.app.refusal(problem, identity)
        self._give(model, headers, identity, began, status, body, more)

    def _give(
        self, model: "ServedModel", headers: dict[bytes, bytes], identity: bytes, began: int, status: int, body: bytes, more: list[Any]
    ) -> None:  # fmt: skip
        """Writes an answer in one piece, counts it, and goes on with what came in the meantime."""
        app = self.app
        app.metrics.active -= 1
        more = [*self.protocol.server_state.default_headers, *more]
        more += app.general(status, b"x-request-id" in headers, identity, more)
        closes = self.closes or any(name == b"connection" and value == b"close" for name, value in more)
        if self.closes and (b"connection", b"close") not in more:
            more.append((b"connection", b"close"))
        lines = [b"HTTP/1.1 %d %s" % (status, PHRASES.get(status, b"")), *(b"%s: %s" % pair for pair in more)]
        lines.append(b"content-length: %d\r\n\r\n" % len(body))
        if not self.transport.is_closing():
            self.transport.write(b"\r\n".join(lines) + body)
        path = f"/v2/models/{model.name}/infer"
        scope = (
            {"client": (self.client, 0), "method": "POST", "path": path} if app.settings.access_log else None
        )
        app.count("infer", status, time.perf_counter_ns() - began, scope, identity, len(body))
        if closes:
            self.transport.close()
            return
        self.last = self.protocol.loop.time()
        if self.clock is None:
            self.clock = self.protocol.loop.call_later(self.protocol.timeout_keep_alive, self._idle)
        if self.later:
            later, self.later = self.later, b""
            self.transport.resume_reading()
            self.protocol.data_received(later)

    def _idle(self) -> None:
        """Closes a connection on which nothing came for as long as uvicorn waits."""
        loop, seconds = self.protocol.loop, self.protocol.timeout_keep_alive
        left = self.last + seconds - loop.time()
        self.clock = None
        if self.future is not None or self.partial or left > 0:
            self.clock = loop.call_later(max(left, 1.0), self._idle)
        elif not self.transport.is_closing():
            self.transport.close()
