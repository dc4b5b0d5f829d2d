"""A studio for the tests: a server in a process of its own, and a real browser where one is there.

Needs the packages starlette, uvicorn, websockets, playwright, and Debian's chromium.
"""

import http.client
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

NEEDED = ("starlette", "uvicorn", "websockets")
collect_ignore_glob = [] if all(importlib.util.find_spec(name) for name in NEEDED) else ["test_*.py"]

SRC = Path(__file__).parents[2] / "src"


class Studio:
    """A running `chainrule studio`, and a client that holds its cookie."""

    def __init__(self, *words, cwd=None, port="0") -> None:
        environment = os.environ | {"PYTHONPATH": str(SRC), "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chainrule", "studio", *words, "--no-open", "--port", port],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=cwd,
        )  # fmt: skip
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/\?token=(\S+)", line)
        assert found, line + self.process.stderr.read()
        self.link, self.port, self.token = found[0], int(found[1]), found[2]
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
        status, told, content = self.raw(method, path, headers, body)
        return status, json.loads(content) if "json" in told.get("content-type", "") else content

    def begin(self, **lesson):
        """A session's id."""
        status, told = self.ask("POST", "/api/sessions", {"lesson": lesson})
        assert status == 200, told
        return told["id"]

    def close(self) -> str:
        """Ends it; returns what it said on stderr."""
        self.process.terminate()
        try:
            return self.process.communicate(timeout=15)[1]
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.communicate()[1]


@contextmanager
def running(*words, **more):
    studio = Studio(*words, **more)
    try:
        yield studio
    finally:
        studio.close()


@pytest.fixture(scope="session")
def runs_dir(tmp_path_factory):
    """A folder with one recorded run, of 80 digits for two epochs."""
    import numpy as np

    from chainrule import datasets
    from chainrule.arrays import set_seed
    from chainrule.datasets.dataset import Dataset
    from chainrule.recording import resume
    from chainrule.training.recipes import Recipe

    folder = tmp_path_factory.mktemp("studio")
    whole = datasets.load("mnist")
    np.savez(
        folder / "few.npz",
        x_train=whole.x_train[:80],
        y_train=whole.y_train[:80],
        x_test=whole.x_test[:40],
        y_test=whole.y_test[:40],
    )
    data = datasets.load(str(folder / "few.npz"))
    assert isinstance(data, Dataset)
    set_seed(3)
    job = resume.new(
        data,
        Recipe("tiny", hidden=(12,), batch_size=8, epochs=2),
        str(folder / "few.npz"),
        {},
        3,
        backend="numpy",
        runs_dir=folder / "runs",
    )
    job.learn(verbose=0)
    return folder / "runs"


@pytest.fixture(scope="session")
def studio(runs_dir):
    with running("--runs-dir", str(runs_dir)) as found:
        yield found


@pytest.fixture(scope="session")
def browser():
    """Debian's chromium."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium here: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield found
        found.close()


@pytest.fixture
def page(browser, studio):
    """An open page; when the test ends nothing may have been said in its console and nothing asked for elsewhere."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    found = context.new_page()
    said, elsewhere = [], []
    found.on(
        "console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None
    )
    found.on("pageerror", lambda problem: said.append(str(problem)))
    found.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((f"http://{studio.host}/", "data:", "blob:"))
            else elsewhere.append(request.url)
        ),
    )
    found.said, found.elsewhere = said, elsewhere
    yield found
    context.close()
    assert said == []
    assert elsewhere == []
