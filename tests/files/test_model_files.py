"""Saving and loading: nothing is lost between the formats, and nothing that was there before is ever half gone."""

import io
import json
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import filemodels as small
import h5py
import numpy as np
import pytest

from chainrule import files
from chainrule.errors import FileError, SettingError
from chainrule.files import disk

ENDINGS = [".keras", ".h5", ".hdf5"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_model_comes_back_as_it_was(tmp_path: Path, ending: str) -> None:
    """Settings, weights, optimizer memory and extras are the same to the last bit, and so is the size reported."""
    path, model = tmp_path / f"model{ending}", small.model()
    size = files.save(path, model)
    found = files.load(path, small.plan)
    assert size == path.stat().st_size
    assert small.same(found, files.load(files.encode(model), small.plan))
    assert found.extras == model.extras
    assert found.config == model.config
    assert [a.tobytes() for a in found.optimizer_weights or []] == [
        a.tobytes() for a in model.optimizer_weights or []
    ]
    assert found.format == ("keras" if ending == ".keras" else "h5")
    assert found.notes == []


def test_converting_there_and_back_loses_nothing(tmp_path: Path) -> None:
    """.h5 to .keras to .h5 gives the same model, and the same bytes."""
    files.save(tmp_path / "a.h5", small.model())
    files.save(tmp_path / "b.keras", files.load(tmp_path / "a.h5"))
    files.save(tmp_path / "c.h5", files.load(tmp_path / "b.keras"))
    assert small.same(files.load(tmp_path / "a.h5"), files.load(tmp_path / "b.keras"))
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "c.h5").read_bytes()


def test_the_same_model_gives_the_same_bytes() -> None:
    """No clock and no chance in a file: two runs can be compared by their digests."""
    for kind in ("keras", "h5"):
        assert files.encode(small.model(), kind) == files.encode(small.model(), kind)


def test_content_counts_not_the_name(tmp_path: Path) -> None:
    """A .keras file renamed to .h5 is opened all the same, and `kind` tells what a file is."""
    for kind, other in (("keras", ".h5"), ("h5", ".keras")):
        path = tmp_path / f"model{other}"
        path.write_bytes(files.encode(small.model(), kind))
        assert files.load(path).format == kind == files.kind(path)
    assert files.kind(b"") is None
    assert files.kind(b"hello") is None
    assert files.kind(tmp_path) is None


def test_the_plan_is_asked_before_any_number_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, with the configuration; a refusal of it leaves the arrays unread and carries the file's name."""
    path = tmp_path / "model.h5"
    files.save(path, small.model())
    asked: list[small.Config] = []

    def refusing(config: small.Config) -> list[list[tuple[int, ...]]]:
        asked.append(config)
        raise SettingError("There is no layer called 'Dense' here.")

    monkeypatch.setattr("chainrule.files.hdf5.Dataset.read", lambda _: pytest.fail("an array was read"))
    with pytest.raises(FileError, match=r"model\.h5 cannot be used: There is no layer called 'Dense' here"):
        files.load(path, refusing)
    assert asked == [small.model().config]


def test_the_optimizer_can_be_left_unread_and_unsaved(tmp_path: Path) -> None:
    """`optimizer=False` skips its memory, `include_optimizer=False` leaves it and the training settings out."""
    files.save(tmp_path / "a.h5", small.model())
    light = files.load(tmp_path / "a.h5", small.plan, optimizer=False)
    assert light.optimizer_weights is None
    assert light.compile_config is not None
    size = files.save(tmp_path / "b.h5", small.model(), include_optimizer=False)
    bare = files.load(tmp_path / "b.h5", small.plan)
    assert (bare.optimizer_weights, bare.compile_config) == (None, None)
    assert bare.extras == small.model().extras
    assert size < (tmp_path / "a.h5").stat().st_size


def test_a_schedule_that_keras_lacks_rides_along() -> None:
    """OneCycle comes back as it was; in Keras's part of the file stands the nearest that Keras has."""
    model = small.model()
    schedule = {
        "class_name": "OneCycle",
        "config": {"peak_learning_rate": 0.003, "total_steps": 750, "warmup_steps": 50},
    }
    assert model.compile_config is not None
    model.compile_config["optimizer"]["config"]["learning_rate"] = schedule
    model.optimizer_weights = [
        array for array in model.optimizer_weights or [] if array.shape or array.dtype.kind == "i"
    ]
    for kind in ("keras", "h5"):
        found = files.load(files.encode(model, kind))
        assert found.compile_config == model.compile_config
        assert len(found.optimizer_weights or []) == len(model.optimizer_weights)
    with zipfile.ZipFile(io.BytesIO(files.encode(model))) as archive:
        rate = json.loads(archive.read("config.json"))["compile_config"]["optimizer"]["config"][
            "learning_rate"
        ]
    assert (rate["class_name"], rate["config"]["initial_learning_rate"]) == ("PolynomialDecay", 0.003)


@pytest.mark.parametrize(
    ("name", "legacy"), [("w.weights.h5", False), ("w.h5", True), ("m.keras", None), ("m.h5", None)]
)
def test_weights_alone_come_back(tmp_path: Path, name: str, legacy: bool | None) -> None:
    """From a weights file of either era and out of whole models, for a model with layers of other names too."""
    model, path = small.model(), tmp_path / name
    (files.save if legacy is None else files.save_weights)(path, model)
    renamed = small.config(small.dense("other", 5), small.dense("names", 3))
    for config in (model.config, renamed):
        found = files.load_weights(path, config, small.plan(config))
        assert [[a.tobytes() for a in layer] for layer in found.weights] == [
            [a.tobytes() for a in layer] for layer in model.weights
        ]
    assert bool(found.optimizer_weights) == (name in ("w.weights.h5", "m.keras"))
    wider = small.config(small.dense("hidden", 6), small.dense("out", 3))
    with pytest.raises(FileError, match="needs arrays of shapes"):
        files.load_weights(path, wider, small.plan(wider))
    more = small.config(small.dense("hidden", 5), small.dense("more", 5), small.dense("out", 3))
    with pytest.raises(FileError):
        files.load_weights(path, more, small.plan(more))


def test_a_weights_file_is_not_taken_for_a_model(tmp_path: Path) -> None:
    """And the error says what to do with it."""
    files.save_weights(tmp_path / "w.weights.h5", small.model())
    with pytest.raises(FileError, match="load_weights"):
        files.load(tmp_path / "w.weights.h5")


def test_names_that_can_not_be_saved_are_refused(tmp_path: Path) -> None:
    """The ending decides the format when saving; an unknown one is an error that names the known."""
    with pytest.raises(FileError, match=r"ends in \.keras or \.h5"):
        files.save(tmp_path / "model.onnx", small.model())
    with pytest.raises(FileError, match=r"ends in \.weights\.h5"):
        files.save_weights(tmp_path / "model.keras", small.model())
    with pytest.raises(FileNotFoundError, match="There is no file"):
        files.load(tmp_path / "nothing.h5")
    assert list(tmp_path.iterdir()) == []


def test_what_can_not_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    """Extras that are no JSON, arrays that are no numbers, weights for another number of layers, unknown classes."""
    path = tmp_path / "model.keras"
    files.save(path, small.model())
    before = path.read_bytes()
    odd = small.model()
    odd.weights = [*odd.weights[:-1], [np.array(["a"]), np.array(["b"])]]
    short = small.model()
    short.weights = short.weights[:-1]
    strange = small.model(compile_config={"optimizer": {"class_name": "Mine", "config": {}}, "loss": "mse"})
    for model in (
        small.model(extras={"x": object()}),
        small.model(extras={"x": float("nan")}),
        odd,
        short,
        strange,
    ):
        with pytest.raises(FileError, match=r"model\.keras cannot be written"):
            files.save(path, model)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["model.keras"]


@pytest.mark.parametrize("broken", ["fsync", "write", "replace"])
def test_a_save_that_breaks_off_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """A full disk at any point: the old model is untouched, nothing lies beside it, and the error says so."""
    path = tmp_path / "model.h5"
    files.save(path, small.model())
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def pieces() -> object:
        yield b"half"
        full()

    owner = {"fsync": os, "replace": Path, "write": None}[broken]
    if owner:
        monkeypatch.setattr(owner, broken, full)
    content = pieces() if broken == "write" else [b"all of it"]
    with pytest.raises(
        FileError, match=r"could not be saved: No space left on device\. What was there before is untouched"
    ):
        disk.write(path, content)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["model.h5"]


def test_the_disk_has_the_file_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written beside, brought to the disk, renamed, and the folder brought to the disk: in that order."""
    steps: list[str] = []
    sync, replace = os.fsync, Path.replace

    def synced(handle: int) -> None:
        steps.append("sync folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "sync file")
        sync(handle)

    def replaced(self: Path, target: Path) -> Path:
        steps.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    files.save(tmp_path / "model.h5", small.model())
    assert steps == ["sync file", "rename", "sync folder"]


def test_links_and_permissions_survive_saving(tmp_path: Path) -> None:
    """Saving through a link changes the file it leads to; a file that was private stays private."""
    path, link = tmp_path / "model.h5", tmp_path / "latest.h5"
    files.save(path, small.model())
    path.chmod(0o600)
    link.symlink_to(path)
    files.save(link, small.model(extras={"second": True}))
    assert link.is_symlink()
    assert files.load(path).extras == {"second": True}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_any_array_library_may_hand_in_its_arrays(tmp_path: Path) -> None:
    """What NumPy can convert is saved: lists of JAX arrays, for one, or plain numbers for the step."""
    jnp = pytest.importorskip("jax.numpy")
    model = small.model()
    model.weights = [[jnp.asarray(array) for array in layer] for layer in model.weights]
    model.optimizer_weights = [7, *(jnp.asarray(array) for array in model.optimizer_weights[1:])]
    files.save(tmp_path / "model.h5", model)
    assert (
        files.load(tmp_path / "model.h5", small.plan).weights[2][0].tobytes()
        == small.model().weights[2][0].tobytes()
    )


def test_a_file_of_a_newer_chainrule_is_not_guessed_at() -> None:
    """Its extras have a version, and a higher one is refused with the way out."""
    raw = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(files.encode(small.model()))) as old, zipfile.ZipFile(raw, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(
                name,
                content.replace(b'"version": 1', b'"version": 2') if name == "chainrule.json" else content,
            )
    with pytest.raises(FileError, match="newer Chainrule"):
        files.load(raw.getvalue())


def test_a_forged_weight_does_not_pass_for_the_saved_one(tmp_path: Path) -> None:
    """A number changed by another program, with all its checksums put right, no longer fits its fingerprint."""
    path = tmp_path / "model.h5"
    files.save(path, small.model())
    with h5py.File(path, "r+") as file:
        file["model_weights/out/small/out/bias"][0] += 1
    with pytest.raises(FileError, match="its weights are not what was saved"):
        files.load(path)


def test_opening_a_model_loads_no_heavy_library(tmp_path: Path) -> None:
    """Neither h5py nor zipfile nor anything else large is imported to save or load."""
    script = (
        "import sys\n"
        "from chainrule import files\n"
        "import filemodels as small\n"
        "for name in ('model.h5', 'model.keras'):\n"
        "    files.save(name, small.model())\n"
        "    files.load(name)\n"
        "print([m for m in ('h5py', 'zipfile', 'jax', 'keras', 'PIL', 'pickle', 'importlib.metadata') if m in sys.modules])\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=environment,
    )
    assert json.loads(run.stdout.replace("'", '"')) in ([], ["pickle"])  # NumPy imports pickle itself
