"""Widgets without a notebook: their modules in a real browser, loaded as anywidget loads them, answered by this process.

Needs the packages of requirements.txt, and Debian's chromium.
"""

import base64
import importlib.util
import json
import shutil

import pytest

NEEDED = ("anywidget", "nbclient", "ipykernel", "playwright")
collect_ignore_glob = [] if all(importlib.util.find_spec(name) for name in NEEDED) else ["test_*.py"]

# anywidget: a module from a blob, its default export's render with a model and an element
HOST = """
async ({esm, state}) => {
  const module = await import(URL.createObjectURL(new Blob([esm], {type: "text/javascript"})));
  const heard = {}, el = document.createElement("div");
  const from = (text) => { const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0)); return new DataView(bytes.buffer); };
  for (const [name, value] of Object.entries(state)) if (value && value.base64 !== undefined) state[name] = from(value.base64);
  const tell = (name, ...words) => { for (const hear of heard[name] || []) hear(...words); };
  const model = {
    get: (name) => state[name],
    set: (name, value) => { state[name] = value; },
    save_changes: () => {},
    on: (name, hear) => { (heard[name] = heard[name] || []).push(hear); },
    off: (name, hear) => { heard[name] = (heard[name] || []).filter((h) => h !== hear); },
    send: async (message, _callbacks, buffers) => {
      const texts = (buffers || []).map((b) => btoa(String.fromCharCode(...new Uint8Array(b))));
      const [back, answers] = JSON.parse(await window.kernel(JSON.stringify([message, texts])));
      tell("msg:custom", back, answers.map(from));
    },
  };
  document.body.append(el);
  window.widgets = window.widgets || [];
  const end = await module.default.render({model, el});
  window.widgets.push({el, end, heard, change: (name, value) => { state[name] = value && value.base64 !== undefined ? from(value.base64) : value; tell(`change:${name}`); }});
}
"""


@pytest.fixture(scope="session")
def browser():
    """Debian's chromium."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def notebook_page(browser):
    """A page that draws widgets; nothing may be said in its console, and nothing asked for elsewhere."""
    from chainrule.notebook.answers import reply

    page = browser.new_page(viewport={"width": 1100, "height": 900})
    page.set_default_timeout(60_000)
    said, elsewhere, widgets = [], [], []
    page.on(
        "console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda problem: said.append(str(problem)))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("data:", "blob:", "about:", "http://notebook.localhost/"))
            else elsewhere.append(request.url)
        ),
    )
    page.route(
        "http://notebook.localhost/*",
        lambda route: route.fulfill(
            body="<!doctype html><title>cell</title><body>", content_type="text/html"
        ),
    )
    page.goto("http://notebook.localhost/lab")

    def kernel(text):
        message, buffers = json.loads(text)
        back, answers = reply(widgets[-1].answers, message, [base64.b64decode(b) for b in buffers])
        return json.dumps([back, [base64.b64encode(a).decode() for a in answers]])

    page.expose_function("kernel", kernel)

    def draw(widget):
        widgets.append(widget)
        state = {
            name: widget.get_state()[name]
            for name in widget.keys
            if not name.startswith("_") and name not in ("layout", "tooltip", "tabbable")
        }
        state = {
            name: {"base64": base64.b64encode(v).decode()} if isinstance(v, bytes) else v
            for name, v in state.items()
        }
        page.evaluate(HOST, {"esm": widget._esm, "state": state})
        return page

    draw.page, draw.said = page, said
    yield draw
    page.close()
    assert said == []
    assert elsewhere == []


@pytest.fixture(scope="session")
def runs_dir(tmp_path_factory):
    """A folder with a recorded run of points in the plane."""
    import numpy as np

    from chainrule import RunRecorder, Sequential, layers, utils

    folder = tmp_path_factory.mktemp("notebook")
    utils.set_random_seed(3)
    x = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] > 0).astype(np.int32)
    np.savez(folder / "few.npz", x=x, y=y)
    model = made(Sequential, layers)
    model.fit(x, y, batch_size=6, epochs=2, verbose=0, callbacks=[RunRecorder(folder / "runs", "few")])
    return folder / "runs"


def made(sequential, layers):
    """The run's model, compiled."""
    model = sequential([layers.Dense(5, "tanh", input_shape=(4,)), layers.Dense(2, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"], backend="numpy")
    return model


@pytest.fixture
def opened_run(runs_dir):
    """The run, opened with the program's own model and data."""
    import numpy as np

    import chainrule
    from chainrule import Sequential, layers

    stored = np.load(runs_dir.parent / "few.npz")
    return chainrule.open_run("last", runs_dir, model=made(Sequential, layers), x=stored["x"], y=stored["y"])
