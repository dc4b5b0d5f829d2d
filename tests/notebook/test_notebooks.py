"""Notebooks executed by a real kernel: what a cell ends with is a live view, with the text for who cannot show it."""

import nbformat
import pytest
from nbclient import NotebookClient

VIEW = "application/vnd.jupyter.widget-view+json"

CELLS = {
    "run": "run",
    "state": "run.at(3)",
    "explained": "explain.step(run, 3)",
    "data": "chainrule.datasets.load('mnist')",
    "landscape": "chainrule.landscapes.line(model, x, y, points=5, backend='numpy')",
    "pad": "notebook.pad()",
    "reading": "notebook.pad().answers.reader.read(ink, True)",
    "fit": "model.fit(x, y, batch_size=6, epochs=2, verbose=0, callbacks=[notebook.LiveCurve()]);",
    "dict": "{'a': 1}",
}

BEGIN = """
import numpy as np, chainrule
from chainrule import explain, layers, notebook
model = chainrule.Sequential([layers.Dense(5, "tanh", input_shape=(4,)), layers.Dense(2, "softmax")])
model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"], backend="numpy")
stored = np.load("few.npz")
x, y = stored["x"], stored["y"]
run = chainrule.open_run("last", "runs", model=model, x=x, y=y)
ink = np.full((60, 60), 255, np.uint8); ink[10:50, 28:32] = 0
"""


@pytest.fixture(scope="module")
def outputs(runs_dir):
    """Each cell's outputs, of a notebook with the extension and of one without."""
    found = {}
    for name, loads in (("live", "%load_ext chainrule.notebook"), ("plain", "")):
        cells = [nbformat.v4.new_code_cell(text) for text in (BEGIN, loads, *CELLS.values())]
        notebook = nbformat.v4.new_notebook(cells=cells)
        NotebookClient(
            notebook, timeout=120, resources={"metadata": {"path": str(runs_dir.parent)}}
        ).execute()
        found[name] = {key: cell.outputs for key, cell in zip(CELLS, notebook.cells[2:], strict=True)}
        found[f"{name} notebook"] = notebook
    return found


def data_of(outputs):
    return [output.data for output in outputs if "data" in output]


@pytest.mark.parametrize("name", ["run", "state", "explained", "data", "landscape", "pad", "reading", "fit"])
def test_a_cells_end_is_live(outputs, name) -> None:
    """With the extension loaded: a widget, and beside it the text, for a page that cannot show widgets."""
    (data,) = data_of(outputs["live"][name])
    assert data[VIEW]["model_id"]
    assert data["text/plain"]
    if name == "explained":
        assert "<" in data["text/html"]


@pytest.mark.parametrize("name", ["run", "state", "explained", "data", "landscape", "reading", "dict"])
def test_without_the_extension_nothing_changes(outputs, name) -> None:
    """What is not asked to be live is shown as ever; other things never change."""
    (data,) = data_of(outputs["plain"][name])
    assert VIEW not in data
    if name == "dict":
        assert data_of(outputs["live"][name]) == [data]


def test_the_state_that_is_saved_is_small(outputs) -> None:
    """A view's module and its state, and no example of the data: a notebook that is handed on stays small."""
    import json

    states = outputs["live notebook"].metadata["widgets"]["application/vnd.jupyter.widget-state+json"][
        "state"
    ]
    assert len(states) >= 8
    assert max(len(json.dumps(state)) for state in states.values()) < 200_000
