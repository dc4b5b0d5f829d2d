"""A small recorded training on small pictures, which all figures are drawn of."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="MATPLOTLIB IS NOT INSTALLED: no figure was tested")

from chainrule import Scaled, arrays, datasets
from chainrule.recording import recorder, resume, snapshot_times
from chainrule.runs import Run
from chainrule.training import recipes


def small_pictures(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (n, 6, 6) with a bar that lies (0), stands (1) or is not there (2)."""
    rng = np.random.default_rng(3)
    x, y = rng.integers(0, 120, (n, 6, 6)).astype(np.uint8), rng.integers(0, 3, n).astype(np.uint8)
    for k, kind in enumerate(y):
        at = rng.integers(1, 5)
        if kind == 0:
            x[k, at, 1:5] = 230
        elif kind == 1:
            x[k, 1:5, at] = 230
    return x, y


@pytest.fixture(scope="session")
def learned(tmp_path_factory):
    """run, model, replay: 3 epochs of 12 steps.  x, y, p: test pictures, classes, probabilities.  file: the data."""
    root = tmp_path_factory.mktemp("drawn")
    x, y = small_pictures(240)
    np.savez(root / "bars.npz", x=x, y=y)
    data = datasets.load(str(root / "bars.npz"))
    arrays.set_seed(2)
    recipe = recipes.recipe("classic", 192, hidden=(12, 5), epochs=3, batch_size=16, learning_rate=0.01)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshot_times, "LEAST_SPACING", 9)
        patch.setattr(recorder, "LOOK_EVERY", (4, 4))
        patch.setattr(snapshot_times, "spacing", lambda *_: 9)
        job = resume.new(data, recipe, str(root / "bars.npz"), {}, 2, backend="numpy", runs_dir=root / "runs")
        history = job.learn(0)
    run = Run(job.record.folder)
    inputs = Scaled(data.x_test)
    return SimpleNamespace(
        root=root, file=root / "bars.npz", run=run, model=job.model, history=history, x=data.x_test, y=data.y_test,
        inputs=inputs, targets=np.eye(3, dtype=np.float32)[data.y_test], p=job.model.predict(inputs, verbose=0),
        names=("lying", "standing", "none"),
    )  # fmt: skip
