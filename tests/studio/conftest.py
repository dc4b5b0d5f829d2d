"""A studio for the tests: a server in a process of its own, and a real browser where one is there.

Needs the packages starlette, uvicorn, websockets, playwright, and Debian's chromium.
"""

import importlib.util
import shutil
from contextlib import ExitStack, contextmanager

import pytest
from studio_client import running

NEEDED = ("starlette", "uvicorn", "websockets")
collect_ignore_glob = [] if all(importlib.util.find_spec(name) for name in NEEDED) else ["test_*.py"]


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


@contextmanager
def watched_page(browser, host):
    """An open page; when the test ends nothing may have been said in its console and nothing asked for elsewhere."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(150_000)
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
            if request.url.startswith((f"http://{host}/", "data:", "blob:"))
            else elsewhere.append(request.url)
        ),
    )
    found.said, found.elsewhere = said, elsewhere
    yield found
    context.close()
    assert said == []
    assert elsewhere == []


@pytest.fixture
def page(browser, studio):
    """A page of the studio that all tests share."""
    with watched_page(browser, studio.host) as found:
        yield found


@pytest.fixture
def page_of(browser):
    """Opens a page at a link of its own studio."""
    with ExitStack() as stack:

        def opened(link, using=browser):
            page = stack.enter_context(watched_page(using, link.split("/")[2]))
            page.goto(link)
            return page

        yield opened
