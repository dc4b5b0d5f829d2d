"""Who may ask: only this machine's own browser, from the studio's own page, with the token of the printed link.

Host must name a loopback address and the studio's port, so that a page elsewhere cannot point a name of its own here. Origin,
where a browser sends it (always with WebSocket and POST), must be the studio's own. The token is exchanged for a cookie, and
the address is then free of it, so that a copied link never carries it.
"""

import hmac
import json
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

NAMES = ("127.0.0.1", "localhost", "[::1]")
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


class Guard:
    """Stands before the whole app. port: the one the server listens on.  token: of the printed link."""

    def __init__(self, app: App, port: int, token: str) -> None:
        self.app, self.token = app, token
        self.session = new_token()  # what the cookie holds
        self.cookie = f"chainrule-studio-{port}"
        self.hosts = {f"{name}:{port}" for name in NAMES} | ({*NAMES} if port == 80 else set())
        self.origins = {f"http://{host}" for host in self.hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through, or answers it with 401 or 403."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        refused = self.refusal(scope)
        if refused is not None and scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        elif refused is not None:
            await respond(send, *refused)
        elif scope["type"] == "http" and self.given_token(scope) is not None:
            place = scope.get("root_path", "") + "/"
            cookie = f"{self.cookie}={self.session}; Path={place}; HttpOnly; SameSite=Strict"
            await respond(
                send, 303, "Redirect", "Go on without the token.", {"location": place, "set-cookie": cookie}
            )
        else:
            await self.app(scope, receive, with_headers(send) if scope["type"] == "http" else send)

    def refusal(self, scope: Scope) -> tuple[int, str, str] | None:
        """Why a request is refused: status, kind and sentence; None where it may pass."""
        hosts = all_of(scope, b"host")
        if len(hosts) != 1 or hosts[0] not in self.hosts:
            return 403, "WrongHost", f"The studio answers only to {' and '.join(sorted(self.hosts)[:2])}."
        origins = all_of(scope, b"origin")
        needed = scope["type"] == "websocket" or scope.get("method") not in ("GET", "HEAD")
        if (needed and len(origins) != 1) or any(origin not in self.origins for origin in origins):
            return 403, "WrongOrigin", "Only the studio's own page may ask for this."
        if origins and origins[0] != f"http://{hosts[0]}":
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
