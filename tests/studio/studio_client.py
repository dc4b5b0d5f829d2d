"""A running studio, and a client that asks it as its own page would."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

SRC = Path(__file__).parents[2] / "src"


class Client:
    """Asks a studio as its own page would. link: the printed one, with its token.  port: where it is not in the link."""

    def __init__(self, link, port=None) -> None:
        found = re.search(r"https?://[^/]*?(?::(\d+))?/\S*\?token=(\S+)", link)
        assert found, link
        self.link, self.port, self.token = found[0], int(port or found[1]), found[2]
        self.host = f"127.0.0.1:{self.port}"
        status, headers, _ = self.raw("GET", f"/?token={self.token}", {"Host": self.host})
        assert status == 303
        self.cookie = headers["set-cookie"].split(";")[0]

    def raw(self, method, path, headers, body=b""):
        """A request with exactly these headers; a list of pairs allows doubles."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        pairs = headers.items() if isinstance(headers, dict) else headers
        for name, value in pairs:
            connection.putheader(name, value)
        if body or method in ("POST", "PUT", "DELETE", "PATCH"):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        answer = connection.getresponse()
        content = answer.read()
        found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, content
        connection.close()
        return found

    def ask(self, method, path, json_body=None, body=b""):
        """A request as the studio's own page makes it: status and the answer, JSON or bytes."""
        headers = {"Host": self.host, "Cookie": self.cookie, "Origin": f"http://{self.host}"}
        if json_body is not None:
            body = json.dumps(json_body).encode()
        status, result, content = self.raw(method, path, headers, body)
        return status, json.loads(content) if "json" in result.get("content-type", "") else content

    def begin(self, **lesson):
        """A session's id."""
        status, result = self.ask("POST", "/api/sessions", {"lesson": lesson})
        assert status == 200, result
        return result["id"]


class Studio(Client):
    """A running `chainrule studio`, and a client that holds its cookie."""

    def __init__(self, *words, cwd=None, port="0") -> None:
        if port == "0":
            port = free_port()
        environment = os.environ | {"PYTHONPATH": str(SRC), "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chainrule", "studio", *words, "--no-open", "--port", port],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=cwd,
        )  # fmt: skip
        line = self.process.stdout.readline()
        assert "http" in line, line + self.process.stderr.read()
        super().__init__(line, port)

    def close(self) -> str:
        """Ends it; returns what it said on stderr."""
        self.process.terminate()
        try:
            return self.process.communicate(timeout=15)[1]
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.communicate()[1]


def free_port() -> str:
    """A port that was free a moment ago."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


@contextmanager
def running(*words, **more):
    studio = Studio(*words, **more)
    try:
        yield studio
    finally:
        studio.close()


def open_at(page, studio, address="", sign=None) -> None:
    """Opens the studio in a browser, then an address of it as a page that was just loaded; waits for a sign of it."""
    page.goto(studio.link)
    page.wait_for_url(re.compile("#place="))  # it has begun, and will not go over our address
    if address:
        page.goto(f"http://{studio.host}/{address}")
        page.reload()
    if sign:
        page.wait_for_selector(sign)
