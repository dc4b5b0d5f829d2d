"""docs/replay.md: its Python runs as it stands there."""

import re
from pathlib import Path

import numpy as np
from taken_again import examples, job

import chainrule
from chainrule import Sequential
from chainrule.layers import Dense
from chainrule.runs import list_runs
from chainrule.utils import set_random_seed

PAGE = Path(__file__).parents[2] / "docs" / "replay.md"


def made() -> Sequential:
    """A small model, the same each time."""
    set_random_seed(1)
    model = Sequential([Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse", backend="numpy")
    return model


def test_the_python_on_the_page_runs(tmp_path, monkeypatch) -> None:
    """Recording, going on, replaying and forking as the page does it, on runs long enough for its steps."""
    recording, counting, opening, own = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names = {"model": made(), "other": made(), "x": np.ones((1000, 2)), "y": np.ones(1000)}
    exec(recording.replace("epochs=10", "epochs=10, verbose=0"), names)
    assert list_runs("runs").runs[0].name.endswith("_mine")
    names["model"] = made()
    exec(own.replace("epochs=10", "epochs=10, verbose=0"), names | {"chainrule": chainrule})
    assert list_runs("runs").runs[0].info.parent.step == 300
    assert names["other"].optimizer.iterations == 320

    job(examples(tmp_path), runs_dir="more", epochs=30).learn(0)
    names = {}
    exec(opening.replace('"last"', '"last", "more"').replace("learn()", "learn(0)"), names)
    assert int(names["state"]["step"]) == 300
    assert names["run"].replay.compare(300, 400) == 0.0
    assert names["fork"].model.optimizer.iterations == 450

    names = {"chainrule": chainrule}
    exec(counting, names)
    count = names["Count"]()
    count.set_state({"seen": 3})
    assert count.get_state() == {"seen": 3}
