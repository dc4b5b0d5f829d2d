"""Draws the pictures of docs/plots.md: `python docs/pictures/plots.py` trains the classic network for five epochs and needs half a minute."""

import io
import sys
import tempfile
from pathlib import Path

import numpy as np

from chainrule import Scaled, arrays, datasets, landscapes, plots
from chainrule.plots.style import drawn
from chainrule.recording import resume
from chainrule.runs import Run
from chainrule.training import recipes

HERE = Path(__file__).parent
LARGEST = 60_000  # bytes of one picture


def small(ax: object) -> bytes:
    """A figure as a PNG of at most 128 colours, which is a third of the size."""
    from PIL import Image

    picture = Image.open(io.BytesIO(drawn(ax, ".png")))  # type: ignore[arg-type]
    file = io.BytesIO()
    picture.quantize(128, method=Image.Quantize.FASTOCTREE).save(file, "PNG", optimize=True)
    return file.getvalue()


def trained(folder: Path) -> Run:
    """A run of five epochs of the classic job."""
    arrays.set_seed(1)
    recipe = recipes.recipe("classic", epochs=5)
    job = resume.new(datasets.load("mnist"), recipe, "mnist", {}, 1, runs_dir=folder)
    job.learn()
    return Run(job.record.folder)  # type: ignore[union-attr]


def metrics(run: Run) -> dict[str, object]:
    """Every figure of the page, by the name of its file."""
    data, replay = datasets.load("mnist"), resume.opened(run)
    model, x, y = replay.model, Scaled(data.x_test), data.y_test
    for link, params in zip(model.chain, replay.at(replay.last)["params"], strict=True):
        link.params = params
    p = model.predict(x, verbose=0)
    some, targets = Scaled(data.x_train[:2000]), np.eye(10, dtype=np.float32)[data.y_train[:2000]]
    way = landscapes.path(replay)
    return {
        "digits": plots.digits(data.x_test[:40], y, p.argmax(axis=1), columns=10),
        "curves": plots.curves(run),
        "confusion": plots.confusion(y, p),
        "mistakes": plots.mistakes(x, y, p, count=6),
        "weights": plots.weights(model, count=28),
        "sizes": plots.sizes(run, "gradient"),
        "histograms": plots.histograms(run),
        "line": plots.loss_line(landscapes.line(model, some, targets)),
        "plane": plots.loss_plane(landscapes.plane(model, some, targets)),
        "path": plots.loss_plane(landscapes.path_plane(model, some, targets, way)),
        "line-fit": plots.line_fit(),
        "valleys": plots.valleys(),
        "batch-paths": plots.batch_paths(),
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for name, ax in metrics(Run(sys.argv[1]) if sys.argv[1:] else trained(Path(folder))).items():
            content = small(ax)
            if len(content) > LARGEST:
                sys.exit(f"{name} takes {len(content):,} bytes; a picture of the page may take {LARGEST:,}.")
            (HERE / f"plots-{name}.png").write_bytes(content)
            print(f"plots-{name}.png {len(content):,} bytes")
