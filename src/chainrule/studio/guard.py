"""Who may ask: only this machine's own browser, from the studio's own page, with the token of the printed link.

Host must name a loopback address and the studio's port, so that a page elsewhere cannot point a name of its own here. Origin,
where a browser sends it (always with WebSocket and POST), must be the studio's own. The token is exchanged for a cookie, and
the address is then free of it, so that a copied link never carries it. Behind a proxy (`--base-url`) the studio has one more
host and origin: those of the address under which the proxy shows it.
"""

import hmac
import json
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chainrule.errors import SettingError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

NAMES = ("127.0.0.1", "localhost", "[::1]")
PATH = re.compile(r"(/[A-Za-z0-9._~@%+-]+)*/?")  # what a base URL's path may be
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin",
}  # fmt: skip


def new_token() -> str:
    """256 random bits as text that an address may carry."""
    return secrets.token_urlsafe(32)


class Address:
    """Where the page is in the browser. base_url: the address that a proxy shows it under; None without one.

    >>> Address(8737).link("abc")
    'http://127.0.0.1:8737/?token=abc'
    >>> Address(8737, "https://hub.example.org/user/ann/proxy/8737").link("abc")
    'https://hub.example.org/user/ann/proxy/8737/?token=abc'
    """

    def __init__(self, port: int, base_url: str | None = None) -> None:
        hosts = {f"{name}:{port}" for name in NAMES} | ({*NAMES} if port == 80 else set())
        self.origins = {host: {f"http://{host}"} for host in hosts}  # which a page on a host may have
        self.url, self.path, self.secure = f"http://127.0.0.1:{port}/", "/", False
        if base_url is None:
            return
        try:
            found = urlsplit(base_url)
            right = found.scheme in ("http", "https") and found.hostname and found.port != 0
        except ValueError:
            right = False
        if not right or found.username or found.query or found.fragment or not PATH.fullmatch(found.path):
            raise SettingError(
                f"--base-url must be the address that the browser will show, such as "
                f"https://hub.example.org/user/ann/proxy/{port}/; it got {base_url!r}."
            )
        self.path, self.secure = found.path.rstrip("/") + "/", found.scheme == "https"
        origin = f"{found.scheme}://{found.netloc.lower()}"
        self.url = origin + self.path
        for allowed in self.origins.values():  # some proxies hand on their own Host, some name ours
            allowed.add(origin)
        self.origins.setdefault(found.netloc.lower(), set()).add(origin)

    def link(self, token: str) -> str:
        """The link that is printed."""
        return f"{self.url}?token={token}"

    def within(self, path: str) -> str:
        """A request's path below the page's own: some proxies take it away, some do not."""
        return path.removeprefix(self.path[:-1]) if path.startswith(self.path) else path


class Guard:
    """Stands before the whole app. address: where the page is.  token: of the printed link."""

    def __init__(self, app: App, port: int, token: str, address: Address | None = None) -> None:
        self.app, self.token = app, token
        self.session = new_token()  # what the cookie holds
        self.cookie = f"chainrule-studio-{port}"
        self.address = address or Address(port)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through, or answers it with 401 or 403."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        scope = {**scope, "path": self.address.within(scope["path"])}
        refused = self.refusal(scope)
        if refused is not None and scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        elif refused is not None:
            await respond(send, *refused)
        elif scope["type"] == "http" and self.given_token(scope) is not None:
            place, secure = self.address.path, "; Secure" if self.address.secure else ""
            cookie = f"{self.cookie}={self.session}; Path={place}; HttpOnly; SameSite=Strict{secure}"
            await respond(
                send, 303, "Redirect", "Go on without the token.", {"location": place, "set-cookie": cookie}
            )
        else:
            await self.app(scope, receive, with_headers(send) if scope["type"] == "http" else send)

    def refusal(self, scope: Scope) -> tuple[int, str, str] | None:
        """Why a request is refused: status, kind and sentence; None where it may pass."""
        hosts = all_of(scope, b"host")
        if len(hosts) != 1 or hosts[0] not in self.address.origins:
            known = " and ".join(sorted(self.address.origins)[:2])
            return (
                403,
                "WrongHost",
                f"The studio answers only to {known}; behind a proxy, start it with --base-url.",
            )
        origins = all_of(scope, b"origin")
        needed = scope["type"] == "websocket" or scope.get("method") not in ("GET", "HEAD")
        if len(origins) > 1 or (needed and not origins):
            return 403, "WrongOrigin", "Only the studio's own page may ask for this."
        if origins and origins[0] not in self.address.origins[hosts[0]]:
            return 403, "WrongOrigin", "Only the studio's own page may ask for this."
        site = all_of(scope, b"sec-fetch-site")
        given = self.given_token(scope)
        if site and site[0] in ("cross-site", "same-site") and given is None:
            return 403, "WrongOrigin", "Only the studio's own page may ask for this."
        if given is not None:
            right = (
                scope["type"] == "http"
                and scope["path"] == "/"
                and scope["method"] == "GET"
                and same(given, self.token)
            )
            return (
                None
                if right
                else (
                    401,
                    "WrongToken",
                    "This link's token is not that of this studio: use the link it printed.",
                )
            )
        if not self.has_cookie(scope):
            return (
                401,
                "NoToken",
                "The studio was started anew, or this page was not opened with its link: use the link it printed.",
            )
        return None

    def given_token(self, scope: Scope) -> str | None:
        """The token in the address, if there is one."""
        found = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token")
        return None if found is None else found[0]

    def has_cookie(self, scope: Scope) -> bool:
        """Whether the request carries the cookie that the token was exchanged for."""
        for line in all_of(scope, b"cookie"):
            try:
                held = SimpleCookie(line).get(self.cookie)
            except CookieError:
                continue
            if held is not None and same(held.value, self.session):
                return True
        return False


def same(given: str, right: str) -> bool:
    """Whether two secrets are the same, in a time that tells nothing."""
    return hmac.compare_digest(given.encode(), right.encode())


def all_of(scope: Scope, name: bytes) -> list[str]:
    """All headers of a name."""
    return [value.decode("latin-1").strip() for key, value in scope["headers"] if key.lower() == name]


def with_headers(send: Send) -> Send:
    """The headers that every answer has."""

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            have = {key.lower() for key, _ in message["headers"]}
            more = [(k.encode(), v.encode()) for k, v in HEADERS.items() if k.encode() not in have]
            if b"cache-control" not in have:
                more.append((b"cache-control", b"no-store"))
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return sending


async def respond(
    send: Send, status: int, kind: str, message: str, headers: dict[str, str] | None = None
) -> None:
    """An answer in the one shape that errors have."""
    body = json.dumps({"error": {"kind": kind, "message": message, "status": status}}).encode()
    told = {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
    start = {
        "type": "http.response.start",
        "status": status,
        "headers": [(k.encode(), v.encode()) for k, v in told.items()],
    }
    sending = with_headers(send)
    await sending(start)
    await sending({"type": "http.response.body", "body": body})
