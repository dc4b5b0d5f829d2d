"""docs/replay.md: its Python runs as it stands there."""

import re
from pathlib import Path

import numpy as np
from taken_again import examples, job

from chainrule import Sequential
from chainrule.layers import Dense
from chainrule.runs import list_runs

PAGE = Path(__file__).parents[2] / "docs" / "replay.md"


def test_the_python_on_the_page_runs(tmp_path, monkeypatch) -> None:
    """Recording, replaying and forking as the page does it, on a run long enough for its steps."""
    recording, replaying, forking = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    model = Sequential([Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse", backend="numpy")
    exec(recording.replace("epochs=10", "epochs=10, verbose=0"), {"model": model, "x": np.ones((4, 2)), "y": np.ones(4)})
    assert list_runs("runs").runs[0].name.endswith("_mine")
    job(examples(tmp_path), runs_dir="more", epochs=30).learn(0)
    names: dict = {}
    exec(replaying.replace('"runs"', '"more"'), names)
    assert int(names["state"]["step"]) == 300
    assert names["replay"].compare(300, 400) == 0.0
    exec(forking.replace("learn()", "learn(0)"), names)
    assert names["fork"].model.optimizer.iterations == 450
