"""Behind a proxy, such as JupyterHub's: the page under another host and path, and nobody else."""

import pytest
from studio_client import free_port, running

from chainrule.errors import SettingError
from chainrule.studio.guard import Address

HUB = "https://hub.example.org/user/ann/proxy/8737/"


@pytest.fixture(scope="module")
def hub(runs_dir):
    with running("--runs-dir", str(runs_dir), "--base-url", HUB) as found:
        yield found


@pytest.mark.parametrize("before", ["", "/user/ann/proxy/8737"])
@pytest.mark.parametrize("host", ["hub.example.org", None])
def test_the_proxys_address_is_answered(hub, before, host) -> None:
    """Whether the proxy takes the path away or not, and whether it hands its own Host on or the studio's."""
    host = host or hub.host
    status, result, _ = hub.raw("GET", f"{before}/?token={hub.token}", {"Host": host})
    assert status == 303
    assert result["location"] == "/user/ann/proxy/8737/"
    assert "Path=/user/ann/proxy/8737/;" in result["set-cookie"]
    assert result["set-cookie"].endswith("; Secure")
    good = {"Host": host, "Cookie": result["set-cookie"].split(";")[0], "Origin": "https://hub.example.org"}
    assert hub.raw("GET", f"{before}/", good)[0] == 200
    assert hub.raw("GET", f"{before}/page/main.js", good)[0] == 200
    assert hub.raw("POST", f"{before}/api/sessions", good, b'{"lesson": {"data": "xor"}}')[0] == 200
    assert hub.raw("GET", f"{before}/api/start", good | {"Cookie": "x=1"})[0] == 401
    for origin in (
        "http://hub.example.org",
        "https://hub.example.org.evil.example",
        "null",
        "https://example.org",
        "https://hub.example.org:444",
    ):
        assert hub.raw("POST", f"{before}/api/sessions", good | {"Origin": origin}, b"{}")[0] == 403


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "hub.example.org.evil.example",
        "hub.example.org:8737",
        "example.org",
        "xhub.example.org",
    ],
)
def test_another_host_is_refused(hub, host) -> None:
    """The proxy's name opens the studio under no other name."""
    good = {"Host": host, "Cookie": hub.cookie, "Origin": f"https://{host}"}
    assert hub.raw("GET", "/", good)[0] == 403


def test_a_path_of_the_proxy_reaches_no_file(hub) -> None:
    """What stands before the page's path, or climbs out of it, is nothing."""
    good = {"Host": "hub.example.org", "Cookie": hub.cookie, "Origin": "https://hub.example.org"}
    for path in ("/user/ann/proxy/87371/page/main.js", "/user/bob/proxy/8737/page/main.js", "/user/ann/proxy/8737/../../../../etc/passwd",
                 "/user/ann/proxy/8737/user/ann/proxy/8737/page/main.js"):  # fmt: skip
        assert hub.raw("GET", path, good)[0] == 404


@pytest.mark.parametrize(
    "url", ["/user/ann/", "hub.example.org", "ftp://hub.example.org/", "https:///x", "https://a:b@hub.example.org/", "https://hub.example.org/?a=1",
            "https://hub.example.org/#a", "https://hub.example.org/a b", "https://hub.example.org/;x", "https://hub.example.org:port/", ""],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(url) -> None:
    """--base-url must be what the browser will show: scheme, host, path."""
    with pytest.raises(SettingError, match="--base-url must be the address"):
        Address(8737, url)


def test_the_page_works_under_a_path(runs_dir, page_of) -> None:
    """In a real browser under another name and path: it learns, frames come, a weight opens."""
    port = free_port()
    address = f"http://hub.localhost:{port}/user/ann/studio"
    with running("--runs-dir", str(runs_dir), "--base-url", address, port=port) as studio:
        page = page_of(studio.link)
        page.wait_for_selector("#figure-step")
        assert page.url.startswith(f"{address}/#")
        page.click("#play")
        page.wait_for_selector("#figure-step:not(:text-is('0'))")
        page.click("#play")
        page.locator(".weight-target").nth(9).dispatch_event("click")
        page.wait_for_selector(".account-title")
        page.goto("about:blank")  # before the studio ends, which an open page would notice
