"""Pictures, texts and series are made ready as Keras does it; results are those of keras_preprocessing and Keras 3."""

from pathlib import Path

import numpy as np
import pytest

from chainrule import datasets, preprocessing, utils
from chainrule.errors import (
    ChainruleError,
    DataError,
    DownloadError,
    FileError,
    MissingFileError,
    SettingError,
)
from chainrule.preprocessing import image, text

# ── texts ────────────────────────────────────────────────────────────────────────────────────────────────────────
TEXTS = ["The cat sat on the mat.", "The dog sat on the log.", "Dogs and cats living together."]


def test_words_are_numbered_by_how_often_they_occur() -> None:
    """From 1, the most frequent first, ties in order of appearance; unknown words are left out or oov_token's."""
    tokenizer = text.Tokenizer(num_words=5)
    tokenizer.fit_on_texts(TEXTS)
    assert list(tokenizer.word_index.items())[:4] == [("the", 1), ("sat", 2), ("on", 3), ("cat", 4)]
    assert tokenizer.texts_to_sequences(["the cat on a log"]) == [[1, 4, 3]]
    known = text.Tokenizer(oov_token="<OOV>")
    known.fit_on_texts(TEXTS)
    assert known.word_index["<OOV>"] == 1
    assert known.texts_to_sequences(["a cat"]) == [[1, 5]]
    assert known.sequences_to_texts([[1, 5]]) == ["<OOV> cat"]


def test_texts_as_rows() -> None:
    """binary, count, freq and tfidf."""
    tokenizer = text.Tokenizer()
    tokenizer.fit_on_texts(["a b a", "b"])
    assert tokenizer.texts_to_matrix(["a a b c"], "binary").tolist() == [[0, 1, 1]]
    assert tokenizer.texts_to_matrix(["a a b"], "count").tolist() == [[0, 2, 1]]
    assert tokenizer.texts_to_matrix(["a a b b"], "freq").tolist() == [[0, 0.5, 0.5]]
    row = tokenizer.texts_to_matrix(["a a b"], "tfidf")[0]
    assert row[1] == pytest.approx((1 + np.log(2)) * np.log(1 + 2 / 2))
    assert row[2] == pytest.approx(np.log(1 + 2 / 3))


def test_a_tokenizer_is_kept_as_text() -> None:
    """to_json and back: the same numbers."""
    tokenizer = text.Tokenizer(oov_token="?")
    tokenizer.fit_on_texts(TEXTS)
    again = text.tokenizer_from_json(tokenizer.to_json())
    assert again.texts_to_sequences(TEXTS) == tokenizer.texts_to_sequences(TEXTS)
    assert again.get_config() == tokenizer.get_config()


def test_words_by_hash_are_the_same_every_time() -> None:
    """md5 numbers stay, within 1 to n - 1."""
    numbers = text.hashing_trick(" ".join(TEXTS), 20, "md5")
    assert numbers == text.hashing_trick(" ".join(TEXTS), 20, "md5")
    assert all(0 < n < 20 for n in [*numbers, *text.one_hot(TEXTS[0], 20)])


# ── pictures ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def folder(tmp_path):
    """Two classes of pictures: dark ones and light ones."""
    for name, grey, count in (("dark", 20, 6), ("light", 220, 4)):
        (tmp_path / name).mkdir()
        for i in range(count):
            image.save_img(tmp_path / name / f"{i}.png", np.full((8, 6, 3), grey + i, "uint8"), scale=False)
    (tmp_path / "notes.txt").write_text("not a picture")
    return tmp_path


def test_pictures_are_written_and_read(tmp_path) -> None:
    """What save_img writes load_img reads, in colour or grey, in the size asked for."""
    x = np.arange(4 * 6 * 3, dtype="uint8").reshape(4, 6, 3)
    image.save_img(tmp_path / "a.png", x, scale=False)
    assert (image.img_to_array(image.load_img(tmp_path / "a.png")) == x).all()
    assert image.img_to_array(
        image.load_img(tmp_path / "a.png", color_mode="grayscale", target_size=(2, 3))
    ).shape == (2, 3, 1)
    assert image.load_img(tmp_path / "a.png", target_size=(4, 4), keep_aspect_ratio=True).size == (4, 4)
    assert image.smart_resize(x, (2, 2)).shape == (2, 2, 3)
    (tmp_path / "b.png").write_bytes(b"not a picture")
    with pytest.raises(FileError, match="not a picture"):
        image.load_img(tmp_path / "b.png")
    with pytest.raises(MissingFileError, match="There is no file"):
        image.load_img(tmp_path / "none.png")


@pytest.mark.parametrize("fill", ["nearest", "constant", "reflect", "wrap"])
def test_a_picture_that_is_moved_by_whole_pixels_keeps_its_values(fill) -> None:
    """Shifting by one column shows the neighbour's values, whatever fills the margin."""
    x = np.arange(20, dtype="float32").reshape(4, 5, 1)
    generator = image.ImageDataGenerator(fill_mode=fill, cval=7)
    moved = generator.apply_transform(x, {"ty": 1})
    assert np.allclose(moved[:, :-1], x[:, 1:])
    margin = {"nearest": x[:, -1], "constant": x[:, -1] * 0 + 7, "reflect": x[:, -1], "wrap": x[:, 0]}[fill]
    assert np.allclose(moved[:, -1], margin)


def test_a_quarter_turn_is_a_quarter_turn() -> None:
    """Rotating a square picture by 90 degrees moves every pixel to its place."""
    x = np.arange(16, dtype="float32").reshape(4, 4, 1)
    turned = image.ImageDataGenerator().apply_transform(x, {"theta": 90})
    assert np.allclose(turned, np.rot90(x, -1)) or np.allclose(turned, np.rot90(x))


def test_random_changes_stay_within_their_ranges() -> None:
    """Flips, brightness, shifts: drawn anew for each epoch, the same for the same seed."""
    x = np.random.default_rng(0).random((6, 8, 8, 3)).astype("float32") * 255
    settings = {
        "rotation_range": 20,
        "width_shift_range": 0.2,
        "zoom_range": 0.2,
        "horizontal_flip": True,
        "brightness_range": (0.5, 1.5),
    }
    flows = [
        image.ImageDataGenerator(rescale=1 / 255, **settings).flow(x, np.arange(6), 4, seed=3)
        for _ in range(2)
    ]
    first = [flows[0][0], flows[1][0]]
    assert (first[0][0] == first[1][0]).all()
    assert first[0][0].min() >= 0
    assert first[0][0].max() <= 1
    flows[0].on_epoch_end()
    assert not np.array_equal(flows[0][0][0], first[0][0])


def test_going_through_a_flow_sees_every_example_once_an_epoch() -> None:
    """Batches come without end; each epoch holds every example once."""
    flow = image.ImageDataGenerator().flow(
        np.zeros((5, 2, 2, 1)), np.arange(5), batch_size=2, shuffle=True, seed=1
    )
    epochs = [[int(label) for _ in range(len(flow)) for label in next(flow)[1]] for _ in range(2)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(5))
    assert epochs[0] != epochs[1]


def test_centred_and_whitened_pictures() -> None:
    """featurewise settings give mean 0 and deviation 1 after fit; before it they change nothing, and a warning says so, as in Keras."""
    x = np.random.default_rng(0).normal(5, 3, (50, 4, 4, 2)).astype("float32")
    generator = image.ImageDataGenerator(featurewise_center=True, featurewise_std_normalization=True)
    with pytest.warns(UserWarning, match=r"before fit\(x_train\)"):
        assert np.array_equal(generator.flow(x, shuffle=False)[0], x[:32])
    generator.fit(x)
    batch = generator.flow(x, batch_size=50, shuffle=False)[0]
    assert np.allclose(batch.mean(axis=(0, 1, 2)), 0, atol=1e-4)
    assert np.allclose(batch.std(axis=(0, 1, 2)), 1, atol=1e-4)
    zca = image.ImageDataGenerator(zca_whitening=True)
    zca.fit(x[:, :2, :2])
    white = zca.flow(x[:, :2, :2], batch_size=50, shuffle=False)[0].reshape(50, -1)
    assert np.allclose(white.T @ white / 50, np.eye(8), atol=1e-2)


def test_pictures_with_their_channels_first_are_changed_as_turned_ones_are() -> None:
    """A generator of channels first gives what one of channels last gives for turned pictures; so do files of pictures."""
    x = np.random.default_rng(0).uniform(0, 255, (9, 6, 8, 3)).astype("float32")
    turned = np.moveaxis(x, -1, 1)
    settings = {
        "rotation_range": 20, "width_shift_range": 0.2, "height_shift_range": 2, "zoom_range": 0.2, "horizontal_flip": True,
        "featurewise_center": True, "featurewise_std_normalization": True,
    }  # fmt: skip
    last = image.ImageDataGenerator(**settings)
    first = image.ImageDataGenerator(data_format="channels_first", **settings)
    last.fit(x)
    first.fit(turned)
    batch, other = (g.flow(p, seed=3, batch_size=9)[0] for g, p in ((last, x), (first, turned)))
    assert other.shape == (9, 3, 6, 8)
    assert np.allclose(np.moveaxis(batch, -1, 1), other, atol=1e-5)
    picture = image.array_to_img(turned[0], data_format="channels_first", scale=False)
    assert picture.size == (8, 6)
    assert image.img_to_array(picture, data_format="channels_first").shape == (3, 6, 8)
    assert image.smart_resize(turned, (4, 4), data_format="channels_first").shape == (9, 3, 4, 4)
    with pytest.raises(DataError, match=r"\(n, channels, height, width\)"):
        first.flow(turned[0])


@pytest.mark.parametrize(
    ("mode", "shape"), [("categorical", (4, 2)), ("binary", (4,)), ("sparse", (4,)), ("input", (4, 5, 5, 3))]
)
def test_a_folder_of_folders(folder, mode, shape, capsys) -> None:
    """Classes are the folders in order of their names; the parts of validation_split do not overlap."""
    generator = image.ImageDataGenerator(validation_split=0.5)
    train, held = (
        generator.flow_from_directory(folder, (5, 5), class_mode=mode, batch_size=4, subset=s)
        for s in ("training", "validation")
    )
    assert train.class_indices == {"dark": 0, "light": 1}
    assert (train.samples, held.samples) == (5, 5)
    assert not set(train.filenames) & set(held.filenames)
    assert "belonging to 2 classes" in capsys.readouterr().out
    x, y = train[0]
    assert (x.shape, y.shape) == ((4, 5, 5, 3), shape)
    assert image.ImageDataGenerator().flow_from_directory(folder, class_mode=None)[0].ndim == 4
    with pytest.raises(DataError):
        image.ImageDataGenerator().flow_from_directory(folder / "dark")


def test_a_table_of_file_names(folder) -> None:
    """Names that are no pictures are left out; the column's values are the classes."""
    table = {
        "file": ["dark/0.png", "light/0.png", "missing.png"],
        "kind": ["d", "l", "d"],
        "size": [1.0, 2.0, 3.0],
    }
    flow = image.ImageDataGenerator().flow_from_dataframe(
        table, folder, x_col="file", y_col="kind", target_size=(4, 4), shuffle=False
    )
    assert (flow.samples, flow.class_indices) == (2, {"d": 0, "l": 1})
    assert flow[0][1].tolist() == [[1, 0], [0, 1]]
    raw = image.ImageDataGenerator().flow_from_dataframe(
        table, folder, "file", "size", class_mode="raw", shuffle=False
    )
    assert raw[0][1].tolist() == [1, 2]


def test_pictures_of_a_folder_as_a_pipeline(folder) -> None:
    """image_dataset_from_directory: batches with labels, class names, and parts that hold everything once."""
    data = utils.image_dataset_from_directory(folder, image_size=(4, 4), batch_size=3, seed=1, verbose=False)
    assert data.class_names == ["dark", "light"]
    pairs = [(float(x.mean()), int(y)) for xs, ys in data for x, y in zip(xs, ys, strict=True)]
    assert len(pairs) == 10
    assert all((grey > 100) == bool(label) for grey, label in pairs)
    parts = utils.image_dataset_from_directory(
        folder, validation_split=0.2, subset="both", seed=1, verbose=False
    )
    assert sorted(parts[0].file_paths + parts[1].file_paths) == sorted(data.file_paths)
    assert (
        next(iter(utils.image_dataset_from_directory(folder, label_mode="categorical", verbose=False)))[
            1
        ].shape[1]
        == 2
    )
    with pytest.raises(SettingError, match="seed"):
        utils.image_dataset_from_directory(folder, validation_split=0.2, subset="training")


def test_texts_of_a_folder_as_a_pipeline(tmp_path) -> None:
    """text_dataset_from_directory: texts with the folders as their classes."""
    for kind in ("good", "bad"):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "1.txt").write_text(f"{kind} film")
    xs, ys = next(iter(preprocessing.text_dataset_from_directory(tmp_path, shuffle=False, verbose=False)))
    assert (xs.tolist(), ys.tolist()) == (["bad film", "good film"], [0, 1])


# ── Keras's sets ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "name", ["boston_housing", "california_housing", "cifar10", "cifar100", "imdb", "reuters"]
)
def test_a_set_that_is_nowhere_says_how_to_get_it(name, tmp_path, monkeypatch) -> None:
    """Without a network: where to download it, and where to put it."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("CHAINRULE_OFFLINE", "1")
    with pytest.raises(DownloadError, match="by hand, download it and put it at"):
        getattr(datasets, name).load_data()


def test_a_file_with_other_content_is_not_used(tmp_path, monkeypatch) -> None:
    """A file in Keras's folder counts only with the digest that Keras knows."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("CHAINRULE_OFFLINE", "1")
    (tmp_path / "datasets").mkdir()
    np.savez(tmp_path / "datasets" / "boston_housing.npz", x=np.ones((3, 13)), y=np.ones(3))
    with pytest.raises(DownloadError):
        datasets.boston_housing.load_data()


def test_sets_are_read_from_keras_folder(tmp_path, monkeypatch) -> None:
    """With the right content (the digest is replaced for the test) they come as Keras gives them, pickles of lists too."""
    import hashlib

    from chainrule.datasets import boston_housing, imdb

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "datasets").mkdir()
    path = tmp_path / "datasets" / "boston_housing.npz"
    np.savez(path, x=np.arange(130.0).reshape(10, 13), y=np.arange(10.0))
    monkeypatch.setattr(boston_housing, "DIGEST", hashlib.sha256(path.read_bytes()).hexdigest())
    (x, y), (xt, yt) = boston_housing.load_data()
    assert (x.shape, xt.shape) == ((8, 13), (2, 13))
    assert (x[:, 0] / 13 == y).all()
    assert yt.tolist() != [8, 9]
    path = tmp_path / "datasets" / "imdb.npz"
    lists = np.empty(3, object)
    lists[:] = [[1, 5, 9], [2], [3, 40]]
    np.savez(path, x_train=lists, y_train=np.array([1, 0, 1]), x_test=lists, y_test=np.array([0, 1, 0]))
    monkeypatch.setattr(imdb, "DIGEST", hashlib.sha256(path.read_bytes()).hexdigest())
    (x, y), _ = imdb.load_data(num_words=10)
    pairs = sorted((list(words), int(label)) for words, label in zip(x, y, strict=True))
    assert pairs == [([1, 4, 8, 2], 1), ([1, 5], 0), ([1, 6, 2], 1)]


def test_a_pickle_that_names_anything_else_is_refused() -> None:
    """A set's file may hold numbers; a class in it is never looked for."""
    import pickle

    from chainrule.datasets.keras_files import unpickled

    class Evil:
        def __reduce__(self):
            return (print, ("run",))

    with pytest.raises(FileError, match=r"names builtins\.print"):
        unpickled(pickle.dumps(Evil()), "a file")
    with pytest.raises(FileError, match="damaged"):
        unpickled(b"\x80\x04X", "a file")


# ── utils ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_get_file_keeps_and_unpacks(tmp_path) -> None:
    """A file is fetched once; an archive is unpacked beside it; a wrong digest is refused."""
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("inner/x.txt", "hello")
    origin = (tmp_path / "a.zip").as_uri()
    folder = utils.get_file("b.zip", origin, cache_dir=tmp_path / "keras", extract=True)
    assert (tmp_path / "keras" / "datasets" / "b.zip").is_file()
    assert Path(folder, "inner", "x.txt").read_text() == "hello"
    with pytest.raises(DownloadError, match="does not have the content expected"):
        utils.get_file("c.zip", origin, cache_dir=tmp_path / "keras", file_hash="0" * 64)
    with pytest.raises(DownloadError, match="by hand"):
        utils.get_file("d.zip", (tmp_path / "none.zip").as_uri(), cache_dir=tmp_path / "keras")


def test_two_parts_hold_everything_once() -> None:
    """split_dataset: by share or number, in order or shuffled."""
    left, right = utils.split_dataset((np.arange(10), np.arange(10) * 2), left_size=0.7, shuffle=True, seed=1)
    both = [(int(x), int(y)) for x, y in [*left, *right]]
    assert (len(left), len(right)) == (7, 3)
    assert sorted(both) == [(i, 2 * i) for i in range(10)]
    with pytest.raises(ChainruleError):
        utils.split_dataset(np.arange(4))


def test_registered_names() -> None:
    """custom_object_scope and register_keras_serializable give the running program's classes to loading, and nothing else."""
    with utils.custom_object_scope({"Mine": int}):
        assert utils.get_registered_object("Mine") is int
    assert utils.get_registered_object("Mine") is None

    @utils.register_keras_serializable(package="pack")
    class Layer:
        pass

    assert utils.get_registered_name(Layer) == "pack>Layer"
    assert utils.get_registered_object("pack>Layer") is Layer
