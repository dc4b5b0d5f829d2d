"""Nobody but the studio's own page is answered: hosts, origins, tokens, as tables."""

import ast
import inspect

import pytest
from starlette.routing import Route, WebSocketRoute

from chainrule.studio.app import build

ROUTES = list(build({}, "runs").routes)
FILLED = {"{name}": "main.js", "{id}": "none", "{what}": "session", "{action}": "pause"}


def path_of(route) -> str:
    path = route.path
    for name, value in FILLED.items():
        path = path.replace(name, value)
    return path


HTTP = [
    (path_of(route), method)
    for route in ROUTES
    if isinstance(route, Route)
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
]
SOCKETS = [path_of(route) for route in ROUTES if isinstance(route, WebSocketRoute)]


@pytest.mark.parametrize(("path", "method"), HTTP)
def test_every_route_refuses_strangers(studio, path, method) -> None:
    """Every route and method is 401 or 403 for a wrong or missing token, a wrong Host, a wrong Origin, or two of one kind."""
    good = {"Host": studio.host, "Cookie": studio.cookie, "Origin": f"http://{studio.host}"}
    port = studio.port
    hosts = ["evil.example", f"evil.example:{port}", f"localhost.evil.example:{port}", f"0.0.0.0:{port}", f"127.0.0.1.:{port}", "127.0.0.1",
             f"127.0.0.1:{port + 1}", f"127.0.0.1:{port}.evil.example", "", f"{studio.host}@evil.example"]  # fmt: skip
    origins = ["http://evil.example", "null", "", f"http://{studio.host}.evil.example", f"http://evil{studio.host}", f"http://127.0.0.1:{port + 1}",
               f"https://{studio.host}", f"http://localhost:{port}", f"http://{studio.host}/"]  # fmt: skip
    name = studio.cookie.split("=")[0]
    cookies = [
        f"{name}=",
        f"{name}=wrong",
        f"{name}={studio.token}",
        "other=1",
        f"{name}={studio.cookie.split('=')[1][:-1]}",
    ]
    tried = [good | {"Host": host} for host in hosts] + [good | {"Origin": origin} for origin in origins]
    tried += [good | {"Cookie": cookie} for cookie in cookies] + [
        {k: v for k, v in good.items() if k != left} for left in ("Host", "Cookie")
    ]
    if method not in ("GET", "HEAD"):
        tried.append({k: v for k, v in good.items() if k != "Origin"})
    pairs = [list(headers.items()) for headers in tried]
    pairs += [[*good.items(), ("Host", "evil.example")], [*good.items(), ("Origin", "http://evil.example")]]
    for headers in pairs:
        status, result, content = studio.raw(method, path, headers)
        assert status in (401, 403, 400), (headers, status)
        assert b"Learn" not in content
        if status != 400:  # two Hosts are refused before the app is asked
            assert result["content-security-policy"].startswith("default-src 'none'")


def test_a_wrong_token_in_the_address_is_refused(studio) -> None:
    """Neither another token nor the right one on another address opens anything."""
    for path in ("/?token=wrong", "/?token=", f"/api/start?token={studio.token}", f"/?token={studio.token}x"):
        status, result, _ = studio.raw("GET", path, {"Host": studio.host})
        assert status == 401
        assert "set-cookie" not in result


def test_the_cookie_is_strict_and_not_the_token(studio) -> None:
    """The token is exchanged for a cookie that scripts and other sites cannot use, and that holds another secret."""
    _, result, _ = studio.raw("GET", f"/?token={studio.token}", {"Host": studio.host})
    assert "HttpOnly" in result["set-cookie"]
    assert "SameSite=Strict" in result["set-cookie"]
    assert studio.token not in result["set-cookie"]
    assert result["location"] == "/"
    assert len(studio.token) >= 43  # 256 bits


def test_a_websocket_needs_host_origin_and_cookie(studio) -> None:
    """A WebSocket is refused without the page's own Origin, Host or cookie."""
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect

    session = studio.begin(data="xor", units=[2])
    for path in SOCKETS:
        place = f"ws://{studio.host}{path.replace('none', session)}"
        for headers in (
            {}, {"Cookie": studio.cookie}, {"Cookie": studio.cookie, "Origin": "null"}, {"Cookie": studio.cookie, "Origin": "http://evil.example"},
            {"Origin": f"http://{studio.host}"}, {"Cookie": "a=b", "Origin": f"http://{studio.host}"},
        ):  # fmt: skip
            with pytest.raises(InvalidStatus) as refused:
                connect(place, additional_headers=headers, origin=None, proxy=None).close()
            assert refused.value.response.status_code == 403
        with connect(
            place, additional_headers={"Cookie": studio.cookie, "Origin": f"http://{studio.host}"}, proxy=None
        ) as socket:
            assert isinstance(socket.recv(timeout=20), bytes)


def test_other_sites_are_refused_even_with_the_cookie(studio) -> None:
    """A request that the browser calls cross-site is refused although the cookie came along."""
    for site in ("cross-site", "same-site"):
        status, _, _ = studio.raw(
            "GET", "/api/sessions", {"Host": studio.host, "Cookie": studio.cookie, "Sec-Fetch-Site": site}
        )
        assert status == 403


def test_files_beside_the_page_are_never_served(studio) -> None:
    """No spelling of a path reaches a file that the page does not have."""
    for name in ("..%2fapp.py", "%2e%2e/app.py", "..%5capp.py", "....//app.py", "/etc/passwd", "%2fetc%2fpasswd", "main.js%00.py", "C:%5cwin.ini", "guard.py",
                 "..%252fapp.py", "CON", "main.js/", "./main.js%2f..%2f..%2fapp.py"):  # fmt: skip
        status, result, content = studio.raw(
            "GET", f"/page/{name}", {"Host": studio.host, "Cookie": studio.cookie}
        )
        assert status in (404, 400), name
        assert b"import" not in content
        assert result["x-content-type-options"] == "nosniff"


def test_every_route_is_in_the_docs() -> None:
    """docs/studio.md names every route of the app."""
    from pathlib import Path

    text = (Path(__file__).parents[2] / "docs/studio.md").read_text()
    missing = [route.path for route in ROUTES if route.path not in text]
    assert not missing


def test_the_guard_compares_secrets_in_constant_time() -> None:
    """No secret is compared with ==."""
    from chainrule.studio import guard

    for node in ast.walk(ast.parse(inspect.getsource(guard))):
        if isinstance(node, ast.Compare) and any(isinstance(op, (ast.Eq, ast.NotEq)) for op in node.ops):
            assert "token" not in ast.unparse(node)
            assert "cookie" not in ast.unparse(node)
