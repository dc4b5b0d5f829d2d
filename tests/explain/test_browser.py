"""Accounts in a real browser: nothing is fetched, nothing complains, nothing is cut off, on light and on dark pages."""

import shutil

import numpy as np
import pytest

from chainrule import Sequential, explain
from chainrule.layers import Dense
from chainrule.utils import set_random_seed

playwright = pytest.importorskip("playwright.sync_api")
PAGE = '<!doctype html><title>-</title><body style="background:{paper};color:{ink};font:14px sans-serif;margin:16px">{html}'


@pytest.fixture(scope="module")
def browser():
    """Chromium, where there is one."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with playwright.sync_playwright() as started:
        try:
            opened = started.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except playwright.Error as problem:
            pytest.skip(f"no browser starts here: {str(problem).splitlines()[0]}")
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def accounts():
    """One of each kind, of a step on pictures, with classes whose names are harmful markup."""
    set_random_seed(1)
    rng = np.random.default_rng(1)
    model = Sequential([Dense(6, "relu", input_shape=(64,)), Dense(3, "softmax")])
    model.compile("adam", "categorical_crossentropy", ["accuracy"])
    model.loss_object.label_smoothing = 0.1
    classes = ["<img src=x onerror=alert(1)>", "</div><script>alert(2)</script>", "cat"]
    step = explain.step(
        model, rng.uniform(0, 1, (9, 64)) ** 4, np.eye(3)[rng.integers(0, 3, 9)], classes=classes
    )
    influence = explain.influence_on_weight([step.inputs], "dense", "kernel", (12, 3))
    return [
        step,
        step.weight("dense", 12, 3, check=True),
        step.neuron("dense", 1),
        step.example(2),
        step.layer("dense"),
        influence,
    ]


@pytest.mark.parametrize(("scheme", "paper", "ink"), [("light", "#fff", "#111"), ("dark", "#111", "#eee")])
def test_accounts_are_quiet_and_whole_in_a_browser(browser, accounts, scheme, paper, ink) -> None:
    """No message on the console, no request, no dialog; pictures are decoded; letters have the page's own colour."""
    for account in accounts:
        page = browser.new_page(viewport={"width": 900, "height": 700}, color_scheme=scheme)
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: request.url.startswith("data:") or said.append(request.url))
        page.set_content(PAGE.format(paper=paper, ink=ink, html=account._repr_html_()))
        assert said == []
        assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        colours = page.evaluate(
            "[...document.querySelectorAll('.chainrule-trace *')].map(e => getComputedStyle(e).color)"
        )
        assert len(set(colours)) == 1
        page.close()


def test_on_a_narrow_page_nothing_sticks_out(browser, accounts) -> None:
    """400 pixels wide, what is wider than the page scrolls inside the account."""
    page = browser.new_page(viewport={"width": 400, "height": 700})
    for account in accounts:
        page.set_content(PAGE.format(paper="#fff", ink="#111", html=account._repr_html_()))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()
