"""Before a request is answered: may this caller ask here, and does the request keep the limits?

Host (against DNS rebinding), Origin (against other sites' scripts), token, size and time of the body. Health is exempt from
host and token, so that whoever watches the server can.
"""

import hmac
import time
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

from chainrule.server.settings import RefusedError, Settings

Receive = Callable[[], Awaitable[dict[str, Any]]]
COOKIE = "chainrule_token"
KNOWN_HOSTS = 100
WRONG_TOKENS, WRONG_SECONDS = 20, 60.0  # so many wrong tokens from one address in so much time, then 429


class GoneError(Exception):
    """The client closed the connection before its request was complete."""


class Guard:
    """Decides who may ask; remembers wrong tokens for a minute.

    A Host header may hold the names of `Settings.hosts`; beyond loopback any address, too, but no other name.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings, self.hosts = settings, settings.hosts
        self.known: dict[bytes, str] = {}
        self.wrong: dict[str, list[float]] = {}

    def check(self, headers: dict[bytes, bytes], query: bytes, client: str) -> bool:
        """RefusedError where this caller may not ask; True where its token came in the address (and belongs in a cookie)."""
        host = self.checked_host(headers.get(b"host", b""))
        origin = headers.get(b"origin")
        if origin is not None and not same_origin(origin.decode("latin-1").lower(), host):
            raise RefusedError(403, "Requests from pages of other sites are not answered.")
        return self.settings.token is not None and self._token(headers, query, client)

    def checked_host(self, given: bytes) -> str:
        """The Host header, if the server may be called so; the last ones that were right are remembered."""
        if (known := self.known.get(given)) is not None:
            return known
        host = given.decode("latin-1").lower()
        name = host_name(host)
        if (
            name not in self.hosts
            and "*" not in self.hosts
            and (self.settings.loopback or not is_address(name))
        ):
            raise RefusedError(
                403, f"This server is not called {name[:100]!r}. chainrule serve --allow-host adds a name."
            )
        if len(self.known) >= KNOWN_HOSTS:
            self.known.clear()
        self.known[given] = host
        return host

    def _token(self, headers: dict[bytes, bytes], query: bytes, client: str) -> bool:
        token, now = (self.settings.token or "").encode(), time.monotonic()
        recent = [at for at in self.wrong.get(client, ()) if now - at < WRONG_SECONDS]
        if len(recent) >= WRONG_TOKENS:
            raise RefusedError(
                429, "Too many wrong tokens from this address.", {"retry-after": str(int(WRONG_SECONDS))}
            )
        given = headers.get(b"authorization", b"")
        if given[:7].lower() == b"bearer " and hmac.compare_digest(given[7:].strip(), token):
            return False
        for part in headers.get(b"cookie", b"").split(b";"):
            name, _, value = part.strip().partition(b"=")
            if name == COOKIE.encode() and hmac.compare_digest(value, token):
                return False
        for part in query.split(b"&"):
            if part.startswith(b"token=") and hmac.compare_digest(part[6:], token):
                return True
        if given or b"token=" in query:
            if len(self.wrong) > 10_000:
                self.wrong.clear()
            self.wrong[client] = [*recent, now]
        raise RefusedError(
            401, "A token is needed: Authorization: Bearer TOKEN.", {"www-authenticate": "Bearer"}
        )


def host_name(host: str) -> str:
    """A Host header without its port; as it is, where it is no name with a port.

    >>> host_name("localhost:8000"), host_name("[::1]:8000"), host_name("localhost:80@evil.example")
    ('localhost', '::1', 'localhost:80@evil.example')
    """
    name, _, port = host.rpartition(":")
    if name and port.isascii() and port.isdigit() and (":" not in name or name.startswith("[")):
        host = name
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def is_address(name: str) -> bool:
    """Whether a host is given by its number: then no name server can have sent a browser here.

    >>> is_address("10.0.0.7"), is_address("evil.example")
    (True, False)
    """
    import ipaddress

    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def same_origin(origin: str, host: str) -> bool:
    """Whether a page of this origin was served under this Host, port included.

    >>> same_origin("http://localhost:8000", "localhost:8000"), same_origin("http://localhost:8000.evil.com", "localhost:8000")
    (True, False)
    """
    scheme, separator, rest = origin.partition("://")
    return bool(separator) and scheme in ("http", "https") and bool(host) and rest == host


async def body_of(receive: Receive, headers: dict[bytes, bytes], settings: Settings) -> bytes:
    """A request's body, unpacked; RefusedError 413 above the limit, where it is announced before it is read.

    A body that comes too slowly ends with its connection: `run.protocol_of` keeps the clock.
    """
    length = headers.get(b"content-length")
    if length is not None and int(length) > settings.max_body:
        raise _too_large(settings)
    message = await receive()
    content = message.get("body", b"")
    if message.get("more_body"):
        pieces, size = [content], len(content)
        while message.get("more_body"):
            message = await receive()
            pieces.append(message.get("body", b""))
            size += len(pieces[-1])
            if size > settings.max_body:
                raise _too_large(settings)
        content = b"".join(pieces)
    if message["type"] == "http.disconnect":
        raise GoneError
    encoding = headers.get(b"content-encoding")
    return (
        content
        if encoding is None
        else unpacked(content, encoding.decode("latin-1").strip().lower(), settings)
    )


def unpacked(content: bytes, encoding: str, settings: Settings) -> bytes:
    """A body that came as gzip or deflate; what would become too large is refused while it is unpacked."""
    if encoding in ("", "identity"):
        return content
    if encoding not in ("gzip", "deflate"):
        raise RefusedError(415, f"Content-Encoding: expected gzip or deflate; got {encoding[:40]!r}.")
    unpacker = zlib.decompressobj(31 if encoding == "gzip" else 15)
    try:
        out = unpacker.decompress(content, settings.max_body + 1)
    except zlib.error:
        raise RefusedError(400, f"The body is not {encoding}, though Content-Encoding says so.") from None
    if len(out) > settings.max_body:
        raise _too_large(settings)
    if not unpacker.eof:
        raise RefusedError(400, f"The {encoding} body ends too early.")
    return out


def _too_large(settings: Settings) -> RefusedError:
    return RefusedError(
        413, f"A request's body has at most {settings.max_body:,} bytes.", {"connection": "close"}
    )
