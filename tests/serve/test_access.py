"""Who may ask: names of the server, pages of other sites, tokens. Tables of what gets in and what does not."""

import json

import httpx
import numpy as np
import pytest
from requests_of import tensor

from chainrule.server.guard import Guard
from chainrule.server.settings import RefusedError, Settings

TOKEN = "a-token-of-some-length"
GOOD = tensor(np.zeros((1, 4)))


def refused(settings, **headers):
    """The status with which a request is refused, 200 if it is not."""
    try:
        Guard(settings).check(
            {name.encode(): value.encode() for name, value in headers.items()}, b"", "1.2.3.4"
        )
    except RefusedError as problem:
        return problem.status
    return 200


HOME, OUT = Settings(), Settings("0.0.0.0", allow_hosts=("models.example",))


@pytest.mark.parametrize(
    ("settings", "host", "status"),
    [
        (HOME, "localhost:8000", 200), (HOME, "127.0.0.1:8000", 200), (HOME, "[::1]:8000", 200), (HOME, "LOCALHOST", 200),
        (HOME, "evil.example:8000", 403), (HOME, "localhost.evil.example", 403), (HOME, "127.0.0.1.evil.example:8000", 403),
        (HOME, "", 403), (HOME, "10.0.0.7:8000", 403), (HOME, "localhost:8000@evil.example", 403),
        (OUT, "models.example", 200), (OUT, "models.example:80", 200), (OUT, "10.0.0.7:8000", 200), (OUT, "evil.example", 403),
        (OUT, "models.example.evil.example", 403), (Settings("0.0.0.0", allow_hosts=("*",)), "any.example", 200),
    ],
)  # fmt: skip
def test_host_headers(settings, host, status) -> None:
    """A name server cannot send a browser here under a name of its own."""
    assert refused(settings, host=host) == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:8000", 200), ("https://localhost:8000", 200), ("http://localhost:9000", 403), ("http://localhost", 403),
        ("null", 403), ("http://evil.example", 403), ("http://localhost:8000.evil.example", 403), ("file://", 403),
        ("http://evil.example/http://localhost:8000", 403), ("ftp://localhost:8000", 403), ("", 403), ("http://LOCALHOST:8000", 200),
    ],
)  # fmt: skip
def test_origins(origin, status) -> None:
    """Scripts of other sites, and of other ports of this machine, are not answered; cookies do not change that."""
    assert refused(HOME, host="localhost:8000", origin=origin) == status
    secret = Settings(token=TOKEN)
    asked = {"host": "localhost:8000", "origin": origin, "cookie": f"chainrule_token={TOKEN}"}
    assert refused(secret, **asked) == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"authorization": f"Bearer {TOKEN}"}, 200), ({"authorization": f"bearer {TOKEN}"}, 200),
        ({"cookie": f"other=1; chainrule_token={TOKEN}"}, 200), ({}, 401), ({"authorization": "Bearer "}, 401),
        ({"authorization": f"Bearer {TOKEN}x"}, 401), ({"authorization": f"Basic {TOKEN}"}, 401), ({"cookie": TOKEN}, 401),
        ({"cookie": "chainrule_token="}, 401), ({"authorization": "Bearer " + TOKEN[:-1]}, 401),
    ],
)  # fmt: skip
def test_tokens(headers, status) -> None:
    """The whole token, in a header or a cookie."""
    assert refused(Settings(token=TOKEN), host="localhost", **headers) == status


def test_wrong_tokens_are_slowed_down() -> None:
    """After twenty from one address: 429 with Retry-After, for the right one too; other addresses are not concerned."""
    guard = Guard(Settings(token=TOKEN))
    wrong, right = (
        {b"host": b"localhost", b"authorization": b"Bearer " + word} for word in (b"wrong", TOKEN.encode())
    )
    statuses = []
    for _ in range(21):
        with pytest.raises(RefusedError) as problem:
            guard.check(wrong, b"", "1.2.3.4")
        statuses.append(problem.value.status)
    assert statuses == [401] * 20 + [429]
    assert problem.value.headers["retry-after"] == "60"
    assert guard.check(right, b"", "5.6.7.8") is False


def test_beyond_this_machine_a_token_is_made_and_asked_for(start, files) -> None:
    """Health is answered without; the page's address holds it once, then a cookie does; it is in no log."""
    server = start(files / "small.keras", "--host", "0.0.0.0")
    token = server.told["token"]
    assert len(token) >= 43  # 256 bits
    client = httpx.Client(base_url=server.url.replace("0.0.0.0", "127.0.0.1"), trust_env=False)
    assert client.get("/v2/health/ready").status_code == 200
    assert client.get("/v2/models/small").status_code == 401
    assert (
        client.post(
            "/v2/models/small/infer", json=GOOD, headers={"authorization": f"Bearer {token}"}
        ).status_code
        == 200
    )
    moved = client.get(f"/?token={token}")
    assert (moved.status_code, moved.headers["location"]) == (303, "/")
    assert "HttpOnly" in moved.headers["set-cookie"]
    assert "samesite=strict" in moved.headers["set-cookie"].lower()
    assert client.get("/").status_code == 200
    assert httpx.get(f"{client.base_url}?token=wrong", trust_env=False).status_code == 401
    server.stop()
    assert token not in server.log()


def test_no_auth_is_said(start, files) -> None:
    """--no-auth beyond this machine: no token, and a warning."""
    server = start(files / "small.keras", "--host", "0.0.0.0", "--no-auth")
    assert server.told["token"] is None
    client = httpx.Client(base_url=server.url.replace("0.0.0.0", "127.0.0.1"), trust_env=False)
    assert client.get("/v2/models/small").status_code == 200
    assert "Anybody who reaches this address may ask" in server.log()


def test_request_ids_are_kept_or_made(ask) -> None:
    """The caller's id comes back; one that could spoil a log does not."""
    assert ask.get("/v2", headers={"x-request-id": "abc-1"}).headers["x-request-id"] == "abc-1"
    made = ask.get("/v2").headers["x-request-id"]
    assert made != ask.get("/v2").headers["x-request-id"]
    assert len(ask.get("/v2", headers={"x-request-id": "x" * 500}).headers["x-request-id"]) < 40


def test_every_request_is_a_line_of_json(start, files) -> None:
    """Method, path without what is behind the question mark, status, size, time, id."""
    server = start(files / "small.keras")
    server.client.get("/v2/models/small?secret=1", headers={"x-request-id": "mine"})
    server.stop()
    line = next(
        line for line in map(json.loads, server.log().splitlines()) if line.get("request_id") == "mine"
    )
    assert (line["method"], line["path"], line["status"]) == ("GET", "/v2/models/small", 200)
    assert {"time", "client", "bytes", "ms"} <= set(line)
    assert "secret" not in server.log()
